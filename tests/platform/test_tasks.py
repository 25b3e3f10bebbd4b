import asyncio

import pytest

from meydan.platform.errors import Unavailable
from meydan.platform.tasks import Periodic


async def test_it_works_again_and_again_until_drained() -> None:
    turns = asyncio.Semaphore(0)

    async def work() -> None:
        turns.release()

    service = Periodic("x", work, every=0.001)
    running = asyncio.create_task(service.run())
    for _ in range(3):
        await turns.acquire()
    await service.drain()
    await asyncio.wait_for(running, 5)


async def test_a_turn_under_way_is_finished() -> None:
    begun, go_on, done = asyncio.Event(), asyncio.Event(), list[str]()

    async def work() -> None:
        begun.set()
        await go_on.wait()
        done.append("whole")

    service = Periodic("x", work, every=3600)
    running = asyncio.create_task(service.run())
    await begun.wait()
    await service.drain()
    go_on.set()
    await asyncio.wait_for(running, 5)
    assert done == ["whole"]


async def test_a_database_that_is_away_puts_it_off_and_nothing_else_does() -> None:
    turns = iter([Unavailable(), None, LookupError("a fault")])

    async def work() -> None:
        if (error := next(turns)) is not None:
            raise error

    with pytest.raises(LookupError, match="a fault"):
        await asyncio.wait_for(Periodic("x", work, every=0.001).run(), 5)
