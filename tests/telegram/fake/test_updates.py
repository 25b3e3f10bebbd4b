"""What reaches a bot, by polling and by webhook."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from meydan.telegram.fake.world import Room
from tests.telegram.fake.conftest import Client, until


def _texts(updates: list[dict[str, Any]]) -> list[str]:
    return [update["message"]["text"] for update in updates if "text" in update.get("message", {})]


async def test_updates_come_until_they_are_confirmed(bot: Client, group: Room, person: int) -> None:
    bot.join(group, "administrator")
    for text in ("bir", "iki", "üç"):
        bot.fake.people.write(group.key, person, text)
    first = await bot.ok("getUpdates", limit=2)
    assert _texts(first) == ["bir", "iki"]
    assert _texts(await bot.ok("getUpdates")) == ["bir", "iki", "üç"]
    assert _texts(await bot.ok("getUpdates", offset=first[-1]["update_id"] + 1)) == ["üç"]
    bot.fake.people.write(group.key, person, "dört")
    assert _texts(await bot.ok("getUpdates", offset=-1)) == ["dört"]
    assert _texts(await bot.ok("getUpdates")) == ["dört"]


async def test_privacy_decides_what_a_bot_sees(bot: Client, other: Client, group: Room, person: int) -> None:
    people = bot.fake.people
    bot.join(group)
    mine = await bot.ok("sendMessage", chat_id=group.chat.id, text="botun sözü")
    for text in ("sade söz", "/komut", "/komut@deneme_bot", "/komut@oteki_bot", "selam @deneme_bot"):
        people.write(group.key, person, text)
    people.write(group.key, person, "yanıt", reply_to=mine["message_id"])
    seen = ["/komut", "/komut@deneme_bot", "selam @deneme_bot", "yanıt"]
    assert _texts(await bot.updates()) == seen
    people.set_privacy(bot.id, privacy=False)
    people.write(group.key, person, "sade söz")
    assert _texts(await bot.updates()) == ["sade söz"]
    people.set_privacy(bot.id, privacy=True)
    bot.join(group, "administrator")
    people.write(group.key, person, "sade söz")
    assert _texts(await bot.updates()) == ["sade söz"]
    other.join(group, "administrator")
    await other.ok("sendMessage", chat_id=group.chat.id, text="/komut")
    assert _texts(await bot.updates()) == []  # bots do not see bots


async def test_a_bot_learns_where_it_was_added_and_what_it_asked_for(bot: Client, group: Room, person: int) -> None:
    people = bot.fake.people
    people.set_member(group.key, bot.id, "administrator")
    added, notice = await bot.updates()
    assert added["my_chat_member"]["new_chat_member"]["status"] == "administrator"
    assert notice["message"]["new_chat_members"][0]["id"] == bot.id
    number = people.write(group.key, person, "güzel").message_id
    people.react(group.key, person, number, "👍")
    people.edit(group.key, person, number, "çok güzel")
    people.set_member(group.key, person, "kicked")
    kinds = [[*update.keys()][1] for update in await bot.updates()]
    assert kinds == ["message", "edited_message", "message"]  # reactions and members only on request
    await bot.ok("getUpdates", allowed_updates=["message_reaction", "chat_member"])
    people.set_member(group.key, person, "member")
    people.react(group.key, person, number, "👎")
    people.write(group.key, person, "istenmeyen")
    member, reaction = await bot.updates()
    assert member["chat_member"]["new_chat_member"]["user"]["id"] == person
    told = reaction["message_reaction"]
    assert (told["old_reaction"][0]["emoji"], told["new_reaction"][0]["emoji"]) == ("👍", "👎")


async def test_a_channels_post_is_edited_by_whose_it_is_and_told_to_the_other_bots(bot: Client, other: Client) -> None:
    people = bot.fake.people
    author, reader = (people.make_person(name).id for name in ("Yazar", "Okur"))
    channel = people.make_chat("channel", "Duyurular", members=[author, reader])
    for one in (bot, other):
        one.join(channel, "administrator")

    async def told(command: str, **body: Any) -> tuple[int, dict[str, Any]]:
        body = {"chat": channel.key, **body}
        async with bot.http.post(f"{bot.fake.url}/_fake/{command}", json=body) as answer:
            return answer.status, await answer.json()

    _, post = await told("messages", person=author, text="ilk")
    assert "from" not in post
    assert (await told("edits", person=reader, message=post["message_id"], text="x"))[0] == 404
    status, edited = await told("edits", person=author, message=post["message_id"], text="son")
    assert (status, edited["text"], "edit_date" in edited) == (200, "son", True)
    for one in (bot, other):
        first, second = await one.updates()
        assert (first["channel_post"]["message_id"], first["channel_post"]["sender_chat"]["id"]) == (1, channel.chat.id)
        assert second["edited_channel_post"]["text"] == "son"
    # A bot's own post, and what becomes of it, is told to the other bots alone.
    mine = await bot.ok("sendMessage", chat_id=channel.chat.id, text="botun")
    await bot.ok("editMessageText", chat_id=channel.chat.id, message_id=mine["message_id"], text="botun sonu")
    await told("edits", person=author, message=mine["message_id"], text="sahibin")
    assert await bot.updates() == []
    assert [[*update][1] for update in await other.updates()] == ["channel_post", *["edited_channel_post"] * 2]
    other.fake.people.set_member(channel.key, other.id, "member")
    assert (
        await other.refused("editMessageText", chat_id=channel.chat.id, message_id=post["message_id"], text="x")
        == "Bad Request: message can't be edited"
    )


async def test_a_long_poll_waits_for_the_first_update(bot: Client, group: Room, person: int) -> None:
    bot.join(group, "administrator")
    poll = await bot.poll()
    bot.fake.people.write(group.key, person, "sonunda")
    assert _texts((await poll)[1]["result"]) == ["sonunda"]


async def test_who_polls_later_sends_the_earlier_away(bot: Client) -> None:
    earlier = await bot.poll()
    assert await bot.ok("getUpdates") == []
    status, told = await earlier
    assert status == 409
    assert told["description"].startswith("Conflict: terminated by other getUpdates request")


class Receiver:
    """A webhook on the loopback: `answers` are given in turn, then 200."""

    def __init__(self) -> None:
        self.url = ""
        self.calls: asyncio.Queue[tuple[str | None, dict[str, Any]]] = asyncio.Queue()
        self.answers: list[web.Response] = []

    async def handle(self, request: web.BaseRequest) -> web.Response:
        secret = request.headers.get("X-Telegram-Bot-Api-Secret-Token")
        self.calls.put_nowait((secret, json.loads(await request.read())))
        return self.answers.pop(0) if self.answers else web.Response()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    runner = web.ServerRunner(web.Server(receiver.handle))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield receiver
    await runner.cleanup()


async def test_a_webhook_is_called_with_its_secret(bot: Client, receiver: Receiver, person: int) -> None:
    await bot.ok("setWebhook", url=receiver.url, secret_token="gizli-1", allowed_updates=["message"])
    bot.fake.people.start(bot.id, person)
    secret, update = await receiver.calls.get()
    assert (secret, update["message"]["text"]) == ("gizli-1", "/start")
    conflict = await bot.refused("getUpdates")
    assert conflict.startswith("Conflict: can't use getUpdates method while webhook is active")
    info = await bot.ok("getWebhookInfo")
    assert (info["url"], info["allowed_updates"]) == (receiver.url, ["message"])
    await bot.ok("deleteWebhook")
    assert (await bot.ok("getWebhookInfo"))["url"] == ""
    assert await bot.ok("getUpdates") == []


async def test_a_webhook_that_fails_is_called_again(bot: Client, receiver: Receiver, person: int) -> None:
    receiver.answers = [web.Response(status=500)]
    await bot.ok("setWebhook", url=receiver.url)
    bot.fake.office.hooks[bot.id].pause = 0.0
    bot.fake.people.start(bot.id, person)
    first, second = await receiver.calls.get(), await receiver.calls.get()
    assert first[1]["update_id"] == second[1]["update_id"]
    told = await bot.ok("getWebhookInfo")
    assert told["last_error_message"] == "Wrong response from the webhook: 500 Internal Server Error"


async def test_a_webhook_may_answer_with_a_method(bot: Client, receiver: Receiver, person: int) -> None:
    answer = {"method": "sendMessage", "chat_id": person, "text": "hoş geldiniz"}
    receiver.answers = [web.json_response(answer), web.json_response({**answer, "text": ""})]
    await bot.ok("setWebhook", url=receiver.url)
    people = bot.fake.people
    people.start(bot.id, person)
    people.write(f"{bot.id}:{person}", person, "iki")
    for _ in range(2):
        await receiver.calls.get()
    await until(lambda: not bot.fake.office.mailbox(bot.id).pending)
    texts = [message.text for message in bot.fake.office.world.rooms[f"{bot.id}:{person}"].messages.values()]
    assert sorted(filter(None, texts)) == ["/start", "hoş geldiniz", "iki"]
    told = await bot.ok("getWebhookInfo")
    assert told["last_error_message"] == "Bad Request: message text is empty"


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("https://ornek.test/hook", "this fake Telegram calls addresses of this machine only"),
        ("http://127.0.0.1.ornek.test/", "this fake Telegram calls addresses of this machine only"),
        ("http://[/hook", "invalid webhook URL specified"),
        ("ftp://127.0.0.1/", "An HTTPS URL must be provided for webhook"),
    ],
)
async def test_only_addresses_of_this_machine_are_called(bot: Client, url: str, complaint: str) -> None:
    assert await bot.refused("setWebhook", url=url) == f"Bad Request: bad webhook: {complaint}"


async def test_a_secret_has_plain_letters_and_a_poller_is_sent_away(bot: Client, receiver: Receiver) -> None:
    wrong = await bot.refused("setWebhook", url=receiver.url, secret_token="ğ")
    assert wrong == "Bad Request: secret token contains unallowed characters"
    poll = await bot.poll()
    await bot.ok("setWebhook", url=receiver.url, drop_pending_updates=True)
    assert (await poll)[1]["description"] == "Conflict: terminated by setWebhook request"


async def test_an_offset_of_other_numbers_returns_what_waits(bot: Client, group: Room, person: int) -> None:
    bot.join(group, "administrator")
    for text in ("bir", "iki"):
        bot.fake.people.write(group.key, person, text)
    last = (await bot.ok("getUpdates"))[-1]["update_id"]
    assert _texts(await bot.ok("getUpdates", offset=last + 12)) == ["bir", "iki"]
    assert _texts(await bot.ok("getUpdates", offset=2**31 - 1)) == ["bir", "iki"]
    assert await bot.ok("getUpdates", offset=last + 11) == []  # a little ahead: these are confirmed
    poll = asyncio.create_task(bot.ask("getUpdates", timeout=30, offset=last + 3))
    await until(lambda: bot.fake.office.mailbox(bot.id).polling)
    bot.fake.people.write(group.key, person, "üç")
    assert (await poll)[1]["result"] == []
    bot.fake.people.write(group.key, person, "dört")
    bot.fake.people.write(group.key, person, "beş")
    assert _texts(await bot.ok("getUpdates", offset=last + 3)) == ["beş"]
