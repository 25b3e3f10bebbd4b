"""One account or bot on Telegram: what a script works with."""

import asyncio
import contextlib
import inspect
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import datetime, timedelta
from functools import partial
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import structlog
from prometheus_client import CollectorRegistry
from telethon import types, utils

from meydan.platform.clock import Clock, SystemClock
from meydan.platform.errors import RateLimited, Unavailable
from meydan.platform.logging import configure_logging, redact
from meydan.telegram.client.asking import Asking, Ended
from meydan.telegram.client.awaitable import Counts, Flag
from meydan.telegram.client.config import ClientConfig
from meydan.telegram.client.connection import ASKED_FOR, Connection
from meydan.telegram.client.errors import AccountOther, NotConnected, RequestFailed
from meydan.telegram.client.files import SessionKind
from meydan.telegram.client.floods import Floods, MemoryFloods, RedisFloods
from meydan.telegram.client.gaps import COMMON
from meydan.telegram.client.inbox import Inbox, MessageHandler
from meydan.telegram.client.line import HEALTH_SECONDS, Means
from meydan.telegram.client.metrics import client_metrics
from meydan.telegram.client.peers import Dialogs
from meydan.telegram.client.results import SendResult
from meydan.telegram.client.retry import Random, ReconnectBudget, RetryConfig, chance
from meydan.telegram.client.seam import Telethon, TelethonFactory, telethon_here
from meydan.telegram.client.sending import Order, Sender
from meydan.telegram.client.sessions import SessionStore
from meydan.telegram.client.shared import open_shared
from meydan.telegram.client.state import client_state
from meydan.telegram.client.status import ConnectionStatus
from meydan.telegram.client.within import within
from meydan.telegram.errors import TelegramAway

log = structlog.get_logger(__name__)
T = TypeVar("T")

DisconnectHandler = Callable[[str], Awaitable[None]] | Callable[[], Awaitable[None]]
"""Is told why the connection was lost: Telegram's own name, such as AUTH_KEY_DUPLICATED, or the network's error.

One that takes no argument is called without it.
"""

_PASSING: Final = (TelegramAway, RateLimited, Unavailable, NotConnected)
"""What may keep a client from connecting now and not later."""

_STATE_SECONDS: Final = 30.0
_TELLING_SECONDS: Final = 3.0
_PAGE: Final = 100
"""As many messages as Telegram tells at once."""


