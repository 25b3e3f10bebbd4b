"""The fake at the seam to Telethon: what its clients may rely on."""

import asyncio
from typing import Any

import pytest
from telethon import errors, events, functions, types
from telethon.sessions import MemorySession

from meydan.platform.clock import ManualClock
from meydan.telegram.client.config import ClientConfig
from meydan.telegram.client.fake import FakeTelethon, fake_telethon
from meydan.telegram.client.fake_world import FakeWorld
from meydan.telegram.client.seam import Telethon

CONFIG = ClientConfig("deneme", 1, "hash")


@pytest.fixture
def world(clock: ManualClock) -> FakeWorld:
    return FakeWorld(clock)


async def client_of(world: FakeWorld) -> Telethon:
    client = fake_telethon(world)(CONFIG, MemorySession())
    await client.connect()
    return client


async def test_a_code_and_a_password_are_asked_for(world: FakeWorld) -> None:
    world.add_account("+905550000001", password="parola")
    client = await client_of(world)
    await client.send_code_request("+90 555 000 00 01")
    with pytest.raises(errors.PhoneCodeInvalidError):
        await client.sign_in("+905550000001", "00000")
    with pytest.raises(errors.SessionPasswordNeededError):
        await client.sign_in("+905550000001", "12345")
    assert not await client.is_user_authorized()
    with pytest.raises(errors.PasswordHashInvalidError):
        await client.sign_in(password="yanlış")
    await client.sign_in(password="parola")
    assert await client.is_user_authorized()
    await client.log_out()
    await client.connect()
    assert not await client.is_user_authorized()
    await client.disconnect()


async def test_a_number_and_a_token_that_nobody_has_are_refused(world: FakeWorld) -> None:
    client = await client_of(world)
    with pytest.raises(errors.PhoneNumberInvalidError):
        await client.send_code_request("telefon")
    with pytest.raises(errors.PhoneNumberUnoccupiedError):
        await client.sign_in("+905550000009", "12345")
    with pytest.raises(errors.AccessTokenInvalidError):
        await client.sign_in(bot_token="1:yok")
    world.add_bot("1:var")
    assert (await client.sign_in(bot_token="1:var")).bot
    await client.disconnect()


async def test_a_qr_code_runs_out_and_another_lets_in(world: FakeWorld, clock: ManualClock) -> None:
    account = world.add_account("+905550000001")
    client = await client_of(world)
    code = await client.qr_login()
    waiting = asyncio.ensure_future(code.wait())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    clock.advance(31)
    with pytest.raises(TimeoutError):
        await waiting
    first = code.url
    await code.recreate()
    assert code.url != first
    world.scan(code.url, account)
    assert (await code.wait()).id == account.id
    assert await client.is_user_authorized()
    await client.disconnect()


async def test_messages_come_while_connected_and_afterwards(world: FakeWorld) -> None:
    somebody, reader = world.add_account("+905550000001"), world.add_account("+905550000002")
    group = world.add_group("Borsa", username="borsa")
    client = await client_of(world)
    assert isinstance(client, FakeTelethon)
    client.let_in(reader)
    seen: asyncio.Queue[Any] = asyncio.Queue()
    client.add_event_handler(seen.put, events.NewMessage())
    world.write(group, "bir", sender=somebody)
    assert (await seen.get()).message.message == "bir"
    await client.disconnect()
    world.write(group, "iki", sender=somebody)
    world.write(group, "kayıp", sender=somebody, lost=True)
    world.write_to(reader, "özel", sender=somebody)
    await client.connect()
    assert [(await seen.get()).message.message for _ in range(2)] == ["iki", "özel"]
    assert [one.message for one in await client.get_messages("borsa", limit=5)] == ["kayıp", "iki", "bir"]
    assert [one and one.message for one in await client.get_messages("borsa", ids=[3, 9])] == ["kayıp", None]
    await client.disconnect()


async def test_a_random_id_counts_once(world: FakeWorld) -> None:
    sender, group = world.add_account("+905550000001"), world.add_group("Borsa")
    client = await client_of(world)
    assert isinstance(client, FakeTelethon)
    client.let_in(sender)
    world.order(ConnectionError("lost"), on="send", after=True)
    request = functions.messages.SendMessageRequest(await client.get_input_entity(group.chat_id), "bir", random_id=7)
    with pytest.raises(ConnectionError):
        await client(request)
    with pytest.raises(errors.RandomIdDuplicateError):
        await client(request)
    assert [message.message for message in group.box.values()] == ["bir"]
    with pytest.raises(ValueError, match="Could not find"):
        await client.get_input_entity(types.PeerUser(5))
    await client.disconnect()
    with pytest.raises(ConnectionError):
        await client(request)
