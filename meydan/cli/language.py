"""The language a command speaks: `--lang`, else the environment's, Turkish unless that says English."""

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from meydan.platform.texts import LANGUAGES, Language, text


def spoken(arguments: Sequence[str], environment: Mapping[str, str]) -> Language:
    """Return the language that the command line asks for, else that of `LC_ALL`, `LC_MESSAGES` or `LANG`."""
    wanted = ""
    for index, argument in enumerate(arguments):
        if argument.startswith("--lang="):
            wanted = argument.removeprefix("--lang=")
        elif argument == "--lang" and index + 1 < len(arguments):
            wanted = arguments[index + 1]
    if wanted not in LANGUAGES:
        names = (environment.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
        wanted = next((name for name in names if name), "")[:2]
    return "en" if wanted == "en" else "tr"


_choice: list[Language] = [spoken(sys.argv[1:], os.environ)]  # one per process, like the terminal it speaks to


def say(key: str, **data: Any) -> str:
    """Return the catalogue's text under `cli.<key>` in the language of this run."""
    return text(_choice[0], f"cli.{key}", **data)


def language() -> Language:
    """Return the language of this run."""
    return _choice[0]


def _choose(value: str | None) -> str | None:
    if value is not None and value not in LANGUAGES:
        raise typer.BadParameter(" | ".join(LANGUAGES))
    _choice[0] = spoken([f"--lang={value}"] if value else sys.argv[1:], os.environ)
    return value


Lang = Annotated[
    str | None, typer.Option("--lang", metavar="tr|en", callback=_choose, is_eager=True, help=say("options.lang"))
]
