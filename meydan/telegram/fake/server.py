"""The fake Telegram as a server: `start`, talk to it as to api.telegram.org, `stop`."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web

import meydan.telegram.fake.methods_chats
import meydan.telegram.fake.methods_files
import meydan.telegram.fake.methods_forward
import meydan.telegram.fake.methods_media
import meydan.telegram.fake.methods_polls
import meydan.telegram.fake.methods_self
import meydan.telegram.fake.methods_text  # noqa: F401  # they register their methods
from meydan.telegram.fake.answers import ApiError, success
from meydan.telegram.fake.control import Control
from meydan.telegram.fake.failures import Failure, Rule
from meydan.telegram.fake.limits import FakeLimits, LimitReport
from meydan.telegram.fake.methods import perform
from meydan.telegram.fake.office import Clock, Office
from meydan.telegram.fake.params import Params, read_params
from meydan.telegram.fake.people import People
from meydan.telegram.fake.state import StateFile
from meydan.telegram.fake.world import Bot, first_world

_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_JSON: Final = {"Content-Type": "application/json"}
_GONE: Final = ApiError(404, "Not Found")


class FakeTelegram:
    """A Telegram of one's own. Without a `state_path` it is forgotten when it stops."""

    def __init__(
        self,
        *,
        clock: Clock = time.monotonic,
        limits: FakeLimits | None = None,
        state_path: Path | None = None,
        keep_arrivals: bool = False,
    ) -> None:
        self._state = StateFile(state_path) if state_path is not None else None
        world = (self._state.load() if self._state is not None else None) or first_world()
        self.office = Office(
            world,
            clock=clock,
            limits=limits or FakeLimits(),
            files=state_path.with_name(f"{state_path.name}.files") if state_path is not None else None,
            keep_arrivals=keep_arrivals,
        )
        self.people = People(self.office)
        self.url = ""
        self._control = Control(self.office, self.people)
        self._runner: web.ServerRunner | None = None
        self._keeper: asyncio.Task[None] | None = None

    @property
    def report(self) -> LimitReport:
        """What arrived and what was refused since the start."""
        return self.office.flood.report

    def make_bot(self, *, name: str, username: str) -> str:
        """Make a bot and return its token; raises a `MeydanError` when the name is taken or not allowed."""
        return self.office.make_bot(name, username).token

    def fail(self, rule: Rule) -> None:
        """Let requests fail as `rule` says."""
        self.office.failures.add(rule)

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> str:
        """Listen and return the address; raises `ValueError` for a host that is not of this machine."""
        if host not in _LOOPBACK:
            raise ValueError(f"{host} is not an address of the loopback")
        server = web.Server(self._handle, access_log=None)
        self._runner = web.ServerRunner(server, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        await site.start()
        listening: int = self._runner.addresses[0][1]
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{listening}"
        if self._state is not None:
            self._keeper = asyncio.create_task(self._state.keep(self.office), name="fake-telegram-state")
        return self.url

    async def stop(self) -> None:
        """Close everything and save."""
        self.url = ""
        for hook in self.office.hooks.values():
            hook.stop()
            await hook.closed()
        self._control.close()
        for box in self.office.mailboxes.values():
            box.end_poll()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        if self._keeper is not None and self._state is not None:
            self._state.stop()
            await self._keeper
            self._keeper = None
        self.office.files.close()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        if not _trusted(request):
            return web.Response(status=403, text="This server answers requests of its own machine only.")
        path = request.path
        if path.startswith("/bot"):
            return await self._bot_request(request, path)
        if path.startswith("/file/bot"):
            return self._download(path)
        return await self._control.handle(request)

    async def _bot_request(self, request: web.BaseRequest, path: str) -> web.StreamResponse:
        token, _, name = path[4:].partition("/")
        try:
            bot = self._bot(token)
            params = await read_params(request)
        except ApiError as error:
            return _refused(error)
        rule = self.office.failures.next(bot.user.id, params.integer("chat_id") or 0, name)
        if rule is None:
            return await self._answer(bot, name, params)
        return await self._fail(rule, request, lambda: self._answer(bot, name, params))

    async def _answer(self, bot: Bot, name: str, params: Params) -> web.Response:
        try:
            if name.casefold() == "getupdates":
                return web.Response(body=success(await self._updates(bot, params)), headers=_JSON)
            return web.Response(body=success(perform(self.office, bot, name, params)), headers=_JSON)
        except ApiError as error:
            return _refused(error)

    async def _updates(self, bot: Bot, params: Params) -> object:
        if bot.user.id in self.office.hooks:
            raise ApiError(
                409,
                "Conflict: can't use getUpdates method while webhook is active; "
                "use deleteWebhook to delete the webhook first",
            )
        box = self.office.mailbox(bot.user.id)
        box.want(params.parsed("allowed_updates", list[str], wrong="can't parse allowed updates JSON array"))
        return await box.poll(
            offset=params.integer("offset") or 0,
            limit=min(max(params.integer("limit") or 100, 1), 100),
            timeout=float(params.integer("timeout") or 0),
        )

    async def _fail(
        self, rule: Rule, request: web.BaseRequest, answer: Callable[[], Awaitable[web.Response]]
    ) -> web.StreamResponse:
        if (error := _error(rule)) is not None:
            return _refused(error)
        match rule.kind:
            case Failure.SLOW:
                await asyncio.sleep(rule.seconds)
                return await answer()
            case Failure.DROP_AFTER:
                await answer()
            case Failure.DROP_BEFORE:
                pass
        if request.transport is not None:
            request.transport.abort()
        return web.Response()  # to a connection that is gone

    def _bot(self, token: str) -> Bot:
        bot = self.office.find_bot(token)
        if bot is None:
            number, _, secret = token.partition(":")
            raise ApiError(401, "Unauthorized") if number.isdecimal() and secret else _GONE
        return bot

    def _download(self, path: str) -> web.Response:
        token, _, wanted = path.removeprefix("/file/bot").partition("/")
        try:
            self._bot(token)
        except ApiError as error:
            return _refused(error)
        content = self.office.files.content(wanted)
        if content is None:
            return _refused(_GONE)
        return web.Response(body=content, content_type="application/octet-stream")


def _error(rule: Rule) -> ApiError | None:
    """Return what Telegram answers to a request that fails, unless it fails in another way."""
    match rule.kind:
        case Failure.ERROR_401:
            return ApiError(401, "Unauthorized")
        case Failure.ERROR_404:
            return _GONE
        case Failure.ERROR_429:
            return ApiError.flood(int(rule.seconds))
        case Failure.ERROR_500:
            return ApiError(500, "Internal Server Error")
        case Failure.ERROR_502:
            return ApiError(502, "Bad Gateway")
    return None


def _refused(error: ApiError) -> web.Response:
    headers = _JSON
    if "retry_after" in error.parameters:
        headers = {**_JSON, "Retry-After": str(error.parameters["retry_after"])}
    return web.Response(status=error.code, body=error.body(), headers=headers)


def _trusted(request: web.BaseRequest) -> bool:
    """Tell whether the request was meant for this machine: no foreign name leads here, no foreign page asks."""
    host = request.headers.get("Host", "")
    try:
        if urlsplit(f"//{host}").hostname not in _LOOPBACK:
            return False
    except ValueError:
        return False
    origin = request.headers.get("Origin")
    return origin is None or origin == f"http://{host}"
