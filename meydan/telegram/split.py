"""Cuts a long text into parts that Telegram takes, at the best borders, without breaking formatting.

Lengths are counted as Telegram counts them: in UTF-16 code units of what is shown once the markup is read. The text is
read into what it shows and the spans of its formatting; the cuts are made in what is shown; each part is written with
the spans that reach into it, opened and closed anew. White space at a cut is dropped, in code only the line's end.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from meydan.telegram.markup import BrokenMarkup, Reading, Span, read_html, read_markdown

__all__ = ["BrokenMarkup", "split_text"]

_JOINERS: Final = "\u200c\u200d"
_SENTENCE: Final = frozenset(".!?…:;")
_UNBROKEN: Final = frozenset("\u00a0\u2007\u202f\u2060")
_WORD, _LINE, _PARAGRAPH = 1, 3, 4
_MOST_BYTES: Final = 32_768  # of a part's source, formatting included (tdlib/telegram-bot-api, Client.cpp)


def split_text(text: str, *, limit: int = 4096, parse_mode: str | None = None) -> list[str]:
    """Return `text` in parts that show at most `limit` and take no more bytes than Telegram does.

    Raises `BrokenMarkup` when its markup cannot be read, or one formatting alone is too long.
    `parse_mode` is "HTML" or "MarkdownV2". The parts are none when there is nothing but white space to cut or format.
    """
    if limit < 2:
        raise ValueError("a letter may need two units")
    if parse_mode is None:
        if len(text) * 2 <= limit:
            return [text]
        reading = Reading(list(text), list(text))
    else:
        reading = read_html(text) if parse_mode == "HTML" else read_markdown(text)
    if parse_mode is not None and all(char.isspace() for char in reading.shown):
        return []
    if sum(map(_units, reading.shown)) <= limit and _bytes(text) <= _MOST_BYTES:
        return [text]
    return [_write(reading, start, end) for start, end in _ranges(reading, limit)]


# -- where to cut ------------------------------------------------------------------------------------------------------


def _ranges(reading: Reading, limit: int) -> Iterator[tuple[int, int]]:
    """Yield the parts of what is shown, without the white space between them."""
    shown = reading.shown
    code = [False] * len(shown)
    for span in reading.spans:
        if span.code:
            code[span.start : span.end] = [True] * (span.end - span.start)
    start = 0
    while start < len(shown):
        cut = end = _fitting_cut(reading, start, limit)
        while end > start and _is_space(shown[end - 1]):
            end -= 1
        if cut < len(shown):
            while cut < len(shown) and (shown[cut] in "\r\n" if code[cut] else _is_space(shown[cut])):
                cut += 1
        if any(not char.isspace() for char in shown[start:end]):
            yield start, end
        start = cut


def _fitting_cut(reading: Reading, start: int, limit: int) -> int:
    """Return where the part that begins at `start` ends, so that its source is not too long either."""
    while _bytes(_write(reading, start, cut := _cut(reading.shown, start, limit))) > _MOST_BYTES:
        if cut == start + 1:
            longest = max(reading.spans, key=lambda span: len(span.opening) if span.start <= start < span.end else 0)
            raise BrokenMarkup(longest.position, "markup_too_long", name=longest.name)
        half = sum(map(_units, reading.shown[start:cut])) // 2
        limit = max(half, _units(reading.shown[start]))
    return cut


def _cut(shown: list[str], start: int, limit: int) -> int:
    """Return where the part that begins at `start` ends: at the best border of its second half, or at any word."""
    used, furthest = 0, start
    while furthest < len(shown) and used + _units(shown[furthest]) <= limit:
        used += _units(shown[furthest])
        furthest += 1
    if furthest == len(shown):
        return furthest
    best, best_rank = 0, 0
    middle = start + (furthest - start) // 2
    for place in range(furthest, start, -1):
        if place <= middle and best_rank:
            return best
        rank = _rank(shown, place)
        if rank > best_rank:
            best, best_rank = place, rank
        if best_rank == _PARAGRAPH:
            return best
    if best_rank:
        return best
    return next((place for place in range(furthest, start, -1) if not _is_joined(shown, place, start)), furthest)


def _rank(shown: list[str], place: int) -> int:
    """Tell how good a border lies before `place`: a paragraph's, a line's, a sentence's (2), a word's, or none (0)."""
    if not (_is_space(shown[place - 1]) or _is_space(shown[place])) or _is_joined(shown, place, place):
        return 0
    first, last = place, place
    while first and place - first < 8 and _is_space(shown[first - 1]):
        first -= 1
    while last < len(shown) and last - place < 8 and _is_space(shown[last]):
        last += 1
    lines = shown[first:last].count("\n")
    if lines:
        return _PARAGRAPH if lines > 1 else _LINE
    return 2 if first and shown[first - 1] in _SENTENCE else _WORD


def _is_space(char: str) -> bool:
    return char.isspace() and char not in _UNBROKEN


def _is_joined(shown: list[str], place: int, start: int) -> bool:
    """Tell whether a letter or sign that is shown as one lies on both sides of `place`; flags pair from `start` on."""
    before, after = shown[place - 1], shown[place]
    if before == "\r" and after == "\n":
        return True
    if before.isspace():
        return False
    if after in _JOINERS or before == "\u200d" or unicodedata.category(after) in {"Mn", "Me", "Mc"}:
        return True
    if "\U0001f3fb" <= after <= "\U0001f3ff" or "\U000e0020" <= after <= "\U000e007f":
        return True
    if _is_flag(before) and _is_flag(after):
        first = place - 1
        while first > start and _is_flag(shown[first - 1]):
            first -= 1
        return (place - first) % 2 == 1
    return "\u1100" <= before <= "\u11ff" and "\u1160" <= after <= "\u11ff"


def _is_flag(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _units(char: str) -> int:
    return 2 if char > "\uffff" else 1


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


# -- writing a part ----------------------------------------------------------------------------------------------------


def _reaches(span: Span, start: int, end: int) -> bool:
    """Tell whether a span shows something between; an empty line of a quote does by its sign."""
    return max(span.start, start) < min(span.end, end) or (span.depth == 1 and start < span.start == span.end < end)


def _write(reading: Reading, start: int, end: int) -> str:
    """Return the source of one part, with the spans that reach into it."""
    reaching = [span for span in reading.spans if _reaches(span, start, end)]
    reaching.sort(key=lambda span: span.depth)  # stable: within each, the outer come first
    quoted = any(span.depth == 1 and min(span.end, end) == end for span in reaching)
    last_lines = {span.quote: span for span in reaching if span.quote in reading.hidden}
    lines: defaultdict[int, list[str]] = defaultdict(list)  # further lines of a quote: even what ends there ends in it
    opening: defaultdict[int, list[str]] = defaultdict(list)
    closing: defaultdict[int, list[str]] = defaultdict(list)
    begun: set[int] = set()
    for span in reaching:
        mark = span.opening if span.start >= start else span.again
        (lines if span.quote in begun else opening)[max(span.start, start)].append(mark)
        begun |= {span.quote} if span.quote else set()
    for span in reversed(reaching):
        ends_in_quote = quoted and span.depth == 0 and min(span.end, end) == end
        mark = "||" if last_lines.get(span.quote) is span else "\n" * ends_in_quote + span.closing
        empty = span.start == span.end and span.opening in opening[span.start]
        (opening if empty else closing)[min(span.end, end)].append(mark)
    pieces: list[str] = []
    for place in range(start, end + 1):
        marks = lines[place] + closing[place] + (opening[place] if place < end else [])
        for before, mark in zip(["", *marks], marks, strict=False):
            if before == "_" and mark.startswith("_"):
                pieces.append("**")  # an empty span: else the two would be read as one mark
            pieces.append(mark)
        if place < end:
            pieces.append(reading.raw[place])
    return "".join(pieces)
