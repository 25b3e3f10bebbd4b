"""The line to Telegram itself: made with Telethon, tried again with pauses, and ended."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Final, TypeVar

import structlog
from telethon import errors, functions

from meydan.platform.errors import MeydanError, RateLimited
from meydan.telegram.client.config import ClientConfig
from meydan.telegram.client.errors import ConnectRefused, NotSignedIn
from meydan.telegram.client.files import SessionKind
from meydan.telegram.client.results import Again, classify, name_of
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

    def __init__(
        self, config: ClientConfig, retry: Callable[[], RetryConfig], means: Means, session: OpenSession
    ) -> None:
        self.client: Telethon = means.telethon(config, session.telethon)
        self._config = config
        self._retry = retry
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
                await self._pause(error, attempt, retries)
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
            if self._config.bot_token:
                await self.ask(self.client.sign_in(bot_token=self._config.bot_token))
            elif self._was_signed_in:
                raise
            else:
                raise NotSignedIn(self._config.session_name) from None

    async def rest(self, losses: int) -> None:
        """Wait before connecting anew, after so many connections that were lost as soon as they were made."""
        if losses:
            await self._clock.sleep(self._pause_after(losses - 1))

    async def _pause(self, error: Exception, attempt: int, retries: int) -> None:
        """Wait until the next try is due; raise what it is not worth to try again for, or not now."""
        verdict, reason = classify(error), name_of(error)
        log.warning("telegram.connect_failed", session=self._config.session_name, reason=reason)
        if verdict.dead:
            raise SessionDead(reason) from None
        if verdict.again is Again.NO and isinstance(error, errors.RPCError):  # anything else may come of a torn answer
            raise ConnectRefused(reason) from None
        if retries >= 0 and verdict.seconds > self._config.flood_sleep_threshold:
            raise RateLimited(wait=verdict.seconds) from None
        if attempt == retries:
            raise TelegramAway(reason) from None
        await self._clock.sleep(max(self._pause_after(attempt), verdict.seconds))

    def _pause_after(self, attempt: int) -> float:
        retry, first = self._retry(), self._config.retry_delay
        pauses = replace(retry, base_delay=first, max_delay=max(retry.max_delay, first))
        return pauses.pause(attempt, self._means.chance)


def _noted(ended: asyncio.Future[None]) -> None:
    """Look at why a connection ended, which asyncio asks of somebody."""
    if not ended.cancelled():
        ended.exception()
