"""Sends what is queued for one bot: in order within a chat, fairly between chats, never faster than permitted.

One request is in flight per chat. A slot of the budget is taken first, a moment before it opens, then the row is
claimed in the database, then the request leaves; how it ended is written behind it.
"""

import asyncio
import heapq
import random
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

import structlog

from meydan.platform.clock import Clock
from meydan.platform.errors import Unavailable
from meydan.telegram.api import (
    BotApi,
    Limited,
    Moved,
    Rejected,
    ServerFault,
    TelegramFault,
    Unanswered,
    Unauthorized,
    Unmade,
    Unreached,
    Upload,
)
from meydan.telegram.events import SendKey
from meydan.telegram.fair import FairQueue
from meydan.telegram.happenings import Happenings, Identity, SenderStats
from meydan.telegram.journal import Journal, Ready
from meydan.telegram.limiter import Grant, Hold, Holder, Limiter, Penalty, bounded
from meydan.telegram.limits import Ask
from meydan.telegram.models import SendState
from meydan.telegram.outbox_repository import REPEATABLE, Result
from meydan.telegram.requests import message_id_of, params_of, upload_of
from meydan.telegram.revocation import is_revoked
from meydan.telegram.troubles import Trouble

log = structlog.get_logger(__name__)

_AT_ONCE: Final = 64
_SHORTEST_REST: Final = 0.001  # whatever the reckoning says, others get their turn
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0
_AWAY_PAUSE: Final = 1.0
_LEAD: Final = 0.05  # seconds before its slot opens in which a send is claimed, so that the slot is used at once
_SERVER_ATTEMPTS: Final = 8
_NOT_MODIFIED: Final = "message is not modified"

Lane = int


