"""Sends through the manager, and every way in which they end."""

import asyncio
import itertools
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from telethon import errors, types

from meydan.telegram.client.manager import TelegramClientManager
from meydan.telegram.client.results import MessageResult
from meydan.telegram.client.retry import RetryConfig
from tests.telegram.client.conftest import Desk, settle


def texts(desk: Desk) -> list[str]:
    return [message.message for message in desk.group.box.values()]


async def test_a_text_arrives_and_its_number_is_told(desk: Desk) -> None:
    manager = await desk.start()
    desk.world.write(desk.group, "önceki", sender=desk.other)
    for entity in ("@borsa", desk.group.chat_id, "https://t.me/borsa", types.PeerChannel(desk.group.id)):
        result = await desk.passing(manager.send_message(entity, "Günaydın"))
        assert result.success
        assert result.result is MessageResult.SUCCESS
        assert desk.group.box[result.message_id or 0].message == "Günaydın"
        assert (result.error, result.retry_after, result.flood_wait_time) == (None, None, None)
    assert (await manager.send_message("me", "not")).message_id == 1
    assert (await manager.send_message(desk.other.id, "selam")).success
    assert [message.message for message in desk.other.box.values()] == ["selam"]


async def test_formatting_is_read_and_links_and_silence_are_passed_on(desk: Desk) -> None:
    manager = await desk.start()
    when = timedelta(minutes=5)
    markup = f'<b>Altın</b> <a href="tg://user?id={desk.other.id}">Öteki</a> <a href="tg://user?id=5">kim</a>'
    result = await desk.passing(
        manager.send_message("borsa", markup, parse_mode="html", silent=True, link_preview=False, schedule=when)
    )
    assert result.success
    (request,) = desk.world.requests
    assert (request.message, request.silent, request.no_webpage) == ("Altın Öteki kim", True, True)
    assert request.schedule_date == desk.clock.now() + when
    bold, mention = request.entities
    assert (bold.offset, bold.length) == (0, 5)
    assert isinstance(mention, types.InputMessageEntityMentionName)
    assert mention.user_id.user_id == desk.other.id


async def test_a_moment_may_be_of_any_zone(desk: Desk) -> None:
    manager = await desk.start()
    moment = desk.clock.now() + timedelta(hours=2)
    istanbul, here = moment.astimezone(ZoneInfo("Europe/Istanbul")), moment.astimezone().replace(tzinfo=None)
    for schedule in (moment, istanbul, here):
        assert (await desk.passing(manager.send_message("borsa", "bir", schedule=schedule))).success
    assert [request.schedule_date for request in desk.world.requests] == [moment] * 3


@pytest.mark.parametrize(
    "schedule",
    [
        timedelta.max,
        datetime.max.replace(tzinfo=ZoneInfo("America/New_York")),
        datetime(3000, 1, 1, tzinfo=UTC),
        datetime(1960, 1, 1, tzinfo=UTC),
    ],
)
async def test_a_moment_that_telegram_cannot_write_is_refused(desk: Desk, schedule: Any) -> None:
    manager = await desk.start()
    ended = await manager.send_message("borsa", "bir", schedule=schedule)
    assert (ended.result, ended.code) == (MessageResult.FAILED, "SCHEDULE_DATE_INVALID")
    assert not desk.world.requests


@pytest.mark.parametrize(
    ("text", "options", "result", "code"),
    [
        ("x" * 4_097, {}, MessageResult.TOO_LONG, "MESSAGE_TOO_LONG"),
        ("😀" * 2_049, {}, MessageResult.TOO_LONG, "MESSAGE_TOO_LONG"),
        (" \n", {}, MessageResult.FAILED, "MESSAGE_EMPTY"),
        ("<b></b>", {"parse_mode": "html"}, MessageResult.FAILED, "MESSAGE_EMPTY"),
        ("x", {"parse_mode": "bbcode"}, MessageResult.FAILED, "PARSE_MODE_INVALID"),
        ("\ud83d", {}, MessageResult.FAILED, "MESSAGE_NOT_UNICODE"),
    ],
)
async def test_what_telegram_would_not_take_is_not_sent(
    desk: Desk, text: str, options: dict[str, Any], result: MessageResult, code: str
) -> None:
    manager = await desk.start()
    ended = await manager.send_message("borsa", text, **options)
    assert (ended.success, ended.result, ended.code) == (False, result, code)
    assert "send" not in desk.world.asked


async def test_the_limit_counts_what_is_shown(desk: Desk) -> None:
    manager = await desk.start()
    shown = "<b>" + "😀" * 2_048 + "</b>"
    assert (await manager.send_message("borsa", shown, parse_mode="html")).success


