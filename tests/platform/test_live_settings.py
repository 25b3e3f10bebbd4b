import asyncio
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, Field

from meydan.platform.bus import Bus, MemoryBus
from meydan.platform.clock import ManualClock
from meydan.platform.db import Database
from meydan.platform.errors import InvalidInput
from meydan.platform.live_settings import LiveSettings, UnknownSection


class Sample(BaseModel):
    model_config = ConfigDict(frozen=True)

    size: int = Field(3, ge=1)
    open: bool = True


def node(db: Database, bus: Bus, clock: ManualClock) -> LiveSettings:
    live = LiveSettings(db, bus, clock)
    live.register("sample", Sample)
    return live


async def test_a_change_reaches_every_node_and_the_next_start(db: Database, bus: Bus, clock: ManualClock) -> None:
    first, second = node(db, bus, clock), node(db, bus, clock)
    await first.start()
    await second.start()
    heard: list[BaseModel] = []
    second.on_change(heard.append)
    assert await first.change("sample", {"size": 5}, by="x") == Sample(size=5)
    await asyncio.sleep(0)
    assert second.current(Sample) == Sample(size=5)
    assert heard == [Sample(size=5)]
    await first.change("sample", {"open": False}, by="x")
    late = node(db, bus, clock)
    await late.start()
    assert late.current(Sample) == Sample(size=5, open=False)


async def test_the_latest_change_holds_in_whichever_order_words_come(
    db: Database, bus: Bus, clock: ManualClock
) -> None:
    words: list[bytes] = []
    await bus.subscribe("live-settings", words.append)
    first = node(db, bus, clock)
    await first.change("sample", {"size": 5}, by="x")
    clock.advance(-3600)  # the second node's clock
    await node(db, bus, clock).change("sample", {"size": 7}, by="y")
    await asyncio.sleep(0)
    second = node(db, bus, clock)
    await second.start()
    assert second.current(Sample) == Sample(size=7)
    for word in (words[1], words[0], b"{}"):
        await bus.publish("live-settings", word)
    await asyncio.sleep(0)
    assert second.current(Sample) == Sample(size=7)


async def test_what_was_not_heard_is_found(db: Database, bus: Bus, clock: ManualClock) -> None:
    deaf = LiveSettings(db, MemoryBus(), clock, every=0.0)
    deaf.register("sample", Sample)
    await deaf.start()
    found = asyncio.Event()
    deaf.on_change(lambda _value: found.set())
    await node(db, bus, clock).change("sample", {"size": 5}, by="x")
    assert deaf.current(Sample) == Sample()
    await _found(deaf, found)
    assert deaf.current(Sample) == Sample(size=5)


async def test_it_looks_at_once_when_the_bus_is_back(db: Database, bus: Bus, clock: ManualClock) -> None:
    back = ComingBack()
    live = node(db, back, clock)
    await live.start()
    found = asyncio.Event()
    live.on_change(lambda _value: found.set())
    await node(db, bus, clock).change("sample", {"size": 5}, by="x")
    back.resync()
    await _found(live, found)
    assert live.current(Sample) == Sample(size=5)


class ComingBack(MemoryBus):
    """A bus that says when it may have missed something."""

    def resync(self) -> None:
        for subscriptions in self._channels.values():
            for subscription in subscriptions:
                subscription.resync()


async def _found(live: LiveSettings, found: asyncio.Event) -> None:
    running = asyncio.create_task(live.run())
    async with asyncio.timeout(20):
        await found.wait()
        await live.drain()
        await running


async def test_first_changes_at_the_same_time_both_hold(db: Database, bus: Bus, clock: ManualClock) -> None:
    nodes = [node(db, bus, clock) for _ in range(4)]
    changes: list[dict[str, Any]] = [{"size": 5}, {"open": False}, {"size": 5}, {"open": False}]
    await asyncio.gather(*(one.change("sample", change, by="x") for one, change in zip(nodes, changes, strict=True)))
    late = node(db, bus, clock)
    await late.start()
    assert late.current(Sample) == Sample(size=5, open=False)


async def test_what_goes_with_a_change_goes_as_a_whole(db: Database, bus: Bus, clock: ManualClock) -> None:
    live = node(db, bus, clock)
    noted: list[dict[str, Any]] = []
    await live.change("sample", {"size": " 5 "}, by="x", also=lambda _session, values: noted.append(values))
    assert noted == [{"size": 5}]

    def fail(_session: object, _values: object) -> None:
        raise RuntimeError("not written")

    with pytest.raises(RuntimeError):
        await live.change("sample", {"size": 9}, by="x", also=fail)
    assert live.current(Sample) == Sample(size=5)
    late = node(db, bus, clock)
    await late.start()
    assert late.current(Sample) == Sample(size=5)


async def test_a_stored_value_that_is_refused_today_leaves_the_others_alone(
    db: Database, bus: Bus, clock: ManualClock
) -> None:
    class Before(BaseModel):
        size: int = 3
        open: bool = True
        colour: str = ""

    before = LiveSettings(db, bus, clock)
    before.register("sample", Before)
    await before.change("sample", {"size": -5, "open": False, "colour": "x"}, by="x")
    live = node(db, bus, clock)
    await live.start()
    assert live.current(Sample) == Sample(open=False)
    assert await live.change("sample", {"open": True}, by="x") == Sample(open=True)
    with pytest.raises(InvalidInput):
        await live.change("sample", {"size": -5}, by="x")


async def test_bad_changes_change_nothing(db: Database, bus: Bus, clock: ManualClock) -> None:
    live = node(db, bus, clock)
    for changes in ({"size": 0}, {"size": "x"}, {"colour": 1}):
        with pytest.raises(InvalidInput):
            await live.change("sample", changes, by="x")
    with pytest.raises(UnknownSection):
        await live.change("other", {}, by="x")
    assert live.current(Sample) == Sample()
