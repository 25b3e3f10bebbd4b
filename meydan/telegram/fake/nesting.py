"""How formattings may lie in each other: Telegram cuts and drops them until they do.

Bold, italic, underlined, struck and hidden text may be cut into pieces; they are cut where another begins or ends, so
that nothing half overlaps. Of everything else only quotes may hold others. Code shows no other formatting.
"""

import itertools
from collections.abc import Iterable
from typing import Final

from msgspec.structs import replace

from meydan.telegram.fake.shapes import Entity

CUTTABLE: Final = ("bold", "italic", "underline", "strikethrough", "spoiler")
QUOTES: Final = ("blockquote", "expandable_blockquote")
CODE: Final = ("code", "pre")
_RANK: Final = {
    "blockquote": 0, "expandable_blockquote": 0, "pre": 10, "code": 20, "date_time": 30, "text_link": 49,
    "text_mention": 49, "bold": 90, "italic": 91, "underline": 92, "strikethrough": 93, "spoiler": 94,
    "custom_emoji": 99,
}  # fmt: skip


def ordered(entities: Iterable[Entity]) -> list[Entity]:
    """Return entities from left to right, the outer before the inner."""
    return sorted(entities, key=lambda one: (one.offset, -one.length, _RANK.get(one.type, 50)))


def nested(entities: list[Entity], found: Iterable[Entity] = ()) -> list[Entity]:
    """Return what Telegram keeps of entities; `found` are those that it finds by itself, where there is room."""
    if not entities:
        return ordered(found)
    sorts = ordered(one for one in entities if one.length > 0)
    quotes = _apart(one for one in sorts if one.type in QUOTES)
    whole = _apart(one for one in sorts if one.type not in (*QUOTES, *CUTTABLE))
    whole = [one for one in whole if not _crosses(one, quotes)]
    whole += [one for one in found if not any(_meets(one, other) for other in whole) and not _crosses(one, quotes)]
    others = ordered([*quotes, *whole])
    return ordered([*others, *_cut([one for one in sorts if one.type in CUTTABLE], others)])


def _apart(entities: Iterable[Entity]) -> list[Entity]:
    """Leave out what begins before the one in front of it has ended."""
    kept: list[Entity] = []
    for one in entities:
        if not kept or one.offset >= _end(kept[-1]):
            kept.append(one)
    return kept


def _cut(entities: list[Entity], others: list[Entity]) -> list[Entity]:
    """Cut at every border, keep no piece in code, and join pieces between which nothing begins or ends."""
    code = [one for one in others if one.type in CODE]
    inner = {place for one in others for place in (one.offset, _end(one))}
    runs = {kind: _runs(one for one in entities if one.type == kind) for kind in CUTTABLE}
    begins = {first for run in runs.values() for first, _ in run}
    pieces = []
    for kind, run in runs.items():
        for first, last in run:
            places = sorted({first, last, *(place for place in inner | begins if first < place < last)})
            spans = itertools.pairwise(places)
            kept = [(a, b) for a, b in spans if not any(one.offset <= a and b <= _end(one) for one in code)]
            pieces += [Entity(type=kind, offset=a, length=b - a) for a, b in kept]
    return pieces


def _runs(entities: Iterable[Entity]) -> list[tuple[int, int]]:
    """Return where formatting of one kind reaches from and to, what touches joined."""
    runs: list[tuple[int, int]] = []
    for one in entities:
        if runs and one.offset <= runs[-1][1]:
            runs[-1] = runs[-1][0], max(runs[-1][1], _end(one))
        else:
            runs.append((one.offset, _end(one)))
    return runs


def _crosses(one: Entity, quotes: list[Entity]) -> bool:
    """Tell whether an entity reaches over a quote's border."""
    return any(_meets(one, quote) and not (quote.offset <= one.offset and _end(one) <= _end(quote)) for quote in quotes)


def _meets(one: Entity, other: Entity) -> bool:
    return one.offset < _end(other) and other.offset < _end(one)


def _end(one: Entity) -> int:
    return one.offset + one.length


def moved(one: Entity, *, by: int, within: int) -> Entity | None:
    """Return an entity after the text lost `by` units at its start and ends at `within`; `None` when none is left."""
    first, last = max(0, one.offset - by), min(_end(one) - by, within)
    return replace(one, offset=first, length=last - first) if last > first else None
