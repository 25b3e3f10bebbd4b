"""The real Telethon against a real server of MTProto on loopback: what the fake cannot show."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from prometheus_client import CollectorRegistry
from telethon import functions, types
from telethon.crypto import AuthKey
from telethon.errors import TypeNotFoundError
from telethon.sessions import MemorySession, StringSession

from meydan.accounts.vault import Vault
from meydan.platform.errors import MeydanError
from meydan.telegram.client.config import ClientConfig, Server
from meydan.telegram.client.errors import ServerKeyBad, SessionQuarantined
from meydan.telegram.client.manager import TelegramClientManager
from meydan.telegram.client.results import MessageResult
from meydan.telegram.client.retry import RetryConfig
from meydan.telegram.client.seam import real_telethon
from meydan.telegram.client.sessions import SessionStore
from meydan.telegram.client.signin import SignIn
from meydan.telegram.errors import TelegramAway
from tests.telegram.client.mtproto import Hangup, MtprotoServer, Refusal

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
TOKEN = "77:gizli-anahtar"
ME = types.User(77, is_self=True, bot=True, first_name="Bot", access_hash=7, bot_info_version=1)
PEOPLE = {
    name: types.User(number, first_name=name, access_hash=number) for number, name in ((5, "ayse"), (6, "mehmet"))
}
Start = Callable[..., Awaitable[TelegramClientManager]]


class Telegram(MtprotoServer):
    """Knows a bot and two people, and keeps what it was sent."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.sent: dict[int, str] = {}
        self.signed_in = False
        self.missed: list[types.Message] = []
        self.answers = {
            functions.help.GetConfigRequest: lambda _: types.NearestDc("TR", 2, 2),
            functions.updates.GetStateRequest: self._state,
            functions.updates.GetDifferenceRequest: self._difference,
            functions.users.GetUsersRequest: self._users,
            functions.auth.ImportBotAuthorizationRequest: self._sign_in,
            functions.contacts.ResolveUsernameRequest: self._resolve,
            functions.messages.SendMessageRequest: self._send,
        }

    def _state(self, _: Any) -> Any:
        if not self.signed_in:
            raise Refusal(401, "AUTH_KEY_UNREGISTERED")
        return types.updates.State(10, 0, NOW, 1, 0)

    def _users(self, request: Any) -> Any:
        self._state(request)
        return [ME]

    def _difference(self, request: Any) -> Any:
        missed, self.missed = self.missed, []
        if not missed:
            return types.updates.DifferenceEmpty(NOW, 1)
        state = types.updates.State(request.pts + len(missed), 0, NOW, 1, 0)
        return types.updates.Difference(missed, [], [], [], list(PEOPLE.values()), state)

    def _sign_in(self, request: Any) -> Any:
        assert request.bot_auth_token == TOKEN
        self.signed_in = True
        return types.auth.Authorization(ME)

    def _resolve(self, request: Any) -> Any:
        if request.username not in PEOPLE:
            raise Refusal(400, "USERNAME_NOT_OCCUPIED")
        user = PEOPLE[request.username]
        return types.contacts.ResolvedPeer(types.PeerUser(user.id), [], [user])

    def _send(self, request: Any) -> Any:
        if request.random_id in self.sent:
            raise Refusal(500, "RANDOM_ID_DUPLICATE")
        self.sent[request.random_id] = request.message
        return types.UpdateShortSentMessage(len(self.sent), 10, 0, NOW, out=True)


@pytest.fixture
async def telegram() -> AsyncIterator[Telegram]:
    server = Telegram()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def start(telegram: Telegram, tmp_path: Path) -> AsyncIterator[Start]:
    store = SessionStore(tmp_path / "sessions", Vault([Fernet.generate_key().decode()]))
    managers = []

    async def run(**fields: Any) -> TelegramClientManager:
        fields = {"server": telegram.where, "bot_token": TOKEN, "retry_delay": 0.01, **fields}
        health = fields.pop("health_seconds", 60.0)
        config = ClientConfig("bot", 12345, "gizli", sessions_dir=tmp_path / "sessions", **fields)
        retry = RetryConfig(base_delay=0.01, max_delay=0.02)
        manager = TelegramClientManager(
            config, retry_config=retry, sessions=store, registry=CollectorRegistry(), health_seconds=health
        )
        manager.rate_limit_delay = 0.0
        managers.append(manager)
        return await manager.initialize()

    yield run
    for manager in managers:
        await manager.disconnect()


async def until(look: Callable[[], Any]) -> None:
    async with asyncio.timeout(20):
        while not look():  # noqa: ASYNC110  # what is waited for comes over a socket
            await asyncio.sleep(0.01)


