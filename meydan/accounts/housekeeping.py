"""Work of the accounts that nobody asks for."""

import asyncio
import contextlib
from typing import Final

import structlog

from meydan.accounts.service import AccountService
from meydan.platform.errors import Unavailable

log = structlog.get_logger(__name__)

_EVERY: Final = 3600.0


class AccountHousekeeping:
    """Deletes sign-ins that nobody can refresh any more, each hour."""

    name = "account-housekeeping"

    def __init__(self, accounts: AccountService, *, every: float = _EVERY) -> None:
        self._accounts = accounts
        self._every = every
        self._draining = asyncio.Event()

    async def run(self) -> None:
        """Sweep, then rest, until drained."""
        while not self._draining.is_set():
            try:
                deleted = await self._accounts.sign_ins.sweep()
                log.info("accounts.swept", sign_ins=deleted)
            except Unavailable:
                log.warning("accounts.sweep_put_off")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._draining.wait(), self._every)

    async def drain(self) -> None:
        """Stop after the sweep that runs now."""
        self._draining.set()
