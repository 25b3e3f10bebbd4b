"""Methods that write, change and remove messages."""

from typing import Any, Final

from meydan.telegram.fake.answers import ApiError
from meydan.telegram.fake.entities import read
from meydan.telegram.fake.formatted import Formatted
from meydan.telegram.fake.methods import Call, Counts, message_of, method, require, room_of, writable
from meydan.telegram.fake.params import Params
from meydan.telegram.fake.shapes import Entity, Message, without_reply
from meydan.telegram.fake.world import Room

TEXT_LIMIT: Final = 4096
CAPTION_LIMIT: Final = 1024
_LONGEST: Final = 32_768  # bytes, formatting included
_MOST: Final = 100
_PLAIN: Final = frozenset({"chat_id", "text", "parse_mode", "disable_notification"})


@method("sendMessage", Counts.CHAT)
def send_message(call: Call) -> Message:
    """Write a text."""
    room = writable(call, room_of(call))
    formatted = text_of(call)
    return send(
        call,
        room,
        text=formatted.text,
        entities=formatted.entities or None,
        link_preview_options=_previews(call),
    )


def _previews(call: Call) -> dict[str, Any] | None:
    return call.params.parsed(
        "link_preview_options", dict[str, Any], wrong="can't parse link preview options JSON object"
    )


def text_of(call: Call) -> Formatted:
    """Return the text of a message; raises `ApiError`."""
    given = call.params.text("text") or ""
    if not given:
        raise ApiError.bad("message text is empty")
    formatted = _read(call, "text", "entities")
    if not formatted.text:
        raise ApiError.bad("text must be non-empty")
    if formatted.length > TEXT_LIMIT:
        raise ApiError.bad("message is too long")
    return formatted


def caption_of(call: Call) -> Formatted:
    """Return the caption of a file; raises `ApiError`."""
    formatted = _read(call, "caption", "caption_entities")
    if formatted.length > CAPTION_LIMIT:
        raise ApiError.bad("message caption is too long")
    return formatted


def _read(call: Call, name: str, entities: str) -> Formatted:
    return formatted_of(call.params, name, entities=entities)


def formatted_of(params: Params, name: str, *, entities: str, mode: str = "parse_mode") -> Formatted:
    """Return the text of a parameter with its formatting; raises `ApiError`."""
    text = params.text(name) or ""
    if len(text.encode("utf-8", "surrogatepass")) > _LONGEST:
        raise ApiError.bad("text is too long")
    given = params.parsed(entities, list[Entity], wrong="can't parse entities JSON object")
    return read(text, params.text(mode), given)


def send(call: Call, room: Room, **content: Any) -> Message:
    """Publish a message of the bot with what every send may carry: a reply, a topic, buttons, protection."""
    params = call.params
    if params.values.keys() <= _PLAIN:  # the frequent case
        return call.office.publish(room, call.office.message(room, call.bot.user, **content))
    markup = reply_markup(call)
    message = call.office.message(
        room,
        call.bot.user,
        topic=topic_of(call, room),
        reply_markup=markup if markup and "inline_keyboard" in markup else None,
        has_protected_content=params.flag("protect_content"),
        **content,
    )
    message.reply_to_message = _answered(call, room)
    return call.office.publish(room, message)


def topic_of(call: Call, room: Room) -> int | None:
    """Return the topic to write in; raises `ApiError`."""
    topic = call.params.integer("message_thread_id")
    if topic is None or topic == 0:
        return None
    if not room.chat.is_forum and room.chat.type != "private":
        return None  # where there are no topics it is passed over
    if topic not in room.topics:  # nor is General named by its number
        raise ApiError.bad("message thread not found")
    if topic in room.topics and room.topics[topic].closed and not room.may(call.bot_id, "can_manage_topics"):
        raise ApiError.bad("TOPIC_CLOSED")
    return topic


