"""Failures on order."""

import asyncio
from typing import Any

import aiohttp
import pytest

from meydan.telegram.fake.failures import Failure, Failures, Rule
from meydan.telegram.fake.world import Room
from tests.telegram.fake.conftest import Client, until


@pytest.mark.parametrize(
    ("kind", "code", "words"),
    [(Failure.ERROR_500, 500, "Internal Server Error"), (Failure.ERROR_502, 502, "Bad Gateway")],
)
async def test_server_errors(bot: Client, group: Room, kind: Failure, code: int, words: str) -> None:
    bot.join(group)
    before = len(group.messages)
    bot.fake.fail(Rule(kind, count=2))
    for _ in range(2):
        status, told = await bot.ask("sendMessage", chat_id=group.chat.id, text="x")
        assert (status, told["description"]) == (code, words)
    assert len(group.messages) == before
    await bot.ok("sendMessage", chat_id=group.chat.id, text="x")


@pytest.mark.parametrize(("kind", "done"), [(Failure.DROP_BEFORE, 0), (Failure.DROP_AFTER, 1)])
async def test_a_connection_breaks_before_or_after_it_was_done(
    bot: Client, group: Room, kind: Failure, done: int
) -> None:
    bot.join(group)
    before = len(group.messages)
    bot.fake.fail(Rule(kind, count=1, method="sendmessage"))
    await bot.ok("getMe")  # another method is not touched
    with pytest.raises(aiohttp.ClientError):
        await bot.ask("sendMessage", chat_id=group.chat.id, text="x")
    assert len(group.messages) == before + done
    await bot.ok("sendMessage", chat_id=group.chat.id, text="y")


async def test_a_slow_answer_comes_late(bot: Client) -> None:
    bot.fake.fail(Rule(Failure.SLOW, count=1, seconds=3600))
    late = asyncio.create_task(bot.ask("getMe"))
    await until(lambda: not bot.fake.office.failures.rules)
    await bot.ok("getMe")
    assert not late.done()
    late.cancel()
    with pytest.raises(asyncio.CancelledError):
        await late
    bot.fake.fail(Rule(Failure.SLOW, count=1, seconds=0))
    await bot.ok("getMe")


async def test_a_revoked_token_is_unauthorized_from_then_on(bot: Client, other: Client) -> None:
    poll = await bot.poll()
    bot.fake.people.revoke(bot.id)
    assert (await poll)[0] == 401
    for method in ("getMe", "getUpdates", "sendMessage"):
        assert await bot.refused(method) == "Unauthorized"
    await other.ok("getMe")


def test_a_rule_touches_its_bot_and_chat_alone_and_clearing_ends_it() -> None:
    failures = Failures(seed=1)
    failures.add(Rule(Failure.ERROR_500, count=9, bot=5, chat=7))
    assert failures.next(6, 7, "sendMessage") is None
    assert failures.next(5, 8, "sendMessage") is None
    assert failures.next(5, 7, "sendMessage") is not None
    failures.clear()
    assert failures.next(5, 7, "sendMessage") is None


def test_a_probability_fails_about_that_often() -> None:
    failures = Failures(seed=1)
    failures.add(Rule(Failure.ERROR_500, probability=0.3))
    failed = sum(failures.next(1, 1, "getMe") is not None for _ in range(1_000))
    assert 250 < failed < 350


async def _post(bot: Client, name: str, body: dict[str, Any], **headers: str) -> tuple[int, Any]:
    async with bot.http.post(f"{bot.fake.url}/_fake/{name}", json=body, headers=headers) as answer:
        return answer.status, await answer.json() if "json" in answer.content_type else await answer.text()


async def test_failures_and_limits_are_ordered_over_http(bot: Client, group: Room) -> None:
    bot.join(group)
    assert (await _post(bot, "failures", {"kind": "error_502", "count": 1}))[0] == 200
    assert await bot.refused("getMe") == "Bad Gateway"
    assert (await _post(bot, "failures", {"kind": "error_500", "probability": 1.0}))[0] == 200
    assert await bot.refused("getMe") == "Internal Server Error"
    assert (await _post(bot, "failures/clear", {}))[0] == 200
    await bot.ok("getMe")
    assert (await _post(bot, "limits", {"chat_count": 1, "chat_seconds": 9}))[0] == 200
    await bot.ok("sendMessage", chat_id=group.chat.id, text="x")
    assert (await bot.ask("sendMessage", chat_id=group.chat.id, text="x"))[1]["parameters"] == {"retry_after": 9}
    for name, body in (
        ("failures", {"kind": "error_500"}),
        ("failures", {"kind": "fire", "count": 1}),
        ("limits", {"chat_count": 0}),
    ):
        assert (await _post(bot, name, body))[0] == 422


