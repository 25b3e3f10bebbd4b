"""The composition root: every part is built here, once, and handed what it needs."""

import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Final

import structlog
from fastapi import FastAPI
from pydantic import BaseModel

from meydan.accounts.service import AccountService
from meydan.accounts.settings import AccountsSettings
from meydan.app.engines import Engines, disk_room, open_engines
from meydan.app.fleet import Fleet, open_fleet
from meydan.app.gate import Gate
from meydan.app.hosts import hosts_of
from meydan.app.http import build_http
from meydan.app.observation import observe, observe_fleet, observe_gate
from meydan.app.reactions import connect
from meydan.app.system import (
    Figures,
    SystemService,
    database_probe,
    record_probe,
    redis_probe,
    room_probe,
    services_probe,
)
from meydan.chat.admissions import RoomAdmissions
from meydan.chat.archive import RoomArchive
from meydan.chat.entrance import Entrance
from meydan.chat.hub import Hub, new_node_name
from meydan.chat.invitations import InvitationService
from meydan.chat.log import MessageLog
from meydan.chat.members import MemberService
from meydan.chat.messages import MessageService
from meydan.chat.notices import NoticeService
from meydan.chat.presence import Presence
from meydan.chat.rooms import RoomService
from meydan.chat.search import SearchIndexer
from meydan.chat.settings import ChatSettings
from meydan.chat.spending import Spending
from meydan.chat.watchman import Watchman
from meydan.platform.addresses import Proxies
from meydan.platform.caller_limit import CallerLimit
from meydan.platform.clock import Clock, SystemClock
from meydan.platform.descriptors import raise_descriptor_limit
from meydan.platform.live_settings import LiveSettings
from meydan.platform.metrics import Metrics
from meydan.platform.network import NetworkSettings
from meydan.platform.sampler import Sampler
from meydan.platform.settings import Settings
from meydan.platform.tasks import Supervisor
from meydan.telegram.settings import TelegramSettings
from meydan.telegram.trial import TrialWorld

log = structlog.get_logger(__name__)

SECTIONS: Final[Mapping[str, type[BaseModel]]] = {
    "accounts": AccountsSettings,
    "chat": ChatSettings,
    "telegram": TelegramSettings,
    "network": NetworkSettings,
}
"""The sections of the live settings."""


@dataclass(frozen=True)
class Accounts:
    """What a command about users or keys needs, without rooms or a server."""

    settings: Settings
    clock: Clock
    engines: Engines
    live: LiveSettings
    service: AccountService


@dataclass(frozen=True)
class Square:
    """One node, built and not yet running."""

    accounts: Accounts
    rooms: RoomService
    messages: MessageService
    message_log: MessageLog
    indexer: SearchIndexer
    hub: Hub
    sampler: Sampler
    fleet: Fleet
    gate: Gate
    app: FastAPI
    supervisor: Supervisor


@contextlib.asynccontextmanager
async def open_accounts(settings: Settings, *, clock: Clock | None = None) -> AsyncIterator[Accounts]:
    """Open the engines and the accounts on them; the database must be migrated."""
    clock = clock or SystemClock()
    engines = open_engines(settings, clock)
    try:
        live = LiveSettings(engines.db, engines.bus, clock)
        for section, model in SECTIONS.items():
            live.register(section, model)
        service = AccountService(
            db=engines.db, bus=engines.bus, store=engines.store, clock=clock, live=live, settings=settings
        )
        yield Accounts(settings, clock, engines, live, service)
    finally:
        await engines.close()


@contextlib.asynccontextmanager
async def open_square(
    settings: Settings, *, clock: Clock | None = None, world: TrialWorld | None = None
) -> AsyncIterator[Square]:
    """Build one node; it listens to the other nodes when this returns, and serves once its services run.

    `world` is the fake Telegram that runs in this process.
    """
    node = new_node_name()
    async with (
        open_accounts(settings, clock=clock) as accounts,
        open_fleet(accounts, node=node, world=world) as fleet,
    ):
        square = _build(accounts, fleet, node=node)
        await accounts.live.start()
        await accounts.service.start()
        await square.rooms.ensure_default_room()
        await square.hub.start()
        await connect(accounts.engines.bus, hub=square.hub)
        yield square


def _build(accounts: Accounts, fleet: Fleet, *, node: str) -> Square:
    settings, clock, live, engines = accounts.settings, accounts.clock, accounts.live, accounts.engines
    rooms = RoomService(db=engines.db, bus=engines.bus, clock=clock, live=live)
    admissions = RoomAdmissions(db=engines.db, throttle=accounts.service.throttle, clock=clock)
    accounts.service.admissions = admissions
    message_log = MessageLog(engines.db, clock)
    indexer = SearchIndexer(engines.db, engines.search, busy=lambda: message_log.stats.operations)
    messages = MessageService(
        db=engines.db,
        clock=clock,
        live=live,
        log=message_log,
        search=engines.search,
        indexer=indexer,
        writes=accounts.service.writes,
        spending=Spending(engines.bus, clock, live, node=node),
    )
    caller_limit = CallerLimit()
    hub = Hub(
        caller_limit=caller_limit,
        messages=messages,
        message_log=message_log,
        presence=Presence(engines.bus, clock, node=node),
        entrance=Entrance(accounts=accounts.service, store=engines.store, clock=clock),
        watchman=Watchman(engines.db, clock),
        bus=engines.bus,
        clock=clock,
        live=live,
        node=node,
    )
    gate = Gate(
        caller_limit=caller_limit,
        most=raise_descriptor_limit(),
        proxies=Proxies(settings.trusted_proxies),
        hosts=hosts_of(settings),
        limits=lambda: live.current(NetworkSettings),
        clock=clock,
    )
    supervisor = Supervisor(clock, limit=settings.drain_seconds)
    metrics = Metrics()
    sampler = Sampler(clock)
    observe_gate(metrics, gate)
    observe(metrics, sampler, hub=hub, message_log=message_log)
    observe_fleet(metrics, sampler, runner=fleet.runner)
    system = SystemService(
        db=engines.db,
        settings=settings,
        clock=clock,
        live=live,
        metrics=metrics,
        sampler=sampler,
        figures=Figures(
            connections=lambda: len(hub.connections),
            rooms_active=lambda: len(hub.channels),
            users_online=hub.presence.online,
            participants=lambda: sum(hub.presence.count(room.slug) for room in hub.channels),
        ),
        probes=[
            database_probe(engines.db),
            record_probe(message_log, engines.db, room=lambda: disk_room(settings)),
            *([redis_probe(engines.redis)] if engines.redis is not None else []),
            room_probe(gate),
            services_probe(supervisor),
        ],
        node=node,
        database=engines.database_name,
        registration_open=lambda: live.current(AccountsSettings).registration_open,
        accepting=lambda: not hub.draining,
    )
    app = build_http(
        {
            "accounts": accounts.service,
            "rooms": rooms,
            "members": MemberService(db=engines.db, bus=engines.bus, clock=clock, rooms=rooms),
            "invitations": InvitationService(db=engines.db, bus=engines.bus, clock=clock, live=live, rooms=rooms),
            "archive": RoomArchive(db=engines.db, bus=engines.bus, clock=clock, live=live),
            "admissions": admissions,
            "messages": messages,
            "notices": NoticeService(db=engines.db, bus=engines.bus, clock=clock),
            "hub": hub,
            "system": system,
            **fleet.parts,
        },
        origins=settings.allowed_origins,
        metrics=metrics,
        https=accounts.service.secure_cookies,
    )
    return Square(accounts, rooms, messages, message_log, indexer, hub, sampler, fleet, gate, app, supervisor)
