"""One contract over both limiters: no window is ever exceeded, and whoever waits as told is granted."""

import itertools
import os
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meydan.platform.clock import ManualClock
from meydan.platform.redis import open_redis
from meydan.telegram.limiter import (
    LONGEST_BOT_HOLD,
    LONGEST_CHAT_HOLD,
    Grant,
    Hold,
    Holder,
    Limiter,
    Penalty,
    Spent,
)
from meydan.telegram.limits import Ask, TelegramLimits, Window
from meydan.telegram.memory_limiter import MemoryLimiter
from meydan.telegram.redis_limiter import RedisLimiter
from tests.conftest import REDIS, need

LIMITS = TelegramLimits(chat_count=3, chat_seconds=3.0, group_per_minute=20, bot_per_second=30)
TIGHT = TelegramLimits(chat_count=2, chat_seconds=1.5, group_per_minute=6, bot_per_second=4, shared_per_minute=8)
PERSON, GROUP = Ask("b", 5), Ask("b", -5, group=True)
ASKS = [
    PERSON,
    GROUP,
    Ask("b", 6, cost=2),
    Ask("b", -7, group=True, cost=7),
    Ask("b", -9, group=True, shared=True),
    Ask("c", -9, group=True, shared=True, cost=3),
    Ask("b", 0),
]
RUNS = itertools.count()
Make = Callable[..., Awaitable[Limiter]]
Step = tuple[str, int, int]
STEP = st.tuples(st.sampled_from(["take", "take", "settle", "give_back"]), st.integers(0, 1_500), st.integers(0, 9))


@dataclass
class Slot:
    """A grant's request can have arrived at any moment from `taken` to `end`."""

    ask: Ask
    taken: float
    end: float


def windows_of(slots: list[Slot]) -> Iterator[tuple[tuple[object, ...], int, float, list[Slot]]]:
    """Yield each window that was drawn on, and by what."""
    drawn: defaultdict[tuple[tuple[object, ...], Window], list[Slot]] = defaultdict(list)
    for slot in slots:
        ask = slot.ask
        for window in TIGHT.bot_windows():
            drawn[(Holder.BOT, ask.bot_id), window].append(slot)
        for window in TIGHT.chat_windows(group=ask.group) if ask.chat_id else ():
            drawn[(Holder.CHAT, ask.bot_id, ask.chat_id), window].append(slot)
        for window in TIGHT.shared_windows() if ask.shared else ():
            drawn[(Holder.SHARED, ask.chat_id), window].append(slot)
    for (key, window), one in drawn.items():
        yield key, window.units, window.seconds, one


async def still_held(limiter: Limiter, clock: ManualClock, hold: Hold) -> None:
    """Wait as told, and see that a little less would not have done."""
    seconds = hold.seconds
    if seconds > 0.001:
        clock.advance(seconds - 0.001)
        (sooner,) = await limiter.take([hold.ask])
        assert isinstance(sooner, Hold)
        seconds = sooner.seconds
    clock.advance(seconds)


@pytest.fixture(params=["memory", "redis"])
async def make(request: pytest.FixtureRequest, clock: ManualClock) -> AsyncIterator[Make]:
    """Make limiters; those of one name share what they keep, and the last one's limits."""
    redis = None
    if request.param == "redis":
        need("Redis", REDIS)
        redis = open_redis(REDIS)
    prefix = f"limiter:{os.getpid()}:{next(RUNS)}:"
    limits_now: dict[str, TelegramLimits] = {}
    made: dict[str, Limiter] = {}

    async def run(
        limits: TelegramLimits = LIMITS, *, name: str = "", clock: ManualClock = clock, restarted: bool = False
    ) -> Limiter:
        limits_now[name] = limits
        if name not in made or restarted:
            made[name] = (
                MemoryLimiter(clock, lambda: limits_now[name])
                if redis is None
                else RedisLimiter(redis, lambda: limits_now[name], prefix=f"{prefix}{name}:", clock=clock)
            )
        return made[name]

    yield run
    if redis is not None:
        keys = [key async for key in redis.scan_iter(match=f"{prefix}*", count=1_000)]
        if keys:
            await redis.delete(*keys)
        await redis.aclose()


async def spend(limiter: Limiter, ask: Ask) -> float:
    """Take and settle one slot at once; return how long it must wait, 0 when granted."""
    (answer,) = await limiter.take([ask])
    if isinstance(answer, Hold):
        return answer.seconds
    await limiter.settle([answer])
    return 0.0


