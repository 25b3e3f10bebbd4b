"""Whatever goes wrong, each message arrives once and in its chat's order, or is told not to have been sent."""

import asyncio
import tempfile
from collections import defaultdict
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from telethon import errors

from meydan.platform.clock import ManualClock
from meydan.telegram.client.retry import RetryConfig
from tests.telegram.client.conftest import Desk

TROUBLES = {
    "server": (errors.ServerError(None, "INTERNAL"), "send", False),
    "flood": (errors.FloodWaitError(None, 3), "send", False),
    "long flood": (errors.FloodWaitError(None, 90), "send", False),
    "slow mode": (errors.SlowModeWaitError(None, 5), "send", False),
    "forbidden": (errors.ChatWriteForbiddenError(None), "send", False),
    "lost before": (ConnectionResetError(), "send", False),
    "lost after": (ConnectionResetError(), "send", True),
    "silence before": (None, "send", False),
    "silence after": (None, "send", True),
    "unknown": (errors.ServerError(None, "INTERNAL"), "resolve", False),
    "unreachable": (ConnectionRefusedError(), "connect", False),
}
Sends = st.lists(st.sampled_from(["borsa", "@pazar", "BORSA"]), min_size=1, max_size=8)


@given(chats=Sends, troubles=st.lists(st.sampled_from([*TROUBLES, "drop"]), max_size=8), patience=st.integers(0, 3))
@settings(deadline=None, max_examples=40)
async def test_a_message_arrives_once_and_in_order_or_is_told_to_have_failed(
    chats: list[str], troubles: list[str], patience: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk(Path(folder), ManualClock())
        market = desk.world.add_group("Pazar", username="pazar")
        manager = await desk.start(timeout=10)
        manager.retry_config = RetryConfig(max_retries=patience, jitter=False)
        for trouble in troubles:
            if trouble in TROUBLES:
                error, place, after = TROUBLES[trouble]
                desk.world.order(error, on=place, after=after)
        sends = [asyncio.ensure_future(manager.send_message(chat, str(number))) for number, chat in enumerate(chats)]
        if "drop" in troubles:
            desk.world.drop(ConnectionResetError())
        results = await desk.passing(asyncio.gather(*sends))
        arrived = [*(one.message for one in desk.group.box.values()), *(one.message for one in market.box.values())]
        expected: defaultdict[str, list[str]] = defaultdict(list)
        for number, (chat, result) in enumerate(zip(chats, results, strict=True)):
            if result.success:
                expected[chat.strip("@").lower()].append(str(number))
            assert result.success or (result.error and result.code)
        assert len(arrived) == len(set(arrived))
        for name, group in (("borsa", desk.group), ("pazar", market)):
            seen = [one.message for one in group.box.values()]
            assert [text for text in seen if text in expected[name]] == expected[name]
            assert seen == sorted(seen, key=int)
        if patience == 3 and not {"forbidden", "long flood", "slow mode"} & set(troubles) and len(troubles) <= 3:
            assert all(result.success for result in results)
        await desk.passing(manager.disconnect())
