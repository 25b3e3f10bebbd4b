import asyncio

import pytest
from pydantic import BaseModel, ConfigDict, Field

from meydan.platform.bus import Bus
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


async def test_bad_changes_change_nothing(db: Database, bus: Bus, clock: ManualClock) -> None:
    live = node(db, bus, clock)
    for changes in ({"size": 0}, {"size": "x"}, {"colour": 1}):
        with pytest.raises(InvalidInput):
            await live.change("sample", changes, by="x")
    with pytest.raises(UnknownSection):
        await live.change("other", {}, by="x")
    assert live.current(Sample) == Sample()
