"""What a name looks like: one key for all spellings that an eye takes for the same.

The letters of other scripts that look like Latin ones come from Unicode's own table of confusables (UTS 39).
"""

from functools import cache

from meydan.platform.turkish import fold

_SHAPES = str.maketrans("01l345$@", "oiieassa")  # written for a letter; a small L and an I are one stroke
_PAIRS = (("rn", "m"), ("vv", "w"))


def skeleton(text: str) -> str:
    """Return what `text` looks like: folded, foreign letters as the Latin ones they resemble, nothing but letters."""
    folded = fold(text)
    if not folded.isascii():
        folded = fold("".join(_latin(letter) for letter in folded))
    plain = "".join(letter for letter in folded.translate(_SHAPES) if letter.isalnum())
    for pair, letter in _PAIRS:
        plain = plain.replace(pair, letter)
    return plain


def _latin(letter: str) -> str:
    return letter if letter.isascii() else _resembled().get(letter, letter)


@cache
def _resembled() -> dict[str, str]:
    """Return the ASCII text that each foreign letter resembles; 18 MB are read for it, when a name first needs it."""
    from confusable_homoglyphs.confusables import confusables_data  # noqa: PLC0415

    found = {}
    for letter, others in confusables_data.items():
        if not letter.isascii():
            plain = next((other["c"] for other in others if other["c"].isascii()), None)
            if plain is not None:
                found[letter] = plain
    return found
