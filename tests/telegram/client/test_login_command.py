"""`meydan telegram login` and `sessions`, as a person at a terminal meets them; Telegram is the fake one."""

import contextlib
import json
import os
import pty
import re
import select
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from telethon import errors
from typer.testing import CliRunner, Result

from meydan.accounts.vault import is_encrypted
from meydan.cli import app
from meydan.telegram.client.config import ClientConfig
from meydan.telegram.client.fake import fake_telethon
from meydan.telegram.client.fake_world import FakeWorld
from meydan.telegram.client.sessions import SessionStore

PHONE = "+905551112233"
TOKEN = "1001:AAHfake-token-of-thirty-five-chars00"

_RUN = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where the tests run in a script's background
from meydan.cli import app
from meydan.telegram.client.fake import fake_telethon
from meydan.telegram.client.fake_world import FakeWorld
world = FakeWorld()
world.add_account("+905551112233", name="Ayse", password="iki adim", hint="sayi")
app(["telegram", "login", "ana", "--lang", "en", *sys.argv[1:]], obj=fake_telethon(world))
"""


@pytest.fixture
def world() -> FakeWorld:
    return FakeWorld()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("DATABASE_URL", "REDIS_URL", "TOKEN_ENCRYPTION_KEY", "SECRET_KEY", "MEYDAN_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TELEGRAM_API_ID", "12345")
    monkeypatch.setenv("TELEGRAM_API_HASH", "0123456789abcdef0123456789abcdef")
    return tmp_path


def run(world: FakeWorld, *arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(
        app, ["telegram", *arguments, "--lang", "en"], input=typed, obj=fake_telethon(world), catch_exceptions=False
    )


def test_a_phone_signs_in_and_is_listed(home: Path, world: FakeWorld) -> None:
    world.add_account(PHONE, name="Ayşe", password="iki adım")
    assert run(world, "sessions").output.startswith("No sessions.")
    done = run(world, "login", "ana", typed=f"{PHONE}\n1\n12345\niki adım\n")
    assert done.exit_code == 0, done.output
    assert "Code wrong: This is not the code that Telegram sent." in done.output
    assert "Signed in: Ayşe." in done.output
    file = home / "data" / "sessions" / "ana.session"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    again = run(world, "login", "ana")
    assert (again.exit_code, again.output.strip()) == (0, "The session “ana” is signed in already: Ayşe.")
    assert re.search(r"^ana +file +idle", run(world, "sessions").output, re.MULTILINE)
    (listed,) = json.loads(run(world, "sessions", "--json").output)
    assert (listed["name"], listed["kind"], listed["state"], listed["stats"]) == ("ana", "file", "idle", None)


def test_a_bot_signs_in_with_a_token_that_is_no_argument(home: Path, world: FakeWorld) -> None:
    world.add_bot(TOKEN, username="deneme_bot")
    wrong = run(world, "login", "bot", "--bot-token-stdin", typed="1:x\n")
    assert wrong.exit_code == 1
    assert "Bot token not valid" in wrong.output
    assert not list((home / "data" / "sessions").glob("*.session"))
    done = run(world, "login", "bot", "--bot-token-stdin", typed=f"{TOKEN}\n")
    assert done.exit_code == 0, done.output
    assert "Signed in: @deneme_bot." in done.output
    assert TOKEN not in done.output


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        (errors.PhoneNumberBannedError(None), "Number banned"),
        (errors.FloodWaitError(None, capture=77), "no sign-in for 77 seconds"),
        (ConnectionError(), "Telegram does not answer"),
    ],
)
def test_refusals_say_why_and_keep_nothing(home: Path, world: FakeWorld, refusal: Exception, words: str) -> None:
    world.order(refusal, on="sign_in")
    done = run(world, "login", "ana", typed=f"{PHONE}\n")
    assert done.exit_code == 1
    assert words in done.output
    assert not list((home / "data" / "sessions").glob("*.session"))


def test_a_session_becomes_a_string(home: Path, world: FakeWorld) -> None:
    world.add_account(PHONE)
    run(world, "login", "ana", typed=f"{PHONE}\n12345\n")
    text = run(world, "export", "ana").output.strip()
    store = SessionStore.of_environment(home / "data" / "sessions")
    opened = store.open(ClientConfig("metin", 1, "hash", session_string=text))
    opened.close()
    assert is_encrypted(text)
    missing = run(world, "export", "yok")
    assert (missing.exit_code, "No such Telegram session" in missing.output) == (1, True)


def test_a_session_that_telegram_ended_makes_room(home: Path, world: FakeWorld) -> None:
    account = world.add_account(PHONE, name="Ayşe")
    run(world, "login", "ana", typed=f"{PHONE}\n12345\n")
    world.signed_in.clear()
    world.order(errors.AuthKeyDuplicatedError(None), on="sign_in")
    ended = run(world, "login", "ana", typed=f"{PHONE}\n")
    assert (ended.exit_code, "AUTH_KEY_DUPLICATED" in ended.output) == (1, True)
    assert re.search(r"^ana +file +ended.*AUTH_KEY_DUPLICATED", run(world, "sessions").output, re.MULTILINE)
    again = run(world, "login", "ana", typed=f"{PHONE}\n{account.code}\n")
    assert again.exit_code == 0, again.output
    assert re.search(r"^ana +file +idle", run(world, "sessions").output, re.MULTILINE)


def test_an_input_that_ends_is_no_answer(home: Path, world: FakeWorld) -> None:
    world.add_account(PHONE)
    done = run(world, "login", "ana", typed=f"{PHONE}\n")
    assert done.exit_code == 1
    assert "nobody was signed in" in done.output


def test_a_script_has_its_sessions_where_it_wants(home: Path, world: FakeWorld) -> None:
    world.add_bot(TOKEN, username="deneme_bot")
    done = run(world, "login", "bot", "--bot-token-stdin", "--folder", "sessions", typed=f"{TOKEN}\n")
    assert done.exit_code == 0, done.output
    assert (home / ClientConfig("bot", 1, "hash").sessions_dir / "bot.session").exists()
    assert ClientConfig.from_env("bot").sessions_dir == Path("data/sessions")


def test_what_the_environment_lacks_is_told(home: Path, world: FakeWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TELEGRAM_API_HASH")
    done = run(world, "login", "ana")
    assert done.exit_code == 1
    assert "TELEGRAM_API_HASH" in done.output


def test_a_session_that_works_is_not_signed_in_beside_it(home: Path, world: FakeWorld) -> None:
    folder = home / "data" / "sessions"
    opened = SessionStore.of_environment(folder).open(ClientConfig("ana", 1, "hash"))
    done = run(world, "login", "ana")
    assert done.exit_code == 1
    assert "Telegram session in use" in done.output
    opened.close()


@pytest.mark.parametrize("command", ["login", "sessions"])
def test_turkish_comes_first(home: Path, world: FakeWorld, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TELEGRAM_API_ID")
    done = CliRunner().invoke(app, ["telegram", command, "--lang", "tr"], obj=fake_telethon(world))
    assert re.search("gerekli|Oturum yok", done.output), done.output


def test_at_a_terminal_the_password_is_not_seen(home: Path) -> None:
    with Terminal(home) as terminal:
        for question, answer in (("Phone number", PHONE), ("The code", "12345"), ("hint: sayi", "iki adim")):
            terminal.until(question)
            terminal.type(answer)
        terminal.until("Signed in: Ayse.")
        assert terminal.end() == 0
    assert "12345" in terminal.seen
    assert "iki adim" not in terminal.seen


def test_ctrl_c_gives_up_at_once(home: Path) -> None:
    with Terminal(home) as terminal:
        terminal.until("Phone number")
        terminal.program.send_signal(signal.SIGINT)
        terminal.until("Given up; nobody was signed in.")
        assert terminal.end() == 1
    assert not list((home / "data" / "sessions").glob("*.session"))


def test_the_qr_code_is_drawn(home: Path) -> None:
    with Terminal(home, "--qr") as terminal:
        terminal.until("Scan it in Telegram")
        terminal.program.send_signal(signal.SIGINT)
        assert terminal.end() == 1
    assert len(re.findall("[█▀▄]", terminal.seen)) > 100
    assert "tg://" not in terminal.seen


class Terminal:
    """The command running at a terminal, and what a person sees there."""

    def __init__(self, home: Path, *arguments: str) -> None:
        self._ours, its = pty.openpty()
        self.program = subprocess.Popen(
            [sys.executable, "-c", _RUN, *arguments], stdin=its, stdout=its, stderr=its, cwd=home
        )
        os.close(its)
        self.seen = ""

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, *_: object) -> None:
        self.program.kill()
        self.program.wait()
        os.close(self._ours)

    def until(self, words: str) -> None:
        while words not in self.seen:
            self.seen += self._read()

    def type(self, line: str) -> None:
        os.write(self._ours, f"{line}\n".encode())

    def end(self) -> int:
        with contextlib.suppress(OSError):  # the other side has left
            while part := self._read():
                self.seen += part
        return self.program.wait(60)

    def _read(self) -> str:
        ready, _, _ = select.select([self._ours], [], [], 60)
        assert ready, self.seen
        return os.read(self._ours, 65_536).decode(errors="replace")
