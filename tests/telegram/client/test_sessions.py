"""Sessions on disk: encrypted, whole after a crash, never used twice, put away when they are dead."""

import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs
from telethon.crypto import AuthKey
from telethon.sessions import SQLiteSession, StringSession
from telethon.tl.types import InputPeerUser, User
from telethon.tl.types.contacts import ResolvedPeer
from telethon.tl.types.updates import State

from meydan.accounts.vault import Vault
from meydan.platform.clock import ManualClock
from meydan.telegram.client.errors import (
    SessionFolderUnusable,
    SessionInUse,
    SessionMissing,
    SessionNameBad,
    SessionQuarantined,
    SessionStringBad,
    SessionUnreadable,
)
from meydan.telegram.client.files import SessionFolder, SessionKind, check_name
from meydan.telegram.client.sessions import OpenSession, SessionStore, key_of

KEY = bytes(range(256))
OTHER_KEY = bytes(reversed(range(256)))


@dataclass(frozen=True)
class Wanted:
    session_name: str = "ana"
    session_string: str | None = None


def new_key() -> str:
    return Fernet.generate_key().decode()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "sessions"


@pytest.fixture
def keys() -> list[str]:
    return [new_key()]


@pytest.fixture
def store(folder: Path, keys: list[str], clock: ManualClock) -> SessionStore:
    return SessionStore(folder, Vault(keys), clock=clock)


def signed_in(store: SessionStore, name: str = "ana", key: bytes = KEY) -> OpenSession:
    opened = store.open_to_sign_in(Wanted(name))
    opened.telethon.set_dc(2, "127.0.0.1", 443)
    opened.telethon.auth_key = AuthKey(key)
    opened.keep()
    return opened


def reopened(store: SessionStore, name: str = "ana") -> Any:
    opened = store.open(Wanted(name))
    opened.close()
    return opened.telethon


def plain_session(folder: Path, name: str = "ana", *, wal: bool = False) -> Path:
    """Leave a session behind as Telethon alone does."""
    folder.mkdir(exist_ok=True)
    session = SQLiteSession(str(folder / name))
    session.set_dc(2, "127.0.0.1", 443)
    session.auth_key = AuthKey(KEY)
    session.save()
    session.close()
    path = folder / f"{name}.session"
    if wal:
        with sqlite3.connect(path) as base:
            base.execute("PRAGMA journal_mode=wal")
        base.close()
    return path


def test_it_comes_back_as_it_was(store: SessionStore) -> None:
    opened = signed_in(store)
    opened.telethon.process_entities(ResolvedPeer(None, [User(id=7, access_hash=8, username="Ayse")], []))
    opened.telethon.set_update_state(
        0, State(pts=5, qts=6, date=datetime(2026, 1, 5, tzinfo=UTC), seq=7, unread_count=0)
    )
    opened.close()
    again = reopened(store)
    assert (again.dc_id, again.server_address, again.port) == (2, "127.0.0.1", 443)
    assert key_of(again) == KEY
    assert again.get_update_state(0).pts == 5
    assert again.get_input_entity("ayse") == InputPeerUser(7, 8)


def test_nothing_on_the_disk_can_be_read(store: SessionStore, folder: Path) -> None:
    opened = signed_in(store)
    opened.telethon.process_entities(ResolvedPeer(None, [User(id=7, access_hash=8, username="ayse")], []))
    opened.close()
    for path in folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not any(part in content for part in (KEY[:32], b"ayse", b"SQLite")), path
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
        else:
            assert stat.S_IMODE(path.stat().st_mode) == 0o700
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_the_key_is_on_the_disk_before_it_is_used(store: SessionStore, folder: Path, keys: list[str]) -> None:
    opened = signed_in(store)  # and then the process dies: nothing is closed
    opened.telethon.process_entities(ResolvedPeer(None, [User(id=7, access_hash=8, username="ayse")], []))
    found = sqlite3.connect(":memory:")
    found.deserialize(SessionFolder(folder, Vault(keys)).read("ana") or b"")
    assert found.execute("SELECT auth_key FROM sessions").fetchone() == (KEY,)
    assert found.execute("SELECT count(*) FROM entities").fetchone() == (0,)
    found.close()
    opened.close()


