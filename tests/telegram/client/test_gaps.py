"""Messages come in order, each once, whatever was lost on the way."""

import itertools
import random
import tracemalloc
from collections.abc import Container, Sequence
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from meydan.telegram.client.gaps import Gaps, Numbered

BOX = -1001


@dataclass(frozen=True)
class Line:
    id: int


class Server:
    """What Telegram knows of a box, and how often asking it fails."""

    def __init__(self, numbers: Container[int] = (), *, failures: int = 0) -> None:
        self.numbers = numbers
        self.failures = failures
        self.asked: list[list[int]] = []
        self.seen: list[int] = []

    async def fetch(self, box: int, numbers: Sequence[int]) -> list[Line]:
        assert box == BOX
        self.asked.append(list(numbers))
        if self.failures:
            self.failures -= 1
            raise ConnectionError
        found = [Line(number) for number in numbers if number in self.numbers]
        random.Random(1).shuffle(found)
        return found

    async def deliver(self, line: Numbered) -> None:
        self.seen.append(line.id)

    def gaps(self, *, asked_at_once: int = 500) -> Gaps:
        return Gaps(self.fetch, self.deliver, asked_at_once=asked_at_once)


async def test_nothing_is_asked_while_nothing_is_missing() -> None:
    server = Server()
    gaps = server.gaps()
    for number in (10, 11, 12):
        await gaps.take(BOX, Line(number))
    assert (server.seen, server.asked, gaps.filled) == ([10, 11, 12], [], 0)


async def test_a_hole_is_filled_before_the_message_behind_it() -> None:
    server = Server([11, 13])
    gaps = server.gaps()
    for number in (10, 14, 13, 14):
        await gaps.take(BOX, Line(number))
    assert (server.seen, server.asked) == ([10, 11, 13, 14], [[11, 12, 13]])
    assert (gaps.filled, gaps.repeated) == (2, 2)


async def test_own_sends_and_lines_of_the_service_leave_no_hole() -> None:
    server = Server()
    gaps = server.gaps()
    gaps.skip(BOX, 9)
    await gaps.take(BOX, Line(10))
    gaps.skip(BOX, 12)
    gaps.skip(BOX, 11)
    await gaps.take(BOX, Line(13))
    assert (server.seen, server.asked) == ([10, 13], [])


async def test_who_only_sends_keeps_no_list_of_it() -> None:
    server = Server()
    gaps = server.gaps()
    gaps.skip(BOX, 1)
    await gaps.take(BOX, Line(2))
    tracemalloc.start()
    try:
        for number in itertools.chain(range(3, 40_000), range(40_001, 80_000)):  # 40,000 is never heard of
            gaps.skip(BOX, number)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 2_000_000
    await gaps.take(BOX, Line(80_000))
    assert (server.seen, server.asked) == ([2, 80_000], [])


async def test_when_asking_fails_what_came_is_delivered_and_what_comes_late_too_but_once() -> None:
    server = Server(failures=1)
    gaps = server.gaps()
    for number in (10, 13, 11, 11):
        await gaps.take(BOX, Line(number))
    assert server.seen == [10, 13, 11]
    assert (gaps.given_up, gaps.repeated) == (2, 1)


async def test_of_a_long_hole_only_the_newest_part_is_asked_for() -> None:
    server = Server(range(10**9))
    gaps = server.gaps(asked_at_once=3)
    await gaps.take(BOX, Line(10))
    await gaps.take(BOX, Line(10**8))
    assert server.seen == [10, 10**8 - 3, 10**8 - 2, 10**8 - 1, 10**8]
    assert gaps.given_up == 10**8 - 11 - 3


async def test_what_the_first_message_overtook_is_delivered_once() -> None:
    server = Server()
    gaps = server.gaps()
    for number in (10, 8, 9, 8, 9, 10, 11):
        await gaps.take(BOX, Line(number))
    assert (server.seen, server.asked) == ([10, 8, 9, 11], [])


Stream = st.lists(st.sampled_from(["message", "lost", "own", "service", "deleted"]), max_size=30)


@given(kinds=Stream, seed=st.integers(), failures=st.integers(0, 3))
async def test_any_loss_and_any_order_end_with_each_message_once(kinds: list[str], seed: int, failures: int) -> None:
    dice = random.Random(seed)
    numbered = list(enumerate(kinds, start=1))
    messages = [number for number, kind in numbered if kind in {"message", "lost"}]
    server = Server(messages, failures=failures)
    gaps = server.gaps()
    gaps.skip(BOX, 0)
    stream = [item for item in numbered if item[1] in {"message", "own", "service"}]
    stream += dice.sample(stream, k=dice.randrange(len(stream) + 1))  # some come twice
    dice.shuffle(stream)
    for number, kind in stream:
        if kind == "message":
            await gaps.take(BOX, Line(number))
        else:
            gaps.skip(BOX, number)
    await gaps.take(BOX, Line(len(kinds) + 1))
    expected = [*messages, len(kinds) + 1]
    assert len(server.seen) == len(set(server.seen))
    came = {number for number, kind in stream if kind == "message"} | {len(kinds) + 1}
    assert came <= set(server.seen) <= set(expected)
    if not failures:
        assert server.seen == expected
