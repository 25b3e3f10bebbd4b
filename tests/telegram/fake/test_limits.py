"""The judge of senders: no window is ever exceeded, and who keeps the windows is never refused."""

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meydan.telegram.fake.limits import FakeLimits, FloodControl
from meydan.telegram.fake.world import Room
from tests.telegram.fake.conftest import Client, Hand

_PAUSES = st.floats(0, 5, allow_nan=False).map(lambda seconds: round(seconds, 3))
_ARRIVALS = st.lists(
    st.tuples(_PAUSES, st.sampled_from([1, 2]), st.sampled_from([-1, -2, 7]), st.integers(1, 4)), max_size=60
)
_GRACE = 1e-5


def _most(moments: list[float], seconds: float) -> int:
    """Return the most that lie in any window of `seconds`, its end not counted."""
    return max((sum(start <= moment < start + seconds - _GRACE for moment in moments) for start in moments), default=0)


@given(_ARRIVALS)
def test_no_accepted_sequence_exceeds_a_window(arrivals: list[tuple[float, int, int, int]]) -> None:
    limits = FakeLimits(group_count=6, group_seconds=20.0, bot_count=5, bot_seconds=2.0)
    flood = FloodControl(limits, keep_arrivals=True)
    now, by_bot = 0.0, defaultdict(list)
    for pause, bot, chat, cost in arrivals:
        now += pause
        if not flood.arrive(bot, chat, group=chat < 0, cost=cost, now=now):
            by_bot[bot].extend([now] * min(cost, limits.bot_count))
    for (_, chat), moments in flood.report.arrivals.items():
        # an album that is larger than the short window passes only when nothing else is in it
        assert _most(moments, limits.chat_seconds) <= max(limits.chat_count, 4)
        if chat < 0:
            assert _most(moments, limits.group_seconds) <= limits.group_count
    assert all(_most(moments, limits.bot_seconds) <= limits.bot_count for moments in by_bot.values())


@given(st.lists(_PAUSES, max_size=80), st.integers(1, 4), st.floats(0.5, 5))
def test_who_keeps_the_windows_is_never_refused(pauses: list[float], count: int, seconds: float) -> None:
    flood = FloodControl(FakeLimits(chat_count=count, chat_seconds=seconds, group_count=count * 3, group_seconds=9.0))
    now: float = 0.0
    sent: list[float] = []
    for pause in pauses:
        now += pause
        for most, window in ((count, seconds), (count * 3, 9.0), (30, 1.0)):
            if len(sent) >= most:
                now = max(now, sent[-most] + window)
        assert flood.arrive(1, -1, group=True, cost=1, now=now) == 0
        sent.append(now)


def test_who_asks_again_too_early_waits_longer_each_time() -> None:
    flood = FloodControl(FakeLimits())
    for _ in range(3):
        assert flood.arrive(1, 7, group=False, cost=1, now=10.0) == 0
    told = [flood.arrive(1, 7, group=False, cost=1, now=10.5) for _ in range(4)]
    assert told[0] == 3  # whole seconds, rounded up from 2.5
    assert told == sorted(told)
    assert told[-1] >= told[0] * 3
    until = 10.5 + told[-1]
    assert flood.arrive(1, 7, group=False, cost=1, now=until - 0.5) > 1
    assert flood.arrive(1, 8, group=False, cost=1, now=until - 0.5) == 0  # another chat does not wait
    assert flood.arrive(1, 7, group=False, cost=1, now=until + 600) == 0


def test_a_bot_that_is_held_back_is_not_punished_for_chats_that_did_not_know() -> None:
    flood = FloodControl(FakeLimits())
    for chat in range(30):
        assert flood.arrive(1, chat + 1, group=False, cost=1, now=10.0) == 0
    assert {flood.arrive(1, chat + 1, group=False, cost=1, now=10.1) for chat in range(30, 60)} == {1}
    for step in range(9):  # nor does a hold grow with everyone who asks in the middle of it
        assert flood.arrive(1, 100 + step, group=False, cost=1, now=10.15 + step / 10) == 1
    assert flood.arrive(1, 61, group=False, cost=1, now=11.2) == 0
    for chat in range(31, 60):
        flood.arrive(1, chat, group=False, cost=1, now=11.2)
    assert flood.arrive(1, 62, group=False, cost=1, now=11.3) == 1
    assert flood.arrive(1, 62, group=False, cost=1, now=11.4) > 1  # this one had been told


@pytest.fixture
def limits() -> FakeLimits:
    return FakeLimits()


async def test_edits_topics_and_albums_count_in_a_group(bot: Client, forum: Room, hand: Hand) -> None:
    bot.join(forum, "administrator")
    chat = forum.chat.id
    sent = await bot.ok("sendMessage", chat_id=chat, text="bir")
    await bot.ok("editMessageText", chat_id=chat, message_id=sent["message_id"], text="iki")
    await bot.ok("createForumTopic", chat_id=chat, name="Yeni")
    status, told = await bot.ask("sendMessage", chat_id=chat, text="üç")
    assert status == 429
    assert told["parameters"]["retry_after"] == 3
    assert told["description"] == "Too Many Requests: retry after 3"
    hand.time += 3
    for _ in range(17):
        await bot.ok("sendMessage", chat_id=chat, text="x")
        hand.time += 1
    assert await bot.refused("sendMessage", chat_id=chat, text="yirmi birinci") == "Too Many Requests: retry after 40"
    assert bot.fake.report.refused == {"group": 2}


async def test_a_bot_has_thirty_a_second_over_all_chats(bot: Client, hand: Hand) -> None:
    fake = bot.fake
    people = [fake.people.make_person(f"Kişi {number}") for number in range(31)]
    for person in people:
        fake.people.start(bot.id, person.id)
    for person in people[:30]:
        await bot.ok("sendMessage", chat_id=person.id, text="merhaba")
    assert await bot.refused("sendMessage", chat_id=people[30].id, text="merhaba") == "Too Many Requests: retry after 1"
    hand.time += 1
    await bot.ok("sendMessage", chat_id=people[30].id, text="merhaba")
    assert fake.report.refused == {"bot": 1}


async def test_reading_and_answering_buttons_are_not_counted(bot: Client, group: Room) -> None:
    bot.join(group)
    for _ in range(40):
        await bot.ok("getChat", chat_id=group.chat.id)
        await bot.ok("getUpdates")
    assert bot.fake.report.requests == 0
