"""`meydan telegram run`, as a service manager runs it."""

import io
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

_RUN = """
import sys
from telethon import errors
from meydan.cli import app
from meydan.telegram.client.fake import fake_telethon
from meydan.telegram.client.fake_world import FakeWorld

world = FakeWorld()
world.add_bot("1:token", username="deneme_bot")
group = world.add_group("Pazar")

def meydan(*arguments):
    return app(["telegram", *arguments, "--lang", "en"], obj=fake_telethon(world), standalone_mode=False)

"""
_SIGN_IN = 'meydan("login", "bot", "--bot-token-stdin")\n'
_HANDLER = """
import os, signal
from urllib.request import urlopen

async def on_message(manager, message):
    await manager.send_message(message.chat_id, f"Aldım: {message.message}")
    print(urlopen("http://127.0.0.1:PORT/metrics").read().decode())
    os.kill(os.getpid(), signal.SIGTERM)

def plain(manager, message):
    pass
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("DATABASE_URL", "REDIS_URL", "TOKEN_ENCRYPTION_KEY", "SECRET_KEY", "MEYDAN_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TELEGRAM_API_ID", "12345")
    monkeypatch.setenv("TELEGRAM_API_HASH", "0123456789abcdef0123456789abcdef")
    return tmp_path


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Ended:
    stdout: str
    stderr: str


Run = Callable[[str], Ended]


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a script as if its process were this one."""

    def done(script: str) -> Ended:
        with monkeypatch.context() as patched:
            patched.chdir(home)
            patched.setattr(sys, "stdin", io.StringIO("1:token\n"))
            patched.setattr(sys, "path", ["", *sys.path])
            exec(_RUN + script, {})  # it is this file's own
            sys.modules.pop("my_bot", None)
        return Ended(*capsys.readouterr())

    return done


def test_a_handler_of_ones_own_hears_and_answers(run: Run, home: Path, free_port: int) -> None:
    (home / "my_bot.py").write_text(_HANDLER.replace("PORT", str(free_port)))
    done = run(
        _SIGN_IN
        + "person = world.add_account('+905551112233')\n"
        + "world.write(group, 'Günaydın', sender=person)\n"
        + f"code = meydan('run', 'bot', '--handler', 'my_bot:on_message', '--metrics-port', '{free_port}')\n"
        + "print([message.message for message in world.sent], code)\n",
    )
    assert "['Aldım: Günaydın'] 0" in done.stdout, done.stderr
    assert 'telegram_messages_sent_total{session="bot"} 1.0' in done.stdout
    assert 'telegram_connection_status{session="bot"} 1.0' in done.stdout
    assert '"event": "telegram.connection"' in done.stderr
    assert "Günaydın" not in done.stderr


def test_the_service_is_not_started_again_for_what_a_restart_does_not_help() -> None:
    unit = Path(__file__).parents[3] / "deploy" / "meydan-telegram-client.service"
    assert "RestartPreventExitStatus=2 3" in unit.read_text().splitlines()


@pytest.mark.parametrize(
    ("script", "code", "words"),
    [
        ("print(meydan('run', 'bot'))", 3, "bot"),  # nobody signed in
        (
            _SIGN_IN + "world.order(errors.AuthKeyDuplicatedError(None), on='connect')\nprint(meydan('run', 'bot'))",
            3,
            "AUTH_KEY_DUPLICATED",
        ),
        ("print(meydan('run', 'bot', '--handler', 'no_such:thing'))", 2, "no_such:thing"),
        ("print(meydan('run', 'bot', '--handler', 'my_bot:plain'))", 2, "my_bot:plain"),
    ],
)
def test_what_a_restart_does_not_help_ends_it_for_good(
    run: Run, home: Path, script: str, code: int, words: str
) -> None:
    (home / "my_bot.py").write_text(_HANDLER)
    done = run(script)
    assert done.stdout.splitlines()[-1:] == [str(code)], done.stderr
    assert words in done.stderr


def test_what_passes_is_worth_another_start(run: Run) -> None:
    flood = "world.order(errors.FloodWaitError(None, 600), on='state')\n"
    done = run(_SIGN_IN + flood + "print(meydan('run', 'bot'))")
    assert done.stdout.splitlines()[-1:] == ["1"], done.stderr
    done = run("open('file', 'w').close()\nprint(meydan('run', 'bot', '--folder', 'file/sessions'))")
    assert done.stdout.splitlines()[-1:] == ["1"], done.stderr
    assert "Not a directory" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_session_in_use_may_be_free_later(run: Run) -> None:
    done = run(
        _SIGN_IN
        + "from pathlib import Path\n"
        + "from meydan.telegram.client.config import ClientConfig\n"
        + "from meydan.telegram.client.sessions import SessionStore\n"
        + "held = SessionStore.of_environment(Path('data/sessions')).open(ClientConfig('bot', 1, 'hash'))\n"
        + "print(meydan('run', 'bot'))",
    )
    assert done.stdout.splitlines()[-1:] == ["1"], done.stderr
    assert "Telegram session in use" in done.stderr


def test_a_signal_ends_it_also_while_it_cannot_connect(run: Run) -> None:
    """Connecting is tried again for minutes, for which no service manager waits."""
    done = run(
        _SIGN_IN
        + "import os, signal\n"
        + "class Away(FakeWorld):\n"
        + "    async def failing(self, on, *args, **options):\n"
        + "        if on == 'connect':\n"
        + "            os.kill(os.getpid(), signal.SIGTERM)\n"
        + "            raise ConnectionRefusedError\n"
        + "world.__class__ = Away\n"
        + "print('ended with', meydan('run', 'bot'))\n",
    )
    assert "ended with 0" in done.stdout, done.stderr
    assert "Traceback" not in done.stderr
