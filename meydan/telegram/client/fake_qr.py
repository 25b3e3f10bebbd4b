"""A QR code of sign-in, as Telethon's `QRLogin`."""

import asyncio
import base64
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from telethon import types

from meydan.telegram.client.fake_world import FakeAccount, FakeWorld
from meydan.telegram.client.within import within

QR_SECONDS: Final = 30.0


class FakeQr:
    """A code that somebody may scan while it is good."""

    def __init__(self, world: FakeWorld, let_in: Callable[[FakeAccount], types.User]) -> None:
        self._world = world
        self._let_in = let_in
        self._account: asyncio.Future[FakeAccount] = asyncio.get_running_loop().create_future()
        self.url = ""
        self.expires = world.clock.now()

    async def recreate(self) -> None:
        """Show another code in place of this one."""
        world = self._world
        await world.failing("sign_in")
        world.qr_codes.pop(self.url, None)
        token = base64.urlsafe_b64encode(secrets.token_bytes(24)).decode()
        self.url = f"tg://login?token={token}"
        self.expires = world.clock.now() + timedelta(seconds=QR_SECONDS)
        world.qr_codes[self.url] = self.scanned_by

    async def wait(self, timeout: float | None = None) -> types.User:  # noqa: ASYNC109  # as Telethon's
        """Return who scanned the code; `TimeoutError` when nobody did while it was good."""
        clock = self._world.clock
        left = (self.expires - clock.now()).total_seconds() if timeout is None else timeout
        account = await within(clock, left, asyncio.shield(self._account))
        return self._let_in(account)

    def scanned_by(self, account: FakeAccount) -> None:
        """Take note of who scanned it."""
        if not self._account.done():
            self._account.set_result(account)
