"""The fake at the seam to Telethon: what its clients may rely on."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from telethon import errors, events, functions, types, utils
from telethon.sessions import MemorySession

from meydan.platform.clock import ManualClock
from meydan.telegram.client.config import ClientConfig
from meydan.telegram.client.fake import FakeTelethon, fake_telethon
from meydan.telegram.client.fake_world import FakeAccount, FakeWorld
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
    sender, group = world.add_account("+905550000001"), world.add_group("Borsa", username="borsa")
    client = await client_of(world)
    assert isinstance(client, FakeTelethon)
    client.let_in(sender)
    world.order(ConnectionError("lost"), on="send", after=True)
    request = functions.messages.SendMessageRequest(await client.get_input_entity("borsa"), "bir", random_id=7)
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


async def signed_in(world: FakeWorld, account: FakeAccount) -> FakeTelethon:
    client = await client_of(world)
    assert isinstance(client, FakeTelethon)
    client.let_in(account)
    return client


async def test_a_handler_gets_a_message_that_tells_and_answers(world: FakeWorld) -> None:
    author, bot = world.add_account("+905550000001", name="Ayşe"), world.add_bot("1:bot")
    author.username = "ayse"
    group = world.add_group("Borsa", username="borsa")
    client, sender = await signed_in(world, bot), await signed_in(world, author)
    heard: asyncio.Queue[Any] = asyncio.Queue()
    client.add_event_handler(heard.put, events.NewMessage())
    await sender.send_message("borsa", "**Altın** kaç?")
    for place, chat_id in ((group, group.chat_id), (author, author.id)):
        if place is author:
            world.write_to(bot, "Altın kaç?", sender=author)
        event = await heard.get()
        message = event.message
        shown = "**Altın** kaç?" if place is group else "Altın kaç?"
        assert (message.text, message.raw_text, event.raw_text) == (shown, "Altın kaç?", "Altın kaç?")
        assert (message.chat_id, message.sender_id, message.is_private) == (chat_id, author.id, place is author)
        assert ((await message.get_sender()).first_name, (await event.get_chat()).id) == ("Ayşe", place.id)
        answer, further = await message.reply("*Bilmem*"), await event.respond("__Sorun__", parse_mode=None)
        assert (answer.reply_to.reply_to_msg_id, answer.out, answer.sender_id) == (message.id, True, bot.id)
        assert (answer.raw_text, further.raw_text, further.reply_to) == ("*Bilmem*", "__Sorun__", None)
        assert (await answer.get_reply_message()).id == message.id
        assert [one.message for one in world.sent[-2:]] == ["*Bilmem*", "__Sorun__"]
    await client.disconnect()
    await sender.disconnect()


async def test_a_message_belongs_to_the_client_that_got_it(world: FakeWorld) -> None:
    author, one, two = (world.add_account(f"+90555000000{number}") for number in range(3))
    group = world.add_group("Borsa")
    clients = [await signed_in(world, account) for account in (one, two)]
    heard: asyncio.Queue[Any] = asyncio.Queue()
    for client in clients:
        client.add_event_handler(heard.put, events.NewMessage())
    world.write(group, "bir", sender=author)
    answers = [await (await heard.get()).message.reply("iki") for _ in clients]
    assert sorted(answer.sender_id for answer in answers) == [one.id, two.id]
    for client in clients:
        await client.disconnect()


async def test_a_scheduled_message_comes_at_its_time(world: FakeWorld, clock: ManualClock) -> None:
    author, reader = world.add_account("+905550000001"), world.add_account("+905550000002")
    world.make_contacts(author, reader)
    group = world.add_group("Borsa", username="borsa")
    client, listening = await signed_in(world, author), await signed_in(world, reader)
    heard: asyncio.Queue[Any] = asyncio.Queue()
    listening.add_event_handler(heard.put, events.NewMessage())
    waiting = await client.send_message("borsa", "sonra", schedule=timedelta(hours=1))
    at_once = await client.send_message(reader.id, "şimdi", schedule=timedelta(seconds=5))
    assert (await heard.get()).message.message == "şimdi"
    assert (at_once.id, at_once.date) == (1, clock.now())
    assert (waiting.id, waiting.date) == (1, clock.now() + timedelta(hours=1))
    assert not group.box
    await asyncio.sleep(0)
    clock.advance(3_599)
    await asyncio.sleep(0)
    assert [message.message for message in world.scheduled] == ["sonra"]
    assert not await client.get_messages("borsa", limit=5)
    clock.advance(1)
    assert (await heard.get()).message.message == "sonra"
    assert [(one.message, one.date) for one in group.box.values()] == [("sonra", clock.now())]
    assert not world.scheduled
    with pytest.raises(errors.ScheduleDateTooLateError):
        await client.send_message("borsa", "çok sonra", schedule=timedelta(days=366))
    bot = await signed_in(world, world.add_bot("1:bot"))
    with pytest.raises(errors.ScheduleBotNotAllowedError):
        await bot.send_message("borsa", "sonra", schedule=timedelta(hours=1))
    for one in (client, listening, bot):
        await one.disconnect()


async def test_bots_read_no_history(world: FakeWorld) -> None:
    author, group = world.add_account("+905550000001"), world.add_group("Borsa", username="borsa")
    bot = await signed_in(world, world.add_bot("1:bot"))
    world.write(group, "bir", sender=author)
    for ask in ({"limit": 5}, {"search": "bir"}):
        with pytest.raises(errors.BotMethodInvalidError):
            await bot.get_messages("borsa", **ask)
    with pytest.raises(errors.BotMethodInvalidError):
        await bot.get_dialogs(100)
    assert [message.message for message in await bot.get_messages("borsa", ids=[1])] == ["bir"]
    await bot.disconnect()


async def test_a_number_is_known_to_who_was_told_of_it(world: FakeWorld) -> None:
    reader, stranger = world.add_account("+905550000001"), world.add_account("+905550000002")
    group = world.add_group("Borsa", username="borsa")
    client = await signed_in(world, reader)
    heard: asyncio.Queue[Any] = asyncio.Queue()
    client.add_event_handler(heard.put, events.NewMessage())
    for number in (stranger.id, group.id, group.chat_id, types.PeerChannel(group.id)):
        with pytest.raises(ValueError, match="Could not find the input entity"):
            await client.get_input_entity(number)
    await client.get_entity("borsa")
    assert (await client.get_input_entity(group.chat_id)).access_hash == group.id
    world.write_to(reader, "selam", sender=stranger)
    await heard.get()
    assert (await client.get_input_entity(stranger.id)).access_hash == stranger.id
    assert (await client.get_input_entity(reader.id)).user_id == reader.id
    await client.disconnect()


async def test_dialogs_come_in_pages_newest_first(world: FakeWorld, clock: ManualClock) -> None:
    reader, people = world.add_account("+905550000001"), [world.add_account(f"+90555{n:07}") for n in range(3)]
    silent = world.add_group("Sessiz")
    for one in people:
        clock.advance(60)
        world.write_to(reader, "selam", sender=one)
    client = await signed_in(world, reader)
    first = await client.get_dialogs(2)
    last = first[-1]
    rest = await client.get_dialogs(
        2, offset_date=last.message.date, offset_id=last.message.id, offset_peer=last.input_entity
    )
    seen = [utils.get_peer_id(one.input_entity) for one in (*first, *rest)]
    assert seen == [*(one.id for one in reversed(people)), silent.chat_id]
    await client.disconnect()
