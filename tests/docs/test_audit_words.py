"""Every act that is written into the audit log, and every part whose health is told, has its words in the panel."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import meydan
from meydan.app import system

ROOT = Path(__file__).parents[2]
WRITES = {"note", "_note", "_audit", "_enrol", "append"}
ACT = re.compile(r"(auth|user|key|room|message|settings|telegram)\.[a-z_]*[a-z]")
# What follows in a name that is put together, by how it begins.
PUT_TOGETHER = {
    "telegram.session_": ("put_away", "removed"),
    "telegram.send_": ("edit", "erase", "pin", "cancel", "retry", "decide_sent", "decide_again", "decide_failed"),
}


def written() -> Iterator[str]:
    for path in Path(meydan.__path__[0]).rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(call, ast.Call) or getattr(call.func, "attr", "") not in WRITES:
                continue
            for given in call.args:
                for node in ast.walk(given):
                    if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
                        start = str(node.values[0].value)
                        yield from (start + end for end in PUT_TOGETHER.get(start, ()))
                    elif isinstance(node, ast.Constant) and ACT.fullmatch(str(node.value)):
                        yield str(node.value)


def test_every_act_has_its_sentence_in_both_languages() -> None:
    source = (ROOT / "web/admin/src/features/system/acts.ts").read_text(encoding="utf-8")
    turkish, english = source.split("\n  en: {")
    acts = set(written())
    assert len(acts) > 35
    for half in (turkish, english):
        assert acts - set(re.findall(r'^    "([a-z_.]+)":', half, re.MULTILINE)) == set()


def test_every_part_whose_health_is_told_has_its_name_in_both_languages() -> None:
    given = re.findall(r"\bProbe\(([A-Z_]+|\"\w+\")", (ROOT / "meydan/app/system.py").read_text(encoding="utf-8"))
    parts = {name.strip('"') if name.startswith('"') else str(getattr(system, name)) for name in given}
    assert len(parts) >= 4
    panel = (ROOT / "web/admin/src/features/system/texts.ts").read_text(encoding="utf-8")
    page = (ROOT / "web/admin/src/features/system/HealthPage.tsx").read_text(encoding="utf-8")
    for part in parts:
        assert (panel.count(f'"component.{part}": "'), panel.count(f'"component.{part}.bad": "')) == (2, 2), part
        assert f'"{part}"' in page, part
