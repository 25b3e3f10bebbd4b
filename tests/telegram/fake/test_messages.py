"""Writing, changing and removing messages: what Telegram does, and how it says no."""

from typing import Any

import aiohttp
import pytest

from meydan.telegram.fake.server import FakeTelegram
from meydan.telegram.fake.world import Room
from tests.telegram.fake.conftest import Client

_SAME = "Bad Request: message is not modified: specified new message content and reply markup are exactly the same"
_BUTTONS = {"inline_keyboard": [[{"text": "Evet", "callback_data": "evet"}, {"text": "Site", "url": "https://a.test"}]]}


async def test_get_me(bot: Client) -> None:
    me = await bot.ok("getMe")
    assert (me["id"], me["is_bot"], me["username"]) == (bot.id, True, "deneme_bot")
    assert me["can_read_all_group_messages"] is False


async def test_wrong_tokens_and_methods(bot: Client) -> None:
    assert await bot.refused("sendNothing") == "Not Found: method not found"
    assert (await bot.ask("GETME"))[0] == 200  # names are read without case
    bot.token = f"{bot.id}:{'A' * 35}"
    assert await bot.refused("getMe") == "Unauthorized"
    bot.token = "nonsense"
    assert await bot.refused("getMe") == "Not Found"


@pytest.mark.parametrize("way", ["query", "form", "multipart", "json"])
async def test_parameters_come_in_four_ways(bot: Client, group: Room, way: str) -> None:
    bot.join(group)
    url = f"{bot.fake.url}/bot{bot.token}/sendMessage"
    given = {"chat_id": str(group.chat.id), "text": "ışık & gölge", "disable_notification": "true"}
    given["reply_markup"] = '{"inline_keyboard":[[{"text":"Evet","callback_data":"e"}]]}'
    match way:
        case "query":
            asked = bot.http.get(url, params=given)
        case "form":
            asked = bot.http.post(url, data=given)
        case "multipart":
            form = aiohttp.FormData(default_to_multipart=True)
            for name, value in given.items():
                form.add_field(name, value)
            asked = bot.http.post(url, data=form)
        case _:
            asked = bot.http.post(url, json={**given, "chat_id": group.chat.id, "disable_notification": True})
    async with asked as answer:
        told = await answer.json()
    assert told["result"]["text"] == "ışık & gölge"
    assert told["result"]["reply_markup"]["inline_keyboard"][0][0]["callback_data"] == "e"


async def test_a_body_that_is_no_json_is_refused(bot: Client) -> None:
    headers = {"Content-Type": "application/json"}
    for body in (b"{", b"[]", b"\xff"):
        async with bot.http.post(f"{bot.fake.url}/bot{bot.token}/getMe", data=body, headers=headers) as answer:
            assert answer.status == 400


async def test_a_message_carries_what_was_asked_for(bot: Client, forum: Room, person: int) -> None:
    bot.join(forum)
    asked = bot.fake.people.write(forum.key, person, "soru")
    topic = next(iter(forum.topics))
    sent = await bot.ok(
        "sendMessage",
        chat_id=forum.chat.id,
        text="<b>yanıt</b>",
        parse_mode="HTML",
        message_thread_id=topic,
        reply_parameters={"message_id": asked.message_id},
        protect_content=True,
        link_preview_options={"is_disabled": True},
        reply_markup=_BUTTONS,
    )
    assert sent["text"] == "yanıt"
    assert sent["entities"] == [{"type": "bold", "offset": 0, "length": 5}]
    assert (sent["message_thread_id"], sent["is_topic_message"]) == (topic, True)
    assert sent["reply_to_message"]["text"] == "soru"
    assert sent["has_protected_content"] is True
    assert sent["link_preview_options"] == {"is_disabled": True}
    assert sent["reply_markup"] == _BUTTONS
    assert sent["chat"] == {"id": forum.chat.id, "type": "supergroup", "title": "Deneme Forumu", "is_forum": True}


_RESERVED = r"can't parse entities: Character '.' is reserved and must be escaped with the preceding '\'"


