"""Signing in on the fake Telegram: each way, each refusal, each second try."""

import asyncio
from collections.abc import Iterator
from datetime import datetime

import pytest
from telethon import errors
from telethon.sessions import MemorySession

from meydan.platform.clock import ManualClock
from meydan.platform.errors import MeydanError
from meydan.platform.texts import LANGUAGES
from meydan.telegram.client.config import ClientConfig
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
from meydan.telegram.client.fake import fake_telethon
from meydan.telegram.client.fake_world import FakeWorld
from meydan.telegram.client.seam import Telethon
from meydan.telegram.client.signin import SignedIn, SignIn
from meydan.telegram.errors import TelegramAway, TokenWrong

PHONE = "+90 555 111 22 33"
TOKEN = "1001:AAH-a-token"


class Script:
    """A person who answers what is written, and writes down what was asked and refused."""

    def __init__(self, *answers: str) -> None:
        self._answers: Iterator[str] = iter(answers)
        self.asked: list[str] = []
        self.told: list[type[MeydanError]] = []
        self.shown: asyncio.Queue[str] = asyncio.Queue()

    async def phone(self) -> str:
        return self._next("phone")

    async def code(self, way: str) -> str:
        return self._next(f"code:{way}")

    async def password(self, hint: str) -> str:
        return self._next(f"password:{hint}")

    async def show(self, url: str, until: datetime) -> None:
        self.shown.put_nowait(url)

    async def refused(self, error: MeydanError) -> None:
        self.told.append(type(error))

    def _next(self, question: str) -> str:
        self.asked.append(question)
        return next(self._answers)


@pytest.fixture
def world(clock: ManualClock) -> FakeWorld:
    return FakeWorld(clock)


@pytest.fixture
def telethon(world: FakeWorld) -> Telethon:
    return fake_telethon(world)(ClientConfig("ana", 1, "hash"), MemorySession())


async def signing(telethon: Telethon, person: Script, clock: ManualClock) -> SignIn:
    sign_in = SignIn(telethon, person, clock=clock)
    assert await sign_in.already() is None
    return sign_in


async def test_by_code(world: FakeWorld, telethon: Telethon, clock: ManualClock) -> None:
    account = world.add_account(PHONE, name="Ayşe")
    person = Script(PHONE, "12345")
    sign_in = await signing(telethon, person, clock)
    assert await sign_in.by_code() == SignedIn(account.id, "Ayşe", None, bot=False)
    assert person.asked == ["phone", "code:app"]
    assert await sign_in.already() == SignedIn(account.id, "Ayşe", None, bot=False)


async def test_by_code_and_password(world: FakeWorld, telethon: Telethon, clock: ManualClock) -> None:
    world.add_account(PHONE, password="iki adım", hint="sayı")
    person = Script("12345", "", "yanlış", "iki adım")
    await (await signing(telethon, person, clock)).by_code(PHONE)
    assert person.asked == ["code:app", "password:sayı", "password:sayı", "password:sayı"]
    assert person.told == [PasswordWrong, PasswordWrong]


async def test_a_wrong_code_is_asked_for_again(world: FakeWorld, telethon: Telethon, clock: ManualClock) -> None:
    world.add_account(PHONE)
    person = Script("1", "2", " 12345 ")
    await (await signing(telethon, person, clock)).by_code(PHONE)
    assert person.told == [CodeWrong, CodeWrong]


async def test_an_empty_code_has_it_sent_again(world: FakeWorld, telethon: Telethon, clock: ManualClock) -> None:
    world.add_account(PHONE)
    person = Script("", "12345")
    sign_in = await signing(telethon, person, clock)
    world.asked.clear()
    await sign_in.by_code(PHONE)
    assert world.asked.count("sign_in") == 3  # sent, sent again, signed in
    assert person.told == []


async def test_a_code_that_cannot_be_sent_again_still_counts(
    world: FakeWorld, telethon: Telethon, clock: ManualClock
) -> None:
    world.add_account(PHONE)
    sign_in = await signing(telethon, Script(), clock)

    class Impatient(Script):
        async def code(self, way: str) -> str:
            world.order(errors.SendCodeUnavailableError(None), on="sign_in", times=not self.asked)
            return await super().code(way)

    person = Impatient("", "12345")
    await SignIn(telethon, person, clock=clock).by_code(PHONE)
    assert person.told == [SignInRefused]
    assert await sign_in.already() is not None


async def test_a_code_is_not_sent_again_and_again(world: FakeWorld, telethon: Telethon, clock: ManualClock) -> None:
    world.add_account(PHONE)
    sign_in = await signing(telethon, Script("", "", "", ""), clock)
    world.asked.clear()
    with pytest.raises(CodeWrong):
        await sign_in.by_code(PHONE)
    assert world.asked.count("sign_in") == 4


async def test_a_line_that_breaks_while_the_person_thinks_costs_no_new_start(
    world: FakeWorld, telethon: Telethon, clock: ManualClock
) -> None:
    account = world.add_account(PHONE, password="p")
    sign_in = await signing(telethon, Script(), clock)

    class Thinking(Script):
        async def code(self, way: str) -> str:
            world.drop(ConnectionResetError())
            return await super().code(way)

        async def password(self, hint: str) -> str:
            world.drop(None)
            return await super().password(hint)

    person = Thinking("12345", "p")
    assert (await SignIn(telethon, person, clock=clock).by_code(PHONE)).id == account.id
    assert world.asked.count("connect") == 3
    assert await sign_in.already() is not None


