"""Which bots may speak where and how much waits for them, remembered for a while: it is asked for with every order."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from meydan.platform.clock import Clock
from meydan.platform.db import Database
from meydan.telegram.errors import BotMissing, ChatForbidden, QueueFull
from meydan.telegram.models import Bot, Chat, Send, SendState

_SECONDS: Final = 15.0
_COUNT_SECONDS: Final = 5.0
_MOST: Final = 10_000
_SUPERGROUPS: Final = -1_000_000_000_000  # their numbers lie below, and they do not move
_AWAY: Final = frozenset({"kicked", "left", "restricted"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where an order goes: the chat, the one it became if it moved, the bots that may speak there, what is known."""

    chat_id: int
    bots: tuple[str, ...]
    shared: bool
    title: str | None


class Directory:
    """Finds the place of an order."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._places: dict[tuple[tuple[str, ...], int], tuple[float, Place]] = {}
        self._waiting: dict[str, tuple[float, int]] = {}

    async def place(self, bot_ids: tuple[str, ...], chat_id: int) -> Place:
        """Return the place; raises `BotMissing`, or `ChatForbidden` when none of the bots may speak there."""
        now = self._clock.monotonic()
        known = self._places.get((bot_ids, chat_id))
        if known is not None and known[0] > now:
            return known[1]
        found = await self._db.read(lambda session: _look_up(session, bot_ids, chat_id))
        if len(self._places) >= _MOST:
            self._places.clear()
        self._places[bot_ids, chat_id] = (now + _SECONDS, found)
        return found

    async def reserve(self, bot_id: str, sends: int, *, limit: int) -> None:
        """Count sends that are about to be queued for a bot; raises `QueueFull` when too many wait already."""
        now = self._clock.monotonic()
        until, waiting = self._waiting.get(bot_id, (0.0, 0))
        if until <= now:
            waiting = await self._db.read(lambda session: _queued(session, bot_id))
            until = now + _COUNT_SECONDS
        if waiting + sends > limit:
            raise QueueFull(limit=limit)
        self._waiting[bot_id] = until, waiting + sends

    def forget(self) -> None:
        """Look everything up anew."""
        self._places.clear()
        self._waiting.clear()


def _look_up(session: Session, bot_ids: tuple[str, ...], chat_id: int) -> Place:
    known = set(session.scalars(select(Bot.id).where(Bot.id.in_(bot_ids))))
    for bot_id in bot_ids:
        if bot_id not in known:
            raise BotMissing(bot_id)
    found = session.scalars(select(Chat).where(Chat.chat_id == chat_id, Chat.bot_id.in_(bot_ids))).all()
    moved = next((row.moved_to for row in found if row.moved_to not in (None, chat_id)), None)
    if moved is not None and chat_id > _SUPERGROUPS:
        return _look_up(session, bot_ids, moved)
    away = {row.bot_id: row.status for row in found if _is_away(row)}
    able = tuple(bot_id for bot_id in bot_ids if bot_id not in away)
    if not able:
        raise ChatForbidden(chat_id, away[bot_ids[0]])
    title = next((row.title for row in found if row.bot_id == able[0]), None)
    return Place(chat_id, able, any(row.shared for row in found), title)


def _is_away(chat: Chat) -> bool:
    """Tell whether a bot may not speak in a chat; one with restrictions may be left this right."""
    return chat.status in _AWAY and not (chat.status == "restricted" and chat.rights.get("can_send_messages"))


def _queued(session: Session, bot_id: str) -> int:
    statement = select(func.count()).where(Send.bot_id == bot_id, Send.state == SendState.QUEUED)
    return session.scalar(statement) or 0
