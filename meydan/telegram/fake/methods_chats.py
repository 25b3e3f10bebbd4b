"""Methods about chats, their members, topics, reactions and buttons."""

from typing import Any, Final

from meydan.telegram.fake.answers import ApiError
from meydan.telegram.fake.methods import Call, Counts, message_of, method, require, room_of
from meydan.telegram.fake.methods_text import topic_of
from meydan.telegram.fake.office import describe
from meydan.telegram.fake.people import make_topic
from meydan.telegram.fake.shapes import User
from meydan.telegram.fake.world import GENERAL, PRESENT, Member, Room, Topic

_ACTIONS: Final = frozenset(
    {
        "typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice", "upload_document",
        "choose_sticker", "find_location", "record_video_note", "upload_video_note",
    }
)  # fmt: skip
_COLORS: Final = (7322096, 16766590, 13338331, 9367192, 16749490, 16478047)
_TOPIC_NAME: Final = 128
_ALERT: Final = 200


@method("sendChatAction", Counts.BOT)
def send_chat_action(call: Call) -> bool:
    """Show that the bot is busy."""
    room = room_of(call)
    topic_of(call, room)
    if call.params.text("action") not in _ACTIONS:
        raise ApiError.bad("wrong parameter action in request")
    call.office.feed.put("action", room.key)
    return True


@method("setMessageReaction", Counts.BOT)
def set_message_reaction(call: Call) -> bool:
    """React to a message; bots have one reaction at most."""
    room = room_of(call)
    message = message_of(call, room, "message to react not found")
    reaction = (
        call.params.parsed("reaction", list[dict[str, Any]], wrong="can't parse reaction types JSON object") or []
    )
    if len(reaction) > 1:
        raise ApiError.bad("REACTIONS_TOO_MANY")
    for item in reaction:
        if item.get("type") not in ("emoji", "custom_emoji") or not (item.get("emoji") or item.get("custom_emoji_id")):
            raise ApiError.bad("REACTION_INVALID")
    reactions = room.reactions.setdefault(message.message_id, {})
    if reaction:
        reactions[call.bot_id] = [{name: str(value) for name, value in reaction[0].items()}]
    else:
        reactions.pop(call.bot_id, None)
    call.office.see(room)
    return True


@method("answerCallbackQuery")
def answer_callback_query(call: Call) -> bool:
    """Answer a pressed button."""
    query = call.params.text("callback_query_id") or ""
    asked = call.office.presses.get(query)
    if asked is None or asked[0] != call.bot_id:
        raise ApiError.bad("query is too old and response timeout expired or query ID is invalid")
    text = call.params.text("text") or ""
    if len(text) > _ALERT:
        raise ApiError.bad("MESSAGE_TOO_LONG")
    del call.office.presses[query]
    call.office.feed.put("answer", text)
    return True


@method("getChat")
def get_chat(call: Call) -> dict[str, Any]:
    """Tell everything about a chat."""
    room = room_of(call)
    chat = room.chat
    told: dict[str, Any] = {
        "id": chat.id,
        "type": chat.type,
        "accent_color_id": abs(chat.id) % 7,
        "max_reaction_count": 11,
        "accepted_gift_types": dict.fromkeys(
            ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels"), False
        ),
    }
    names = {"title": chat.title, "first_name": chat.first_name, "username": chat.username}
    told |= {name: value for name, value in names.items() if value is not None}
    if chat.is_forum:
        told["is_forum"] = True
    if room.pinned and room.pinned[-1] in room.messages:
        told["pinned_message"] = room.messages[room.pinned[-1]]
    return told


@method("getChatMember")
def get_chat_member(call: Call) -> dict[str, Any]:
    """Tell how somebody stands in a chat."""
    room = room_of(call)
    user_id = call.params.integer("user_id")
    user = _user(call, user_id) if user_id is not None else None
    if user is None:
        raise ApiError.bad("invalid user_id specified")
    return describe(room.members.get(user.id) or Member("left"), user)


def _user(call: Call, user_id: int) -> User | None:
    if user_id in call.office.world.bots:
        return call.office.world.bots[user_id].user
    return call.office.world.people.get(user_id)


