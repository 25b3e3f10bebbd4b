"""The methods of the Bot API: a registry, and what they share."""

import re
from collections.abc import Callable
from enum import Enum
from typing import Any, Final, NamedTuple

from meydan.telegram.fake.answers import ApiError
from meydan.telegram.fake.office import Office
from meydan.telegram.fake.params import Params
from meydan.telegram.fake.shapes import Message
from meydan.telegram.fake.world import Bot, Room


class Counts(Enum):
    """Which limits a method counts against."""

    NOTHING = "nothing"
    BOT = "bot"
    CHAT = "chat"


class Call(NamedTuple):
    """A request to a method."""

    office: Office
    bot: Bot
    params: Params

    @property
    def bot_id(self) -> int:
        """Who asks."""
        return self.bot.user.id


class Method(NamedTuple):
    """A method: what it does, and what it counts as."""

    name: str
    run: Callable[[Call], Any]
    counts: Counts


_NUMBER: Final = re.compile(r"-?[0-9]{1,20}")
METHODS: Final[dict[str, Method]] = {}


def method(name: str, counts: Counts = Counts.NOTHING) -> Callable[[Callable[[Call], Any]], Callable[[Call], Any]]:
    """Register a function as a method of the Bot API."""

    def register(run: Callable[[Call], Any]) -> Callable[[Call], Any]:
        METHODS[name.casefold()] = Method(name, run, counts)
        return run

    return register


def perform(office: Office, bot: Bot, name: str, params: Params) -> Any:
    """Carry out a method under the limits and return its result; raises `ApiError`."""
    found = METHODS.get(name.casefold())
    if found is None:
        raise ApiError(404, "Not Found: method not found")
    call = Call(office, bot, params)
    if found.counts is not Counts.NOTHING:
        room = room_of(call)
        seconds = office.flood.arrive(
            bot.user.id,
            room.chat.id if found.counts is Counts.CHAT else 0,
            group=room.group,
            cost=_cost(found.name, params),
            now=office.clock(),
        )
        if seconds:
            raise ApiError.flood(seconds)
    return found.run(call)


def _cost(name: str, params: Params) -> int:
    """Return how many messages a request makes: an album and a batch are as many as they hold."""
    match name:
        case "sendMediaGroup":
            made = params.parsed("media", list[Any], wrong="can't parse media JSON object")
        case "forwardMessages" | "copyMessages":
            made = params.parsed("message_ids", list[Any], wrong="can't parse message_ids JSON object")
        case _:
            return 1
    return max(1, len(made or ()))


def room_of(call: Call, name: str = "chat_id") -> Room:
    """Return the chat that a parameter names and in which the bot is; raises `ApiError`."""
    wanted = call.params.text(name)
    if not wanted:
        raise ApiError.bad("chat_id is empty")
    world, bot_id = call.office.world, call.bot_id
    if wanted.startswith("@"):
        named = (room for room in world.rooms.values() if f"@{room.chat.username}".casefold() == wanted.casefold())
        room = next(named, None)
    else:
        room = world.rooms.get(wanted) or world.rooms.get(f"{bot_id}:{wanted}")
    if room is None:
        raise _stranger(call, wanted)
    if room.migrated_to is not None:
        raise ApiError.bad("group chat was upgraded to a supergroup chat", migrate_to_chat_id=room.migrated_to)
    if room.bot_id:
        if room.chat.id in call.bot.blocked_by:
            raise ApiError.forbidden("bot was blocked by the user")
    elif not room.present(bot_id):
        raise _outside(room, bot_id)
    return room


def _stranger(call: Call, wanted: str) -> ApiError:
    number = int(wanted) if _NUMBER.fullmatch(wanted) else 0
    if number in call.office.world.bots:
        return ApiError.forbidden("bots can't send messages to bots")
    rooms = call.office.world.rooms.values()
    if number in call.office.world.people and any(r.present(number) and r.present(call.bot_id) for r in rooms):
        return ApiError.forbidden("bot can't initiate conversation with a user")
    return ApiError.bad("chat not found")


def _outside(room: Room, bot_id: int) -> ApiError:
    match room.status(bot_id):
        case "kicked":
            return ApiError.forbidden(f"bot was kicked from the {room.chat.type} chat")
        case _ if bot_id in room.members:
            return ApiError.forbidden(f"bot is not a member of the {room.chat.type} chat")
        case _:
            return ApiError.bad("chat not found")


def writable(call: Call, room: Room) -> Room:
    """Return the room if the bot may write there; raises `ApiError`."""
    status = room.status(call.bot_id)
    if room.chat.type == "channel" and not room.may(call.bot_id, "can_post_messages"):
        raise ApiError.bad("need administrator rights in the channel chat")
    if status == "restricted":
        raise ApiError.bad("not enough rights to send text messages to the chat")
    return room


def message_of(call: Call, room: Room, complaint: str, name: str = "message_id") -> Message:
    """Return the message that a parameter names; raises `ApiError` with `complaint`."""
    number = call.params.integer(name)
    message = room.messages.get(number) if number is not None else None
    if message is None:
        raise ApiError.bad(complaint)
    return message


def require(call: Call, room: Room, right: str, complaint: str) -> None:
    """Raise `ApiError` unless the bot is an administrator with `right`; in private chats everything is allowed."""
    if room.chat.type != "private" and not room.may(call.bot_id, right):
        raise ApiError.bad(complaint)
