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
# The letters Turkish text is made of besides ASCII; what holds others takes the long way.
_PLAIN: Final = str.maketrans("İıÇçĞğÖöŞşÜüÂâÎîÛû", "iiccggoossuuaaiiuu")
_GAPS: Final = {code: " " for code in range(128) if not chr(code).isalnum()}
_WORD: Final = re.compile(r"[^\W_]+")


def tr_lower(text: str) -> str:
    """Lower-case Turkish text: `I` becomes `ı`, `İ` becomes `i`."""
    return text.translate(_LOWER).lower()


def tr_upper(text: str) -> str:
    """Upper-case Turkish text: `i` becomes `İ`, `ı` becomes `I`."""
    return text.translate(_UPPER).upper()


def fold(text: str) -> str:
    """Reduce text to its search key: Turkish lower case, dotless i as i, all marks stripped. Idempotent."""
    plain = text if text.isascii() else text.translate(_PLAIN)
    if plain.isascii():
        return plain.lower()  # in ASCII `I` folds to `i` whichever way it is lowered
    lowered = tr_lower(unicodedata.normalize("NFKC", text))
    decomposed = unicodedata.normalize("NFKD", lowered.translate(_DOTLESS))
    return "".join(char for char in decomposed if not unicodedata.combining(char)).casefold().translate(_DOTLESS)


def words(text: str) -> list[str]:
    """Split text into folded words of letters and digits, in order."""
    folded = fold(text)
    return folded.translate(_GAPS).split() if folded.isascii() else _WORD.findall(folded)


def slug(text: str, *, limit: int = 64) -> str:
    """Make an identifier of lower-case ASCII letters, digits and single hyphens; empty when nothing is left."""
    kept = "".join(char if char.isascii() and char.isalnum() else " " for char in fold(text))
    return "-".join(kept.split())[:limit].strip("-")