def _long_data() -> dict[str, Any]:
    return {"inline_keyboard": [[{"text": "a", "callback_data": "x" * 65}]]}


@pytest.mark.parametrize(
    ("params", "complaint"),
    [
        ({"text": ""}, "message text is empty"),
        ({"text": "  \n "}, "text must be non-empty"),
        ({}, "message text is empty"),
        ({"text": "<b></b>", "parse_mode": "HTML"}, "text must be non-empty"),
        ({"text": "x" * 4097}, "message is too long"),
        ({"text": "x" * 32_769}, "text is too long"),
        ({"text": "😀" * 2049}, "message is too long"),
        ({"text": "1.5", "parse_mode": "MarkdownV2"}, _RESERVED),
        ({"text": "x", "parse_mode": "Rich"}, "unsupported parse_mode"),
        ({"text": "x", "reply_parameters": {"message_id": 999}}, "message to be replied not found"),
        ({"text": "x", "reply_to_message_id": 999}, "message to be replied not found"),
        ({"text": "x", "reply_markup": "{"}, "object expected as reply markup"),
        ({"text": "x", "reply_markup": _long_data()}, "BUTTON_DATA_INVALID"),
        ({"text": "x", "chat_id": ""}, "chat_id is empty"),
        ({"text": "x", "chat_id": 12345}, "chat not found"),
        ({"text": "x", "chat_id": -12345}, "chat not found"),
        ({"text": "x", "chat_id": "@yok_boyle"}, "chat not found"),
    ],
)
async def test_texts_that_are_refused(bot: Client, group: Room, params: dict[str, Any], complaint: str) -> None:
    bot.join(group)
    assert await bot.refused("sendMessage", **{"chat_id": group.chat.id, **params}) == f"Bad Request: {complaint}"


async def test_a_text_is_measured_after_its_formatting_is_read(bot: Client, group: Room) -> None:
    bot.join(group)
    text = "<b>" + "&lt;" * 4096 + "</b>"
    sent = await bot.ok("sendMessage", chat_id=group.chat.id, text=text, parse_mode="HTML")
    assert sent["text"] == "<" * 4096


async def test_a_missing_reply_may_be_let_go(bot: Client, group: Room) -> None:
    bot.join(group)
    reply = {"message_id": 999, "allow_sending_without_reply": True}
    sent = await bot.ok("sendMessage", chat_id=group.chat.id, text="x", reply_parameters=reply)
    assert "reply_to_message" not in sent


async def test_who_may_be_written_to(bot: Client, other: Client, group: Room, person: int) -> None:
    async def said(chat: int) -> str:
        return await bot.refused("sendMessage", chat_id=chat, text="x")

    assert await said(person) == "Bad Request: chat not found"
    bot.join(group)
    assert await said(person) == "Forbidden: bot can't initiate conversation with a user"
    assert await said(other.id) == "Forbidden: bots can't send messages to bots"
    people = bot.fake.people
    people.start(bot.id, person)
    await bot.ok("sendMessage", chat_id=person, text="x")
    people.block(bot.id, person, blocked=True)
    assert await said(person) == "Forbidden: bot was blocked by the user"
    people.start(bot.id, person)
    await bot.ok("sendMessage", chat_id=person, text="x")
    bot.join(group, "kicked")
    assert await said(group.chat.id) == "Forbidden: bot was kicked from the group chat"
    bot.join(group, "restricted")
    assert await said(group.chat.id) == "Bad Request: not enough rights to send text messages to the chat"
    bot.join(group, "member")
    await bot.ok("leaveChat", chat_id=group.chat.id)
    assert await said(group.chat.id) == "Forbidden: bot is not a member of the group chat"


