"""What the square knows about itself: health, abilities, numbers, and the settings that change while it runs."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa
import structlog

from meydan import __version__
from meydan.accounts.actor import Actor
from meydan.accounts.audit import settings_note
from meydan.accounts.errors import NotSignedIn
from meydan.accounts.permissions import Permission
from meydan.accounts.settings import AccountsSettings
from meydan.app.gate import Gate
from meydan.chat.log import MessageLog
from meydan.chat.repository import RoomRepository
from meydan.chat.settings import ChatSettings
from meydan.platform.clock import Clock
from meydan.platform.db import Database
from meydan.platform.live_settings import LiveSettings, setting_titles
from meydan.platform.metrics import Metrics, process_cpu_seconds, process_memory_bytes
from meydan.platform.sampler import Row, Sampler
from meydan.platform.settings import Settings
from meydan.platform.tasks import Supervisor

if TYPE_CHECKING:
    from redis.asyncio import Redis

log = structlog.get_logger(__name__)


BUS_PROBE: Final = "veriyolu"
_ROOM: Final = 4 * 1024 * 1024  # bytes


@dataclass(frozen=True)
class Probe:
    """A part whose health is asked for: `check` raises or takes too long when the part is ill.

    Without one that is `needed` the node takes no requests; the others may be away for a while.
    """

    name: str
    check: Callable[[], Awaitable[object]]
    needed: bool = True


@dataclass(frozen=True)
class Figures:
    """Plain numbers of this node, read when they are asked for."""

    connections: Callable[[], int]
    rooms_active: Callable[[], int]
    users_online: Callable[[], int]
    participants: Callable[[], int]


@dataclass(frozen=True)
class Component:
    """How one part answered its probe."""

    well: bool
    milliseconds: float | None


@dataclass(frozen=True)
class Health:
    """Whether this node can take requests, and how each part answered."""

    ready: bool
    components: dict[str, Component]


def database_probe(db: Database) -> Probe:
    """Return the probe that reads from the database."""
    return Probe("veritabani", lambda: db.read(lambda session: session.execute(sa.text("SELECT 1")).scalar()))


def record_probe(message_log: MessageLog, db: Database, *, room: Callable[[], int | None]) -> Probe:
    """Return the probe that is ill while messages cannot be stored, as on a full disk; reading goes on meanwhile.

    It looks at how much `room` the disk has left, where that is known, since a small write may fit where a batch does
    not. Only after a commit that failed does it write anything, to learn whether the next one would succeed.
    """

    async def look() -> None:
        left = room()
        if left is not None and left < _ROOM:
            raise DiskFull
        if message_log.failing:
            await db.write(lambda session: RoomRepository(session).touch())
            message_log.failing = False

    return Probe("kayit", look)


def redis_probe(redis: "Redis") -> Probe:
    """Return the probe of Redis: while it is away nodes do not hear each other, but the database has everything."""

    async def ping() -> object:
        return await redis.execute_command("PING")  # type: ignore[no-untyped-call]

    return Probe(BUS_PROBE, ping, needed=False)


def room_probe(gate: Gate) -> Probe:
    """Return the probe that is ill while the node's connections come near what its descriptors allow."""

    async def look() -> None:
        if gate.nearly_full:
            raise NearlyFull

    return Probe("baglanti", look, needed=False)


def services_probe(supervisor: Supervisor) -> Probe:
    """Return the probe that is ill while a service that has failed is not running again yet."""

    async def look() -> None:
        if supervisor.paused:
            raise ServicePaused(", ".join(supervisor.paused))

    return Probe("hizmetler", look, needed=False)


class ServicePaused(Exception):  # named for what happened
    """Services have failed and wait for their next start."""


class DiskFull(Exception):  # named for what happened
    """The disk takes less than a few batches of messages."""


class NearlyFull(Exception):  # named for what happened
    """The node holds nearly as many connections as it may."""


