"""Signing in: by a code and the password of two-step verification, by a QR code, or with a bot's token.

Who asks the person and shows the QR code is an `Asker`; what Telegram refuses is told and asked again while that may
help. Nothing that was typed is kept or logged.
"""

import contextlib
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol, TypeVar

from telethon import errors, functions, types, utils

from meydan.platform.clock import Clock, SystemClock
from meydan.platform.errors import MeydanError
from meydan.telegram.client.errors import (
    ApiKeysWrong,
    CodeExpired,
    CodeWrong,
    PasswordWrong,
    PhoneBanned,
    PhoneUnknown,
    PhoneWrong,
    QrNotScanned,
    SessionEnded,
    SignInFlood,
    SignInRefused,
)
from meydan.telegram.client.results import name_of
from meydan.telegram.client.seam import Telethon
from meydan.telegram.client.within import within
from meydan.telegram.errors import TelegramAway, TokenWrong

T = TypeVar("T")

_ATTEMPTS: Final = 3
_ANSWER_SECONDS: Final = 30.0
_QR_CODES: Final = 10  # about five minutes
_QR_SECONDS: Final = (5.0, 60.0)  # whatever this machine's clock makes of the moment a code ends
_DAY: Final = 86_400

_SAID: Final[dict[type[Exception], Callable[[], MeydanError]]] = {
    errors.PhoneNumberInvalidError: PhoneWrong,
    errors.PhoneNumberBannedError: PhoneBanned,
    errors.UserDeactivatedBanError: PhoneBanned,
    errors.PhoneNumberUnoccupiedError: PhoneUnknown,
    errors.PhoneCodeInvalidError: CodeWrong,
    errors.PhoneCodeEmptyError: CodeWrong,
    errors.PhoneCodeExpiredError: CodeExpired,
    errors.PasswordHashInvalidError: PasswordWrong,
    errors.PasswordEmptyError: PasswordWrong,
    errors.AccessTokenInvalidError: TokenWrong,
    errors.AccessTokenExpiredError: TokenWrong,
    errors.ApiIdInvalidError: ApiKeysWrong,
    errors.ApiIdPublishedFloodError: ApiKeysWrong,
    errors.PhoneNumberFloodError: lambda: SignInFlood(wait=_DAY),
    errors.PhonePasswordFloodError: lambda: SignInFlood(wait=_DAY),
}

_ENDED: Final = (
    errors.AuthKeyDuplicatedError,
    errors.AuthKeyInvalidError,
    errors.AuthKeyNotFound,
    errors.SessionExpiredError,
    errors.SessionRevokedError,
)

_WAYS: Final = {
    types.auth.SentCodeTypeApp: "app",
    types.auth.SentCodeTypeSms: "sms",
    types.auth.SentCodeTypeCall: "call",
    types.auth.SentCodeTypeEmailCode: "email",
}


@dataclass(frozen=True)
class SignedIn:
    """The account of a session."""

    id: int
    name: str
    username: str | None
    bot: bool


class Asker(Protocol):
    """Whoever asks the person; an empty answer to `code` has the code sent once more."""

    async def phone(self) -> str:
        """Return the account's phone number."""
        ...

    async def code(self, way: str) -> str:
        """Return the code that came by `way`: app, sms, call, email or other."""
        ...

    async def password(self, hint: str) -> str:
        """Return the password of the account's two-step verification, of which `hint` was left as a reminder."""
        ...

    async def show(self, url: str, until: datetime) -> None:
        """Show `url` as a QR code in place of the one before."""
        ...

    async def refused(self, error: MeydanError) -> None:
        """Tell what was wrong with the last answer; it is asked for again."""
        ...