@pytest.mark.parametrize(
    ("error", "result"),
    [
        (errors.ChatWriteForbiddenError(None), MessageResult.FORBIDDEN),
        (errors.UserBannedInChannelError(None), MessageResult.FORBIDDEN),
        (errors.ChannelPrivateError(None), MessageResult.FORBIDDEN),
        (errors.PeerIdInvalidError(None), MessageResult.NOT_FOUND),
        (errors.MessageTooLongError(None), MessageResult.TOO_LONG),
        (errors.MessageEmptyError(None), MessageResult.FAILED),
        (RuntimeError("unheard of"), MessageResult.FAILED),
    ],
)
async def test_what_telegram_refuses_is_told_and_asked_once(
    desk: Desk, error: Exception, result: MessageResult
) -> None:
    manager = await desk.start()
    desk.world.order(error, on="send")
    ended = await manager.send_message("borsa", "bir")
    assert (ended.success, ended.result, ended.message_id, ended.retry_after) == (False, result, None, None)
    assert ended.error
    assert ended.code
    assert ended.code in ended.error
    assert desk.world.asked.count("send") == 1
    assert (await desk.passing(manager.send_message("borsa", "iki"))).success


@pytest.mark.parametrize("entity", ["kimse", 999, types.PeerUser(5)])
async def test_nobody_there_is_not_found(desk: Desk, entity: Any) -> None:
    manager = await desk.start()
    ended = await manager.send_message(entity, "bir")
    assert (ended.success, ended.result) == (False, MessageResult.NOT_FOUND)


async def test_errors_are_told_in_the_clients_language(desk: Desk) -> None:
    turkish, english = await desk.start("tr"), await desk.start("en", lang_code="en-GB")
    assert ((await turkish.send_message("kimse", "bir")).error or "").startswith("Alıcı bulunamadı")
    assert ((await english.send_message("kimse", "bir")).error or "").startswith("The recipient was not found")


class TestFlood:
    async def test_a_short_wait_is_waited_out(self, desk: Desk) -> None:
        manager = await desk.start()
        desk.world.order(errors.FloodWaitError(None, 20), on="send")
        started = desk.clock.monotonic()
        assert (await desk.passing(manager.send_message("borsa", "bir"))).success
        assert 20 <= desk.clock.monotonic() - started < 21
        assert manager.get_stats()["flood_waits"] == 1
        assert texts(desk) == ["bir"]

    async def test_a_long_wait_is_told_at_once_and_kept_from_telegram(self, desk: Desk) -> None:
        manager = await desk.start()
        desk.world.order(errors.FloodWaitError(None, 61), on="send")
        first = await manager.send_message("borsa", "bir")
        assert first.result is MessageResult.FLOOD_WAIT
        assert (first.retry_after, first.flood_wait_time) == (61, 61)
        desk.clock.advance(0.5)
        again = await manager.send_message("borsa", "iki")
        assert (again.result, again.retry_after) == (MessageResult.FLOOD_WAIT, 60.5)
        assert desk.world.asked.count("send") == 1
        assert (await manager.send_message(desk.other.id, "başka sohbet")).success
        desk.clock.advance(60.5)
        assert (await manager.send_message("borsa", "üç")).success

    async def test_slow_mode_holds_its_chat(self, desk: Desk) -> None:
        manager = await desk.start()
        desk.world.order(errors.SlowModeWaitError(None, 300), on="send", peer=desk.group.chat_id)
        ended = await manager.send_message("borsa", "bir")
        assert (ended.result, ended.code, ended.retry_after) == (MessageResult.FLOOD_WAIT, "SLOW_MODE_WAIT", 300)
        assert await manager.held("borsa") == 300
        assert (await manager.send_message(desk.other.id, "bir")).success

    async def test_when_a_second_chat_must_wait_all_do(self, desk: Desk) -> None:
        manager = await desk.start()
        desk.world.order(errors.FloodWaitError(None, 100), on="send", times=2)
        await manager.send_message("borsa", "bir")
        await manager.send_message(desk.other.id, "bir")
        third = await manager.send_message("me", "bir")
        assert (third.result, third.retry_after) == (MessageResult.FLOOD_WAIT, 100)

    async def test_without_retry_on_flood_nothing_is_waited_for(self, desk: Desk) -> None:
        manager = await desk.start()
        manager.retry_config = RetryConfig(retry_on_flood=False)
        desk.world.order(errors.FloodWaitError(None, 2), on="send")
        ended = await manager.send_message("borsa", "bir")
        assert (ended.result, ended.retry_after) == (MessageResult.FLOOD_WAIT, 2)
        assert (await manager.send_message("borsa", "iki")).retry_after == 2

    async def test_looking_somebody_up_may_have_to_wait_too(self, desk: Desk) -> None:
        manager = await desk.start()
        desk.world.order(errors.FloodWaitError(None, 5), on="resolve")
        assert (await desk.passing(manager.send_message("borsa", "bir"))).success
        desk.world.order(errors.FloodWaitError(None, 500), on="resolve")
        assert (await manager.send_message("borsa", "bir")).retry_after == 500


