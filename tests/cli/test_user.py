import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from meydan.cli import app
from meydan.platform import migrate


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.chdir(tmp_path)
    for name in ("DATABASE_URL", "REDIS_URL", "TOKEN_ENCRYPTION_KEY", "SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MEYDAN_DATA_DIR", str(tmp_path))
    migrate.upgrade(f"sqlite:///{tmp_path / 'meydan.db'}")
    return CliRunner()


def run(cli: CliRunner, *arguments: str, typed: str = "") -> tuple[int, str]:
    result = cli.invoke(app, [*arguments, "--lang", "en"], input=typed)
    return result.exit_code, result.output


def test_user_from_first_to_last(cli: CliRunner) -> None:
    assert run(cli, "user", "add", "sahip", "--role", "owner", "--name", "Işık")[0] == 0
    code, shown = run(cli, "user", "add", "ayse", "--ask-password", typed="uzun bir parola\nuzun bir parola\n")
    assert code == 0
    assert "uzun bir parola" not in shown
    code, shown = run(cli, "user", "role", "ayse", "moderator")
    assert (code, shown.strip()) == (0, "ayse is now moderator.")
    assert "Password (shown this once): " in run(cli, "user", "reset-password", "ayse")[1]
    assert run(cli, "user", "deactivate", "ayse")[0] == 0
    _, listed = run(cli, "user", "list")
    assert [line.split()[:2] for line in listed.splitlines()] == [["ayse", "moderator"], ["sahip", "owner"]]
    assert listed.splitlines()[0].endswith("(suspended)")
    assert "sahip" not in run(cli, "user", "list", "ayse")[1]


def test_a_lost_link_to_the_ownership_can_be_made_again(cli: CliRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEYDAN_PORT", "9123")
    links = []
    for address in ("http://127.0.0.1:9123", "https://meydan.example"):
        code, shown = run(cli, "user", "owner-link")
        assert code == 0
        found = re.search(rf"{address}/kurulum#anahtar=(\S+)", shown)
        assert found, shown
        links.append(found[1])
        monkeypatch.setenv("MEYDAN_PUBLIC_URL", "https://meydan.example")
    assert links[0] != links[1]
    run(cli, "user", "add", "sahip", "--role", "owner")
    code, shown = run(cli, "user", "owner-link")
    assert code == 1
    assert "has an owner" in shown


def test_refusals_say_why(cli: CliRunner) -> None:
    run(cli, "user", "add", "sahip", "--role", "owner")
    for arguments, words in (
        (("add", "Işık"), "Suggestion: isik"),
        (("add", "sahip"), "Name kept"),
        (("add", "sahip", "--role", "owner"), "Name in use"),
        (("role", "yok", "member"), "No such user"),
        (("deactivate", "sahip"), "last owner"),
    ):
        code, shown = run(cli, "user", *arguments)
        assert code == 1
        assert words in shown


def test_keys_with_nothing_to_do(cli: CliRunner) -> None:
    for command in ("migrate", "rotate"):
        assert run(cli, "keys", command) == (0, "Encrypted 0 secrets.\n")
