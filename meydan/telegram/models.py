"""Tables of the bot fleet: bots, what they have seen of chats, updates taken in, and the outbox."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, LargeBinary, SmallInteger, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from meydan.accounts.encrypted_columns import ENCRYPTED_COLUMNS, EncryptedColumn
from meydan.platform.db import Base

_EDITS = text("edits IS NOT NULL")
_LEFT = text("sending_at IS NOT NULL")
_MEDIA = text("media_id IS NOT NULL")
_PARTS = text("part_of IS NOT NULL")
_QUEUED = text("state = 'queued'")
_SAID = text("state = 'sent' AND edits IS NULL")


class BotMode(StrEnum):
    """How a bot's updates come in."""

    POLLING = "polling"
    WEBHOOK = "webhook"


class SendState(StrEnum):
    """Where a send stands.

    queued → sending → sent | failed | maybe_sent; queued → expired | cancelled; sending → queued when the request is
    known not to have been carried out. From maybe_sent an operator leads on: sent, queued again, or failed. From
    failed and expired: queued again. queued → stopped when an earlier part of the same order did not arrive, and back
    when that one is queued again or was sent after all.
    """

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    EXPIRED = "expired"
    MAYBE_SENT = "maybe_sent"
    CANCELLED = "cancelled"
    STOPPED = "stopped"


class Bot(Base):
    """A Bot API bot. `owner` is the process that polls and sends for it until `owner_until`.

    A `trial` bot lives in the fake Telegram. `token` and `webhook_secret` are the vault's.
    """

    __tablename__ = "telegram_bots"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    telegram_id: Mapped[int] = mapped_column(BigInteger, unique=True)
    username: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(128))
    token: Mapped[str] = mapped_column(Text)
    trial: Mapped[bool]
    mode: Mapped[BotMode] = mapped_column(String(16))
    webhook_secret: Mapped[str] = mapped_column(Text)
    enabled: Mapped[bool]
    reads_all: Mapped[bool]
    last_error: Mapped[str | None] = mapped_column(String(300))
    last_error_at: Mapped[datetime | None]
    verified_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    owner: Mapped[str | None] = mapped_column(String(32))
    owner_until: Mapped[datetime | None]


class Worker(Base):
    """A process that runs bots, so that several can share them out."""

    __tablename__ = "telegram_workers"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    seen_until: Mapped[datetime]


class Chat(Base):
    """A chat as one bot knows it. `rights` is the bot's own membership as Telegram tells it."""

    __tablename__ = "telegram_chats"

    bot_id: Mapped[str] = mapped_column(ForeignKey("telegram_bots.id", ondelete="CASCADE"), primary_key=True)
    chat_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    title: Mapped[str] = mapped_column(String(256))
    username: Mapped[str | None] = mapped_column(String(64))
    forum: Mapped[bool]
    status: Mapped[str] = mapped_column(String(16))
    rights: Mapped[dict[str, Any]] = mapped_column(JSON)
    shared: Mapped[bool]
    moved_to: Mapped[int | None] = mapped_column(BigInteger)
    seen_at: Mapped[datetime]


class Topic(Base):
    """A topic of a forum, seen by any bot."""

    __tablename__ = "telegram_topics"

    chat_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    thread_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    name: Mapped[str] = mapped_column(String(128))
    closed: Mapped[bool]
    seen_at: Mapped[datetime]


class ReceivedUpdate(Base):
    """An update that Telegram handed over, kept for a while: it is confirmed only once it stands here.

    Telegram's numbers start again after a quiet week, so that two updates may have the same: `digest` is of the
    content, and tells them apart. `message_id` is the number of the message that it brings or changes.
    """

    __tablename__ = "telegram_updates"
    __table_args__ = (
        Index("ix_telegram_updates_received", "received_at"),
        Index("ix_telegram_updates_chat", "chat_id", "received_at"),
        Index("ix_telegram_updates_message", "chat_id", "message_id"),
    )

    bot_id: Mapped[str] = mapped_column(ForeignKey("telegram_bots.id", ondelete="CASCADE"), primary_key=True)
    update_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    digest: Mapped[str] = mapped_column(String(32), primary_key=True)
    message_id: Mapped[int | None] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(String(32))
    chat_id: Mapped[int | None] = mapped_column(BigInteger)
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    received_at: Mapped[datetime]


