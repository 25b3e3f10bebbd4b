"""A bot's updates: numbered, kept until they are confirmed, asked for by polling or brought to a webhook."""

import asyncio
from collections import deque
from collections.abc import Collection, Iterable
from typing import Any, Final

import msgspec

from meydan.telegram.fake.answers import ApiError, encode

KINDS: Final = frozenset(
    {
        "message", "edited_message", "channel_post", "edited_channel_post", "callback_query",
        "my_chat_member", "chat_member", "message_reaction", "poll", "poll_answer",
    }
)  # fmt: skip
# These come only to a bot that asks for them by name.
_ON_REQUEST: Final = frozenset({"chat_member", "message_reaction"})
_KEPT: Final = 10_000
_LONGEST_POLL: Final = 50.0
_AHEAD: Final = 10  # an offset further beyond the last update belongs to other numbers, and is passed over


class Pending(msgspec.Struct):
    """One update; `body` is its JSON."""

    number: int
    body: msgspec.Raw


class Mailbox:
    """The updates of one bot."""

    def __init__(self) -> None:
        self.next_number = 1
        self.restart_at = 0
        self.wanted = KINDS - _ON_REQUEST
        self.pending: deque[Pending] = deque(maxlen=_KEPT)
        self.arrived = asyncio.Event()
        self._poller: asyncio.Future[None] | None = None

    @property
    def polling(self) -> bool:
        """Tell whether somebody waits for updates."""
        return self._poller is not None

    def want(self, kinds: Iterable[Any] | None) -> None:
        """Take note of `allowed_updates`; none given leaves the choice as it is, an empty list is the default."""
        if kinds is not None:
            chosen = frozenset(kind for kind in kinds if kind in KINDS)
            self.wanted = chosen or KINDS - _ON_REQUEST

    def put(self, kind: str, body: Any) -> None:
        """Add an update, unless the bot does not want its kind."""
        if kind not in self.wanted:
            return
        if self.restart_at and not self.pending:
            self.next_number, self.restart_at = self.restart_at, 0
        raw = b'{"update_id":%d,"%b":%b}' % (self.next_number, kind.encode(), encode(body))
        self.pending.append(Pending(self.next_number, msgspec.Raw(raw)))
        self.next_number += 1
        self.arrived.set()

    def confirm(self, offset: int) -> None:
        """Forget updates before `offset`; a negative one keeps that many of the last."""
        if offset < 0:
            offset = self.pending[offset].number if len(self.pending) >= -offset else 0
        if offset > self.next_number + _AHEAD:
            return
        while self.pending and self.pending[0].number < offset:
            self.pending.popleft()
        if not self.pending:
            self.arrived.clear()

    def restart(self, number: int) -> None:
        """Begin again at `number`, as after a quiet week, once no update waits."""
        self.restart_at = number

    def clear(self) -> None:
        """Forget every update."""
        self.pending.clear()
        self.arrived.clear()

    async def poll(self, *, offset: int, limit: int, timeout: float) -> list[msgspec.Raw]:  # noqa: ASYNC109
        """Answer `getUpdates`; whoever polled before is sent away."""
        self.end_poll(_other_poller())
        me = self._poller = asyncio.get_running_loop().create_future()
        try:
            if offset:
                self.confirm(offset)
            if not self.pending and timeout > 0:
                await self._wait(me, min(timeout, _LONGEST_POLL))
                if offset > 0:
                    self.confirm(offset)  # a little ahead, it passes over what has come meanwhile
            return [update.body for update, _ in zip(self.pending, range(limit), strict=False)]
        finally:
            if self._poller is me:
                self._poller = None

    def end_poll(self, error: ApiError | None = None) -> None:
        """Answer whoever waits now: with `error`, or with what there is."""
        if self._poller is not None and not self._poller.done():
            if error is not None:
                self._poller.set_exception(error)
            else:
                self._poller.set_result(None)

    async def _wait(self, me: asyncio.Future[None], seconds: float) -> None:
        arrival: asyncio.Future[Any] = asyncio.ensure_future(self.arrived.wait())
        try:
            await asyncio.wait({arrival, me}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            arrival.cancel()
        if me.done():
            me.result()


def _other_poller() -> ApiError:
    return ApiError(
        409, "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
    )


def names(kinds: Collection[str]) -> list[str]:
    """Return kinds in a steady order."""
    return sorted(kinds)
