"""What exists in the fake Telegram: bots, people, chats and their messages. Kept as data, so that it can be saved."""

import secrets
from collections.abc import Iterator
from typing import Final

import msgspec

from meydan.platform.errors import InvalidInput, MeydanError, NotFound
from meydan.telegram.fake.shapes import Chat, File, Message, User
from meydan.telegram.fake.tokens import new_token

MESSAGES_KEPT: Final = 1_000
GENERAL: Final = 1  # the topic that every forum has, and that messages do not name
PRESENT: Final = frozenset({"creator", "administrator", "member", "restricted"})
RIGHTS: Final = (
    "can_manage_chat", "can_delete_messages", "can_manage_video_chats", "can_restrict_members", "can_promote_members",
    "can_change_info", "can_invite_users", "can_post_stories", "can_edit_stories", "can_delete_stories",
    "can_send_welcome_messages",
)  # fmt: skip


class UsernameTaken(MeydanError):
    """A bot of this name exists already."""

    status, code = 409, "deneme_adi_kullanimda"

    def __init__(self, username: str) -> None:
        super().__init__(kullanici_adi=username[:64])


class WorldMissing(NotFound):
    """The fake Telegram holds no such bot, person, chat or message."""

    code = "deneme_kaydi_yok"


class Member(msgspec.Struct):
    """How somebody stands in a chat."""

    status: str
    rights: list[str] = msgspec.field(default_factory=list)


class Topic(msgspec.Struct):
    """A topic of a forum."""

    name: str
    icon_color: int = 7322096
    closed: bool = False


class Room(msgspec.Struct):
    """A chat with its members and its last messages. A private chat belongs to one bot.

    `authors` tells whose a channel's posts are, which they do not say themselves.
    """

    chat: Chat
    bot_id: int = 0
    members: dict[int, Member] = msgspec.field(default_factory=dict)
    messages: dict[int, Message] = msgspec.field(default_factory=dict)
    reactions: dict[int, dict[int, list[dict[str, str]]]] = msgspec.field(default_factory=dict)
    topics: dict[int, Topic] = msgspec.field(default_factory=dict)
    pinned: list[int] = msgspec.field(default_factory=list)
    votes: dict[int, dict[int, list[int]]] = msgspec.field(default_factory=dict)
    authors: dict[int, int] = msgspec.field(default_factory=dict)
    last_id: int = 0
    migrated_to: int | None = None

    @property
    def key(self) -> str:
        """The name under which the control API knows this chat."""
        return f"{self.bot_id}:{self.chat.id}" if self.bot_id else str(self.chat.id)

    @property
    def group(self) -> bool:
        """Tell whether the limits of groups hold here."""
        return self.chat.type != "private"

    def status(self, user_id: int) -> str:
        """Return how a user stands here."""
        member = self.members.get(user_id)
        return member.status if member is not None else "left"

    def present(self, user_id: int) -> bool:
        """Tell whether a user is in the chat."""
        return self.status(user_id) in PRESENT

    def may(self, user_id: int, right: str) -> bool:
        """Tell whether a user is an administrator with this right."""
        member = self.members.get(user_id)
        if member is None:
            return False
        return member.status == "creator" or (member.status == "administrator" and right in member.rights)

    def author(self, message: Message) -> int:
        """Return who wrote a message of this chat, 0 when nobody knows."""
        return message.from_.id if message.from_ is not None else self.authors.get(message.message_id, 0)

    def next_id(self) -> int:
        """Return the number of the next message."""
        self.last_id += 1
        return self.last_id

    def keep(self, message: Message) -> None:
        """Store a message, and forget the oldest when there are many."""
        self.messages[message.message_id] = message
        self.forget_all_but(MESSAGES_KEPT)

    def forget_all_but(self, count: int) -> None:
        """Keep only the last `count` messages."""
        while len(self.messages) > count:
            self.remove(next(iter(self.messages)))

    def remove(self, number: int) -> None:
        """Forget a message and what hangs on it."""
        del self.messages[number]
        for kept in (self.reactions, self.votes, self.authors):
            kept.pop(number, None)
        if number in self.pinned:
            self.pinned.remove(number)


