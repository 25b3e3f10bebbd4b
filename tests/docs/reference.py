"""The tables of docs/ that are written from the code: `python -m tests.docs.reference` writes them anew."""

import importlib
import pkgutil
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import typer.main

import meydan
from meydan.app.composition import SECTIONS
from meydan.app.gate import Gate
from meydan.app.observation import observe, observe_gate
from meydan.cli import app
from meydan.platform.clock import ManualClock
from meydan.platform.errors import MeydanError
from meydan.platform.http import RequestFrame
from meydan.platform.live_settings import setting_titles
from meydan.platform.metrics import Metrics
from meydan.platform.sampler import Sampler
from meydan.platform.settings import Settings
from meydan.platform.texts import catalogue

DOCS = Path(__file__).parents[2] / "docs"
ENV_EXAMPLE = DOCS.parent / ".env.example"
_ENV_HEAD = """\
# cp .env.example .env && chmod 600 .env
# An empty value stands for the default, a line behind a # too. Written from the code by `make docs`.

# For compose.yaml alone; empty: made on the first start. Letters, digits and . _ ~ - only.
POSTGRES_PASSWORD=
REDIS_PASSWORD=
# The session that `docker compose --profile telegram up` runs.
#TELEGRAM_SESSION=ana
"""


def tables() -> dict[tuple[str, str], str]:
    """Return every generated table by the page and the name of its place there."""
    return {
        ("configuration.md", "settings"): _table(("Variable", "Default", "Meaning"), _settings()),
        ("configuration.md", "live"): _table(("Setting", "Default", "Bounds", "Meaning"), _live()),
        ("configuration.md", "commands"): _table(("Command", "What it does"), _commands()),
        ("errors.md", "errors"): _table(("`kod`", "HTTP", "Title", "What it means and what to do"), _errors()),
        ("operations.md", "metrics"): _table(("Metric", "Meaning"), _metrics()),
    }


def env_example() -> str:
    """Return the file that an operator copies to `.env`: every variable, with what it is for."""
    blocks = [_ENV_HEAD]
    for field in Settings.model_fields.values():
        default = field.default.get_secret_value() if hasattr(field.default, "get_secret_value") else field.default
        shown = ",".join(default) if isinstance(default, tuple) else "" if default is None else str(default)
        about = "\n".join(textwrap.wrap(field.description or "", 118, initial_indent="# ", subsequent_indent="# "))
        blocks.append(f"{about}\n{'' if shown == '' else '#'}{field.validation_alias}={shown}\n")
    return "\n".join(blocks)


def written(page: str, name: str, table: str) -> str:
    """Return the page's text with `table` in its place."""
    text = (DOCS / page).read_text(encoding="utf-8")
    head, start, rest = text.partition(f"<!-- table: {name} -->\n")
    _, end, tail = rest.partition("<!-- end -->")
    if not (start and end):
        raise ValueError(f"{page} has no place for the table {name}")
    return head + start + table + end + tail


def error_codes() -> dict[str, type[MeydanError]]:
    """Return every error of the package by its code; the one that is nearest to the family's root."""
    for module in pkgutil.walk_packages(meydan.__path__, "meydan."):
        if not module.name.startswith(("meydan.migrations", "meydan.__main__")):
            importlib.import_module(module.name)

    def kinds(kind: type[MeydanError]) -> Iterator[type[MeydanError]]:
        yield kind
        for narrower in kind.__subclasses__():
            yield from kinds(narrower)

    found: dict[str, type[MeydanError]] = {}
    for kind in kinds(MeydanError):
        if kind.__module__.startswith("meydan."):
            found.setdefault(kind.code, kind)
    return dict(sorted(found.items()))


def _settings() -> Iterator[tuple[str, ...]]:
    for field in Settings.model_fields.values():
        default = field.default.get_secret_value() if hasattr(field.default, "get_secret_value") else field.default
        shown = "" if default in (None, "", ()) else f"`{default}`"
        yield f"`{field.validation_alias}`", shown, field.description or ""


def _live() -> Iterator[tuple[str, ...]]:
    for section, model in SECTIONS.items():
        for name, field in model.model_fields.items():
            bounds = {type(limit).__name__: limit for limit in field.metadata}
            low: Any = getattr(bounds.get("Ge"), "ge", None)
            above: Any = getattr(bounds.get("Gt"), "gt", None)
            high: Any = getattr(bounds.get("Le"), "le", None)
            shown = f"{f'> {above}' if low is None else low} – {high:_}".replace("_", " ") if high is not None else ""
            title = setting_titles(section, model, name)["en"]
            yield f"`{section}.{name}`", f"`{field.default}`", shown, title


def _commands() -> Iterator[tuple[str, ...]]:
    def walk(command: Any, path: str) -> Iterator[tuple[str, ...]]:
        if hasattr(command, "commands"):
            for name, inner in command.commands.items():
                yield from walk(inner, f"{path} {name}")
        else:
            summary = (command.callback.__doc__ or "").strip().splitlines()[0]
            yield f"`{path}`", summary

    yield from walk(typer.main.get_command(app), "meydan")


def _errors() -> Iterator[tuple[str, ...]]:
    texts = catalogue("en")["error"]
    for code, kind in error_codes().items():
        detail = re.sub(r"\{(\w+)\}", r"*\1*", re.sub(r"\{(\w+):\w+\|(\w+)\}", r"*\1* \2", texts[code]["detail"]))
        yield f"`{code}`", str(kind.status), texts[code]["title"], detail


def _metrics() -> Iterator[tuple[str, ...]]:
    metrics = Metrics()
    observe(metrics, Sampler(ManualClock()), hub=MagicMock(), message_log=MagicMock())
    observe_gate(metrics, Gate(most=1024))
    RequestFrame(MagicMock(), metrics=metrics)
    for name, meaning in metrics.names():
        yield f"`{name}`", meaning


def _table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


if __name__ == "__main__":
    for (page, name), table in tables().items():
        (DOCS / page).write_text(written(page, name, table), encoding="utf-8")
    ENV_EXAMPLE.write_text(env_example(), encoding="utf-8")
