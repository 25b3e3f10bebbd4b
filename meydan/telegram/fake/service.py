"""The fake Telegram as a part of a running square."""

import asyncio
from pathlib import Path

from meydan.telegram.fake.server import FakeTelegram


class FakeTelegramService:
    """Runs a fake Telegram beside the square, so that bots can be tried before there is a token."""

    name = "fake-telegram"
    vital = False

    def __init__(self, *, state_path: Path | None, host: str = "127.0.0.1", port: int = 0) -> None:
        self.fake = FakeTelegram(state_path=state_path)
        self._host = host
        self._port = port
        self._stop = asyncio.Event()

    @property
    def url(self) -> str:
        """Its address, empty while it does not run."""
        return self.fake.url

    def make_bot(self, *, name: str, username: str) -> str:
        """Make a bot and return its token; raises a `MeydanError` when the name is taken."""
        return self.fake.make_bot(name=name, username=username)

    async def start(self) -> str:
        """Listen already, so that the address is known before the rest starts; `run` does it otherwise."""
        return self.fake.url or await self.fake.start(self._host, self._port)

    async def run(self) -> None:
        """Listen until drained."""
        await self.start()
        try:
            await self._stop.wait()
        finally:
            await self.fake.stop()

    async def drain(self) -> None:
        """Let `run` stop and save."""
        self._stop.set()