async def test_an_expired_code_is_replaced(world: FakeWorld, telethon: Telethon, clock: ManualClock) -> None:
    world.add_account(PHONE)
    sign_in = await signing(telethon, Script(), clock)

    class Late(Script):
        async def code(self, way: str) -> str:
            if not self.asked:
                world.order(errors.PhoneCodeExpiredError(None), on="sign_in")
            return await super().code(way)

    person = Late("12345", "12345")
    await SignIn(telethon, person, clock=clock).by_code(PHONE)
    assert person.told == [CodeExpired]
    assert await sign_in.already() is not None


async def test_three_wrong_answers_end_it(world: FakeWorld, telethon: Telethon, clock: ManualClock) -> None:
    world.add_account(PHONE, password="p")
    for answers, expected in (
        (("x", "x", "x"), PhoneWrong),
        ((PHONE, "1", "2", "3"), CodeWrong),
        ((PHONE, "12345", "a", "b", "c"), PasswordWrong),
    ):
        person = Script(*answers)
        with pytest.raises(expected):
            await (await signing(telethon, person, clock)).by_code()
        assert person.told == [expected, expected]


@pytest.mark.parametrize(
    ("refusal", "expected"),
    [
        (errors.PhoneNumberBannedError(None), PhoneBanned),
        (errors.PhoneNumberUnoccupiedError(None), PhoneUnknown),
        (errors.ApiIdInvalidError(None), ApiKeysWrong),
        (errors.FloodWaitError(None, capture=321), SignInFlood),
        (errors.PhoneNumberFloodError(None), SignInFlood),
        (errors.RPCError(None, "SOMETHING_NEW", 400), SignInRefused),
        (ConnectionError("gone"), TelegramAway),
        (errors.SecurityError("bad"), TelegramAway),
        (errors.AuthKeyDuplicatedError(None), SessionEnded),
        (errors.AuthKeyNotFound(), SessionEnded),
    ],
)
async def test_what_no_second_try_helps_is_told_at_once(
    world: FakeWorld, telethon: Telethon, clock: ManualClock, refusal: Exception, expected: type[MeydanError]
) -> None:
    world.add_account(PHONE)
    sign_in = await signing(telethon, Script(), clock)
    world.order(refusal, on="sign_in")
    with pytest.raises(expected) as caught:
        await sign_in.by_code(PHONE)
    for language in LANGUAGES:
        shown = caught.value.detail(language)
        assert "555" not in shown
    if expected is SignInFlood:
        assert caught.value.data["bekle"] >= 321
    if expected is SignInRefused:
        assert caught.value.data["neden"] == "SOMETHING_NEW"


async def test_telegram_away_before_it_began(world: FakeWorld, telethon: Telethon, clock: ManualClock) -> None:
    world.order(TimeoutError(), on="connect")
    with pytest.raises(TelegramAway):
        await SignIn(telethon, Script(), clock=clock).already()


async def test_no_answer_is_told(world: FakeWorld, telethon: Telethon, clock: ManualClock) -> None:
    sign_in = await signing(telethon, Script(), clock)
    world.order(None, on="sign_in")
    asking = asyncio.create_task(sign_in.by_code(PHONE))
    await _rest()
    clock.advance(30)
    with pytest.raises(TelegramAway):
        await asking


async def test_as_a_bot(world: FakeWorld, telethon: Telethon, clock: ManualClock) -> None:
    world.add_bot(TOKEN, name="Deneme", username="deneme_bot")
    sign_in = await signing(telethon, Script(), clock)
    with pytest.raises(TokenWrong) as caught:
        await sign_in.as_bot("1:yanlis")
    assert "yanlis" not in str(caught.value)
    with pytest.raises(TokenWrong):
        await sign_in.as_bot("")
    assert (await sign_in.as_bot(TOKEN)).username == "deneme_bot"


async def test_by_qr(world: FakeWorld, telethon: Telethon, clock: ManualClock) -> None:
    account = world.add_account(PHONE)
    person = Script()
    running = asyncio.create_task((await signing(telethon, person, clock)).by_qr())
    world.scan(await person.shown.get(), account)
    assert (await running).id == account.id


async def test_a_qr_code_that_ends_is_replaced(world: FakeWorld, telethon: Telethon, clock: ManualClock) -> None:
    account = world.add_account(PHONE, password="p", hint="ip")
    person = Script("p")
    running = asyncio.create_task((await signing(telethon, person, clock)).by_qr())
    first = await person.shown.get()
    await _rest()
    clock.advance(30)
    second = await person.shown.get()
    assert first != second
    world.scan(second, account)
    assert (await running).id == account.id
    assert person.asked == ["password:ip"]


async def test_a_qr_code_that_nobody_scans(world: FakeWorld, telethon: Telethon, clock: ManualClock) -> None:
    person = Script()
    running = asyncio.create_task((await signing(telethon, person, clock)).by_qr())
    codes = []
    while not running.done():
        codes.append(await person.shown.get())
        await _rest()
        clock.advance(30)
        await _rest()
    with pytest.raises(QrNotScanned):
        await running
    assert len(codes) == 10


async def test_a_clock_that_is_wrong_hurries_nothing(world: FakeWorld, telethon: Telethon) -> None:
    """A machine whose clock is ahead takes every code for one that has ended."""
    account = world.add_account(PHONE)
    ahead = ManualClock()
    ahead.advance(3600)
    person = Script()
    running = asyncio.create_task((await signing(telethon, person, ahead)).by_qr())
    url = await person.shown.get()
    await _rest()
    assert person.shown.empty()
    world.scan(url, account)
    assert (await running).id == account.id


async def _rest() -> None:
    """Let what is under way come to its next rest."""
    for _ in range(20):
        await asyncio.sleep(0)
