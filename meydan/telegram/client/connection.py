"""One client's way to Telegram: connecting, watching, connecting again, and knowing when to stop."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

import structlog
from telethon import errors, functions

from meydan.platform.errors import MeydanError
from meydan.telegram.client.config import ClientConfig
from meydan.telegram.client.errors import (
    ConnectionMoveIllegal,
    ConnectRefused,
    NotConnected,
    NotSignedIn,
    SessionQuarantined,
)
from meydan.telegram.client.files import SessionKind
from meydan.telegram.client.lease import SharedLease
from meydan.telegram.client.results import Again, Hold, classify, name_of
from meydan.telegram.client.retry import Random, ReconnectBudget, RetryConfig
from meydan.telegram.client.seam import Telethon, TelethonFactory
from meydan.telegram.client.sessions import OpenSession, SessionStore
from meydan.telegram.client.shared import Shared
from meydan.telegram.client.status import MOVES, ConnectionStatus
from meydan.telegram.client.within import within
from meydan.telegram.errors import TelegramAway

log = structlog.get_logger(__name__)
T = TypeVar("T")

HEALTH_SECONDS: Final = 60.0
LEASE_LOST: Final = "LEASE_LOST"
ASKED_FOR: Final = "ASKED_FOR"
_WITHOUT_END: Final = -1


Change = Callable[[ConnectionStatus, ConnectionStatus, str], None]
"""Is told the state before, the state after, and why, in Telegram's words where they are known."""


@dataclass(frozen=True)
class Means:
    """What a connection is made with; each part may be another in a test."""

    shared: Shared
    sessions: SessionStore
    telethon: TelethonFactory
    budget: ReconnectBudget
    chance: Random


