"""Whose turn it is: deficit round robin over lanes, and the planner that picks one of several bots.

A lane is a chat of a bot. Within a lane the higher priority goes first, then the older. Lanes that are ready stand in
one ring for each priority of their first item. In a ring each visit gives a lane one unit of credit, and it speaks when
that covers its first item: an album of ten takes ten turns. The highest ring speaks, except when a lower one is owed
its turn: it is owed half of what it would have if all lanes stood in one ring, so that no lane waits longer than twice
its share.
"""

import heapq
from collections import deque
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Final, Generic, NamedTuple, TypeVar

LaneT = TypeVar("LaneT", bound=Hashable)
ItemT = TypeVar("ItemT")

_CLASSES: Final = 3
_ROUNDING: Final = 1e-9


class _Entry(NamedTuple, Generic[ItemT]):
    """An item in its lane's heap; a `serial` is never used twice, so that the comparison ends there."""

    rank: int
    order: str
    serial: int
    key: str
    cost: int
    item: ItemT


class _Lane(Generic[ItemT]):
    """One lane. `token` names its only valid place in a ring or among those that wait; 0 for none."""

    __slots__ = ("busy", "credit", "depth", "heap", "ring", "token", "until")

    def __init__(self) -> None:
        self.heap: list[_Entry[ItemT]] = []
        self.depth = 0
        self.credit = 0
        self.until = float("-inf")
        self.busy = False
        self.token = 0
        self.ring = -1


