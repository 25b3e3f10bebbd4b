"""What was said in a chat, by people and by bots, as one list."""

from typing import Any

import pytest

from meydan.telegram.settings import TelegramSettings
from tests.telegram.conftest import Square, Start
from tests.telegram.world import a_group, a_person, say

FAST = TelegramSettings(chat_count=100, chat_seconds=0.01, bot_per_second=10_000, group_per_minute=1_000)


async def said(square: Square, chat: int, **query: Any) -> list[dict[str, Any]]:
    answer = await square.http.get(f"/chats/{chat}/messages", params=query)
    assert answer.status_code == 200, answer.text
    messages: list[dict[str, Any]] = answer.json()["messages"]
    return messages


async def heard(square: Square, chat: int, text: str) -> None:
    """Wait until something a person wrote is listed."""

    async def look() -> bool:
        return any(one["text"] == text for one in await said(square, chat, limit=200))

    async def known() -> bool:
        return (await square.http.get(f"/chats/{chat}/messages")).status_code == 200

    await square.until(known)
    await square.until(look)


async def test_what_people_answer_stands_beside_what_was_sent(start: Start) -> None:
    square = await start(FAST)
    bot = await square.add_bot()
    chat = a_person(square.fake, name="Işıl Şahin")
    await square.settled((await square.send(bot, chat, "Günaydın"))["id"], state="sent")
    say(square.fake, chat, "Size de günaydın")
    await heard(square, chat, "Size de günaydın")
    last = await square.settled((await square.send(bot, chat, "Nasılsınız"))["id"], state="sent")
    found = await said(square, chat)
    assert [(one["text"], one["incoming"], one["author"]) for one in found[:3]] == [
        ("Nasılsınız", False, "sahip"),
        ("Size de günaydın", True, "Işıl Şahin"),
        ("Günaydın", False, "sahip"),
    ]
    assert (found[0]["id"], found[0]["message_id"], found[0]["bot_id"]) == (last["id"], last["message_id"], bot)
    square.become("member")
    assert (await square.http.get(f"/chats/{chat}/messages")).status_code == 403
    square.become("moderator")
    assert (await square.http.get(f"/chats/{chat}/messages")).status_code == 200
    unknown = await square.http.get("/chats/424242/messages")
    assert (unknown.status_code, unknown.json()["kod"]) == (404, "telegram_sohbeti_yok")


async def test_edits_and_deletions_show_what_stands_now(start: Start) -> None:
    square = await start(FAST)
    bot = await square.add_bot()
    chat = a_person(square.fake)
    mine, other = [await square.send(bot, chat, text) for text in ("ilk", "silinecek")]
    await square.settled(other["id"], state="sent")
    edit = (await square.http.patch(f"/outbox/{mine['id']}", json={"text": "son"})).json()["sends"][0]
    gone = (await square.http.delete(f"/outbox/{other['id']}")).json()
    for one in (edit, gone):
        await square.settled(one["id"], state="sent")
    (room,) = [room for room in square.fake.office.world.rooms.values() if room.chat.id == chat]
    number = square.fake.people.write(room.key, chat, "yanlış").message_id
    square.fake.people.edit(room.key, chat, number, "doğru")
    await heard(square, chat, "doğru")
    found = {one["text"]: (one["edited"], one["deleted"]) for one in await said(square, chat)}
    assert found["son"] == (True, False)
    assert found["silinecek"] == (False, True)
    assert found["doğru"] == (True, False)
    assert not {"ilk", "yanlış"} & found.keys()


async def test_a_channels_edited_post_shows_what_stands_now_once_however_many_bots_hear(start: Start) -> None:
    square = await start(FAST)
    bots = [await square.add_bot(), await square.add_bot("oteki_bot")]
    kinds: set[tuple[str, str]] = set()
    square.fleet.intake.on_update(lambda item: kinds.add((item.bot_id, item.kind)))
    writer = square.fake.people.make_person("Yazar").id
    channel = a_group(square.fake, kind="channel")
    square.fake.people.set_member(str(channel), writer, "creator")
    number = square.fake.people.write(str(channel), writer, "yanlış").message_id
    square.fake.people.edit(str(channel), writer, number, "doğru")
    await square.until(lambda: {(bot, "edited_channel_post") for bot in bots} <= kinds)
    await heard(square, channel, "doğru")
    found = [one for one in await said(square, channel) if one["incoming"]]
    assert [(one["text"], one["edited"], one["author"]) for one in found] == [("doğru", True, "Piyasa")]
    sent = await square.send(bots[0], channel, "botun sözü")
    await square.settled(sent["id"], state="sent")
    mine = [one for one in await said(square, channel, bot_id=bots[0]) if one["text"] == "botun sözü"]
    assert [one["incoming"] for one in mine] == [False], "a bot hears nothing of its own post"


