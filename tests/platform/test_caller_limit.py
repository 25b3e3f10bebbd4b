"""A caller's requests are worked a few at a time, and what waits for something else is not counted."""

import asyncio

import pytest

from meydan.platform.caller_limit import CallerLimit, rest
from meydan.platform.clock import ManualClock
from meydan.platform.errors import NotFound
from meydan.platform.turns import Turns

AT_ONCE = 2


class Desk:
    """Works on what comes until the test says that it is done."""

    def __init__(self, *, longest: float = 60.0) -> None:
        self.clock = ManualClock()
        self.limit = CallerLimit(at_once=AT_ONCE, longest=longest, clock=self.clock)
        self.begun: list[str] = []
        self._done: dict[str, asyncio.Event] = {}

    def comes(self, name: str, caller: str = "a", *, rests: asyncio.Event | None = None) -> asyncio.Task[None]:
        self._done[name] = asyncio.Event()
        return asyncio.create_task(self._come(name, caller, rests))

    async def is_done(self, *names: str) -> None:
        for name in names:
            self._done[name].set()
        await settle()

    async def _come(self, name: str, caller: str, rests: asyncio.Event | None) -> None:
        async with self.limit.work(caller):
            if rests is not None:
                async with rest():
                    await rests.wait()
            self.begun.append(name)
            await self._done[name].wait()


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_of_one_caller_so_many_are_worked_at_once_the_others_in_order_and_other_callers_beside() -> None:
    desk = Desk()
    tasks = [desk.comes(f"{number}") for number in range(5)]
    await settle()
    assert desk.begun == ["0", "1"]
    tasks.append(desk.comes("other", "b"))
    await settle()
    assert desk.begun == ["0", "1", "other"]
    await desk.is_done("1")
    assert desk.begun == ["0", "1", "other", "2"]
    await desk.is_done("0", "2", "other", "3", "4")
    assert desk.begun == ["0", "1", "other", "2", "3", "4"]
    await asyncio.gather(*tasks)
    assert not desk.limit.callers()


@pytest.mark.parametrize(("worked", "pause"), [(0.02, 0.02), (10.0, 0.05)], ids=["short", "long"])
async def test_between_the_requests_of_a_caller_in_line_the_node_is_left_to_others(worked: float, pause: float) -> None:
    desk = Desk()
    tasks = [desk.comes(f"{number}") for number in range(4)]
    await settle()
    desk.clock.advance(worked)
    await desk.is_done("0")
    assert desk.begun == ["0", "1"]
    desk.clock.advance(pause / 2)
    await settle()
    assert desk.begun == ["0", "1"]
    desk.clock.advance(pause)
    await settle()
    assert desk.begun == ["0", "1", "2"]
    await desk.is_done("1")
    tasks[3].cancel()  # it gives up in the pause before its turn
    desk.clock.advance(1)
    await desk.is_done("2")
    await asyncio.gather(*tasks, return_exceptions=True)
    assert not desk.limit.callers()
    tasks = [desk.comes("alone")]
    await settle()
    assert desk.begun[-1] == "alone", "who has nothing in line waits for nothing"
    await desk.is_done("alone")
    await asyncio.gather(*tasks)


async def test_who_gives_up_in_line_or_at_work_takes_nothing_along() -> None:
    desk = Desk()
    first, second, third, fourth = (desk.comes(f"{number}") for number in range(4))
    await settle()
    third.cancel()
    first.cancel()
    await settle()
    assert desk.begun == ["0", "1", "3"]
    last = desk.comes("last")
    await settle()
    desk._done["1"].set()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    last.cancel()  # its turn has just come
    await desk.is_done("3")
    await asyncio.gather(first, second, third, fourth, last, return_exceptions=True)
    assert not desk.limit.callers()


async def test_who_rests_leaves_the_place_to_others_and_stands_in_line_again() -> None:
    desk, arrived = Desk(), asyncio.Event()
    trickling = [desk.comes(f"slow{number}", rests=arrived) for number in range(10)]
    tasks = [desk.comes("quick"), desk.comes("quick too")]
    await settle()
    assert desk.begun == ["quick", "quick too"], "ten who wait for their peers block nobody"
    arrived.set()
    await settle()
    assert desk.begun == ["quick", "quick too"], "and do not all work at once then"
    await desk.is_done("quick", "quick too", *(f"slow{number}" for number in range(10)))
    await asyncio.gather(*trickling, *tasks)
    assert not desk.limit.callers()


async def test_what_takes_long_is_counted_no_more() -> None:
    desk = Desk(longest=0.0)
    tasks = [desk.comes(f"{number}") for number in range(5)]
    async with asyncio.timeout(20):
        while len(desk.begun) < 5:  # noqa: ASYNC110  # the loop passes by itself
            await asyncio.sleep(0)
    await desk.is_done(*desk.begun)
    await asyncio.gather(*tasks)
    assert not desk.limit.callers()


async def test_whose_turn_is_awaited_elsewhere_holds_no_share() -> None:
    limit, turns, served = CallerLimit(at_once=AT_ONCE), Turns(at_once=1, waiting=100, per_caller=100), list[int]()
    let_go = asyncio.Event()

    async def sign_in(number: int) -> None:
        async with limit.work("a"):
            async with turns.turn(("a",)):
                await let_go.wait()
            served.append(number)

    waiting = [asyncio.create_task(sign_in(number)) for number in range(20)]
    await settle()
    async with asyncio.timeout(20), limit.work("a"):
        let_go.set()
    await asyncio.gather(*waiting)
    assert served == list(range(20))
    assert not limit.callers()


async def test_who_is_refused_while_at_rest_does_not_stand_in_line_again() -> None:
    limit = CallerLimit(at_once=1)

    async def refused() -> None:
        async with limit.work("a"), rest():
            raise NotFound

    with pytest.raises(NotFound):
        await refused()
    assert not limit.callers()
