"""Requests to the Bot API: who waits for whom, and for how long."""

import asyncio
from typing import Any

import pytest

from meydan.telegram.api import HttpBotApi, Unanswered, Unmade, Upload
from meydan.telegram.fake.failures import Failure, Rule
from meydan.telegram.fake.server import FakeTelegram
from tests.telegram.conftest import until
from tests.telegram.world import a_person


async def test_long_polls_leave_the_connections_to_those_who_send(fake: FakeTelegram) -> None:
    token = fake.make_bot(name="Bir", username="bir_bot")
    api = HttpBotApi(api_url=fake.url, trial_url=fake.url, connections=1)
    (number,) = [number for number, bot in fake.office.world.bots.items() if bot.token == token]
    try:
        poll = asyncio.create_task(api.call(token, "getUpdates", {"timeout": 30}, trial=True, seconds=60))
        await until(lambda: fake.office.mailbox(number).polling)
        assert (await api.call(token, "getMe", {}, trial=True, seconds=20))["username"] == "bir_bot"
        poll.cancel()
        await asyncio.wait([poll])
    finally:
        await api.close()


async def test_a_file_may_take_longer_than_words(fake: FakeTelegram) -> None:
    token = fake.make_bot(name="Bir", username="deneme_bot")
    chat = a_person(fake)
    api = HttpBotApi(api_url=fake.url, trial_url=fake.url)
    file = Upload("file", "a.txt", "text/plain", b"x" * 1_000_000)
    document = {"chat_id": chat, "document": "attach://file"}
    try:
        for method, params, upload in (("sendDocument", document, file), ("getMe", {}, None)):
            fake.fail(Rule(Failure.SLOW, count=1, seconds=1.0))
            asking = api.call(token, method, params, trial=True, upload=upload, seconds=0.2)
            if upload is None:
                with pytest.raises(Unanswered):
                    await asking
            else:
                assert (await asking)["document"]["file_name"] == "a.txt"
    finally:
        await api.close()


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        *(
            (name, name)
            for name in ("ışık.pdf", "测试.txt", "The Royal’s ' Wife.epub", "a%20b.txt", 'iki "tırnak".txt')
        ),
        ("a\r\nX-Evil: 1\r\n\r\nb.txt", "a__X-Evil: 1____b.txt"),
        ("\x01\x7f\ud800.txt", "___.txt"),
    ],
)
async def test_a_file_keeps_its_name_unless_no_header_can_hold_it(fake: FakeTelegram, name: str, shown: str) -> None:
    token = fake.make_bot(name="Bir", username="deneme_bot")
    api = HttpBotApi(api_url=fake.url, trial_url=fake.url)
    upload = Upload("file", name, "text/plain", b"x")
    document = {"chat_id": a_person(fake), "document": "attach://file"}
    try:
        sent = await api.call(token, "sendDocument", document, trial=True, upload=upload)
    finally:
        await api.close()
    assert sent["document"]["file_name"] == shown


@pytest.mark.parametrize("upload", [None, Upload("file", "a.txt", "text/plain", b"a")])
@pytest.mark.parametrize("odd", [{"text": "\ud800"}, {"reply_markup": {"a": object()}}])
async def test_what_no_request_can_be_made_of_never_leaves(
    fake: FakeTelegram, odd: dict[str, Any], upload: Upload | None
) -> None:
    token = fake.make_bot(name="Bir", username="bir_bot")
    api = HttpBotApi(api_url=fake.url, trial_url=fake.url)
    try:
        with pytest.raises(Unmade):
            await api.call(token, "sendDocument", {"chat_id": 5, **odd}, trial=True, upload=upload)
        assert (await api.call(token, "getMe", {}, trial=True))["username"] == "bir_bot"
    finally:
        await api.close()
