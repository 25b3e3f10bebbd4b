"""The journal while the database refuses, is away, or is never idle."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy.orm import Session

from meydan.accounts.vault import Vault
from meydan.platform.clock import Clock, ManualClock
from meydan.platform.db import Database, T, Work
from meydan.platform.errors import Unavailable
from meydan.platform.ids import new_id
from meydan.telegram.journal import Journal
from meydan.telegram.models import Bot, BotMode, Send, SendState
from meydan.telegram.outbox_repository import OutboxRepository, Result, SendRow
from tests.telegram.conftest import until


class Away:
    """A database that is away."""

    async def read(self, work: Work[T]) -> T:
        raise Unavailable

    async def write(self, work: Work[T]) -> T:
        raise Unavailable

    async def close(self) -> None:
        pass


@asynccontextmanager
async def writing(db: Database, clock: Clock) -> AsyncIterator[Journal]:
    journal = Journal(db, clock, worker="w")
    task = asyncio.create_task(journal.run())
    yield journal
    await journal.drain()
    task.cancel()
    await asyncio.wait([task])


def a_row(clock: Clock, state: SendState = SendState.QUEUED) -> SendRow:
    return SendRow(
        new_id(clock), "b", 5, False, False, "sendMessage", {"text": "x"}, "x", None, None, 1, 1, state, None, "sahip",
        clock.now(), None, None, 0,
    )  # fmt: skip


@pytest.fixture
async def rows(db: Database, clock: ManualClock, vault: Vault) -> list[str]:
    """Give the ids of two queued sends."""
    made = [a_row(clock) for _ in range(2)]

    def save(session: Session) -> None:
        session.add(
            Bot(
                id="b", telegram_id=1, username="x_bot", name="X", token=vault.encrypt("t"), trial=True,
                mode=BotMode.POLLING, webhook_secret=vault.encrypt("s"), enabled=True, reads_all=False,
                verified_at=clock.now(), created_by="sahip", created_at=clock.now(),
            )
        )  # fmt: skip
        session.flush()
        OutboxRepository(session).insert(made)

    await db.write(save)
    return [row.id for row in made]


@pytest.mark.parametrize("words", ["sıfır \x00 baytı", "yarım \ud800 harf"])
async def test_how_a_send_ended_is_not_lost_with_what_was_said_of_it(
    db: Database, clock: ManualClock, rows: list[str], words: str
) -> None:
    async with writing(db, clock) as journal:
        for row in rows:
            assert await journal.claim(row) is not None
        journal.finish(Result(rows[0], SendState.SENT, clock.now(), 10**30))
        journal.finish(Result(rows[1], SendState.FAILED, clock.now(), error=words))
        await journal.settled()
    states = await db.read(lambda session: [session.get_one(Send, row).state for row in rows])
    assert states == [SendState.SENT, SendState.FAILED]


async def test_what_ended_is_settled_though_others_go_on_writing(
    db: Database, clock: ManualClock, rows: list[str]
) -> None:
    busy = True
    async with writing(db, clock) as journal:

        async def go_on(name: str) -> None:
            while busy:
                await journal.claim(name)

        others = [asyncio.create_task(go_on(name)) for name in ("x", "y")]
        await journal.claim(rows[0])
        journal.finish(Result(rows[0], SendState.SENT, clock.now(), 1))
        settling = asyncio.create_task(journal.settled())
        while not settling.done():
            clock.advance(1)
            await asyncio.sleep(0)
        busy = False
        while not all(task.done() for task in others):
            clock.advance(1)
            await asyncio.sleep(0)


async def test_an_order_is_refused_after_a_while_and_a_claim_waits_on(clock: ManualClock) -> None:
    journal = Journal(Away(), clock, worker="w")
    task = asyncio.create_task(journal.run())
    orders = [asyncio.create_task(journal.insert([a_row(clock)])) for _ in range(2)]
    claim = asyncio.create_task(journal.claim("0" * 32))

    def refused() -> bool:
        clock.advance(1)
        return all(order.done() for order in orders)

    await until(refused)
    late = asyncio.create_task(journal.insert([a_row(clock)]))
    orders.append(late)
    await until(refused)
    for order in orders:
        with pytest.raises(Unavailable):
            order.result()
    assert not claim.done()
    for one in (task, claim):
        one.cancel()
    await asyncio.wait([task, claim])