def test_nothing_is_written_without_a_key_or_a_change(store: SessionStore, folder: Path) -> None:
    nobody = store.open(Wanted())
    nobody.telethon.set_dc(2, "127.0.0.1", 443)
    nobody.close()
    assert not list(folder.glob("*.session"))
    opened = signed_in(store)
    before = (folder / "ana.session").read_bytes()
    opened.telethon.save()
    opened.close()
    assert (folder / "ana.session").read_bytes() == before


def test_moving_to_another_server_keeps_the_old_key_until_there_is_a_new_one(store: SessionStore) -> None:
    opened = signed_in(store)
    opened.telethon.set_dc(4, "127.0.0.2", 443)  # as Telethon does it
    opened.telethon.auth_key = None
    opened.telethon.save()
    opened.abandon()
    back = store.open(Wanted())
    assert (back.telethon.dc_id, key_of(back.telethon)) == (2, KEY)
    back.telethon.set_dc(4, "127.0.0.2", 443)
    back.telethon.auth_key = AuthKey(OTHER_KEY)
    back.telethon.save()
    back.abandon()
    moved = reopened(store)
    assert (moved.dc_id, key_of(moved)) == (4, OTHER_KEY)


def test_a_full_disk_leaves_the_old_file_and_is_told_when_a_key_is_at_stake(store: SessionStore, folder: Path) -> None:
    opened = signed_in(store)
    before = (folder / "ana.session").read_bytes()
    (folder / "ana.session.tmp").symlink_to("/dev/full")
    opened.telethon.process_entities(ResolvedPeer(None, [User(id=7, access_hash=8, username="ayse")], []))
    with capture_logs() as said:
        opened.telethon.save()  # people can be looked up again
    (line,) = said
    assert line["error"] == "No space left on device"
    assert "exc_info" not in line  # with which some renderers show what is in the session
    assert not (folder / "ana.session.tmp").is_symlink()  # half a file is not left on a full disk
    (folder / "ana.session.tmp").symlink_to("/dev/full")
    opened.telethon.auth_key = AuthKey(OTHER_KEY)
    with pytest.raises(OSError, match="No space"):
        opened.telethon.save()
    assert (folder / "ana.session").read_bytes() == before
    opened.abandon()


def test_a_full_disk_is_told_in_words_by_a_sign_in_and_by_an_end(store: SessionStore, folder: Path) -> None:
    opened = store.open_to_sign_in(Wanted())
    opened.telethon.set_dc(2, "149.154.167.51", 443)
    opened.telethon.auth_key = AuthKey(KEY)
    (folder / "ana.session.tmp").symlink_to("/dev/full")
    with pytest.raises(SessionFolderUnusable) as unusable:
        opened.keep()
    assert unusable.value.data == {"klasor": str(folder), "neden": "No space left on device"}
    opened.close()
    opened = signed_in(store)
    (folder / "quarantine" / "ana.json.tmp").symlink_to("/dev/full")
    opened.quarantine("SESSION_REVOKED")
    assert key_of(reopened(store)) == KEY  # it ends again with its next start


def test_a_folder_that_cannot_be_used_is_told_in_words(store: SessionStore, folder: Path) -> None:
    folder.write_text("no folder")
    with pytest.raises(SessionFolderUnusable) as unusable:
        store.open(Wanted())
    assert str(folder) in unusable.value.detail()


@pytest.mark.parametrize("wal", [False, True])
def test_a_plain_session_is_taken_over(store: SessionStore, folder: Path, wal: bool) -> None:
    path = plain_session(folder, wal=wal)
    opened = store.open(Wanted())
    assert key_of(opened.telethon) == KEY
    assert not path.read_bytes().startswith(b"SQLite")
    assert sorted(item.name for item in folder.iterdir()) == ["ana.session", "locks", "quarantine"]
    opened.close()
    assert key_of(reopened(store)) == KEY


def test_a_plain_file_that_is_no_session_is_left_alone(store: SessionStore, folder: Path) -> None:
    folder.mkdir()
    path = folder / "ana.session"
    path.write_bytes(b"SQLite format 3\x00" + b"x" * 5000)
    with pytest.raises(SessionUnreadable):
        store.open(Wanted())
    assert path.read_bytes().startswith(b"SQLite format 3")