async def test_a_bot_signs_in_at_the_given_server_and_sends(telegram: Telegram, start: Start, tmp_path: Path) -> None:
    manager = await start()
    assert telegram.saw(functions.ReqPqMultiRequest)
    (offer,) = telegram.saw(functions.ReqDHParamsRequest)
    assert offer.public_key_fingerprint == telegram.fingerprint
    (hello,) = telegram.saw(functions.InvokeWithLayerRequest)
    assert (hello.query.api_id, hello.query.device_model, hello.query.lang_code) == (12345, "Meydan", "tr")
    result = await manager.send_message("@ayse", "<b>Günaydın</b>", parse_mode="html", silent=True)
    assert (result.result, result.message_id) == (MessageResult.SUCCESS, 1)
    (request,) = telegram.saw(functions.messages.SendMessageRequest)
    assert (request.message, request.silent, request.peer.user_id) == ("Günaydın", True, 5)
    assert request.entities == [types.MessageEntityBold(0, 8)]
    assert (await manager.send_message("kimse", "bir")).result is MessageResult.NOT_FOUND
    await manager.disconnect()
    content = (tmp_path / "sessions" / "bot.session").read_bytes()
    assert next(iter(telegram.keys.values())).key not in content
    again = await start()
    assert again.is_connected()
    assert len(telegram.saw(functions.ReqPqMultiRequest)) == 1
    assert len(telegram.saw(functions.auth.ImportBotAuthorizationRequest)) == 1


async def test_a_string_session_finds_its_dialogs_by_number(telegram: Telegram, start: Start) -> None:
    me = types.User(9, is_self=True, first_name="Ben", access_hash=9)
    shown = types.Dialog(types.PeerUser(5), 1, 1, 1, 0, 0, 0, 0, types.PeerNotifySettings())
    latest = types.Message(1, types.PeerUser(5), NOW, "selam", from_id=types.PeerUser(5))
    telegram.answers |= {
        functions.users.GetUsersRequest: lambda request: [me] if isinstance(request.id[0], types.InputUserSelf) else [],
        functions.messages.GetDialogsRequest: lambda _: types.messages.Dialogs([shown], [latest], [], [PEOPLE["ayse"]]),
    }
    session, key, telegram.signed_in = StringSession(), AuthKey(bytes(255) + b"1"), True
    telegram.keys[key.key_id] = session.auth_key = key
    session.set_dc(2, *telegram.address)
    manager = await start(bot_token=None, session_string=session.save())
    assert (await manager.send_message(5, "bir")).success
    assert (await manager.send_message(6, "bir")).result is MessageResult.NOT_FOUND
    assert len(telegram.saw(functions.messages.GetDialogsRequest)) == 1
    (request,) = telegram.saw(functions.messages.SendMessageRequest)
    assert request.peer == types.InputPeerUser(5, 5)


async def test_a_wait_for_one_peer_does_not_keep_telethon_from_another(telegram: Telegram, start: Start) -> None:
    manager = await start()
    send = telegram.answers[functions.messages.SendMessageRequest]

    def slow(request: Any) -> Any:
        if request.peer.user_id == 5:
            raise Refusal(420, "FLOOD_WAIT_100")
        return send(request)

    telegram.answers[functions.messages.SendMessageRequest] = slow
    first = await manager.send_message("ayse", "bir")
    assert (first.result, first.flood_wait_time) == (MessageResult.FLOOD_WAIT, 100)
    assert (await manager.send_message("mehmet", "iki")).success


async def test_a_wait_for_a_method_is_kept_from_telegram(telegram: Telegram, start: Start) -> None:
    manager = await start()
    assert (await manager.send_message("ayse", "bir")).success

    def slow(_: Any) -> Any:
        raise Refusal(420, "FLOOD_WAIT_86000")

    telegram.answers[functions.contacts.ResolveUsernameRequest] = slow
    for name in ("mehmet", "kimse"):
        result = await manager.send_message(name, "iki")
        assert result.result is MessageResult.FLOOD_WAIT
        assert 85_900 < (result.retry_after or 0) <= 86_000
    assert len(telegram.saw(functions.contacts.ResolveUsernameRequest)) == 2
    assert (await manager.send_message("ayse", "üç")).success  # who is known needs no looking up


async def test_an_answer_that_was_lost_with_the_line_does_not_send_twice(telegram: Telegram, start: Start) -> None:
    manager = await start()
    send = telegram.answers[functions.messages.SendMessageRequest]
    lost: list[Any] = []

    def carried_out(request: Any) -> Any:
        answer = send(request)
        if not lost:
            lost.append(request)
            raise Hangup
        return answer

    telegram.answers[functions.messages.SendMessageRequest] = carried_out
    result = await manager.send_message("ayse", "bir")
    assert (result.success, result.message_id) == (True, None)
    first, second = telegram.saw(functions.messages.SendMessageRequest)
    assert first.random_id == second.random_id
    assert list(telegram.sent.values()) == ["bir"]
    assert manager.get_stats()["reconnections"] == 1


