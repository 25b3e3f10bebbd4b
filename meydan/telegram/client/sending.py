"""Sends a text: resolved, read, in its chat's order, and never twice.

One `random_id` goes with all tries of a send. Telegram carries it out once; told that it has been carried out, the send
is a success whose first answer was lost.
"""

import contextlib
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from telethon import errors, functions, types, utils

from meydan.platform.clock import Clock
from meydan.platform.texts import LANGUAGES, Language
from meydan.telegram.client.asking import Asking, Ended, Lanes
from meydan.telegram.client.config import ClientConfig
from meydan.telegram.client.floods import ACCOUNT
from meydan.telegram.client.inbox import Inbox
from meydan.telegram.client.peers import Dialogs, number_of, spelled
from meydan.telegram.client.results import MessageResult, SendResult, Verdict, explained
from meydan.telegram.client.seam import Telethon

LONGEST_TEXT: Final = 4096
"""In UTF-16 code units of what is shown, as Telegram counts."""

_USER_LINK: Final = re.compile(r"tg://user\?id=(\d+)")
_LOOKED_AT: Final = 20
_REMEMBERED: Final = 10_000
_SKEW: Final = timedelta(minutes=1)
_LAST_MOMENT: Final = 1 << 31
"""In seconds since 1970, as Telegram writes them."""


@dataclass(frozen=True)
class Order:
    """What is to be sent, and how."""

    entity: Any
    message: str
    parse_mode: str | None = None
    silent: bool = False
    link_preview: bool = True
    schedule: datetime | timedelta | None = None


class _Refused(Exception):
    """It is not worth asking Telegram."""

    def __init__(self, result: MessageResult, code: str) -> None:
        super().__init__(code)
        self.verdict = Verdict(result, code)


