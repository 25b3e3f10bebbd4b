"""The gate: how many connections one caller and all callers together hold, and who comes in when it gets tight."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import structlog

from meydan.app.hosts import Hosts
from meydan.platform.addresses import Proxies, household
from meydan.platform.caller_limit import CallerLimit
from meydan.platform.clock import Clock, SystemClock
from meydan.platform.network import NetworkSettings, usual_limits

log = structlog.get_logger(__name__)

_NOT_OURS: Final = 128  # descriptors for the database, files, other servers, and for who is told that it is full
_TURNED_AWAY: Final = 32  # connections of one caller that are being told so; further ones are cut
_SAID_EVERY: Final = 10.0  # seconds between two lines about the same thing


@dataclass
class GateStats:
    """Running totals of one node, by what was refused."""

    refused: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("address", "full", "unread"), 0))


@dataclass(slots=True)
class _Line:
    """What one caller holds."""

    connections: int = 0
    sockets: int = 0
    turned_away: int = 0
    unread: int = 0
    silent: "dict[Place, None]" = field(default_factory=dict)  # from whom a head is awaited, the first who came first

    def is_empty(self) -> bool:
        return not (self.connections or self.sockets or self.turned_away or self.unread or self.silent)


class Gate:
    """Counts the connections of this node; `most` is how many descriptors it may have open.

    A tenth of them is for people who are signed in: nobody else gets one of those. Who comes when even that is taken is
    let in in the place of somebody who has not said what they want, the first to come of the caller with the most of
    those: only from a head it is seen who is signed in.
    """

    def __init__(
        self,
        *,
        most: int,
        proxies: Proxies | None = None,
        hosts: Hosts | None = None,
        limits: Callable[[], NetworkSettings] = usual_limits,
        caller_limit: CallerLimit | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.most = max(most - _NOT_OURS, most // 2)
        self.reserve = self.most // 10
        self.proxies = proxies or Proxies()
        self.hosts = hosts or Hosts()
        self.limits = limits
        self.caller_limit = caller_limit or CallerLimit()
        self.caller_limit.alone = self.has_one_caller
        self.stats = GateStats()
        self.total = 0
        self._clock = clock or SystemClock()
        self._lines: dict[str, _Line] = {}
        self._said: dict[str, float] = {}

    @property
    def crowded(self) -> bool:
        """Whether what is left is kept for people who are signed in."""
        return self.total > self.most - self.reserve

    @property
    def nearly_full(self) -> bool:
        """Whether an operator should look."""
        return self.total > self.most * 0.8

    def enter(self, peer: str) -> "Place":
        """Take in a connection; what it may do is the place's to say."""
        self.total += 1
        place = Place(self, peer)
        if self.nearly_full:
            self.say("gate.nearly_full", connections=self.total, limit=self.most)
        if self.total > self.most + _NOT_OURS // 2 and not self._make_room():
            place.refusal = "full"
            place.cut = True
            self.refuse("full", peer)
        elif not self.proxies.trusts(peer):
            place.belongs_to(peer)
        return place

    def _make_room(self) -> bool:
        """Cut off somebody who has brought nothing yet, and tell whether there was one."""
        line = max(self._lines.values(), key=lambda line: len(line.silent), default=None)
        if line is None or not line.silent:
            return False
        place = next(iter(line.silent))
        self.refuse("full", place.address)
        hang_up = place.hang_up
        place.leave()
        hang_up()
        return True

    def callers(self) -> Mapping[str, _Line]:
        """Return what each caller holds now."""
        return self._lines

    def has_one_caller(self) -> bool:
        """Tell whether nobody else is connected than one caller."""
        return len(self._lines) <= 1

    def refuse(self, reason: str, address: str) -> None:
        """Count somebody who is turned away, and say so now and then."""
        self.stats.refused[reason] += 1
        self.say("gate.refused", reason=reason, address=address, connections=self.total)

    def say(self, event: str, **data: object) -> None:
        """Write a warning, unless the same was written a moment ago."""
        now, key = self._clock.monotonic(), f"{event}:{data.get('reason', '')}"
        if now - self._said.get(key, -_SAID_EVERY) >= _SAID_EVERY:
            self._said[key] = now
            log.warning(event, **data)

    def line(self, caller: str) -> _Line:
        """Return what a caller holds, to be changed."""
        return self._lines.setdefault(caller, _Line())

    def forget(self, caller: str) -> None:
        """Drop a caller who holds nothing."""
        if (line := self._lines.get(caller)) is not None and line.is_empty():
            del self._lines[caller]


