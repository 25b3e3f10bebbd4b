"""Several clients behind one send."""

import asyncio
from typing import Any

import pytest
from telethon import errors

from meydan.telegram.client.errors import ClientExists, ClientMissing, NotConnected, NotSignedIn
from meydan.telegram.client.fake import fake_telethon
from meydan.telegram.client.pool import TelegramClientPool
from meydan.telegram.client.results import MessageResult
from tests.telegram.client.conftest import STEADY, Desk, settle


@pytest.fixture
async def pool(desk: Desk) -> Any:
    pool = TelegramClientPool(
        clock=desk.clock, retry_config=STEADY, telethon=fake_telethon(desk.world), sessions=desk.store,
        registry=desk.registry,
    )  # fmt: skip
    for name in ("a", "b", "c"):
        config = desk.config(name)
        account = desk.world.add_account(f"+90555000010{ord(name)}", name=name)
        desk.world.make_contacts(account, desk.other)
        desk.sign_in(config, account)
        await pool.add_client(config)
    yield pool
    await pool.shutdown()


def senders(desk: Desk) -> list[str]:
    names = {account.id: account.name for account in desk.world.accounts}
    return [names[message.from_id.user_id] for message in desk.group.box.values()]


async def test_clients_take_turns(desk: Desk, pool: TelegramClientPool) -> None:
    for _ in range(6):
        assert (await desk.passing(pool.send_message("borsa", "bir"))).success
    assert senders(desk) == ["a", "b", "c", "a", "b", "c"]


async def test_the_named_one_is_taken(desk: Desk, pool: TelegramClientPool) -> None:
    assert (await pool.send_message("borsa", "bir", session_name="b")).success
    assert senders(desk) == ["b"]
    with pytest.raises(ClientMissing) as missing:
        await pool.send_message("borsa", "bir", session_name="yok")
    assert "yok" in missing.value.detail()


async def test_who_is_held_back_from_a_chat_is_passed_over_there(desk: Desk, pool: TelegramClientPool) -> None:
    desk.world.order(errors.FloodWaitError(None, 100), on="send")
    assert (await pool.send_message("borsa", "bir")).result is MessageResult.FLOOD_WAIT
    for _ in range(4):
        assert (await desk.passing(pool.send_message("borsa", "iki"))).success
    assert set(senders(desk)) == {"b", "c"}
    await pool.get_client("a").send_message(desk.other.id, "üç")
    assert [message.message for message in desk.other.box.values()] == ["üç"]


async def test_when_all_are_held_back_the_shortest_wait_is_told(desk: Desk, pool: TelegramClientPool) -> None:
    for seconds in (300, 100, 200):
        desk.world.order(errors.FloodWaitError(None, seconds), on="send")
        await pool.send_message("borsa", "bir")
    assert (await pool.send_message("borsa", "bir")).retry_after == 100


async def test_who_is_not_connected_is_passed_over(desk: Desk, pool: TelegramClientPool) -> None:
    await pool.get_client("b").disconnect()
    for _ in range(4):
        assert (await desk.passing(pool.send_message("borsa", "bir"))).success
    assert set(senders(desk)) == {"a", "c"}
    stats = pool.get_pool_stats()
    assert (stats["total_clients"], stats["connected_clients"], stats["messages_sent"]) == (3, 2, 4)
    assert stats["clients"]["b"]["connection_status"] == "disconnected"
    ended = await pool.send_message("borsa", "bir", session_name="b")
    assert (ended.result, ended.code) == (MessageResult.FAILED, "NOT_CONNECTED")
    for name in ("a", "c"):
        await pool.get_client(name).disconnect()
    ended = await pool.send_message("borsa", "bir")
    assert (ended.result, ended.code) == (MessageResult.FAILED, "NOT_CONNECTED")


async def test_the_others_share_what_one_that_is_away_would_send(desk: Desk, pool: TelegramClientPool) -> None:
    await pool.get_client("b").disconnect()
    for _ in range(4):
        assert (await desk.passing(pool.send_message("borsa", "bir"))).success
    assert senders(desk) == ["a", "c", "a", "c"]


async def test_the_end_does_not_wait_for_a_client_that_still_connects(desk: Desk, pool: TelegramClientPool) -> None:
    config = desk.config("yeni", connection_retries=-1)
    desk.sign_in(config)
    desk.world.order(ConnectionRefusedError(), on="connect", times=1_000)
    adding = asyncio.ensure_future(pool.add_client(config))
    await settle()
    await asyncio.wait_for(pool.shutdown(), 10)
    with pytest.raises(NotConnected):
        await adding


async def test_an_empty_pool_sends_nothing(desk: Desk) -> None:
    pool = TelegramClientPool(clock=desk.clock)
    assert not (await pool.send_message("borsa", "bir")).success
    assert pool.get_pool_stats()["total_clients"] == 0


async def test_a_client_is_added_once_and_only_if_it_can_connect(desk: Desk, pool: TelegramClientPool) -> None:
    with pytest.raises(ClientExists):
        await pool.add_client(desk.config("a"))
    with pytest.raises(NotSignedIn):
        await pool.add_client(desk.config("yeni"))
    assert pool.get_pool_stats()["total_clients"] == 3
    desk.sign_in(desk.config("yeni"))
    assert (await pool.add_client(desk.config("yeni"))).is_connected()


async def test_nobody_waits_for_another_to_leave(desk: Desk, pool: TelegramClientPool) -> None:
    desk.world.order(None, on="disconnect", times=3)
    started = desk.clock.monotonic()
    await desk.passing(pool.shutdown())
    assert desk.clock.monotonic() - started < 31


async def test_after_the_end_nobody_is_left(desk: Desk, pool: TelegramClientPool) -> None:
    clients = [pool.get_client(name) for name in ("a", "b", "c")]
    await pool.shutdown()
    assert not any(client.is_connected() for client in clients)
    assert pool.get_pool_stats()["total_clients"] == 0
    desk.sign_in(desk.config("a"))
    await settle()
