"""Bots: adding them, whose they are, what they hear."""

import asyncio
from typing import Any

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select, update

from meydan.accounts.vault import Vault, is_encrypted
from meydan.platform.db import Database
from meydan.telegram.events import Incoming
from meydan.telegram.models import Bot, ReceivedUpdate
from tests.telegram.conftest import Square, Start
from tests.telegram.world import a_forum, a_group, a_person, new_token_for, say, texts


async def test_a_token_is_checked_encrypted_and_never_shown(
    square: Square, db: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    token = square.fake.make_bot(name="Gizli", username="gizli_bot")
    answer = await square.http.post("/bots", json={"token": f"  {token}\n"})
    assert answer.status_code == 201
    assert (answer.json()["username"], answer.json()["trial"]) == ("gizli_bot", True)
    listed = await square.http.get("/bots")
    stored = await db.read(lambda session: session.scalars(select(Bot)).one())
    assert is_encrypted(stored.token)
    assert is_encrypted(stored.webhook_secret)
    secret = token.split(":")[1]
    output = capsys.readouterr()
    assert secret not in answer.text + listed.text + output.out + output.err


@pytest.mark.parametrize("token", ["", "123", "123456:short", "123456:" + "a" * 35, "123456:AA/../getMe" + "a" * 30])
async def test_a_wrong_token_is_refused(square: Square, token: str) -> None:
    answer = await square.http.post("/bots", json={"token": token})
    assert (answer.status_code, answer.json()["kod"]) == (422, "bot_anahtari_gecersiz")
    assert (await square.http.get("/bots")).json()["bots"] == []


async def test_a_bot_is_added_once_and_keeps_to_its_own_tokens(square: Square) -> None:
    token = square.fake.make_bot(name="Bir", username="bir_bot")
    other = square.fake.make_bot(name="İki", username="iki_bot")
    bot = (await square.http.post("/bots", json={"token": token})).json()["id"]
    again = await square.http.post("/bots", json={"token": token})
    assert (again.status_code, again.json()["kod"]) == (409, "bot_var")
    wrong = await square.http.patch(f"/bots/{bot}", json={"token": other})
    assert (wrong.status_code, wrong.json()["kod"]) == (409, "bot_anahtari_baskasinin")
    assert (await square.http.post(f"/bots/{bot}/verify")).status_code == 200
    assert (await square.http.delete(f"/bots/{bot}")).status_code == 204
    gone = await square.http.get(f"/bots/{bot}")
    assert (gone.status_code, gone.json()["kod"]) == (404, "bot_yok")


async def test_a_stopped_bot_keeps_its_queue(square: Square) -> None:
    bot = await square.add_bot()
    chat = a_person(square.fake)
    stopped = await square.http.patch(f"/bots/{bot}", json={"enabled": False})
    assert stopped.json()["enabled"] is False
    await square.until(lambda: None if bot in square.fleet.runner.bots else True)
    send = await square.send(bot, chat, "sonra")
    await asyncio.sleep(0.05)
    assert (await square.http.get(f"/outbox/{send['id']}")).json()["state"] == "queued"
    await square.http.patch(f"/bots/{bot}", json={"enabled": True})
    assert (await square.settled(send["id"]))["state"] == "sent"
    view = (await square.http.get(f"/bots/{bot}")).json()
    assert (view["queued"], view["sent"], view["last_error"]) == (0, 1, None)


async def test_a_revoked_token_stops_the_bot_and_loses_nothing(square: Square) -> None:
    bot = await square.add_bot()
    chat = a_person(square.fake)
    fresh = new_token_for(square.fake)
    send = await square.send(bot, chat, "yeni anahtarla")
    await square.until(lambda: None if bot in square.fleet.runner.bots else True)
    view = (await square.http.get(f"/bots/{bot}")).json()
    assert (view["enabled"], view["last_error"]) == (False, "Unauthorized")
    await square.settled(send["id"], state="queued")  # how it ended is written behind it
    await square.http.patch(f"/bots/{bot}", json={"token": fresh, "enabled": True})
    assert (await square.settled(send["id"]))["state"] == "sent"
    assert texts(square.fake, chat) == ["yeni anahtarla"]


async def test_a_token_that_no_key_opens_stops_only_its_own_bot(square: Square, db: Database) -> None:
    bot = await square.add_bot("kapali_bot")
    strange = Vault([Fernet.generate_key().decode()]).encrypt("1:x")
    await db.write(lambda session: session.execute(update(Bot).where(Bot.id == bot).values(token=strange)))
    other = await square.add_bot("acik_bot")
    assert other in square.fleet.runner.bots

    async def told() -> Any:
        return (await square.http.get(f"/bots/{bot}")).json()["last_error"]

    assert (await square.until(told)).startswith("Botun anahtarı eldeki şifreleme anahtarlarıyla açılmıyor")


async def test_chats_and_topics_are_discovered(square: Square) -> None:
    bot = await square.add_bot()
    heard: list[Incoming] = []
    square.fleet.intake.on_update(heard.append)
    forum, topic = a_forum(square.fake, topic="Hisse")
    say(square.fake, forum, "/start@deneme_bot")

    async def seen(path: str = "/chats") -> Any:
        return heard and (await square.http.get(path)).json()["chats"]

    async def with_topics() -> Any:
        found = await seen(f"/chats?bot_id={bot}")
        return found if found and found[0]["topics"] else None

    chats = await square.until(seen)
    assert (chats[0]["chat_id"], chats[0]["kind"], chats[0]["forum"]) == (forum, "supergroup", True)
    chats = await square.until(with_topics)
    assert chats[0]["topics"] == [{"thread_id": topic, "name": "Hisse", "closed": False}]
    send = await square.send(bot, forum, "konuya", thread_id=topic)
    assert (await square.settled(send["id"]))["state"] == "sent"


async def test_a_group_that_becomes_a_supergroup_is_followed(square: Square) -> None:
    bot = await square.add_bot()
    old = a_group(square.fake)
    new = square.fake.people.migrate(str(old)).chat.id
    send = await square.send(bot, old, "taşındık")
    assert (await square.settled(send["id"]))["state"] == "sent"
    assert texts(square.fake, new)[-1] == "taşındık"


async def test_a_flood_of_updates_is_taken_in_once_each(square: Square, db: Database) -> None:
    await square.add_bot()
    heard: list[Incoming] = []
    square.fleet.intake.on_update(heard.append)
    chat = a_person(square.fake)
    for number in range(300):
        say(square.fake, chat, f"ileti {number}")

    def said() -> list[str]:
        words = [item.body["text"] for item in heard if item.kind == "message"]
        return [text for text in words if text.startswith("ileti")]

    await square.until(lambda: len(said()) >= 300)
    assert said() == [f"ileti {number}" for number in range(300)]
    stored = await db.read(lambda session: session.scalars(select(ReceivedUpdate.update_id)).all())
    assert len(stored) == len(set(stored)) >= 300


async def test_a_webhook_needs_its_secret_and_takes_an_update_once(start: Start, db: Database) -> None:
    square = await start(public_url="https://meydan.example")
    bot = await square.add_bot()
    refused = await square.http.patch(f"/bots/{bot}", json={"mode": "webhook"})
    assert refused.status_code == 503  # the fake Telegram calls nobody beyond this machine, and says so
    await db.write(lambda session: session.execute(update(Bot).where(Bot.id == bot).values(mode="webhook")))
    secret = square.fleet.bots._vault.decrypt((await db.read(lambda session: session.get_one(Bot, bot))).webhook_secret)
    body: dict[str, Any] = {
        "update_id": 900, "message": {"message_id": 1, "text": "selam", "chat": {"id": 7, "type": "private"}},
    }  # fmt: skip
    header = "X-Telegram-Bot-Api-Secret-Token"
    for headers in ({}, {header: "yanlış".encode().hex()}, {header: secret + "x"}):
        answer = await square.http.post(f"/webhook/{bot}", json=body, headers=headers)
        assert (answer.status_code, answer.json()["kod"]) == (401, "webhook_sirri_yanlis")
    heard: list[Incoming] = []
    square.fleet.intake.on_update(heard.append)
    for _ in range(2):
        assert (await square.http.post(f"/webhook/{bot}", json=body, headers={header: secret})).status_code == 204
    assert [item.body["text"] for item in heard] == ["selam"]
    bad = await square.http.post(f"/webhook/{bot}", json={"x": 1}, headers={header: secret})
    assert bad.status_code == 422


async def test_a_webhook_without_an_address_is_refused(square: Square) -> None:
    bot = await square.add_bot()
    answer = await square.http.patch(f"/bots/{bot}", json={"mode": "webhook"})
    assert (answer.status_code, answer.json()["kod"]) == (409, "webhook_adres_ister")


async def test_two_processes_share_the_bots_and_take_over_from_each_other(start: Start) -> None:
    first = await start(lease=1.0)
    bots = [await first.add_bot(f"ortak{number}_bot") for number in range(4)]
    second = await start(lease=1.0)
    mine, theirs = first.fleet.runner.bots, second.fleet.runner.bots
    await second.until(lambda: (len(mine), len(theirs), len({*mine, *theirs})) == (2, 2, 4))
    await first.fleet.runner.drain()
    await second.until(lambda: len(theirs) == 4)
    chat = a_person(first.fake, "ortak0_bot")
    send = await second.send(bots[0], chat, "devraldım")
    assert (await second.settled(send["id"]))["state"] == "sent"


async def test_of_several_bots_the_one_with_budget_left_speaks(square: Square) -> None:
    bots = [await square.add_bot(f"sirali{number}_bot") for number in range(3)]
    group = a_group(square.fake)
    sends = []
    for number in range(9):
        answer = await square.http.post("/outbox", json={"bot_ids": bots, "chat_id": group, "text": f"{number}"})
        sends.append(answer.json()["sends"][0])
    assert {bot: sum(send["bot_id"] == bot for send in sends) for bot in bots} == dict.fromkeys(bots, 3)
    for send in sends:
        assert (await square.settled(send["id"]))["state"] == "sent"
    assert square.fake.report.refusals == 0
