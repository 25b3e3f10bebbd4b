"""Chats, members, topics, reactions, buttons, commands and files."""

import json
from io import BytesIO
from typing import Any

import aiohttp
import pytest

from meydan.telegram.fake.world import Room
from tests.telegram.fake.conftest import Client

_PNG = b"\x89PNG\r\n\x1a\n" + bytes(32)


async def _upload(bot: Client, method: str, files: dict[str, bytes], **params: Any) -> tuple[int, dict[str, Any]]:
    form = aiohttp.FormData()
    for name, value in params.items():
        form.add_field(name, value if isinstance(value, str) else json.dumps(value))
    for name, content in files.items():
        form.add_field(name, BytesIO(content), filename=f"{name}.bin", content_type="application/octet-stream")
    async with bot.http.post(f"{bot.fake.url}/bot{bot.token}/{method}", data=form) as answer:
        told: dict[str, Any] = await answer.json()
        return answer.status, told


@pytest.mark.parametrize(("kind", "content"), [("photo", _PNG), ("voice", b"OggS"), ("document", b"merhaba")])
async def test_a_file_goes_up_comes_back_and_is_sent_again(bot: Client, group: Room, kind: str, content: bytes) -> None:
    bot.join(group)
    method = f"send{kind.title()}"
    status, told = await _upload(bot, method, {kind: content}, chat_id=group.chat.id, caption="*not*")
    assert status == 200, told
    sent = told["result"]
    media = sent[kind][-1] if kind == "photo" else sent[kind]
    assert (sent["caption"], media["file_size"]) == ("*not*", len(content))
    file = await bot.ok("getFile", file_id=media["file_id"])
    async with bot.http.get(f"{bot.fake.url}/file/bot{bot.token}/{file['file_path']}") as answer:
        assert await answer.read() == content
    again = await bot.ok(method, chat_id=group.chat.id, **{kind: media["file_id"]})
    assert (again[kind][-1] if kind == "photo" else again[kind])["file_id"] == media["file_id"]
    edit = {"chat_id": group.chat.id, "message_id": sent["message_id"], "caption": "<i>yeni</i>", "parse_mode": "HTML"}
    edited = await bot.ok("editMessageCaption", **edit)
    assert (edited["caption"], edited["caption_entities"][0]["type"]) == ("yeni", "italic")
    assert (await bot.refused("editMessageCaption", **edit)).startswith("Bad Request: message is not modified")
    text = await bot.refused("editMessageText", chat_id=group.chat.id, message_id=sent["message_id"], text="x")
    assert text == "Bad Request: there is no text in the message to edit"


async def test_files_that_are_refused(bot: Client, group: Room) -> None:
    bot.join(group)
    chat = group.chat.id
    assert await bot.refused("sendPhoto", chat_id=chat) == "Bad Request: there is no photo in the request"
    address = await bot.refused("sendPhoto", chat_id=chat, photo="https://ornek.test/a.png")
    assert address == "Bad Request: failed to get HTTP URL content"
    assert await bot.refused("getFile", file_id="yok") == "Bad Request: invalid file_id"
    long = await bot.refused("sendDocument", chat_id=chat, document="yok", caption="x" * 1025)
    assert long == "Bad Request: message caption is too long"
    for files, complaint in (
        ({"photo": b"not a picture"}, "Bad Request: IMAGE_PROCESS_FAILED"),
        ({"photo": b""}, "Bad Request: file must be non-empty"),
        ({"photo": _PNG + bytes(10 * 1024 * 1024)}, "Request Entity Too Large"),
    ):
        assert (await _upload(bot, "sendPhoto", files, chat_id=chat))[1]["description"] == complaint
    async with bot.http.get(f"{bot.fake.url}/file/bot{bot.token}/documents/../../fake.json") as answer:
        assert answer.status == 404


async def test_fifty_megabytes_go_up_and_twenty_come_down(bot: Client, group: Room) -> None:
    bot.join(group)
    size = 50 * 1024 * 1024
    status, told = await _upload(bot, "sendDocument", {"document": bytes(size)}, chat_id=group.chat.id)
    assert status == 200, told
    file_id = told["result"]["document"]["file_id"]
    assert await bot.refused("getFile", file_id=file_id) == "Bad Request: file is too big"
    status, told = await _upload(bot, "sendDocument", {"document": bytes(size + 1)}, chat_id=group.chat.id)
    assert (status, told["description"]) == (413, "Request Entity Too Large")