def message(number: int, text: str) -> types.Message:
    return types.Message(number, types.PeerUser(5), NOW, text, from_id=types.PeerUser(5))


async def test_numbers_that_jump_are_asked_for(telegram: Telegram, start: Start) -> None:
    heard: list[str] = []

    async def hear(message: Any) -> None:
        heard.append(f"{message.text} {message.chat_id}")

    asked: list[list[int]] = []

    def messages(request: Any) -> Any:
        asked.append([one.id for one in request.id])
        found = [message(2, "iki"), types.MessageEmpty(3, None)]
        return types.messages.Messages(found, [], [], list(PEOPLE.values()))

    telegram.answers[functions.messages.GetMessagesRequest] = messages
    manager = await start()
    manager.add_message_handler(hear)
    for number, text, place in ((1, "bir", 11), (4, "dört", 12)):
        update = types.UpdateNewMessage(message(number, text), place, 1)
        telegram.push(types.Updates([update], list(PEOPLE.values()), [], NOW, 0))
    await until(lambda: len(heard) == 3)
    assert heard == ["bir 5", "iki 5", "dört 5"]
    assert asked == [[2, 3]]
    assert manager.get_stats()["messages_recovered"] == 1


async def test_what_came_while_away_is_fetched_on_the_return(telegram: Telegram, start: Start) -> None:
    heard: list[str] = []

    async def hear(message: Any) -> None:
        heard.append(message.message)

    manager = await start()
    manager.add_message_handler(hear)
    update = types.UpdateNewMessage(message(1, "bir"), 11, 1)
    telegram.push(types.Updates([update], list(PEOPLE.values()), [], NOW, 0))
    await until(lambda: heard)
    telegram.missed = [message(2, "iki"), message(3, "üç")]
    telegram.links[-1].close()
    await until(lambda: len(heard) == 3)
    assert heard == ["bir", "iki", "üç"]
    asked = telegram.saw(functions.updates.GetDifferenceRequest)
    assert asked[-1].pts == 11 or asked[-2].pts == 11
    await until(lambda: manager.get_stats()["reconnections"] == 1)


@pytest.mark.parametrize(("code", "reason"), [(406, "AUTH_KEY_DUPLICATED"), (401, "SESSION_REVOKED")])
async def test_a_session_that_telegram_ended_is_put_away(
    telegram: Telegram, start: Start, tmp_path: Path, code: int, reason: str
) -> None:
    await (await start()).disconnect()

    def ended(_: Any) -> Any:
        raise Refusal(code, reason)

    telegram.answers[functions.updates.GetStateRequest] = ended
    with pytest.raises(SessionQuarantined) as dead:
        await start()
    assert dead.value.data["neden"] == reason
    assert not (tmp_path / "sessions" / "bot.session").exists()


async def test_a_start_without_network_does_not_lose_the_place_in_the_updates(telegram: Telegram, start: Start) -> None:
    manager = await start()
    update = types.UpdateNewMessage(types.Message(1, types.PeerUser(5), NOW, "bir"), 11, 1)
    telegram.push(types.Updates([update], list(PEOPLE.values()), [], NOW, 0))
    await until(lambda: manager.get_stats()["messages_received"])
    await manager.disconnect()
    with pytest.raises(TelegramAway):
        await start(server=Server("127.0.0.1", 1, telegram.pem), connection_retries=1)
    telegram.seen.clear()
    await start()
    await until(lambda: telegram.saw(functions.updates.GetDifferenceRequest))
    assert telegram.saw(functions.updates.GetDifferenceRequest)[0].pts == 11


async def test_a_line_that_no_longer_answers_is_made_anew(telegram: Telegram, start: Start) -> None:
    manager = await start(timeout=0.5, health_seconds=0.05)
    await until(lambda: len(telegram.saw(functions.PingRequest)) > 2)
    before = len(telegram.links)
    telegram.deaf = True
    await until(lambda: len(telegram.links) > before)
    telegram.deaf = False
    await until(manager.is_connected)
    assert (await manager.send_message("ayse", "bir")).success


@pytest.mark.parametrize("known", [True, False])
async def test_a_session_that_is_ended_while_listening_is_put_away(
    telegram: Telegram, start: Start, *, known: bool
) -> None:
    if known:  # then Telethon takes the answer seriously by itself, else the health check does
        await (await start()).disconnect()
    manager = await start(health_seconds=0.02)

    def ended(_: Any) -> Any:
        raise Refusal(401, "SESSION_REVOKED")

    telegram.answers |= dict.fromkeys(
        (functions.updates.GetStateRequest, functions.updates.GetDifferenceRequest), ended
    )
    telegram.push(types.UpdatesTooLong())
    await until(lambda: manager.connection_status == "failed")
    with pytest.raises(SessionQuarantined):
        await manager.initialize()


