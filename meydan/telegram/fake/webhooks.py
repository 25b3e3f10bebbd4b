"""Brings a bot's updates to its webhook, one after the other, and again while it fails."""

import asyncio
import time
from collections.abc import Callable
from typing import Any, Final

import aiohttp
import msgspec

from meydan.telegram.fake.answers import ApiError
from meydan.telegram.fake.params import Params, read_multipart
from meydan.telegram.fake.updates import Mailbox

Reply = Callable[[str, Params], Any]
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0
_TIMEOUT: Final = aiohttp.ClientTimeout(total=60)


class Hook:
    """A webhook. `reply` carries out the method that an answer may hold."""

    def __init__(self, url: str, secret: str, connections: int, box: Mailbox, reply: Reply) -> None:
        self.url = url
        self.secret = secret
        self.connections = connections
        self.last_error = ""
        self.pause = _FIRST_PAUSE
        self.last_error_date = 0
        self._box = box
        self._reply = reply
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to bring updates."""
        self._task = asyncio.create_task(self._run(), name="fake-telegram-webhook")

    def stop(self) -> None:
        """Bring no more updates."""
        if self._task is not None:
            self._task.cancel()

    async def closed(self) -> None:
        """Wait until the last call is over."""
        if self._task is not None:
            await asyncio.wait([self._task])

    async def _run(self) -> None:
        headers = {"Content-Type": "application/json"}
        if self.secret:
            headers["X-Telegram-Bot-Api-Secret-Token"] = self.secret
        pause = self.pause
        async with aiohttp.ClientSession(headers=headers, timeout=_TIMEOUT) as session:
            while True:
                await self._box.arrived.wait()
                update = self._box.pending[0]
                fault = await self._bring(session, bytes(update.body))
                if not fault:
                    self._box.confirm(update.number + 1)
                    pause = self.pause
                    continue
                self.last_error, self.last_error_date = fault, int(time.time())
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)

    async def _bring(self, session: aiohttp.ClientSession, body: bytes) -> str:
        """Call the webhook and return what went wrong, if anything did."""
        try:
            async with session.post(self.url, data=body, allow_redirects=False) as answer:
                if not 200 <= answer.status < 300:
                    return f"Wrong response from the webhook: {answer.status} {answer.reason}"
                await self._carry_out(answer)
        except aiohttp.ClientConnectorError:
            return "Connection refused"
        except TimeoutError:
            return "Read timeout expired"
        except aiohttp.ClientError as error:
            return f"Connection failed: {type(error).__name__}"
        return ""

    async def _carry_out(self, answer: aiohttp.ClientResponse) -> None:
        """Do what the answer asks for, as Telegram does: a method may come with it, and nobody hears of its result."""
        if answer.content_type == "application/json":
            try:
                given = msgspec.json.decode(await answer.read() or b"{}")
            except msgspec.DecodeError:
                return
            params = Params(given if isinstance(given, dict) else {})
        elif answer.content_type == "multipart/form-data":
            params = await read_multipart(aiohttp.MultipartReader.from_response(answer).stream, {})
        else:
            return
        name = params.text("method")
        if name:
            try:
                self._reply(name, params)
            except ApiError as error:
                self.last_error, self.last_error_date = error.description, int(time.time())
