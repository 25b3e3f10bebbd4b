"""The parts with invariants, apart from any socket: order in a room, budgets, presence over nodes, frames."""

import asyncio
import contextlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, cast

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from meydan.chat import wire
from meydan.chat.channel import FanOutStats, RoomChannel
from meydan.chat.connection import Connection
from meydan.chat.events import Event, MessageView, UpdateView
from meydan.chat.models import UpdateKind
from meydan.chat.presence import GRACE, Difference, Presence
from meydan.platform.budgets import Budget, Budgets
from meydan.platform.bus import MemoryBus
from meydan.platform.clock import ManualClock

NOW = datetime(2026, 1, 5, tzinfo=UTC)


class Sink:
    """Stands where a connection stands and keeps what is written."""

    def __init__(self) -> None:
        self.private: list[bytes] = []
        self.data = b""

    def write(self, data: bytes) -> None:
        self.data += data

    def siras(self) -> Iterator[int]:
        data = self.data
        while data:
            size, start = data[1], 2
            if size == 126:
                size, start = int.from_bytes(data[2:4]), 4
            yield msgspec.json.decode(data[start : start + size])["sira"]
            data = data[start + size :]


def event(sira: int) -> Event:
    if sira % 3:
        return MessageView(
            id=f"{sira:032x}", room="genel", sira=sira, sender_id="a", sender_name="a", content="x" * (sira % 200),
            kind="metin", created_at=NOW,
        )  # fmt: skip
    return UpdateView(
        room="genel", sira=sira, message_id=f"{sira - 1:032x}", kind=UpdateKind.EDIT, actor_id="a", created_at=NOW,
        content="y",
    )  # fmt: skip


def channel(head: int, stored: int) -> RoomChannel:
    async def read(after: int, upto: int) -> list[Event]:
        return [event(sira) for sira in range(after + 1, min(upto, stored, after + 7) + 1)]

    return RoomChannel(
        room_id=1, slug="genel", public=True, epoch="e", head=head, stats=FanOutStats(), window=lambda: 0.0,
        read_events=read,
    )  # fmt: skip


async def until_head(room: RoomChannel, head: int) -> None:
    async with asyncio.timeout(20):
        while room.head < head or room._pending:  # noqa: ASYNC110  # a channel tells nobody but its members
            await asyncio.sleep(0.001)


@settings(max_examples=60, deadline=None)
@given(data=st.data(), head=st.integers(0, 5), count=st.integers(1, 30))
async def test_events_in_any_order_are_delivered_once_in_order(data: st.DataObject, head: int, count: int) -> None:
    last = head + count
    siras = data.draw(st.lists(st.integers(1, last), max_size=60))
    cuts = data.draw(st.lists(st.integers(0, len(siras)), max_size=5))
    room, sink = channel(head, last), Sink()
    room.add(cast("Connection", sink))
    for start, end in zip([0, *sorted(cuts)], [*sorted(cuts), len(siras)], strict=True):
        room.offer(event(sira) for sira in siras[start:end])
        await asyncio.sleep(0)
    room.catch_up(last)
    if room.head < last:
        await until_head(room, max([*siras, room.head]))
        room.catch_up(last)
    await until_head(room, last)
    assert list(sink.siras()) == list(range(head + 1, last + 1))
    await room.close()


async def test_a_gap_is_filled_from_the_database() -> None:
    room, sink = channel(0, 40), Sink()
    room.add(cast("Connection", sink))
    room.offer([event(40)])
    await until_head(room, 40)
    assert list(sink.siras()) == list(range(1, 41))


async def test_memory_holds_the_newest_and_says_when_it_does_not_reach() -> None:
    room = channel(0, 0)
    room.offer(event(sira) for sira in range(1, 701))
    assert room.recent(700) == []
    assert room.recent(701) is None
    assert room.recent(0) is None
    reach = next(after for after in range(700) if room.recent(after) is not None)
    recent = room.recent(reach)
    assert recent is not None
    assert [msgspec.json.decode(raw)["sira"] for raw in recent] == list(range(reach + 1, 701))


async def test_memory_holds_so_many_bytes_and_no_more() -> None:
    room = channel(0, 0)
    said = MessageView(
        id="a", room="genel", sira=0, sender_id="a", sender_name="a", content="x" * 50_000, kind="metin", created_at=NOW
    )
    room.offer(replace(said, sira=sira) for sira in range(1, 401))
    reach = next(after for after in range(400) if room.recent(after) is not None)
    assert 380 <= reach < 399
    room.offer([replace(said, sira=sira, content="") for sira in range(401, 1_001)])
    assert room.recent(500) is not None, "small ones take the place of large ones"


