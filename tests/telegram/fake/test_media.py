"""Videos, music, stickers, files put in others' places, and whose a file's identifier is."""

import json
from typing import Any

import aiohttp
import pytest

from meydan.telegram.fake.world import Room
from tests.telegram.fake.conftest import Client
from tests.telegram.fake.test_chats import _PNG as PNG
from tests.telegram.fake.test_chats import _upload as upload


@pytest.mark.parametrize(
    ("kind", "given", "told"),
    [
        ("video", {"duration": 7, "width": 640, "height": 360}, {"duration": 7, "width": 640, "height": 360}),
        ("audio", {"performer": "Barış", "title": "Dağlar"}, {"performer": "Barış", "title": "Dağlar", "duration": 1}),
        ("sticker", {"emoji": "👍"}, {"type": "regular", "emoji": "👍", "is_animated": False, "width": 512}),
    ],
)
async def test_it_goes_up_and_is_sent_again(
    bot: Client, group: Room, kind: str, given: dict[str, Any], told: dict[str, Any]
) -> None:
    bot.join(group)
    method = f"send{kind.title()}"
    status, answer = await upload(bot, method, {kind: b"dosya"}, chat_id=group.chat.id, **given)
    assert status == 200, answer
    media = answer["result"][kind]
    assert {name: media[name] for name in told} == told
    assert (await bot.ok("getFile", file_id=media["file_id"]))["file_size"] == 5
    again = await bot.ok(method, chat_id=group.chat.id, **{kind: media["file_id"]})
    assert again[kind]["file_id"] == media["file_id"]
    copied = await bot.ok(
        "copyMessage", chat_id=group.chat.id, from_chat_id=group.chat.id, message_id=again["message_id"]
    )
    assert getattr(group.messages[copied["message_id"]], kind).file_id == media["file_id"]
    assert await bot.refused(method, chat_id=group.chat.id) == f"Bad Request: there is no {kind} in the request"


async def test_a_file_takes_the_place_of_another(bot: Client, group: Room) -> None:
    bot.join(group)
    chat = group.chat.id
    _, told = await upload(bot, "sendPhoto", {"photo": PNG}, chat_id=chat, caption="eski")
    number = told["result"]["message_id"]
    media = {"type": "video", "media": "attach://yeni", "caption": "<b>yeni</b>", "parse_mode": "HTML"}
    status, told = await upload(
        bot, "editMessageMedia", {"yeni": b"film"}, chat_id=chat, message_id=number, media=media
    )
    assert status == 200, told
    edited = told["result"]
    assert ("photo" in edited, edited["caption"], edited["caption_entities"][0]["type"]) == (False, "yeni", "bold")
    same = media | {"media": edited["video"]["file_id"], "caption": "<b>yeni</b>"}
    del same["parse_mode"]
    await bot.ok("editMessageMedia", chat_id=chat, message_id=number, media=same)
    refused = await bot.refused("editMessageMedia", chat_id=chat, message_id=number, media=same)
    assert refused.startswith("Bad Request: message is not modified")
    text = (await bot.ok("sendMessage", chat_id=chat, text="x"))["message_id"]
    for message_id, item, complaint in (
        (text, same, "there is no media in the message to edit"),
        (999, same, "message to edit not found"),
        (number, {"type": "sticker", "media": "x"}, "can't parse input media: input media type must be supported"),
        (number, None, "input media is not specified"),
    ):
        given = {} if item is None else {"media": json.dumps(item)}
        said = await bot.refused("editMessageMedia", chat_id=chat, message_id=message_id, **given)
        assert said == f"Bad Request: {complaint}"


async def test_a_files_identifier_is_good_for_its_bot_and_kind(
    bot: Client, other: Client, group: Room, http: aiohttp.ClientSession
) -> None:
    bot.join(group)
    other.join(group)
    chat = group.chat.id
    photo = (await upload(bot, "sendPhoto", {"photo": PNG}, chat_id=chat))[1]["result"]["photo"][-1]["file_id"]
    file = (await upload(bot, "sendDocument", {"document": b"x"}, chat_id=chat))[1]["result"]["document"]["file_id"]
    foreign = await other.refused("sendPhoto", chat_id=chat, photo=photo)
    assert foreign == "Bad Request: wrong file identifier/HTTP URL specified"
    assert await other.refused("getFile", file_id=photo) == "Bad Request: invalid file_id"
    assert (await bot.ok("sendVideo", chat_id=chat, video=file))["video"]["file_id"] == file
    for method, kind, given, complaint in (
        ("sendPhoto", "photo", file, "can't use file of type Document as Photo"),
        ("sendDocument", "document", photo, "can't use file of type Photo as Document"),
        ("sendPhoto", "photo", "yok!", "wrong remote file identifier specified: Wrong character in the string"),
        ("sendPhoto", "photo", "AgACA", "wrong remote file identifier specified: Wrong string length"),
        (
            "sendPhoto",
            "photo",
            "AgACAgQA",
            "wrong remote file identifier specified: can't unserialize it. Wrong last symbol",
        ),
    ):
        assert await bot.refused(method, chat_id=chat, **{kind: given}) == f"Bad Request: {complaint}"