async def test_an_album(bot: Client, group: Room) -> None:
    bot.join(group)
    media = [{"type": "photo", "media": f"attach://{name}", "caption": name} for name in ("bir", "iki")]
    files = {"bir": _PNG, "iki": _PNG}
    status, told = await _upload(bot, "sendMediaGroup", files, chat_id=group.chat.id, media=media)
    assert status == 200, told
    first, second = told["result"]
    assert first["media_group_id"] == second["media_group_id"]
    assert [first["caption"], second["caption"]] == ["bir", "iki"]
    for wrong, complaint in (
        (media[:1], "wrong number of media: there must be 2-10 items in an album"),
        ([media[0], {"type": "document", "media": "x"}], "documents can't be mixed with other media types"),
        ([media[0], {"type": "photo", "media": "attach://yok"}], "there is no file with the name in the request"),
    ):
        said = await _upload(bot, "sendMediaGroup", files, chat_id=group.chat.id, media=wrong)
        assert said[1]["description"] == f"Bad Request: {complaint}"
    assert await bot.refused("sendMediaGroup", chat_id=group.chat.id, media="{") == (
        "Bad Request: can't parse media JSON object"
    )


async def test_chat_and_members(bot: Client, other: Client, group: Room, person: int) -> None:
    bot.join(group, "administrator")
    other.join(group, "administrator")
    chat = await bot.ok("getChat", chat_id=group.chat.id)
    assert (chat["id"], chat["type"], chat["title"]) == (group.chat.id, "group", "Deneme Grubu")
    assert await bot.ok("getChatMemberCount", chat_id=group.chat.id) == 5
    admins = await bot.ok("getChatAdministrators", chat_id=group.chat.id)
    assert [admin["status"] for admin in admins] == ["creator", "administrator"]
    assert admins[1]["user"]["id"] == bot.id
    assert admins[1]["can_delete_messages"] is True
    member = await bot.ok("getChatMember", chat_id=group.chat.id, user_id=person)
    assert member["status"] == "member"
    stranger = bot.fake.people.make_person("Yabancı")
    assert (await bot.ok("getChatMember", chat_id=group.chat.id, user_id=stranger.id))["status"] == "left"
    wrong = await bot.refused("getChatMember", chat_id=group.chat.id, user_id=1)
    assert wrong == "Bad Request: invalid user_id specified"
    bot.fake.people.start(bot.id, person)
    for method, complaint in (
        ("getChatAdministrators", "there are no administrators in the private chat"),
        ("leaveChat", "chat member status can't be changed in private chats"),
    ):
        assert await bot.refused(method, chat_id=person) == f"Bad Request: {complaint}"
    for method in ("getChat", "getChatMember", "getChatMemberCount", "leaveChat", "sendChatAction"):
        assert await bot.refused(method, chat_id=-1) == "Bad Request: chat not found"


