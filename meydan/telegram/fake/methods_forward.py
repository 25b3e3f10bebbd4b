"""Methods that pass messages on, with their author's name or without it."""

import itertools
from typing import Any, Final

from meydan.telegram.fake.answers import ApiError
from meydan.telegram.fake.methods import Call, Counts, message_of, method, room_of, writable
from meydan.telegram.fake.methods_text import caption_of, numbers_of, send
from meydan.telegram.fake.shapes import MEDIA, Message, MessageId
from meydan.telegram.fake.world import Room

_CONTENT: Final = ("text", "entities", *MEDIA, "sticker", "poll", "caption", "caption_entities")


@method("forwardMessage", Counts.CHAT)
def forward(call: Call) -> Message:
    """Pass a message on with its author's name."""
    room = writable(call, room_of(call))
    source = room_of(call, "from_chat_id")
    message = message_of(call, source, "message to forward not found")
    if not _passes(message):
        raise ApiError.bad("the message can't be forwarded")
    return send(call, room, **_content(message), forward_origin=_origin(message))


@method("copyMessage", Counts.CHAT)
def copy(call: Call) -> MessageId:
    """Write a message anew, without its author's name."""
    room = writable(call, room_of(call))
    source = room_of(call, "from_chat_id")
    message = message_of(call, source, "message to copy not found")
    if not _passes(message):
        raise ApiError.bad("the message can't be copied")
    content = _content(message)
    if call.params.text("caption") is not None and message.text is None:
        formatted = caption_of(call)
        content |= {"caption": formatted.text or None, "caption_entities": formatted.entities or None}
    return MessageId(message_id=send(call, room, **content).message_id)


@method("forwardMessages", Counts.CHAT)
def forward_several(call: Call) -> list[MessageId]:
    """Pass several messages on in their order; those that cannot be are passed over."""
    room = writable(call, room_of(call))
    messages = _several(call, room_of(call, "from_chat_id"))
    return [_sent(call, room, message, forward_origin=_origin(message)) for message in messages]


@method("copyMessages", Counts.CHAT)
def copy_several(call: Call) -> list[MessageId]:
    """Write several messages anew; those that cannot be are passed over."""
    room = writable(call, room_of(call))
    messages = _several(call, room_of(call, "from_chat_id"))
    bare = {"caption": None, "caption_entities": None} if call.params.flag("remove_caption") else {}
    return [_sent(call, room, message, **bare) for message in messages]


def _several(call: Call, source: Room) -> list[Message]:
    numbers = numbers_of(call)
    if any(number <= 0 for number in numbers):
        raise ApiError.bad("invalid message identifier specified")
    if any(later <= earlier for earlier, later in itertools.pairwise(numbers)):
        raise ApiError.bad("message identifiers must be in a strictly increasing order")
    found = [message for number in numbers if (message := source.messages.get(number)) and _passes(message)]
    if not found:
        raise ApiError.bad("there are no messages to forward")
    return found


def _sent(call: Call, room: Room, message: Message, **other: Any) -> MessageId:
    return MessageId(message_id=send(call, room, **_content(message) | other).message_id)


def _passes(message: Message) -> bool:
    return not (message.service or message.has_protected_content)


def _content(message: Message) -> dict[str, Any]:
    return {name: getattr(message, name) for name in _CONTENT}


def _origin(message: Message) -> dict[str, Any]:
    if message.forward_origin is not None:
        return message.forward_origin
    if message.from_ is not None:
        return {"type": "user", "date": message.date, "sender_user": message.from_}
    return {"type": "channel", "date": message.date, "chat": message.chat, "message_id": message.message_id}
