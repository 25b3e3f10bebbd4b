import re
import socket
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from meydan.accounts.models import AuditEntry
from meydan.chat.models import Room
from meydan.cli import app
from meydan.cli.language import spoken
from meydan.platform.clock import ManualClock
from meydan.platform.db import sqlite_engine
from meydan.platform.settings import Settings
from meydan.platform.texts import LANGUAGES


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "Run":
    for field in Settings.model_fields.values():
        monkeypatch.delenv(str(field.validation_alias), raising=False)
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return Run({"MEYDAN_PORT": str(port), "MEYDAN_DATA_DIR": str(tmp_path / "data")}, tmp_path)


class Run:
    def __init__(self, env: dict[str, str], path: Path) -> None:
        self.env = env
        self.path = path

    def __call__(self, *arguments: str, code: int = 0, **env: str) -> str:
        result = CliRunner().invoke(app, list(arguments), env=self.env | env)
        assert result.exit_code == code, result.output
        return result.output


def line(output: str, start: str) -> str:
    return next(line for line in output.splitlines() if line.startswith(start))


def test_show_lists_every_variable_with_its_source(run: Run) -> None:
    (run.path / ".env").write_text("LOG_LEVEL=warning\n")
    output = run("config", "show", API_KEY="hush-hush" * 4, DATABASE_URL="postgresql://u:hush@db/meydan")
    for field in Settings.model_fields.values():
        assert line(output, str(field.validation_alias))
    assert "hush" not in output
    assert line(output, "API_KEY").split()[1:] == ["***", "ortam"]
    assert line(output, "DATABASE_URL").split()[1] == "postgresql://u:***@db/meydan"
    assert line(output, "LOG_LEVEL").split()[1:] == ["warning", ".env"]
    assert line(output, "MEYDAN_HOST").split()[1:] == ["127.0.0.1", "varsayılan"]


def test_check_finds_what_is_misspelt_in_the_environment_and_the_file(run: Run) -> None:
    (run.path / ".env").write_text("DATABSE_URL=postgresql://x\nPOSTGRES_PASSWORD=secret\nMEYDAN_PURPLE=1\n")
    output = run("config", "check", code=2, MEYDAN_PRT="9000", MEYDAN_TEST_REDIS="redis://x", LANGUAGES="tr")
    assert output.splitlines() == [
        "DATABSE_URL: böyle bir değişken yok; DATABASE_URL mi demek istediniz?",
        "MEYDAN_PRT: böyle bir değişken yok; MEYDAN_PORT mi demek istediniz?",
        "MEYDAN_PURPLE: böyle bir değişken yok.",
    ]
    assert "did you mean MEYDAN_PORT?" in run("config", "check", "--lang", "en", code=2, MEYDAN_PRT="9000")


WRONG = {
    "MEYDAN_PORT": "seventy",
    "MEYDAN_PUBLIC_URL": "meydan.example",
    "DATABASE_URL": "mysql://x",
    "REDIS_URL": "localhost",
    "ALLOWED_ORIGINS": "https://a.example/path",
    "MEYDAN_TRUSTED_PROXIES": "everybody",
    "API_KEY": "şş",
    "TOKEN_ENCRYPTION_KEY": "short",
    "SECRET_KEY": "short",
    "LOG_LEVEL": "loud",
    "MEYDAN_DRAIN_SECONDS": "-1",
    "MEYDAN_GUESTS": "perhaps",
}


def test_check_speaks_the_language_that_is_asked_for(run: Run) -> None:
    for language in LANGUAGES:
        lines = run("config", "check", "--lang", language, code=2, **WRONG).splitlines()
        assert {line.partition(":")[0] for line in lines} == WRONG.keys()
        english = [
            line for line in lines if re.search(r"\b(must|input|should|valid|value error)\b", line, re.IGNORECASE)
        ]
        assert len(english) == (len(lines) if language == "en" else 0), english


def test_check_names_every_problem_on_its_line(run: Run) -> None:
    assert "sorun yok" in run("config", "check")
    output = run("config", "check", code=2, MEYDAN_PORT="seventy", SECRET_KEY="short", MEYDAN_PRT="1")
    assert [text.split(":")[0] for text in output.splitlines()] == ["MEYDAN_PORT", "SECRET_KEY", "MEYDAN_PRT"]
    assert "short" not in output