class Bot(msgspec.Struct):
    """A bot with what it set about itself."""

    user: User
    token: str
    privacy: bool = True
    revoked: bool = False
    next_update: int = 1
    commands: dict[str, list[dict[str, str]]] = msgspec.field(default_factory=dict)
    blocked_by: list[int] = msgspec.field(default_factory=list)


class World(msgspec.Struct):
    """Everything there is."""

    bots: dict[int, Bot] = msgspec.field(default_factory=dict)
    people: dict[int, User] = msgspec.field(default_factory=dict)
    rooms: dict[str, Room] = msgspec.field(default_factory=dict)
    files: dict[str, File] = msgspec.field(default_factory=dict)
    made: int = 0

    def make_bot(self, name: str, username: str) -> Bot:
        """Make a bot as BotFather would; raises `UsernameTaken` or `InvalidInput`."""
        username = username.removeprefix("@")
        if not (5 <= len(username) <= 32 and username.isascii() and username.replace("_", "").isalnum()):
            raise InvalidInput(field="username", reason="bot_username")
        if not username.casefold().endswith("bot"):
            raise InvalidInput(field="username", reason="bot_ending")
        if not name.strip():
            raise InvalidInput(field="name", reason="empty")
        if any((user.username or "").casefold() == username.casefold() for user in self.users()):
            raise UsernameTaken(username)
        bot_id = 7_000_000_000 + secrets.randbelow(999_999_999)  # a world made anew must not reuse another's numbers
        bot = Bot(User(id=bot_id, is_bot=True, first_name=name.strip()[:64], username=username), new_token(bot_id))
        self.bots[bot_id] = bot
        return bot

    def make_person(self, name: str, username: str | None = None) -> User:
        """Make somebody who can write."""
        person = User(
            id=500_000_000 + self._next(), is_bot=False, first_name=name[:64], username=username, language_code="tr"
        )
        self.people[person.id] = person
        return person

    def make_room(self, kind: str, title: str, *, forum: bool = False) -> Room:
        """Make a group, a supergroup or a channel."""
        number = self._next()
        chat_id = -4_000_000_000 - number if kind == "group" else -1_002_000_000_000 - number
        room = Room(Chat(id=chat_id, type=kind, title=title[:128], is_forum=forum), last_id=GENERAL if forum else 0)
        self.rooms[room.key] = room
        return room

    def private_room(self, bot_id: int, person: User) -> Room:
        """Return the chat of a bot and a person, made when it is missing."""
        room = self.rooms.get(f"{bot_id}:{person.id}")
        if room is None:
            chat = Chat(id=person.id, type="private", first_name=person.first_name, username=person.username)
            room = Room(chat, bot_id=bot_id, members={person.id: Member("member"), bot_id: Member("member")})
            self.rooms[room.key] = room
        return room

    def users(self) -> Iterator[User]:
        """Go through bots and people."""
        for bot in self.bots.values():
            yield bot.user
        yield from self.people.values()

    def user(self, user_id: int) -> User:
        """Return a bot's or a person's user; raises `WorldMissing`."""
        if user_id in self.bots:
            return self.bots[user_id].user
        return self.person(user_id)

    def bot(self, bot_id: int) -> Bot:
        """Return a bot; raises `WorldMissing`."""
        bot = self.bots.get(bot_id)
        if bot is None:
            raise WorldMissing(id=bot_id)
        return bot

    def person(self, person_id: int) -> User:
        """Return a person; raises `WorldMissing`."""
        person = self.people.get(person_id)
        if person is None:
            raise WorldMissing(id=person_id)
        return person

    def room(self, key: str) -> Room:
        """Return a chat by its key; raises `WorldMissing`."""
        room = self.rooms.get(key)
        if room is None:
            raise WorldMissing(id=key[:64])
        return room

    def _next(self) -> int:
        self.made += 1
        return self.made


def first_world() -> World:
    """Return what a first start finds: three people, a group, and a forum with two topics."""
    world = World()
    people = [world.make_person(name) for name in ("Üye Bir", "Üye İki", "Üye Üç")]
    group = world.make_room("group", "Deneme Grubu")
    forum = world.make_room("supergroup", "Deneme Forumu", forum=True)
    for room in (group, forum):
        room.members = {person.id: Member("member") for person in people}
        room.members[people[0].id] = Member("creator")
    for name in ("Duyurular", "Sohbet"):
        forum.topics[forum.next_id()] = Topic(name)
    return world
