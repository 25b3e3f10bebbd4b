"""Sessions as people see them, over HTTP and in the folder, and what clients say of themselves."""

import json
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.fernet import Fernet
from redis.asyncio import Redis

from meydan.accounts.repository import AuditRepository
from meydan.accounts.vault import Vault
from meydan.platform.clock import ManualClock
from meydan.platform.db import Database
from meydan.telegram.client.config import ClientConfig
from meydan.telegram.client.errors import SessionFolderUnusable, SessionInUse, SessionUnreadable
from meydan.telegram.client.fake import fake_telethon
from meydan.telegram.client.fake_world import FakeWorld
from meydan.telegram.client.files import SessionFolder, SessionKind
from meydan.telegram.client.listing import SessionListing
from meydan.telegram.client.manager import TelegramClientManager
from meydan.telegram.client.sessions import SessionStore, key_of
from meydan.telegram.client.sessions_service import SessionService
from meydan.telegram.client.state import ClientState, RedisStates, StateBook, StateFiles, client_state
from meydan.telegram.endpoints import router
from tests.http_app import Doorman, asking, http_app
from tests.telegram.client.test_sessions import KEY, OTHER_KEY, Wanted, plain_session, reopened, signed_in
from tests.telegram.conftest import ACTORS, until

KEYS = [Fernet.generate_key().decode()]
STATS = {
    "session_name": "ana",
    "connection_status": "connected",
    "messages_sent": 3,
    "messages_failed": 1,
    "flood_waits": 0,
    "reconnections": 2,
    "uptime_seconds": 12.5,
    "last_activity": "2026-01-05T09:00:00Z",
}


class BookContract:
    """What every place for clients' states promises."""

    async def test_each_client_has_its_newest_word(self, book: StateBook, clock: ManualClock) -> None:
        for sent in (1, 2):
            for name in ("ana", "yedek"):
                await book.write(state(clock, session_name=name, messages_sent=sent))
        kept = await book.read()
        assert {name: kept[name].messages_sent for name in ("ana", "yedek")} == {"ana": 2, "yedek": 2}
        assert kept["ana"].last_activity == kept["ana"].written_at == clock.now()
        await book.forget("ana")
        await book.forget("ana")
        assert "ana" not in await book.read()

    async def test_nothing_else_is_kept(self, book: StateBook, clock: ManualClock) -> None:
        await book.write(state(clock, phone="+905551112233", api_hash="0123456789abcdef"))
        assert "905551112233" not in str(await book.read())


def state(clock: ManualClock, **changed: Any) -> ClientState:
    return client_state({**STATS, **changed}, kind=SessionKind.FILE, clock=clock)


class TestStateFiles(BookContract):
    @pytest.fixture
    def book(self, tmp_path: Path) -> StateBook:
        return StateFiles(tmp_path)

    async def test_a_broken_file_hides_no_other(self, book: StateBook, tmp_path: Path, clock: ManualClock) -> None:
        await book.write(state(clock))
        (tmp_path / "yedek.state.json").write_text("{")
        assert list(await book.read()) == ["ana"]


class TestRedisStates(BookContract):
    @pytest.fixture
    def book(self, redis: Redis, tmp_path: Path) -> StateBook:
        return RedisStates(redis, prefix=f"test:{tmp_path}:")

    async def test_a_silent_client_is_forgotten(self, redis: Redis, tmp_path: Path, clock: ManualClock) -> None:
        await RedisStates(redis, prefix=f"test:{tmp_path}:").write(state(clock))
        assert 0 < await redis.ttl(f"test:{tmp_path}:ana") <= 90

    async def test_nothing_breaks_while_redis_is_away(self, clock: ManualClock) -> None:
        away = RedisStates(Redis.from_url("redis://127.0.0.1:1/0"))
        await away.write(state(clock))
        assert await away.read() == {}


@pytest.fixture
def vault() -> Vault:
    return Vault(KEYS)


@pytest.fixture
def folder(tmp_path: Path, vault: Vault) -> SessionFolder:
    return SessionFolder(tmp_path / "sessions", vault)


@pytest.fixture
def store(folder: SessionFolder, vault: Vault, clock: ManualClock) -> SessionStore:
    return SessionStore(folder.path, vault, clock=clock)


@pytest.fixture
def doorman() -> Doorman:
    return Doorman(ACTORS["owner"])


@pytest.fixture
async def http(
    db: Database, clock: ManualClock, folder: SessionFolder, doorman: Doorman
) -> AsyncIterator[httpx.AsyncClient]:
    sessions = SessionService(db=db, clock=clock, listing=SessionListing(folder, clock))
    async with asking(http_app(router, accounts=doorman, telegram_sessions=sessions), "/api/v1/telegram") as client:
        yield client


