"""Telethon's client without Telegram: at the same seam, with Telethon's types and errors, on a `FakeWorld`."""

import asyncio
import secrets
from collections.abc import Awaitable
from contextlib import AbstractContextManager
from typing import Any

from telethon import errors, functions, types, utils
from telethon.crypto import AuthKey
from telethon.sessions.abstract import Session

from meydan.telegram.client.config import ClientConfig
from meydan.telegram.client.fake_chats import FakeChats
from meydan.telegram.client.fake_qr import FakeQr
from meydan.telegram.client.fake_world import FakeAccount, FakeWorld
from meydan.telegram.client.seam import TelethonFactory, telethons_from


def fake_telethon(world: FakeWorld) -> TelethonFactory:
    """Return what makes clients of `world`."""
    return lambda config, session: FakeTelethon(world, config, session)


def instead_of_telegram(world: FakeWorld) -> AbstractContextManager[None]:
    """Have a script that knows nothing of fakes run on `world`, within the `with` of this."""
    return telethons_from(fake_telethon(world))


class FakeTelethon(FakeChats):
    """One client of the world, with the methods of `seam.Telethon`."""

    def __init__(self, world: FakeWorld, config: ClientConfig, session: Session) -> None:
        super().__init__(world, session)
        self._config = config
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

    def _need_connection(self) -> None:
        if not self.is_connected():
            raise ConnectionError("Cannot send requests while disconnected")

    async def _deliver(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            waiting = self.world.undelivered.setdefault(self.session.auth_key.key, [])
            while waiting and self.is_connected():
                await self._hand_over(waiting.pop(0))
