"""What somebody wants said on Telegram, and the requests that it takes."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any, Final

import msgspec

from meydan.platform.errors import InvalidInput
from meydan.telegram.errors import MarkupBroken, TextTooLong
from meydan.telegram.split import BrokenMarkup, split_text

TEXT_LIMIT: Final = 4096
CAPTION_LIMIT: Final = 1024
GENERAL: Final = 1
"""The topic that every forum has. Telegram knows no thread of this number: what goes there names none."""

_ADDRESSES: Final = ("https://", "http://")


class Priority(IntEnum):
    """Who goes first in a chat and between chats."""

    LOW = 0
    NORMAL = 1
    HIGH = 2


class Attachment(StrEnum):
    """What kind of file a message carries."""

    PHOTO = "photo"
    VOICE = "voice"
    DOCUMENT = "document"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Something to say. With several `bot_ids` the one that may speak first is chosen.

    `media` is an uploaded file's id, `file` a file_id or an https address that Telegram fetches; either needs an
    `attachment`, which says as what it is sent. A file_id is one bot's alone, so that one bot must be named with it.
    `request_key` makes the same order given twice one send. After `deadline` it is not sent any more.
    """

    bot_ids: tuple[str, ...]
    chat_id: int
    text: str = ""
    parse_mode: str | None = None
    thread_id: int | None = None
    reply_to: int | None = None
    silent: bool = False
    previews: bool = True
    buttons: dict[str, Any] | None = None
    attachment: Attachment | None = None
    media: str | None = None
    file: str | None = None
    split: bool = True
    priority: Priority = Priority.NORMAL
    not_before: datetime | None = None
    deadline: datetime | None = None
    request_key: str | None = None


def parts_of(order: Order) -> list[tuple[str, dict[str, Any], str]]:
    """Return the requests that an order needs: method, parameters, and what it shows of itself.

    Raises `InvalidInput` where it cannot be sent as it is given; nothing of it is left out to make it fit.
    """
    _check_place(order)
    _check_file(order)
    _check_content(order)
    if order.deadline is not None and order.not_before is not None and order.deadline <= order.not_before:
        raise InvalidInput(field="deadline", reason="deadline_too_early")
    base: dict[str, Any] = {}
    if order.thread_id not in (None, GENERAL):
        base["message_thread_id"] = order.thread_id
    if order.silent:
        base["disable_notification"] = True
    if order.parse_mode is not None:
        base["parse_mode"] = order.parse_mode
    first: dict[str, Any] = {}
    if order.reply_to is not None:
        first["reply_parameters"] = {"message_id": order.reply_to, "allow_sending_without_reply": True}
    words = base if order.previews else {**base, "link_preview_options": {"is_disabled": True}}
    if order.attachment is not None:
        return _with_attachment(order, order.attachment, {**base, **first}, words)
    if not order.text.strip():
        raise InvalidInput(field="text", reason="empty")
    texts = in_parts(order.text, order.parse_mode, TEXT_LIMIT)
    if len(texts) > 1 and not order.split:
        raise TextTooLong(length=len(order.text), limit=TEXT_LIMIT)
    parts: list[tuple[str, dict[str, Any], str]] = []
    for number, text in enumerate(texts):
        params = {**words, **(first if number == 0 else {}), "text": text}
        if order.buttons is not None and number == len(texts) - 1:
            params["reply_markup"] = order.buttons
        parts.append(("sendMessage", params, text))
    return parts


def _check_place(order: Order) -> None:
    """Raise unless the order names a chat, and bots of which each could carry it out."""
    if not order.bot_ids:
        raise InvalidInput(field="bot_ids", reason="empty")
    if not order.chat_id:
        raise InvalidInput(field="chat_id", reason="no_chat")
    if order.file is not None and len(order.bot_ids) > 1 and not order.file.startswith(_ADDRESSES):
        raise InvalidInput(field="bot_ids", reason="bot_of_file")


def _check_file(order: Order) -> None:
    """Raise unless the order has a file and says as what it is sent, or neither."""
    if order.attachment is None:
        if order.media is not None or order.file is not None:
            raise InvalidInput(field="attachment", reason="file_without_kind")
        return
    if (order.media is None) == (order.file is None):
        raise InvalidInput(field="media", reason="media_or_file")
    if order.file is not None and not order.file.strip():
        raise InvalidInput(field="file", reason="empty")


def _check_content(order: Order) -> None:
    """Raise when what the order says can be written into no request: halves of letters, what is no JSON."""
    _check_parse_mode(order.parse_mode)
    for field in ("text", "file", "buttons"):
        try:
            msgspec.json.encode(getattr(order, field))
        except (TypeError, ValueError, OverflowError, RecursionError):
            raise InvalidInput(field=field, reason="string_unicode") from None


def _with_attachment(
    order: Order, attachment: Attachment, params: dict[str, Any], words: dict[str, Any]
) -> list[tuple[str, dict[str, Any], str]]:
    """Return the request with the file, and the messages of the rest of a long caption, which begin as `words`."""
    captions = in_parts(order.text, order.parse_mode, CAPTION_LIMIT) if order.text.strip() else [""]
    if len(captions) > 1 and not order.split:
        raise TextTooLong(length=len(order.text), limit=CAPTION_LIMIT)
    if order.file is not None:
        params[attachment.value] = order.file
    if captions[0]:
        params["caption"] = captions[0]
    if order.buttons is not None:
        params["reply_markup"] = order.buttons
    method = f"send{attachment.value.capitalize()}"
    parts = [(method, params, captions[0] or f"[{attachment.value}]")]
    rest = order.text[len(captions[0]) :] if len(captions) > 1 and order.parse_mode is None else None
    texts = split_text(rest.lstrip()) if rest else captions[1:]
    return parts + [("sendMessage", {**words, "text": text}, text) for text in texts]


def in_parts(text: str, parse_mode: str | None, limit: int) -> list[str]:
    """Return the text in parts that Telegram takes; raise when its markup cannot be read."""
    _check_parse_mode(parse_mode)
    if "\x00" in text:
        raise InvalidInput(field="text", reason="control_characters")
    try:
        parts = split_text(text, limit=limit, parse_mode=parse_mode)
    except BrokenMarkup as error:
        raise MarkupBroken(position=error.position, reason=error.reason) from None
    if not parts:
        raise InvalidInput(field="text", reason="empty")
    return parts


def _check_parse_mode(parse_mode: str | None) -> None:
    if parse_mode not in (None, "HTML", "MarkdownV2"):
        raise InvalidInput(field="parse_mode", reason="literal_error", expected="HTML, MarkdownV2")
