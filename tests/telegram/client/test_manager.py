"""What a script sees of one client: messages, history, counts, logs."""

import asyncio
import io
import json
from typing import Any

import pytest
from prometheus_client import generate_latest
from telethon import errors

from meydan.platform.logging import configure_logging
from meydan.telegram.client.errors import RequestFailed
from meydan.telegram.client.results import MessageResult
from meydan.telegram.client.state import StateFiles
from tests.telegram.client.conftest import PHONE, Desk, settle


class Ear:
    """A handler that keeps what it heard, and fails or waits on order."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.wait: asyncio.Event | None = None

    async def __call__(self, message: Any) -> None:
        if self.wait is not None:
            await self.wait.wait()
        if message.message == "hata":
            raise RuntimeError(message.message)
        self.heard.append(message.message)


class TestListening:
    async def test_messages_come_in_order_with_those_that_were_lost(self, desk: Desk) -> None:
        manager, ear = await desk.start(), Ear()
        manager.add_message_handler(ear)
        for text in ("bir", "iki", "üç", "dört"):
            desk.world.write(desk.group, text, sender=desk.other, lost=text in {"iki", "üç"})
        desk.world.serve(desk.group, about=desk.other)
        desk.world.write(desk.group, "beş", sender=desk.other)
        await settle()
        assert ear.heard == ["bir", "iki", "üç", "dört", "beş"]
        assert desk.world.asked.count("history") == 1
        stats = manager.get_stats()
        assert (stats["messages_received"], stats["messages_recovered"]) == (5, 2)
        assert stats["last_activity"] == desk.clock.now()

    async def test_what_was_lost_in_private_is_found_as_well(self, desk: Desk) -> None:
        manager, ear = await desk.start(), Ear()
        manager.add_message_handler(ear)
        third = desk.world.add_account("+905550000003")
        desk.world.write_to(desk.account, "bir", sender=desk.other)
        desk.world.write_to(desk.account, "iki", sender=third, lost=True)
        desk.world.write_to(desk.account, "üç", sender=desk.other)
        await settle()
        assert ear.heard == ["bir", "iki", "üç"]

    async def test_own_sends_leave_no_gap(self, desk: Desk) -> None:
        manager, ear = await desk.start(), Ear()
        manager.add_message_handler(ear)
        desk.world.write(desk.group, "bir", sender=desk.other)
        assert (await desk.passing(manager.send_message("borsa", "benden"))).success
        assert (await desk.passing(manager.send_message(desk.other.id, "özel"))).success
        desk.world.write(desk.group, "iki", sender=desk.other)
        await settle()
        assert ear.heard == ["bir", "iki"]
        assert "history" not in desk.world.asked

    async def test_what_came_while_away_is_heard_on_the_return(self, desk: Desk) -> None:
        manager, ear = await desk.start(), Ear()
        manager.add_message_handler(ear)
        desk.world.write(desk.group, "önce", sender=desk.other)
        await settle()
        desk.world.drop(ConnectionResetError())
        for text in ("bir", "iki"):
            desk.world.write(desk.group, text, sender=desk.other, lost=text == "bir")
        await desk.until(manager.is_connected)
        await settle()
        assert ear.heard == ["önce", "bir", "iki"]

    async def test_a_handler_that_fails_stops_nobody(self, desk: Desk) -> None:
        manager, first, second = await desk.start(), Ear(), Ear()
        manager.add_message_handler(first)
        manager.add_message_handler(second)
        for text in ("bir", "hata", "iki"):
            desk.world.write(desk.group, text, sender=desk.other)
        await settle()
        assert first.heard == second.heard == ["bir", "iki"]
        assert manager.get_stats()["handler_failures"] == 2

    async def test_a_slow_handler_holds_up_its_chat_alone(self, desk: Desk) -> None:
        manager, ear = await desk.start(), Ear()
        waiting = ear.wait = asyncio.Event()
        manager.add_message_handler(ear)
        desk.world.write(desk.group, "yavaş", sender=desk.other)
        await settle()
        ear.wait = None
        desk.world.write_to(desk.account, "hızlı", sender=desk.other)
        await settle()
        assert ear.heard == ["hızlı"]
        waiting.set()
        await settle()
        assert ear.heard == ["hızlı", "yavaş"]

    async def test_nor_does_one_person_wait_for_another(self, desk: Desk) -> None:
        manager = await desk.start()
        third = desk.world.add_account("+905550000003")
        heard: list[str] = []

        async def answer(message: Any) -> None:
            if message.message == "uzun iş":
                await asyncio.get_running_loop().create_future()
            heard.append(message.message)

        manager.add_message_handler(answer)
        desk.world.write_to(desk.account, "uzun iş", sender=desk.other)
        desk.world.write_to(desk.account, "sırada", sender=desk.other)
        desk.world.write_to(desk.account, "selam", sender=third)
        await settle()
        assert heard == ["selam"]

    async def test_what_waits_for_a_handler_that_hangs_is_bounded_and_the_rest_counted(self, desk: Desk) -> None:
        manager = await desk.start()
        waiting = asyncio.Event()
        heard: list[str] = []

        async def slow(message: Any) -> None:
            await waiting.wait()
            heard.append(message.message)

        manager.add_message_handler(slow)
        for number in range(10_010):
            desk.world.write(desk.group, str(number), sender=desk.other)
        await desk.until(lambda: manager.get_stats()["messages_received"] == 10_010)
        waiting.set()
        await desk.until(lambda: len(heard) == 10_001)
        desk.world.write(desk.group, "sonra", sender=desk.other)
        await settle()
        assert heard[-2:] == ["10000", "sonra"]
        assert manager.get_stats()["messages_dropped"] == 9

    async def test_a_handler_may_take_itself_away(self, desk: Desk) -> None:
        manager, ear = await desk.start(), Ear()

        async def once(message: Any) -> None:
            manager.remove_message_handler(once)
            await ear(message)

        manager.add_message_handler(once)
        for text in ("bir", "iki"):
            desk.world.write(desk.group, text, sender=desk.other)
        await settle()
        assert ear.heard == ["bir"]
        told: list[str] = []

        async def telling(reason: str) -> None:
            told.append(reason)

        manager.add_disconnect_handler(telling)
        manager.remove_disconnect_handler(telling)
        desk.world.drop(None)
        await settle()
        assert told == []

    async def test_what_comes_while_it_leaves_is_not_handed_over(self, desk: Desk) -> None:
        manager, ear = await desk.start(), Ear()
        manager.add_message_handler(ear)
        desk.world.order(None, on="disconnect")
        leaving = asyncio.ensure_future(manager.disconnect())
        await settle()
        ear.wait = asyncio.Event()
        desk.world.write(desk.group, "geç", sender=desk.other)
        await settle()
        await desk.passing(leaving)
        assert not [task for task in asyncio.all_tasks() if task.get_name() == "telegram-inbox"]

    async def test_a_handler_may_answer_and_leave(self, desk: Desk) -> None:
        manager = await desk.start()
        done = asyncio.Event()

        async def answer(message: Any) -> None:
            await manager.send_message(message.chat_id, "güle güle")
            await manager.disconnect()
            done.set()

        manager.add_message_handler(answer)
        desk.world.write(desk.group, "merhaba", sender=desk.other)
        await desk.passing(done.wait())
        assert [one.message for one in desk.group.box.values()] == ["merhaba", "güle güle"]
        assert not manager.is_connected()

    async def test_a_bot_is_shown_only_some_and_asks_for_no_more(self, desk: Desk) -> None:
        bot = desk.world.add_bot("1:anahtar", username="deneme_bot")
        config = desk.config(bot_token="1:anahtar")
        manager, ear = desk.manager(config), Ear()
        manager.add_message_handler(ear)
        await manager.initialize()
        for text in ("bir", "iki", "üç"):
            desk.world.write(desk.group, text, sender=desk.other, lost=text == "iki")
            desk.world.write_to(bot, text, sender=desk.other, lost=text == "iki")
        await settle()
        assert sorted(ear.heard) == sorted(["bir", "üç", "bir", "iki", "üç"])


async def test_history_and_people_are_looked_up(desk: Desk) -> None:
    manager = await desk.start()
    for text in ("Altın yükseldi", "Dolar düştü", "altın düştü"):
        desk.world.write(desk.group, text, sender=desk.other)
    assert [one.message for one in await manager.get_messages("borsa", 2)] == ["altın düştü", "Dolar düştü"]
    found = await manager.get_messages("borsa", limit=5, search="altın")
    assert [one.message for one in found] == ["altın düştü", "Altın yükseldi"]
    assert (await manager.get_entity("@borsa")).title == "Borsa"
    with pytest.raises(RequestFailed) as failed:
        await manager.get_entity("kimse")
    assert failed.value.data == {"neden": "PEER_NOT_FOUND", "bekle": None}
    desk.world.order(errors.FloodWaitError(None, 90), on="history")
    with pytest.raises(RequestFailed) as failed:
        await manager.get_messages("borsa")
    assert failed.value.data["bekle"] == 90
    assert "FLOOD_WAIT" in failed.value.detail("en")


async def test_a_long_history_is_asked_for_in_parts_each_with_its_own_tries(desk: Desk) -> None:
    manager = await desk.start()
    for number in range(250):
        desk.world.write(desk.group, str(number), sender=desk.other)
    await settle()
    desk.world.order(None, on="history")
    found = await desk.passing(manager.get_messages("borsa", limit=230))
    assert [one.message for one in found] == [str(number) for number in range(249, 19, -1)]
    assert desk.world.asked.count("history") == 4
    assert len(await manager.get_messages("borsa", limit=10_000)) == 250
    assert await manager.get_messages("borsa", limit=0) == []


async def test_everything_is_counted(desk: Desk) -> None:
    manager = await desk.start()
    at_first = generate_latest(desk.registry).decode()
    assert 'telegram_messages_sent_total{session="deneme"} 0.0' in at_first
    assert 'telegram_messages_failed_total{result="forbidden",session="deneme"} 0.0' in at_first
    desk.world.order(errors.FloodWaitError(None, 10), on="send")
    await desk.passing(manager.send_message("borsa", "bir"))
    await manager.send_message("kimse", "iki")
    stats = manager.get_stats()
    assert stats["uptime_seconds"] == desk.clock.monotonic() > 0
    assert (stats["session_name"], stats["connection_status"]) == ("deneme", "connected")
    assert (stats["messages_sent"], stats["messages_failed"]) == (1, 1)
    assert (stats["flood_waits"], stats["reconnections"]) == (1, 0)
    scraped = generate_latest(desk.registry).decode()
    for line in (
        'telegram_messages_sent_total{session="deneme"} 1.0',
        'telegram_messages_failed_total{result="not_found",session="deneme"} 1.0',
        'telegram_connection_status{session="deneme"} 1.0',
        'telegram_message_send_duration_seconds_count{session="deneme"} 2.0',
        'telegram_message_send_duration_seconds_bucket{le="10.0",session="deneme"} 2.0',
    ):
        assert line in scraped
    assert "telegram_messages_sent_total_total" not in scraped
    await manager.disconnect()
    assert 'telegram_connection_status{session="deneme"} 0.0' in generate_latest(desk.registry).decode()
    assert manager.get_stats()["uptime_seconds"] == 0


async def test_others_can_read_how_a_client_does(desk: Desk) -> None:
    manager = await desk.start()
    await settle()
    states = StateFiles(desk.folder)
    assert (await states.read())["deneme"].connection_status == "connected"
    await manager.send_message("borsa", "bir")
    desk.clock.advance(30)
    await settle()
    kept = (await states.read())["deneme"]
    assert (kept.messages_sent, kept.uptime_seconds) == (1, 30)
    await manager.disconnect()
    assert (await states.read())["deneme"].connection_status == "disconnected"


async def test_who_lost_the_session_leaves_the_word_to_who_has_it_now(desk: Desk) -> None:
    lost = await desk.start(auto_reconnect=False)
    await settle()
    states = StateFiles(desk.folder)
    desk.world.drop(None)
    await settle()
    assert (await states.read())["deneme"].connection_status == "failed"
    async with desk.manager(desk.config()):
        await settle()
        desk.clock.advance(30)
        await settle()
        await lost.disconnect()
        assert (await states.read())["deneme"].connection_status == "connected"


async def test_no_log_line_and_no_repr_shows_a_secret(desk: Desk) -> None:
    stream = io.StringIO()
    secrets = (PHONE, PHONE[1:], "gizli-api-hash", "gizli metin", "99:gizli-anahtar", "parola-gizli")
    configure_logging(level="debug", stream=stream)
    manager = await desk.start(phone=PHONE, redis_url="")

    async def failing(message: Any) -> None:
        raise RuntimeError(message.message)

    manager.add_message_handler(failing)
    desk.world.write(desk.group, "gizli metin", sender=desk.other)
    desk.world.order(errors.ServerError(None, "INTERNAL"), on="send")
    desk.world.order(ValueError("gizli metin"), on="resolve")
    assert (await desk.passing(manager.send_message(PHONE, "gizli metin"))).result is MessageResult.NOT_FOUND
    await desk.passing(manager.send_message("borsa", "gizli metin"))
    desk.world.order(errors.AuthKeyDuplicatedError(None), on="connect")
    desk.world.drop(ConnectionResetError("gizli metin"))
    await desk.until(lambda: manager.connection_status == "failed")
    with pytest.raises(Exception, match="telegram_baglantiyi_kabul_etmedi") as refused:
        await desk.manager(desk.config("bot", bot_token="99:gizli-anahtar")).initialize()
    config = desk.config(
        "hepsi", bot_token="99:gizli-anahtar", phone=PHONE, session_string="parola-gizli", redis_url="parola-gizli"
    )
    seen = stream.getvalue() + repr(config) + repr(manager) + repr(refused.value) + str(manager.get_stats())
    assert not [secret for secret in secrets if secret in seen]
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert {"telegram.connection", "telegram.handler_failed", "telegram.send_failed"} <= {one["event"] for one in lines}
    assert {"connecting", "connected", "reconnecting", "failed"} <= {one.get("status") for one in lines}