async def test_a_basic_group_is_told_as_often_as_bots_hear_it_and_once_for_one_bot(start: Start) -> None:
    square = await start(FAST)
    bots = [await square.add_bot(), await square.add_bot("oteki_bot")]
    for bot, number in zip(bots, (900, 1900), strict=True):
        chat = {"id": -77, "type": "group", "title": "Grup"}
        await square.fleet.intake.take(bot, [a_message(number, "selam", chat=chat)])
        assert [one["text"] for one in await said(square, -77, bot_id=bot)] == ["selam"]
    assert len(await said(square, -77)) == 2


async def test_pages_neither_skip_nor_repeat(start: Start) -> None:
    square = await start(FAST)
    bot = await square.add_bot()
    await square.fleet.intake.take(bot, [a_message(number, f"soru {number}") for number in range(800, 820)])
    for number in range(5):
        await square.settled((await square.send(bot, 7, f"yanıt {number}"))["id"])
    whole = [one["id"] for one in await said(square, 7, limit=200)]
    assert len(whole) >= 20
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await square.http.get("/chats/7/messages", params={"limit": 3, "cursor": cursor})).json()
        found += [one["id"] for one in page["messages"]]
        cursor = page["next_cursor"]
    assert found == whole


def a_message(number: int, text: str, **more: Any) -> dict[str, Any]:
    chat = {"id": 7, "type": "private", "first_name": "Kişi"}
    return {"update_id": number, "message": {"message_id": number, "text": text, "chat": chat, "from": chat, **more}}


async def test_a_group_that_several_bots_hear_is_told_once_and_private_chats_apart(start: Start) -> None:
    square = await start(FAST)
    bots = [await square.add_bot(), await square.add_bot("oteki_bot")]
    group = a_group(square.fake, kind="supergroup")
    say(square.fake, group, "herkes duyar")
    await heard(square, group, "herkes duyar")

    async def both() -> bool:
        alone = [await said(square, group, bot_id=bot) for bot in bots]
        return all(any(one["text"] == "herkes duyar" for one in found) for found in alone)

    await square.until(both)
    assert [one["text"] for one in await said(square, group)].count("herkes duyar") == 1
    for bot, text in zip(bots, ("birine", "ötekine"), strict=True):
        await square.fleet.intake.take(bot, [a_message(900, text)])
        assert [one["text"] for one in await said(square, 7, bot_id=bot)] == [text]
    assert len(await said(square, 7)) == 2


@pytest.mark.parametrize(
    ("body", "kind", "text"),
    [
        ({"photo": [{"file_id": "x"}], "caption": "bakın"}, "photo", "bakın"),
        ({"document": {"file_id": "x", "file_name": "rapor.pdf"}}, "document", "rapor.pdf"),
        ({"sticker": {"emoji": "👍"}}, "sticker", ""),
        ({"location": {"latitude": 41.0}}, "location", ""),
        ({"new_chat_members": [{"id": 1}]}, "event", ""),
        ({"voice": "?", "from": ["?"], "chat": {"id": 7}}, "voice", ""),
        ({"text": 5, "from": {"id": 9}}, "text", "5"),
    ],
)
async def test_whatever_people_send_is_named(square: Square, body: dict[str, Any], kind: str, text: str) -> None:
    bot = await square.add_bot()
    message = a_message(950, "")
    del message["message"]["text"]
    await square.fleet.intake.take(bot, [{"update_id": 950, "message": message["message"] | body}])
    (found,) = await said(square, 7)
    assert (found["kind"], found["text"]) == (kind, text)


@pytest.mark.parametrize("cursor", ["x", "bnVsbA", "Wy0xLDEsIngiXQ", "!"])
async def test_what_is_no_cursor_of_messages_is_refused(square: Square, cursor: str) -> None:
    assert (await square.http.get("/chats/7/messages", params={"cursor": cursor})).status_code == 422