async def test_events_far_ahead_are_not_heaped_up() -> None:
    gate = asyncio.Event()

    async def read(after: int, upto: int) -> list[Event]:
        await gate.wait()
        return [event(sira) for sira in range(after + 1, min(upto, after + 700) + 1)]

    room, sink = channel(0, 0), Sink()
    room._read_events = read
    room.add(cast("Connection", sink))
    for sira in range(2, 3_000):
        room.offer([event(sira)])
    assert len(room._early) <= 512
    gate.set()
    await until_head(room, 2_999)
    assert list(sink.siras()) == list(range(1, 3_000))


async def test_a_frame_outside_the_log_waits_for_nothing() -> None:
    room, sink, late = channel(0, 0), Sink(), Sink()
    room.add(cast("Connection", sink))
    room.tell(wire.typing(room="genel", user_id="a"))
    room.add(cast("Connection", late))
    room.offer([event(1)])
    room.flush()
    assert b"yaziyor" in sink.data
    assert b"yaziyor" not in late.data
    assert b'"sira":1' in sink.data
    assert b'"sira":1' in late.data


@settings(max_examples=200, deadline=None)
@given(
    rate=st.floats(0.1, 1_000),
    burst=st.integers(1, 50),
    steps=st.lists(st.floats(0, 3), min_size=1, max_size=150),
)
def test_a_budget_never_lets_more_through_than_it_says(rate: float, burst: int, steps: list[float]) -> None:
    budget, now, taken = Budget(rate=rate, burst=burst), 100.0, list[float]()
    for step in steps:
        now += step / rate
        wait = budget.take(now)
        assert wait >= 0
        if wait == 0:
            taken.append(now)
        else:
            assert budget.take(now + wait * 0.99 - 1e-6) > 0
            assert wait <= 1 / rate + 1e-6
    for first, start in enumerate(taken):
        for last in range(first, len(taken)):
            assert last - first + 1 <= rate * (taken[last] - start) + burst + 1e-3


def test_a_budget_lets_its_burst_and_its_rate_through() -> None:
    budget = Budget(rate=2, burst=3)
    assert [budget.take(10.0) for _ in range(4)] == [0, 0, 0, 0.5]
    assert [budget.take(10.5), budget.take(10.5)] == [0, 0.5]
    assert [budget.take(100.0) for _ in range(4)] == [0, 0, 0, 0.5]


def test_budgets_of_many_people_are_apart_and_the_untouched_are_forgotten() -> None:
    budgets = Budgets(rate=1, burst=1)
    assert budgets.take("a", 0.0) == 0
    assert budgets.take("b", 0.0) == 0
    assert budgets.take("a", 0.0) == 1
    for number in range(12_000):
        budgets.take(f"u{number}", 0.5)
    assert budgets.take("u0", 0.6) > 0
    for number in range(12_000):
        budgets.take(f"v{number}", 5.0)
    assert len(budgets._budgets) < 24_001
    assert "a" not in budgets._budgets


class SharedBus(MemoryBus):
    """The memory bus as the bus of several nodes."""

    shared = True


Act = tuple[str, int, str]
ACTS = st.lists(
    st.tuples(
        st.sampled_from(["enter", "leave", "leave now", "tick", "tick unheard", "wait"]),
        st.integers(0, 2),
        st.sampled_from("abc"),
    ),
    max_size=40,
)


@settings(max_examples=80, deadline=None)
@given(acts=ACTS)
async def test_presence_converges_over_nodes_and_its_differences_add_up(acts: list[Act]) -> None:
    clock, bus = ManualClock(), SharedBus()
    nodes = [Presence(bus, clock, node=f"n{number}") for number in range(3)]
    for node in nodes:
        await node.start()
    await deliver()
    here: list[dict[str, int]] = [{}, {}, {}]
    told: list[set[str]] = [set(), set(), set()]

    async def tick(number: int, *, heard: bool = True) -> None:
        for difference in await turn(nodes[number]) if heard else nodes[number].tick():
            came, went = set(difference.came), set(difference.went)
            assert not came & told[number], "nobody comes who is here"
            assert went <= told[number], "nobody goes who is not"
            told[number] = (told[number] | came) - went
        await deliver()

    for act, number, person in acts:
        if act == "enter":
            nodes[number].enter("oda", person)
            here[number][person] = here[number].get(person, 0) + 1
        elif act.startswith("leave") and here[number].get(person):
            nodes[number].leave("oda", person, at_once=act.endswith("now"))
            here[number][person] -= 1
        elif act.startswith("tick"):
            await tick(number, heard=act == "tick")
        elif act == "wait":
            clock.advance(1.0)
        for node in nodes:
            assert node.count("oda") == len(node.people("oda", limit=10))
    for _ in range(3):
        clock.advance(GRACE)
        for number in range(3):
            await tick(number)
    present = sorted({person for people in here for person, count in people.items() if count})
    for number, node in enumerate(nodes):
        assert node.people("oda", limit=10) == present
        assert node.count("oda") == node.online() == len(present)
        assert sorted(told[number]) == present
    await bus.close()


