"""One client's connection: opened, watched, made anew, and given up when there is no use in it."""

import asyncio
import itertools
from collections.abc import Callable, Coroutine
from typing import Any, Final

import structlog
from telethon import functions

from meydan.platform.errors import MeydanError
from meydan.telegram.client.config import ClientConfig
from meydan.telegram.client.errors import ConnectionMoveIllegal, NotConnected, OtherEventLoopError, SessionQuarantined
from meydan.telegram.client.lease import SharedLease
from meydan.telegram.client.line import WITHOUT_END, Line, Means, SessionDead
from meydan.telegram.client.results import classify, name_of
from meydan.telegram.client.retry import RetryConfig
from meydan.telegram.client.seam import Telethon
from meydan.telegram.client.sessions import OpenSession
from meydan.telegram.client.status import MOVES, ConnectionStatus
from meydan.telegram.client.within import within

log = structlog.get_logger(__name__)

LEASE_LOST: Final = "LEASE_LOST"
ASKED_FOR: Final = "ASKED_FOR"
_THOROUGH_EVERY: Final = 5
_BRIEF_SECONDS: Final = 10.0

Change = Callable[[ConnectionStatus, ConnectionStatus, str], None]
"""Is told the state before, the state after, and why, in Telegram's words where they are known."""


class Connection:
    """Keeps one session connected. `prepare` is called with each new client of Telethon before it connects.

    `retry` may be changed at any time.
    """

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
        self.retry = retry
        self._means = means
        self._prepare = prepare
        self._changed = changed
        self._status = ConnectionStatus.DISCONNECTED
        self._changing = asyncio.Lock()
        self._connected = asyncio.Event()
        self._session: OpenSession | None = None
        self._lease: SharedLease | None = None
        self._lease_lost = False
        self._keeping: asyncio.Task[None] | None = None
        self._line: Line | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._connecting: asyncio.Future[None] | None = None
        self._leaving = 0
        self._loop: asyncio.AbstractEventLoop | None = None
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
        if self._loop not in {None, asyncio.get_running_loop()}:
            raise OtherEventLoopError
        if self._status in (ConnectionStatus.CONNECTING, ConnectionStatus.RECONNECTING):
            try:
                await within(self._means.shared.clock, self._config.timeout, self._connected.wait())
            except TimeoutError:
                raise NotConnected(self._config.session_name) from None
        if self._line is None or self._status is not ConnectionStatus.CONNECTED:
            raise NotConnected(self._config.session_name)
        return self._line.client

    async def open(self) -> None:
        """Take the session and connect; raise what stands in the way, holding nothing."""
        async with self._changing:
            await self._unless_left(self._open())

    async def again(self) -> None:
        """Connect anew, from whatever state; raise what stands in the way."""
        async with self._changing:
            await self._unless_left(self._again())

    async def close(self) -> None:
        """Leave, and give back the session; whoever is about to connect gets `NotConnected`."""
        self._leaving += 1
        try:
            if self._connecting is not None:
                self._connecting.cancel()
            async with self._changing:
                if self._status is not ConnectionStatus.DISCONNECTED:
                    await self._end(ConnectionStatus.DISCONNECTED)
        finally:
            self._leaving -= 1

    async def died(self, reason: str) -> None:
        """Put the session away: Telegram said that it has ended it."""
        async with self._changing:
            if self._session is not None:
                self._put_away(reason)
                await self._end(ConnectionStatus.FAILED, reason)

    # -- within a change ----------------------------------------------------------------------------------------------

    async def _unless_left(self, work: Coroutine[Any, Any, None]) -> None:
        """Do what may take minutes, so that `close` does not wait for it."""
        if self._leaving:
            work.close()
            raise NotConnected(self._config.session_name)
        self._connecting = asyncio.ensure_future(work)
        try:
            await self._connecting
        except asyncio.CancelledError:
            caller = asyncio.current_task()
            if caller is not None and caller.cancelling():
                raise
            raise NotConnected(self._config.session_name) from None
        finally:
            self._connecting = None

    async def _again(self) -> None:
        if self._line is None:
            await self._open()
            return
        await self._stop()
        if self._status is ConnectionStatus.CONNECTED:
            self._move(ConnectionStatus.RECONNECTING, ASKED_FOR)
        await self._connect(self._line)
        self.reconnections += 1

    async def _open(self) -> None:
        self._move(ConnectionStatus.CONNECTING)
        self._loop = asyncio.get_running_loop()
        try:
            self._session = self._means.sessions.open(self._config)
            lease = self._means.shared.lease(self._session)
            await lease.take()
            self._lease, self._lease_lost = lease, False
            self._keeping = asyncio.create_task(lease.keep(self._lose), name="telegram-lease")  # connecting takes time
            self._line = Line(self._config, lambda: self.retry, self._means, self._session)
            self._prepare(self._line.client)
        except BaseException as error:
            await self._end(*self._ending(error))
            raise
        await self._connect(self._line)

    async def _connect(self, line: Line) -> None:
        try:
            await line.connect(self._config.connection_retries)
        except SessionDead as dead:
            self._put_away(dead.code)
            await self._end(ConnectionStatus.FAILED, dead.code)
            now = self._means.shared.clock.now()
            raise SessionQuarantined(self._config.session_name, reason=dead.code, at=now) from None
        except BaseException as error:
            await self._end(*self._ending(error))
            raise
        self._move(ConnectionStatus.CONNECTED)
        self._start(self._watch(line), "telegram-watch")
        self._start(self._check_health(line), "telegram-health")

    def _put_away(self, reason: str) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.quarantine(reason)

    def _ending(self, error: BaseException) -> tuple[ConnectionStatus, str]:
        """Return where an attempt to connect ends that was given up for `error`."""
        if not isinstance(error, asyncio.CancelledError):
            return ConnectionStatus.FAILED, _reason(error)
        if self._lease_lost:
            return ConnectionStatus.FAILED, LEASE_LOST
        return ConnectionStatus.DISCONNECTED, ""

    async def _end(self, status: ConnectionStatus, reason: str = "") -> None:
        """Let go of everything. A session that was put away before is not given back."""
        await self._stop()
        line, self._line = self._line, None
        session, self._session = self._session, None
        lease, self._lease = self._lease, None
        try:
            if line is not None:
                await line.drop()
        finally:
            try:
                if session is not None:
                    session.close()
                if self._keeping is not None and not self._keeping.done():
                    self._keeping.cancel()
                    await asyncio.wait((self._keeping,))
                if lease is not None:
                    await lease.give_back()
            finally:
                self._move(status, reason)

    def _move(self, status: ConnectionStatus, reason: str = "") -> None:
        before = self._status
        if status not in MOVES[before]:
            raise ConnectionMoveIllegal(self._config.session_name, before=before, after=status)
        self._status = status
        if status in (ConnectionStatus.CONNECTING, ConnectionStatus.RECONNECTING):
            self._connected.clear()
        else:
            self._connected.set()  # also when it failed: nobody is to wait any longer
        log.info("telegram.connection", session=self._config.session_name, status=status, reason=reason or None)
        self._changed(before, status, reason)

    # -- what runs while connected ------------------------------------------------------------------------------------

    async def _watch(self, line: Line) -> None:
        clock, losses = self._means.shared.clock, 0
        while True:
            reason, since = "CONNECTION_CLOSED", clock.monotonic()
            try:
                await line.client.disconnected
            except Exception as error:  # noqa: BLE001  # of whatever kind, it is why the connection ended
                reason = name_of(error)
            async with self._changing:
                if not self._config.auto_reconnect:
                    await self._end(ConnectionStatus.FAILED, reason)
                    return
                self._move(ConnectionStatus.RECONNECTING, reason)
            brief = clock.monotonic() - since < _BRIEF_SECONDS
            try:
                await line.rest(losses)
                losses = losses + 1 if brief else 0
                await line.connect(WITHOUT_END)
            except SessionDead as dead:
                await self.died(dead.code)
                return
            except MeydanError as error:
                async with self._changing:
                    await self._end(ConnectionStatus.FAILED, _reason(error))
                return
            self.reconnections += 1
            self._move(ConnectionStatus.CONNECTED)

    async def _check_health(self, line: Line) -> None:
        for number in itertools.count(1):
            await self._means.shared.clock.sleep(self._means.health_seconds)
            if self._status is not ConnectionStatus.CONNECTED:
                continue
            try:
                # A ping is answered to whoever asks; now and then it is worth to know whether the session still counts.
                ping, state = functions.PingRequest(number), functions.updates.GetStateRequest()
                await line.ask(line.client(state if number % _THOROUGH_EVERY == 0 else ping))
            except Exception as error:  # noqa: BLE001  # no answer is no answer
                log.warning("telegram.health_failed", session=self._config.session_name, error=name_of(error))
                if classify(error).dead:
                    await self.died(name_of(error))
                    return
                if self._status is ConnectionStatus.CONNECTED:
                    await line.drop()

    def _lose(self) -> None:
        self._lease_lost = True
        if self._connecting is not None:
            self._connecting.cancel()
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


def _reason(error: BaseException) -> str:
    if isinstance(error, MeydanError):
        return str(error.data.get("neden", error.code))
    return name_of(error)
