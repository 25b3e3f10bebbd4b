"""What the bot fleet tells: closed, immutable values, on the bus and inside the process."""

from datetime import datetime
from typing import Any

from msgspec import Struct

OUTBOX_CHANNEL = "telegram.outbox"
BOTS_CHANNEL = "telegram.bots"


class SendKey(Struct, frozen=True, array_like=True, gc=False):
    """What the sender holds in memory of a queued send; the rest comes with the claim."""

    id: str
    bot_id: str
    chat_id: int
    is_group: bool
    shared: bool
    priority: int
    cost: int
    not_before: float | None = None
    deadline: float | None = None


class Queued(Struct, frozen=True):
    """Sends that were committed as queued, or are no longer (`gone`), on `OUTBOX_CHANNEL`."""

    keys: tuple[SendKey, ...] = ()
    gone: tuple[str, ...] = ()


class BotsChanged(Struct, frozen=True):
    """A bot was added, changed or removed, or something about its chats was, on `BOTS_CHANNEL`.

    `lifted` is the chat that is no longer held back, 0 for the whole bot.
    """

    bot_id: str
    lifted: int | None = None


class Incoming(Struct, frozen=True):
    """An update of Telegram's, after it was stored. `kind` is Telegram's name of it, `body` its content."""

    bot_id: str
    update_id: int
    kind: str
    chat_id: int | None
    body: dict[str, Any]
    received_at: datetime
