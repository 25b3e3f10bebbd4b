"""HTTP's shapes of the bot fleet."""

import json
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    model_validator,
)
from pydantic_core import PydanticCustomError

from meydan.platform.bodies import BodyModel
from meydan.platform.cursors import CURSOR
from meydan.telegram.client.files import SessionKind
from meydan.telegram.client.listing import SessionStanding
from meydan.telegram.conversation import SaidKind
from meydan.telegram.limiter import Holder
from meydan.telegram.models import BotMode, SendState
from meydan.telegram.orders import Attachment
from meydan.telegram.outbox import Decision
from meydan.telegram.outbox_pages import SendOrder

Identifier = Annotated[str, StringConstraints(pattern="^[0-9a-f]{32}$")]
PriorityName = Literal["low", "normal", "high"]
ChatNumber = Annotated[int, Field(ge=-(2**53), le=2**53)]
SessionName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
MessageNumber = Annotated[int, Field(ge=1, le=2**53)]


def _moment(value: datetime) -> datetime:
    """Return a moment in UTC, if it is one that has a meaning here."""
    if not 2000 <= value.year <= 9000:
        raise PydanticCustomError("year_range", "between the years 2000 and 9000")
    return value.astimezone(UTC)


Moment = Annotated[AwareDatetime, AfterValidator(_moment)]


class _Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class BotIn(BodyModel):
    """A token that BotFather gave out; it is checked, encrypted, and never shown again."""

    token: SecretStr = Field(max_length=200)
    mode: BotMode = BotMode.POLLING


class TrialBotIn(BodyModel):
    """A bot to make in the fake Telegram."""

    name: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64, pattern=r"^[^\x00-\x1f]*$")
    ]
    username: Annotated[str, StringConstraints(pattern="^[A-Za-z][A-Za-z0-9_]{1,28}[bB][oO][tT]$")]


class BotPatch(BodyModel):
    """What is to change; what is left out stays."""

    token: SecretStr | None = Field(None, max_length=200)
    mode: BotMode | None = None
    enabled: bool | None = None


class BotOut(_Out):
    """A bot. `running` is whether a process has it now, `sent` what Telegram took of it in the last 24 hours.

    `last_error` is what Telegram said, or words for `last_error_reason`, a code, when nobody there said anything.
    """

    id: str
    telegram_id: int
    username: str
    name: str
    trial: bool
    mode: BotMode
    enabled: bool
    running: bool
    reads_all: bool
    queued: int
    maybe_sent: int
    sent: int
    last_error: str | None
    last_error_reason: str | None = None
    last_error_at: datetime | None
    verified_at: datetime
    created_by: str
    created_at: datetime


class BotsOut(_Out):
    """All bots; `trial_url` is the page of the fake Telegram, where one runs."""

    bots: list[BotOut]
    trial_url: str | None


class GaugeOut(_Out):
    """How full one window is."""

    scope: Holder
    chat_id: int | None
    used: int
    limit: int
    seconds: float


class PenaltyOut(_Out):
    """A 429 that is waited out; without `chat_id` the whole bot."""

    chat_id: int | None
    seconds: float
    strikes: int


class BudgetOut(_Out):
    """A bot's budget now: over all chats, and in the chats where something is waiting or was just sent."""

    gauges: list[GaugeOut]
    penalties: list[PenaltyOut]


class TopicOut(_Out):
    """A topic of a forum."""

    thread_id: int
    name: str
    closed: bool


class ChatOut(_Out):
    """A chat as one bot knows it; `rights` are the bot's own."""

    bot_id: str
    chat_id: int
    kind: str
    title: str
    username: str | None
    forum: bool
    status: str
    rights: dict[str, bool]
    shared: bool
    moved_to: int | None
    seen_at: datetime
    topics: list[TopicOut]


class ChatsOut(_Out):
    """Chats, the latest first, and where the next page begins."""

    chats: list[ChatOut]
    next_cursor: str | None = None


class SaidOut(_Out):
    """A message of a chat as it stands now: a person's (`incoming`), or one that a bot sent for `author`."""

    id: str
    at: datetime
    incoming: bool
    bot_id: str
    message_id: int | None
    thread_id: int | None
    author: str
    kind: SaidKind
    text: str
    edited: bool
    deleted: bool


class MessagesOut(_Out):
    """Messages, the latest first, and where the next page begins."""

    messages: list[SaidOut]
    next_cursor: str | None = None


