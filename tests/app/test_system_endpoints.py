import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from meydan.accounts.actor import Actor
from meydan.accounts.models import AuditEntry
from meydan.accounts.permissions import Role
from meydan.accounts.repository import AuditRepository
from meydan.app.composition import SECTIONS
from meydan.app.endpoints import router
from meydan.app.system import Figures, Probe, SystemService, database_probe
from meydan.chat.settings import ChatSettings
from meydan.platform.bus import MemoryBus
from meydan.platform.clock import ManualClock
from meydan.platform.db import Base, SqliteDatabase, sqlite_engine
from meydan.platform.live_settings import LiveSettings, StoredSettings
from meydan.platform.metrics import Metrics
from meydan.platform.sampler import Sampler
from meydan.platform.settings import load_settings
from meydan.platform.texts import LANGUAGES
from tests.http_app import Doorman, asking, http_app


class Square:
    """The system service with a real database, and a switch for who asks."""

    def __init__(self, path: Path) -> None:
        file = str(path / "m.db")
        engine = sqlite_engine(file)
        Base.metadata.create_all(
            engine, tables=[Base.metadata.tables[table.__tablename__] for table in (StoredSettings, AuditEntry)]
        )
        self.accepting = True
        self.clock = ManualClock()
        self.db = SqliteDatabase(file)
        self.live = LiveSettings(self.db, MemoryBus(), self.clock)
        for section, model in SECTIONS.items():
            self.live.register(section, model)
        self.sampler = Sampler(self.clock)
        self.sampler.gauge("connections", lambda: 7)
        self.redis_check: Callable[[], Awaitable[object]] = well
        self.system = SystemService(
            db=self.db,
            settings=load_settings(DATABASE_URL=f"sqlite:///{file}"),
            clock=self.clock,
            live=self.live,
            metrics=Metrics(),
            sampler=self.sampler,
            figures=Figures(
                connections=lambda: 7, rooms_active=lambda: 2, users_online=lambda: 5, participants=lambda: 9
            ),
            probes=[database_probe(self.db), Probe("veriyolu", self._redis, needed=False)],
            node="n1",
            database="sqlite",
            registration_open=lambda: True,
            accepting=lambda: self.accepting,
            probe_seconds=1.0,
        )
        self.doorman = Doorman()
        self.app = http_app(router, accounts=self.doorman, system=self.system)

    def become(self, role: Role) -> None:
        self.doorman.actor = Actor("ayse", "Ayşe", role, "s")

    def call(self, method: str, path: str, *, address: str = "10.0.0.9", **kwargs: Any) -> httpx.Response:
        async def once() -> httpx.Response:
            async with asking(self.app, address=address) as client:
                return await client.request(method, path, **kwargs)

        return asyncio.run(once())

    async def _redis(self) -> None:
        await self.redis_check()


async def well() -> None:
    pass


async def refuse() -> None:
    raise ConnectionRefusedError


async def hang() -> None:
    await asyncio.Event().wait()


@pytest.fixture
def square(tmp_path: Path) -> Iterator[Square]:
    square = Square(tmp_path)
    yield square
    asyncio.run(square.db.close())


def test_health_of_a_well_node(square: Square) -> None:
    response = square.call("GET", "/saglik")
    body = response.json()
    assert response.status_code == 200
    assert (body["durum"], body["canli"], body["hazir"]) == ("saglikli", True, True)
    assert body["bilesenler"]["veritabani"]["durum"] == "saglikli"
    assert body["bilesenler"]["veritabani"]["gecikme_ms"] >= 0


def test_a_missing_bus_is_told_and_keeps_the_node_ready(square: Square) -> None:
    square.redis_check = refuse
    body = square.call("GET", "/saglik").json()
    assert body["durum"] == "saglikli"
    assert body["bilesenler"]["veriyolu"] == {"durum": "kesinti", "gecikme_ms": None}


