"""Words for users: the catalogues in `locales/`, Turkish first, English beside it."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Literal, Self, cast

Language = Literal["tr", "en"]
LANGUAGES: tuple[Language, ...] = ("tr", "en")
_PLACE_LENGTH = 7
_HEADER_LENGTH = 256


def text(language: Language, key: str, **data: Any) -> str:
    """Return the catalogue's text under `key` (`"error.yetki_yok.title"`), with `{names}` filled from `data`.

    Numbers are written as the language does: 0,5 in Turkish. Where English has a word for one and another for several,
    both stand in the text: `{count:person|people}`. Raises `KeyError` when the catalogue lacks the key: a
    missing text is a defect that tests find.
    """
    node: Any = catalogue(language)
    for part in key.split("."):
        node = node[part]
    return cast("str", node).format(**{name: _written(language, value) for name, value in data.items()})


def field_words(language: Language, path: str) -> str:
    """Return what people call a field (`attachment.0.file_id`), an item of a list by its place; else `path` itself."""
    known = catalogue(language)["field"]
    parts = path.split(".")
    if not any(part in known for part in parts):
        return path
    places = {part: str(int(part) + 1) for part in parts if part.isdecimal() and len(part) < _PLACE_LENGTH}
    return " › ".join(known.get(part) or places[part] for part in parts if part in known or part in places)


def _written(language: Language, value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    plain = str(value).removesuffix(".0")
    return _Number(plain.replace(".", ",") if language == "tr" else plain, one=value == 1)


class _Number(str):
    """A number as it is written, that can be followed by its word."""

    __slots__ = ("_one",)
    _one: bool

    def __new__(cls, written: str, *, one: bool) -> Self:
        number = super().__new__(cls, written)
        number._one = one
        return number

    def __format__(self, words: str) -> str:
        singular, both, plural = words.partition("|")
        if not both:
            return super().__format__(words)
        return f"{self} {singular if self._one else plural}"


@cache
def catalogue(language: Language) -> dict[str, Any]:
    """Return one whole catalogue as nested tables."""
    path = Path(__file__).parent / "locales" / f"{language}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def as_language(name: str | None) -> Language | None:
    """Return the language of this name, or nothing when there are no texts in it."""
    return name if name in LANGUAGES else None


def preferred(accept_language: str | None) -> Language:
    """Choose the language for an `Accept-Language` header: English when it comes before Turkish, else Turkish."""
    for part in (accept_language or "")[:_HEADER_LENGTH].split(","):
        primary = part.split(";")[0].strip()[:2].casefold()
        if primary in LANGUAGES:
            return primary
    return "tr"