async def listed(http: httpx.AsyncClient) -> dict[str, dict[str, Any]]:
    answer = await http.get("/sessions")
    assert answer.status_code == 200, answer.text
    return {session["name"]: session for session in answer.json()["sessions"]}


async def test_an_empty_square_has_none(http: httpx.AsyncClient) -> None:
    assert await listed(http) == {}


async def test_each_stands_where_it_stands(
    http: httpx.AsyncClient, store: SessionStore, folder: SessionFolder, clock: ManualClock
) -> None:
    signed_in(store, "bos").close()
    signed_in(store, "olu", OTHER_KEY).quarantine("AUTH_KEY_DUPLICATED")
    folder.file("kapali").write_bytes(Vault([Fernet.generate_key().decode()]).encrypt_bytes(b"x"))
    running = signed_in(store, "ana", bytes(256)[:-1] + b"\x01")
    for name in ("ana", "bos"):
        await StateFiles(folder.path).write(state(clock, session_name=name))
    await StateFiles(folder.path).write(
        client_state({**STATS, "session_name": "metin"}, kind=SessionKind.STRING, clock=clock)
    )
    found = await listed(http)
    assert {name: (session["kind"], session["state"]) for name, session in found.items()} == {
        "ana": ("file", "in_use"),
        "bos": ("file", "idle"),
        "kapali": ("file", "unreadable"),
        "metin": ("string", "idle"),
        "olu": ("file", "quarantined"),
    }
    assert found["olu"]["reason"] == "AUTH_KEY_DUPLICATED"
    assert found["ana"]["stats"]["messages_sent"] == 3
    assert found["ana"]["host"]
    assert found["bos"]["stats"] is None  # what a client said that is gone is not how it stands
    assert all(found[name]["last_used_at"] for name in found)
    running.close()
    assert (await listed(http))["ana"]["state"] == "idle"


async def test_what_this_user_may_not_read_hides_no_other(
    http: httpx.AsyncClient, store: SessionStore, folder: SessionFolder, clock: ManualClock
) -> None:
    """As after a sign-in by root: files that end in an error instead of a content."""
    signed_in(store, "bos").close()
    folder.file("ana").mkdir()
    for path in (folder.lock("name-ana"), folder.path / "quarantine" / "olu.json"):
        path.symlink_to(path.name)
    found = await listed(http)
    assert {name: session["state"] for name, session in found.items()} == {
        "ana": "unreadable",
        "bos": "idle",
        "olu": "unreadable",
    }
    answer = await http.delete("/sessions/ana", params={"confirm": "ana"})
    assert (answer.status_code, answer.json()["kod"]) == (503, "telegram_oturum_klasoru_kullanilamiyor")
    changed, refused = SessionListing(folder, clock).protect()
    assert (changed, {type(error) for error in refused}) == (0, {SessionFolderUnusable})


async def test_a_running_client_is_seen_with_its_numbers(
    http: httpx.AsyncClient, store: SessionStore, folder: SessionFolder
) -> None:
    world = FakeWorld()
    world.add_bot("1:token")
    world.add_group("Pazar", username="pazar")
    config = ClientConfig("bot", 1, "hash", bot_token="1:token", sessions_dir=folder.path)
    async with TelegramClientManager(config, telethon=fake_telethon(world), sessions=store):
        seen = await until(lambda: _with_stats(http, "bot"))
        assert seen["state"] == "in_use"
        assert seen["stats"]["connection_status"] == "connected"
    seen = (await listed(http))["bot"]
    assert (seen["state"], seen["stats"]) == ("idle", None)


async def _with_stats(http: httpx.AsyncClient, name: str) -> dict[str, Any] | None:
    seen = (await listed(http)).get(name, {})
    return seen if seen.get("stats") else None


async def test_a_session_goes_in_two_steps(
    http: httpx.AsyncClient, store: SessionStore, folder: SessionFolder, db: Database
) -> None:
    signed_in(store).close()
    assert (await http.delete("/sessions/ana", params={"confirm": "ana"})).status_code == 204
    assert (await listed(http))["ana"] | {"last_used_at": ""} == {
        "name": "ana",
        "kind": "file",
        "state": "quarantined",
        "last_used_at": "",
        "host": None,
        "reason": "put_away",
        "stats": None,
    }
    assert folder.dead_file("ana").exists()
    assert (await http.delete("/sessions/ana", params={"confirm": "ana"})).status_code == 204
    assert await listed(http) == {}
    assert not list((folder.path / "quarantine").iterdir())
    lines = await db.read(lambda session: [(row.action, row.target) for row in AuditRepository(session).page(limit=9)])
    assert lines == [("telegram.session_removed", "ana"), ("telegram.session_put_away", "ana")]