async def turn(presence: Presence) -> list[Difference]:
    """Do what the hub does once a second."""
    differences = presence.tick()
    await presence.report()
    return differences


async def deliver() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


async def test_a_reload_makes_no_noise() -> None:
    clock = ManualClock()
    presence = Presence(MemoryBus(), clock, node="n")
    assert presence.enter("oda", "a")
    assert [d.came for d in await turn(presence)] == [["a"]]
    presence.leave("oda", "a")
    clock.advance(GRACE - 0.1)
    assert await turn(presence) == []
    assert not presence.enter("oda", "a")
    clock.advance(10)
    assert await turn(presence) == []
    presence.leave("oda", "a")
    clock.advance(GRACE)
    assert [d.went for d in await turn(presence)] == [["a"]]
    assert presence.count("oda") == 0


async def test_a_single_node_keeps_nothing_to_tell_to_others() -> None:
    clock = ManualClock()
    presence = Presence(MemoryBus(), clock, node="n")
    for number in range(100):
        presence.enter("oda", f"u{number}")
        presence.leave("oda", f"u{number}", at_once=True)
        presence.tick()
    assert not presence._untold
    assert not presence._here


async def test_moving_to_another_node_makes_no_noise() -> None:
    clock, bus = ManualClock(), SharedBus()
    first, second = Presence(bus, clock, node="1"), Presence(bus, clock, node="2")
    for node in (first, second):
        await node.start()
    first.enter("oda", "a")
    for node in (first, second, first, second):
        await turn(node)
        await deliver()
    first.leave("oda", "a")
    clock.advance(1)
    second.enter("oda", "a")
    differences = []
    for _ in range(6):
        for node in (second, first):
            differences += await turn(node)
            await deliver()
        clock.advance(1)
    assert differences == []
    assert first.people("oda", limit=5) == second.people("oda", limit=5) == ["a"]


async def test_a_node_that_falls_silent_is_forgotten() -> None:
    clock, bus = ManualClock(), SharedBus()
    first, second = Presence(bus, clock, node="1"), Presence(bus, clock, node="2")
    for node in (first, second):
        await node.start()
    second.enter("oda", "a")
    await turn(second)
    await deliver()
    assert first.people("oda", limit=5) == ["a"]
    assert [d.came for d in await turn(first)] == [["a"]]
    clock.advance(29)
    assert await turn(first) == []
    clock.advance(2)
    assert [d.went for d in await turn(first)] == [["a"]]
    assert first.count("oda") == 0


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536])
def test_a_frame_says_its_size(size: int) -> None:
    data = wire.frame(b"x" * size)
    assert data[0] == 0x81
    short = data[1]
    start = {126: 4, 127: 10}.get(short, 2)
    assert (int.from_bytes(data[2:start]) if start > 2 else short) == size
    assert data[start:] == b"x" * size


@given(st.binary(max_size=200))
def test_no_bytes_break_the_decoder(data: bytes) -> None:
    with contextlib.suppress(wire.Refused, wire.NotText):
        wire.decode(data)


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
FIELDS = st.sampled_from(
    ["ref", "oda_id", "icerik", "son_sira", "donem", "istemci_id", "yanit", "ekler", "limit", "once", "emoji", "sira"]
)
TIPS: Iterable[str] = sorted(wire._TAGS)


@given(tip=JSON | st.sampled_from(list(TIPS)), fields=st.dictionaries(FIELDS, JSON, max_size=6))
def test_every_object_is_a_request_or_refused_with_a_reason(tip: Any, fields: dict[str, Any]) -> None:
    problem: wire.Refused | None = None
    try:
        request = wire.decode(msgspec.json.encode({**fields, "tip": tip}))
        assert request.__struct_config__.tag == tip
    except wire.Refused as refused:
        problem = refused
    if problem is not None:
        body = problem.error.hata()
        assert body["kod"] == "bilinmeyen_tip" or (body["kod"] == "gecersiz_alan" and body["alan"])
        assert problem.ref is None or problem.ref == fields["ref"]
