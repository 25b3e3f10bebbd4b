"""Orders in several parts: where one does not arrive the rest stops, says why, and goes on when that is settled."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from meydan.platform.db import Database
from meydan.telegram.fake.failures import Failure, Rule
from meydan.telegram.models import Send, SendState
from meydan.telegram.outbox_repository import OutboxRepository, Result
from meydan.telegram.settings import TelegramSettings
from tests.telegram.conftest import Square, Start
from tests.telegram.world import a_person, texts

FAST = TelegramSettings(chat_count=100, chat_seconds=0.01, bot_per_second=10_000, group_per_minute=1_000)
TEXTS = ["a" * 4_000, "b" * 4_000, "c" * 4_000]


async def order(square: Square, bot: str, chat: int, **fields: Any) -> list[str]:
    """Order a text of three parts, and return their ids."""
    body = {"bot_ids": [bot], "chat_id": chat, "text": "\n\n".join(TEXTS), **fields}
    sends = (await square.http.post("/outbox", json=body)).json()["sends"]
    assert {send["part_of"] for send in sends} == {sends[0]["id"]}
    return [send["id"] for send in sends]


async def rows_of(square: Square, ids: list[str]) -> list[dict[str, Any]]:
    return [(await square.http.get(f"/outbox/{send_id}")).json() for send_id in ids]


async def stand(square: Square, ids: list[str], *states: str) -> list[dict[str, Any]]:
    """Wait until sends stand in these states, and return them."""
    for send_id, state in zip(ids, states, strict=True):
        await square.settled(send_id, state=state)
    return await rows_of(square, ids)


async def put(db: Database, ids: list[str], **values: Any) -> None:
    await db.write(lambda session: session.execute(update(Send).where(Send.id.in_(ids)).values(**values)))


@pytest.mark.parametrize("arrived", [0, 1])
async def test_when_a_part_fails_the_rest_stops_and_says_why_and_a_retry_goes_on(
    start: Start, db: Database, *, arrived: int
) -> None:
    square = await start(FAST)
    bot = await square.add_bot()
    chat = a_person(square.fake)
    async with square.held(bot):
        ids = await order(square, bot, chat)
        await put(db, ids[:arrived], state=SendState.SENT, message_id=1)
        square.fake.fail(Rule(Failure.ERROR_404, count=1, method="sendMessage"))
    expected = ["sent"] * arrived + ["failed"] + ["stopped"] * (2 - arrived)
    rows = await stand(square, ids, *expected)
    assert [row["error"] for row in rows] == [None] * arrived + ["Not Found"] * (3 - arrived)
    assert (await square.http.get("/outbox/counts")).json()["counts"]["stopped"] == 2 - arrived
    await square.settled((await square.send(bot, chat, "bir başkası"))["id"], state="sent")
    assert texts(square.fake, chat) == ["bir başkası"]

    assert (await square.http.post(f"/outbox/{ids[arrived]}/retry")).json()["state"] == "queued"
    rows = await stand(square, ids, "sent", "sent", "sent")
    assert [row["error"] for row in rows] == [None] * 3
    assert texts(square.fake, chat) == ["bir başkası", *TEXTS[arrived:]]


async def test_the_rest_of_a_refused_photos_caption_is_not_sent_alone(start: Start) -> None:
    square = await start(FAST)
    bot = await square.add_bot()
    chat = a_person(square.fake)
    media = (await square.http.post("/media", files={"file": ("a.png", b"kein Bild", "image/png")})).json()["id"]
    square.fake.fail(Rule(Failure.ERROR_404, count=1, method="sendPhoto"))
    ids = await order(square, bot, chat, attachment="photo", media=media)
    await stand(square, ids, "failed", *["stopped"] * (len(ids) - 1))
    assert texts(square.fake, chat) == []


@pytest.mark.parametrize(
    ("decision", "states", "arrived"),
    [("sent", ["sent"] * 3, TEXTS), ("again", ["sent"] * 3, [TEXTS[0], *TEXTS]), ("failed", [], TEXTS[:1])],
)
async def test_while_nobody_knows_of_a_part_the_rest_waits_for_the_decision(
    start: Start, *, decision: str, states: list[str], arrived: list[str]
) -> None:
    square = await start(FAST)
    bot = await square.add_bot()
    chat = a_person(square.fake)
    square.fake.fail(Rule(Failure.DROP_AFTER, count=1, method="sendMessage"))
    ids = await order(square, bot, chat)
    rows = await stand(square, ids, "maybe_sent", "stopped", "stopped")
    assert rows[0]["error"] == rows[2]["error"]
    refused = await square.http.post(f"/outbox/{ids[2]}/retry")  # it cannot follow what may not be there
    assert (refused.status_code, refused.json()["kod"]) == (409, "gonderim_durumu_uygun_degil")
    assert (await square.http.post(f"/outbox/{ids[0]}/decision", json={"decision": decision})).status_code == 200
    await stand(square, ids, *(states or ["failed", "stopped", "stopped"]))
    assert texts(square.fake, chat) == arrived


async def test_cancelling_a_part_cancels_what_was_to_follow_and_a_retry_brings_it_back(
    start: Start, db: Database
) -> None:
    square = await start(FAST)
    bot = await square.add_bot()
    chat = a_person(square.fake)
    async with square.held(bot):
        ids = await order(square, bot, chat)
        assert (await square.http.post(f"/outbox/{ids[1]}/cancel")).json()["state"] == "cancelled"
        await stand(square, ids, "queued", "cancelled", "cancelled")
        assert (await square.http.post(f"/outbox/{ids[2]}/retry")).json()["state"] == "queued"
        await stand(square, ids, "queued", "queued", "queued")
        await put(db, ids[:1], state=SendState.FAILED)
        await put(db, ids[1:], state=SendState.STOPPED)
        assert (await square.http.delete(f"/outbox/{ids[2]}")).json()["state"] == "cancelled"
        changed = await square.http.patch(f"/outbox/{ids[1]}", json={"text": "kısa"})
        assert changed.json()["sends"][0]["state"] == "stopped"
        assert (await square.http.post(f"/outbox/{ids[1]}/retry")).json()["state"] == "queued"
    await stand(square, ids, "sent", "sent", "cancelled")
    assert texts(square.fake, chat) == [TEXTS[0], "kısa"]


async def test_a_part_is_claimed_only_after_the_one_before_it_was_sent(start: Start, db: Database) -> None:
    square = await start(FAST)
    bot = await square.add_bot()
    await square.fleet.stop()
    other = await start(FAST)
    await other.fleet.runner.drain()
    now = datetime.now(UTC)
    ids = await order(other, bot, a_person(square.fake))

    def claim(session: Session) -> list[str]:
        return sorted(OutboxRepository(session).claim(ids, worker="w", now=now))

    assert await db.write(claim) == ids[:1]
    for state in (SendState.SENDING, SendState.FAILED, SendState.MAYBE_SENT, SendState.QUEUED):
        await put(db, ids[:1], state=state)
        assert set(await db.write(claim)) <= {ids[0]}
    await put(db, ids[:1], state=SendState.SENT)
    assert await db.write(claim) == ids[1:2]


async def test_an_order_stops_with_its_worker_and_goes_on_when_that_one_was_only_late(
    start: Start, db: Database
) -> None:
    square = await start(FAST)
    bot = await square.add_bot()
    await square.fleet.stop()
    other = await start(FAST)
    await other.fleet.runner.drain()
    ids = await order(other, bot, a_person(square.fake))
    now = datetime.now(UTC)
    await put(db, ids[:1], state=SendState.SENDING, owner="eski", sending_at=now)
    assert await db.write(lambda session: OutboxRepository(session).give_up([bot], worker="yeni", now=now)) == 1
    await stand(other, ids, "maybe_sent", "stopped", "stopped")
    late = Result(ids[0], SendState.SENT, now + timedelta(seconds=1), 7, part_of=ids[0])
    await db.write(lambda session: OutboxRepository(session).finish([late], worker="eski"))
    await stand(other, ids, "sent", "queued", "queued")


async def test_what_expired_of_an_order_goes_on_from_where_it_stopped(start: Start, db: Database) -> None:
    square = await start(FAST)
    bot = await square.add_bot()
    chat = a_person(square.fake)
    async with square.held(bot):
        ids = await order(square, bot, chat)
        past = datetime.now(UTC) - timedelta(seconds=5)
        await put(db, ids, deadline=past)
        await put(db, ids[:1], state=SendState.SENT, message_id=1)
    await stand(square, ids[:2], "sent", "expired")
    assert (await square.settled(ids[2]))["state"] in {"stopped", "expired"}
    assert (await square.http.post(f"/outbox/{ids[1]}/retry")).json()["state"] == "queued"
    await stand(square, ids, "sent", "sent", "sent")
    assert texts(square.fake, chat) == TEXTS[1:]


async def test_a_send_of_its_own_is_part_of_nothing(start: Start, db: Database) -> None:
    square = await start(FAST)
    bot = await square.add_bot()
    chat = a_person(square.fake)
    square.fake.fail(Rule(Failure.ERROR_404, count=1, method="sendMessage"))
    for text, state in (("bir", "failed"), ("iki", "sent")):
        row = await square.settled((await square.send(bot, chat, text))["id"])
        assert (row["state"], row["part_of"]) == (state, None)
    assert await db.read(lambda session: session.scalars(select(Send.part_of)).all()) == [None, None]
