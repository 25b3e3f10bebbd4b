import importlib
import pkgutil
import re
import string
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import meydan
from meydan.platform.errors import MeydanError
from meydan.platform.texts import LANGUAGES, Language, catalogue, preferred, text


def kinds() -> Iterator[type[MeydanError]]:
    for module in pkgutil.walk_packages(meydan.__path__, "meydan."):
        if ".migrations." not in module.name and not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    waiting = [MeydanError]
    while waiting:
        kind = waiting.pop()
        if kind.__module__.startswith("meydan."):
            yield kind
        waiting.extend(kind.__subclasses__())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_error_has_its_words(language: Language) -> None:
    texts = catalogue(language)["error"]
    for kind in set(kinds()):
        assert set(texts[kind.code]) >= {"title", "detail"}, kind
        assert texts[kind.code]["title"], kind


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_name_only_fields_the_error_has(language: Language) -> None:
    for kind in set(kinds()):
        named = {
            name
            for _, name, _, _ in string.Formatter().parse(catalogue(language)["error"][kind.code]["detail"])
            if name
        }
        domain = kind.__module__.split(".")[1]
        assert all(re.search(rf"\b{name}=", _source(domain) + _source("platform")) for name in named), (kind, named)


@cache
def _source(domain: str) -> str:
    folder = Path(meydan.__path__[0]) / domain
    return "".join(path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.py")))


@pytest.mark.parametrize(
    ("number", "said"),
    [(1, "1 second."), (2, "2 seconds."), (0, "0 seconds."), (1.0, "1 second."), (0.5, "0.5 seconds.")],
)
def test_english_has_a_word_for_one_and_another_for_several(number: float, said: str) -> None:
    assert text("en", "error.hiz_siniri.detail", bekle=number).endswith(f" {said}")


def test_catalogues_hold_the_same_keys() -> None:
    def keys(node: object, path: str = "") -> set[str]:
        if not isinstance(node, dict):
            return {path}
        return {key for name, child in node.items() for key in keys(child, f"{path}.{name}")}

    turkish, english = keys(catalogue("tr")), keys(catalogue("en"))
    # The Turkish names of settings are in their models.
    assert turkish == {key for key in english if not key.startswith(".setting.")}


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "tr"),
        ("en-US,en;q=0.9", "en"),
        ("de,en;q=0.5", "en"),
        ("tr,en", "tr"),
        ("de", "tr"),
        ("," * 300 + "en", "tr"),
    ],
)
def test_language_of_a_reader(header: str | None, language: str) -> None:
    assert preferred(header) == language