class TelegramClientManager:
    """Connects a session, sends, listens, and stays connected.

    Everything behind `retry_config` is for tests and for clients that share something, such as a pool: `budget` limits
    how often all of them together connect; `telethon` is Telethon itself, or what `seam.telethons_from` says.
    """

    def __init__(
        self,
        config: ClientConfig,
        *,
        retry_config: RetryConfig | None = None,
        clock: Clock | None = None,
        random: Random | None = None,
        budget: ReconnectBudget | None = None,
        telethon: TelethonFactory | None = None,
        sessions: SessionStore | None = None,
        registry: CollectorRegistry | None = None,
        health_seconds: float = HEALTH_SECONDS,
    ) -> None:
        _log(config)
        self.config = config
        self._clock = clock or SystemClock()
        self._shared = open_shared(config, self._clock)
        means = Means(
            self._shared,
            sessions or SessionStore.of_environment(config.sessions_dir),
            telethon or telethon_here(),
            budget or ReconnectBudget(self._clock),
            random or chance(),
            health_seconds,
        )
        retry = retry_config or RetryConfig()
        self._connection = Connection(config, retry, means, prepare=self._prepare, changed=self._changed)
        self._asking = Asking(config, self._connection, self._floods(), clock=self._clock, chance=means.chance)
        self._asking.retry = retry
        self._inbox = Inbox(self._fetch, self._clock, whole=not config.bot_token)
        self._dialogs = Dialogs(self._asking)
        self._sender = Sender(config, self._asking, self._dialogs, self._inbox, clock=self._clock)
        self._metrics = client_metrics(registry)
        self._metrics.begin(config.session_name)
        self._disconnect_handlers: list[DisconnectHandler] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._sent = self._failed = 0
        self._telling: asyncio.Task[None] | None = None
        self._told: ConnectionStatus | None = None
        self._connected_at: float | None = None
        self._last_activity: datetime | None = None

    # -- connection ---------------------------------------------------------------------------------------------------

    async def initialize(self) -> Self:
        """Open the session, connect, and listen. Raises what stands in the way, in words (`MeydanError`)."""
        await self._connection.open()
        try:
            await self._introduce()
        except BaseException:
            if self._connection.session is not None:
                await self._connection.close()
            raise
        self._connected_at = self._clock.monotonic()
        if self._telling is None or self._telling.done():
            self._telling = self._start(self._keep_state(), "telegram-state")
        return self

    async def reconnect(self) -> bool:
        """Connect anew, whatever the state, and return whether it is connected.

        `False` stands for what may pass, such as a network that is away; the log says what it was. What only a person
        can mend, such as a session that Telegram has ended, raises.
        """
        try:
            if self._connection.session is None:
                await self.initialize()
            else:
                await self._connection.again()
        except _PASSING as error:
            log.warning("telegram.reconnect_failed", session=self.config.session_name, reason=error.code)
        return bool(self.is_connected())

    async def disconnect(self) -> None:
        """Leave Telegram and give the session back, also while it connects; a second time does nothing."""
        tasks = [task for task in self._tasks if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        try:
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._connection.close()
            await self._inbox.close()  # last, as messages come in until the connection is closed
            if self._told in {ConnectionStatus.CONNECTED, ConnectionStatus.RECONNECTING}:
                await self._tell_state()
        finally:
            await self._shared.close()

    async def __aenter__(self) -> Self:
        try:
            return await self.initialize()
        except BaseException:
            await self.disconnect()
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.disconnect()

    def is_connected(self) -> Flag:
        """Tell whether the client is connected and signed in."""
        return Flag(self._connection.status is ConnectionStatus.CONNECTED)

    @property
    def connection_status(self) -> ConnectionStatus:
        """Where the client stands."""
        return self._connection.status

    def add_disconnect_handler(self, handler: DisconnectHandler) -> None:
        """Call `handler` when the connection is lost without having been closed, and when it is given up.

        `connection_status` tells which of the two: `RECONNECTING` or `FAILED`.
        """
        self._disconnect_handlers.append(handler)

    def remove_disconnect_handler(self, handler: DisconnectHandler) -> None:
        """Call `handler` no longer, also from within itself."""
        self._disconnect_handlers = [kept for kept in self._disconnect_handlers if kept != handler]

    # -- messages -----------------------------------------------------------------------------------------------------

    async def send_message(  # noqa: PLR0917  # the arguments and their order are promised
        self,
        entity: Any,
        message: str,
        parse_mode: str | None = None,
        silent: bool = False,  # noqa: FBT001, FBT002
        link_preview: bool = True,  # noqa: FBT001, FBT002
        schedule: datetime | timedelta | None = None,
    ) -> SendResult:
        """Send a text and say how it ended; Telegram's answers never raise.

        `entity` is a name, a number, a link, `"me"`, or an object of Telethon; `parse_mode` is `md`, `html` or none;
        `schedule` a moment, or how long from now.
        """
        started = self._clock.monotonic()
        result = await self._sender.send(Order(entity, message, parse_mode, silent, link_preview, schedule))
        session = self.config.session_name
        self._metrics.duration.labels(session).observe(self._clock.monotonic() - started)
        if result.success:
            self._sent += 1
            self._metrics.sent.labels(session).inc()
            self._last_activity = self._clock.now()
        else:
            self._failed += 1
            self._metrics.failed.labels(session, result.result).inc()
            log.warning("telegram.send_failed", session=session, result=result.result, reason=result.code)
        return result

    async def get_messages(self, entity: Any, limit: int = 20, search: str | None = None) -> list[types.Message]:
        """Return messages of a chat, newest first, those alone that contain `search` if it is given.

        However many they are, each request for a hundred of them has its own time and its own tries.
        """
        most = limit if entity is None else _PAGE  # a search over all chats cannot be gone on with by a number
        found: list[types.Message] = []
        while len(found) < limit:
            before = found[-1].id if found else 0
            page = await self._asked(
                partial(_history, entity, search, min(limit - len(found), most), before), of=entity
            )
            found += page
            if not page or len(found) >= getattr(page, "total", limit):
                break
        return found

    async def get_entity(self, entity: Any) -> Any:
        """Return the user, group or channel of this name or number."""
        return await self._asked(lambda client: client.get_entity(entity), of=entity)

    def add_message_handler(self, handler: MessageHandler, *, outgoing: bool = False) -> None:
        """Call `handler` with every message that comes in, those of one chat in order and each once.

        With `outgoing` also with what other devices of the account send.
        """
        self._inbox.add(handler, outgoing=outgoing)

    def remove_message_handler(self, handler: MessageHandler) -> None:
        """Call `handler` no longer, also from within itself."""
        self._inbox.remove(handler)

    async def held(self, entity: Any) -> float:
        """Return for how many seconds Telegram wants nothing sent there, as far as is known."""
        return await self._sender.held(entity)

    @property
    def retry_config(self) -> RetryConfig:
        """What is tried again, and how far apart."""
        return self._asking.retry

    @retry_config.setter
    def retry_config(self, retry: RetryConfig) -> None:
        self._asking.retry = self._connection.retry = retry

    @property
    def rate_limit_delay(self) -> float:
        """Seconds between two sends to the same chat."""
        return self._asking.pace

    @rate_limit_delay.setter
    def rate_limit_delay(self, seconds: float) -> None:
        self._asking.pace = seconds

    def get_stats(self) -> Counts:
        """Return counts since this object was made; `uptime_seconds` since `initialize`."""
        up = self._connected_at is not None and self._connection.session is not None
        return Counts(
            session_name=self.config.session_name,
            connection_status=self.connection_status.value,
            messages_sent=self._sent,
            messages_failed=self._failed,
            messages_received=self._inbox.received,
            messages_recovered=self._inbox.gaps.filled,
            messages_dropped=self._inbox.dropped,
            handler_failures=self._inbox.failures,
            flood_waits=self._asking.flood_waits,
            reconnections=self._connection.reconnections,
            uptime_seconds=self._clock.monotonic() - (self._connected_at or 0.0) if up else 0.0,
            last_activity=max(filter(None, (self._last_activity, self._inbox.last_received)), default=None),
        )

    # -- parts --------------------------------------------------------------------------------------------------------

    async def _introduce(self) -> None:
        """Learn whose session it is; raise `AccountOther` when it is not the one that the configuration names."""
        try:
            me = await self._asked(lambda client: client.get_me())
        except (RequestFailed, NotConnected):
            if self._connection.session is None:  # it ended, or was given back, in the meantime
                raise
            return
        if me is None:
            return
        self._inbox.whole = not me.bot
        wanted = utils.parse_phone(self.config.phone or "")
        if wanted and me.phone and me.phone != wanted:
            raise AccountOther(self.config.session_name)

    def _floods(self) -> Floods:
        if self._shared.redis is None:
            return MemoryFloods(self._clock)
        return RedisFloods(self._shared.redis, self._clock, session=self.config.session_name)

    def _prepare(self, client: Telethon) -> None:
        self._dialogs.forget()
        self._inbox.listen(client)

    async def _asked(self, work: Callable[[Telethon], Awaitable[T]], *, of: Any = None) -> T:
        try:
            return await self._dialogs.ask(of, work)
        except Ended as ended:
            if isinstance(ended.__cause__, NotConnected):
                raise ended.__cause__ from None
            raise RequestFailed(ended.verdict.code, wait=ended.retry_after) from None

    async def _fetch(self, box: int, numbers: Sequence[int]) -> list[types.Message]:
        place = None if box == COMMON else box
        found = await self._asked(lambda client: client.get_messages(place, ids=list(numbers)))
        return [one for one in found if isinstance(one, types.Message)]

    def _changed(self, before: ConnectionStatus, after: ConnectionStatus, reason: str) -> None:
        self._metrics.connected.labels(self.config.session_name).set(after is ConnectionStatus.CONNECTED)
        lost = before is ConnectionStatus.CONNECTED and after is ConnectionStatus.RECONNECTING and reason != ASKED_FOR
        given_up = before is not ConnectionStatus.CONNECTING and after is ConnectionStatus.FAILED
        if given_up and self._told is not None:
            self._start(self._tell_state(), "telegram-state")
        if lost or given_up:
            for handler in self._disconnect_handlers:
                self._start(self._call(handler, reason), "telegram-disconnected")

    async def _call(self, handler: DisconnectHandler, reason: str) -> None:
        told: Callable[..., Awaitable[None]] = handler
        try:
            await (told(reason) if _takes_one(told) else told())
        except Exception as error:  # noqa: BLE001  # somebody else's code must not stop the client
            log.error("telegram.handler_failed", error=type(error).__name__)

    async def _keep_state(self) -> None:
        while self._connection.session is not None:  # afterwards the word is its next holder's
            await self._tell_state()
            await self._clock.sleep(_STATE_SECONDS)

    async def _tell_state(self) -> None:
        kind = SessionKind.STRING if self.config.session_string else SessionKind.FILE
        self._told = self.connection_status
        state = client_state(self.get_stats(), kind=kind, clock=self._clock)
        with contextlib.suppress(OSError):
            await within(self._clock, _TELLING_SECONDS, self._shared.states.write(state))

    def _start(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


async def _history(entity: Any, search: str | None, limit: int, before: int, client: Telethon) -> Any:
    return await client.get_messages(entity, limit=limit, offset_id=before, search=search)


def _takes_one(handler: Callable[..., Any]) -> bool:
    try:
        inspect.signature(handler).bind("")
    except TypeError:
        return False
    except ValueError:  # of a builtin that does not say what it takes
        return True
    return True


def _log(config: ClientConfig) -> None:
    """Write logs as the square does, or through the loggers of a program that has its own."""
    if structlog.is_configured():
        return
    if not logging.getLogger().handlers:
        configure_logging(level=config.log_level)
        return
    as_text = structlog.processors.KeyValueRenderer(key_order=["event"])
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, structlog.processors.format_exc_info, redact, as_text],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
