"""What people do in the fake Telegram, said in the words of a square's tests: its bots, by their ids here."""

from meydan.telegram.fake.server import FakeTelegram
from meydan.telegram.fake.tokens import new_token
from meydan.telegram.fake.world import Room


def bots(fake: FakeTelegram, *usernames: str) -> list[int]:
    """Return the numbers of bots by their usernames; all of them when none are named."""
    return [number for number, bot in fake.office.world.bots.items() if not usernames or bot.user.username in usernames]


def a_person(fake: FakeTelegram, username: str = "deneme_bot", *, name: str = "Kişi") -> int:
    """Let a new person open a chat with a bot, and return the chat."""
    person = fake.people.make_person(name)
    (bot,) = bots(fake, username)
    fake.people.start(bot, person.id)
    return person.id


def a_group(fake: FakeTelegram, *usernames: str, kind: str = "group", forum: bool = False) -> int:
    """Make a group with these bots in it, as administrators."""
    room = fake.people.make_chat(kind, "Piyasa", forum=forum)
    for bot in bots(fake, *usernames):
        fake.people.set_member(room.key, bot, "administrator")
    return room.chat.id


def a_forum(fake: FakeTelegram, *usernames: str, topic: str) -> tuple[int, int]:
    """Make a forum with one topic."""
    chat = a_group(fake, *usernames, kind="supergroup", forum=True)
    return chat, fake.people.make_topic(str(chat), topic)


def say(fake: FakeTelegram, chat: int, text: str) -> None:
    """Write as somebody who is in the chat."""
    room = _room(fake, chat)
    person = next(number for number in fake.office.world.people if room.present(number))
    fake.people.write(room.key, person, text)


def texts(fake: FakeTelegram, chat: int) -> list[str]:
    """Return what bots have said in a chat, as it stands now."""
    return [
        message.text or message.caption or ""
        for message in _room(fake, chat).messages.values()
        if message.from_ is not None and message.from_.is_bot and (message.text or message.caption)
    ]


def kick(fake: FakeTelegram, chat: int, username: str = "deneme_bot") -> None:
    """Put a bot out of a group."""
    fake.people.set_member(str(chat), bots(fake, username)[0], "kicked")


def new_token_for(fake: FakeTelegram, username: str = "deneme_bot") -> str:
    """Revoke a bot's token and return its next one."""
    (number,) = bots(fake, username)
    fake.people.revoke(number)
    bot = fake.office.world.bots[number]
    bot.token, bot.revoked = new_token(number), False
    fake.office.tokens[bot.token] = bot
    return bot.token


def _room(fake: FakeTelegram, chat: int) -> Room:
    return next(room for room in fake.office.world.rooms.values() if room.chat.id == chat)
