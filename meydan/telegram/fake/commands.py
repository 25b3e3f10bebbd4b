"""The control API: one command for each thing that a person can do."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final

import msgspec

from meydan.platform.errors import InvalidInput
from meydan.platform.reasons import of_msgspec
from meydan.telegram.fake.answers import ApiError
from meydan.telegram.fake.failures import Rule
from meydan.telegram.fake.limits import FakeLimits
from meydan.telegram.fake.office import Office
from meydan.telegram.fake.people import People


class Unknown(Exception):
    """There is no such command."""


class _Command(msgspec.Struct, forbid_unknown_fields=True):
    """A command's fields are those of its JSON body."""


class MakeBot(_Command):
    """`POST /_fake/bots`."""

    name: str
    username: str


class MakePerson(_Command):
    """`POST /_fake/people`."""

    name: str
    username: str | None = None


class MakeChat(_Command):
    """`POST /_fake/chats`."""

    type: str
    title: str
    forum: bool = False
    members: list[int] | None = None


class MakeTopic(_Command):
    """`POST /_fake/topics`."""

    chat: str
    name: str


class SetMember(_Command):
    """`POST /_fake/members`."""

    chat: str
    user: int
    status: str = "member"


class Write(_Command):
    """`POST /_fake/messages`."""

    chat: str
    person: int
    text: str
    topic: int | None = None
    reply_to: int | None = None


class Edit(_Command):
    """`POST /_fake/edits`."""

    chat: str
    person: int
    message: int
    text: str


class Start(_Command):
    """`POST /_fake/starts`."""

    bot: int
    person: int


class Block(_Command):
    """`POST /_fake/blocks`."""

    bot: int
    person: int
    blocked: bool = True


class React(_Command):
    """`POST /_fake/reactions`."""

    chat: str
    person: int
    message: int
    emoji: str | None = None


class Press(_Command):
    """`POST /_fake/presses`."""

    chat: str
    person: int
    message: int
    data: str


class Vote(_Command):
    """`POST /_fake/votes`."""

    chat: str
    person: int
    message: int
    options: list[int]


class Migrate(_Command):
    """`POST /_fake/migrations`."""

    chat: str


class SetPrivacy(_Command):
    """`POST /_fake/privacy`."""

    bot: int
    privacy: bool


class Revoke(_Command):
    """`POST /_fake/revocations`."""

    bot: int


class Renumber(_Command):
    """`POST /_fake/update-ids`."""

    bot: int
    next: Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]


class NoFailures(_Command):
    """`POST /_fake/failures/clear`."""


def _make_bot(office: Office, _: People, body: MakeBot) -> Any:
    bot = office.make_bot(body.name, body.username)
    return {"token": bot.token, "bot": bot.user}


def _make_chat(_: Office, people: People, body: MakeChat) -> Any:
    room = people.make_chat(body.type, body.title, forum=body.forum, members=body.members)
    return {"chat": room.key}


def _fail(office: Office, _: People, body: Rule) -> Any:
    if not (body.count > 0 or 0 < body.probability <= 1) or body.seconds < 0:
        raise InvalidInput(field="count", reason="fake_failures")
    office.failures.add(body)
    office.touch()
    return {}


def _renumber(office: Office, _: People, body: Renumber) -> Any:
    office.mailbox(office.world.bot(body.bot).user.id).restart(body.next)
    return {}


def _clear(office: Office, _: People, __: NoFailures) -> Any:
    office.failures.clear()
    office.touch()
    return {}


def _limit(office: Office, _: People, body: FakeLimits) -> Any:
    counts = (body.chat_count, body.group_count, body.bot_count)
    if min(counts) < 1 or min(body.chat_seconds, body.group_seconds, body.bot_seconds) <= 0:
        raise InvalidInput(field="limits", reason="greater_than", gt=0)
    office.flood.change(body)
    office.touch()
    return {}