class Place:
    """One connection's place at the gate: counted for its caller as soon as it is known, until it leaves.

    `refusal` says why this connection is to be turned away, and `cut` that there is no room even to answer. `hang_up`
    is called when somebody else gets this place.
    """

    __slots__ = ("_caller", "_gate", "_kind", "_silent_at", "_unread", "address", "cut", "hang_up", "refusal")

    def __init__(self, gate: Gate, peer: str) -> None:
        self._gate = gate
        self._caller = ""
        self._kind = "connections"
        self._unread = 0
        self._silent_at: str | None = None
        self.address = peer
        self.hang_up: Callable[[], None] = _nothing
        self.refusal = ""
        self.cut = False

    def belongs_to(self, address: str) -> bool:
        """Count this connection for the caller at `address`, and tell whether they may have it."""
        caller = household(address)
        self.address = caller if caller == address else address  # one text for all of theirs
        if caller != self._caller:
            self._leave_line()
            self._caller = caller
            self._join_line("connections")
        return not self.refusal

    def become_socket(self) -> bool:
        """Count this connection as a WebSocket from here on, and tell whether its caller may have one more."""
        self._leave_line()
        self.hang_up = _nothing
        self._caller = self._caller or household(self.address)
        self._join_line("sockets")
        return not self.refusal

    def awaited(self, *, so: bool) -> None:
        """Note that it is open what this connection wants, or that it has said so."""
        if self._silent_at is not None:
            self._gate.line(self._silent_at).silent.pop(self, None)
            self._gate.forget(self._silent_at)
            self._silent_at = None
        if so and self._kind:
            self._silent_at = self._caller or household(self.address)
            self._gate.line(self._silent_at).silent[self] = None

    def hold(self, size: int) -> bool:
        """Note how many bytes wait for the peer to read, and tell whether its caller may have so many waiting."""
        caller = self._caller or household(self.address)
        line = self._gate.line(caller)
        line.unread += size - self._unread
        self._unread = size
        fits = not size or line.unread <= self._gate.limits().unread_bytes_per_address
        if not fits:
            self._gate.refuse("unread", self.address)
        self._gate.forget(caller)
        return fits

    def leave(self) -> None:
        """Give the place back; a second call does nothing."""
        if self._kind:
            self.hold(0)
            self.awaited(so=False)
            self._leave_line()
            self._kind = ""
            self.hang_up = _nothing
            self._gate.total -= 1

    def _join_line(self, kind: str) -> None:
        gate, line = self._gate, self._gate.line(self._caller)
        limits = gate.limits()
        most = limits.sockets_per_address if kind == "sockets" else limits.connections_per_address
        if getattr(line, kind) < min(most, gate.most // 2):
            self.refusal = ""
        else:
            kind, self.refusal = "turned_away", "address"
            self.cut = line.turned_away >= _TURNED_AWAY
            gate.refuse("address", self.address)
        self._kind = kind
        setattr(line, kind, getattr(line, kind) + 1)

    def _leave_line(self) -> None:
        if self._caller and self._kind:
            self.hold(0)
            line = self._gate.line(self._caller)
            setattr(line, self._kind, max(0, getattr(line, self._kind) - 1))
            self._gate.forget(self._caller)


def _nothing() -> None:
    """Do nothing: nobody is connected."""
