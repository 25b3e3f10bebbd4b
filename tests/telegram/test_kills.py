"""Thousands of sends while the worker is killed again and again and lines break: every row tells the truth."""

import asyncio
import itertools
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from meydan.accounts.vault import Vault
from meydan.platform.bus import MemoryBus
from meydan.platform.clock import SystemClock
from meydan.platform.db import Database
from meydan.platform.ids import new_id
from meydan.platform.live_settings import StoredSettings
from meydan.platform.settings import Settings
from meydan.telegram.api import HttpBotApi
from meydan.telegram.bots import BotService
from meydan.telegram.fake.failures import Failure, Rule
from meydan.telegram.fake.limits import FakeLimits
from meydan.telegram.fake.server import FakeTelegram
from meydan.telegram.fake.tokens import is_fake_token
from meydan.telegram.models import Send, SendState
from meydan.telegram.outbox_repository import OutboxRepository, SendRow
from tests import soak
from tests.processes import WarmProgram
from tests.telegram.conftest import ACTORS
from tests.telegram.worker_process import run_bots
from tests.telegram.world import a_person

BOTS, CHATS = 4, 10
FREE = {"chat_count": 100, "chat_seconds": 0.01, "bot_per_second": 10_000}

pytestmark = [pytest.mark.crash, pytest.mark.soak, pytest.mark.timeout(soak.size(slice=240, whole=2400))]


async def test_every_send_is_accounted_for(
    db: Database, database_url: str, tmp_path: Path, settings: Settings, record_property: Callable[[str, object], None]
) -> None:
    sends, kills_wanted = soak.size(slice=1_200, whole=20_000), soak.size(slice=3, whole=100)
    fake = FakeTelegram(limits=FakeLimits(enforced=False))
    await fake.start()
    vault = Vault.from_settings(settings)
    api = HttpBotApi(api_url=fake.url, trial_url=fake.url)
    service = BotService(
        db=db, bus=MemoryBus(), clock=SystemClock(), vault=vault, api=api, public_url="", is_trial=is_fake_token
    )
    bots = []
    for number in range(BOTS):
        view = await service.add(ACTORS["owner"], fake.make_bot(name=f"B{number}", username=f"dayanikli{number}_bot"))
        bots.append((view.id, [a_person(fake, f"dayanikli{number}_bot") for _ in range(CHATS)]))
    await db.write(lambda session: _fill(session, bots, sends))
    for kind in (Failure.DROP_AFTER, Failure.DROP_BEFORE, Failure.ERROR_500):
        fake.fail(Rule(kind, probability=0.004, method="sendMessage"))
    env = {
        **os.environ,
        "MEYDAN_DATA_DIR": str(settings.data_dir),
        "DATABASE_URL": database_url,
        "TELEGRAM_API_URL": fake.url,
    }
    worker = WarmProgram(run_bots, ["telegram-worker"], tmp_path, env={**env, "REDIS_URL": "", "LOG_LEVEL": "error"})
    dice = soak.chance("kills")
    kills = 0
    try:
        worker.start()
        while left := await db.read(_left):
            assert worker.running, worker.output()
            await asyncio.sleep(dice.uniform(0.2, 0.5))
            done = sends - left
            if kills < kills_wanted and done > kills * sends // (kills_wanted + 2):
                worker.stop()
                kills += 1
                worker.start()
    finally:
        worker.stop()
    try:
        counted = await _judge(db, fake, sends=sends, again=False)
        record_property("counts", f"sends {sends:,}, kills {kills}, {counted}")
        assert kills == kills_wanted
        fake.office.failures.clear()
        repeated = await db.write(_send_the_uncertain_again)
        worker.start()
        while await db.read(_left):
            assert worker.running, worker.output()
            await asyncio.sleep(0.1)
        await _judge(db, fake, sends=sends, again=True, repeated=repeated)
    finally:
        worker.stop()
        await api.close()
        await fake.stop()


async def _judge(
    db: Database, fake: FakeTelegram, *, sends: int, again: bool, repeated: frozenset[str] = frozenset()
) -> str:
    """Compare every row with what the fake Telegram has seen."""
    rows = await db.read(lambda session: {row.preview: SendState(row.state) for row in session.scalars(select(Send))})
    seen = Counter(
        message.text
        for room in fake.office.world.rooms.values()
        for message in room.messages.values()
        if message.from_ is not None and message.from_.is_bot and message.text
    )
    assert len(rows) == sends
    for text, state in rows.items():
        assert state in {SendState.SENT, SendState.FAILED, SendState.MAYBE_SENT}
        if state is SendState.SENT:
            assert seen[text] == 1 or (text in repeated and seen[text] == 2)
        elif state is SendState.FAILED:
            assert seen[text] == 0
        else:
            assert not again
            assert seen[text] <= 1
    assert all(count == 1 or text in repeated for text, count in seen.items())
    _in_order(fake, repeated)
    maybe = [text for text, state in rows.items() if state is SendState.MAYBE_SENT]
    arrived, twice = sum(seen[text] for text in maybe), sum(count > 1 for count in seen.values())
    sent = sum(state is SendState.SENT for state in rows.values())
    return f"sent {sent:,}, uncertain {len(maybe)} (of them at Telegram {arrived}), twice {twice}"


def _in_order(fake: FakeTelegram, repeated: frozenset[str]) -> None:
    for room in fake.office.world.rooms.values():
        numbers = [
            int(message.text.rpartition(" ")[2])
            for message in room.messages.values()
            if message.from_ is not None and message.from_.is_bot and message.text and message.text not in repeated
        ]
        assert all(earlier < later for earlier, later in itertools.pairwise(numbers))


def _fill(session: Session, bots: list[tuple[str, list[int]]], sends: int) -> None:
    clock = SystemClock()
    session.add(StoredSettings(section="telegram", values=FREE, changed_at=clock.now(), changed_by="test"))
    first = int(new_id(clock), 16)
    rows = []
    for number in range(sends):
        bot, chats = bots[number % BOTS]
        text = f"ileti {number}"
        rows.append(
            SendRow(
                f"{first + number:032x}",
                bot,
                chats[number // BOTS % CHATS],
                False,
                False,
                "sendMessage",
                {"text": text},
                text,
                None,
                None,
                1,
                1,
                SendState.QUEUED,
                None,
                "sahip",
                clock.now(),
                None,
                None,
                0,
            )
        )
    OutboxRepository(session).insert(rows)


def _left(session: Session) -> int:
    waiting = (SendState.QUEUED, SendState.SENDING)
    return session.scalar(select(func.count()).select_from(Send).where(Send.state.in_(waiting))) or 0


def _send_the_uncertain_again(session: Session) -> frozenset[str]:
    uncertain = frozenset(session.scalars(select(Send.preview).where(Send.state == SendState.MAYBE_SENT)))
    session.execute(update(Send).where(Send.state == SendState.MAYBE_SENT).values(state=SendState.QUEUED, owner=None))
    return uncertain