def test_a_part_that_hangs_is_ill_after_the_time_limit(square: Square) -> None:
    square.redis_check = hang
    assert square.call("GET", "/saglik").json()["bilesenler"]["veriyolu"]["durum"] == "kesinti"


def test_a_draining_node_lives_and_is_not_ready(square: Square) -> None:
    square.accepting = False
    response = square.call("GET", "/saglik")
    assert (response.status_code, response.json()["durum"], response.json()["canli"]) == (503, "hazir_degil", True)
    assert square.call("GET", "/saglik/canli").json() == {"canli": True}


def test_a_missing_database_makes_the_node_unready(square: Square) -> None:
    square.system = square.app.state.system = SystemService(
        db=square.db,
        settings=load_settings(),
        clock=square.clock,
        live=square.live,
        metrics=Metrics(),
        sampler=square.sampler,
        figures=Figures(connections=lambda: 0, rooms_active=lambda: 0, users_online=lambda: 0, participants=lambda: 0),
        probes=[Probe("veritabani", refuse)],
        node="n1",
        database="sqlite",
        registration_open=lambda: False,
    )
    assert square.call("GET", "/saglik").status_code == 503
    assert square.call("GET", "/yetenekler").json()["kayit_acik"] is False


def test_abilities_of_the_contract(square: Square) -> None:
    body = square.call("GET", "/yetenekler").json()
    promised = ("websocket_destegi", "coklu_oda", "mesaj_gecmisi", "gercek_zamanli", "bildirim_sistemi")
    assert all(body[name] is True for name in promised)
    assert (body["misafir_girisi"], body["azami_uzunluk"]) == (True, 4_000)
    square.become(Role.ADMIN)
    square.call("PATCH", "/api/v1/settings/accounts", json={"guests": False})
    assert square.call("GET", "/yetenekler").json()["misafir_girisi"] is False


def test_metrics_are_open_on_this_machine_only(square: Square) -> None:
    assert square.call("GET", "/metrics", address="127.0.0.1").status_code == 200
    assert square.call("GET", "/metrics").status_code == 401
    proxied = square.call("GET", "/metrics", address="127.0.0.1", headers={"X-Forwarded-For": "8.8.8.8"})
    assert proxied.status_code == 401
    square.become(Role.MEMBER)
    assert square.call("GET", "/metrics").status_code == 403
    square.become(Role.ADMIN)
    assert "python_info" in square.call("GET", "/metrics").text


@pytest.mark.parametrize("path", ["/api/v1/system/overview", "/api/v1/system/samples", "/api/v1/settings"])
def test_system_pages_are_for_admins(square: Square, path: str) -> None:
    assert square.call("GET", path).status_code == 401
    square.become(Role.MEMBER)
    assert square.call("GET", path).json()["kod"] == "yetki_yok"
    square.become(Role.ADMIN)
    assert square.call("GET", path).status_code == 200


def test_overview_and_samples(square: Square) -> None:
    square.become(Role.OWNER)
    square.clock.advance(90)
    overview = square.call("GET", "/api/v1/system/overview").json()
    assert (overview["node"], overview["uptime_seconds"], overview["connections"]) == ("n1", 90, 7)
    assert (overview["database"], overview["redis"]) == ("sqlite", False)


def test_the_overview_has_what_the_first_clients_read(square: Square) -> None:
    square.become(Role.OWNER)
    overview = square.call("GET", "/api/v1/system/overview").json()
    names = ("aktif_kullanici_sayisi", "aktif_oda_sayisi", "toplam_katilimci", "redis_baglantisi")
    assert [overview[name] for name in names] == [5, 2, 9, True]
    assert overview["son_guncelleme"].startswith(square.clock.now().isoformat()[:19])
    square.redis_check = refuse
    assert square.call("GET", "/api/v1/system/overview").json()["redis_baglantisi"] is False
    assert square.call("GET", "/saglik").json()["servis"] == "meydan"


