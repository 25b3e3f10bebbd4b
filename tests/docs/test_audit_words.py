"""Every act that is written into the audit log has its sentence in the panel."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import meydan

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