async def test_topics(bot: Client, group: Room, forum: Room) -> None:
    bot.join(group, "administrator")
    bot.join(forum)
    chat = forum.chat.id
    no_forum = await bot.refused("createForumTopic", chat_id=group.chat.id, name="x")
    assert no_forum == "Bad Request: the chat is not a forum"
    assert await bot.refused("createForumTopic", chat_id=chat, name="x") == (
        "Bad Request: not enough rights to create a topic"
    )
    bot.join(forum, "administrator")
    for params, complaint in (
        ({"name": ""}, "TOPIC_TITLE_EMPTY"),
        ({"name": "x" * 129}, "TOPIC_TITLE_TOO_LONG"),
        ({"name": "x", "icon_color": 1}, "invalid icon color specified"),
    ):
        assert await bot.refused("createForumTopic", chat_id=chat, **params) == f"Bad Request: {complaint}"
    topic = await bot.ok("createForumTopic", chat_id=chat, name="Yeni")
    number = topic["message_thread_id"]
    assert (topic["name"], forum.topics[number].name) == ("Yeni", "Yeni")
    where = {"chat_id": chat, "message_thread_id": number}
    await bot.ok("editForumTopic", **where, name="Eski")
    assert await bot.refused("editForumTopic", **where, name="Eski") == "Bad Request: TOPIC_NOT_MODIFIED"
    await bot.ok("closeForumTopic", **where)
    assert await bot.refused("closeForumTopic", **where) == "Bad Request: TOPIC_NOT_MODIFIED"
    bot.join(forum, "member")
    assert await bot.refused("sendMessage", **where, text="x") == "Bad Request: TOPIC_CLOSED"
    bot.join(forum, "administrator")
    await bot.ok("sendMessage", **where, text="x")
    await bot.ok("reopenForumTopic", **where)
    assert await bot.refused("reopenForumTopic", **where) == "Bad Request: TOPIC_NOT_MODIFIED"
    await bot.ok("deleteForumTopic", **where)
    assert await bot.refused("deleteForumTopic", **where) == "Bad Request: TOPIC_ID_INVALID"
    assert await bot.refused("sendMessage", **where, text="x") == "Bad Request: message thread not found"


async def test_reactions_and_actions(bot: Client, group: Room, person: int) -> None:
    bot.join(group)
    number = bot.fake.people.write(group.key, person, "güzel").message_id
    where = {"chat_id": group.chat.id, "message_id": number}
    thumb = {"type": "emoji", "emoji": "👍"}
    assert await bot.ok("setMessageReaction", **where, reaction=[thumb]) is True
    assert group.reactions[number] == {bot.id: [thumb]}
    await bot.ok("setMessageReaction", **where)
    assert group.reactions[number] == {}
    for reaction, complaint in (([thumb, thumb], "REACTIONS_TOO_MANY"), ([{"type": "paid"}], "REACTION_INVALID")):
        assert await bot.refused("setMessageReaction", **where, reaction=reaction) == f"Bad Request: {complaint}"
    missing = await bot.refused("setMessageReaction", chat_id=group.chat.id, message_id=99, reaction=[thumb])
    assert missing == "Bad Request: message to react not found"
    assert await bot.ok("sendChatAction", chat_id=group.chat.id, action="typing") is True
    wrong = await bot.refused("sendChatAction", chat_id=group.chat.id, action="singing")
    assert wrong == "Bad Request: wrong parameter action in request"


async def test_a_button_is_pressed_and_answered_once(bot: Client, group: Room, person: int) -> None:
    bot.join(group)
    buttons = {"inline_keyboard": [[{"text": "Evet", "callback_data": "evet"}]]}
    sent = await bot.ok("sendMessage", chat_id=group.chat.id, text="?", reply_markup=buttons)
    query = bot.fake.people.press(group.key, person, sent["message_id"], "evet")
    update = (await bot.updates())[0]["callback_query"]
    assert (update["id"], update["data"], update["from"]["id"]) == (query, "evet", person)
    assert update["message"]["message_id"] == sent["message_id"]
    assert await bot.ok("answerCallbackQuery", callback_query_id=query, text="Tamam") is True
    again = await bot.refused("answerCallbackQuery", callback_query_id=query)
    assert again == "Bad Request: query is too old and response timeout expired or query ID is invalid"
    query = bot.fake.people.press(group.key, person, sent["message_id"], "evet")
    long = await bot.refused("answerCallbackQuery", callback_query_id=query, text="x" * 201)
    assert long == "Bad Request: MESSAGE_TOO_LONG"


async def test_commands(bot: Client) -> None:
    commands = [{"command": "start", "description": "Başlatır"}]
    assert await bot.ok("setMyCommands", commands=commands) is True
    assert await bot.ok("getMyCommands") == commands
    assert await bot.ok("getMyCommands", language_code="tr") == []
    assert await bot.ok("deleteMyCommands") is True
    assert await bot.ok("getMyCommands") == []
    assert await bot.refused("setMyCommands", commands=[{"command": ""}]) == "Bad Request: BOT_COMMAND_INVALID"
    empty = await bot.refused("setMyCommands", commands=[{"command": "a", "description": ""}])
    assert empty == "Bad Request: command description is empty"
