"""What a name looks like: one key for all spellings that an eye takes for the same.

The letters of other scripts that look like Latin ones come from Unicode's own table of confusables (UTS 39), Latin ones
in another dress (small capitals, strokes, squares) from their names.
"""

import re
import unicodedata
from functools import cache
from typing import Final

from meydan.platform.turkish import fold
from meydan.platform.visible import IGNORABLE

_SHAPES = str.maketrans("01l|345$@", "oiiieassa")  # written for a letter; a small L, an I and a bar are one stroke
_MORE = {"п": "n"}  # what Unicode's table leaves out
_PAIRS = (("rn", "m"), ("vv", "w"))
_DRESSED: Final = re.compile(
    r"(?:LATIN (?:SMALL |CAPITAL )?LETTER (?:SMALL CAPITAL )?|(?:NEGATIVE )?(?:SQUARED|CIRCLED) LATIN CAPITAL LETTER "
    r"|REGIONAL INDICATOR SYMBOL LETTER )([A-Z])(?: WITH .*)?"
)


def skeleton(text: str) -> str:
    """Return what `text` looks like: folded, foreign letters as the Latin ones they resemble, nothing but letters.

    Capitals resemble others than small letters do (`Т`, `т`): a word that looks Latin as it is written is taken for
    that, and only one that does not is folded before its letters are looked at.
    """
    shown = text if text.isascii() else IGNORABLE.sub("", text)
    folded = fold(shown) if shown.isascii() else " ".join(_seen(word) for word in shown.split())
    plain = "".join(letter for letter in folded.translate(_SHAPES) if letter.isalnum())
    for pair, letter in _PAIRS:
        plain = plain.replace(pair, letter)
    return plain


def _seen(word: str) -> str:
    folded = fold(word)
    if folded.isascii():
        return folded
    written = "".join(_latin(letter) for letter in word)
    if not any(letter.isalpha() for letter in fold(written) if not letter.isascii()):
        return fold(written)
    return fold("".join(_latin(letter) for letter in folded))


def _latin(letter: str) -> str:
    if letter.isascii():
        return letter
    return _resembled().get(letter) or _undressed(letter) or letter


def _undressed(letter: str) -> str:
    found = _DRESSED.fullmatch(unicodedata.name(letter, ""))
    return found[1] if found else ""


@cache
def _resembled() -> dict[str, str]:
    """Return the ASCII text that each foreign letter resembles; 18 MB are read for it, when a name first needs it."""
    from confusable_homoglyphs.confusables import confusables_data  # noqa: PLC0415

    found = dict(_MORE)
    for letter, others in confusables_data.items():
        if not letter.isascii():
            shapes = [other["c"] for other in others]
            plain = next((shape for shape in shapes if shape.isascii()), None)
            plain = plain or next(
                (_undressed(shape) for shape in shapes if len(shape) == 1 and _undressed(shape)), None
            )
            if plain is not None:
                found[letter] = plain
    return found