class BotSender:
    """Works off one bot's queue; `offer` gives it keys, `run` sends until `drain`."""

    def __init__(
        self,
        bot: Identity,
        *,
        api: BotApi,
        journal: Journal,
        limiter: Limiter,
        clock: Clock,
        stats: SenderStats,
        happenings: Happenings,
        ours: Callable[[], bool],
    ) -> None:
        """Build a sender; nothing leaves unless `ours` says that the bot is surely still this process's."""
        self.bot = bot
        self.queue: FairQueue[Lane, SendKey] = FairQueue()
        self._api = api
        self._journal = journal
        self._limiter = limiter
        self._clock = clock
        self._stats = stats
        self._tell = happenings
        self._ours = ours
        self._wake = asyncio.Event()
        self._flying: dict[str, asyncio.Task[None]] = {}
        self._known: set[str] = set()
        self._tries: Counter[Lane] = Counter()
        self._stopping = False
        self._left: list[SendKey] = []
        self._held_until = 0.0
        self._later: list[tuple[float, str, SendKey]] = []

    def offer(self, keys: list[SendKey]) -> None:
        """Take in sends that are queued; those already known are passed over."""
        for key in keys:
            if key.id not in self._known:
                self._known.add(key.id)
                if key.not_before is None:
                    self._push(key)
                else:
                    heapq.heappush(self._later, (key.not_before, key.id, key))
        self._wake.set()

    def withdraw(self, send_id: str) -> None:
        """Forget a send that is no longer queued."""
        if send_id in self._known and send_id not in self._flying:
            self._known.discard(send_id)
            self._later = [entry for entry in self._later if entry[1] != send_id]
            heapq.heapify(self._later)
            self.queue.remove(send_id)

    def forget_lane(self, chat_id: int) -> None:
        """Forget what is queued or planned for a chat; it is offered again under another number."""
        planned = [entry for entry in self._later if entry[2].chat_id == chat_id]
        self._known.difference_update(key.id for key in (*self.queue.clear(chat_id), *(key for _, _, key in planned)))
        if planned:
            self._later = [entry for entry in self._later if entry[2].chat_id != chat_id]
            heapq.heapify(self._later)

    def hurry(self, chat_id: int) -> None:
        """Ask the budget again at once: a hold was lifted, of the whole bot with `chat_id` 0."""
        if not chat_id:
            self._held_until = 0.0
        self.queue.hurry(chat_id or None)
        self._wake.set()

    def known(self) -> int:
        """Return how many sends are in the queue, planned, or under way."""
        return len(self._known)

    @property
    def left(self) -> tuple[SendKey, ...]:
        """What went back to the queue after the sender was told to stop: whoever has the bot now may not know of it."""
        return tuple(self._left)

    def oldest(self) -> float | None:
        """Return the Unix time at which the oldest send was made that is not on its way; its id tells."""
        first = min((head for head in self.queue.heads()), default=None)
        return None if first is None else int(first[:12], 16) / 1000

    async def run(self) -> None:
        """Send until drained or cancelled; what is in flight then is waited for."""
        try:
            while not self._stopping:
                self._wake.clear()
                await self._start_ready()
                await self._rest()
        finally:
            if self._flying:
                await asyncio.wait(tuple(self._flying.values()))

    def drain(self) -> None:
        """Begin nothing new and let `run` return when what is in flight has ended."""
        self._stopping = True
        self._wake.set()

    # -- choosing --------------------------------------------------------------------------------------------------

    async def _start_ready(self) -> None:
        """Take what may go now, ask the budget for all of it at once, and start what was granted."""
        present = self._clock.now().timestamp()
        while self._later and self._later[0][0] <= present:
            self._push(heapq.heappop(self._later)[2])
        while not self._stopping and self._ours() and self._clock.monotonic() >= self._held_until:
            keys: list[SendKey] = []
            while len(keys) < _AT_ONCE and (popped := self.queue.pop(self._clock.monotonic())) is not None:
                keys.append(popped[1])
            if not keys:
                return
            try:
                answers = await self._limiter.take([self._ask(key) for key in keys], lead=_LEAD)
            except Unavailable:
                self._put_back(keys)
                return
            now = self._clock.monotonic()
            for key, answer in zip(keys, answers, strict=True):
                if isinstance(answer, Hold):
                    self._hold(key, answer, now)
                else:
                    self._launch(key, answer, now + answer.delay)

    def _hold(self, key: SendKey, hold: Hold, now: float) -> None:
        self._push(key)
        self.queue.free(key.chat_id)
        until = now + max(hold.seconds - _LEAD, 0.0)
        if hold.holder is Holder.BOT:
            self._held_until = max(self._held_until, until)
        else:
            self.queue.wait(key.chat_id, until)

    def _put_back(self, keys: list[SendKey]) -> None:
        """Wait a while for the limiter; without it nothing is sent."""
        for key in keys:
            self._push(key)
            self.queue.free(key.chat_id)
        self._held_until = self._clock.monotonic() + _AWAY_PAUSE

    def _launch(self, key: SendKey, grant: Grant, moment: float) -> None:
        task = asyncio.create_task(self._send(key, grant, moment), name=f"telegram-send:{key.id}")
        self._flying[key.id] = task
        task.add_done_callback(lambda _: self._landed(key))

    def _landed(self, key: SendKey) -> None:
        del self._flying[key.id]
        self.queue.free(key.chat_id)
        if self.queue.depth(key.chat_id):
            self._wake.set()

    async def _rest(self) -> None:
        moment = self.queue.next_moment() if self._ours() else None  # it is woken when the bot is its own again
        if moment is not None:
            moment = max(moment, self._held_until)
        if self._later and self._ours():
            due = self._clock.monotonic() + self._later[0][0] - self._clock.now().timestamp()
            moment = due if moment is None else min(moment, due)
        if self._wake.is_set():
            return
        if moment is None:
            await self._wake.wait()
            return
        seconds = max(moment - self._clock.monotonic(), _SHORTEST_REST)
        waking = asyncio.ensure_future(self._wake.wait())
        pausing = asyncio.ensure_future(self._clock.sleep(seconds))
        try:
            await asyncio.wait({waking, pausing}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (waking, pausing):
                task.cancel()

    def _ask(self, key: SendKey) -> Ask:
        return Ask(self.bot.id, key.chat_id, group=key.is_group, cost=key.cost, shared=key.shared)

    def _push(self, key: SendKey) -> None:
        self.queue.push(key.chat_id, key.id, key, cost=key.cost, priority=key.priority, order=key.id)

    # -- sending ---------------------------------------------------------------------------------------------------

    async def _send(self, key: SendKey, grant: Grant, moment: float) -> None:
        ready: Ready | None = None
        leaving = False
        try:
            ready = await self._journal.claim(key.id)
            if ready is None:
                self._known.discard(key.id)
                await self._limiter.give_back([grant])
                return
            while (early := moment - self._clock.monotonic()) > 0:  # a loop's timer may fire a little too soon
                await self._clock.sleep(early)
            if not self._ours():  # the process stood still, or the database did: the bot may be another's by now
                await self._limiter.give_back([grant])
                self._back(key, ready, Trouble.OTHER_PROCESS)
            elif (params := await self._request_of(key, grant, ready)) is not None:
                upload = upload_of(ready)
                leaving = True
                await self._attempt(key, grant, ready, params, upload)
        except Exception:
            log.exception("telegram.send_failed", send=key.id)
            if ready is not None and leaving:
                self._stats.maybe += 1
                self._end(key, ready, SendState.MAYBE_SENT, error=Trouble.INTERNAL)
            elif ready is not None:
                self._fail(key, ready, Trouble.INTERNAL, code=None)

    async def _request_of(self, key: SendKey, grant: Grant, ready: Ready) -> dict[str, Any] | None:
        """Return the parameters that are to leave, or nothing when the send has ended without a request."""
        now = self._clock.now()
        if ready.claimed.deadline is not None and ready.claimed.deadline < now:
            await self._limiter.give_back([grant])
            self._stats.expired += 1
            self._end(key, ready, SendState.EXPIRED)
            return None
        params, reason = params_of(key, ready)
        if reason is not None:
            await self._limiter.give_back([grant])
            self._fail(key, ready, reason, code=None)
            return None
        return params

    async def _attempt(
        self, key: SendKey, grant: Grant, ready: Ready, params: dict[str, Any], upload: Upload | None
    ) -> None:
        began = self._clock.monotonic()
        try:
            result = await self._api.call(
                self.bot.token, ready.claimed.method, params, trial=self.bot.trial, upload=upload
            )
        except Unmade as fault:
            log.exception("telegram.send_unmade", send=key.id)
            await self._limiter.give_back([grant])
            self._fail(key, ready, fault.reason, code=None)
        except Unreached as fault:
            await self._limiter.give_back([grant])
            self._again(key, ready, fault)
        except TelegramFault as fault:
            await self._limiter.settle([grant])
            await self._faulted(key, ready, fault)
        else:
            await self._limiter.settle([grant])
            self._tries.pop(key.chat_id, None)
            self._stats.sent += 1
            self._stats.waited.observe(self._clock.monotonic() - began)
            self._tell.succeeded()
            self._end(key, ready, SendState.SENT, message_id=message_id_of(result))

    async def _faulted(self, key: SendKey, ready: Ready, fault: TelegramFault) -> None:
        match fault:
            case Limited():
                await self._limited(key, ready, fault)
            case Moved() if ready.claimed.edits is not None:
                # A supergroup counts its messages anew: there the number would be somebody else's message.
                self._fail(key, ready, fault.reason, code=fault.code)
            case Moved():
                self._tell.moved(key.chat_id, fault.chat_id)
                self._again(key, ready, fault)
            case Unauthorized():
                await self._unauthorized(key, ready, fault)
            case ServerFault() if ready.claimed.attempts < _SERVER_ATTEMPTS:
                self._again(key, ready, fault)
            case Unanswered() if ready.claimed.method in REPEATABLE and ready.claimed.attempts < _SERVER_ATTEMPTS:
                self._again(key, ready, fault)
            case Unanswered():
                self._stats.maybe += 1
                self._end(key, ready, SendState.MAYBE_SENT, error=fault.reason)
            case Rejected() if _NOT_MODIFIED in fault.reason:
                self._stats.sent += 1
                self._end(key, ready, SendState.SENT, message_id=ready.changes)
            case _:
                if fault.code == 403:
                    self._tell.forbidden(key.chat_id, fault.reason)
                self._fail(key, ready, fault.reason, code=fault.code or None)

    async def _unauthorized(self, key: SendKey, ready: Ready, fault: Unauthorized) -> None:
        """Stop when the token is gone; when it is good, only this request was meant, which Telegram may not know."""
        revoked = await is_revoked(self._api, self.bot)
        if revoked:
            self._back(key, ready, fault.reason, code=fault.code)
            self._stopping = True
            self._tell.revoked(fault.reason)
        elif revoked is None or (fault.code == 401 and ready.claimed.attempts < _SERVER_ATTEMPTS):
            self._again(key, ready, fault)
        else:
            self._fail(key, ready, fault.reason, code=fault.code)

    async def _limited(self, key: SendKey, ready: Ready, fault: Limited) -> None:
        """Put the send back in its place, and hold back the chat, or the bot when it is not the first chat."""
        now = self._clock.monotonic()
        try:
            penalties = await self._limiter.punish(self.bot.id, key.chat_id, seconds=fault.seconds)
        except Unavailable:
            penalties = [Penalty(self.bot.id, key.chat_id, bounded(key.chat_id, fault.seconds), 1)]
        self._tell.punished(penalties)
        for penalty in penalties:
            if penalty.chat_id:
                self._stats.limited[Holder.CHAT] += 1
                self.queue.wait(key.chat_id, now + penalty.seconds)
            else:
                self._stats.limited[Holder.BOT] += 1
                self._held_until = max(self._held_until, now + penalty.seconds)
        self._back(key, ready, fault.reason, code=fault.code)

    def _again(self, key: SendKey, ready: Ready, fault: TelegramFault) -> None:
        """Try later: the lane waits, longer each time, somewhere between nothing and the whole pause."""
        self._stats.retries += 1
        tries = self._tries[key.chat_id] = self._tries[key.chat_id] + 1
        pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** (tries - 1)) * random.random()  # noqa: S311
        self.queue.wait(key.chat_id, self._clock.monotonic() + pause)
        self._back(key, ready, fault.reason, code=fault.code or None)

    def _back(self, key: SendKey, ready: Ready, reason: str, *, code: int | None = None) -> None:
        now = self._clock.now()
        self._journal.finish(Result(ready.claimed.id, SendState.QUEUED, now, code=code, error=reason))
        self._push(key)
        if self._stopping:
            self._left.append(key)

    def _fail(self, key: SendKey, ready: Ready, reason: str, *, code: int | None) -> None:
        self._stats.failed += 1
        self._tell.failed(reason)
        self._end(key, ready, SendState.FAILED, code=code, error=reason)

    def _end(
        self,
        key: SendKey,
        ready: Ready,
        state: SendState,
        *,
        message_id: int | None = None,
        code: int | None = None,
        error: str | None = None,
    ) -> None:
        self._known.discard(key.id)
        done = state is SendState.SENT and ready.media is not None
        self._journal.finish(
            Result(ready.claimed.id, state, self._clock.now(), message_id, code, error, part_of=ready.claimed.part_of),
            media_id=ready.claimed.media_id if done else None,
        )
