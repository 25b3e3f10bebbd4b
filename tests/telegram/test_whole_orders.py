"""Orders are sent as they are given, or refused; what no request can be made of has not been sent."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from meydan.platform.clock import SystemClock
from meydan.platform.db import Database
from meydan.platform.errors import InvalidInput
from meydan.platform.ids import new_id
from meydan.telegram.models import SendState
from meydan.telegram.orders import Attachment, Order
from meydan.telegram.outbox_repository import OutboxRepository, SendRow
from meydan.telegram.settings import TelegramSettings
from tests.telegram.conftest import ACTORS, Square, Start
from tests.telegram.world import a_person, texts

FAST = TelegramSettings(chat_count=100, chat_seconds=0.01, bot_per_second=10_000, group_per_minute=1_000)
MEDIA = "a file that was uploaded"
ADDRESS = "https://ornek.com/a.jpg"
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(32)
NOON = datetime.now(UTC) + timedelta(days=1)

UNSENDABLE: list[tuple[dict[str, Any], str, str]] = [
    ({"text": "x", "media": MEDIA}, "attachment", "file_without_kind"),
    ({"media": MEDIA}, "attachment", "file_without_kind"),
    ({"text": "x", "file": ADDRESS}, "attachment", "file_without_kind"),
    ({"file": ADDRESS}, "attachment", "file_without_kind"),
    ({"text": "x", "file": ""}, "attachment", "file_without_kind"),
    ({"text": "x", "media": MEDIA, "file": ADDRESS}, "attachment", "file_without_kind"),
    ({"text": "x", "attachment": "photo"}, "media", "media_or_file"),
    ({"attachment": "photo", "media": MEDIA, "file": ADDRESS}, "media", "media_or_file"),
    ({"attachment": "photo", "file": " "}, "file", "empty"),
    ({}, "text", "empty"),
    ({"text": " ", "parse_mode": "HTML"}, "text", "empty"),
    ({"text": "<b> </b>", "parse_mode": "HTML"}, "text", "empty"),
    ({"text": "* *", "parse_mode": "MarkdownV2", "attachment": "photo", "file": ADDRESS}, "text", "empty"),
    ({"text": "x", "not_before": NOON, "deadline": NOON}, "deadline", "deadline_too_early"),
    ({"text": "x", "not_before": NOON, "deadline": NOON - timedelta(hours=1)}, "deadline", "deadline_too_early"),
]  # fmt: skip


async def uploaded(square: Square) -> str:
    answer = await square.http.post("/media", files={"file": ("a.png", PICTURE, "image/png")})
    media: str = answer.json()["id"]
    return media


def with_media(fields: dict[str, Any], media: str) -> dict[str, Any]:
    return fields | ({"media": media} if fields.get("media") == MEDIA else {})


async def test_an_order_that_cannot_be_sent_as_it_is_given_is_refused(start: Start) -> None:
    square = await start(FAST)
    bot = await square.add_bot()
    chat, media = a_person(square.fake), await uploaded(square)
    for fields, field, reason in UNSENDABLE:
        order = with_media(fields, media)
        body = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in order.items()}
        answer = await square.http.post("/outbox", json={"bot_ids": [bot], "chat_id": chat, **body})
        said = answer.json()
        assert (answer.status_code, said["kod"], said["alan"], said["neden_kodu"]) == (
            422,
            "gecersiz_alan",
            field,
            reason,
        )
        own = {**order, "attachment": Attachment(order["attachment"])} if "attachment" in order else order
        with pytest.raises(InvalidInput) as refused:
            await square.fleet.outbox.send(ACTORS["owner"], Order(bot_ids=(bot,), chat_id=chat, **own))
        assert (refused.value.data["alan"], refused.value.data["neden"].code) == (field, reason)
    assert not any((await square.http.get("/outbox/counts")).json()["counts"].values())
    assert texts(square.fake, chat) == []


async def test_orders_that_differ_from_those_by_little_are_sent_whole(start: Start) -> None:
    square = await start(FAST)
    bot = await square.add_bot()
    chat = a_person(square.fake)
    for kind in ("photo", "voice", "document"):
        send = await square.send(bot, chat, "ekte", attachment=kind, media=await uploaded(square))
        row = await square.settled(send["id"])
        assert (row["state"], row["method"]) == ("sent", f"send{kind.capitalize()}")
    link = await square.send(bot, chat, "", attachment="document", file=ADDRESS)
    assert "HTTP URL" in (await square.settled(link["id"]))["error"]  # the fake fetches nothing, but was asked to
    soon = datetime.now(UTC) + timedelta(seconds=0.2)
    late = (soon + timedelta(minutes=1)).isoformat()
    words = await square.send(bot, chat, "<b>x</b>", parse_mode="HTML", not_before=soon.isoformat(), deadline=late)
    assert (await square.settled(words["id"]))["state"] == "sent"


async def test_the_rest_of_a_long_caption_shows_no_previews_where_none_are_wanted(start: Start) -> None:
    square = await start(FAST)
    bot = await square.add_bot()
    chat = a_person(square.fake)
    body = {
        "bot_ids": [bot], "chat_id": chat, "text": f"{'kelime ' * 200}https://meydan.example/", "previews": False,
        "attachment": "document", "media": await uploaded(square),
    }  # fmt: skip
    sends = (await square.http.post("/outbox", json=body)).json()["sends"]
    rows = [await square.settled(send["id"], state="sent") for send in sends]
    (room,) = [room for room in square.fake.office.world.rooms.values() if room.chat.id == chat]
    shown = [room.messages[row["message_id"]] for row in rows]
    assert [message.link_preview_options for message in shown] == [None, {"is_disabled": True}]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("text", "x" * 300 + "\ud800"),
        ("buttons", {"inline_keyboard": [[{"text": "\ud800", "url": ADDRESS}]]}),
        ("buttons", {"inline_keyboard": [[{"text": "x", "url": object()}]]}),
    ],
)
async def test_what_can_be_written_into_no_request_is_not_taken(square: Square, *, field: str, value: Any) -> None:
    fields: dict[str, Any] = {"text": "x", field: value}
    with pytest.raises(InvalidInput) as refused:
        await square.fleet.outbox.send(ACTORS["owner"], Order(bot_ids=("b",), chat_id=5, **fields))
    assert (refused.value.data["alan"], refused.value.data["neden"].code) == (field, "string_unicode")


@pytest.mark.parametrize("fault", ["file of no kind", "half a letter"])
async def test_what_no_request_can_be_made_of_fails_and_is_never_uncertain(
    start: Start, db: Database, fault: str
) -> None:
    """Such a row may be older than the rule that refuses its order."""
    square = await start(FAST)
    bot = await square.add_bot()
    chat = a_person(square.fake)
    kinds: dict[str, tuple[str | None, str]] = {
        "file of no kind": (await uploaded(square), "ekte"), "half a letter": (None, "\ud800"),
    }  # fmt: skip
    media, text = kinds[fault]
    row = SendRow(
        new_id(SystemClock()), bot, chat, False, False, "sendMessage", {"text": text}, "ekte", media, None, 1, 1,
        SendState.QUEUED, None, "sahip", datetime.now(UTC), None, None, 0,
    )  # fmt: skip
    async with square.held(bot):
        await db.write(lambda session: OutboxRepository(session).insert([row]))
        good = await square.send(bot, chat, "sonraki")
    ended = await square.settled(row.id)
    assert (ended["state"], ended["error_reason"], ended["message_id"]) == ("failed", "send_unmade", None)
    assert (await square.settled(good["id"]))["state"] == "sent"
    assert (await square.http.post(f"/outbox/{row.id}/retry")).json()["state"] == "queued"
    assert (await square.settled(row.id))["state"] == "failed"
    assert texts(square.fake, chat) == ["sonraki"]
