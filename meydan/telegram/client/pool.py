"""Several clients behind one send: by turns, or the one that is named."""

import asyncio
import itertools
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from meydan.platform.clock import Clock, SystemClock
from meydan.platform.texts import Language
from meydan.telegram.client.awaitable import Counts
from meydan.telegram.client.config import ClientConfig
from meydan.telegram.client.errors import ClientExists, ClientMissing
from meydan.telegram.client.manager import TelegramClientManager
from meydan.telegram.client.results import MessageResult, SendResult, explained
from meydan.telegram.client.retry import ReconnectBudget
from meydan.telegram.client.status import ConnectionStatus

Make = Callable[..., TelegramClientManager]


class TelegramClientPool:
    """Clients that take turns, and that together do not hammer Telegram when they connect.

    `options` go to each `TelegramClientManager`.
    """

    def __init__(self, *, clock: Clock | None = None, budget: ReconnectBudget | None = None, **options: Any) -> None:
        chosen = clock or SystemClock()
        shared = budget or ReconnectBudget(chosen)
        self._make: Make = partial(TelegramClientManager, clock=chosen, budget=shared, **options)
        self._clients: dict[str, TelegramClientManager] = {}
        self._turns = itertools.count(1)
        self._last_turn: dict[str, int] = {}

    async def add_client(self, config: ClientConfig) -> TelegramClientManager:
        """Connect one more client and return it; raise what stands in its way, adding nothing."""
        name = config.session_name
        if name in self._clients:
            raise ClientExists(name)
        client = self._clients[name] = self._make(config)
        try:
            return await client.initialize()
        except BaseException:
            self._clients.pop(name, None)
            await client.disconnect()
            raise

    def get_client(self, session_name: str) -> TelegramClientManager:
        """Return the client of a session; raise `ClientMissing`."""
        try:
            return self._clients[session_name]
        except KeyError:
            raise ClientMissing(session_name) from None

    async def send_message(  # noqa: PLR0917  # the arguments and their order are promised
        self,
        entity: Any,
        message: str,
        parse_mode: str | None = None,
        silent: bool = False,  # noqa: FBT001, FBT002
        link_preview: bool = True,  # noqa: FBT001, FBT002
        schedule: datetime | timedelta | None = None,
        session_name: str | None = None,
    ) -> SendResult:
        """Send by the client of `session_name`, else by the next one that is connected.

        When none is connected, one that is on its way back takes it and waits. Clients that Telegram holds back from
        this chat are passed over; when it holds back all, the one that has to wait least takes it. Raises
        `ClientMissing` for a session that is not here.
        """
        client = await self._next(entity) if session_name is None else self.get_client(session_name)
        if client is None:
            code = "NOT_CONNECTED"
            language: Language = "tr"
            error = explained(MessageResult.FAILED, language, code=code)
            return SendResult(MessageResult.FAILED, error=error, code=code)
        return await client.send_message(entity, message, parse_mode, silent, link_preview, schedule)

    def get_pool_stats(self) -> Counts:
        """Return `total_clients`, `connected_clients`, the sums of their counts, and under `clients` those of each."""
        each = [client.get_stats() for client in self._clients.values()]
        sums = ("messages_sent", "messages_failed", "flood_waits", "reconnections")
        return Counts(
            total_clients=len(each),
            connected_clients=sum(client.is_connected() for client in self._clients.values()),
            **{name: sum(stats[name] for stats in each) for name in sums},
            clients={stats["session_name"]: dict(stats) for stats in each},
        )

    async def shutdown(self) -> None:
        """Disconnect every client, whatever becomes of the others."""
        clients, self._clients = self._clients, {}
        ends = await asyncio.gather(*(client.disconnect() for client in clients.values()), return_exceptions=True)
        if failures := [end for end in ends if isinstance(end, Exception)]:
            raise ExceptionGroup("clients that could not leave in order", failures)

    async def _next(self, entity: Any) -> TelegramClientManager | None:
        clients = list(self._clients.items())
        able = [(name, client) for name, client in clients if client.is_connected()]
        able = able or [one for one in clients if one[1].connection_status is ConnectionStatus.RECONNECTING]
        if not able:
            return None
        waits = {name: await client.held(entity) for name, client in able}
        # From here to the turn nothing is waited for, so that no two sends take the same one.
        name, client = min(able, key=lambda one: (waits[one[0]], self._last_turn.get(one[0], 0)))
        self._last_turn[name] = next(self._turns)
        return client
