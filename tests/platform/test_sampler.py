import asyncio

from meydan.platform.clock import ManualClock
from meydan.platform.sampler import Sampler


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_gauges_and_rates_once_a_second_until_drained() -> None:
    async def scenario() -> None:
        clock = ManualClock()
        sampler = Sampler(clock)
        state = {"open": 2, "sent": 100}
        sampler.gauge("connections", lambda: state["open"])
        sampler.rate("sent_per_s", lambda: state["sent"])
        running = asyncio.create_task(sampler.run())
        await settle()
        state.update(open=3, sent=150)
        clock.advance(1)
        await settle()
        clock.advance(0.5)
        await settle()
        start = clock.now().timestamp() - 1.5
        assert sampler.columns == ("t", "connections", "sent_per_s")
        assert sampler.rows() == [(start, 2, 0), (start + 1, 3, 50)]
        assert sampler.rows(since=start) == [(start + 1, 3, 50)]
        await sampler.drain()
        await asyncio.wait_for(running, 20)

    asyncio.run(scenario())


def test_only_the_newest_rows_are_kept() -> None:
    clock = ManualClock()
    sampler = Sampler(clock, rows=3)
    sampler.gauge("x", clock.monotonic)
    for _ in range(5):
        sampler.sample()
        clock.advance(1)
    assert [row[1] for row in sampler.rows()] == [2, 3, 4]


def test_a_restarted_counter_is_no_negative_rate() -> None:
    clock = ManualClock()
    value = [50.0]
    sampler = Sampler(clock)
    sampler.rate("x", lambda: value[0])
    clock.advance(1)
    value[0] = 10
    sampler.sample()
    assert sampler.rows()[0][1] == 0
