"""Sends from the order to Telegram and back, with everything that may go wrong on the way."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from meydan.platform.db import Database
from meydan.telegram.fake.failures import Failure, Rule
from meydan.telegram.fake.limits import FakeLimits
from meydan.telegram.models import Send, SendState, StoredPenalty
from meydan.telegram.orders import Attachment, Order, parts_of
from meydan.telegram.outbox_repository import OutboxRepository
from meydan.telegram.settings import TelegramSettings
from tests.telegram.conftest import ACTORS, Square, Start
from tests.telegram.world import a_forum, a_group, a_person, kick, texts

FAST = TelegramSettings(chat_count=100, chat_seconds=0.01, bot_per_second=10_000, group_per_minute=1_000)


async def test_a_send_goes_its_way_and_is_found_at_telegram(square: Square) -> None:
    bot = await square.add_bot()
    chat = a_person(square.fake)
    sent = await square.settled((await square.send(bot, chat, "Günaydın <b>", silent=True))["id"])
    assert (sent["state"], sent["attempts"], sent["error"]) == ("sent", 1, None)
    assert texts(square.fake, chat) == ["Günaydın <b>"]
    assert sent["message_id"] is not None
    counts = (await square.http.get("/outbox/counts")).json()["counts"]
    assert counts["sent"] == 1
    assert counts["queued"] == 0


async def test_the_same_order_twice_is_one_send(square: Square) -> None:
    bot = await square.add_bot()
    chat = a_person(square.fake)
    first, second = await asyncio.gather(
        *(square.send(bot, chat, "bir kez", request_key="sipariş-1") for _ in range(2))
    )
    assert first["id"] == second["id"]
    await square.settled(first["id"])
    third = await square.send(bot, chat, "bir kez", request_key="sipariş-1")
    assert (third["id"], third["state"]) == (first["id"], "sent")
    assert texts(square.fake, chat) == ["bir kez"]


async def test_a_chat_keeps_its_order_and_the_urgent_goes_first(square: Square) -> None:
    bot = await square.add_bot()
    chat = a_person(square.fake)
    async with square.held(bot):
        sends = [await square.send(bot, chat, f"sıradan {number}") for number in range(5)]
        urgent = await square.send(bot, chat, "acil", priority="high")
    for send in (*sends, urgent):
        await square.settled(send["id"])
    assert texts(square.fake, chat) == ["acil", *(f"sıradan {number}" for number in range(5))]


async def test_the_limits_of_telegram_are_kept(square: Square) -> None:
    bot = await square.add_bot()
    chats = [a_person(square.fake, name=f"Kişi {number}") for number in range(3)]
    sends = [await square.send(bot, chat, f"{number}") for number in range(5) for chat in chats]
    await asyncio.gather(*(square.settled(send["id"]) for send in sends))
    assert square.fake.report.refusals == 0
    assert all(texts(square.fake, chat) == [str(number) for number in range(5)] for chat in chats)


async def test_a_penalty_is_waited_out_and_nothing_is_lost(start: Start, db: Database) -> None:
    square = await start(FAST)  # it believes that more is permitted than Telegram takes
    bot = await square.add_bot()
    chat = a_person(square.fake)
    square.fake.office.flood.change(FakeLimits(chat_count=1, chat_seconds=3.0))
    async with square.held(bot):
        sends = [await square.send(bot, chat, f"{number}") for number in range(2)]
    for send in sends:
        assert (await square.settled(send["id"]))["state"] == "sent"
    assert texts(square.fake, chat) == [f"{number}" for number in range(2)]
    assert square.fake.report.refusals >= 1

    async def kept() -> list[int]:
        return await db.read(lambda session: list(session.scalars(select(StoredPenalty.chat_id))))

    assert await square.until(kept) == [chat]


async def test_what_holds_a_bot_back_is_shown(square: Square) -> None:
    bot = await square.add_bot()
    await square.fleet.limiter.punish(bot, 5, seconds=90)
    (penalty,) = (await square.http.get(f"/bots/{bot}/budget")).json()["penalties"]
    assert (penalty["chat_id"], penalty["strikes"]) == (5, 1)
    assert 60 < penalty["seconds"] <= 91


@pytest.mark.parametrize("kind", [Failure.ERROR_500, Failure.DROP_BEFORE])
async def test_what_surely_did_not_happen_is_tried_again(start: Start, kind: Failure) -> None:
    square = await start(FAST)
    bot = await square.add_bot()
    chat = a_person(square.fake)
    square.fake.office.failures.add(Rule(kind, count=1, method="sendMessage"))
    row = await square.settled((await square.send(bot, chat, "ikinci denemede"))["id"])
    if kind is Failure.ERROR_500:
        assert (row["state"], row["attempts"]) == ("sent", 2)
        assert texts(square.fake, chat) == ["ikinci denemede"]
    else:  # the line broke after the request left: from here both look the same
        assert (row["state"], texts(square.fake, chat)) == ("maybe_sent", [])


@pytest.mark.parametrize(
    ("decision", "state", "arrived"), [("sent", "sent", 1), ("again", "sent", 2), ("failed", "failed", 1)]
)
async def test_a_broken_line_leaves_a_send_to_an_operator(
    start: Start, decision: str, state: str, arrived: int
) -> None:
    square = await start(FAST)
    bot = await square.add_bot()
    chat = a_person(square.fake)
    square.fake.office.failures.add(Rule(Failure.DROP_AFTER, count=1, method="sendMessage"))
    send = await square.send(bot, chat, "belki")
    row = await square.settled(send["id"])
    assert row["state"] == "maybe_sent"
    assert texts(square.fake, chat) == ["belki"]
    square.become("moderator")
    refused = await square.http.post(f"/outbox/{send['id']}/decision", json={"decision": decision})
    assert refused.status_code == 403
    square.become("owner")
    assert (await square.http.post(f"/outbox/{send['id']}/decision", json={"decision": decision})).status_code == 200
    assert (await square.settled(send["id"]))["state"] == state
    assert texts(square.fake, chat) == ["belki"] * arrived
    again = await square.http.post(f"/outbox/{send['id']}/decision", json={"decision": decision})
    assert again.json()["kod"] == "gonderim_durumu_uygun_degil"


async def test_edits_deletions_and_pins(square: Square) -> None:
    bot = await square.add_bot()
    chat = a_person(square.fake)
    send = await square.send(bot, chat, "ilk")
    await square.settled(send["id"])
    edit = (await square.http.patch(f"/outbox/{send['id']}", json={"text": "ikinci"})).json()["sends"][0]
    await square.settled(edit["id"])
    assert texts(square.fake, chat) == ["ikinci"]
    same = (await square.http.patch(f"/outbox/{send['id']}", json={"text": "ikinci"})).json()["sends"][0]
    assert (await square.settled(same["id"]))["state"] == "sent"  # Telegram says "not modified": it is as wanted
    pin = (await square.http.post(f"/outbox/{send['id']}/pin")).json()
    assert (await square.settled(pin["id"]))["state"] == "sent"
    gone = (await square.http.delete(f"/outbox/{send['id']}")).json()
    assert (await square.settled(gone["id"]))["state"] == "sent"
    assert texts(square.fake, chat) == []


async def test_an_edit_keeps_buttons_and_preview_options(square: Square) -> None:
    bot = await square.add_bot()
    chat = a_person(square.fake)
    buttons = {"inline_keyboard": [[{"text": "Aç", "url": "https://meydan.example/"}]]}
    order = Order(bot_ids=(bot,), chat_id=chat, text="https://meydan.example/", previews=False, buttons=buttons)
    (send,) = await square.fleet.outbox.send(ACTORS["owner"], order)
    row = await square.settled(send.id, state="sent")
    for text in ("https://meydan.example/a", "https://meydan.example/b"):
        (edit,) = (await square.http.patch(f"/outbox/{send.id}", json={"text": text})).json()["sends"]
        await square.settled(edit["id"], state="sent")
        (room,) = [room for room in square.fake.office.world.rooms.values() if room.chat.id == chat]
        message = room.messages[row["message_id"]]
        kept = (message.text, message.reply_markup, message.link_preview_options)
        assert kept == (text, buttons, {"is_disabled": True})


async def test_an_edit_keeps_the_buttons_of_a_caption(square: Square) -> None:
    bot = await square.add_bot()
    chat = a_person(square.fake)
    buttons = {"inline_keyboard": [[{"text": "Aç", "url": "https://meydan.example/"}]]}
    media = (await square.http.post("/media", files={"file": ("a.txt", b"a", "text/plain")})).json()["id"]
    order = Order(
        bot_ids=(bot,), chat_id=chat, text="bir", attachment=Attachment.DOCUMENT, media=media, buttons=buttons
    )
    (send,) = await square.fleet.outbox.send(ACTORS["owner"], order)
    row = await square.settled(send.id, state="sent")
    (edit,) = (await square.http.patch(f"/outbox/{send.id}", json={"text": "iki"})).json()["sends"]
    await square.settled(edit["id"], state="sent")
    (room,) = [room for room in square.fake.office.world.rooms.values() if room.chat.id == chat]
    message = room.messages[row["message_id"]]
    assert (message.caption, message.reply_markup) == ("iki", buttons)


async def test_general_is_written_to_without_naming_it(square: Square) -> None:
    bot = await square.add_bot()
    chat, topic = a_forum(square.fake, "deneme_bot", topic="Hisse")
    for thread, named in ((1, None), (topic, topic), (None, None)):
        send = await square.send(bot, chat, f"konu {thread}", thread_id=thread)
        row = await square.settled(send["id"], state="sent")
        (room,) = [room for room in square.fake.office.world.rooms.values() if room.chat.id == chat]
        assert room.messages[row["message_id"]].message_thread_id == named
    (part,) = parts_of(Order(bot_ids=(bot,), chat_id=chat, text="x", thread_id=1))
    assert part[1] == {"text": "x"}


async def test_a_file_id_goes_only_through_the_bot_that_it_belongs_to(square: Square) -> None:
    bots = [await square.add_bot(), await square.add_bot("oteki_bot")]
    order = {"chat_id": 5, "attachment": "photo", "file": "AgACAgQAAxkBAAIC"}
    refused = await square.http.post("/outbox", json={**order, "bot_ids": bots})
    assert (refused.status_code, refused.json()["kod"]) == (422, "gecersiz_alan")
    taken = await square.http.post("/outbox", json={**order, "bot_ids": bots[1:]})
    assert (taken.status_code, taken.json()["sends"][0]["bot_id"]) == (202, bots[1])
    address = {**order, "bot_ids": bots, "file": "https://meydan.example/a.png"}
    assert (await square.http.post("/outbox", json=address)).status_code == 202


async def test_edits_that_wait_become_one(square: Square) -> None:
    bot = await square.add_bot()
    chat = a_person(square.fake)
    send = await square.send(bot, chat, "ilk")
    await square.settled(send["id"])
    async with square.held(bot):
        edits = [
            (await square.http.patch(f"/outbox/{send['id']}", json={"text": f"düzeltme {number}"})).json()["sends"][0]
            for number in range(5)
        ]
    assert len({edit["id"] for edit in edits}) == 1
    await square.settled(edits[-1]["id"])
    assert texts(square.fake, chat) == ["düzeltme 4"]


async def test_what_is_queued_changes_where_it_stands_or_is_cancelled(square: Square) -> None:
    bot = await square.add_bot()
    chat = a_person(square.fake)
    async with square.held(bot):
        _, second, third = [await square.send(bot, chat, text) for text in ("bir", "iki", "üç")]
        assert (await square.http.patch(f"/outbox/{second['id']}", json={"text": "iki buçuk"})).status_code == 200
        cancelled = await square.http.post(f"/outbox/{third['id']}/cancel")
        assert cancelled.json()["state"] == "cancelled"
    await square.settled(second["id"])
    assert texts(square.fake, chat) == ["bir", "iki buçuk"]
    assert (await square.http.post(f"/outbox/{third['id']}/retry")).json()["state"] == "queued"
    await square.settled(third["id"])
    assert texts(square.fake, chat) == ["bir", "iki buçuk", "üç"]
    assert (await square.http.post(f"/outbox/{third['id']}/cancel")).json()["kod"] == "gonderim_durumu_uygun_degil"


async def test_a_deadline_that_has_passed_ends_a_send(start: Start) -> None:
    square = await start(TelegramSettings(chat_count=1, chat_seconds=60), lease=1.0)
    bot = await square.add_bot()
    chat = a_person(square.fake)
    await square.send(bot, chat, "önce")
    soon = (datetime.now(UTC) + timedelta(seconds=0.3)).isoformat()
    late = await square.send(bot, chat, "geç", deadline=soon)
    assert (await square.settled(late["id"]))["state"] == "expired"
    assert texts(square.fake, chat) == ["önce"]


async def test_what_is_planned_leaves_at_its_time(start: Start) -> None:
    square = await start(FAST)
    bot = await square.add_bot()
    chat = a_person(square.fake)
    later = datetime.now(UTC) + timedelta(seconds=2)
    planned = await square.send(bot, chat, "sonra", not_before=later.isoformat())
    row = await square.settled(planned["id"])
    assert datetime.fromisoformat(row["finished_at"]) >= later
    assert texts(square.fake, chat) == ["sonra"]


async def test_what_is_planned_holds_nothing_up(start: Start) -> None:
    square = await start(FAST)
    bot = await square.add_bot()
    chat = a_person(square.fake)
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    planned = await square.send(bot, chat, "yarın", not_before=tomorrow)
    await square.settled((await square.send(bot, chat, "şimdi"))["id"])
    assert texts(square.fake, chat) == ["şimdi"]
    assert (await square.http.get(f"/outbox/{planned['id']}")).json()["state"] == "queued"


async def test_long_texts_go_in_parts_and_in_order(start: Start) -> None:
    square = await start(FAST)
    bot = await square.add_bot()
    chat = a_person(square.fake)
    paragraphs = [f"{number}. " + "kelime " * 80 for number in range(20)]
    answer = await square.http.post(
        "/outbox", json={"bot_ids": [bot], "chat_id": chat, "text": "\n\n".join(paragraphs)}
    )
    sends = answer.json()["sends"]
    assert len(sends) > 2
    for send in sends:
        assert (await square.settled(send["id"]))["state"] == "sent"
    arrived = texts(square.fake, chat)
    assert all(len(text) <= 4096 for text in arrived)
    assert " ".join(" ".join(arrived).split()) == " ".join(" ".join(paragraphs).split())
    whole = await square.http.post(
        "/outbox", json={"bot_ids": [bot], "chat_id": chat, "text": "x" * 4097, "split": False}
    )
    assert (whole.status_code, whole.json()["kod"]) == (422, "telegram_metni_uzun")


async def test_files_are_sent_and_then_forgotten(start: Start) -> None:
    square = await start(FAST)
    bot = await square.add_bot()
    chat = a_person(square.fake)
    media = (await square.http.post("/media", files={"file": ("not.txt", b"merhaba", "text/plain")})).json()["id"]
    send = await square.send(bot, chat, "ek", attachment="document", media=media)
    assert (await square.settled(send["id"]))["state"] == "sent"
    assert texts(square.fake, chat) == ["ek"]
    gone = await square.http.post(
        "/outbox", json={"bot_ids": [bot], "chat_id": chat, "attachment": "document", "media": media}
    )
    assert (gone.status_code, gone.json()["kod"]) == (404, "dosya_yok")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"text": ""}, 422, "gecersiz_alan"),
        ({"text": "<b>açık", "parse_mode": "HTML"}, 422, "telegram_bicimi_bozuk"),
        ({"text": "x", "attachment": "photo"}, 422, "gecersiz_alan"),
        ({"text": "x", "chat_id": 0}, 422, "gecersiz_alan"),
        ({"text": "x", "bot_ids": ["0" * 32]}, 404, "bot_yok"),
        ({"text": "x", "parse_mode": "BBCode"}, 422, "gecersiz_alan"),
        ({"text": "x" * 40_001}, 422, "gecersiz_alan"),
    ],
)
async def test_bad_orders_are_refused_and_leave_nothing(
    square: Square, body: dict[str, object], status: int, code: str
) -> None:
    bot = await square.add_bot()
    answer = await square.http.post("/outbox", json={"bot_ids": [bot], "chat_id": 5, **body})
    assert (answer.status_code, answer.json()["kod"]) == (status, code)
    assert (await square.http.get("/outbox")).json() == {"sends": [], "next_cursor": None}


async def test_what_telegram_refuses_fails_with_its_words(start: Start) -> None:
    square = await start(FAST)
    bot = await square.add_bot()
    row = await square.settled((await square.send(bot, 987_654, "kimse yok"))["id"])
    assert (row["state"], row["error_code"]) == ("failed", 400)
    assert "chat not found" in row["error"]


async def test_a_bot_put_out_of_a_group_says_so(start: Start) -> None:
    square = await start(FAST)
    bot = await square.add_bot()
    chat = a_group(square.fake)
    first = await square.settled((await square.send(bot, chat, "buradayım"))["id"])
    assert first["state"] == "sent"
    kick(square.fake, chat)
    row = await square.settled((await square.send(bot, chat, "duyan var mı"))["id"])
    assert (row["state"], row["error_code"]) == ("failed", 403)


async def test_members_see_nothing_and_moderators_send_but_add_no_bots(square: Square) -> None:
    bot = await square.add_bot()
    square.become("member")
    for path in ("/bots", "/chats", "/outbox", "/outbox/counts", f"/bots/{bot}/budget"):
        assert (await square.http.get(path)).status_code == 403
    square.become("moderator")
    assert (await square.http.get("/bots")).status_code == 200
    answer = await square.http.post("/trial-bots", json={"name": "X", "username": "x_deneme_bot"})
    assert answer.status_code == 403


async def test_a_full_queue_takes_no_more_and_keeps_what_it_has(square: Square) -> None:
    bot = await square.add_bot()
    chat = a_person(square.fake)
    await square.fleet.live.change("telegram", {"queue_limit": 100}, by="sahip")
    async with square.held(bot):
        for number in range(100):
            await square.send(bot, chat, f"ileti {number}")
        refused = await square.http.post("/outbox", json={"bot_ids": [bot], "chat_id": chat, "text": "bir daha"})
        assert (refused.status_code, refused.json()["kod"]) == (429, "kuyruk_dolu")
        assert (await square.http.get("/outbox/counts")).json()["counts"]["queued"] == 100


async def test_what_is_over_is_trimmed_and_what_is_uncertain_stays(square: Square, db: Database) -> None:
    bot = await square.add_bot()
    chat = a_person(square.fake)
    sent, uncertain = [await square.send(bot, chat, text) for text in ("eski", "belirsiz")]
    await square.settled(sent["id"], state="sent")
    await square.settled(uncertain["id"], state="sent")
    late = datetime.now(UTC) + timedelta(seconds=1)

    def trim(session: Session) -> int:
        session.execute(update(Send).where(Send.id == uncertain["id"]).values(state=SendState.MAYBE_SENT))
        outbox = OutboxRepository(session)
        assert outbox.trim(late - timedelta(days=1)) == 0
        return outbox.trim(late)

    assert await db.write(trim) == 1
    assert (await square.http.get(f"/outbox/{sent['id']}")).status_code == 404
    assert (await square.http.get(f"/outbox/{uncertain['id']}")).json()["state"] == "maybe_sent"
