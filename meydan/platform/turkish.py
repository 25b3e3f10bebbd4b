"""Turkish letters: casing that respects dotted and dotless i, and folding for search.

`str.lower` turns `I` into `i` and `İ` into two code points; neither is Turkish. Folding goes further and maps every
spelling people use for one word (`IŞIK`, `ışık`, `isik`) to one key, so that search finds them all.
"""

import re
import unicodedata
from typing import Final

from meydan.platform.visible import IGNORABLE

_LOWER: Final = str.maketrans({"I": "ı", "İ": "i"})
_UPPER: Final = str.maketrans({"i": "İ", "ı": "I"})
_DOTLESS: Final = str.maketrans({"ı": "i"})
# Text of ASCII and these letters fits into the Turkish code page, where folding is one look at a table a letter.
_CODE_PAGE: Final = "cp1254"
_LETTERS: Final = dict(zip("İıÇçĞğÖöŞşÜüÂâÎîÛû".encode(_CODE_PAGE), b"iiccggoossuuaaiiuu", strict=True))
_FOLDED: Final = bytes(_LETTERS.get(code, code) for code in range(256)).lower()
_SOFT_HYPHEN: Final = "\u00ad".encode(_CODE_PAGE)  # of the code page's characters the only ignorable one
_GAPS: Final = {code: " " for code in range(128) if not chr(code).isalnum()}
_MOST_SPELLED: Final = 4  # letters for one: no letter of a living script is written with more
_WORD: Final = re.compile(r"[^\W_]+")
_SIGNS: Final = re.compile(r"(?:\+(?<=[^\W_]\+)\+?|#(?<=[^\W_]#))(?![\w+#])")  # it begins with what is seldom met
_PICTURE: Final = re.compile("[\u203c\u2049\u2122-\u27bf\u2900-\u2bff\U0001f000-\U0001f3fa\U0001f400-\U0001faff]")
_UNSPACED: Final = re.compile("[\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003fffd]+")
_RUNS: Final = re.compile(f"{_UNSPACED.pattern}|[^{_UNSPACED.pattern[1:-2]}]+")
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


def _fold_plain(text: str, without: bytes = b"") -> str | None:
    """Fold text whose letters are those of Turkish, `without` some of the code page; return nothing for other text."""
    if text.isascii():
        return text.lower()  # in ASCII `I` folds to `i` whichever way it is lowered
    try:
        return text.encode(_CODE_PAGE).translate(_FOLDED, without).decode("ascii")
    except UnicodeError:
        return None


def _fold_foreign(text: str) -> str:
    """Fold text of any script; of characters that stand for a whole sentence the beginning."""
    lowered = tr_lower(unicodedata.normalize("NFKC", text)[: _MOST_SPELLED * (len(text) + 1)])
    decomposed = unicodedata.normalize("NFKD", lowered.translate(_DOTLESS))
    return "".join(char for char in decomposed if not unicodedata.combining(char)).casefold().translate(_DOTLESS)


def words(text: str) -> list[str]:
    """Split text into folded words of letters and digits, in order.

    Signs behind a word belong to it (`C++`, `C#`), a picture is a word, and of a script without spaces every two
    neighbours are one: what stands in the middle of a sentence is found.
    """
    folded = _fold_plain(text, _SOFT_HYPHEN)
    if folded is None:
        folded = fold(IGNORABLE.sub("", text))
    if "+" in folded or "#" in folded:
        folded = _SIGNS.sub(lambda signs: signs[0].replace("+", "plus").replace("#", "sharp"), folded)
    if folded.isascii():
        return folded.translate(_GAPS).split()
    found: list[str] = []
    for word in _WORD.findall(_PICTURE.sub(lambda picture: f" u{ord(picture[0]):x} ", folded)):
        for piece in _RUNS.findall(word) if _UNSPACED.search(word) else (word,):
            found += _pairs(piece) if _UNSPACED.match(piece) else [piece]
    return found


def _pairs(run: str) -> list[str]:
    """Return every two neighbours of a run, and its last character, which one may look for alone."""
    return [run[place : place + 2] for place in range(len(run))]


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