@method("getChatAdministrators")
def get_chat_administrators(call: Call) -> list[dict[str, Any]]:
    """Tell who looks after a chat; other bots are left out."""
    room = room_of(call)
    if room.chat.type == "private":
        raise ApiError.bad("there are no administrators in the private chat")
    return [
        describe(member, user)
        for user_id, member in room.members.items()
        if member.status in ("creator", "administrator")
        and (user := _user(call, user_id)) is not None
        and (not user.is_bot or user_id == call.bot_id)
    ]


@method("getChatMemberCount")
def get_chat_member_count(call: Call) -> int:
    """Count the members of a chat."""
    return sum(member.status in PRESENT for member in room_of(call).members.values())


@method("leaveChat")
def leave_chat(call: Call) -> bool:
    """Leave a chat."""
    room = room_of(call)
    if room.chat.type == "private":
        raise ApiError.bad("chat member status can't be changed in private chats")
    call.office.set_member(room, call.bot_id, Member("left"), by=call.bot.user)
    call.office.publish(room, call.office.message(room, call.bot.user, left_chat_member=call.bot.user))
    return True


@method("createForumTopic", Counts.CHAT)
def create_forum_topic(call: Call) -> dict[str, Any]:
    """Make a topic."""
    room = _forum(call)
    name = _name(call)
    if not name:
        raise ApiError.bad("TOPIC_TITLE_EMPTY")
    color = call.params.integer("icon_color") or _COLORS[0]
    if color not in _COLORS:
        raise ApiError.bad("invalid icon color specified")
    number = make_topic(call.office, room, call.bot.user, name, color=color)
    return {"message_thread_id": number, "name": name, "icon_color": color}


@method("editForumTopic", Counts.CHAT)
def edit_forum_topic(call: Call) -> bool:
    """Name a topic anew."""
    room = _forum(call)
    number, topic = _topic(call, room)
    name = _name(call)
    if not name or name == topic.name:
        raise ApiError.bad("TOPIC_NOT_MODIFIED")
    topic.name = name
    _announce(call, room, number, forum_topic_edited={"name": name})
    return True


@method("closeForumTopic", Counts.CHAT)
def close_forum_topic(call: Call) -> bool:
    """Let nobody but administrators write in a topic."""
    return _set_closed(call, closed=True)


@method("reopenForumTopic", Counts.CHAT)
def reopen_forum_topic(call: Call) -> bool:
    """Let people write in a topic again."""
    return _set_closed(call, closed=False)


def _set_closed(call: Call, *, closed: bool) -> bool:
    room = _forum(call)
    number, topic = _topic(call, room)
    if topic.closed == closed:
        raise ApiError.bad("TOPIC_NOT_MODIFIED")
    topic.closed = closed
    _announce(call, room, number, **{"forum_topic_closed" if closed else "forum_topic_reopened": {}})
    return True


@method("deleteForumTopic", Counts.CHAT)
def delete_forum_topic(call: Call) -> bool:
    """Remove a topic with its messages."""
    room = _forum(call)
    number, _ = _topic(call, room)
    del room.topics[number]
    for message in [item for item in room.messages.values() if item.message_thread_id == number]:
        del room.messages[message.message_id]
    call.office.touch()
    return True


def _forum(call: Call) -> Room:
    room = room_of(call)
    if not room.chat.is_forum:
        raise ApiError.bad("the chat is not a forum")
    require(call, room, "can_manage_topics", "not enough rights to create a topic")
    return room


def _topic(call: Call, room: Room) -> tuple[int, Topic]:
    number = call.params.integer("message_thread_id") or GENERAL
    topic = room.topics.get(number)
    if topic is None:
        raise ApiError.bad("TOPIC_ID_INVALID")
    return number, topic


def _name(call: Call) -> str:
    name = (call.params.text("name") or "").strip()
    if len(name) > _TOPIC_NAME:
        raise ApiError.bad("TOPIC_TITLE_TOO_LONG")
    return name


def _announce(call: Call, room: Room, number: int, **content: dict[str, Any]) -> None:
    call.office.publish(room, call.office.message(room, call.bot.user, topic=number, **content))
    call.office.touch()
