"""The line to Telegram itself: made with Telethon, tried again with pauses, and ended."""

import asyncio
import itertools
from collections.abc import Awaitable
from dataclasses import dataclass, replace
from typing import Final, TypeVar

import structlog
from telethon import errors, functions

from meydan.platform.errors import MeydanError, RateLimited
from meydan.telegram.client.config import ClientConfig
from meydan.telegram.client.errors import ConnectRefused, NotSignedIn
from meydan.telegram.client.files import SessionKind
from meydan.telegram.client.results import Again, Verdict, classify, name_of
from meydan.telegram.client.retry import Random, ReconnectBudget, RetryConfig
from meydan.telegram.client.seam import Telethon, TelethonFactory
from meydan.telegram.client.sessions import OpenSession, SessionStore
from meydan.telegram.client.shared import Shared
from meydan.telegram.client.within import within
from meydan.telegram.errors import TelegramAway

log = structlog.get_logger(__name__)
T = TypeVar("T")

WITHOUT_END: Final = -1
HEALTH_SECONDS: Final = 60.0


@dataclass(frozen=True)
class Means:
    """What a connection is made with; each part may be another in a test."""

    shared: Shared
    sessions: SessionStore
    telethon: TelethonFactory
    budget: ReconnectBudget
    chance: Random
    health_seconds: float = HEALTH_SECONDS


class SessionDead(Exception):
    """Telegram said that it has ended the session."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Line:
    """One client of Telethon on one session, connected or not."""

    def __init__(self, config: ClientConfig, retry: RetryConfig, means: Means, session: OpenSession) -> None:
        self.client: Telethon = means.telethon(config, session.telethon)
        self._config = config
        self._retry = replace(retry, base_delay=config.retry_delay, max_delay=max(retry.max_delay, config.retry_delay))
        self._means = means
        self._clock = means.shared.clock
        # Only sign-in gives a session a place in the stream of updates; as a string it was exported after one.
        places = session.telethon.get_update_states()
        self._was_signed_in = session.kind is SessionKind.STRING or any(state.pts for _, state in places)

    async def connect(self, retries: int) -> None:
        """Connect anew and be signed in, trying again `retries` times, below 0 without end.

        Raises `SessionDead`, `NotSignedIn`, `ConnectRefused`, `TelegramAway`, and `RateLimited` for a long wait.
        """
        for attempt in itertools.count():
            await self.drop()
            await self._means.budget.take()
            try:
                await self._try()
            except MeydanError:
                raise
            except Exception as error:  # noqa: BLE001  # `classify` knows them all
                await self._pause(classify(error), attempt, retries)
            else:
                return

    async def ask(self, work: Awaitable[T]) -> T:
        """Return what Telegram answers, if it does in time."""
        return await within(self._clock, self._config.timeout, work)

    async def drop(self) -> None:
        """End the connection, whatever state it is in, so that Telethon can make another."""
        asyncio.ensure_future(self.client.disconnected).add_done_callback(_noted)
        try:
            await self.ask(self.client.disconnect())
        except Exception as error:  # noqa: BLE001  # it is given up in any case
            log.warning("telegram.drop_failed", session=self._config.session_name, error=name_of(error))

    async def _try(self) -> None:
        await self.ask(self.client.connect())
        try:
            await self.ask(self.client(functions.updates.GetStateRequest()))
        except errors.AuthKeyUnregisteredError:
            if self._config.bot_token is not None:
                await self.ask(self.client.sign_in(bot_token=self._config.bot_token))
            elif self._was_signed_in:
                raise
            else:
                raise NotSignedIn(self._config.session_name) from None

    async def _pause(self, verdict: Verdict, attempt: int, retries: int) -> None:
        """Wait until the next try is due; raise what it is not worth to try again for, or not now."""
        log.warning("telegram.connect_failed", session=self._config.session_name, reason=verdict.code)
        if verdict.dead:
            raise SessionDead(verdict.code) from None
        if verdict.again is Again.NO:
            raise ConnectRefused(verdict.code) from None
        if retries != WITHOUT_END and verdict.seconds > self._config.flood_sleep_threshold:
            raise RateLimited(wait=verdict.seconds) from None
        if attempt == retries:
            raise TelegramAway(verdict.code) from None
        await self._clock.sleep(max(self._retry.pause(attempt, self._means.chance), verdict.seconds))


def _noted(ended: asyncio.Future[None]) -> None:
    """Look at why a connection ended, which asyncio asks of somebody."""
    if not ended.cancelled():
        ended.exception()
