"""Runs the bots that this process has: which they are, their pollers and senders, and what befalls them.

Every process that runs bots says every few seconds that it is alive and keeps a lease on its bots; bots without one are
shared out evenly. A bot that comes from a process that died brings along sends of which nobody knows how they ended.
"""

import asyncio
import contextlib
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from functools import partial
from typing import Any, Final

import msgspec
import structlog
from sqlalchemy import delete
from sqlalchemy.orm import Session

from meydan.accounts.errors import BadVaultToken
from meydan.accounts.vault import Vault
from meydan.platform.bus import Bus
from meydan.platform.clock import Clock
from meydan.platform.db import Database, rows_changed
from meydan.platform.errors import Unavailable
from meydan.platform.live_settings import LiveSettings
from meydan.telegram.api import BotApi, TelegramFault
from meydan.telegram.bot_records import BotRecords
from meydan.telegram.events import BOTS_CHANNEL, OUTBOX_CHANNEL, BotsChanged, Queued, SendKey
from meydan.telegram.happenings import Happenings, Identity, SenderStats
from meydan.telegram.journal import Journal
from meydan.telegram.leases import BotLeases
from meydan.telegram.limiter import REMEMBER, SECOND, Limiter, Spent
from meydan.telegram.limits import Ask
from meydan.telegram.models import Bot, BotMode, Worker
from meydan.telegram.outbox_repository import OutboxRepository
from meydan.telegram.revocation import is_revoked
from meydan.telegram.sender import BotSender
from meydan.telegram.settings import TelegramSettings
from meydan.telegram.troubles import Trouble
from meydan.telegram.updates import Intake, Poller, moved_chat
from meydan.telegram.upkeep import Turn, Upkeep
from meydan.telegram.webhook import keep_webhook

log = structlog.get_logger(__name__)

_PAGE: Final = 5_000
_LOOK_BACK: Final = 60.0  # seconds; a send may be committed later than its id says
_EXPIRE_EVERY: Final = 5
_LOOK_EVERY: Final = 90
_REMEMBERED: Final = timedelta(seconds=REMEMBER / SECOND)
_UPLOADS_KEPT: Final = timedelta(days=1)
_TRIM_EVERY: Final = 720


class Source(Enum):
    """What may fail for a bot, each by itself."""

    UPDATES = auto()
    SENDS = auto()


@dataclass
class Running:
    """One bot of this process. `errors` is what its stored error may be from."""

    sender: BotSender
    tasks: list[asyncio.Task[None]]
    mode: BotMode
    errors: set[Source]