class TestLimiter:
    async def test_a_short_burst_then_the_window(self, make: Make, clock: ManualClock) -> None:
        limiter = await make()
        assert [await spend(limiter, PERSON) for _ in range(3)] == [0, 0, 0]
        clock.advance(1.0)
        (held,) = await limiter.take([PERSON])
        assert isinstance(held, Hold)
        assert (held.holder, round(held.seconds, 3)) == (Holder.CHAT, 2.0)
        clock.advance(held.seconds)
        assert await spend(limiter, PERSON) == 0

    async def test_a_group_has_its_minute_too(self, make: Make, clock: ManualClock) -> None:
        limiter = await make()
        sent = 0
        for _ in range(60):
            while await spend(limiter, GROUP) == 0:
                sent += 1
            clock.advance(0.99)
        assert sent == 20

    async def test_the_bot_has_a_limit_over_all_its_chats(self, make: Make) -> None:
        limiter = await make()
        answers = await limiter.take([Ask("b", number) for number in range(1, 41)])
        assert sum(isinstance(answer, Grant) for answer in answers) == 30
        assert {answer.holder for answer in answers if isinstance(answer, Hold)} == {Holder.BOT}
        other = await limiter.take([Ask("c", 1)])
        assert isinstance(other[0], Grant)

    async def test_bots_share_the_budget_of_a_simulated_room(self, make: Make, clock: ManualClock) -> None:
        limiter = await make(LIMITS.model_copy(update={"shared_per_minute": 4}))
        asks = [Ask(f"bot{number}", -5, group=True, shared=True) for number in range(6)]
        answers = await limiter.take(asks)
        assert [isinstance(answer, Grant) for answer in answers] == [True] * 4 + [False] * 2
        assert {answer.holder for answer in answers if isinstance(answer, Hold)} == {Holder.SHARED}

    async def test_a_slot_counts_from_its_answer(self, make: Make, clock: ManualClock) -> None:
        limiter = await make(LIMITS.model_copy(update={"chat_count": 1}))
        (grant,) = await limiter.take([PERSON])
        assert isinstance(grant, Grant)
        clock.advance(2.0)
        await limiter.settle([grant])
        clock.advance(2.9)
        assert await spend(limiter, PERSON) == pytest.approx(0.1, abs=1e-4)
        clock.advance(0.1)
        assert await spend(limiter, PERSON) == 0

    async def test_a_slot_is_granted_a_moment_before_it_opens(self, make: Make, clock: ManualClock) -> None:
        limiter = await make(LIMITS.model_copy(update={"chat_count": 1}))
        await spend(limiter, PERSON)
        clock.advance(2.9)
        (early,) = await limiter.take([PERSON], lead=0.05)
        assert isinstance(early, Hold)
        clock.advance(0.06)
        granted, second = await limiter.take([PERSON, PERSON], lead=0.05)
        assert isinstance(granted, Grant)
        assert granted.delay == pytest.approx(0.04, abs=1e-4)
        assert isinstance(second, Hold)

    async def test_what_never_left_is_given_back(self, make: Make) -> None:
        limiter = await make(LIMITS.model_copy(update={"chat_count": 1}))
        (grant,) = await limiter.take([PERSON])
        assert isinstance(grant, Grant)
        await limiter.give_back([grant])
        assert await spend(limiter, PERSON) == 0

    async def test_what_nobody_settles_is_forgotten(self, make: Make, clock: ManualClock) -> None:
        limiter = await make(LIMITS.model_copy(update={"chat_count": 1}))
        await limiter.take([PERSON])
        clock.advance(59)
        assert await spend(limiter, PERSON) > 0
        clock.advance(4.1)
        assert await spend(limiter, PERSON) == 0

    async def test_an_album_costs_its_items(self, make: Make) -> None:
        limiter = await make()
        (answer,) = await limiter.take([PERSON._replace(cost=3)])
        assert isinstance(answer, Grant)
        assert await spend(limiter, PERSON) > 0
        (large,) = await limiter.take([Ask("b", 6, cost=10)])
        assert isinstance(large, Grant)  # larger than the window: it needs it empty

    async def test_a_penalty_holds_its_chat_and_a_second_one_the_bot(self, make: Make, clock: ManualClock) -> None:
        limiter = await make()
        (first,) = await limiter.punish("b", 5, seconds=4)
        assert (first.chat_id, first.strikes) == (5, 1)
        assert await spend(limiter, PERSON) == pytest.approx(4, abs=0.2)
        assert await spend(limiter, Ask("b", 6)) == 0
        told = await limiter.punish("b", 7, seconds=4)
        assert {penalty.chat_id for penalty in told} == {7, 0}
        assert await spend(limiter, Ask("b", 6)) > 0
        assert {penalty.chat_id for penalty in await limiter.penalties("b")} == {5, 7, 0}
        clock.advance(5)
        assert await spend(limiter, Ask("b", 6)) == 0
        assert await limiter.penalties("b") == []
        (again,) = [one for one in await limiter.punish("b", 5, seconds=4) if one.chat_id]
        assert again.strikes == 2

    @pytest.mark.parametrize("seconds", [300.0, 3e7, 1e13, 1e300, float("inf"), 0.0, -5.0, float("nan")])
    async def test_a_hold_is_bounded_whatever_telegram_tells(self, make: Make, *, seconds: float) -> None:
        limiter = await make()
        for chat in (5, 7):
            await limiter.punish("b", chat, seconds=seconds)
        await limiter.restore([Penalty("b", 9, seconds, 1), Penalty("c", 0, seconds, 1)])
        for bot in ("b", "c"):
            for penalty in await limiter.penalties(bot):
                longest = LONGEST_CHAT_HOLD if penalty.chat_id else LONGEST_BOT_HOLD
                assert penalty.seconds == pytest.approx(min(max(0.0, seconds), longest), abs=0.1)
        for ask, longest in ((Ask("b", 6), LONGEST_BOT_HOLD), (PERSON, LONGEST_CHAT_HOLD)):
            (eta,) = await limiter.outlook([ask], ahead=[0])
            assert eta == pytest.approx(await spend(limiter, ask), abs=1e-3)
            assert eta <= longest + 1

    async def test_a_hold_is_lifted_where_it_stands_and_nowhere_else(self, make: Make) -> None:
        limiter = await make()
        for chat in (5, 7):
            await limiter.punish("b", chat, seconds=1e9)
        assert await spend(limiter, Ask("b", 6)) > 0
        await limiter.lift("b", 0)
        assert await spend(limiter, Ask("b", 6)) == 0
        assert await spend(limiter, PERSON) > 0
        await limiter.lift("b", 5)
        assert await spend(limiter, PERSON) == 0
        assert [penalty.chat_id for penalty in await limiter.penalties("b")] == [7]
        for bot, chat in (("b", 5), ("nobody", 0)):
            await limiter.lift(bot, chat)

    async def test_penalties_are_held_again_after_a_restart(self, make: Make, clock: ManualClock) -> None:
        limiter = await make(name="after")
        await limiter.restore([Penalty("b", 5, 9.0, 3)])
        assert await spend(limiter, PERSON) == pytest.approx(9, abs=1e-3)
        assert [(one.chat_id, one.strikes) for one in await limiter.penalties("b")] == [(5, 3)]
        await limiter.restore([Penalty("b", 5, 1.0, 1)])
        assert await spend(limiter, PERSON) == pytest.approx(9, abs=1e-3)

    async def test_what_was_sent_before_a_restart_counts(self, make: Make, clock: ManualClock) -> None:
        shared = Ask("b", -9, group=True, cost=2, shared=True)
        first = await make()
        clock.advance(100)
        for ask in (PERSON, PERSON, PERSON, shared):
            assert await spend(first, ask) == 0
        clock.advance(2)
        second = await make(restarted=True)
        await second.recall([Spent(ask, 2.0) for ask in (shared, PERSON, PERSON, PERSON)])
        assert await spend(second, PERSON) == pytest.approx(1, abs=1e-3)
        gauges = await second.gauges(shared)
        assert [(gauge.used, gauge.count) for gauge in gauges[Holder.SHARED]] == [(2, 20)]
        assert gauges[Holder.BOT][0].used == 0
        clock.advance(1)
        assert await spend(second, PERSON) == 0

    async def test_what_comes_to_mind_late_stands_in_its_place(self, clock: ManualClock) -> None:
        limiter = MemoryLimiter(clock, lambda: LIMITS)
        clock.advance(100)
        assert await spend(limiter, PERSON) == 0
        await limiter.recall([Spent(PERSON, 1.0), Spent(PERSON, 2.5), Spent(PERSON, 70.0), Spent(Ask("b", 6), -3.0)])
        assert await spend(limiter, PERSON) == pytest.approx(0.5, abs=1e-3)
        (held,) = await limiter.take([Ask("b", 6, cost=3)])  # the other's clock went ahead
        assert isinstance(held, Hold)
        assert held.seconds == pytest.approx(3, abs=1e-3)

    async def test_the_outlook_says_when(self, make: Make, clock: ManualClock) -> None:
        limiter = await make()
        for _ in range(3):
            await spend(limiter, PERSON)
        etas = await limiter.outlook([PERSON, PERSON, PERSON, Ask("b", 9)], ahead=[0, 2, 3, 0])
        assert [round(eta, 3) for eta in etas] == [3.0, 3.0, 6.0, 0.0]

    async def test_gauges_show_what_is_used(self, make: Make) -> None:
        limiter = await make()
        await spend(limiter, GROUP)
        await limiter.take([GROUP])
        gauges = await limiter.gauges(GROUP)
        assert [(gauge.used, gauge.count, gauge.seconds) for gauge in gauges[Holder.CHAT]] == [(2, 3, 3.0), (2, 20, 60)]
        assert gauges[Holder.BOT][0].used == 2

    async def test_changed_limits_hold_at_once(self, make: Make, clock: ManualClock) -> None:
        limiter = await make()
        for _ in range(3):
            await spend(limiter, PERSON)
        clock.advance(4)
        limits = LIMITS.model_copy(update={"chat_count": 1, "chat_seconds": 10.0})
        limiter = await make(limits)
        assert await spend(limiter, PERSON) == pytest.approx(6, abs=1e-4)
        limiter = await make(limits.model_copy(update={"chat_count": 4}))
        assert await spend(limiter, PERSON) == 0

    async def test_the_longest_hold_is_told(self, make: Make, clock: ManualClock) -> None:
        limiter = await make(LIMITS.model_copy(update={"bot_per_second": 3}))
        for _ in range(3):
            await spend(limiter, PERSON)
        (bot, both) = await limiter.take([Ask("b", 6), PERSON])
        assert isinstance(bot, Hold)
        assert (bot.holder, round(bot.seconds, 3)) == (Holder.BOT, 1.0)
        assert isinstance(both, Hold)
        assert (both.holder, round(both.seconds, 3)) == (Holder.CHAT, 3.0)
        await limiter.punish("b", 0, seconds=9)
        (held,) = await limiter.take([PERSON])
        assert isinstance(held, Hold)
        assert held.holder is Holder.PENALTY

    async def test_a_penalty_never_ends_sooner_than_it_was_told(self, make: Make, clock: ManualClock) -> None:
        limiter = await make()
        await limiter.punish("b", 5, seconds=4_000)
        clock.advance(1)
        (told,) = await limiter.punish("b", 5, seconds=2)
        assert told.seconds == pytest.approx(3_999, abs=0.2)
        assert told.strikes == 2
        clock.advance(4_059.5)
        assert (await limiter.punish("b", 5, seconds=1))[0].strikes == 1

    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(plan=st.lists(STEP, max_size=60))
    async def test_no_window_is_ever_exceeded_and_nobody_waits_in_vain(self, make: Make, plan: list[Step]) -> None:
        clock = ManualClock()
        limiter = await make(TIGHT, clock=clock, name=str(next(RUNS)))
        slots: list[Slot] = []
        open_: list[tuple[Grant, Slot]] = []

        def granted(grant: Grant) -> None:
            slot = Slot(grant.ask, clock.monotonic() + grant.delay, clock.monotonic() + 60)
            slots.append(slot)
            open_.append((grant, slot))

        for kind, pause, number in plan:
            clock.advance(pause / 1024)
            if kind == "take":
                lead = 0.05 * (pause % 3)
                (answer,) = await limiter.take([ASKS[number % len(ASKS)]], lead=lead)
                if isinstance(answer, Grant):
                    assert answer.delay <= lead + 1e-6
                if isinstance(answer, Hold) and not open_:
                    await still_held(limiter, clock, answer)
                    (answer,) = await limiter.take([answer.ask])
                    assert isinstance(answer, Grant)
                if isinstance(answer, Grant):
                    granted(answer)
            elif open_:
                grant, slot = open_.pop(number % len(open_))
                if kind == "settle":
                    clock.advance(max(slot.taken - clock.monotonic(), 0))  # nothing is answered before it leaves
                    await limiter.settle([grant])
                    slot.end = min(slot.end, clock.monotonic())
                else:
                    await limiter.give_back([grant])
                    if clock.monotonic() < slot.end:
                        slots.remove(slot)
        for (holder, *_), units, seconds, drawn in windows_of(slots):
            for moment in (slot.end for slot in drawn):
                inside = [slot for slot in drawn if slot.taken < moment + seconds and slot.end >= moment]
                assert len(inside) == 1 or sum(slot.ask.cost for slot in inside) <= units, holder

    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        ask=st.sampled_from(ASKS),
        before=st.lists(st.integers(0, 5_000), max_size=12),
        held=st.none() | st.integers(1, 30),
        ahead=st.integers(0, 25),
    )
    async def test_the_outlook_is_what_a_lane_alone_will_see(
        self, make: Make, ask: Ask, before: list[int], held: int | None, ahead: int
    ) -> None:
        clock = ManualClock()
        limiter = await make(TIGHT, clock=clock, name=str(next(RUNS)))
        for pause in before:
            clock.advance(pause / 1024)
            await spend(limiter, ask)
        if held is not None:
            await limiter.punish(ask.bot_id, ask.chat_id, seconds=held)
        (expected,) = await limiter.outlook([ask], ahead=[ahead])
        start = clock.monotonic()
        for one in [ask._replace(cost=1)] * ahead + [ask]:
            while (seconds := await spend(limiter, one)) > 0:
                clock.advance(seconds)
        assert clock.monotonic() - start == pytest.approx(expected, abs=1e-4)