class FairQueue(Generic[LaneT, ItemT]):
    """Items in lanes. A lane that was popped is busy until `free`; one told to wait is passed over until its moment."""

    def __init__(self) -> None:
        self._lanes: dict[LaneT, _Lane[ItemT]] = {}
        self._items: dict[str, tuple[LaneT, _Entry[ItemT]]] = {}
        self._rings: tuple[deque[tuple[LaneT, int]], ...] = tuple(deque() for _ in range(_CLASSES))
        self._ready = [0] * _CLASSES
        self._owed = [0.0] * _CLASSES
        self._waiting: list[tuple[float, int, LaneT]] = []
        self._serial = 0
        self._now = float("-inf")

    def __len__(self) -> int:
        return len(self._items)

    def push(self, lane: LaneT, key: str, item: ItemT, *, cost: int = 1, priority: int = 0, order: str) -> None:
        """Add an item under a `key` that is not in the queue; `order` sorts those of one priority."""
        if key in self._items:
            raise ValueError(f"{key} is in the queue already")
        state = self._lanes.setdefault(lane, _Lane())
        entry = _Entry(-priority, order, self._next(), key, cost, item)
        heapq.heappush(state.heap, entry)
        self._items[key] = lane, entry
        state.depth += 1
        if not state.token:
            self._place(lane, state)
        elif state.ring >= 0 and _class(state.heap[0]) > state.ring:
            self._leave(state)
            self._place(lane, state)

    def pop(self, now: float) -> tuple[LaneT, ItemT] | None:
        """Take out the item whose turn it is and make its lane busy; nothing when no lane is ready."""
        self._now = now
        while self._waiting and self._waiting[0][0] <= now:
            _, token, lane = heapq.heappop(self._waiting)
            state = self._lanes.get(lane)
            if state is not None and state.token == token:
                state.token = 0
                self._place(lane, state)
        while (ring := self._whose_turn()) is not None:
            found = self._visit(ring)
            if found is not None:
                return found
        return None

    def free(self, lane: LaneT) -> None:
        """Let a busy lane take its next turn."""
        state = self._lanes.get(lane)
        if state is not None and state.busy:
            state.busy = False
            self._place(lane, state)

    def wait(self, lane: LaneT, until: float) -> None:
        """Pass a lane over until a moment; the later of two counts."""
        if until <= self._now:
            return
        state = self._lanes.setdefault(lane, _Lane())
        if until > state.until:
            state.until = until
            self._leave(state)
            self._place(lane, state)

    def hurry(self, lane: LaneT | None = None) -> None:
        """Let a lane wait no longer; all lanes when none is named."""
        for one in list(self._lanes) if lane is None else [lane]:
            state = self._lanes.get(one)
            if state is not None and state.until > self._now:
                state.until = float("-inf")
                self._leave(state)
                self._place(one, state)

    def next_moment(self) -> float | None:
        """Return when a lane is ready: now if one is, else when the next one's wait ends; nothing when none waits."""
        if any(self._ready):
            return self._now
        while self._waiting:
            until, token, lane = self._waiting[0]
            state = self._lanes.get(lane)
            if state is not None and state.token == token:
                return until
            heapq.heappop(self._waiting)
        return None

    def remove(self, key: str) -> None:
        """Forget an item, if it is still in the queue."""
        lane, entry = self._items.pop(key, (None, None))
        if lane is None or entry is None:
            return
        state = self._lanes[lane]
        state.depth -= 1
        if state.depth * 2 < len(state.heap):
            state.heap = [entry for entry in state.heap if self._is_in(entry)]
            heapq.heapify(state.heap)
        if not state.depth and state.ring >= 0:
            self._leave(state)
            self._place(lane, state)

    def clear(self, lane: LaneT) -> list[ItemT]:
        """Empty a lane and return what it held, in order."""
        state = self._lanes.get(lane)
        if state is None:
            return []
        kept = [entry for entry in sorted(state.heap) if self._is_in(entry)]
        for entry in kept:
            self.remove(entry.key)
        return [entry.item for entry in kept]

    def depth(self, lane: LaneT) -> int:
        """Return how many items a lane holds."""
        state = self._lanes.get(lane)
        return 0 if state is None else state.depth

    def lanes(self) -> int:
        """Return how many lanes hold items, are busy, or wait."""
        return len(self._lanes)

    def heads(self) -> Iterator[str]:
        """Yield the order of each lane's first item."""
        for state in self._lanes.values():
            self._tidy(state)
            if state.heap:
                yield state.heap[0].order

    def _whose_turn(self) -> int | None:
        """Return the highest ring with lanes in it, or one below that is owed a turn."""
        rings = [ring for ring in range(_CLASSES - 1, -1, -1) if self._ready[ring]]
        if not rings:
            return None
        due = 1 - _ROUNDING
        return next((ring for ring in rings[1:] if self._owed[ring] + self._share(ring) >= due), rings[0])

    def _visit(self, ring: int) -> tuple[LaneT, ItemT] | None:
        """Go round a ring until a lane's credit covers its first item; nothing when a lane left for another ring."""
        places = self._rings[ring]
        while True:
            lane, token = places.popleft()
            state = self._lanes.get(lane)
            if state is None or state.token != token:
                continue
            self._tidy(state)
            if _class(state.heap[0]) != ring:
                self._leave(state)
                self._place(lane, state)
                return None
            state.credit += 1
            if state.credit < state.heap[0].cost:
                places.append((lane, token))
                continue
            self._leave(state)
            entry = heapq.heappop(state.heap)
            del self._items[entry.key]
            self._reckon(ring, entry.cost)
            state.depth -= 1
            state.credit = 0
            state.busy = True
            return lane, entry.item

    def _share(self, ring: int) -> float:
        """Return what a ring is owed for each unit that is spoken."""
        return self._ready[ring] / (2 * sum(self._ready))

    def _reckon(self, ring: int, cost: int) -> None:
        """Write down what the rings below the highest are owed after one spoke; its lane has left it already."""
        present = [lanes + (place == ring) for place, lanes in enumerate(self._ready)]
        highest = max(place for place, lanes in enumerate(present) if lanes)
        for place, lanes in enumerate(present):
            if place == highest or not lanes:
                self._owed[place] = 0.0
            else:
                self._owed[place] += cost * lanes / (2 * sum(present)) - (cost if place == ring else 0)

    def _place(self, lane: LaneT, state: _Lane[ItemT]) -> None:
        """Put a lane that stands nowhere where it belongs: into a ring, among those that wait, or away."""
        if state.busy:
            return
        if state.until > self._now:
            state.token = self._next()
            heapq.heappush(self._waiting, (state.until, state.token, lane))
        elif state.depth:
            self._tidy(state)
            state.token = self._next()
            state.ring = _class(state.heap[0])
            self._ready[state.ring] += 1
            self._rings[state.ring].append((lane, state.token))
        else:
            del self._lanes[lane]

    def _leave(self, state: _Lane[ItemT]) -> None:
        """Take a lane from where it stands; what points there is passed over later."""
        if state.ring >= 0:
            self._ready[state.ring] -= 1
            if not self._ready[state.ring]:
                self._rings[state.ring].clear()
        state.token, state.ring = 0, -1

    def _tidy(self, state: _Lane[ItemT]) -> None:
        while state.heap and not self._is_in(state.heap[0]):
            heapq.heappop(state.heap)

    def _is_in(self, entry: _Entry[ItemT]) -> bool:
        return self._items.get(entry.key, (None, None))[1] is entry

    def _next(self) -> int:
        self._serial += 1
        return self._serial


def _class(entry: _Entry[ItemT]) -> int:
    return min(max(-entry.rank, 0), _CLASSES - 1)


def best_of(candidates: Sequence[str], etas: Sequence[float], *, last_used: Mapping[str, float]) -> str:
    """Return the candidate that can speak first; of equals, to the millisecond, the one silent for longest."""
    ranked = zip(candidates, etas, strict=True)
    return min(ranked, key=lambda pair: (round(pair[1], 3), last_used.get(pair[0], float("-inf"))))[0]