async def test_connecting_anew_uses_a_new_line(telegram: Telegram, start: Start) -> None:
    manager = await start()
    await manager.reconnect()
    assert manager.is_connected()
    assert len(telegram.links) == 2


async def test_an_account_of_another_data_centre_is_followed_there(telegram: Telegram, start: Start) -> None:
    home = Telegram(private=telegram.private)
    await home.start()

    def elsewhere(_: Any) -> Any:
        raise Refusal(303, "USER_MIGRATE_4")

    telegram.answers[functions.auth.ImportBotAuthorizationRequest] = elsewhere
    telegram.answers[functions.help.GetConfigRequest] = lambda _: config_with(types.DcOption(4, *home.address))
    manager = await start()
    assert (await manager.send_message("ayse", "bir")).success
    assert list(home.sent.values()) == ["bir"]
    assert not telegram.sent
    await manager.disconnect()
    asked = len(telegram.seen)
    again = await start()
    assert (await again.send_message("ayse", "iki")).success
    assert len(telegram.seen) == asked
    await again.disconnect()
    await home.stop()


def config_with(option: types.DcOption) -> types.Config:
    """Return the configuration of a server that knows one data centre; the rest of it is of no interest."""
    given: dict[str, Any] = {"date": NOW, "expires": NOW, "test_mode": False, "dc_options": [option]}
    given |= {"dc_txt_domain_name": "", "me_url_prefix": ""}
    needed = [name for name, one in inspect.signature(types.Config).parameters.items() if one.default is one.empty]
    return types.Config(**{name: given.get(name, 0) for name in needed})


def test_telethons_log_quotes_no_message(caplog: pytest.LogCaptureFixture) -> None:
    client: Any = real_telethon(ClientConfig("a", 1, "x"), MemorySession())
    request = functions.messages.SendMessageRequest("ayse", "gizli metin")
    unread = TypeNotFoundError(1, b"gizli metin")
    log = client._log["telethon.client.users"]
    log.error("Request caused struct.error: %s: %s", ValueError("neden"), request)
    log.warning("Type %08x not found, remaining data %r", 1, b"gizli metin")
    try:
        raise unread
    except TypeNotFoundError:
        log.exception("Unhandled %s", unread)
    log.error("Automatic reconnection failed %d time(s)", 0)
    assert "gizli" not in caplog.text
    assert "SendMessageRequest" in caplog.text
    assert "neden" in caplog.text
    assert "Automatic" not in caplog.text


async def test_what_is_no_number_is_asked_for_again_and_a_broken_line_made_anew(telegram: Telegram) -> None:
    def send(request: Any) -> Any:
        return types.auth.SentCode(types.auth.SentCodeTypeApp(5), "hash")

    def sign_in(request: Any) -> Any:
        assert (request.phone_number, request.phone_code_hash, request.phone_code) == ("905551112233", "hash", "12345")
        telegram.signed_in = True
        return types.auth.Authorization(ME)

    telegram.answers |= {functions.auth.SendCodeRequest: send, functions.auth.SignInRequest: sign_in}

    class Person:
        def __init__(self) -> None:
            self.told: list[str] = []

        async def phone(self) -> str:
            return "+90 555 111 22 33" if self.told else "ana"

        async def code(self, way: str) -> str:
            telegram.links[-1].close()
            await until(lambda: not client.is_connected())
            return "12345"

        async def refused(self, error: MeydanError) -> None:
            self.told.append(error.code)

    client = real_telethon(ClientConfig("ana", 1, "x", server=telegram.where), MemorySession())
    person: Any = Person()
    signing = SignIn(client, person)
    assert await signing.already() is None
    assert (await signing.by_code()).id == 77
    assert person.told == ["telegram_numarasi_gecersiz"]
    assert len(telegram.saw(functions.auth.SendCodeRequest)) == 1
    assert len(telegram.links) == 2
    await client.disconnect()


async def test_a_server_with_another_key_is_not_trusted(telegram: Telegram, start: Start) -> None:
    other = MtprotoServer()
    where = telegram.where
    telegram.fingerprint = other.fingerprint
    with pytest.raises(TelegramAway):
        await start(connection_retries=0, server=Server(where.address, where.port, telegram.pem))
    assert telegram.saw(functions.ReqPqMultiRequest)
    assert not telegram.saw(functions.ReqDHParamsRequest)
    with pytest.raises(ServerKeyBad):
        await start(server=Server(where.address, where.port, "anahtar değil"))
