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


async def test_a_caller_has_a_fifth_of_the_time_some_of_it_ahead_and_others_have_theirs() -> None:
    desk = Desk()
    tasks = [desk.comes(f"{number}") for number in range(5)]
    await settle()
    desk.clock.advance(0.04)
    await desk.is_done("0", "1")
    assert desk.begun == ["0", "1", "2", "3"], "80 ms may be used ahead"
    desk.clock.advance(0.02)
    await desk.is_done("2", "3")  # 120 ms in 60 ms
    tasks += [desk.comes("late"), desk.comes("other", "b")]
    desk.clock.advance(0.07)
    await settle()
    assert desk.begun[4:] == ["other"]
    tasks[4].cancel()  # it gives up in the pause before its turn
    desk.clock.advance(0.02)
    await settle()
    assert desk.begun[4:] == ["other", "late"]
    await desk.is_done("late", "other")
    desk.clock.advance(1)
    await asyncio.gather(*tasks, return_exceptions=True)
    await settle()
    assert not desk.limit.callers()


async def test_who_asks_one_after_the_other_is_held_too_and_who_took_long_for_a_second() -> None:
    desk, tasks = Desk(), list[asyncio.Task[None]]()
    for name in ("0", "1"):
        tasks.append(desk.comes(name))
        await settle()
        desk.clock.advance(10)
        await desk.is_done(name)
    tasks.append(desk.comes("2"))
    await settle()
    assert desk.begun == ["0", "1", "2"], (
        "the pause of the first is over, that of the second not, and there are two places"
    )
    tasks.append(desk.comes("3"))
    await settle()
    desk.clock.advance(0.98)
    await settle()
    assert desk.begun[3:] == []
    desk.clock.advance(0.04)
    await settle()
    assert desk.begun[3:] == ["3"]
    await desk.is_done("2", "3")
    await asyncio.gather(*tasks)


async def test_who_is_alone_waits_for_nobody() -> None:
    desk = Desk()
    desk.limit.alone = lambda: True
    tasks = [desk.comes(f"{number}") for number in range(6)]
    for number in range(6):
        await settle()
        assert len(desk.begun) == min(number + 2, 6), "no pause is between them"
        desk.clock.advance(1)
        await desk.is_done(f"{number}")
    await asyncio.gather(*tasks)


async def test_what_counts_as_more_than_it_took() -> None:
    clock = ManualClock()
    limit, done = CallerLimit(clock=clock), list[int]()

    async def one(number: int) -> None:
        async with limit.work("a", at_least=0.01):
            done.append(number)

    tasks = [asyncio.create_task(one(number)) for number in range(20)]
    await settle()
    assert len(done) == 10, "80 ms ahead, and the two whose turn it was"
    clock.advance(0.06)
    await settle()
    assert len(done) == 11
    for _ in range(20):
        clock.advance(0.06)
        await settle()
    await asyncio.gather(*tasks)


async def test_nobody_is_remembered_longer_than_they_owe() -> None:
    clock = ManualClock()
    limit = CallerLimit(most_remembered=10, clock=clock)
    for number in range(1_000):
        async with limit.work(f"{number}", at_least=0.01):
            clock.advance(0.01)
    assert limit.remembered <= 20


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
            async with rest(), turns.turn(("a",)):
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
