"""Why a value is not accepted: a code whose words stand in the catalogues, and the facts that the words name.

pydantic and msgspec have sentences of their own, in English; what they find becomes one of our codes here.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from meydan.platform.texts import Language, catalogue, text

OTHER: Final = "unsuitable"
"""What is said of a fault that has no words of its own."""

_BOUND: Final = re.compile(
    r"Expected `(?P<kind>\w+)[^`]*` (?:of (?P<length>length) )?(?P<sign>>=|<=|>|<) (?P<bound>\S+)$"
)
_KIND: Final = re.compile(r"Expected `(?P<kind>[^`]+)`, got ")
_TYPES: Final = {
    "str": "string_type",
    "int": "int_type",
    "float": "float_type",
    "bool": "bool_type",
    "array": "list_type",
    "object": "dict_type",
}
_BOUNDS: Final = {">=": ("greater_than_equal", "ge"), "<=": ("less_than_equal", "le")} | {
    ">": ("greater_than", "gt"),
    "<": ("less_than", "lt"),
}
_LENGTHS: Final = {">=": ("string_too_short", "min_length"), "<=": ("string_too_long", "max_length")}


@dataclass(frozen=True, slots=True)
class Reason:
    """A code of the catalogues' `[reason]`, with what its words name."""

    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    def words(self, language: Language) -> str:
        """Return the reason as a reader of this language is told it."""
        facts = dict(self.facts)
        if "expected" in facts:  # pydantic's list of choices: 'a', 'b' or 'c'
            facts["expected"] = str(facts["expected"]).replace("' or '", f"' {text(language, 'reason.or')} '")
        return text(language, f"reason.{self.code}", **facts)


def of_pydantic(error: Mapping[str, Any]) -> Reason:
    """Return the reason of one of pydantic's `errors()`."""
    kind = error["type"]
    return Reason(kind, error.get("ctx", {})) if kind in catalogue("tr")["reason"] else Reason(OTHER)


def of_msgspec(sentence: str) -> Reason:
    """Return the reason that msgspec gives in a sentence, without the place it names at the end."""
    sentence = sentence.partition(" - at `")[0]
    if sentence.startswith("Object missing required field"):
        return Reason("missing")
    if found := _BOUND.match(sentence):
        lists = found["kind"] in ("array", "object")
        code, name = (_LENGTHS if found["length"] else _BOUNDS).get(found["sign"], (OTHER, ""))
        if lists and found["length"]:
            code = code.removeprefix("string_")
        number = float(found["bound"]) if "." in found["bound"] else int(found["bound"])
        return Reason(code, {name: number} if name else {})
    if found := _KIND.match(sentence):
        kinds = [kind for kind in found["kind"].split(" | ") if kind != "null"]
        return Reason(_TYPES.get(kinds[0], OTHER))
    return Reason(OTHER)