class Connection:
    """Keeps one session connected. `prepare` is called with each new client of Telethon before it connects."""

    def __init__(
        self,
        config: ClientConfig,
        retry: RetryConfig,
        means: Means,
        *,
        prepare: Callable[[Telethon], None],
        changed: Change,
    ) -> None:
        self._config = config
        self._retry = replace(retry, base_delay=config.retry_delay, max_delay=max(retry.max_delay, config.retry_delay))
        self._means = means
        self._clock = means.shared.clock
        self._prepare = prepare
        self._changed = changed
        self._status = ConnectionStatus.DISCONNECTED
        self._changing = asyncio.Lock()
        self._connected = asyncio.Event()
        self._session: OpenSession | None = None
        self._lease: SharedLease | None = None
        self._client: Telethon | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._was_signed_in = False
        self.reconnections = 0

    @property
    def status(self) -> ConnectionStatus:
        """Where the client stands."""
        return self._status

    @property
    def session(self) -> OpenSession | None:
        """The session, while it is held."""
        return self._session

    async def ready(self) -> Telethon:
        """Return Telethon's client, waiting for a connection that is being made; raise `NotConnected`."""
        if self._status in (ConnectionStatus.CONNECTING, ConnectionStatus.RECONNECTING):
            try:
                await within(self._clock, self._config.timeout, self._connected.wait())
            except TimeoutError:
                raise NotConnected(self._config.session_name) from None
        if self._client is None or self._status is not ConnectionStatus.CONNECTED:
            raise NotConnected(self._config.session_name)
        return self._client

    async def open(self) -> None:
        """Take the session and connect; raise what stands in the way, holding nothing."""
        async with self._changing:
            self._move(ConnectionStatus.CONNECTING)
            try:
                self._session = self._means.sessions.open(self._config)
                self._was_signed_in = _was_signed_in(self._session)
                lease = self._means.shared.lease(self._session)
                await lease.take()
                self._lease = lease
                self._client = self._means.telethon(self._config, self._session.telethon)
                self._prepare(self._client)
                await self._connect(self._config.connection_retries)
            except BaseException as error:
                await self._end(ConnectionStatus.FAILED, _reason(error))
                raise
            self._settle()

    async def again(self) -> None:
        """Connect anew, from whatever state; raise what stands in the way."""
        if self._status in (ConnectionStatus.DISCONNECTED, ConnectionStatus.FAILED):
            await self.open()
            return
        async with self._changing:
            await self._stop()
            if self._status is ConnectionStatus.CONNECTED:
                self._move(ConnectionStatus.RECONNECTING, ASKED_FOR)
            try:
                await self._drop()
                await self._connect(self._config.connection_retries)
            except BaseException as error:
                await self._end(ConnectionStatus.FAILED, _reason(error))
                raise
            self.reconnections += 1
            self._settle()

    async def close(self) -> None:
        """Leave, and give back the session."""
        async with self._changing:
            if self._status is not ConnectionStatus.DISCONNECTED:
                await self._end(ConnectionStatus.DISCONNECTED)

    async def died(self, reason: str) -> None:
        """Put the session away: Telegram said that it has ended it."""
        async with self._changing:
            if self._session is not None:
                self._put_away(reason)
                await self._end(ConnectionStatus.FAILED, reason)

    # -- within a change ----------------------------------------------------------------------------------------------

    async def _connect(self, retries: int) -> None:
        """Connect, trying again `retries` times, below 0 without end."""
        for attempt in itertools.count():
            await self._means.budget.take()
            try:
                await self._try()
            except MeydanError:
                raise
            except Exception as error:  # noqa: BLE001  # `classify` knows them all
                await self._drop()
                verdict = classify(error)
                log.warning("telegram.connect_failed", session=self._config.session_name, reason=verdict.code)
                if verdict.dead:
                    self._put_away(verdict.code)
                    now = self._clock.now()
                    raise SessionQuarantined(self._config.session_name, reason=verdict.code, at=now) from None
                if verdict.again is Again.NO:
                    raise ConnectRefused(verdict.code) from None
                if attempt == retries:
                    raise TelegramAway(verdict.code) from None
                pause = self._retry.pause(attempt, self._means.chance)
                await self._clock.sleep(max(pause, verdict.seconds if verdict.hold is not Hold.NOBODY else 0.0))
            else:
                return

    async def _try(self) -> None:
        client = self._client
        if client is None:
            raise NotConnected(self._config.session_name)
        await self._soon(client.connect())
        try:
            await self._soon(client(functions.updates.GetStateRequest()))
        except errors.AuthKeyUnregisteredError:
            if self._config.bot_token is not None:
                await self._soon(client.sign_in(bot_token=self._config.bot_token))
            elif self._was_signed_in:
                raise
            else:
                raise NotSignedIn(self._config.session_name) from None

    async def _soon(self, work: Awaitable[T]) -> T:
        return await within(self._clock, self._config.timeout, work)

    async def _drop(self) -> None:
        """End the connection, whatever state it is in, so that Telethon can make another."""
        if self._client is not None:
            asyncio.ensure_future(self._client.disconnected).add_done_callback(_noted)
            try:
                await self._soon(self._client.disconnect())
            except Exception as error:  # noqa: BLE001  # it is given up in any case
                log.warning("telegram.drop_failed", session=self._config.session_name, error=name_of(error))

    def _put_away(self, reason: str) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.quarantine(reason)

    async def _end(self, status: ConnectionStatus, reason: str = "") -> None:
        await self._stop()
        await self._drop()
        session, self._session = self._session, None
        lease, self._lease = self._lease, None
        self._client = None
        try:
            if session is not None:
                session.close()
        finally:
            if lease is not None:
                await lease.give_back()
            self._move(status, reason)

    def _settle(self) -> None:
        self._move(ConnectionStatus.CONNECTED)
        self._start(self._watch(), "telegram-watch")
        self._start(self._check_health(), "telegram-health")
        if self._lease is not None:
            self._start(self._lease.keep(self._lose), "telegram-lease")

    def _move(self, status: ConnectionStatus, reason: str = "") -> None:
        before = self._status
        if status not in MOVES[before]:
            raise ConnectionMoveIllegal(self._config.session_name, before=before, after=status)
        self._status = status
        if status is ConnectionStatus.CONNECTED:
            self._connected.set()
        elif status is not ConnectionStatus.RECONNECTING or before is ConnectionStatus.CONNECTED:
            self._connected.clear()
        log.info("telegram.connection", session=self._config.session_name, status=status, reason=reason or None)
        self._changed(before, status, reason)

    # -- what runs while connected ------------------------------------------------------------------------------------

    async def _watch(self) -> None:
        while (client := self._client) is not None:
            reason = "CONNECTION_CLOSED"
            try:
                await client.disconnected
            except Exception as error:  # noqa: BLE001  # of whatever kind, it is why the connection ended
                reason = name_of(error)
            async with self._changing:
                if self._status is not ConnectionStatus.CONNECTED:
                    return
                if not self._config.auto_reconnect:
                    await self._end(ConnectionStatus.FAILED, reason)
                    return
                self._move(ConnectionStatus.RECONNECTING, reason)
            await self._drop()
            try:
                await self._connect(_WITHOUT_END)
            except MeydanError as error:
                async with self._changing:
                    await self._end(ConnectionStatus.FAILED, _reason(error))
                return
            self.reconnections += 1
            self._move(ConnectionStatus.CONNECTED)

    async def _check_health(self) -> None:
        for number in itertools.count(1):
            await self._clock.sleep(HEALTH_SECONDS)
            client = self._client
            if client is None or self._status is not ConnectionStatus.CONNECTED:
                continue
            try:
                await self._soon(client(functions.PingRequest(number)))
            except Exception as error:  # noqa: BLE001  # no answer is no answer
                log.warning("telegram.health_failed", session=self._config.session_name, error=name_of(error))
                if classify(error).dead:
                    self._start(self.died(name_of(error)), "telegram-died")
                    return
                await self._drop()

    def _lose(self) -> None:
        self._start(self._lost(), "telegram-lost")

    async def _lost(self) -> None:
        async with self._changing:
            if self._session is not None:
                await self._end(ConnectionStatus.FAILED, LEASE_LOST)

    def _start(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _stop(self) -> None:
        tasks = [task for task in self._tasks if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _noted(ended: asyncio.Future[None]) -> None:
    """Look at why a connection ended, which asyncio asks of somebody."""
    if not ended.cancelled():
        ended.exception()


def _was_signed_in(session: OpenSession) -> bool:
    """Tell whether the session has a place in the stream of updates, or came as a string, which only sign-in makes."""
    return session.kind is SessionKind.STRING or any(state.pts for _, state in session.telethon.get_update_states())


def _reason(error: BaseException) -> str:
    if isinstance(error, MeydanError):
        return str(error.data.get("neden", error.code))
    return name_of(error)