async def test_what_was_put_away_can_be_laid_back(
    http: httpx.AsyncClient, store: SessionStore, folder: SessionFolder
) -> None:
    signed_in(store).close()
    await http.delete("/sessions/ana", params={"confirm": "ana"})
    folder.dead_file("ana").rename(folder.file("ana"))
    store.open(Wanted()).close()
    assert (await listed(http))["ana"]["state"] == "idle"


async def test_nothing_goes_without_its_name_or_while_it_is_used(
    http: httpx.AsyncClient, store: SessionStore, doorman: Doorman
) -> None:
    opened = signed_in(store)
    for name, confirm, status, code in (
        ("ana", "ana", 409, "telegram_oturumu_kullanimda"),
        ("ana", "Ana", 422, "telegram_oturumu_onaylanmadi"),
        ("yok", "yok", 404, "telegram_oturumu_yok"),
        ("..ana", "..ana", 422, "gecersiz_alan"),
    ):
        answer = await http.delete(f"/sessions/{name}", params={"confirm": confirm})
        assert (answer.status_code, answer.json()["kod"]) == (status, code)
    assert (await http.delete("/sessions/ana")).status_code == 422
    opened.close()
    doorman.actor = ACTORS["moderator"]
    assert (await http.delete("/sessions/ana", params={"confirm": "ana"})).status_code == 403
    assert (await listed(http))["ana"]["state"] == "idle"
    doorman.actor = ACTORS["member"]
    assert (await http.get("/sessions")).status_code == 403


async def test_a_client_on_another_machine_is_seen_through_redis(
    redis: Redis, tmp_path: Path, folder: SessionFolder, store: SessionStore, clock: ManualClock
) -> None:
    book = RedisStates(redis, prefix=f"test:{tmp_path}:")
    listing = SessionListing(folder, clock, shared=book)
    signed_in(store).close()
    await book.write(state(clock))
    (view,) = await listing.sessions()
    assert (view.state, view.stats is not None) == ("in_use", True)
    with pytest.raises(SessionInUse):
        await listing.put_away("ana")
    await book.write(state(clock, connection_status="disconnected"))
    assert [view.state for view in await listing.sessions()] == ["idle"]
    assert await listing.put_away("ana") == "put_away"


async def test_the_list_holds_nothing_secret(http: httpx.AsyncClient, store: SessionStore, clock: ManualClock) -> None:
    opened = signed_in(store)
    text = (await http.get("/sessions")).text
    opened.close()
    assert store.export("ana") not in text
    assert not {"key", "fingerprint", "phone", "session_string"} & set(json.loads(text)["sessions"][0])


async def test_every_session_goes_under_the_newest_key(
    folder: SessionFolder, store: SessionStore, vault: Vault, clock: ManualClock
) -> None:
    signed_in(store, "ana").close()
    signed_in(store, "olu", OTHER_KEY).quarantine("SESSION_REVOKED")
    plain_session(folder.path, "duz")
    used = signed_in(store, "acik", bytes(256)[:-1] + b"\x01")
    newer = Fernet.generate_key().decode()
    listing = SessionListing(SessionFolder(folder.path, Vault([newer, *KEYS])), clock)
    changed, (refused,) = listing.protect()
    assert changed == 3
    assert (type(refused), refused.data["ad"]) == (SessionInUse, "acik")
    used.close()
    assert (listing.protect()[0], listing.protect()) == (1, (0, []))
    newest = Vault([newer])
    for path in folder.path.rglob("*.session"):
        assert newest.is_newest(path.read_bytes())
    for name, key in (("ana", KEY), ("duz", KEY)):
        assert key_of(reopened(SessionStore(folder.path, newest), name)) == key


async def test_a_key_that_is_missing_is_told_and_harms_no_other(
    folder: SessionFolder, store: SessionStore, clock: ManualClock
) -> None:
    signed_in(store, "ana").close()
    folder.file("kapali").write_bytes(Vault([Fernet.generate_key().decode()]).encrypt_bytes(b"x"))
    before = folder.file("kapali").read_bytes()
    newer = Fernet.generate_key().decode()
    changed, (refused,) = SessionListing(SessionFolder(folder.path, Vault([newer, *KEYS])), clock).protect()
    assert (changed, type(refused)) == (1, SessionUnreadable)
    assert folder.file("kapali").read_bytes() == before


def test_the_square_and_its_bots_list_sessions_without_telethon() -> None:
    code = "import sys, meydan.app.composition, meydan.cli, meydan.telegram.runner; sys.exit('telethon' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_sessions_need_no_database() -> None:
    code = """
import sys, meydan.telegram.client.shared, meydan.telegram.client.sessions, meydan.telegram.client.signin
sys.exit(", ".join({"sqlalchemy", "fastapi", "redis", "uvicorn"} & set(sys.modules)) or None)
"""
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.stderr == ""
