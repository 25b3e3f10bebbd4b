"""What people are told a field is called: never the name that programs use."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

import meydan
from meydan.chat import wire
from meydan.platform.errors import InvalidInput
from meydan.platform.texts import LANGUAGES, Language, catalogue, field_words, text

ROOT = Path(meydan.__path__[0])
DESCRIPTION = json.loads((ROOT.parent / "web/client/openapi.json").read_text(encoding="utf-8"))


def of_the_description() -> Iterator[str]:
    """Yield every parameter and every field of a request's body."""
    for operations in DESCRIPTION["paths"].values():
        for operation in operations.values():
            for parameter in operation.get("parameters", ()):
                yield parameter["name"]
            for content in operation.get("requestBody", {}).get("content", {}).values():
                yield from _of_schema(content["schema"], frozenset())


def _of_schema(schema: dict[str, Any], above: frozenset[str]) -> Iterator[str]:
    if name := schema.get("$ref", "").rpartition("/")[2]:
        if name not in above:
            yield from _of_schema(DESCRIPTION["components"]["schemas"][name], above | {name})
        return
    for field, inner in schema.get("properties", {}).items():
        yield field
        yield from _of_schema(inner, above)
    for inner in (schema.get("items"), schema.get("additionalProperties")):
        if isinstance(inner, dict):
            yield from _of_schema(inner, above)
    for inner in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        yield from _of_schema(inner, above)


def of_the_wire() -> Iterator[str]:
    for request in get_args(wire.Request):
        for field in msgspec.structs.fields(request):
            yield field.encode_name


def of_the_program() -> Iterator[str]:
    """Yield the fields that the program itself names in an error."""
    for path in ROOT.rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for given in call.keywords if isinstance(call, ast.Call) else ():
                if (
                    given.arg == "field"
                    and isinstance(given.value, ast.Constant)
                    and isinstance(given.value.value, str)
                ):
                    yield given.value.value


def test_every_field_that_can_be_refused_has_its_word_in_both_languages() -> None:
    published = {*of_the_description(), *of_the_wire(), *of_the_program(), "body"}
    assert {"istemci_id", "azami_kullanim", "son_sira", "invitation"} <= published
    for language in LANGUAGES:
        assert catalogue(language)["field"].keys() == published, language
        assert all(words and words not in published for words in catalogue(language)["field"].values())


@pytest.mark.parametrize(
    ("path", "turkish", "english"),
    [
        ("azami_kullanim", "En çok kullanım", "Most uses"),
        ("ekler.0", "Ekler › 1", "Attachments › 1"),
        ("bot_ids.12.list[str]", "Botlar › 13", "Bots › 13"),
        ("body.role", "İstek › Rol", "Request › Role"),
        ("no_such.3", "no_such.3", "no_such.3"),
        ("", "", ""),
    ],
)
def test_a_field_inside_another_is_told_by_where_it_stands(path: str, turkish: str, english: str) -> None:
    assert [field_words(language, path) for language in LANGUAGES] == [turkish, english]
    error = InvalidInput(field=path, reason="empty")
    assert error.detail("tr") == f"“{turkish}” alanı kabul edilmedi: boş olamaz"
    assert error.data["alan"] == path


@pytest.mark.parametrize(
    ("number", "turkish", "english"),
    [
        (0.5, "0,5", "0.5"),
        (2.0, "2", "2"),
        (12, "12", "12"),
        (1_000_000.0, "1000000", "1000000"),
        (0.001, "0,001", "0.001"),
    ],
)
def test_numbers_are_written_as_the_language_does(number: float, turkish: str, english: str) -> None:
    def said(language: Language) -> str:
        return text(language, "error.hiz_siniri.detail", bekle=number)

    assert f" {turkish} saniye" in said("tr")
    assert f" {english} second" in said("en")