def reply_markup(call: Call) -> dict[str, Any] | None:
    """Return the buttons; raises `ApiError` when they make no sense."""
    markup = call.params.parsed("reply_markup", dict[str, Any], wrong="object expected as reply markup")
    rows = markup.get("inline_keyboard") if markup else None
    if rows is None:
        return markup
    if not isinstance(rows, list) or any(not isinstance(row, list) for row in rows):
        raise ApiError.bad('field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays')
    for button in (button for row in rows for button in row):
        if not isinstance(button, dict) or not button.get("text"):
            raise ApiError.bad('can\'t parse inline keyboard button: Field "text" must be of type String')
        if len(button) < 2:
            raise ApiError.bad("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
        if len(str(button.get("callback_data", "")).encode()) > 64:
            raise ApiError.bad("BUTTON_DATA_INVALID")
    return markup


def _answered(call: Call, room: Room) -> Message | None:
    given = call.params.parsed("reply_parameters", dict[str, Any], wrong="can't parse reply parameters JSON object")
    number = given.get("message_id") if given else call.params.integer("reply_to_message_id")
    if not number:
        return None
    lenient = given.get("allow_sending_without_reply") if given else call.params.flag("allow_sending_without_reply")
    answered = room.messages.get(number) if isinstance(number, int) else None
    if answered is None and not lenient:
        raise ApiError.bad("message to be replied not found")
    return without_reply(answered) if answered is not None else None


@method("editMessageText", Counts.CHAT)
def edit_text(call: Call) -> Message | bool:
    """Change a text."""
    room = room_of(call)
    formatted = text_of(call)
    message = own_message(call, room)
    if message.text is None:
        raise ApiError.bad("there is no text in the message to edit")
    markup, previews = reply_markup(call), _previews(call)
    before = (message.text, message.entities or [], message.reply_markup, message.link_preview_options)
    if before == (*formatted, markup, previews):
        raise same()
    message.text, message.entities, message.reply_markup = formatted.text, formatted.entities or None, markup
    message.link_preview_options = previews
    call.office.changed_message(room, message)
    return message


@method("editMessageCaption", Counts.CHAT)
def edit_caption(call: Call) -> Message:
    """Change a caption."""
    room = room_of(call)
    formatted = caption_of(call)
    message = own_message(call, room)
    if message.text is not None or message.sticker is not None or message.poll is not None:
        raise ApiError.bad("there is no caption in the message to edit")
    markup = reply_markup(call)
    if (message.caption or "", message.caption_entities or [], message.reply_markup) == (*formatted, markup):
        raise same()
    message.caption, message.caption_entities = formatted.text or None, formatted.entities or None
    message.reply_markup = markup
    call.office.changed_message(room, message)
    return message


@method("editMessageReplyMarkup", Counts.CHAT)
def edit_markup(call: Call) -> Message:
    """Change the buttons."""
    room = room_of(call)
    message = own_message(call, room)
    markup = reply_markup(call)
    if message.reply_markup == markup:
        raise same()
    message.reply_markup = markup
    call.office.changed_message(room, message)
    return message


def own_message(call: Call, room: Room) -> Message:
    """Return the bot's own message that is to be edited; raises `ApiError`."""
    message = message_of(call, room, "message to edit not found")
    mine = room.author(message) == call.bot_id
    posted = message.sender_chat is not None and room.may(call.bot_id, "can_edit_messages")
    if message.service or message.forward_origin is not None or not (mine or posted):
        raise ApiError.bad("message can't be edited")
    return message


def same() -> ApiError:
    """Return what is said when an edit changes nothing."""
    return ApiError.bad(
        "message is not modified: specified new message content and reply markup are exactly the same as a current "
        "content and reply markup of the message"
    )


@method("deleteMessage", Counts.BOT)
def delete_message(call: Call) -> bool:
    """Remove a message."""
    room = room_of(call)
    message = message_of(call, room, "message to delete not found")
    if not _removable(call, room, message):
        raise ApiError.bad("message can't be deleted")
    _remove(call, room, message.message_id)
    return True


@method("deleteMessages", Counts.BOT)
def delete_messages(call: Call) -> bool:
    """Remove several messages; those that are not there are passed over."""
    room = room_of(call)
    for number in numbers_of(call):
        message = room.messages.get(number)
        if message is not None and _removable(call, room, message):
            _remove(call, room, number)
    return True


def numbers_of(call: Call) -> list[int]:
    """Return `message_ids`; raises `ApiError`."""
    numbers = call.params.parsed("message_ids", list[int], wrong="can't parse message identifiers JSON array")
    if not numbers:
        raise ApiError.bad("message identifiers are not specified")
    if len(numbers) > _MOST:
        raise ApiError.bad("too many message identifiers specified")
    return numbers


def _removable(call: Call, room: Room, message: Message) -> bool:
    mine = room.author(message) == call.bot_id
    return mine or room.chat.type == "private" or room.may(call.bot_id, "can_delete_messages")


def _remove(call: Call, room: Room, number: int) -> None:
    room.remove(number)
    call.office.see(room)


@method("pinChatMessage", Counts.BOT)
def pin(call: Call) -> bool:
    """Pin a message."""
    room = room_of(call)
    message = message_of(call, room, "message to pin not found")
    require(call, room, "can_pin_messages", "not enough rights to manage pinned messages in the chat")
    if message.message_id not in room.pinned:
        room.pinned.append(message.message_id)
        notice = call.office.message(room, call.bot.user, pinned_message=without_reply(message))
        call.office.publish(room, notice)
    return True


@method("unpinChatMessage", Counts.BOT)
def unpin(call: Call) -> bool:
    """Take a pin away: that of a message, or the last."""
    room = room_of(call)
    require(call, room, "can_pin_messages", "not enough rights to manage pinned messages in the chat")
    number = call.params.integer("message_id") or (room.pinned[-1] if room.pinned else 0)
    if number not in room.pinned:
        raise ApiError.bad("message to unpin not found")
    room.pinned.remove(number)
    call.office.see(room)
    return True