def test_check_asks_for_a_word_that_it_takes(run: Run) -> None:
    for language in LANGUAGES:
        told = run("config", "check", "--lang", language, code=2, MEYDAN_GUESTS="doğru")
        for word in re.findall(r"\b(?:true|false)\b", told):
            run("config", "check", MEYDAN_GUESTS=word)
        assert "true" in told, told
        assert "false" in told, told


def test_a_line_of_the_file_that_sets_nothing_is_told_once(
    run: Run, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    (run.path / ".env").write_text("# ours\nLOG_LEVEL=warning\n\nMEYDAN PORT=hush\nAPI_KEY=\nhush\n\n")
    fourth, sixth = run("config", "check", code=2).splitlines()
    assert fourth == ".env, 4. satır: AD=değer biçiminde değil, dikkate alınmaz."
    assert sixth.startswith(".env, 6. satır:")
    assert ".env, line 4: not of the form NAME=value" in run("config", "check", "--lang", "en", code=2)
    shown = run("config", "show")
    assert shown.count("satır: AD=değer") == 2
    assert "hush" not in shown
    assert (caplog.text, capfd.readouterr()) == ("", ("", ""))
    (run.path / ".env").write_text("\n# ours\n\nexport LOG_LEVEL='warning'  # one\nAPI_KEY=\n")
    assert "sorun yok" in run("config", "check")


def test_a_file_that_is_no_text_is_told(run: Run) -> None:
    (run.path / ".env").write_bytes(b"LOG_LEVEL=\xff\n")
    assert run("config", "check", code=2) == ".env: geçerli metin olmalı\n"


def test_live_settings_are_read_and_changed(run: Run) -> None:
    run("config", "get", code=2)
    run("migrate")
    assert run("config", "get", "chat.max_length").strip() == "4000"
    assert "chat.max_length = 500" in run("config", "set", "chat.max_length", "500")
    assert run("config", "get", "chat.max_length").strip() == "500"
    assert '"accounts"' in run("config", "get")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("chat.max_length", "0", "en az 1 olmalı"),
        ("chat.no_such", "1", "Geçersiz alan"),
        ("nowhere.x", "1", "Ayar bölümü yok"),
    ],
)
def test_bad_changes_are_refused(run: Run, name: str, value: str, words: str) -> None:
    run("migrate")
    assert words in run("config", "set", name, value, code=2)
    assert run("config", "get", "chat.max_length").strip() == "4000"


def test_migrate_tells_from_and_to(run: Run) -> None:
    assert "∅ → 0001" in run("migrate", "--revision", "0001")
    assert "0001 → 0" in run("migrate")
    assert "zaten" in run("migrate")
    assert run("migrate", "--revision", "nonsense", code=2)


def test_doctor_before_and_after_the_first_start(run: Run) -> None:
    assert "✗" not in run("doctor")
    (run.path / "data").mkdir(mode=0o700)
    run("migrate", "--revision", "0001")
    behind = run("doctor", code=1)
    assert "✗ Veritabanı düzeni: 0001" in behind
    assert "meydan migrate" in behind
    run("migrate")
    assert "Her şey hazır." in run("doctor")


def test_doctor_says_where_the_data_is(run: Run) -> None:
    for folder in ("data", "var/meydan"):
        (run.path / folder).mkdir(mode=0o700, parents=True)
        assert str(run.path / folder) in line(run("doctor", MEYDAN_DATA_DIR=folder), "✓ Veri klasörü")


def test_doctor_says_what_is_wrong_and_what_to_do(run: Run) -> None:
    data = run.path / "data"
    (data / "keys").mkdir(parents=True)
    (data / "keys" / "secret_key").touch(mode=0o600)
    data.chmod(0o755)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", int(run.env["MEYDAN_PORT"])))
        taken.listen()
        output = run("doctor", code=1, REDIS_URL="redis://127.0.0.1:1/0")
    for start in ("✗ Veri klasörü", "✗ Redis", "✗ Anahtarlar", "✗ Kapı"):
        assert line(output, start)
    assert f"chmod 700 {data}" in output
    assert "Düzeltilecek: 4" in output


