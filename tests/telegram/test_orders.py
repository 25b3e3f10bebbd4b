"""Orders that are repeated, changed, planned or badly made."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from meydan.platform.db import Database
from meydan.platform.ids import first_id
from meydan.telegram.models import Chat, Media, Send, SendState
from meydan.telegram.outbox_repository import OutboxRepository, SendRow
from meydan.telegram.settings import TelegramSettings
from tests.telegram.conftest import Square, Start, until
from tests.telegram.world import a_group, a_person, texts

FAST = TelegramSettings(chat_count=100, chat_seconds=0.01, bot_per_second=10_000, group_per_minute=1_000)
SLOW = TelegramSettings(chat_count=1, chat_seconds=60)


async def test_a_request_key_is_its_owners_alone(start: Start) -> None:
    square = await start(FAST)
    bot = await square.add_bot()
    chat = a_person(square.fake)
    first = await square.send(bot, chat, "sahibin", request_key="k")
    square.become("moderator")
    second = await square.send(bot, chat, "yöneticinin", request_key="k")
    assert first["id"] != second["id"]
    await square.settled(second["id"])
    assert texts(square.fake, chat) == ["sahibin", "yöneticinin"]


@pytest.mark.parametrize("other", [{"text": "başka"}, {"chat_id": 5}, {"silent": True}])
async def test_a_request_key_stands_for_one_order(start: Start, other: dict[str, Any]) -> None:
    square = await start(FAST)
    bot = await square.add_bot()
    chat = a_person(square.fake)
    order = {"bot_ids": [bot], "chat_id": chat, "text": "bir", "request_key": "k"}
    first = (await square.http.post("/outbox", json=order)).json()["sends"][0]
    refused = await square.http.post("/outbox", json=order | other)
    assert (refused.status_code, refused.json()["kod"]) == (409, "istek_anahtari_kullanilmis")
    await square.settled(first["id"])
    assert texts(square.fake, chat) == ["bir"]


async def test_a_long_order_that_is_repeated_returns_all_its_parts(start: Start) -> None:
    square = await start(FAST)
    bot = await square.add_bot()
    order = {"bot_ids": [bot], "chat_id": a_person(square.fake), "text": "kelime " * 1_500, "request_key": "uzun"}
    first, second = [(await square.http.post("/outbox", json=order)).json()["sends"] for _ in range(2)]
    await square.send(bot, order["chat_id"], "sonraki")  # type: ignore[arg-type]  # a dict of several types
    third = (await square.http.post("/outbox", json=order)).json()["sends"]
    ids = [[send["id"] for send in sends] for sends in (first, second, third)]
    assert ids[0] == ids[1] == ids[2]
    assert len(ids[0]) == 3


@pytest.mark.parametrize(("text", "code"), [("x" * 4_097, "telegram_metni_uzun"), (" \n ", "gecersiz_alan")])
async def test_an_edit_that_telegram_would_refuse_is_refused_here(start: Start, text: str, code: str) -> None:
    square = await start(SLOW)
    bot = await square.add_bot()
    chat = a_person(square.fake)
    sent, queued = [await square.send(bot, chat, word) for word in ("bir", "iki")]
    await square.settled(sent["id"])
    for send in (sent, queued):
        answer = await square.http.patch(f"/outbox/{send['id']}", json={"text": text})
        assert (answer.status_code, answer.json()["kod"]) == (422, code)
    assert (await square.http.get(f"/outbox/{queued['id']}")).json()["preview"] == "iki"


@pytest.mark.parametrize("attached", [{}, {"attachment": "photo", "file": "x"}])
async def test_formatting_around_nothing_says_nothing(square: Square, attached: dict[str, str]) -> None:
    order = {"bot_ids": [await square.add_bot()], "chat_id": 5, "text": f"<b>{' ' * 5_000}</b>", "parse_mode": "HTML"}
    answer = await square.http.post("/outbox", json=order | attached)
    assert (answer.status_code, answer.json()["kod"]) == (422, "gecersiz_alan")


async def test_an_edit_of_a_caption_keeps_to_its_limit(start: Start) -> None:
    square = await start(FAST)
    bot = await square.add_bot()
    media = (await square.http.post("/media", files={"file": ("a.txt", b"a", "text/plain")})).json()["id"]
    send = await square.send(bot, a_person(square.fake), "alt yazı", attachment="document", media=media)
    await square.settled(send["id"])
    for length, status in ((1_024, 200), (1_025, 422)):
        answer = await square.http.patch(f"/outbox/{send['id']}", json={"text": "x" * length})
        assert answer.status_code == status


async def test_a_text_that_changes_while_it_is_claimed_is_edited_after_it_was_sent(
    start: Start, database_url: str
) -> None:
    """The row is on its way with its old text: to change it there would be an edit that nobody ever sees."""
    if database_url.startswith("sqlite"):
        return  # there one transaction writes at a time
    square = await start(FAST)
    bot = await square.add_bot()
    await square.switch(bot, on=False)
    send = await square.send(bot, a_person(square.fake), "eski")
    claiming = await asyncpg.connect(database_url)
    try:
        async with claiming.transaction():
            await claiming.execute("UPDATE telegram_outbox SET state = 'sending' WHERE id = $1", send["id"])
            change = asyncio.create_task(square.http.patch(f"/outbox/{send['id']}", json={"text": "yeni"}))
            waiting = (
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            await until(lambda: claiming.fetchval(waiting))
        answer = await change
    finally:
        await claiming.close()
    assert answer.json()["sends"][0]["method"] == "editMessageText"


@pytest.mark.parametrize("moment", ["2030-01-01T10:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
@pytest.mark.parametrize("field", ["not_before", "deadline"])
async def test_a_moment_that_means_nothing_is_refused(square: Square, field: str, moment: str) -> None:
    bot = await square.add_bot()
    answer = await square.http.post("/outbox", json={"bot_ids": [bot], "chat_id": 5, "text": "x", field: moment})
    assert (answer.status_code, answer.json()["kod"]) == (422, "gecersiz_alan")


async def test_strange_names_are_kept_or_refused(square: Square) -> None:
    named = await square.http.post("/media", files={"file": ("a\x00b.txt", b"a", "text/plain")})
    assert named.status_code == 201
    refused = await square.http.post("/trial-bots", json={"name": "a\x00b", "username": "garip_bot"})
    assert refused.status_code == 422
    order = {"bot_ids": [await square.add_bot()], "chat_id": 5, "text": "x", "attachment": "photo", "file": "\x00"}
    assert (await square.http.post("/outbox", json=order)).status_code == 202


async def test_the_eta_knows_of_plans_and_of_the_budget_that_bots_share(start: Start) -> None:
    square = await start(TelegramSettings(shared_per_minute=2))
    bot = await square.add_bot()
    person, group = a_person(square.fake), a_group(square.fake)
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    planned = await square.send(bot, person, "yarın", not_before=tomorrow)
    assert 86_000 < (await square.http.get(f"/outbox/{planned['id']}")).json()["eta"] <= 86_400

    async def known() -> bool:
        return group in {chat["chat_id"] for chat in (await square.http.get("/chats")).json()["chats"]}

    await square.until(known)
    await square.http.patch(f"/chats/{group}", json={"shared": True})
    sends = [await square.send(bot, group, f"{number}") for number in range(3)]
    await square.settled(sends[1]["id"], state="sent")
    eta = (await square.http.get(f"/outbox/{sends[2]['id']}")).json()["eta"]
    assert 50 < eta <= 61


async def test_a_file_may_go_to_several_chats_and_does_not_stay_for_ever(start: Start, db: Database) -> None:
    square = await start(FAST)
    bot = await square.add_bot()
    unused, media = [
        (await square.http.post("/media", files={"file": ("a.txt", b"a", "text/plain")})).json()["id"] for _ in range(2)
    ]
    later = (datetime.now(UTC) + timedelta(seconds=1)).isoformat()
    chats = [a_person(square.fake, name=name) for name in ("Bir", "İki")]
    second = await square.send(bot, chats[1], "ek", attachment="document", media=media, not_before=later)
    first = await square.send(bot, chats[0], "ek", attachment="document", media=media)
    for send in (first, second):
        assert (await square.settled(send["id"]))["state"] == "sent"
    assert await db.read(lambda session: session.get(Media, media)) is None
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    assert await db.write(lambda session: OutboxRepository(session).trim_media(tomorrow)) == 1
    assert await db.read(lambda session: session.get(Media, unused)) is None


async def test_what_was_planned_long_ago_is_kept_as_long_after_it_was_sent(start: Start, db: Database) -> None:
    square = await start(FAST, lease=1.0)
    bot = await square.add_bot()
    made = datetime.now(UTC) - timedelta(days=40)
    row = SendRow(
        first_id(made), bot, a_person(square.fake), False, False, "sendMessage", {"text": "x"}, "x", None, None, 1, 1,
        SendState.QUEUED, None, "sahip", made, made + timedelta(days=40), None, 0,
    )  # fmt: skip
    await db.write(lambda session: OutboxRepository(session).insert([row]))
    await square.settled(row.id, state="sent")
    for days, trimmed in ((30, 0), (-1, 1)):
        before = datetime.now(UTC) - timedelta(days=days)
        assert await db.write(lambda session, before=before: OutboxRepository(session).trim(before)) == trimmed  # type: ignore[misc]


async def test_a_retry_has_all_its_attempts_again(start: Start, db: Database) -> None:
    square = await start(FAST)
    bot = await square.add_bot()
    send = await square.send(bot, 987_654, "kimse yok")
    await square.settled(send["id"], state="failed")
    await db.write(lambda session: session.execute(update(Send).values(attempts=8)))
    await square.http.post(f"/outbox/{send['id']}/retry")
    row = await square.settled(send["id"])
    assert (row["state"], row["attempts"]) == ("failed", 1)


async def test_what_is_queued_is_found_though_nobody_tells_of_it(start: Start, db: Database) -> None:
    """An old send that is queued again by a process that has no bus in common with the one that runs the bot."""
    square = await start(FAST, lease=1.0)
    bot = await square.add_bot()
    chat = a_person(square.fake)
    made = datetime.now(UTC) - timedelta(hours=1)
    row = SendRow(
        first_id(made), bot, chat, False, False, "sendMessage", {"text": "eski"}, "eski", None, None, 1, 1,
        SendState.QUEUED, None, "sahip", made, None, None, 0,
    )  # fmt: skip
    await db.write(lambda session: OutboxRepository(session).insert([row]))
    assert (await square.settled(row.id))["state"] == "sent"
    assert texts(square.fake, chat) == ["eski"]


async def test_what_changed_a_message_of_the_old_group_touches_nothing_in_the_new_one(start: Start) -> None:
    square = await start(FAST)
    bot = await square.add_bot()
    old = a_group(square.fake)
    send = await square.settled((await square.send(bot, old, "eski gruptan"))["id"])
    room = square.fake.people.migrate(str(old))
    for _ in range(send["message_id"] + 1):  # the supergroup has a message of the same number
        await square.settled((await square.send(bot, room.chat.id, "yeni grupta"))["id"])
    before = texts(square.fake, room.chat.id)
    gone = (await square.http.delete(f"/outbox/{send['id']}")).json()
    edit = (await square.http.patch(f"/outbox/{send['id']}", json={"text": "değişti"})).json()["sends"][0]
    for one in (gone, edit):
        assert (await square.settled(one["id"]))["state"] == "failed"
    assert texts(square.fake, room.chat.id) == before


async def test_orders_for_a_group_that_moved_go_where_it_is_now(start: Start) -> None:
    square = await start(FAST)
    bot = await square.add_bot()
    old = a_group(square.fake)

    def known(chat: int) -> Callable[[], Any]:
        async def look() -> bool:
            return chat in {found["chat_id"] for found in (await square.http.get("/chats")).json()["chats"]}

        return look

    await square.until(known(old))
    await square.http.patch(f"/chats/{old}", json={"shared": True})
    new = square.fake.people.migrate(str(old)).chat.id
    await square.until(known(new))
    send = await square.send(bot, old, "yeni yerinde")
    assert send["chat_id"] == new
    assert (await square.settled(send["id"]))["state"] == "sent"
    assert texts(square.fake, new) == ["yeni yerinde"]
    chats = {chat["chat_id"]: chat for chat in (await square.http.get("/chats")).json()["chats"]}
    assert (chats[old]["moved_to"], chats[new]["shared"]) == (new, True)


async def test_whoever_writes_to_a_bot_again_may_be_answered(start: Start, db: Database) -> None:
    square = await start(FAST)
    bot = await square.add_bot()
    body = {"message_id": 1, "text": "selam", "chat": {"id": 77, "type": "private", "first_name": "Kişi"}}
    await square.fleet.intake.take(bot, [{"update_id": 1, "message": body}])

    def shut_out(session: Session) -> None:
        session.get_one(Chat, (bot, 77)).status = "restricted"

    await db.write(shut_out)
    order = {"bot_ids": [bot], "chat_id": 77, "text": "x"}
    assert (await square.http.post("/outbox", json=order)).json()["kod"] == "telegram_sohbetine_yazamaz"
    await square.fleet.intake.take(bot, [{"update_id": 2, "message": body}])
    assert (await square.http.post("/outbox", json=order)).status_code == 202
