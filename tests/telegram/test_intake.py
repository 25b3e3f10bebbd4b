"""Updates that come twice, out of order, broken or by another way than a moment ago."""

import asyncio
import itertools
from typing import Any

import pytest
import uvicorn
from sqlalchemy import select, update

from meydan.platform.clock import SystemClock
from meydan.platform.db import Database
from meydan.telegram.events import Incoming
from meydan.telegram.models import Bot, ReceivedUpdate
from meydan.telegram.updates import Intake
from tests.processes import free_port
from tests.telegram.conftest import Square, Start, until
from tests.telegram.world import a_person, new_token_for, say

SECRET = "X-Telegram-Bot-Api-Secret-Token"


def a_message(number: int, text: str = "selam", **chat: Any) -> dict[str, Any]:
    return {
        "update_id": number, "message": {"message_id": 1, "text": text, "chat": {"id": 7, "type": "private", **chat}},
    }  # fmt: skip


async def test_two_processes_that_store_the_same_update_pass_it_on_once(square: Square, db: Database) -> None:
    bot = await square.add_bot()
    heard: list[Incoming] = []
    intakes = [Intake(db, SystemClock()) for _ in range(8)]
    for intake in intakes:
        intake.on_update(heard.append)
    for number in range(500, 510):
        await asyncio.gather(*(intake.take(bot, [a_message(number)]) for intake in intakes))
    assert sorted(item.update_id for item in heard) == list(range(500, 510))


async def test_a_listener_that_fails_keeps_nothing_from_the_others(square: Square) -> None:
    await square.add_bot()
    heard: list[Incoming] = []

    def broken(item: Incoming) -> None:
        raise LookupError(item.kind)

    square.fleet.intake.on_update(broken)
    square.fleet.intake.on_update(heard.append)
    chat = a_person(square.fake)
    for text in ("bir", "iki"):
        say(square.fake, chat, text)
    await square.until(lambda: {"bir", "iki"} <= {item.body.get("text") for item in heard})


ODD: list[Any] = [
    {"update_id": 901},
    {"message": {"text": "numarasız"}},
    {"update_id": True, "message": {}},
    {"update_id": 10**30, "message": {}},
    {"update_id": -5, "message": {}},
    a_message(902, id=10**30),
    a_message(903, id="7"),
    a_message(904, first_name="a\x00b", username="\x00"),
    a_message(905, first_name={"x": [1]}, last_name=5, type=None),
    a_message(906, text="a\x00b"),
    {"update_id": 907, "k" * 99: {"chat": 5, "message": {"chat": []}}},
    {"update_id": 908, "my_chat_member": {"chat": {"id": 8}, "new_chat_member": {"status": ["x"] * 99}}},
    {"update_id": 909, "message": {"chat": {"id": 9}, "message_thread_id": 2, "forum_topic_created": {"name": "\x00"}}},
    {"update_id": 910, "message": {"chat": {"id": -9}, "migrate_to_chat_id": 10**30}},
    {"update_id": 911, "message": {"chat": {"id": 11}, "message_thread_id": 10**30, "forum_topic_closed": {}}},
]


async def test_odd_updates_stop_nothing(square: Square, db: Database) -> None:
    bot = await square.add_bot()
    heard: list[Incoming] = []
    square.fleet.intake.on_update(heard.append)
    await square.fleet.intake.take(bot, [*ODD, a_message(990, "sonuncu")])
    assert heard[-1].body["text"] == "sonuncu"
    stored = await db.read(lambda session: session.scalars(select(ReceivedUpdate.update_id)).all())
    assert {904, 906, 990} <= set(stored)


@pytest.fixture
async def hooked(start: Start, db: Database) -> tuple[Square, str, str]:
    """Give a square with a bot that has a webhook, the bot, and its secret."""
    square = await start(public_url="https://meydan.example")
    bot = await square.add_bot()
    await db.write(lambda session: session.execute(update(Bot).where(Bot.id == bot).values(mode="webhook")))
    stored = await db.read(lambda session: session.get_one(Bot, bot))
    return square, bot, square.fleet.bots._vault.decrypt(stored.webhook_secret)


@pytest.mark.parametrize(
    "body",
    [
        *ODD,
        "[" * 50_000,
        '{"update_id": 920, "message": {"x": NaN}}',
        '{"update_id": 921, "message": {"text": "\\ud800", "chat": {"id": 7, "first_name": "\\ud800"}}}',
        '{"update_id": 922, "message": {"text": "\\u0000"}}',
        '{"update_id": 1e400}',
        "null",
        "",
    ],
)
async def test_whatever_calls_a_webhook_breaks_nothing(hooked: tuple[Square, str, str], body: Any) -> None:
    square, bot, secret = hooked
    headers = {SECRET: secret, "Content-Type": "application/json"}
    given = {"content": body} if isinstance(body, str) else {"json": body}
    answer = await square.http.post(f"/webhook/{bot}", headers=headers, **given)
    assert answer.status_code in {204, 400, 422}
    assert (await square.http.get("/chats")).status_code == 200


