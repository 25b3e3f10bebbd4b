"""How often and how soon something is tried again."""

import asyncio
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meydan.platform.clock import ManualClock
from meydan.telegram.client.retry import ReconnectBudget, RetryConfig


def test_the_defaults_are_those_that_were_promised() -> None:
    assert RetryConfig() == RetryConfig(
        max_retries=5,
        base_delay=1.0,
        max_delay=60.0,
        exponential_base=2.0,
        jitter=True,
        retry_on_flood=True,
        retry_on_server_error=True,
        retry_on_network_error=True,
    )


def test_without_jitter_pauses_double_up_to_the_longest() -> None:
    config = RetryConfig(jitter=False)
    assert [config.pause(attempt, random.Random()) for attempt in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert config.longest(100_000) == 60


@given(
    base=st.floats(0, 100),
    longest=st.floats(0, 1000),
    exponent=st.floats(1, 10),
    attempt=st.integers(0, 10_000),
    seed=st.integers(),
)
def test_a_pause_with_jitter_lies_between_nothing_and_the_longest(
    base: float, longest: float, exponent: float, attempt: int, seed: int
) -> None:
    config = RetryConfig(base_delay=base, max_delay=longest, exponential_base=exponent)
    pause = config.pause(attempt, random.Random(seed))
    assert 0 <= pause <= config.longest(attempt) <= longest
    assert config.longest(attempt) <= config.longest(attempt + 1)


def test_jitter_uses_the_whole_range() -> None:
    config, dice = RetryConfig(), random.Random(1)
    pauses = [config.pause(4, dice) for _ in range(2_000)]
    assert min(pauses) < 0.5
    assert max(pauses) > 15.5
    assert 7.5 < sum(pauses) / len(pauses) < 8.5


@pytest.mark.parametrize(
    "wrong", [{"max_retries": -1}, {"base_delay": -1.0}, {"max_delay": -1.0}, {"exponential_base": 0.5}]
)
def test_nonsense_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="below"):
        RetryConfig(**wrong)  # type: ignore[arg-type]


@given(asks=st.lists(st.floats(0, 5), min_size=1, max_size=40), attempts=st.integers(1, 5))
def test_no_window_holds_more_connections_than_the_budget(asks: list[float], attempts: int) -> None:
    clock = ManualClock()
    budget = ReconnectBudget(clock, attempts=attempts, seconds=10.0)
    given_at: list[tuple[float, int]] = []

    async def ask(number: int) -> None:
        await budget.take()
        given_at.append((clock.monotonic(), number))

    async def run() -> None:
        tasks = []
        for number, pause in enumerate(asks):
            clock.advance(pause)
            tasks.append(asyncio.ensure_future(ask(number)))
            await asyncio.sleep(0)
        while not all(task.done() for task in tasks):
            clock.advance(0.5)
            await asyncio.sleep(0)

    asyncio.run(run())
    assert [number for _, number in given_at] == list(range(len(asks)))
    times = [moment for moment, _ in given_at]
    for early, late in zip(times, times[attempts:], strict=False):
        assert late - early >= 10.0 - 1e-6