def test_every_number_of_every_setting_has_sane_bounds_and_is_called_by_its_title(square: Square) -> None:
    square.become(Role.OWNER)
    walked = 0
    for told in square.call("GET", "/api/v1/settings").json()["sections"]:
        path = f"/api/v1/settings/{told['section']}"
        for name, field in told["schema"]["properties"].items():
            if field.get("type") not in ("number", "integer"):
                assert field.get("type") == "boolean" or field["anyOf"], name
                continue
            least, most = field["minimum"], field["maximum"]
            tiny = field["type"] == "number"
            assert least >= (0.01 if tiny else 0), name
            assert most <= 2**31, name
            for value in (*(("1e-320", str(least * 0.9)) if tiny else ()), str(least - 1), str(most + 1), "1e999"):
                for language in LANGUAGES:
                    headers = {"Accept-Language": language, "Content-Type": "application/json"}
                    refused = square.call("PATCH", path, content=f'{{"{name}": {value}}}', headers=headers)
                    assert refused.status_code == 422, (name, value)
                    assert refused.json()["alan"] == name
                    words = refused.json()["detail"]
                    assert field["titles"][language] in words, words
                    assert name not in words
                    assert language == "en" or not re.search(r"\d\.\d", words), "a Turkish number has a comma"
            assert square.call("PATCH", path, json={name: least}).status_code == 200
            walked += 1
    assert walked > 30


def test_samples(square: Square) -> None:
    square.become(Role.OWNER)
    square.sampler.sample()
    square.clock.advance(10)
    square.sampler.sample()
    samples = square.call("GET", "/api/v1/system/samples").json()
    assert samples["columns"] == ["t", "connections"]
    assert [row[1] for row in samples["rows"]] == [7, 7]
    assert len(square.call("GET", "/api/v1/system/samples?seconds=5").json()["rows"]) == 1
    assert square.call("GET", "/api/v1/system/samples?seconds=9000").status_code == 422


def test_settings_are_described_in_both_languages(square: Square) -> None:
    square.become(Role.ADMIN)
    sections = square.call("GET", "/api/v1/settings").json()["sections"]
    assert [section["section"] for section in sections] == list(SECTIONS)
    section = sections[1]
    assert section["values"] == section["defaults"]
    described = section["schema"]["properties"]["max_length"]
    assert described["titles"] == {"tr": "İleti uzunluğu (karakter)", "en": "Length of a message (characters)"}
    assert described["maximum"] == 16000


def test_a_change_applies_at_once(square: Square) -> None:
    square.become(Role.ADMIN)
    body = square.call("PATCH", "/api/v1/settings/chat", json={"max_length": 500}).json()
    assert (body["values"]["max_length"], body["defaults"]["max_length"]) == (500, 4000)
    assert square.live.current(ChatSettings).max_length == 500
    (line,) = asyncio.run(square.db.read(lambda session: AuditRepository(session).page(limit=9)))
    assert (line.actor_id, line.action, line.target, line.ip) == ("ayse", "settings.changed", "chat", "10.0.0.9")
    assert line.data == {"max_length": 500}


@pytest.mark.parametrize(
    ("path", "changes", "status", "code"),
    [
        ("chat", {"max_length": 0}, 422, "gecersiz_alan"),
        ("chat", {"no_such": 1}, 422, "gecersiz_alan"),
        ("nowhere", {}, 404, "ayar_bolumu_yok"),
        ("chat", [], 422, "gecersiz_alan"),
    ],
)
def test_bad_changes_change_nothing(square: Square, path: str, changes: Any, status: int, code: str) -> None:
    square.become(Role.ADMIN)
    response = square.call("PATCH", f"/api/v1/settings/{path}", json=changes)
    assert (response.status_code, response.json()["kod"]) == (status, code)
    assert square.live.current(ChatSettings) == ChatSettings()


def test_reading_is_not_changing(square: Square) -> None:
    square.become(Role.MODERATOR)
    assert square.call("PATCH", "/api/v1/settings/chat", json={"max_length": 500}).status_code == 403
