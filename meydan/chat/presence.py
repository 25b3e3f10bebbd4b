"""Who is in which room, over all nodes: each node counts its own people and tells the others the differences.

A person who leaves is gone for the others only after `GRACE` seconds, so that a reloaded page makes no noise. What a
node has heard of another one is forgotten when that one falls silent.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import msgspec

from meydan.platform.bus import Bus
from meydan.platform.clock import Clock

GRACE = 3.0
_CHANNEL = "chat.presence"
_REPEAT = 10.0
_SILENCE = 3 * _REPEAT

Rooms = dict[str, list[str]]


class _Report(msgspec.Struct):
    """One node's word on its people; a full one replaces all that it said before."""

    node: str
    full: bool
    came: Rooms
    went: Rooms
    asks: bool = False
    guests: dict[str, str] = {}


@dataclass(frozen=True)
class Difference:
    """What changed in one room since it was last told; `guests` are those among them, by id, with their labels."""

    room: str
    came: list[str]
    went: list[str]
    guests: dict[str, str]


@dataclass
class _Node:
    rooms: dict[str, set[str]] = field(default_factory=dict)
    heard_at: float = 0.0


class Presence:
    """The people of every room."""

    def __init__(self, bus: Bus, clock: Clock, *, node: str) -> None:
        self._bus = bus
        self._clock = clock
        self._node = node
        self._here: defaultdict[str, dict[str, int]] = defaultdict(dict)
        self._leaving: dict[tuple[str, str], float] = {}
        self._others: defaultdict[str, _Node] = defaultdict(_Node)
        self._changed: defaultdict[str, dict[str, bool]] = defaultdict(dict)
        self._untold: defaultdict[str, dict[str, bool]] = defaultdict(dict)
        self._counts: dict[str, int] = {}
        self.guests: dict[str, str] = {}
        """The labels of the guests among them, by id."""
        self._report_at = 0.0
        self._question_pending = False
        self._decoder = msgspec.json.Decoder(_Report)

    async def start(self) -> None:
        """Hear the other nodes, and ask them who is there."""
        if self._bus.shared:
            await self._bus.subscribe(_CHANNEL, self._heard, resync=self._ask)
            await self._publish(_Report(self._node, full=True, came={}, went={}, asks=True))

    def enter(self, room: str, user_id: str, *, label: str | None = None) -> bool:
        """Count one more connection of a person in a room; tell whether this is news to the room.

        A guest has a `label`.
        """
        if label is not None:
            self.guests[user_id] = label
        people = self._here[room]
        people[user_id] = people.get(user_id, 0) + 1
        if people[user_id] > 1:
            return False
        self._counts.pop(room, None)
        if self._leaving.pop((room, user_id), None) is not None:
            return False
        if self._bus.shared:
            self._untold[room][user_id] = True
        if any(user_id in node.rooms.get(room, ()) for node in self._others.values()):
            return False
        self._note(room, user_id, here=True)
        return True

    def leave(self, room: str, user_id: str, *, at_once: bool = False) -> bool:
        """Count one connection less and tell whether it was the last one here.

        The last one's end is told after the grace, or with the next differences.
        """
        people = self._here[room]
        people[user_id] -= 1
        if people[user_id]:
            return False
        del people[user_id]
        if not people:
            del self._here[room]
        self._leaving[room, user_id] = self._clock.monotonic() + (0 if at_once else GRACE)
        return True

    def count(self, room: str) -> int:
        """Return how many people are in the room."""
        if not self._others and not self._leaving:
            return len(self._here.get(room, ()))
        count = self._counts.get(room)
        if count is None:
            count = self._counts[room] = len(set(self._people(room)))
        return count

    def people(self, room: str, *, limit: int) -> list[str]:
        """Return the people in the room, by name, at most `limit`."""
        return sorted(set(self._people(room)))[:limit]

    def online(self) -> int:
        """Return how many people are in any room."""
        names = {user_id for people in self._here.values() for user_id in people}
        for node in self._others.values():
            names.update(*node.rooms.values())
        return len(names)

    def present(self, room: str) -> set[str]:
        """Return everybody in the room."""
        return set(self._people(room))

    def tick(self) -> list[Difference]:
        """Return what is news since the last call; called about once a second."""
        now = self._clock.monotonic()
        self._counts.clear()  # rooms that nobody asks about any more leave nothing behind
        for room, user_id in [key for key, at in self._leaving.items() if at <= now]:
            del self._leaving[room, user_id]
            if self._bus.shared:
                self._untold[room][user_id] = False
            if not any(user_id in node.rooms.get(room, ()) for node in self._others.values()):
                self._note(room, user_id, here=False)
        self._forget_silent(now)
        changed, self._changed = self._changed, defaultdict(dict)
        differences = [
            Difference(
                room,
                came=[user_id for user_id, here in people.items() if here],
                went=[user_id for user_id, here in people.items() if not here],
                guests=self.labels(people),
            )
            for room, people in changed.items()
            if people
        ]
        self._forget_guests(user_id for difference in differences for user_id in difference.went)
        return differences

    async def report(self) -> None:
        """Tell the other nodes what they have not heard of ours; called after each `tick`, by one at a time."""
        now = self._clock.monotonic()
        if now >= self._report_at or self._question_pending:
            self._report_at = now + _REPEAT
            full = {room: list(people) for room, people in self._here.items()}
            for room, user_id in self._leaving:
                full.setdefault(room, []).append(user_id)
            report = _Report(
                self._node, full=True, came=full, went={}, asks=self._question_pending, guests=self._labels(full)
            )
            self._question_pending = False
        elif self._untold:
            came = {room: [one for one, here in people.items() if here] for room, people in self._untold.items()}
            went = {room: [one for one, here in people.items() if not here] for room, people in self._untold.items()}
            report = _Report(self._node, full=False, came=came, went=went, guests=self._labels(came))
        else:
            return
        self._untold = defaultdict(dict)
        await self._publish(report)

    def labels(self, people: Iterable[str]) -> dict[str, str]:
        """Return the labels of the guests among people, by id."""
        return {user_id: self.guests[user_id] for user_id in people if user_id in self.guests}

    def _labels(self, rooms: Rooms) -> dict[str, str]:
        return self.labels(user_id for people in rooms.values() for user_id in people)

    def _forget_guests(self, gone: Iterable[str]) -> None:
        """Drop the labels of guests who are in no room any more."""
        gone = [user_id for user_id in gone if user_id in self.guests]
        if not gone:
            return
        present = {user_id for people in self._here.values() for user_id in people}
        present.update(user_id for _, user_id in self._leaving)
        for node in self._others.values():
            present.update(*node.rooms.values())
        for user_id in gone:
            if user_id not in present:
                del self.guests[user_id]

    def _people(self, room: str) -> Iterator[str]:
        yield from self._here.get(room, ())
        yield from (user_id for leaving_room, user_id in self._leaving if leaving_room == room)
        for node in self._others.values():
            yield from node.rooms.get(room, ())

    def _note(self, room: str, user_id: str, *, here: bool) -> None:
        if self._changed[room].get(user_id) is (not here):
            del self._changed[room][user_id]
        else:
            self._changed[room][user_id] = here

    async def _publish(self, report: _Report) -> None:
        await self._bus.publish(_CHANNEL, msgspec.json.encode(report))

    def _ask(self) -> None:
        self._question_pending = True

    def _heard(self, message: bytes) -> None:
        report = self._decoder.decode(message)
        if report.node == self._node:
            return
        if report.asks:
            self._report_at = 0.0
        self.guests.update(report.guests)
        self._with_changes(report.node, lambda node: _take_in(node, report))
        self._others[report.node].heard_at = self._clock.monotonic()

    def _forget_silent(self, now: float) -> None:
        for name in [name for name, node in self._others.items() if node.heard_at < now - _SILENCE]:
            self._with_changes(name, lambda node: node.rooms.clear())
            del self._others[name]

    def _with_changes(self, name: str, change: Callable[[_Node], None]) -> None:
        """Change what is known of a node and note for each person whether that makes them come or go."""
        node = self._others[name]
        before = {(room, user_id) for room, people in node.rooms.items() for user_id in people}
        change(node)
        after = {(room, user_id) for room, people in node.rooms.items() for user_id in people}
        for room, user_id in before ^ after:
            self._counts.pop(room, None)
            here = user_id in self._here.get(room, ()) or (room, user_id) in self._leaving
            elsewhere = any(user_id in other.rooms.get(room, ()) for key, other in self._others.items() if key != name)
            if not here and not elsewhere:
                self._note(room, user_id, here=(room, user_id) in after)


def _take_in(node: _Node, report: _Report) -> None:
    if report.full:
        node.rooms.clear()
    for room in report.came.keys() | report.went.keys():
        people = (node.rooms.get(room, set()) | set(report.came.get(room, ()))) - set(report.went.get(room, ()))
        if people:
            node.rooms[room] = people
        else:
            node.rooms.pop(room, None)