def test_a_wrong_key_leaves_the_file_untouched(store: SessionStore, folder: Path) -> None:
    signed_in(store).close()
    before = (folder / "ana.session").read_bytes()
    stranger = SessionStore(folder, Vault([new_key()]))
    for _ in range(2):
        with pytest.raises(SessionUnreadable) as caught:
            stranger.open(Wanted())
    assert "TOKEN_ENCRYPTION_KEY" in caught.value.detail("tr")
    assert (folder / "ana.session").read_bytes() == before
    assert key_of(reopened(store)) == KEY  # and the failed openings gave their locks back


@pytest.mark.parametrize(
    "damage", [lambda raw: raw[:-40], lambda raw: raw[:100] + bytes([raw[100] ^ 1]) + raw[101:], lambda _: b"\x00"]
)
def test_a_damaged_file_is_told(store: SessionStore, folder: Path, damage: Callable[[bytes], bytes]) -> None:
    signed_in(store).close()
    path = folder / "ana.session"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(SessionUnreadable):
        store.open(Wanted())


def test_a_new_key_takes_over_on_opening(store: SessionStore, folder: Path, keys: list[str]) -> None:
    signed_in(store).close()
    newer = new_key()
    SessionStore(folder, Vault([newer, *keys])).open(Wanted()).close()
    assert key_of(reopened(SessionStore(folder, Vault([newer])))) == KEY
    with pytest.raises(SessionUnreadable):
        store.open(Wanted("ana"))


def test_one_session_is_one_client(store: SessionStore, folder: Path, clock: ManualClock, keys: list[str]) -> None:
    first = signed_in(store)
    with pytest.raises(SessionInUse) as caught:
        store.open(Wanted())
    assert caught.value.data["baslangic"] == clock.now().isoformat(timespec="seconds")
    first.close()
    (folder / "kopya.session").write_bytes((folder / "ana.session").read_bytes())
    again = store.open(Wanted())
    with pytest.raises(SessionInUse):  # a copy is the same session
        store.open(Wanted("kopya"))
    again.close()
    store.open(Wanted("kopya")).close()


def test_a_dead_session_is_put_away_and_replaced_by_a_sign_in(store: SessionStore, folder: Path) -> None:
    opened = signed_in(store)
    opened.quarantine("AUTH_KEY_DUPLICATED")
    opened.telethon.save()  # Telethon is still closing down
    opened.close()
    assert not (folder / "ana.session").exists()
    assert (folder / "quarantine" / "ana.session").exists()
    with pytest.raises(SessionQuarantined) as caught:
        store.open(Wanted())
    assert caught.value.data["neden"] == "AUTH_KEY_DUPLICATED"
    assert "meydan telegram login ana" in caught.value.detail("tr")
    signed_in(store, key=OTHER_KEY).close()
    assert not list((folder / "quarantine").iterdir())
    assert key_of(reopened(store)) == OTHER_KEY


def test_a_sign_in_that_was_given_up_changes_nothing(store: SessionStore, folder: Path) -> None:
    signed_in(store).quarantine("SESSION_REVOKED")
    given_up = store.open_to_sign_in(Wanted())
    given_up.telethon.set_dc(2, "127.0.0.1", 443)
    given_up.telethon.auth_key = AuthKey(OTHER_KEY)  # Telethon has connected
    given_up.telethon.save()
    given_up.close()
    assert not (folder / "ana.session").exists()
    with pytest.raises(SessionQuarantined):
        store.open(Wanted())


def test_a_session_string_is_taken_plain_or_protected(store: SessionStore, folder: Path) -> None:
    plain = StringSession()
    plain.set_dc(2, "127.0.0.1", 443)
    plain.auth_key = AuthKey(KEY)
    text = plain.save()
    protected = store.protect("metin", text)
    assert text not in protected
    for given_string in (text, protected):
        opened = store.open(Wanted("metin", given_string))
        assert opened.kind is SessionKind.STRING
        assert key_of(opened.telethon) == KEY
        opened.close()
    assert not list(folder.glob("*.session"))
    store.open(Wanted("metin", f" {text}\n")).close()  # as it comes out of a file
    for bad in ("x", text[:-20], "1" + "A" * 352, Vault([new_key()]).encrypt(text)):
        with pytest.raises(SessionStringBad) as caught:
            store.open(Wanted("metin", bad))
        assert bad not in str(caught.value)


