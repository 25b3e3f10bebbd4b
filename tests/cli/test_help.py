"""Help and refusals are whole in one language: that of `--lang`, else that of the environment."""

import os
import re
import subprocess
import sys

import pytest

# What only one language has, in our words and the library's.
ENGLISH = re.compile(
    r"\b(Usage|Options|Commands|Arguments|Missing|No such|Invalid|Try|Show|this|the|and|default|Start)\b"
)
TURKISH = re.compile(r"[ğışİĞŞ]|\b(Kullanım|Komutlar|bir|ve|ile|gerekli)\b")

# Every page, and every kind of slip, in one process: a start of its own for each would take a quarter of a minute.
PROGRAM = """
import sys
from typer.core import TyperGroup
from typer.main import get_command
from typer.testing import CliRunner
from meydan.cli import app

def show(*arguments):
    print(CliRunner().invoke(app, arguments, env={"COLUMNS": "200", "TERMINAL_WIDTH": "200"}).output)

def walk(command, *path):
    show(*path, "--help")
    for name, inner in command.commands.items() if isinstance(command, TyperGroup) else ():
        walk(inner, *path, name)

walk(get_command(app))
for arguments in (["nonsense"], ["user", "add"], ["user", "add", "--zz"], ["user", "add", "x", "--role", "king"]):
    show(*arguments)
"""


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    def run(language: str) -> str:
        env = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG"))}
        return subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env=env | {"LANG": language, "PYTHONUTF8": "1"},
            cwd=tmp_path_factory.mktemp("help"),
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout

    return {"tr": run("tr_TR.UTF-8"), "en": run("en_GB.UTF-8"), "": run("C")}


def bare(text: str) -> str:
    """Return what is meant for people: without kinds of values, names of variables and commands, and addresses."""
    return re.sub(r"<[^>]*>|https?://\S+|\bmeydan [a-z -]+|[“'][^”']*[”']", "", text)


def test_every_page_of_help_is_in_one_language(shown: dict[str, str]) -> None:
    assert shown["tr"].count("Kullanım:") > 25
    assert shown["en"].count("Usage:") == shown["tr"].count("Kullanım:")
    assert [line for line in bare(shown["tr"]).splitlines() if ENGLISH.search(line)] == []
    assert [line for line in bare(shown["en"]).splitlines() if TURKISH.search(line)] == []
    assert shown[""] == shown["tr"], "Turkish is the language of those who say none"


def test_what_is_mistyped_is_said_in_words(shown: dict[str, str]) -> None:
    for words in (
        "“nonsense” diye bir komut yok.",
        "'username' verilmedi.",
        "--zz diye bir seçenek yok.",
        "'--role' için uygun bir değer verilmedi.",
    ):
        assert words in shown["tr"]
    for words in ("There is no command “nonsense”.", "'username' is missing.", "There is no option --zz."):
        assert words in shown["en"]