class SystemService:
    """Answers the system pages. `accepting` tells false once the node drains."""

    def __init__(
        self,
        *,
        db: Database,
        settings: Settings,
        clock: Clock,
        live: LiveSettings,
        metrics: Metrics,
        sampler: Sampler,
        figures: Figures,
        probes: Sequence[Probe],
        node: str,
        database: str,
        registration_open: Callable[[], bool],
        accepting: Callable[[], bool] = lambda: True,
        probe_seconds: float = 2.0,
    ) -> None:
        self._db = db
        self._settings = settings
        self._clock = clock
        self._live = live
        self._metrics = metrics
        self._sampler = sampler
        self._figures = figures
        self._probes = tuple(probes)
        self._node = node
        self._database = database
        self._registration_open = registration_open
        self._accepting = accepting
        self._probe_seconds = probe_seconds
        self._started = clock.monotonic()

    async def health(self) -> Health:
        """Ask every part at once and wait a bounded time for all of them."""
        answers = await asyncio.gather(*(self._ask(probe) for probe in self._probes))
        components = {probe.name: answer for probe, answer in zip(self._probes, answers, strict=True)}
        needed_well = all(components[probe.name].well for probe in self._probes if probe.needed)
        return Health(ready=needed_well and self._accepting(), components=components)

    def abilities(self) -> dict[str, Any]:
        """Return what this service can do, what it lets a stranger do now, and how long a message may be."""
        guests = self._live.current(AccountsSettings).guests
        return {
            "websocket_destegi": True,
            "coklu_oda": True,
            "mesaj_gecmisi": True,
            "gercek_zamanli": True,
            "bildirim_sistemi": True,
            "misafir_girisi": self._settings.guests_allowed if guests is None else guests,
            "kayit_acik": self._registration_open(),
            "azami_uzunluk": self._live.current(ChatSettings).max_length,
        }

    def exposition(self, actor: Actor | None, *, local: bool) -> bytes:
        """Return the metrics for Prometheus: to anyone on this machine, else to who may read the system."""
        if not local:
            _known(actor).require(Permission.SYSTEM_READ)
        return self._metrics.render()

    async def overview(self, actor: Actor) -> dict[str, Any]:
        """Return the numbers at the head of the system page; the bus is asked whether it answers now."""
        actor.require(Permission.SYSTEM_READ)
        bus = [await self._ask(probe) for probe in self._probes if probe.name == BUS_PROBE]
        return {
            "version": __version__,
            "node": self._node,
            "uptime_seconds": round(self._clock.monotonic() - self._started, 1),
            "connections": self._figures.connections(),
            "rooms_active": self._figures.rooms_active(),
            "users_online": self._figures.users_online(),
            "database": self._database,
            "redis": bool(self._settings.redis_url.get_secret_value()),
            "memory_bytes": process_memory_bytes(),
            "cpu_seconds": round(process_cpu_seconds(), 2),
            "aktif_kullanici_sayisi": self._figures.users_online(),
            "aktif_oda_sayisi": self._figures.rooms_active(),
            "toplam_katilimci": self._figures.participants(),
            "redis_baglantisi": bool(bus) and bus[0].well,
            "son_guncelleme": self._clock.now(),
        }

    def samples(self, actor: Actor, *, seconds: int) -> tuple[float, tuple[str, ...], list[Row]]:
        """Return the interval, the columns and the rows of the last `seconds`."""
        actor.require(Permission.SYSTEM_READ)
        since = self._clock.now().timestamp() - seconds
        return self._sampler.interval, self._sampler.columns, self._sampler.rows(since)

    def settings(self, actor: Actor) -> list[dict[str, Any]]:
        """Return every section's schema, values and defaults."""
        actor.require(Permission.SYSTEM_READ)
        return [self._section(section) for section in self._live.sections()]

    async def change_settings(self, actor: Actor, section: str, changes: dict[str, Any]) -> dict[str, Any]:
        """Change values of one section on every node, write it into the audit log, and return the section."""
        actor.require(Permission.SYSTEM_MANAGE)
        note = settings_note(self._clock, section, actor)
        await self._live.change(section, changes, by=actor.id, also=note)
        log.info("settings.changed", section=section, names=sorted(changes), by=actor.id)
        return self._section(section)

    async def _ask(self, probe: Probe) -> Component:
        started = self._clock.monotonic()
        try:
            async with asyncio.timeout(self._probe_seconds):
                await probe.check()
        except Exception as error:  # noqa: BLE001  # whatever it is, the part is not well
            log.warning("system.probe_failed", component=probe.name, error=type(error).__name__)
            return Component(well=False, milliseconds=None)
        return Component(well=True, milliseconds=round((self._clock.monotonic() - started) * 1000, 2))

    def _section(self, section: str) -> dict[str, Any]:
        value = self._live.sections()[section]
        schema = value.model_json_schema()
        for name, field in schema["properties"].items():
            field["titles"] = setting_titles(section, type(value), name)
        return {
            "section": section,
            "schema": schema,
            "values": value.model_dump(mode="json"),
            "defaults": type(value)().model_dump(mode="json"),
        }


def _known(actor: Actor | None) -> Actor:
    if actor is None:
        raise NotSignedIn
    return actor
