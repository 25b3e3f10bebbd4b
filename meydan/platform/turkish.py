"""Turkish letters: casing that respects dotted and dotless i, and folding for search.

`str.lower` turns `I` into `i` and `İ` into two code points; neither is Turkish. Folding goes further and maps every
spelling people use for one word (`IŞIK`, `ışık`, `isik`) to one key, so that search finds them all.
"""

import re
import unicodedata
from typing import Final

_LOWER: Final = str.maketrans({"I": "ı", "İ": "i"})
_UPPER: Final = str.maketrans({"i": "İ", "ı": "I"})
_DOTLESS: Final = str.maketrans({"ı": "i"})
# Text of ASCII and these letters fits into the Turkish code page, where folding is one look at a table a letter.
_CODE_PAGE: Final = "cp1254"
_LETTERS: Final = dict(zip("İıÇçĞğÖöŞşÜüÂâÎîÛû".encode(_CODE_PAGE), b"iiccggoossuuaaiiuu", strict=True))
_FOLDED: Final = bytes(_LETTERS.get(code, code) for code in range(256)).lower()
_GAPS: Final = {code: " " for code in range(128) if not chr(code).isalnum()}
_WORD: Final = re.compile(r"[^\W_]+")
_NUMBER: Final = re.compile(r"0*([0-9]+)")
# A letter that ASCII lacks comes after the one before it in the alphabet, whatever follows that one: `~` is above `z`.
_ALPHABET: Final = str.maketrans({"ç": "c~", "ğ": "g~", "ı": "h~", "ö": "o~", "ş": "s~", "ü": "u~"})


def tr_lower(text: str) -> str:
    """Lower-case Turkish text: `I` becomes `ı`, `İ` becomes `i`."""
    return text.translate(_LOWER).lower()


def tr_upper(text: str) -> str:
    """Upper-case Turkish text: `i` becomes `İ`, `ı` becomes `I`."""
    return text.translate(_UPPER).upper()


def fold(text: str) -> str:
    """Reduce text to its search key: Turkish lower case, dotless i as i, all marks stripped. Idempotent."""
    plain = _fold_plain(text)
    if plain is not None:
        return plain
    # Letters of one word have nothing to do with those of another: only the foreign ones take the long way.
    return " ".join(_fold_foreign(word) if (key := _fold_plain(word)) is None else key for word in text.split(" "))


def _fold_plain(text: str) -> str | None:
    """Fold text whose letters are those of Turkish; return nothing for other text."""
    if text.isascii():
        return text.lower()  # in ASCII `I` folds to `i` whichever way it is lowered
    try:
        return text.encode(_CODE_PAGE).translate(_FOLDED).decode("ascii")
    except UnicodeError:
        return None


def _fold_foreign(text: str) -> str:
    lowered = tr_lower(unicodedata.normalize("NFKC", text))
    decomposed = unicodedata.normalize("NFKD", lowered.translate(_DOTLESS))
    return "".join(char for char in decomposed if not unicodedata.combining(char)).casefold().translate(_DOTLESS)


def words(text: str) -> list[str]:
    """Split text into folded words of letters and digits, in order."""
    folded = fold(text)
    return folded.translate(_GAPS).split() if folded.isascii() else _WORD.findall(folded)


def sort_key(text: str) -> str:
    """Return a key that, compared code point by code point, sorts as Turkish does: ç after c, ı before i.

    Neither case nor punctuation counts, and numbers go by their size.
    """
    spelled = " ".join(_WORD.findall(tr_lower(unicodedata.normalize("NFKC", text)))).translate(_ALPHABET)
    return _NUMBER.sub(lambda number: f"{min(len(number[1]), 99):02}{number[1]}", fold(spelled))


def slug(text: str, *, limit: int = 64) -> str:
    """Make an identifier of lower-case ASCII letters, digits and single hyphens; empty when nothing is left."""
    kept = "".join(char if char.isascii() and char.isalnum() else " " for char in fold(text))
    return "-".join(kept.split())[:limit].strip("-")