_COMMANDS: Final[dict[str, tuple[type[Any], Callable[[Office, People, Any], Any]]]] = {
    "bots": (MakeBot, _make_bot),
    "people": (MakePerson, lambda _, people, body: people.make_person(body.name, body.username)),
    "chats": (MakeChat, _make_chat),
    "topics": (MakeTopic, lambda _, people, body: {"topic": people.make_topic(body.chat, body.name)}),
    "members": (SetMember, lambda _, people, body: people.set_member(body.chat, body.user, body.status)),
    "messages": (
        Write,
        lambda _, people, body: people.write(
            body.chat, body.person, body.text, topic=body.topic, reply_to=body.reply_to
        ),
    ),
    "edits": (Edit, lambda _, people, body: people.edit(body.chat, body.person, body.message, body.text)),
    "starts": (Start, lambda _, people, body: people.start(body.bot, body.person)),
    "blocks": (Block, lambda _, people, body: people.block(body.bot, body.person, blocked=body.blocked)),
    "reactions": (React, lambda _, people, body: people.react(body.chat, body.person, body.message, body.emoji)),
    "presses": (
        Press,
        lambda _, people, body: {"query": people.press(body.chat, body.person, body.message, body.data)},
    ),
    "votes": (
        Vote,
        lambda _, people, body: {"poll": people.vote(body.chat, body.person, body.message, body.options)},
    ),
    "migrations": (Migrate, lambda _, people, body: {"chat": people.migrate(body.chat).key}),
    "privacy": (SetPrivacy, lambda _, people, body: people.set_privacy(body.bot, privacy=body.privacy)),
    "update-ids": (Renumber, _renumber),
    "revocations": (Revoke, lambda _, people, body: people.revoke(body.bot)),
    "failures": (Rule, _fail),
    "failures/clear": (NoFailures, _clear),
    "limits": (FakeLimits, _limit),
}


def carry_out(office: Office, people: People, name: str, body: bytes) -> Any:
    """Do what a command says; raises `Unknown` or a `MeydanError`."""
    found = _COMMANDS.get(name)
    if found is None:
        raise Unknown
    shape, run = found
    try:
        command = msgspec.json.decode(body, type=shape)
    except msgspec.DecodeError as error:
        raise InvalidInput(field=name, reason=of_msgspec(str(error))) from None
    try:
        return run(office, people, command)
    except ApiError as error:
        raise InvalidInput(field=name, reason="telegram", said=error.description) from None


def tell(office: Office, name: str, query: Mapping[str, str]) -> Any:
    """Answer a question: `state`, or a chat's `messages`; raises `Unknown` or a `MeydanError`."""
    match name:
        case "state":
            return _state(office)
        case "messages":
            room = office.world.room(query.get("chat", ""))
            return {
                "messages": list(room.messages.values())[-200:],
                "reactions": {str(number): given for number, given in room.reactions.items() if given},
            }
    raise Unknown


def _count(office: Office, bot_id: int, name: str) -> int:
    counts = office.flood.report.bots.get(bot_id)
    return counts[name] if counts is not None else 0


def _state(office: Office) -> Any:
    now, world = office.clock(), office.world
    return {
        "bots": [
            {
                "user": bot.user,
                "token": bot.token,
                "privacy": bot.privacy,
                "revoked": bot.revoked,
                "blocked_by": bot.blocked_by,
                "webhook": office.hooks[number].url if number in office.hooks else "",
                "gauge": office.flood.gauges(number, now),
                "accepted": _count(office, number, "accepted"),
                "refused": _count(office, number, "refused"),
            }
            for number, bot in world.bots.items()
        ],
        "people": list(world.people.values()),
        "chats": [
            {
                "key": room.key,
                "chat": room.chat,
                "bot": room.bot_id,
                "members": {str(number): member.status for number, member in room.members.items()},
                "topics": {str(number): topic for number, topic in room.topics.items()},
                "migrated_to": room.migrated_to,
                "last": next(reversed(room.messages.values()), None),
            }
            for room in world.rooms.values()
        ],
        "failures": office.failures.rules,
        "limits": office.flood.limits,
        "refused": office.flood.report.refused,
    }
