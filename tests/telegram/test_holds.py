"""What Telegram holds back: for how long at most, who sees it, and who may lift it."""

from typing import Any

import pytest
from sqlalchemy import select

from meydan.accounts.models import AuditEntry
from meydan.platform.db import Database
from meydan.telegram.fake.limits import FakeLimits
from meydan.telegram.limiter import LONGEST_BOT_HOLD, LONGEST_CHAT_HOLD
from meydan.telegram.models import StoredPenalty
from meydan.telegram.settings import TelegramSettings
from tests.telegram.conftest import Square, Start
from tests.telegram.world import a_person, texts

FREE = TelegramSettings(chat_count=100, chat_seconds=0.01, bot_per_second=10_000)


async def held(square: Square, bot: str) -> dict[int | None, float]:
    """Return for how many seconds what is held back."""
    found = (await square.http.get(f"/bots/{bot}/budget")).json()["penalties"]
    return {penalty["chat_id"]: penalty["seconds"] for penalty in found}


@pytest.mark.parametrize("seconds", [1e9, 1e13])
async def test_a_huge_retry_after_holds_its_chat_and_the_bot_for_a_bounded_time(
    start: Start, db: Database, *, seconds: float
) -> None:
    square = await start(FREE)
    bot = await square.add_bot()
    first, second, third = [a_person(square.fake, name=name) for name in ("Bir", "İki", "Üç")]
    square.fake.office.flood.change(FakeLimits(chat_count=1, chat_seconds=seconds, bot_seconds=0.01))

    async def refuse(chat: int) -> Any:
        await square.settled((await square.send(bot, chat, "geçer"))["id"])
        waiting = (await square.send(bot, chat, "geçmez"))["id"]

        async def is_held() -> bool:
            return chat in await held(square, bot)

        await square.until(is_held)

        async def is_told() -> bool:
            row = (await square.http.get(f"/outbox/{waiting}")).json()
            return (row["state"], row["error_code"]) == ("queued", 429)

        await square.until(is_told)

    await refuse(first)
    assert None not in await held(square, bot)
    await square.settled((await square.send(bot, third, "öteki sohbet beklemez"))["id"], state="sent")
    square.fake.office.flood.change(FakeLimits(chat_count=1, chat_seconds=seconds, bot_seconds=0.01))
    await refuse(second)
    now = await held(square, bot)
    assert now[None] <= LONGEST_BOT_HOLD + 1
    assert max(now.values()) <= LONGEST_CHAT_HOLD + 1
    waiting = await square.send(bot, third, "bot bekler")
    assert (await square.http.get(f"/outbox/{waiting['id']}")).json()["eta"] <= LONGEST_BOT_HOLD + 1

    for path, status, who in (
        (f"/bots/{bot}/hold", 403, "member"),
        (f"/bots/{bot}/hold", 403, "moderator"),
        (f"/bots/{'0' * 32}/hold", 404, "owner"),
        (f"/bots/{bot}/hold", 204, "owner"),
    ):
        square.become(who)
        assert (await square.http.delete(path)).status_code == status
    await square.settled(waiting["id"], state="sent")
    assert {first, second} <= (await held(square, bot)).keys()
    assert texts(square.fake, first) == ["geçer"]

    square.fake.office.flood.change(FakeLimits(enforced=False))
    assert (await square.http.delete(f"/bots/{bot}/hold", params={"chat_id": first})).status_code == 204
    await square.until(lambda: texts(square.fake, first) == ["geçer", "geçmez"])
    assert first not in await held(square, bot)
    kept = await db.read(lambda session: set(session.scalars(select(StoredPenalty.chat_id))))
    assert kept == {second}
    lines = await db.read(
        lambda session: session.execute(
            select(AuditEntry.actor_id, AuditEntry.data).where(AuditEntry.action == "telegram.hold_lift")
        ).all()
    )
    assert [(who, data["chat"]) for who, data in lines] == [("sahip", None), ("sahip", first)]


async def test_a_hold_that_another_process_was_told_of_is_shown(start: Start) -> None:
    square = await start(FREE)
    bot = await square.add_bot()
    await square.fleet.runner._records.keep_penalties(await square.fleet.limiter.punish(bot, 5, seconds=90))
    other = await start(FREE)
    assert 60 < (await held(other, bot))[5] <= 91