class SignIn:
    """One attempt to sign a session in; `telethon` is a client of it, `ask` the way to the person."""

    def __init__(self, telethon: Telethon, ask: Asker, *, clock: Clock | None = None) -> None:
        self._telethon = telethon
        self._ask = ask
        self._clock = clock or SystemClock()

    async def already(self) -> SignedIn | None:
        """Connect, and return the account if the session is signed in."""
        if not await self._answer(lambda telethon: telethon.is_user_authorized()):
            return None
        return _account(await self._answer(lambda telethon: telethon.get_me()))

    async def as_bot(self, token: str) -> SignedIn:
        """Sign in as the bot that the token is of."""
        if not token:
            raise TokenWrong
        return _account(await self._answer(lambda telethon: telethon.sign_in(bot_token=token)))

    async def by_code(self, phone: str | None = None) -> SignedIn:
        """Sign in with the code that Telegram sends to the account's other devices, or to its phone."""
        phone, sent = await self._code_sent(phone)
        answers = resends = 0
        while True:
            code = (await self._ask.code(_way(sent))).strip()
            if not code:
                resends += 1
                if resends > _ATTEMPTS:
                    raise CodeWrong
                try:
                    sent = await self._send_code(phone)
                except (SignInRefused, SignInFlood) as error:  # the code that was sent before still counts
                    await self._ask.refused(error)
                continue
            try:
                return await self._by_code(phone, code)
            except errors.SessionPasswordNeededError:
                return await self._by_password()
            except (CodeWrong, CodeExpired) as error:
                answers += 1
                if answers == _ATTEMPTS:
                    raise
                await self._ask.refused(error)
                if isinstance(error, CodeExpired):
                    sent = await self._send_code(phone)

    async def by_qr(self) -> SignedIn:
        """Sign in by a QR code that the account's phone scans; codes that end are replaced."""
        qr = await self._answer(lambda telethon: telethon.qr_login())
        for shown in range(_QR_CODES):
            if shown:
                await self._answer(lambda _: qr.recreate())
            await self._ask.show(qr.url, qr.expires)
            seconds = self._until(qr.expires)
            try:
                with _in_our_words(), contextlib.suppress(TimeoutError, errors.AuthTokenExpiredError):
                    return _account(await within(self._clock, seconds + _ANSWER_SECONDS, qr.wait(seconds)))
            except errors.SessionPasswordNeededError:
                return await self._by_password()
        raise QrNotScanned

    async def _code_sent(self, phone: str | None) -> tuple[str, Any]:
        async def send() -> tuple[str, Any]:
            nonlocal phone
            number, phone = utils.parse_phone(phone or await self._ask.phone()), None
            if number is None:  # for which Telethon would take the number before
                raise PhoneWrong
            return number, await self._send_code(number)

        return await self._again_after(PhoneWrong, send)

    async def _by_code(self, phone: str, code: str) -> SignedIn:
        return _account(await self._answer(lambda telethon: telethon.sign_in(phone, code)))

    async def _send_code(self, phone: str) -> Any:
        return await self._answer(lambda telethon: telethon.send_code_request(phone))

    async def _by_password(self) -> SignedIn:
        rules = await self._answer(lambda telethon: telethon(functions.account.GetPasswordRequest()))

        async def check() -> SignedIn:
            password = await self._ask.password(rules.hint or "")
            if not password:
                raise PasswordWrong
            return _account(await self._answer(lambda telethon: telethon.sign_in(password=password)))

        return await self._again_after(PasswordWrong, check)

    async def _again_after(self, kind: type[MeydanError], work: Callable[[], Awaitable[T]]) -> T:
        for _ in range(_ATTEMPTS - 1):
            try:
                return await work()
            except kind as error:
                await self._ask.refused(error)
        return await work()

    async def _answer(self, ask: Callable[[Telethon], Awaitable[T]]) -> T:
        """Return what Telegram answers, over a new line if the one before broke while the person was thinking."""
        with _in_our_words():
            if not self._telethon.is_connected():
                await self._telethon.disconnect()
                await within(self._clock, _ANSWER_SECONDS, self._telethon.connect())
            return await within(self._clock, _ANSWER_SECONDS, ask(self._telethon))

    def _until(self, end: datetime) -> float:
        least, most = _QR_SECONDS
        return min(max((end - self._clock.now()).total_seconds(), least), most)


@contextlib.contextmanager
def _in_our_words() -> Iterator[None]:
    """Turn what Telegram refuses into our errors; what the sign-in itself goes on from passes."""
    try:
        yield
    except errors.SessionPasswordNeededError:
        raise
    except errors.FloodWaitError as error:
        raise SignInFlood(wait=error.seconds) from None
    except _ENDED as error:
        raise SessionEnded(name_of(error)) from None
    except errors.RPCError as error:
        make = _SAID.get(type(error))
        raise make() if make is not None else SignInRefused(error.message or type(error).__name__) from None
    except (OSError, EOFError, errors.InvalidBufferError, errors.SecurityError) as error:
        raise TelegramAway(type(error).__name__) from None


def _account(me: Any) -> SignedIn:
    name = " ".join(filter(None, (me.first_name, me.last_name)))
    return SignedIn(id=me.id, name=name, username=me.username, bot=bool(me.bot))


def _way(sent: Any) -> str:
    return _WAYS.get(type(sent.type), "other")