def test_doctor_shows_which_database_and_not_its_password(run: Run) -> None:
    output = run("doctor", code=1, DATABASE_URL="postgresql://ali:gizlisoz@127.0.0.1:1/meydan")
    assert "127.0.0.1:1/meydan ([Errno" in line(output, "✗ Veritabanı")
    assert "gizlisoz" not in output
    run("migrate")
    assert str(run.path / "data" / "meydan.db") in line(run("doctor"), "✓ Veritabanı:")


@pytest.mark.parametrize(
    ("arguments", "environment", "language"),
    [
        ([], {}, "tr"),
        ([], {"LANG": "C.UTF-8"}, "tr"),
        ([], {"LANG": "en_US.UTF-8"}, "en"),
        ([], {"LANG": "en_US.UTF-8", "LC_ALL": "tr_TR.UTF-8"}, "tr"),
        (["config", "check", "--lang", "en"], {}, "en"),
        (["config", "check", "--lang=tr"], {"LANG": "en_GB"}, "tr"),
    ],
)
def test_language_of_a_command(arguments: list[str], environment: dict[str, str], language: str) -> None:
    assert spoken(arguments, environment) == language


def test_commands_speak_english_when_asked(run: Run) -> None:
    assert "The environment is fine." in run("config", "check", "--lang", "en")
    assert "The environment is fine." in run("config", "check", LANG="en_US.UTF-8")
    assert "sorun yok" in run("config", "check")
    assert run("config", "check", "--lang", "xx", code=2)


def test_restored_gives_every_room_a_new_epoch(run: Run) -> None:
    run("migrate")
    engine = sqlite_engine(str(run.path / "data" / "meydan.db"), begin="BEGIN IMMEDIATE")
    room = Room(slug="genel", title="Genel", created_by="x", created_at=ManualClock().now(), epoch="old")
    with Session(engine) as session, session.begin():
        session.add(room)
    assert "1 odanın" in run("restored")
    with Session(engine) as session, session.begin():
        assert session.scalars(select(Room.epoch)).one() != "old"


@pytest.mark.parametrize("arguments", [("restored",), ("user", "list"), ("keys", "rotate"), ("config", "get")])
def test_without_a_migrated_database_a_command_says_so_and_makes_nothing(run: Run, arguments: tuple[str, ...]) -> None:
    assert "meydan migrate" in run(*arguments, code=2 if arguments[0] == "config" else 1)
    assert not (run.path / "data" / "meydan.db").exists()


@pytest.mark.parametrize("arguments", [("restored",), ("user", "list"), ("keys", "rotate"), ("config", "get"), ("up",)])
def test_a_damaged_secret_is_named_and_not_used(run: Run, arguments: tuple[str, ...]) -> None:
    run("migrate")
    (run.path / "data" / "keys").mkdir()
    for name in ("secret_key", "token_encryption_key"):
        (run.path / "data" / "keys" / name).touch(mode=0o600)
    output = run(*arguments, code=2 if arguments[0] in ("config", "up") else 1)
    assert "secret_key" in output or "token_encryption_key" in output
    assert "Traceback" not in output


@pytest.mark.parametrize("arguments", [("up",), ("api",), ("migrate",)])
def test_a_data_folder_that_cannot_be_is_named(run: Run, arguments: tuple[str, ...]) -> None:
    (run.path / "file").touch()
    assert "MEYDAN_DATA_DIR" in run(*arguments, code=2, MEYDAN_DATA_DIR=str(run.path / "file"))


def test_a_setting_changed_from_a_terminal_is_in_the_audit_log(run: Run) -> None:
    run("migrate")
    run("config", "set", "chat.max_length", "500")
    engine = sqlite_engine(str(run.path / "data" / "meydan.db"))
    with Session(engine) as session:
        line = session.scalars(select(AuditEntry)).one()
    assert (line.actor_id, line.action, line.target) == ("konsol", "settings.changed", "chat")
    assert line.data == {"max_length": 500}