class Sender:
    """Sends what one client is asked to send."""

    def __init__(self, config: ClientConfig, asking: Asking, dialogs: Dialogs, inbox: Inbox, *, clock: Clock) -> None:
        self._asking = asking
        self._dialogs = dialogs
        self._inbox = inbox
        self._clock = clock
        self._lanes = Lanes()
        self._numbers: dict[str, int] = {}
        chosen: Language = next((one for one in LANGUAGES if one == config.lang_code[:2]), "en")
        self._language = chosen

    async def send(self, order: Order) -> SendResult:
        """Send, and say how it ended; only a cancelled caller or a defect raises."""
        name = spelled(order.entity)
        async with self._lanes.turn(name):
            try:
                peer = await self._dialogs.ask(order.entity, lambda client: client.get_input_entity(order.entity))
                number = number_of(peer)
                self._remember(name, number)
                text, entities = await self._read(order)
                async with self._lanes.turn((number,)):
                    return await self._deliver(order, peer, number, text, entities)
            except _Refused as refused:
                return self._failure(refused.verdict)
            except Ended as ended:
                return self._failure(ended.verdict, retry_after=ended.retry_after)

    async def held(self, entity: Any) -> float:
        """Return for how many seconds Telegram wants nothing sent there, as far as the peer is known."""
        name = spelled(entity)
        known = name if isinstance(name, int) else self._numbers.get(name, ACCOUNT)
        return await self._asking.held(known)

    def _remember(self, name: str | int, number: int) -> None:
        if isinstance(name, str):
            self._numbers.pop(name, None)
            self._numbers[name] = number
            if len(self._numbers) > _REMEMBERED:
                del self._numbers[next(iter(self._numbers))]

    async def _read(self, order: Order) -> tuple[str, list[Any]]:
        """Return what is shown and its formatting; raise `_Refused` for what Telegram would not take."""
        text, entities = order.message, []
        try:
            mode = utils.sanitize_parse_mode(order.parse_mode)
            if mode is not None:
                text, entities = mode.parse(text)
        except (ValueError, TypeError):
            raise _Refused(MessageResult.FAILED, "PARSE_MODE_INVALID") from None
        if not text.strip():
            raise _Refused(MessageResult.FAILED, "MESSAGE_EMPTY")
        try:
            length = len(text.strip().encode("utf-16-le")) // 2
        except UnicodeEncodeError:
            raise _Refused(MessageResult.FAILED, "MESSAGE_NOT_UNICODE") from None
        if length > LONGEST_TEXT:
            raise _Refused(MessageResult.TOO_LONG, "MESSAGE_TOO_LONG")
        return text, [one for one in [await self._mention(entity) for entity in entities if entity.length] if one]

    async def _mention(self, entity: Any) -> Any:
        """Return the entity as Telegram takes it; of somebody who is not found, `None`: the text stays."""
        user = getattr(entity, "user_id", None)
        if link := _USER_LINK.fullmatch(getattr(entity, "url", None) or ""):
            user = int(link[1])
        if user is None:
            return entity
        try:
            found = await self._dialogs.ask(user, lambda client: client.get_input_entity(user))
            return types.InputMessageEntityMentionName(entity.offset, entity.length, utils.get_input_user(found))
        except (Ended, TypeError):
            return None

    async def _deliver(self, order: Order, peer: Any, number: int, text: str, entities: list[Any]) -> SendResult:
        request = functions.messages.SendMessageRequest(
            peer,
            text,
            random_id=secrets.randbits(63) or 1,
            entities=entities or None,
            silent=order.silent or None,
            no_webpage=not order.link_preview,
            schedule_date=self._moment(order.schedule),
        )
        since = self._clock.now() - _SKEW

        async def once(client: Telethon) -> Any:
            with contextlib.suppress(errors.RandomIdDuplicateError):
                return await client(request)

        answer = await self._asking.ask(once, peer=number)
        if order.schedule is not None:
            return SendResult(MessageResult.SUCCESS, message_id=sent_number(answer, request.random_id))
        message_id = sent_number(answer, request.random_id) if answer else await self._find(peer, text, since)
        if message_id is not None:
            self._inbox.skip(peer, message_id)
        return SendResult(MessageResult.SUCCESS, message_id=message_id)

    async def _find(self, peer: Any, text: str, since: datetime) -> int | None:
        """Return the number of what was sent though nobody heard, if the account may look for it."""
        try:
            latest = await self._asking.ask(lambda client: client.get_messages(peer, limit=_LOOKED_AT))
        except Ended:  # bots may not look; that it was sent is certain without it
            return None
        for message in latest:
            if message.out and message.date >= since and (message.message or "").strip() == text.strip():
                return int(message.id)
        return None

    def _moment(self, schedule: datetime | timedelta | None) -> datetime | None:
        """Return when it is to be sent; a time without a zone is this machine's, as everywhere in Python."""
        try:
            moment = self._clock.now() + schedule if isinstance(schedule, timedelta) else schedule
            moment = moment and moment.astimezone(UTC)
        except OverflowError:
            raise _Refused(MessageResult.FAILED, "SCHEDULE_DATE_INVALID") from None
        if moment is not None and not 0 <= moment.timestamp() < _LAST_MOMENT:
            raise _Refused(MessageResult.FAILED, "SCHEDULE_DATE_INVALID")
        return moment

    def _failure(self, verdict: Verdict, *, retry_after: float | None = None) -> SendResult:
        return SendResult(
            verdict.result,
            error=explained(verdict.result, self._language, code=verdict.code, seconds=verdict.seconds),
            retry_after=retry_after,
            flood_wait_time=verdict.seconds or None,
            code=verdict.code,
        )


def sent_number(answer: Any, random_id: int) -> int | None:
    """Return the number that Telegram gave to what was sent under `random_id`."""
    if isinstance(answer, types.UpdateShortSentMessage):
        return int(answer.id)
    for update in getattr(answer, "updates", None) or [getattr(answer, "update", None)]:
        if isinstance(update, types.UpdateMessageID) and update.random_id == random_id:
            return int(update.id)
    return None
