"""What befalls a bot: refusals that only look like a lost token, chats that are closed to it, errors that are over."""

import ast
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

import meydan
from meydan.platform.clock import ManualClock
from meydan.platform.db import Database
from meydan.platform.texts import LANGUAGES
from meydan.telegram.api import Limited
from meydan.telegram.fake.failures import Failure, Rule
from meydan.telegram.fake.world import Member
from meydan.telegram.limiter import LONGEST_BOT_HOLD
from meydan.telegram.models import Bot
from meydan.telegram.settings import TelegramSettings
from meydan.telegram.troubles import Trouble, told
from meydan.telegram.upkeep import Upkeep
from tests.telegram.conftest import Square, Start
from tests.telegram.world import a_person, bots, new_token_for, say, texts

FAST = TelegramSettings(chat_count=100, chat_seconds=0.01, bot_per_second=10_000, group_per_minute=1_000)


async def view_of(square: Square, bot: str) -> dict[str, Any]:
    view: dict[str, Any] = (await square.http.get(f"/bots/{bot}")).json()
    return view


async def test_what_went_wrong_here_is_told_in_the_readers_language_and_by_a_code(start: Start) -> None:
    square = await start(FAST)
    bot = await square.add_bot()
    chat = a_person(square.fake)
    square.fake.fail(Rule(Failure.DROP_AFTER, count=1, method="sendMessage"))
    lost = (await square.settled((await square.send(bot, chat, "kayıp"))["id"], state="maybe_sent"))["id"]
    answer = await square.http.post(f"/outbox/{lost}/retry", headers={"Accept-Language": "tr"})
    assert answer.json()["ayrinti"].startswith("Gönderim şu anda “belirsiz” durumunda")
    assert (await square.http.post(f"/outbox/{lost}/decision", json={"decision": "sent"})).status_code == 200
    change = (await square.http.patch(f"/outbox/{lost}", json={"text": "yeni"})).json()["sends"][0]["id"]
    await square.settled(change, state="failed")
    said = {
        lost: ("telegram_unanswered", "Telegram'dan yanıt gelmedi (", "No answer came from Telegram ("),
        change: ("send_number_unknown", "Değiştirilecek iletinin numarası", "Nobody knows the number"),
    }
    for send, (code, *words) in said.items():
        for language, begins in zip(("tr", "en"), words, strict=True):
            row = (await square.http.get(f"/outbox/{send}", headers={"Accept-Language": language})).json()
            assert row["error_reason"] == code
            assert row["error"].startswith(begins), row
    views = {
        language: (await square.http.get(f"/bots/{bot}", headers={"Accept-Language": language})).json()
        for language in ("tr", "en")
    }
    assert {view["last_error_reason"] for view in views.values()} == {"send_number_unknown"}
    assert views["en"]["last_error"].startswith("Nobody knows")
    assert views["tr"]["last_error"].startswith("Değiştirilecek")


def test_no_sentence_of_ours_is_stored_as_an_error() -> None:
    stores = {"Unmade", "Unreached", "Unanswered", "ServerFault", "Rejected", "TelegramAway", "_fail", "_back", "_note"}
    found = []
    for path in sorted((Path(meydan.__path__[0]) / "telegram").glob("*.py")):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call):
                named = getattr(call.func, "id", getattr(call.func, "attr", "")) in stores
                given = [*(call.args if named else ()), *(one.value for one in call.keywords if one.arg == "error")]
                found += [ast.unparse(one) for one in given if isinstance(one, (ast.Constant, ast.JoinedStr))]
    assert [one for one in found if one != "None"] == ["'Request Entity Too Large'"], "but what Telegram itself says"


def test_every_trouble_has_its_words_in_both_languages() -> None:
    for trouble in Trouble:
        words = [told(trouble.of("TimeoutError"), language) for language in LANGUAGES]
        assert {one["error_reason"] for one in words} == {trouble}
        assert words[0]["error"] != words[1]["error"]
    telegrams = "Bad Request: chat not found"
    assert told(telegrams, "tr") == {"error": telegrams, "error_reason": None}
    assert told(None, "tr") == {"error": None, "error_reason": None}


@pytest.mark.parametrize(
    ("kind", "method", "state", "attempts"),
    [
        (Failure.ERROR_401, "sendMessage", "sent", 2),  # a slip of Telegram's
        (Failure.ERROR_404, "sendMessage", "failed", 1),  # a server that does not know the method
        (Failure.ERROR_401, "getUpdates", "sent", 1),
        (Failure.ERROR_404, "getUpdates", "sent", 1),
    ],
)
async def test_a_401_or_404_stops_no_bot_whose_token_is_good(
    start: Start, *, kind: Failure, method: str, state: str, attempts: int
) -> None:
    square = await start(FAST)
    bot = await square.add_bot()
    chat = a_person(square.fake)
    square.fake.fail(Rule(kind, count=1, method=method))
    say(square.fake, chat, "uyandırır")  # whoever polls comes back at once
    row = await square.settled((await square.send(bot, chat, "yine de"))["id"])
    assert (row["state"], row["attempts"]) == (state, attempts)
    assert (await view_of(square, bot))["enabled"] is True
    await square.settled((await square.send(bot, chat, "sonra"))["id"], state="sent")
    assert texts(square.fake, chat)[-1] == "sonra"