async def test_what_a_webhook_brings_out_of_order_is_not_passed_over_by_polling(
    hooked: tuple[Square, str, str], db: Database
) -> None:
    square, bot, secret = hooked
    heard: list[int] = []
    square.fleet.intake.on_update(lambda item: heard.append(item.update_id))
    for number in (950, 949, 950):  # the one before may still come
        await square.http.post(f"/webhook/{bot}", json=a_message(number), headers={SECRET: secret})
    assert [number for number in heard if number > 900] == [950, 949]


async def test_a_bot_that_is_stopped_hears_nothing_by_its_webhook(hooked: tuple[Square, str, str]) -> None:
    square, bot, secret = hooked
    await square.http.patch(f"/bots/{bot}", json={"enabled": False})
    answer = await square.http.post(f"/webhook/{bot}", json=a_message(960), headers={SECRET: secret})
    assert answer.status_code == 401  # Telegram keeps it and brings it again


async def test_nothing_is_lost_or_doubled_between_polling_and_a_webhook(start: Start) -> None:
    port = free_port()
    square = await start(public_url=f"http://127.0.0.1:{port}")
    server = uvicorn.Server(
        uvicorn.Config(square.fleet.app(square.doorman), port=port, log_level="error", lifespan="off")
    )
    serving = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    try:
        bot = await square.add_bot()
        chat = a_person(square.fake)
        heard: list[str] = []
        square.fleet.intake.on_update(lambda item: heard.append(item.body.get("text", "")))
        said: list[str] = []
        for turn in range(6):
            mode = ("webhook", "polling")[turn % 2]
            assert (await square.http.patch(f"/bots/{bot}", json={"mode": mode})).status_code == 200
            for number in range(20):
                said.append(f"{turn} {number}")
                say(square.fake, chat, said[-1])
            await until(lambda: said[-1] in heard)
        assert [text for text in heard if text in set(said)] == said
    finally:
        server.should_exit = True
        await serving


async def test_chats_are_told_page_after_page(square: Square) -> None:
    bots = [await square.add_bot(), await square.add_bot("ikinci_bot", name="İkinci")]
    for bot in bots:
        await square.fleet.intake.take(bot, [a_message(number, id=number) for number in range(700, 705)])

    async def pages(**wanted: str | int) -> list[list[tuple[int, str]]]:
        found: list[list[tuple[int, str]]] = []
        cursor: str | None = ""
        while cursor is not None:
            page = (await square.http.get("/chats", params={**wanted, "cursor": cursor})).json()
            found.append([(chat["chat_id"], chat["bot_id"]) for chat in page["chats"]])
            cursor = page["next_cursor"]
        return found

    (all_,) = await pages()
    assert len(all_) == 10
    by_three = await pages(limit=3)
    assert [len(page) for page in by_three] == [3, 3, 3, 1]
    assert list(itertools.chain.from_iterable(by_three)) == all_
    of_one = itertools.chain.from_iterable(await pages(limit=2, bot_id=bots[1]))
    assert list(of_one) == [pair for pair in all_ if pair[1] == bots[1]]


@pytest.mark.parametrize("cursor", ["x", "bnVsbA", "Wy0xLDEsIngiXQ", "!"])
async def test_what_is_no_cursor_of_chats_is_refused(square: Square, cursor: str) -> None:
    answer = await square.http.get("/chats", params={"cursor": cursor})
    assert answer.status_code == 422


async def test_two_who_add_the_same_token_add_one_bot(square: Square) -> None:
    token = square.fake.make_bot(name="Bir", username="bir_bot")
    answers = await asyncio.gather(*(square.http.post("/bots", json={"token": token}) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [201, *[409] * 5]


async def test_a_webhook_that_telegram_refuses_adds_no_bot(start: Start) -> None:
    square = await start(public_url="https://meydan.example")
    token = square.fake.make_bot(name="Bir", username="bir_bot")
    refused = await square.http.post("/bots", json={"token": token, "mode": "webhook"})
    assert refused.status_code == 503
    assert (await square.http.get("/bots")).json()["bots"] == []


async def test_a_good_token_starts_a_bot_that_telegram_stopped(square: Square) -> None:
    bot = await square.add_bot()
    fresh = new_token_for(square.fake)

    async def stopped() -> bool:
        return not (await square.http.get(f"/bots/{bot}")).json()["enabled"]

    await square.send(bot, a_person(square.fake), "uyandırır")
    await square.until(stopped)
    assert (await square.http.patch(f"/bots/{bot}", json={"token": fresh})).json()["enabled"] is True
    await square.http.patch(f"/bots/{bot}", json={"enabled": False})
    still = await square.http.patch(f"/bots/{bot}", json={"token": fresh})
    assert still.json()["enabled"] is False  # who stops a bot by hand starts it by hand


async def test_the_old_token_does_not_stop_a_bot_that_has_a_new_one(square: Square, db: Database) -> None:
    bot = await square.add_bot()
    sealed = (await db.read(lambda session: session.get_one(Bot, bot))).token
    fresh = new_token_for(square.fake)
    assert (await square.http.patch(f"/bots/{bot}", json={"token": fresh, "enabled": True})).status_code == 200
    await square.fleet.runner._revoked(bot, sealed, "Unauthorized")
    assert (await square.http.get(f"/bots/{bot}")).json()["enabled"] is True