def test_a_dead_string_is_refused_until_it_is_another(store: SessionStore) -> None:
    signed_in(store).close()
    dead = store.export("ana")
    store.open(Wanted("metin", dead)).quarantine("SESSION_REVOKED")
    with pytest.raises(SessionQuarantined):
        store.open(Wanted("metin", dead))
    signed_in(store, "yeni", OTHER_KEY).close()
    store.open(Wanted("metin", store.export("yeni"))).close()


def test_only_what_is_there_can_be_exported(store: SessionStore) -> None:
    with pytest.raises(SessionMissing):
        store.export("yok")
    opened = signed_in(store)
    with pytest.raises(SessionInUse):
        store.export("ana")
    opened.close()


def test_signing_out_deletes_the_file(store: SessionStore, folder: Path) -> None:
    opened = signed_in(store)
    opened.telethon.delete()
    opened.close()
    assert not (folder / "ana.session").exists()


def test_a_passing_connection_has_a_session_of_its_own(store: SessionStore, folder: Path) -> None:
    opened = signed_in(store)
    clone = opened.telethon.clone()
    clone.set_dc(5, "127.0.0.9", 443)
    clone.save()
    opened.close()
    assert reopened(store).dc_id == 2


@pytest.mark.parametrize("name", ["", ".", "..", "../ana", "a/b", "a\x00b", "-ana", "ş", "a" * 65, "ana\n", "/etc/ana"])
def test_names_lead_nowhere_else(store: SessionStore, tmp_path: Path, name: str) -> None:
    with pytest.raises(SessionNameBad):
        store.open(Wanted(name))
    assert [item.name for item in tmp_path.rglob("*") if item.is_file()] == []


@given(st.text(max_size=70))
def test_a_name_that_passes_stays_in_the_folder(name: str) -> None:
    try:
        check_name(name)
    except SessionNameBad:
        return
    assert (Path("/f") / f"{name}.session").resolve().parent == Path("/f")


_SAVE = """
import sys
from pathlib import Path
from structlog.testing import capture_logs
from telethon.crypto import AuthKey
from meydan.accounts.vault import Vault
from meydan.telegram.client.config import ClientConfig
from meydan.telegram.client.sessions import SessionStore
opened = SessionStore(Path(sys.argv[1]), Vault([sys.argv[2]])).open_to_sign_in(ClientConfig("ana", 1, "hash"))
opened.telethon.set_dc(2, "127.0.0.1", 443)
opened.keep()
number = 0
while True:
    number += 1
    opened.telethon.auth_key = AuthKey(number.to_bytes(256, "big"))
    opened.telethon.save()
    print(number, flush=True)
"""


def test_a_kill_at_any_moment_leaves_the_last_key_or_the_next(
    store: SessionStore, folder: Path, keys: list[str]
) -> None:
    for saves in (1, 3, 8):
        program = subprocess.Popen([sys.executable, "-c", _SAVE, str(folder), keys[0]], stdout=subprocess.PIPE)
        assert program.stdout is not None
        saved = [int(program.stdout.readline()) for _ in range(saves)]
        program.kill()
        rest, _ = program.communicate()
        saved += [int(line) for line in rest.split()]
        found = int.from_bytes(key_of(reopened(store)), "big")
        assert found in (saved[-1], saved[-1] + 1)


def test_the_environment_gives_the_key_or_one_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for variable in ("TOKEN_ENCRYPTION_KEY", "MEYDAN_DATA_DIR", "DATABASE_URL"):
        monkeypatch.delenv(variable, raising=False)
    folder = tmp_path / "sessions"
    signed_in(SessionStore.of_environment(folder)).close()
    assert key_of(reopened(SessionStore.of_environment(folder))) == KEY
    (kept,) = (tmp_path / "data" / "keys").iterdir()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    monkeypatch.setenv("TOKEN_ENCRYPTION_KEY", new_key())
    with pytest.raises(SessionUnreadable):
        SessionStore.of_environment(folder).open(Wanted())
