import ast
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import Annotated, Any

import msgspec
import pytest
from msgspec import Meta, Struct
from pydantic_core._pydantic_core import list_all_errors

import meydan
from meydan.chat import wire
from meydan.platform.errors import InvalidInput
from meydan.platform.reasons import OTHER, Reason, of_msgspec, of_pydantic
from meydan.platform.texts import LANGUAGES, Language, catalogue

# Where a code stands in the call of each class that takes one: by this name, or at this place.
TAKES_A_CODE = {
    "InvalidInput": ("reason", None),
    "Reason": ("code", 0),
    "WeakPassword": ("reason", 0),
    "BrokenMarkup": ("reason", 1),
    "PydanticCustomError": ("error_type", 0),
}


def codes_raised() -> Iterator[tuple[str, ast.Call, str]]:
    """Yield the place, the call and the code of every reason that is named in the program."""
    root = Path(meydan.__path__[0])
    for path in sorted(root.rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(call, ast.Call):
                continue
            name = getattr(call.func, "id", getattr(call.func, "attr", ""))
            if name == "__init__" and any(keyword.arg == "reason" for keyword in call.keywords):
                name = "InvalidInput"
            if name not in TAKES_A_CODE:
                continue
            keyword, place = TAKES_A_CODE[name]
            given = next((each.value for each in call.keywords if each.arg == keyword), None)
            if given is None and place is not None and len(call.args) > place:
                given = call.args[place]
            if isinstance(given, (ast.Constant, ast.JoinedStr)):
                code = given.value if isinstance(given, ast.Constant) else "a sentence put together"
                yield f"{path.relative_to(root)}:{call.lineno}", call, str(code)


def test_every_reason_that_is_raised_has_its_words_in_both_languages() -> None:
    found = list(codes_raised())
    assert len(found) > 30
    for where, call, code in found:
        for language in LANGUAGES:
            words = catalogue(language)["reason"].get(code)
            assert words, f"{where}: {code!r} has no words in {language}"
            named = {name for _, name, _, _ in Formatter().parse(words) if name}
            given = {keyword.arg for keyword in call.keywords if keyword.arg}
            facts = isinstance(call.func, ast.Name) and call.func.id in ("Reason", "PydanticCustomError")
            assert facts or named <= given, f"{where}: {code!r} names {named} and gets {given}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_pydantics_own_sentences_reach_nobody(language: Language) -> None:
    for kind in list_all_errors():
        context = kind.get("example_context") or {}
        said = of_pydantic({"type": kind["type"], "ctx": context, "msg": "a sentence"}).words(language)
        its_own = kind["message_template_python"].partition("{")[0]
        assert said not in ("", "a sentence"), kind["type"]
        assert not (its_own and said.startswith(its_own)), kind["type"]
    assert of_pydantic({"type": "value_error", "msg": "Value error, x"}) == Reason(OTHER)


class Wide(Struct):
    """One field of each kind that a frame may hold."""

    text: Annotated[str, Meta(min_length=2, max_length=3)] | None = None
    count: Annotated[int, Meta(ge=1, le=200)] = 1
    share: Annotated[float, Meta(gt=0, lt=1)] = 0.5
    yes: bool = False
    many: Annotated[list[str], Meta(max_length=1)] = []
    inner: dict[str, int] = {}


SENTENCES: list[tuple[dict[str, Any], Reason]] = [
    ({"text": "a"}, Reason("string_too_short", {"min_length": 2})),
    ({"text": "aaaa"}, Reason("string_too_long", {"max_length": 3})),
    ({"text": 5}, Reason("string_type")),
    ({"count": 0}, Reason("greater_than_equal", {"ge": 1})),
    ({"count": 201}, Reason("less_than_equal", {"le": 200})),
    ({"count": "x"}, Reason("int_type")),
    ({"count": 1.5}, Reason("int_type")),
    ({"share": 0.0}, Reason("greater_than", {"gt": 0.0})),
    ({"share": 1.0}, Reason("less_than", {"lt": 1.0})),
    ({"share": "x"}, Reason("float_type")),
    ({"yes": "evet"}, Reason("bool_type")),
    ({"many": {}}, Reason("list_type")),
    ({"many": ["a", "b"]}, Reason("too_long", {"max_length": 1})),
    ({"inner": []}, Reason("dict_type")),
]


@pytest.mark.parametrize(("fields", "reason"), SENTENCES, ids=lambda value: str(value)[:40])
def test_msgspecs_own_sentences_become_codes(fields: dict[str, Any], reason: Reason) -> None:
    with pytest.raises(msgspec.ValidationError) as refused:
        msgspec.json.decode(msgspec.json.encode(fields), type=Wide)
    assert of_msgspec(str(refused.value)) == reason
    for language in LANGUAGES:
        assert "Expected" not in reason.words(language)


def test_a_missing_field_is_said_to_be_missing() -> None:
    with pytest.raises(wire.Refused) as refused:
        wire.decode(b'{"tip":"mesaj_gonder","oda_id":"genel"}')
    told = refused.value.error.hata("tr")
    assert (told["alan"], told["neden_kodu"], told["neden"]) == ("icerik", "missing", "gerekli")


def test_a_reason_is_told_in_words_with_its_code_beside_them() -> None:
    error = InvalidInput(field="icerik", reason="empty")
    assert error.hata("tr")["neden"] == "boş olamaz"
    assert error.hata("en")["neden"] == "may not be empty"
    assert error.hata("en")["neden_kodu"] == "empty"
    assert error.problem("tr")["detail"] == "“İleti” alanı kabul edilmedi: boş olamaz"
    assert error.data["alan"] == "icerik", "programs are told the field's name on the wire"
