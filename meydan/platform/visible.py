"""What of a text can be seen, by Unicode's own tables: no control characters, marks of direction, joiners, fillers."""

import re
import unicodedata
from typing import Final

_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
DIRECTIONS: Final = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
"""What turns the direction of what follows: it would turn around what stands beside a name, title or topic."""

# Default_Ignorable_Code_Point, which `unicodedata` leaves out. Its tail of plane 14 is reserved for more of the same.
IGNORABLE: Final = re.compile(
    r"[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    r"\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_EMPTY: Final = frozenset("\u2800\U0001d159")  # braille without a dot, a note without a head: signs that are not drawn
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cn", "Cs", "Zl", "Zp", "Zs"})
# What a newer Unicode than Python's has assigned there is drawn: emoji, and the ideographs of planes 2 and 3.
_DRAWN_SOON: Final = re.compile(r"[\U0001f000-\U0001fbff\U00020000-\U0002fffd\U00030000-\U0003fffd]")


def clean(text: str) -> str:
    """Return text without control characters, but with its line breaks and tabs, trimmed."""
    return _CONTROL.sub("", text.replace("\r\n", "\n")).strip()


def one_line(text: str) -> str:
    """Return text on one line, in its composed form, without control characters and turns of direction."""
    return " ".join(DIRECTIONS.sub("", clean(unicodedata.normalize("NFC", text))).split())


def is_blank(text: str) -> bool:
    """Tell whether nothing of a text can be seen."""
    if "!" <= text[:1] <= "~":  # most texts begin with a letter
        return False
    return all(_is_unseen(char) for char in text)


def _is_unseen(char: str) -> bool:
    if IGNORABLE.match(char) or char in _EMPTY:
        return True
    category = unicodedata.category(char)
    return category in _UNSEEN and not (category == "Cn" and _DRAWN_SOON.match(char))