async def test_a_channel_speaks_for_itself_and_wants_an_administrator(bot: Client) -> None:
    channel = bot.join(bot.fake.people.make_chat("channel", "Deneme Kanalı"))
    refused = await bot.refused("sendMessage", chat_id=channel.chat.id, text="x")
    assert refused == "Bad Request: need administrator rights in the channel chat"
    bot.join(channel, "administrator")
    sent = await bot.ok("sendMessage", chat_id=channel.chat.id, text="x")
    assert sent["sender_chat"]["id"] == channel.chat.id
    assert "from" not in sent
    edited = await bot.ok("editMessageText", chat_id=channel.chat.id, message_id=sent["message_id"], text="y")
    assert edited["text"] == "y"


async def test_editing(bot: Client, group: Room, person: int) -> None:
    bot.join(group)
    chat = group.chat.id
    sent = await bot.ok("sendMessage", chat_id=chat, text="bir", reply_markup=_BUTTONS)
    number = sent["message_id"]
    edited = await bot.ok("editMessageText", chat_id=chat, message_id=number, text="*iki*", parse_mode="MarkdownV2")
    assert (edited["text"], "edit_date" in edited, "reply_markup" in edited) == ("iki", True, False)
    same = {"chat_id": chat, "message_id": number, "text": "*iki*", "parse_mode": "MarkdownV2"}
    assert (await bot.refused("editMessageText", **same)).startswith(_SAME)
    await bot.ok("editMessageReplyMarkup", chat_id=chat, message_id=number, reply_markup=_BUTTONS)
    again = await bot.refused("editMessageReplyMarkup", chat_id=chat, message_id=number, reply_markup=_BUTTONS)
    assert again.startswith(_SAME)
    missing = await bot.refused("editMessageText", chat_id=chat, message_id=999, text="x")
    assert missing == "Bad Request: message to edit not found"
    theirs = bot.fake.people.write(group.key, person, "benim").message_id
    not_mine = await bot.refused("editMessageText", chat_id=chat, message_id=theirs, text="x")
    assert not_mine == "Bad Request: message can't be edited"
    no_caption = await bot.refused("editMessageCaption", chat_id=chat, message_id=number, caption="x")
    assert no_caption == "Bad Request: there is no caption in the message to edit"


async def test_deleting(bot: Client, group: Room, person: int) -> None:
    bot.join(group)
    chat = group.chat.id
    mine = (await bot.ok("sendMessage", chat_id=chat, text="x"))["message_id"]
    theirs = bot.fake.people.write(group.key, person, "benim").message_id
    assert await bot.ok("deleteMessage", chat_id=chat, message_id=mine) is True
    refused = await bot.refused("deleteMessage", chat_id=chat, message_id=mine)
    assert refused == "Bad Request: message to delete not found"
    refused = await bot.refused("deleteMessage", chat_id=chat, message_id=theirs)
    assert refused == "Bad Request: message can't be deleted"
    bot.join(group, "administrator")
    assert await bot.ok("deleteMessages", chat_id=chat, message_ids=[theirs, 999]) is True
    assert theirs not in group.messages
    assert await bot.refused("deleteMessages", chat_id=chat) == "Bad Request: message identifiers are not specified"
    many = await bot.refused("deleteMessages", chat_id=chat, message_ids=list(range(1, 102)))
    assert many == "Bad Request: too many message identifiers specified"


async def test_forwarding_and_copying(bot: Client, group: Room, forum: Room, person: int) -> None:
    bot.join(group)
    bot.join(forum)
    theirs = bot.fake.people.write(group.key, person, "haber").message_id
    where = {"chat_id": forum.chat.id, "from_chat_id": group.chat.id}
    forwarded = await bot.ok("forwardMessage", **where, message_id=theirs)
    assert forwarded["text"] == "haber"
    assert forwarded["forward_origin"]["sender_user"]["id"] == person
    copied = await bot.ok("copyMessage", **where, message_id=theirs)
    assert copied.keys() == {"message_id"}
    assert forum.messages[copied["message_id"]].forward_origin is None
    assert await bot.refused("forwardMessage", **where, message_id=99) == "Bad Request: message to forward not found"
    assert await bot.refused("copyMessage", **where, message_id=99) == "Bad Request: message to copy not found"
    kept = await bot.ok("sendMessage", chat_id=group.chat.id, text="gizli", protect_content=True)
    refused = await bot.refused("forwardMessage", **where, message_id=kept["message_id"])
    assert refused == "Bad Request: the message can't be forwarded"


