import asyncio

from meydan.platform.gather import Gatherer


async def under_way(gatherer: Gatherer[int], number: int) -> asyncio.Task[None]:
    """Hand a number over and return when its call has begun."""
    task = asyncio.create_task(gatherer.add([number]))
    for _ in range(3):
        await asyncio.sleep(0)
    return task


def gated() -> tuple[Gatherer[int], asyncio.Event, list[list[int]]]:
    """Return a gatherer whose calls wait until the event is set, and what they delivered."""
    calls: list[list[int]] = []
    open_ = asyncio.Event()

    async def deliver(numbers: list[int]) -> None:
        await open_.wait()
        calls.append(numbers)

    return Gatherer(deliver), open_, calls


async def test_what_comes_while_a_call_is_on_its_way_goes_together_and_in_order() -> None:
    gatherer, open_, calls = gated()
    tasks = [await under_way(gatherer, 0), *(asyncio.create_task(gatherer.add([number])) for number in range(1, 5))]
    for _ in range(5):
        await asyncio.sleep(0)
    assert not any(task.done() for task in tasks)
    open_.set()
    await asyncio.gather(*tasks)
    assert calls == [[0], [1, 2, 3, 4]]


async def test_each_waits_for_its_own_and_nothing_is_delivered_twice() -> None:
    calls: list[list[int]] = []

    async def deliver(numbers: list[int]) -> None:
        await asyncio.sleep(0)
        calls.append(numbers)

    gatherer = Gatherer(deliver)

    async def add(number: int) -> None:
        await gatherer.add([number])
        assert any(number in call for call in calls)

    await asyncio.gather(*(add(number) for number in range(20)))
    await gatherer.add([])
    assert sorted(number for call in calls for number in call) == list(range(20))


async def test_who_gives_up_waiting_takes_nothing_along() -> None:
    gatherer, open_, calls = gated()
    tasks = [await under_way(gatherer, 0), *(asyncio.create_task(gatherer.add([number])) for number in (1, 2))]
    await asyncio.sleep(0)
    tasks[0].cancel()
    tasks[1].cancel()
    await asyncio.sleep(0)
    open_.set()
    await tasks[2]
    assert calls == [[0], [1, 2]]


async def test_an_error_reaches_those_whose_things_it_was_and_nobody_else() -> None:
    async def deliver(numbers: list[int]) -> None:
        for _ in range(5):
            await asyncio.sleep(0)
        if 0 in numbers:
            raise ConnectionResetError

    gatherer = Gatherer(deliver)
    tasks = [await under_way(gatherer, 0), *(asyncio.create_task(gatherer.add([number])) for number in (1, 2))]
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [ConnectionResetError, type(None), type(None)]