class TestAgain:
    async def test_a_server_in_trouble_is_asked_again_later_and_later(self, desk: Desk) -> None:
        manager = await desk.start()
        desk.world.order(errors.ServerError(None, "INTERNAL"), on="send", times=3)
        started = desk.clock.monotonic()
        assert (await desk.passing(manager.send_message("borsa", "bir"))).success
        assert 1 + 2 + 4 <= desk.clock.monotonic() - started < 8
        assert texts(desk) == ["bir"]

    async def test_it_is_given_up_after_the_last_try(self, desk: Desk) -> None:
        manager = await desk.start()
        manager.retry_config = RetryConfig(max_retries=2, jitter=False)
        desk.world.order(errors.ServerError(None, "INTERNAL"), on="send", times=3)
        ended = await desk.passing(manager.send_message("borsa", "bir"))
        assert (ended.result, ended.code, ended.retry_after) == (MessageResult.FAILED, "INTERNAL", 4)
        assert desk.world.asked.count("send") == 3

    @pytest.mark.parametrize(
        ("switch", "error"),
        [
            ("retry_on_server_error", errors.ServerError(None, "INTERNAL")),
            ("retry_on_network_error", ConnectionResetError()),
        ],
    )
    async def test_not_at_all_if_so_wished(self, desk: Desk, switch: str, error: Exception) -> None:
        manager = await desk.start()
        manager.retry_config = RetryConfig(**{switch: False})
        desk.world.order(error, on="send")
        assert (await manager.send_message("borsa", "bir")).result is MessageResult.FAILED
        assert desk.world.asked.count("send") == 1

    @pytest.mark.parametrize("error", [ConnectionResetError(), errors.ServerError(None, "INTERNAL"), None])
    async def test_an_answer_that_was_lost_does_not_send_twice(self, desk: Desk, error: Exception | None) -> None:
        manager = await desk.start()
        desk.world.order(error, on="send", after=True)
        ended = await desk.passing(manager.send_message("borsa", "bir"))
        assert ended.success
        assert texts(desk) == ["bir"]
        assert ended.message_id == 1
        assert desk.world.asked.count("send") == 2

    async def test_its_number_stays_unknown_when_nobody_may_look(self, desk: Desk) -> None:
        manager = await desk.start()
        desk.world.order(ConnectionResetError(), on="send", after=True)
        desk.world.order(errors.BotMethodInvalidError(None), on="history")
        ended = await desk.passing(manager.send_message("borsa", "bir"))
        assert (ended.success, ended.message_id) == (True, None)

    async def test_it_is_a_success_whatever_becomes_of_the_search_for_its_number(self, desk: Desk) -> None:
        manager = await desk.start()
        manager.retry_config = RetryConfig(max_retries=1, jitter=False)
        desk.world.order(ConnectionResetError(), on="send", after=True)
        desk.world.order(None, on="history", times=9)
        ended = await desk.passing(manager.send_message("borsa", "bir"))
        assert (ended.success, ended.message_id) == (True, None)
        assert texts(desk) == ["bir"]


class TestOrder:
    async def test_sends_to_a_chat_leave_in_their_order_and_a_second_apart(self, desk: Desk) -> None:
        manager = await desk.start()
        desk.world.order(errors.ServerError(None, "INTERNAL"), on="send")
        started = desk.clock.monotonic()
        sends = [manager.send_message(name, str(number)) for number, name in enumerate(["borsa", "@Borsa"] * 3)]
        assert all(result.success for result in await desk.passing(_all(sends)))
        assert texts(desk) == [str(number) for number in range(6)]
        times = [message.date for message in desk.group.box.values()]
        assert all(late - early >= timedelta(seconds=1) for early, late in itertools.pairwise(times))
        assert desk.clock.monotonic() - started < 8

    async def test_another_chat_does_not_wait(self, desk: Desk) -> None:
        manager = await desk.start()
        manager.rate_limit_delay = 50.0
        assert manager.rate_limit_delay == 50.0
        first, second = (asyncio.ensure_future(manager.send_message("borsa", text)) for text in ("bir", "iki"))
        assert (await manager.send_message(desk.other.id, "üç")).success
        assert (await first).success
        await settle()
        assert not second.done()
        assert (await desk.passing(second)).success

    async def test_a_cancelled_send_lets_the_next_one_pass(self, desk: Desk) -> None:
        manager = await desk.start()
        desk.world.order(None, on="send")
        stuck = asyncio.ensure_future(manager.send_message("borsa", "bir"))
        waiting = asyncio.ensure_future(manager.send_message("borsa", "iki"))
        await settle()
        stuck.cancel()
        assert (await desk.passing(waiting)).success
        with pytest.raises(asyncio.CancelledError):
            await stuck
        assert texts(desk) == ["iki"]


async def _all(sends: list[Any]) -> list[Any]:
    return list(await asyncio.gather(*sends))


async def test_a_client_that_is_not_connected_says_so(desk: Desk) -> None:
    manager: TelegramClientManager = desk.manager(desk.config())
    ended = await manager.send_message("borsa", "bir")
    assert (ended.result, ended.code, ended.retry_after) == (MessageResult.FAILED, "NOT_CONNECTED", None)