class MessagesWanted(BodyModel):
    """Which messages of a chat to list: with `bot_id` what people and this bot said."""

    bot_id: Identifier | None = None
    cursor: Annotated[str, StringConstraints(pattern=CURSOR)] = ""
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class ChatPatch(BodyModel):
    """`shared`: one budget for the group over all bots, as a simulation in it needs."""

    shared: bool


class SendIn(BodyModel):
    """Something to say. With several bots the one that may speak first is taken."""

    bot_ids: Annotated[list[Identifier], Field(min_length=1, max_length=50)]
    chat_id: ChatNumber
    text: Annotated[str, Field(max_length=40_000)] = ""
    parse_mode: Literal["HTML", "MarkdownV2"] | None = None
    thread_id: MessageNumber | None = None
    reply_to: MessageNumber | None = None
    silent: bool = False
    previews: bool = True
    attachment: Attachment | None = None
    media: Identifier | None = None
    file: Annotated[str, Field(max_length=2_000)] | None = None
    split: bool = True
    priority: PriorityName = "normal"
    not_before: Moment | None = None
    deadline: Moment | None = None
    request_key: Annotated[str, StringConstraints(min_length=1, max_length=100)] | None = None


class TextIn(BodyModel):
    """Another text for a message."""

    text: Annotated[str, Field(min_length=1, max_length=40_000)]
    parse_mode: Literal["HTML", "MarkdownV2"] | None = None


class DecisionIn(BodyModel):
    """What became of a send of which nobody knows: it was sent, send it again, or give it up."""

    decision: Decision


class SendOut(_Out):
    """A send; `eta` is in how many seconds it should leave, while it is queued.

    `part_of` is the first send of its order, when that has several parts; what is `stopped` has the error of the part
    that did not arrive. `error` is what Telegram said, or words for `error_reason`, a code, when nobody there said
    anything.
    """

    id: str
    bot_id: str
    chat_id: int
    chat_title: str | None
    method: str
    preview: str
    state: SendState
    priority: int
    attempts: int
    created_by: str
    created_at: datetime
    not_before: datetime | None
    deadline: datetime | None
    sending_at: datetime | None
    finished_at: datetime | None
    message_id: int | None
    error_code: int | None
    error: str | None
    error_reason: str | None = None
    part_of: str | None
    eta: float | None


class SendsOut(_Out):
    """Sends in the order asked for, and where the next page begins; or the parts of one message, in order."""

    sends: list[SendOut]
    next_cursor: str | None = None


class SendsWanted(BodyModel):
    """Which sends to list, in which order; a `cursor` goes on in the order that it came from."""

    state: SendState | None = None
    bot_id: Identifier | None = None
    chat_id: ChatNumber | None = None
    sort: SendOrder = SendOrder.NEWEST
    cursor: Annotated[str, StringConstraints(pattern=CURSOR)] = ""
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class CountsOut(_Out):
    """How many sends stand in each state."""

    counts: dict[SendState, int]


class MediaOut(_Out):
    """A file that waits for its send."""

    id: str


class TelegramStatsOut(_Out):
    """What the client that works with a session says of itself."""

    connection_status: str
    messages_sent: int
    messages_failed: int
    flood_waits: int
    reconnections: int
    uptime_seconds: float
    last_activity: datetime | None
    written_at: datetime


class TelegramSessionOut(_Out):
    """A session of a Telegram client. `reason` is why it ended: Telegram's word, or `put_away`."""

    name: str
    kind: SessionKind
    state: SessionStanding
    last_used_at: datetime | None
    host: str | None
    reason: str | None
    stats: TelegramStatsOut | None


class TelegramSessionsOut(_Out):
    """Sessions by name."""

    sessions: list[TelegramSessionOut]


class WebhookIn(BaseModel):
    """An update as Telegram sends it."""

    model_config = ConfigDict(extra="allow")

    update_id: Annotated[int, Field(ge=0, le=2**53)]

    @model_validator(mode="after")
    def _can_be_kept(self) -> Self:
        """Refuse what is no JSON by the letter, as NaN and halves of letters are."""
        json.dumps(self.model_extra, allow_nan=False, ensure_ascii=False).encode()
        return self

    def raw(self) -> dict[str, Any]:
        """Return the whole update."""
        return self.model_dump()