class FleetRunner:
    """Polls and sends for its share of the bots. `lease` is how many seconds a bot waits for a process that is gone."""

    name = "telegram-fleet"
    vital = False

    def __init__(
        self,
        *,
        db: Database,
        bus: Bus,
        clock: Clock,
        live: LiveSettings,
        vault: Vault,
        api: BotApi,
        journal: Journal,
        limiter: Limiter,
        intake: Intake,
        public_url: str = "",
        lease: float = 10.0,
    ) -> None:
        self.stats = SenderStats()
        self.bots: dict[str, Running] = {}
        self.intake = intake
        self._db = db
        self._bus = bus
        self._clock = clock
        self._live = live
        self._vault = vault
        self._api = api
        self._journal = journal
        self._limiter = limiter
        self._public_url = public_url
        self._lease = lease
        self._records = BotRecords(db, bus, clock)
        self._wake = asyncio.Event()
        self._stopping = False
        self._listening = False
        self._held_at = clock.monotonic()
        self._ending: set[str] = set()
        self._short: set[str] = set()
        self._recalled: dict[str, datetime] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def worker(self) -> str:
        """The name under which this process claims bots and sends."""
        return self._journal.worker

    def waiting(self) -> int:
        """Return how many sends wait for the bots of this process."""
        return sum(len(running.sender.queue) for running in self.bots.values())

    def oldest(self) -> float:
        """Return for how many seconds the send has waited that has waited longest."""
        made = [oldest for running in self.bots.values() if (oldest := running.sender.oldest()) is not None]
        return max(0.0, self._clock.now().timestamp() - min(made)) if made else 0.0

    async def run(self) -> None:
        """Look after the bots until drained."""
        if not self._listening:  # after a failure it is called again
            await self._bus.subscribe(OUTBOX_CHANNEL, self._queued, resync=self._wake.set)
            await self._bus.subscribe(BOTS_CHANNEL, self._bots_changed, resync=self._wake.set)
            self._listening = True
        turn = 0
        while not self._stopping:
            self._wake.clear()
            try:
                await self._tick(turn)
            except Unavailable:
                log.warning("telegram.database_away")
                self._let_go_if_late()
            turn += 1
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), self._lease / 3)
        for bot_id in tuple(self.bots):
            self._stop(bot_id)
        while self._tasks:
            await asyncio.wait(tuple(self._tasks))
        with contextlib.suppress(Unavailable):
            await self._db.write(lambda session: rows_changed(session, delete(Worker).where(Worker.id == self.worker)))

    async def drain(self) -> None:
        """Begin no new send, finish those in flight, and leave the bots to others."""
        self._stopping = True
        self._wake.set()

    # -- whose bot -------------------------------------------------------------------------------------------------

    async def _tick(self, turn: int) -> None:
        began, now = self._clock.monotonic(), self._clock.now()
        until = now + timedelta(seconds=self._lease)
        held = await self._db.write(
            lambda session: BotLeases(session, worker=self.worker, now=now).share(until=until, running=self.bots)
        )
        self._held_at = began
        for bot_id in tuple(self.bots):
            if bot_id not in held:
                self._stop(bot_id)
        if fresh := [bot_id for bot_id in held if bot_id not in self.bots]:
            await self._give_up(fresh)
            await self._recall(fresh)
        for bot_id, bot in held.items():
            await self._keep(bot_id, bot)
        await self._give_up(tuple(self.bots))  # a claim of a process that died may be committed after its death
        await self._look_for_more(every=turn % _LOOK_EVERY == _LOOK_EVERY - 1)
        if turn % _EXPIRE_EVERY == 0:
            self.stats.expired += await self._db.write(lambda session: OutboxRepository(session).expire(now))
        if turn % _TRIM_EVERY == _TRIM_EVERY - 1:
            await self._trim(now)

    async def _trim(self, now: datetime) -> None:
        """Delete what is older than the settings keep it."""
        kept = self._live.current(TelegramSettings)
        await self.intake.trim(days=kept.update_days)
        before = now - timedelta(days=kept.outbox_days)
        await self._db.write(lambda session: OutboxRepository(session).trim(before))
        await self._db.write(lambda session: OutboxRepository(session).trim_media(now - _UPLOADS_KEPT))
        await self._db.write(lambda session: OutboxRepository(session).trim_penalties(now))

    def _ours(self) -> bool:
        """Tell whether no other process can have this one's bots yet, whatever kept it from saying that it is alive."""
        return self._clock.monotonic() - self._held_at <= self._lease * 0.8

    def _let_go_if_late(self) -> None:
        """Stop everything when the lease may have run out unnoticed: another process may have the bots."""
        if self.bots and not self._ours():
            for bot_id in tuple(self.bots):
                self._stop(bot_id)

    async def _keep(self, bot_id: str, bot: Bot) -> None:
        """Start a bot that is new here, or changed; offer one that runs what it may have missed."""
        running = self.bots.get(bot_id)
        try:
            token = self._vault.decrypt(bot.token)
        except BadVaultToken:
            self._spawn(self._records.note(bot_id, Trouble.TOKEN_SEALED, self._clock.now()))
            return
        if running is not None and (
            running.sender.bot.token != token or running.mode != bot.mode or any(task.done() for task in running.tasks)
        ):
            self._stop(bot_id)
        if bot_id in self._ending:
            return  # it starts once what is in flight has ended
        if running is None:
            identity = Identity(bot_id, token, bot.trial)
            await self._limiter.restore(await self._records.penalties(bot_id))
            self._start(identity, bot)
            await self._offer_all(bot_id, after="")
        else:
            since = int((self._clock.now().timestamp() - _LOOK_BACK) * 1000)
            await self._offer_all(bot_id, after=f"{since:012x}")

    async def _give_up(self, bot_ids: Sequence[str]) -> None:
        """Call the sends uncertain that processes which no longer have these bots had under way."""
        now = self._clock.now()
        given_up = await self._db.write(
            lambda session: OutboxRepository(session).give_up(bot_ids, worker=self.worker, now=now)
        )
        if given_up:
            self.stats.maybe += given_up
            log.warning("telegram.sends_uncertain", bots=len(bot_ids), sends=given_up)

    async def _recall(self, bot_ids: Sequence[str]) -> None:
        """Let the limiter count what other processes sent a moment ago for bots that are new here, once each."""
        now = self._clock.now()
        since = now - _REMEMBERED
        rows = await self._db.read(
            lambda session: OutboxRepository(session).left(bot_ids, since=since, besides=self.worker)
        )
        await self._limiter.recall(
            [
                Spent(Ask(row.bot_id, row.chat_id, row.is_group, row.cost, row.shared), (now - row.at).total_seconds())
                for row in rows
                if row.at > self._recalled.get(row.bot_id, since)
            ]
        )
        self._recalled.update(dict.fromkeys(bot_ids, now))

    def _start(self, identity: Identity, bot: Bot) -> None:
        happenings = Happenings(
            revoked=lambda reason: self._spawn(self._revoked(identity.id, bot.token, reason)),
            moved=lambda old, new: self._spawn(self._moved(identity.id, old, new)),
            forbidden=lambda chat_id, reason: self._spawn(self._forbidden(identity.id, chat_id, reason)),
            failed=lambda reason: self._note(identity.id, Source.SENDS, reason),
            succeeded=lambda: self._fine(identity.id, Source.SENDS),
            punished=lambda penalties: self._spawn(self._records.keep_penalties(penalties)),
        )
        sender = BotSender(
            identity,
            api=self._api,
            journal=self._journal,
            limiter=self._limiter,
            clock=self._clock,
            stats=self.stats,
            happenings=happenings,
            ours=self._ours,
        )
        running = Running(sender, [], bot.mode, set(Source) if bot.last_error is not None else set())
        running.tasks.append(asyncio.create_task(sender.run(), name=f"telegram-sender:{bot.username}"))
        turn: Turn
        if bot.mode == BotMode.POLLING:
            turn = Poller(identity, api=self._api, intake=self.intake).turn
        else:
            secret = self._vault.decrypt(bot.webhook_secret)
            turn = partial(keep_webhook, self._api, identity, public_url=self._public_url, secret=secret)
        upkeep = Upkeep(
            self._clock,
            lambda fault: self._troubled(identity.id, fault),
            happenings.revoked,
            partial(is_revoked, self._api, identity),
        )
        running.tasks.append(asyncio.create_task(upkeep.run(turn), name=f"telegram-intake:{bot.username}"))
        self.bots[identity.id] = running
        log.info("telegram.bot_started", bot=identity.id, username=bot.username)

    def _stop(self, bot_id: str) -> None:
        """Let a bot finish what is in flight, behind the other bots' backs, and leave it to whoever wants it then."""
        running = self.bots.pop(bot_id)
        self._ending.add(bot_id)
        self._spawn(self._end(bot_id, running))

    async def _end(self, bot_id: str, running: Running) -> None:
        running.sender.drain()
        for task in running.tasks[1:]:
            task.cancel()
        await asyncio.wait(running.tasks)
        for task in running.tasks:
            if not task.cancelled() and (error := task.exception()) is not None:
                log.error("telegram.bot_broke", bot=bot_id, exc_info=error)
        await self._journal.settled()
        now = self._clock.now()
        with contextlib.suppress(Unavailable):
            await self._db.write(lambda session: BotLeases(session, worker=self.worker, now=now).release(bot_id))
        if left := running.sender.left:
            await self._bus.publish(OUTBOX_CHANNEL, msgspec.json.encode(Queued(keys=left)))
        self._ending.discard(bot_id)
        self._wake.set()

    # -- its sends -------------------------------------------------------------------------------------------------

    async def _offer_all(self, bot_id: str, *, after: str) -> None:
        """Offer a sender every queued send after an id; it passes over those that it has."""
        while (running := self.bots.get(bot_id)) is not None:
            position = after
            keys = await self._db.read(
                lambda session, position=position: OutboxRepository(session).queued(  # type: ignore[misc]
                    bot_id, after=position, limit=_PAGE
                )
            )
            running.sender.offer(keys)
            if len(keys) < _PAGE:
                return
            after = keys[-1].id

    async def _look_for_more(self, *, every: bool) -> None:
        """Offer what a sender has not heard of: put back long after it was made, or told of while nobody listened.

        All of a long queue is looked through only when a sender knows of too few twice running: once may be what came
        or ended while they were counted.
        """
        if not self.bots:
            return
        before = {bot_id: running.sender.known() for bot_id, running in self.bots.items()}
        counts = await self._db.read(lambda session: OutboxRepository(session).queued_counts(tuple(before)))
        short = {
            bot_id
            for bot_id, count in counts.items()
            if bot_id in self.bots and count > max(before[bot_id], self.bots[bot_id].sender.known())
        }
        for bot_id in counts if every else short & self._short:
            await self._offer_all(bot_id, after="")
        self._short = short

    def offer(self, keys: tuple[SendKey, ...]) -> None:
        """Hand over sends that were just committed by this process."""
        for key in keys:
            running = self.bots.get(key.bot_id)
            if running is not None:
                running.sender.offer([key])

    def _queued(self, message: bytes) -> None:
        word = msgspec.json.decode(message, type=Queued)
        self.offer(word.keys)
        for send_id in word.gone:
            for running in self.bots.values():
                running.sender.withdraw(send_id)

    def _bots_changed(self, message: bytes) -> None:
        word = msgspec.json.decode(message, type=BotsChanged)
        if word.lifted is not None and word.bot_id in self.bots:
            self._spawn(self._lifted(word.bot_id, word.lifted))
        self._wake.set()

    # -- what befalls a bot ----------------------------------------------------------------------------------------

    async def _revoked(self, bot_id: str, sealed: str, reason: str) -> None:
        """Switch a bot off whose token is no longer good."""
        await self._records.switch_off(bot_id, sealed, reason)
        self._wake.set()

    async def _lifted(self, bot_id: str, chat_id: int) -> None:
        """Let a bot try again at once; a limiter in memory is this process's own."""
        with contextlib.suppress(Unavailable):
            await self._limiter.lift(bot_id, chat_id)
        if (running := self.bots.get(bot_id)) is not None:
            running.sender.hurry(chat_id)

    async def _moved(self, bot_id: str, old: int, new: int) -> None:
        """Follow a group that became a supergroup."""
        await self._journal.settled()

        def move(session: Session) -> None:
            OutboxRepository(session).move_chat(bot_id, old=old, new=new)
            moved_chat(session, bot_id, old=old, new=new, now=self._clock.now())

        await self._db.write(move)
        running = self.bots.get(bot_id)
        if running is not None:
            running.sender.forget_lane(old)
            await self._offer_all(bot_id, after="")
        await self._bus.publish(BOTS_CHANNEL, msgspec.json.encode(BotsChanged(bot_id)))

    async def _forbidden(self, bot_id: str, chat_id: int, reason: str) -> None:
        """Keep that a bot may not write in a chat."""
        self._note(bot_id, Source.SENDS, reason)
        await self._records.forbid(bot_id, chat_id, reason)

    def _troubled(self, bot_id: str, fault: TelegramFault | None) -> None:
        """Keep what is wrong with getting updates, or that nothing is."""
        if fault is None:
            self._fine(bot_id, Source.UPDATES)
        else:
            self._note(bot_id, Source.UPDATES, fault.reason)

    def _note(self, bot_id: str, source: Source, reason: str) -> None:
        """Keep a bot's last error for its operators."""
        running = self.bots.get(bot_id)
        if running is not None:
            running.errors = {source}
        self._spawn(self._records.note(bot_id, reason, self._clock.now()))

    def _fine(self, bot_id: str, source: Source) -> None:
        """Take a bot's last error away once whatever failed has succeeded again."""
        running = self.bots.get(bot_id)
        if running is not None and source in running.errors:
            running.errors.clear()
            self._spawn(self._records.note(bot_id, None, self._clock.now()))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
