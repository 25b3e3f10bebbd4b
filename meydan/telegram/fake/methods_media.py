"""Changing the file of a message."""

from typing import Any, Final

from meydan.telegram.fake.answers import ApiError
from meydan.telegram.fake.methods import Call, Counts, method, room_of
from meydan.telegram.fake.methods_files import item_content
from meydan.telegram.fake.methods_text import own_message, reply_markup, same
from meydan.telegram.fake.shapes import MEDIA, Message

_REPLACING: Final = frozenset({"photo", "video", "audio", "document"})


@method("editMessageMedia", Counts.CHAT)
def edit_media(call: Call) -> Message:
    """Put another file, with its own caption, in the place of a message's."""
    room = room_of(call)
    item = call.params.parsed("media", dict[str, Any], wrong="can't parse input media JSON object")
    if item is None:
        raise ApiError.bad("input media is not specified")
    if item.get("type") not in _REPLACING:
        raise ApiError.bad("can't parse input media: input media type must be supported")
    message = own_message(call, room)
    kind = next((name for name in MEDIA if getattr(message, name) is not None), None)
    if kind is None or kind == "voice":
        raise ApiError.bad("message can't be edited" if kind else "there is no media in the message to edit")
    if message.media_group_id is not None and {kind, item["type"]} not in ({"photo", "video"}, {kind}):
        raise ApiError.bad("message can't be edited")  # an album stays of one kind
    content = dict.fromkeys(MEDIA) | item_content(call, item) | {"reply_markup": reply_markup(call)}
    if all(getattr(message, name) == value for name, value in content.items()):
        raise same()
    for name, value in content.items():
        setattr(message, name, value)
    call.office.changed_message(room, message)
    return message
