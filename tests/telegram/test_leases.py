"""A process that stood still while its time on a bot ran out."""

import asyncio
from typing import TypeVar

from meydan.accounts.vault import Vault
from meydan.platform.bus import Bus
from meydan.platform.clock import SystemClock
from meydan.platform.db import Database, Work
from meydan.platform.ids import new_id
from meydan.telegram.events import SendKey
from meydan.telegram.fake.server import FakeTelegram
from meydan.telegram.models import Send, SendState
from meydan.telegram.outbox_repository import OutboxRepository, SendRow
from tests.telegram.conftest import ACTORS, KEPT, Fleet, until
from tests.telegram.world import a_person, texts

T = TypeVar("T")


class Hanging:
    """A database whose transactions wait while its gate is closed."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.gate = asyncio.Event()
        self.gate.set()
        self.waiting = 0

    async def read(self, work: Work[T]) -> T:
        await self._pass()
        return await self.db.read(work)

    async def write(self, work: Work[T]) -> T:
        await self._pass()
        return await self.db.write(work)

    async def close(self) -> None:
        await self.db.close()

    async def _pass(self) -> None:
        self.waiting += 1
        await self.gate.wait()
        self.waiting -= 1


async def test_what_was_claimed_too_late_does_not_leave(
    db: Database, bus: Bus, vault: Vault, fake: FakeTelegram
) -> None:
    clock, leases, ledger = SystemClock(), Hanging(db), Hanging(db)
    fleet = Fleet(db=leases, ledger=ledger, bus=bus, vault=vault, fake=fake, worker="w0", limits=KEPT, lease=0.6)
    fleet.start()
    fleet.run_bots()
    try:
        bot = (await fleet.bots.add(ACTORS["owner"], fake.make_bot(name="Bir", username="deneme_bot"))).id
        await until(lambda: bot in fleet.runner.bots)
        chat = a_person(fake)
        row = SendRow(
            new_id(clock), bot, chat, False, False, "sendMessage", {"text": "geç"}, "geç", None, None, 1, 1,
            SendState.QUEUED, None, "sahip", clock.now(), None, None, 0,
        )  # fmt: skip

        async def stands(state: SendState, attempts: int) -> bool:
            found = await db.read(lambda session: session.get_one(Send, row.id))
            return found.state == state and found.attempts >= attempts

        ledger.gate.clear()
        await db.write(lambda session: OutboxRepository(session).insert([row]))
        fleet.runner.offer((SendKey(row.id, bot, chat, False, False, 1, 1),))
        await until(lambda: ledger.waiting)
        leases.gate.clear()
        await until(lambda: not fleet.runner._ours())
        ledger.gate.set()
        await until(lambda: stands(SendState.QUEUED, 1))
        assert texts(fake, chat) == []
        leases.gate.set()
        await until(lambda: stands(SendState.SENT, 2))
        assert texts(fake, chat) == ["geç"]
    finally:
        leases.gate.set()
        ledger.gate.set()
        await fleet.stop()
