"""Turns: who asks the most waits the most, who hung up costs nothing, no slot is lost."""

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meydan.platform.errors import Unavailable
from meydan.platform.turns import Turns


class Desk:
    """Serves one caller at a time, each for as long as the test wants, and notes in which order they came to it."""

    def __init__(self, turns: Turns) -> None:
        self.turns = turns
        self.served: list[str] = []
        self.refused: list[str] = []
        self._gone: set[str] = set()
        self._next = asyncio.Event()

    def comes(self, name: str, *caller: str) -> asyncio.Task[None]:
        return asyncio.create_task(self._come(name, caller))

    def hangs_up(self, name: str) -> None:
        self._gone.add(name)

    async def serve_all(self) -> list[str]:
        while True:
            before = len(self.served)
            await settle()
            self._next.set()
            await settle()
            self._next.clear()
            if len(self.served) == before:
                return self.served

    async def _come(self, name: str, caller: Sequence[str]) -> None:
        async def gone() -> bool:
            return name in self._gone

        try:
            async with self.turns.turn(caller, gone=gone):
                await self._next.wait()
                self.served.append(name)
        except Unavailable:
            self.refused.append(name)


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def desk(*, waiting: int = 100, per_caller: int = 100) -> Desk:
    return Desk(Turns(at_once=1, waiting=waiting, per_caller=per_caller))


async def test_a_flood_from_one_address_delays_another_by_one_turn() -> None:
    one = desk()
    for number in range(50):
        one.comes(f"flood {number}", "192.0.2.1")
    await settle()
    one.comes("member", "198.51.100.7")
    await one.serve_all()
    assert one.served.index("member") <= 2
    assert len(one.served) == 51


async def test_a_network_counts_as_one_however_many_addresses_it_has() -> None:
    one = desk()
    for number in range(40):
        one.comes(f"flood {number}", "2001:db8::", f"2001:db8:0:{number}::")
    await settle()
    one.comes("member", "2001:db8:1::", "2001:db8:1:1::")
    await one.serve_all()
    assert one.served.index("member") <= 2


async def test_within_a_network_households_take_turns() -> None:
    one = desk()
    for number in range(20):
        one.comes(f"flood {number}", "2001:db8::", "2001:db8:0:1::")
    await settle()
    one.comes("neighbour", "2001:db8::", "2001:db8:0:2::")
    await one.serve_all()
    assert one.served.index("neighbour") <= 2


async def test_who_hung_up_is_passed_over() -> None:
    one = desk()
    for number in range(30):
        one.comes(f"flood {number}", "192.0.2.1")
    await settle()
    for number in range(1, 30):
        one.hangs_up(f"flood {number}")
    one.comes("neighbour", "192.0.2.1")
    assert await one.serve_all() == ["flood 0", "neighbour"]


async def test_one_caller_fills_its_own_places_only() -> None:
    one = desk(per_caller=3)
    for number in range(6):
        one.comes(f"flood {number}", "192.0.2.1")
    await settle()
    one.comes("member", "198.51.100.7")
    await one.serve_all()
    assert one.refused == ["flood 4", "flood 5"]
    assert "member" in one.served


async def test_when_it_is_full_a_newcomer_takes_the_place_of_the_last_of_the_largest() -> None:
    one = desk(waiting=4)
    for number in range(5):
        one.comes(f"flood {number}", "192.0.2.1")
    await settle()
    one.comes("member", "198.51.100.7")
    await one.serve_all()
    assert one.refused == ["flood 4"]
    assert "member" in one.served


@given(st.lists(st.tuples(st.integers(0, 2), st.sampled_from(["come", "cancel", "gone"])), max_size=40))
def test_whatever_happens_no_slot_is_lost(steps: list[tuple[int, str]]) -> None:
    async def run() -> None:
        one = desk(waiting=10, per_caller=5)
        tasks = []
        for number, (caller, what) in enumerate(steps):
            task = one.comes(str(number), str(caller))
            tasks.append(task)
            if what == "cancel":
                await asyncio.sleep(0)
                task.cancel()
            elif what == "gone":
                one.hangs_up(str(number))
        await one.serve_all()
        await asyncio.gather(*tasks, return_exceptions=True)
        last = one.comes("last", "elsewhere")
        await one.serve_all()
        assert last.done()
        assert one.served[-1] == "last"

    asyncio.run(run())


@pytest.mark.parametrize("cancelled_at", range(4))
async def test_who_gives_up_in_the_moment_of_their_turn_gives_the_slot_back(cancelled_at: int) -> None:
    one = desk()
    one.comes("first", "a")
    await settle()
    second = one.comes("second", "b")
    await settle()
    one._next.set()
    for _ in range(cancelled_at):
        await asyncio.sleep(0)
    second.cancel()
    await settle()
    one._next.clear()
    one.comes("third", "c")
    await one.serve_all()
    assert "third" in one.served
