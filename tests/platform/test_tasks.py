import asyncio
from collections.abc import Callable
from functools import partial

import pytest
from structlog.testing import capture_logs

from meydan.platform.clock import ManualClock
from meydan.platform.errors import Unavailable
from meydan.platform.tasks import Periodic, ServiceEnded, State, Supervisor

PATIENCE = 5


class Part:
    """A service that does as it is told and writes down what happens to it."""

    def __init__(self, name: str, told: list[str], *, vital: bool = False) -> None:
        self.name = name
        self.vital = vital
        self.runs = 0
        self.begun = asyncio.Semaphore(0)
        self.ends: asyncio.Queue[BaseException | None] = asyncio.Queue()
        self.at_drain: Callable[[], None] = lambda: self.ends.put_nowait(None)
        self._told = told

    async def run(self) -> None:
        self.runs += 1
        self.begun.release()
        end = await self.ends.get()
        if end is not None:
            raise end
        self._told.append(f"{self.name} ended")

    async def drain(self) -> None:
        self._told.append(f"{self.name} drains")
        self.at_drain()


class Stage:
    """A supervisor over three parts, of which the first is vital."""

    def __init__(self, *, limit: float = PATIENCE) -> None:
        self.told: list[str] = []
        self.clock = ManualClock()
        self.vital, self.plain, self.other = (
            Part("vital", self.told, vital=True), Part("plain", self.told), Part("other", self.told)
        )  # fmt: skip
        self.supervisor = Supervisor(self.clock, limit=limit)
        self.supervisor.add(self.vital, self.plain, self.other)
        self.stop = asyncio.Event()

    async def begin(self) -> asyncio.Task[None]:
        running = asyncio.create_task(self.supervisor.run(self.stop))
        for part in (self.vital, self.plain, self.other):
            await part.begun.acquire()
        return running

    async def is_paused(self, *names: str) -> None:
        async with asyncio.timeout(PATIENCE):
            while self.supervisor.paused != list(names):  # noqa: ASYNC110  # nobody tells
                await asyncio.sleep(0)
        await asyncio.sleep(0)


IN_ORDER = ["other drains", "other ended", "plain drains", "plain ended", "vital drains", "vital ended"]


async def test_services_drain_in_turn_the_last_added_first() -> None:
    stage = Stage()
    running = await stage.begin()
    stage.stop.set()
    await asyncio.wait_for(running, PATIENCE)
    assert stage.told == IN_ORDER
    assert set(stage.supervisor.states.values()) == {State.ENDED}


async def test_a_vital_failure_drains_the_others_and_is_told() -> None:
    stage = Stage()
    running = await stage.begin()
    stage.vital.ends.put_nowait(LookupError("a fault"))
    with pytest.raises(LookupError, match="a fault"):
        await asyncio.wait_for(running, PATIENCE)
    assert stage.told == IN_ORDER[:-1], "nobody was cancelled"


async def test_a_vital_service_that_returns_early_has_failed() -> None:
    stage = Stage()
    running = await stage.begin()
    stage.vital.ends.put_nowait(None)
    with pytest.raises(ServiceEnded, match="vital"):
        await asyncio.wait_for(running, PATIENCE)
    assert "plain ended" in stage.told


@pytest.mark.parametrize("end", [LookupError("a fault"), None], ids=["fails", "returns early"])
async def test_another_service_that_ends_is_started_again_after_a_pause_that_grows(end: Exception | None) -> None:
    stage = Stage()
    running = await stage.begin()
    for runs, pause in ((1, 1), (2, 2), (3, 4)):
        assert stage.plain.runs == runs
        stage.plain.ends.put_nowait(end)
        await stage.is_paused("plain")
        stage.clock.advance(pause - 0.5)
        await stage.is_paused("plain")
        stage.clock.advance(0.5)
        await asyncio.wait_for(stage.plain.begun.acquire(), PATIENCE)
    assert stage.supervisor.paused == []
    stage.clock.advance(100)  # it was well for long
    stage.plain.ends.put_nowait(end)
    await stage.is_paused("plain")
    stage.clock.advance(1)
    await asyncio.wait_for(stage.plain.begun.acquire(), PATIENCE)
    stage.stop.set()
    await asyncio.wait_for(running, PATIENCE)


async def test_nobody_waits_for_a_pause_at_the_end() -> None:
    stage = Stage()
    running = await stage.begin()
    stage.plain.ends.put_nowait(LookupError())
    await stage.is_paused("plain")
    stage.stop.set()
    await asyncio.wait_for(running, PATIENCE)
    assert stage.plain.runs == 1


async def test_who_fails_at_draining_keeps_nobody_from_it() -> None:
    stage = Stage()

    def fail() -> None:
        raise LookupError

    stage.plain.at_drain = fail
    running = await stage.begin()
    stage.stop.set()
    await asyncio.wait_for(running, PATIENCE)
    assert stage.told == [line for line in IN_ORDER if line != "plain ended"]


async def test_a_failure_while_draining_is_told_after_the_others_have_drained() -> None:
    stage = Stage()
    stage.vital.at_drain = lambda: stage.vital.ends.put_nowait(LookupError("late"))
    running = await stage.begin()
    stage.stop.set()
    with pytest.raises(LookupError, match="late"):
        await asyncio.wait_for(running, PATIENCE)
    assert stage.told == IN_ORDER[:-1]


async def test_of_two_failures_while_draining_one_is_raised_and_the_other_logged() -> None:
    stage = Stage()
    running = await stage.begin()
    stage.plain.vital = stage.other.vital = True
    for part in (stage.plain, stage.other):
        part.at_drain = partial(part.ends.put_nowait, ValueError(part.name))
    stage.stop.set()
    with capture_logs() as lines, pytest.raises(ValueError, match="plain"):
        await running
    assert [line["service"] for line in lines if line["event"] == "services.failed_while_draining"] == ["other"]


async def test_who_is_cancelled_from_inside_starts_again() -> None:
    stage = Stage()
    running = await stage.begin()
    stage.plain.ends.put_nowait(asyncio.CancelledError())
    await stage.is_paused("plain")
    stage.clock.advance(1)
    await stage.plain.begun.acquire()
    stage.vital.ends.put_nowait(asyncio.CancelledError())
    with pytest.raises(ServiceEnded, match="vital"):
        await running


async def test_who_does_not_end_in_time_is_cancelled() -> None:
    stage = Stage(limit=0.05)
    stage.other.at_drain = lambda: None
    running = await stage.begin()
    stage.stop.set()
    await asyncio.wait_for(running, PATIENCE)
    assert stage.told == ["other drains"]
    assert set(stage.supervisor.states.values()) == {State.ENDED}


async def test_two_services_of_one_name_are_refused() -> None:
    supervisor = Supervisor(ManualClock(), limit=1)
    with pytest.raises(ValueError, match="'x'"):
        supervisor.add(Part("x", []), Part("x", []))


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