async def test_several_are_forwarded_and_copied_at_once(bot: Client, group: Room, forum: Room, person: int) -> None:
    bot.join(group)
    bot.join(forum)
    numbers = [bot.fake.people.write(group.key, person, text).message_id for text in ("bir", "iki")]
    where = {"chat_id": forum.chat.id, "from_chat_id": group.chat.id}
    for method, named in (("forwardMessages", True), ("copyMessages", False)):
        told = await bot.ok(method, **where, message_ids=[*numbers, 999])
        messages = [forum.messages[one["message_id"]] for one in told]
        assert [message.text for message in messages] == ["bir", "iki"]
        assert [message.forward_origin is not None for message in messages] == [named, named]
        for wrong, complaint in (
            ([999], "there are no messages to forward"),
            (numbers[::-1], "message identifiers must be in a strictly increasing order"),
            ([0], "invalid message identifier specified"),
            ([], "message identifiers are not specified"),
            (list(range(1, 102)), "too many message identifiers specified"),
        ):
            assert await bot.refused(method, **where, message_ids=wrong) == f"Bad Request: {complaint}"


async def test_a_thread_is_passed_over_where_there_are_no_topics(
    bot: Client, group: Room, forum: Room, person: int
) -> None:
    bot.join(group)
    bot.join(forum)
    sent = await bot.ok("sendMessage", chat_id=group.chat.id, text="x", message_thread_id=999)
    assert "message_thread_id" not in sent
    bot.fake.people.start(bot.id, person)
    for chat, thread in ((forum.chat.id, 999), (forum.chat.id, 1), (person, 5)):  # 1 is General, which is not named
        refused = await bot.refused("sendMessage", chat_id=chat, text="x", message_thread_id=thread)
        assert refused == "Bad Request: message thread not found"


async def test_pinning(bot: Client, group: Room, person: int) -> None:
    bot.join(group)
    chat = group.chat.id
    number = bot.fake.people.write(group.key, person, "önemli").message_id
    refused = await bot.refused("pinChatMessage", chat_id=chat, message_id=number)
    assert refused == "Bad Request: not enough rights to manage pinned messages in the chat"
    bot.join(group, "administrator")
    assert await bot.refused("pinChatMessage", chat_id=chat, message_id=99) == "Bad Request: message to pin not found"
    await bot.ok("pinChatMessage", chat_id=chat, message_id=number)
    assert (await bot.ok("getChat", chat_id=chat))["pinned_message"]["text"] == "önemli"
    await bot.ok("unpinChatMessage", chat_id=chat)
    assert "pinned_message" not in await bot.ok("getChat", chat_id=chat)
    assert await bot.refused("unpinChatMessage", chat_id=chat) == "Bad Request: message to unpin not found"


async def test_a_group_that_became_a_supergroup_says_where_it_went(bot: Client, group: Room) -> None:
    bot.join(group)
    new = bot.fake.people.migrate(group.key)
    status, told = await bot.ask("sendMessage", chat_id=group.chat.id, text="x")
    assert status == 400
    assert told["description"] == "Bad Request: group chat was upgraded to a supergroup chat"
    assert told["parameters"] == {"migrate_to_chat_id": new.chat.id}
    await bot.ok("sendMessage", chat_id=new.chat.id, text="x")
    notices = [update["message"] for update in await bot.updates() if "message" in update]
    assert [notice.get("migrate_to_chat_id") for notice in notices] == [new.chat.id, None]
    assert [notice.get("migrate_from_chat_id") for notice in notices] == [None, group.chat.id]


async def test_old_messages_are_forgotten(bot: Client, group: Room, fake: FakeTelegram) -> None:
    bot.join(group)
    for number in range(1_005):
        fake.people.write(group.key, next(iter(fake.office.world.people)), str(number))
    assert len(group.messages) == 1_000
