"""Who is known by number only: a session that has just begun learns its dialogs, once."""

import asyncio
from datetime import timedelta

import pytest
from telethon import errors
from telethon.sessions import StringSession

from meydan.telegram.client.errors import RequestFailed
from meydan.telegram.client.manager import TelegramClientManager
from meydan.telegram.client.peers import MOST_DIALOGS
from meydan.telegram.client.results import MessageResult
from tests.telegram.client.conftest import Desk


async def with_a_string(desk: Desk) -> TelegramClientManager:
    """Return a connected client whose session is a string, which keeps nobody."""
    session = StringSession()
    session.set_dc(2, "127.0.0.1", 443)
    desk.world.sign_in(session, desk.account)
    return await desk.manager(desk.config(session_string=session.save())).initialize()


@pytest.mark.parametrize("kind", ["file", "string"])
async def test_a_fresh_session_writes_to_its_dialogs_by_number(desk: Desk, kind: str) -> None:
    stranger, nobody = desk.world.add_account("+905550000003"), desk.world.add_account("+905550000004")
    desk.world.write_to(desk.account, "selam", sender=stranger)
    manager = await (desk.start() if kind == "file" else with_a_string(desk))
    for number in (desk.group.chat_id, stranger.id, desk.group.chat_id):
        assert (await desk.passing(manager.send_message(number, "bir"))).success
    for number in (nobody.id, 5, -100_5, nobody.id):
        ended = await manager.send_message(number, "bir")
        assert (ended.result, ended.code) == (MessageResult.NOT_FOUND, "PEER_NOT_FOUND")
    assert desk.world.asked.count("dialogs") == 1
    await manager.disconnect()
    await manager.initialize()
    assert (await desk.passing(manager.send_message(stranger.id, "iki"))).success
    assert desk.world.asked.count("dialogs") == (1 if kind == "file" else 2)  # a file keeps whom it was told of


async def test_reading_and_looking_up_by_number_do_the_same(desk: Desk) -> None:
    desk.world.write(desk.group, "Altın", sender=desk.other)
    number = desk.group.chat_id
    assert [one.message for one in await (await desk.start("a")).get_messages(number)] == ["Altın"]
    assert (await (await desk.start("b")).get_entity(number)).title == "Borsa"
    markup = f'<a href="tg://user?id={desk.other.id}">Öteki</a>'
    desk.account.contacts.clear()
    assert (await desk.passing((await desk.start("c")).send_message("borsa", markup, parse_mode="html"))).success
    (mention,) = desk.world.requests[-1].entities  # the list brings the author of each newest message along
    assert mention.user_id.user_id == desk.other.id
    assert desk.world.asked.count("dialogs") == 3
    with pytest.raises(RequestFailed, match="PEER_NOT_FOUND"):
        await desk.managers[0].get_entity(5)
    assert desk.world.asked.count("dialogs") == 3


async def test_names_and_whom_one_knows_cost_no_dialogs(desk: Desk) -> None:
    manager = await desk.start()
    assert (await desk.passing(manager.send_message(desk.other.id, "bir"))).success
    assert (await manager.send_message("@kimse", "bir")).result is MessageResult.NOT_FOUND
    assert "dialogs" not in desk.world.asked


async def test_several_who_ask_at_once_load_them_once(desk: Desk) -> None:
    groups = [desk.world.add_group(f"Grup {number}") for number in range(5)]
    manager = await desk.start()
    sends = [manager.send_message(group.chat_id, "bir") for group in groups]
    assert all(sent.success for sent in await desk.passing(asyncio.gather(*sends)))
    assert desk.world.asked.count("dialogs") == 1


async def test_a_wait_is_kept_and_a_long_one_is_told(desk: Desk) -> None:
    manager = await desk.start()
    desk.world.order(errors.FloodWaitError(None, 500), on="dialogs")
    ended = await manager.send_message(desk.group.chat_id, "bir")
    assert (ended.result, ended.retry_after) == (MessageResult.FLOOD_WAIT, 500)
    desk.world.order(errors.FloodWaitError(None, 5), on="dialogs")
    started = desk.clock.monotonic()
    assert (await desk.passing(manager.send_message(desk.group.chat_id, "bir"))).success
    assert 5 <= desk.clock.monotonic() - started < 10
    assert desk.world.asked.count("dialogs") == 3


async def test_no_more_than_the_newest_thousand_are_looked_through(desk: Desk) -> None:
    old = desk.world.add_account("+905550000003")
    desk.world.write_to(desk.account, "selam", sender=old)
    desk.clock.advance(1)
    people = [desk.world.add_account(f"+90555{number:07}") for number in range(10, 10 + MOST_DIALOGS)]
    for one in people:
        desk.world.write_to(desk.account, "selam", sender=one)
    manager = await desk.start()
    assert (await desk.passing(manager.send_message(people[0].id, "bir"))).success
    assert (await manager.send_message(old.id, "bir")).result is MessageResult.NOT_FOUND
    assert desk.world.asked.count("dialogs") == MOST_DIALOGS // 100


async def test_a_bot_has_no_dialogs_to_look_through(desk: Desk) -> None:
    desk.world.add_bot("1:bot")
    manager = await desk.manager(desk.config("bot", bot_token="1:bot")).initialize()
    assert (await desk.passing(manager.send_message(desk.group.chat_id, "bir"))).success
    for _ in range(2):
        assert (await manager.send_message(5, "bir")).code == "PEER_NOT_FOUND"
    assert desk.world.asked.count("dialogs") == 1
    ended = await desk.passing(manager.send_message("borsa", "bir", schedule=timedelta(hours=1)))
    assert (ended.result, ended.code) == (MessageResult.FAILED, "SCHEDULE_BOT_NOT_ALLOWED")