class Media(Base):
    """A file that waits for its send."""

    __tablename__ = "telegram_media"
    __table_args__ = (Index("ix_telegram_media_sizes", "created_by", "id", "size"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    mime: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    content: Mapped[bytes] = mapped_column(LargeBinary)
    created_by: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]


class Send(Base):
    """One request that a bot is to make; see `SendState`.

    The order of ids is the order of a lane (bot, chat); a retry keeps its place. `edits` is the send whose message this
    one changes, `request_key` makes a repeated order one send; `part_of` is the first of an order in several parts.
    `message_id` is Telegram's number of what was sent, or of what is to be edited.
    """

    __tablename__ = "telegram_outbox"
    __table_args__ = (
        Index("ix_telegram_outbox_bot", "bot_id", "state", "id"),
        Index("ix_telegram_outbox_state", "state", "id"),
        Index("ix_telegram_outbox_chat", "chat_id", "id"),
        Index("ix_telegram_outbox_parts", "part_of", "id", sqlite_where=_PARTS, postgresql_where=_PARTS),
        Index("ix_telegram_outbox_said", "chat_id", "finished_at", sqlite_where=_SAID, postgresql_where=_SAID),
        Index("ix_telegram_outbox_media", "media_id", sqlite_where=_MEDIA, postgresql_where=_MEDIA),
        Index("ix_telegram_outbox_edits", "edits", sqlite_where=_EDITS, postgresql_where=_EDITS),
        Index(
            "ix_telegram_outbox_lane", "bot_id", "chat_id", "priority", "id", "not_before", "state",
            sqlite_where=_QUEUED, postgresql_where=_QUEUED,
        ),
        Index(
            "ix_telegram_outbox_next", "state", "priority", "id", "bot_id", "chat_id",
            sqlite_where=_QUEUED, postgresql_where=_QUEUED,
        ),
        Index("ix_telegram_outbox_sending", "bot_id", "sending_at", sqlite_where=_LEFT, postgresql_where=_LEFT),
    )  # fmt: skip

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    bot_id: Mapped[str] = mapped_column(ForeignKey("telegram_bots.id", ondelete="CASCADE"))
    chat_id: Mapped[int] = mapped_column(BigInteger)
    is_group: Mapped[bool]
    shared: Mapped[bool]
    method: Mapped[str] = mapped_column(String(32))
    params: Mapped[dict[str, Any]] = mapped_column(JSON)
    preview: Mapped[str] = mapped_column(String(200))
    media_id: Mapped[str | None] = mapped_column(String(32))
    edits: Mapped[str | None] = mapped_column(String(32))
    priority: Mapped[int] = mapped_column(SmallInteger)
    cost: Mapped[int] = mapped_column(SmallInteger)
    state: Mapped[SendState] = mapped_column(String(16))
    request_key: Mapped[str | None] = mapped_column(String(128), unique=True)
    created_by: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    not_before: Mapped[datetime | None]
    deadline: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(SmallInteger)
    owner: Mapped[str | None] = mapped_column(String(32))
    sending_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    message_id: Mapped[int | None] = mapped_column(BigInteger)
    error_code: Mapped[int | None]
    error: Mapped[str | None] = mapped_column(String(300))
    part_of: Mapped[str | None] = mapped_column(String(32))


class StoredPenalty(Base):
    """A 429 that is still waited out, for a limiter that forgets with its process. `chat_id` 0: the whole bot."""

    __tablename__ = "telegram_penalties"

    bot_id: Mapped[str] = mapped_column(ForeignKey("telegram_bots.id", ondelete="CASCADE"), primary_key=True)
    chat_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    until: Mapped[datetime]
    strikes: Mapped[int] = mapped_column(SmallInteger)


ENCRYPTED_COLUMNS.extend(EncryptedColumn("telegram_bots", column) for column in ("token", "webhook_secret"))