async def test_a_token_that_get_me_refuses_too_stops_the_bot(start: Start) -> None:
    square = await start(FAST)
    bot = await square.add_bot()
    chat = a_person(square.fake)
    new_token_for(square.fake)
    send = await square.send(bot, chat, "kalır")

    async def stopped() -> bool:
        return not (await view_of(square, bot))["enabled"]

    await square.until(stopped)
    assert (await view_of(square, bot))["last_error"] == "Unauthorized"
    await square.settled(send["id"], state="queued")


async def test_while_nobody_says_that_a_token_is_gone_the_bot_tries_on(start: Start) -> None:
    square = await start(FAST)
    bot = await square.add_bot()
    chat = a_person(square.fake)
    square.fake.fail(Rule(Failure.ERROR_500, count=1, method="getMe"))
    square.fake.fail(Rule(Failure.ERROR_404, count=1, method="sendMessage"))
    row = await square.settled((await square.send(bot, chat, "ikinci kez"))["id"])
    assert (row["state"], row["attempts"]) == ("sent", 2)


@pytest.mark.parametrize("number", [987_654_321, -987_654_321])
async def test_a_403_in_a_chat_never_heard_of_is_remembered(start: Start, *, number: int) -> None:
    square = await start(FAST)
    bot = await square.add_bot()
    await square.fleet.runner._records.forbid(bot, number, "Forbidden: bot was kicked from the group chat")
    order = {"bot_ids": [bot], "chat_id": number, "text": "x"}
    refused = await square.http.post("/outbox", json=order)
    assert (refused.status_code, refused.json()["kod"]) == (409, "telegram_sohbetine_yazamaz")
    (chat,) = (await square.http.get("/chats")).json()["chats"]
    assert (chat["chat_id"], chat["status"], chat["title"]) == (number, "kicked", str(number))
    body = {"message_id": 1, "text": "selam", "chat": {"id": number, "type": "private", "first_name": "Kişi"}}
    await square.fleet.intake.take(bot, [{"update_id": 1, "message": body}])
    (chat,) = (await square.http.get("/chats")).json()["chats"]
    assert (chat["status"], chat["title"]) == ("member", "Kişi")


async def test_a_403_closes_its_chat_to_the_next_order(start: Start) -> None:
    square = await start(FAST)
    bot = await square.add_bot()
    room = square.fake.people.make_chat("group", "Kapalı")
    room.members[bots(square.fake)[0]] = Member("kicked")  # before the bot could hear of the group
    group = room.chat.id
    row = await square.settled((await square.send(bot, group, "x"))["id"])
    assert (row["state"], row["error_code"]) == ("failed", 403)

    async def closed() -> bool:
        answer = await square.http.post("/outbox", json={"bot_ids": [bot], "chat_id": group, "text": "x"})
        return answer.status_code == 409

    await square.until(closed)


@pytest.mark.parametrize("method", ["sendMessage", "getUpdates"])
async def test_the_last_error_goes_when_what_failed_succeeds(start: Start, *, method: str) -> None:
    square = await start(FAST)
    bot = await square.add_bot()
    chat = a_person(square.fake)
    square.fake.fail(Rule(Failure.ERROR_404, count=1, method=method))
    say(square.fake, chat, "uyandırır")
    await square.send(bot, chat, "bir")

    async def error() -> Any:
        return (await view_of(square, bot))["last_error"]

    assert await square.until(error) == "Not Found"
    if method == "sendMessage":
        await square.settled((await square.send(bot, chat, "iki"))["id"], state="sent")
    say(square.fake, chat, "iyi mi")

    async def well() -> bool:
        view = await view_of(square, bot)
        return (view["last_error"], view["last_error_at"]) == (None, None)

    await square.until(well)


async def test_an_error_from_before_a_start_goes_too(start: Start, db: Database) -> None:
    square = await start(FAST)
    bot = await square.add_bot()
    await square.fleet.stop()
    await db.write(lambda session: session.execute(update(Bot).values(last_error="eski", last_error_at=None)))
    square = await start(FAST)
    await square.until(lambda: bot in square.fleet.runner.bots)
    await square.send(bot, a_person(square.fake), "iyiyim")

    async def well() -> bool:
        return (await view_of(square, bot))["last_error"] is None

    await square.until(well)


async def test_a_bot_asks_for_updates_again_however_long_telegram_tells_it_to_wait() -> None:
    slept: list[float] = []

    class Over(Exception):
        """The test has seen enough."""

    class Clock(ManualClock):
        async def sleep(self, seconds: float) -> None:
            slept.append(seconds)

    async def turn() -> float:
        if slept:
            raise Over
        raise Limited("Too Many Requests", seconds=1e13)

    async def never() -> bool:
        return False

    with pytest.raises(Over):
        await Upkeep(Clock(), lambda _: None, lambda _: None, never).run(turn)
    assert slept == [LONGEST_BOT_HOLD]
