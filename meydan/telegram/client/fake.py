"""Telethon's client without Telegram: at the same seam, with Telethon's types and errors, on a `FakeWorld`."""

import asyncio
import contextlib
import functools
import secrets
from collections.abc import Awaitable, Callable
from typing import Any, Final

from telethon import errors, functions, types, utils
from telethon.crypto import AuthKey
from telethon.sessions.abstract import Session

from meydan.telegram.client.config import ClientConfig
from meydan.telegram.client.fake_qr import FakeQr
from meydan.telegram.client.fake_world import FakeAccount, FakeGroup, FakeWorld, seen_by
from meydan.telegram.client.seam import TelethonFactory

_LONGEST: Final = 4096


def fake_telethon(world: FakeWorld) -> TelethonFactory:
    """Return what makes clients of `world`."""
    return lambda config, session: FakeTelethon(world, config, session)


class FakeTelethon:
    """One client of the world, with the methods of `seam.Telethon`."""

    def __init__(self, world: FakeWorld, config: ClientConfig, session: Session) -> None:
        self.world = world
        self.session = session
        self._config = config
        self._handlers: list[tuple[Callable[[Any], Awaitable[None]], Any]] = []
        self._phone = ""
        self._account: FakeAccount | None = None  # whose code was right and whose password is still missing
        self._disconnected: asyncio.Future[None] | None = None
        self._pump: asyncio.Task[None] | None = None
        self._news = asyncio.Event()
        world.clients.append(self)

    async def connect(self) -> None:
        """Connect; the session gets a key when it has none."""
        if self.is_connected():
            return
        await self.world.failing("connect")
        if not self.session.auth_key:
            self.session.set_dc(2, "127.0.0.1", 443)
            self.session.auth_key = AuthKey(secrets.token_bytes(256))
            self.session.save()
        self._disconnected = asyncio.get_running_loop().create_future()
        self._news.set()
        self._pump = self._pump or asyncio.create_task(self._deliver())

    async def disconnect(self) -> None:
        """Leave."""
        await self.world.failing("disconnect")
        pump, self._pump = self._pump, None
        if pump is not None:
            pump.cancel()
            await asyncio.gather(pump, return_exceptions=True)
        self.drop(None)
        self.session.close()

    def drop(self, error: BaseException | None) -> None:
        """Lose the connection."""
        if self._disconnected is not None and not self._disconnected.done():
            if error is None:
                self._disconnected.set_result(None)
            else:
                self._disconnected.set_exception(error)
                self._disconnected.exception()  # nobody has to ask for it

    def wake(self) -> None:
        """Look for updates."""
        self._news.set()

    def is_connected(self) -> bool:
        """Tell whether there is a connection."""
        return self._disconnected is not None and not self._disconnected.done()

    @property
    def disconnected(self) -> Awaitable[None]:
        """What ends when the connection does."""
        if self._disconnected is None:
            self._disconnected = asyncio.get_running_loop().create_future()
            self._disconnected.set_result(None)
        return asyncio.shield(self._disconnected)

    async def __call__(self, request: Any) -> Any:
        """Answer one of the raw requests that are used."""
        self._need_connection()
        if isinstance(request, functions.PingRequest):
            await self.world.failing("ping")
            return types.Pong(0, request.ping_id)
        if isinstance(request, functions.updates.GetStateRequest):
            await self.world.failing("state")
            self._signed_in()
            return types.updates.State(0, 0, self.world.clock.now(), 0, 0)
        if isinstance(request, functions.messages.SendMessageRequest):
            return await self._send(request)
        if isinstance(request, functions.account.GetPasswordRequest):
            unknown = types.PasswordKdfAlgoUnknown(), types.SecurePasswordKdfAlgoUnknown()
            return types.account.Password(*unknown, secure_random=b"", hint=self._account and self._account.hint)
        raise errors.BadRequestError(request, "METHOD_INVALID")

    async def is_user_authorized(self) -> bool:
        """Tell whether the session is signed in."""
        self._need_connection()
        return self._me() is not None

    async def get_me(self) -> types.User | None:
        """Return the account."""
        self._need_connection()
        await self.world.failing("me")
        me = self._me()
        return me.user() if me else None

    async def send_code_request(self, phone: str) -> types.auth.SentCode:
        """Have a code sent."""
        self._need_connection()
        await self.world.failing("sign_in")
        self._phone = utils.parse_phone(phone) or ""
        if not self._phone:
            raise errors.PhoneNumberInvalidError(None)
        return types.auth.SentCode(types.auth.SentCodeTypeApp(5), "hash")

    async def sign_in(
        self,
        phone: str | None = None,
        code: str | None = None,
        *,
        password: str | None = None,
        bot_token: str | None = None,
    ) -> types.User:
        """Sign in by what is given; errors are those of Telegram."""
        self._need_connection()
        await self.world.failing("sign_in")
        if bot_token is not None:
            return self.let_in(self._find("token", bot_token, errors.AccessTokenInvalidError))
        if password is not None and self._account is not None:
            if password != self._account.password:
                raise errors.PasswordHashInvalidError(None)
            return self.let_in(self._account)
        account = self._find("phone", utils.parse_phone(phone) or self._phone, errors.PhoneNumberUnoccupiedError)
        if code != account.code:
            raise errors.PhoneCodeInvalidError(None)
        return self.let_in_by_code(account)

    async def qr_login(self) -> FakeQr:
        """Show a QR code."""
        self._need_connection()
        code = FakeQr(self.world, self.let_in_by_code)
        await code.recreate()
        return code

    async def log_out(self) -> bool:
        """End the session."""
        self._need_connection()
        self.world.signed_in.pop(self.session.auth_key.key, None)
        await self.disconnect()
        self.session.delete()
        return True

    async def get_input_entity(self, peer: Any) -> Any:
        """Return how Telegram wants the peer to be named."""
        if peer in ("me", "self"):
            return types.InputPeerSelf()
        with contextlib.suppress(TypeError):
            return utils.get_input_peer(peer)
        return utils.get_input_peer(await self.get_entity(peer))

    async def get_entity(self, entity: Any) -> Any:
        """Return the user or group."""
        self._need_connection()
        await self.world.failing("resolve")
        number = entity if isinstance(entity, int) else None
        name = utils.parse_username(entity)[0] if isinstance(entity, str) else None
        with contextlib.suppress(TypeError):
            number = utils.get_peer_id(entity)
        for group in self.world.groups:
            if number in (group.id, group.chat_id) or (name and name == (group.username or "").lower()):
                return group.channel(self.world.clock)
        for account in self.world.accounts:
            if number == account.id or (name and name == (account.username or "").lower()):
                return account.user()
        if name:
            raise ValueError(f'No user has "{name}" as username')
        raise ValueError(f"Could not find the input entity for {entity}")

    async def get_messages(
        self, entity: Any, limit: int | None = None, *, offset_id: int = 0, search: str | None = None, ids: Any = None
    ) -> Any:
        """Return messages, newest first, or those with `ids`."""
        self._need_connection()
        peer = None if entity is None else await self.get_input_entity(entity)
        await self.world.failing("history", None if peer is None else self._number(peer))
        found = self._history(peer)
        if ids is not None:
            by_number = {message.id: message for message in found}
            return [by_number.get(number) for number in ids]
        wanted = [one for one in reversed(found) if (search or "").casefold() in (one.message or "").casefold()]
        return [one for one in wanted if not offset_id or one.id < offset_id][: 1 if limit is None else limit]

    def add_event_handler(self, callback: Callable[[Any], Awaitable[None]], event: Any = None) -> None:
        """Call `callback` with every event of this kind."""
        self._handlers.append((callback, event))

    def let_in_by_code(self, account: FakeAccount) -> types.User:
        """Sign in, or ask for the password if the account has one."""
        if account.password is not None:
            self._account = account
            raise errors.SessionPasswordNeededError(None)
        return self.let_in(account)

    def let_in(self, account: FakeAccount) -> types.User:
        """Have the session signed in."""
        self.world.sign_in(self.session, account)
        self._account = None
        return account.user()

    def _find(self, field: str, value: str, missing: type[Exception]) -> FakeAccount:
        for account in self.world.accounts:
            if value and getattr(account, field) == value:
                return account
        raise missing(None)

    def _me(self) -> FakeAccount | None:
        return self.world.signed_in.get(self.session.auth_key.key)

    def _signed_in(self) -> FakeAccount:
        me = self._me()
        if me is None:
            raise errors.AuthKeyUnregisteredError(None)
        return me

    def _need_connection(self) -> None:
        if not self.is_connected():
            raise ConnectionError("Cannot send requests while disconnected")

    def _number(self, peer: Any) -> int:
        number: int = self._signed_in().id if isinstance(peer, types.InputPeerSelf) else utils.get_peer_id(peer)
        return number

    def _place(self, peer: Any) -> FakeGroup | FakeAccount:
        number = self._number(peer)
        for group in self.world.groups:
            if group.chat_id == number:
                return group
        for account in self.world.accounts:
            if account.id == number:
                return account
        raise errors.PeerIdInvalidError(None)

    def _history(self, entity: Any) -> list[Any]:
        me = self._signed_in()
        if entity is None:
            return list(me.box.values())
        place = self._place(entity)
        if isinstance(place, FakeGroup):
            return [seen_by(me, one) for one in place.box.values()]
        return [one for one in me.box.values() if one.peer_id == types.PeerUser(place.id)]

    async def _send(self, request: Any) -> Any:
        self.world.requests.append(request)
        self._signed_in()
        place = self._place(request.peer)
        carry_out = functools.partial(self._carry_out, request, place)
        await self.world.failing("send", self._number(request.peer), done=carry_out)
        return carry_out()

    def _carry_out(self, request: Any, place: FakeGroup | FakeAccount) -> Any:
        world, me = self.world, self._signed_in()
        if request.random_id in world.random_ids:
            raise errors.RandomIdDuplicateError(None)
        if not request.message.strip():
            raise errors.MessageEmptyError(None)
        if len(request.message.encode("utf-16-le")) // 2 > _LONGEST:
            raise errors.MessageTooLongError(None)
        message = world.say(me, place, request.message, entities=request.entities, silent=request.silent)
        world.random_ids[request.random_id] = message
        world.sent.append(message)
        if isinstance(place, FakeAccount):
            return types.UpdateShortSentMessage(message.id, 0, 0, message.date, out=True)
        told = [types.UpdateMessageID(message.id, request.random_id), types.UpdateNewChannelMessage(message, 0, 0)]
        return types.Updates(told, [], [], message.date, 0)

    async def _deliver(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            waiting = self.world.undelivered.setdefault(self.session.auth_key.key, [])
            while waiting and self.is_connected():
                update = waiting.pop(0)
                for callback, builder in self._handlers:
                    if event := builder.build(update):
                        await callback(event)
