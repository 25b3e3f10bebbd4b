"""A process that comes after another keeps to the budget that the other has used up."""

from datetime import timedelta
from functools import partial

import pytest

from meydan.platform.clock import ManualClock
from meydan.platform.db import Database
from meydan.telegram.fake.limits import FakeLimits
from meydan.telegram.fake.server import FakeTelegram
from meydan.telegram.models import Send, SendState
from meydan.telegram.outbox_repository import Left, OutboxRepository
from meydan.telegram.settings import TelegramSettings
from tests.telegram.conftest import Square, Start
from tests.telegram.world import a_group, a_person, texts

TELEGRAM = FakeLimits(chat_count=20, chat_seconds=3.0, group_seconds=60.0, bot_seconds=0.1)
KEPT = TelegramSettings(chat_count=20, chat_seconds=3.0, bot_per_second=300)


async def saturate(square: Square, bot: str, *chats: int) -> None:
    """Say as much in each chat as Telegram takes."""
    sends = [await square.send(bot, chat, f"{number}") for number in range(20) for chat in chats]
    for send in sends:
        assert (await square.settled(send["id"]))["state"] == "sent"


def runs(square: Square, bot: str) -> bool:
    return bot in square.fleet.runner.bots


async def test_a_new_process_goes_on_with_the_same_windows(start: Start, fake: FakeTelegram) -> None:
    fake.office.flood.change(TELEGRAM)
    first = await start(KEPT)
    bot = await first.add_bot()
    group, person = a_group(fake, "deneme_bot"), a_person(fake)
    await saturate(first, bot, group, person)
    await first.fleet.stop()

    second = await start(KEPT)
    waiting = await second.send(bot, group, "grup")
    private = await second.send(bot, person, "kişi")
    assert (await second.settled(private["id"]))["state"] == "sent"
    row = (await second.http.get(f"/outbox/{waiting['id']}")).json()
    assert row["state"] == "queued"
    assert 30 < row["eta"] <= 60
    assert fake.report.refusals == 0
    assert texts(fake, group)[-1] == "19"


async def test_a_bot_that_starts_again_here_is_not_counted_twice(start: Start, fake: FakeTelegram) -> None:
    fake.office.flood.change(TELEGRAM)
    first = await start(KEPT)
    bot = await first.add_bot()
    group = a_group(fake, "deneme_bot")
    await saturate(first, bot, group)
    await first.fleet.stop()

    second = await start(KEPT)
    await second.until(partial(runs, second, bot))
    for enabled in (False, True):
        assert (await second.http.patch(f"/bots/{bot}", json={"enabled": enabled})).status_code == 200
        await second.until(partial(runs, second, bot) if enabled else lambda: not runs(second, bot))
    gauges = (await second.http.get(f"/bots/{bot}/budget")).json()["gauges"]
    assert [gauge["used"] for gauge in gauges if gauge["seconds"] == 60] == [20]


NOW = ManualClock().now()


@pytest.mark.parametrize(
    ("state", "owner", "sending", "finished", "counts"),
    [
        (SendState.SENT, "old", 40, 30, 30),
        (SendState.SENT, "old", 100, 30, 30),  # a large file
        (SendState.SENT, "old", 70, 61, None),
        (SendState.SENT, "new", 40, 30, None),  # counted where it was sent
        (SendState.FAILED, "old", 40, 30, 30),
        (SendState.MAYBE_SENT, "old", 40, 5, 5),
        (SendState.SENDING, "old", 40, None, 40),
        (SendState.SENDING, "new", 40, None, None),
        (SendState.QUEUED, None, 40, None, 40),  # an edit that was given up, to be made again
        (SendState.QUEUED, None, None, None, None),
        (SendState.EXPIRED, "old", 40, 40, None),
        (SendState.CANCELLED, None, None, 10, None),
    ],
)
async def test_what_of_the_outbox_went_to_telegram(
    db: Database,
    start: Start,
    *,
    state: SendState,
    owner: str | None,
    sending: float | None,
    finished: float | None,
    counts: float | None,
) -> None:
    square = await start()
    bot = await square.add_bot()
    await square.fleet.stop()

    def ago(seconds: float) -> timedelta:
        return timedelta(seconds=seconds)

    row = Send(
        id="1", bot_id=bot, chat_id=-5, is_group=True, shared=False, method="sendMessage", params={}, preview="",
        priority=1, cost=2, state=state, created_by="sahip", created_at=NOW - ago(9_000), attempts=1, owner=owner,
        sending_at=None if sending is None else NOW - ago(sending),
        finished_at=None if finished is None else NOW - ago(finished),
    )  # fmt: skip
    await db.write(lambda session: session.add(row))
    found = await db.read(
        lambda session: OutboxRepository(session).left([bot, "x"], since=NOW - ago(60), besides="new")
    )
    assert found == ([] if counts is None else [Left(bot, -5, True, False, 2, NOW - ago(counts))])
    assert await db.read(lambda session: OutboxRepository(session).left([], since=NOW, besides="new")) == []