async def test_the_control_api_makes_a_world(bot: Client, person: int) -> None:
    status, made = await _post(bot, "bots", {"name": "Yeni", "username": "yeni_bot"})
    assert status == 200
    new = Client(bot.http, bot.fake, made["token"])
    assert (await new.ok("getMe"))["username"] == "yeni_bot"
    status, told = await _post(bot, "bots", {"name": "Yeni", "username": "YENI_BOT"})
    assert (status, told["kod"]) == (409, "deneme_adi_kullanimda")
    chat = (await _post(bot, "chats", {"type": "supergroup", "title": "Yeni Forum", "forum": True}))[1]["chat"]
    topic = (await _post(bot, "topics", {"chat": chat, "name": "Konu"}))[1]["topic"]
    await _post(bot, "members", {"chat": chat, "user": new.id, "status": "administrator"})
    await _post(bot, "starts", {"bot": new.id, "person": person})
    await _post(bot, "messages", {"chat": chat, "person": person, "text": "merhaba", "topic": topic})
    texts = [update["message"].get("text") for update in await new.updates() if "message" in update]
    assert texts[-2:] == ["/start", "merhaba"]
    sent = await new.ok(
        "sendMessage",
        chat_id=int(chat),
        text="?",
        reply_markup={"inline_keyboard": [[{"text": "Evet", "callback_data": "e"}]]},
    )
    await _post(bot, "presses", {"chat": chat, "person": person, "message": sent["message_id"], "data": "e"})
    await _post(bot, "reactions", {"chat": chat, "person": person, "message": sent["message_id"], "emoji": "👍"})
    async with bot.http.get(f"{bot.fake.url}/_fake/messages", params={"chat": chat}) as answer:
        shown = await answer.json()
    assert shown["reactions"][str(sent["message_id"])][str(person)] == [{"type": "emoji", "emoji": "👍"}]
    async with bot.http.get(f"{bot.fake.url}/_fake/state") as answer:
        state = await answer.json()
    assert {item["user"]["username"] for item in state["bots"]} == {"deneme_bot", "yeni_bot"}
    for name, body in (
        ("messages", {"chat": chat, "person": 1, "text": "x"}),
        ("messages", {"chat": "yok", "person": person, "text": "x"}),
        ("presses", {"chat": chat, "person": person, "message": sent["message_id"], "data": "yok"}),
    ):
        status, told = await _post(bot, name, body)
        assert (status, told["kod"]) == (404, "deneme_kaydi_yok")
    assert (await _post(bot, "bots", {"name": "Yeni", "username": "kisa"}))[0] == 422
    assert (await _post(bot, "nothing", {}))[0] == 404


async def test_foreign_hosts_origins_and_forms_are_refused(bot: Client) -> None:
    body = {"name": "Yeni", "username": "yeni_bot"}
    for host in ("ornek.test", "127.0.0.1.ornek.test", "[", ""):
        assert (await _post(bot, "bots", body, Host=host))[0] == 403
    assert (await _post(bot, "bots", body, Origin="http://ornek.test"))[0] == 403
    assert (await _post(bot, "bots", body, Origin="null"))[0] == 403
    async with bot.http.post(f"{bot.fake.url}/_fake/bots", data=body) as answer:
        assert answer.status == 415
    async with bot.http.get(f"{bot.fake.url}/bot{bot.token}/getMe", headers={"Host": "ornek.test"}) as answer:
        assert answer.status == 403
        assert "Access-Control-Allow-Origin" not in answer.headers
    assert (await _post(bot, "bots", body, Origin=bot.fake.url))[0] == 200


@pytest.mark.parametrize("chat", ["1" * 5_000, "-" + "9" * 5_000, "٣" * 3, "--5"])
async def test_strange_numbers_are_no_chats(bot: Client, chat: str) -> None:
    assert await bot.refused("sendMessage", chat_id=chat, text="x") == "Bad Request: chat not found"


@pytest.mark.parametrize(
    "body", ["[" * 100_000, '{"a":' * 5_000, '{"chat_id":5,"text":"x","reply_markup":"' + "[" * 5_000 + '"}']
)
async def test_what_is_nested_too_deep_is_refused(bot: Client, body: str) -> None:
    url = f"{bot.fake.url}/bot{bot.token}/sendMessage"
    async with bot.http.post(url, data=body, headers={"Content-Type": "application/json"}) as answer:
        assert answer.status == 400
