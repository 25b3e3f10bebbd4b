"""What people do: write, react, press buttons, add and remove bots."""

import secrets
from typing import Any, Final

from meydan.platform.errors import InvalidInput
from meydan.telegram.fake.answers import ApiError
from meydan.telegram.fake.entities import read
from meydan.telegram.fake.office import Office
from meydan.telegram.fake.polls import vote
from meydan.telegram.fake.shapes import Message, Poll, User, without_reply
from meydan.telegram.fake.world import RIGHTS, Bot, Member, Room, Topic, WorldMissing

_BOT_RIGHTS: Final = [*RIGHTS, "can_pin_messages", "can_manage_topics"]
_CHANNEL_RIGHTS: Final = [*RIGHTS, "can_post_messages", "can_edit_messages"]
_STANDINGS: Final = frozenset({"creator", "administrator", "member", "restricted", "left", "kicked"})


class People:
    """Everything that Telegram's own applications would be used for."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._world = office.world

    def ready_bot(self) -> Bot:
        """Return a bot to begin with, made and added to every group when there is none."""
        bot = next((bot for bot in self._world.bots.values() if not bot.revoked), None)
        if bot is None:
            bot = self._office.make_bot("Deneme Botu", "deneme_bot")
            for room in [room for room in self._world.rooms.values() if room.group]:
                self.set_member(room.key, bot.user.id, "administrator" if room.chat.is_forum else "member")
        return bot

    def make_chat(self, kind: str, title: str, *, forum: bool = False, members: list[int] | None = None) -> Room:
        """Make a group, a supergroup or a channel; the first member owns it, everybody there when none are named."""
        if kind not in ("group", "supergroup", "channel") or (forum and kind != "supergroup"):
            raise InvalidInput(field="type", reason="literal_error", expected="group, supergroup, channel")
        chosen = members if members is not None else list(self._world.people)
        users = [self._world.user(user_id) for user_id in chosen]
        room = self._world.make_room(kind, title, forum=forum)
        for user in users:
            room.members[user.id] = Member("member")
        if users:
            room.members[users[0].id] = Member("creator")
        self._office.touch()
        return room

    def make_person(self, name: str, username: str | None = None) -> User:
        """Make a person."""
        person = self._world.make_person(name, username)
        self._office.touch()
        return person

    def make_topic(self, key: str, name: str) -> int:
        """Make a topic of a forum and return its number."""
        room = self._world.room(key)
        if not room.chat.is_forum:
            raise InvalidInput(field="chat", reason="no_forum")
        return make_topic(self._office, room, self._owner(room), name)

    def set_member(self, key: str, user_id: int, status: str) -> None:
        """Add somebody to a chat, or change how they stand there, by the statuses of the Bot API."""
        room = self._world.room(key)
        user = self._world.user(user_id)
        if status not in _STANDINGS or room.bot_id:
            raise InvalidInput(field="status", reason="literal_error", expected=", ".join(sorted(_STANDINGS)))
        was = room.present(user_id)
        rights = _CHANNEL_RIGHTS if room.chat.type == "channel" else _BOT_RIGHTS
        owner = self._owner(room)
        member = Member(status, list(rights) if status == "administrator" else [])
        self._office.set_member(room, user_id, member, by=owner or user)
        if was != room.present(user_id) and room.chat.type != "channel":
            change: dict[str, Any] = {"left_chat_member": user} if was else {"new_chat_members": [user]}
            self._office.publish(room, self._office.message(room, owner or user, **change))

    def write(
        self, key: str, person_id: int, text: str, *, topic: int | None = None, reply_to: int | None = None
    ) -> Message:
        """Write as a person; in a channel the channel speaks."""
        room = self._world.room(key)
        person = self._present(room, person_id)
        formatted = read(text, None)
        if not formatted.text or formatted.length > 4096:
            raise InvalidInput(field="text", reason="length", least=1, most=4096)
        if topic and topic not in room.topics and topic != 1:
            raise WorldMissing(id=topic)
        answered = room.messages.get(reply_to) if reply_to else None
        return self._office.publish(
            room,
            self._office.message(
                room,
                person,
                topic=topic,
                text=formatted.text,
                entities=formatted.entities or None,
                reply_to_message=without_reply(answered) if answered is not None else None,
            ),
        )

    def edit(self, key: str, person_id: int, number: int, text: str) -> Message:
        """Change what a person wrote; a channel's posts also as somebody else who may edit them."""
        room, message = self._office.room_of_message(key, number)
        posted = message.sender_chat is not None and room.may(person_id, "can_edit_messages")
        if not (room.author(message) == person_id or posted) or message.text is None:
            raise WorldMissing(id=number)
        formatted = read(text, None)
        message.text, message.entities = formatted.text, formatted.entities or None
        self._office.changed_message(room, message)
        return message

    def start(self, bot_id: int, person_id: int) -> Message:
        """Open the private chat with a bot and press Start."""
        bot, person = self._world.bot(bot_id), self._world.person(person_id)
        room = self._world.private_room(bot.user.id, person)
        if person_id in bot.blocked_by:
            self.block(bot_id, person_id, blocked=False)
        self._office.touch()
        return self.write(room.key, person_id, "/start")

    def block(self, bot_id: int, person_id: int, *, blocked: bool) -> None:
        """Block a bot as a person, or let it write again."""
        bot, person = self._world.bot(bot_id), self._world.person(person_id)
        if (person_id in bot.blocked_by) == blocked:
            return
        room = self._world.private_room(bot_id, person)
        if blocked:
            bot.blocked_by.append(person_id)
        else:
            bot.blocked_by.remove(person_id)
        self._office.set_member(room, bot_id, Member("kicked" if blocked else "member"), by=person)

    def react(self, key: str, person_id: int, number: int, emoji: str | None) -> None:
        """React to a message, or take the reaction back."""
        room, message = self._office.room_of_message(key, number)
        person = self._present(room, person_id)
        reactions = room.reactions.setdefault(number, {})
        old = reactions.pop(person_id, [])
        new = [{"type": "emoji", "emoji": emoji}] if emoji else []
        if new:
            reactions[person_id] = new
        update = {
            "chat": room.chat,
            "message_id": message.message_id,
            "user": person,
            "date": self._office.date(),
            "old_reaction": old,
            "new_reaction": new,
        }
        for bot_id in list(self._world.bots):
            if room.bot_id == bot_id or room.status(bot_id) == "administrator":
                self._office.mailbox(bot_id).put("message_reaction", update)
        self._office.see(room)

    def vote(self, key: str, person_id: int, number: int, options: list[int]) -> Poll:
        """Vote in a poll as a person; no options take the vote back."""
        room, message = self._office.room_of_message(key, number)
        return vote(self._office, room, message, person=self._present(room, person_id), options=options)

    def press(self, key: str, person_id: int, number: int, data: str) -> str:
        """Press a button under a bot's message and return the number of the query."""
        room, message = self._office.room_of_message(key, number)
        person = self._present(room, person_id)
        rows = (message.reply_markup or {}).get("inline_keyboard", [])
        bot_id = room.author(message)
        if bot_id not in self._world.bots or not any(b.get("callback_data") == data for row in rows for b in row):
            raise WorldMissing(id=data[:64])
        query = str(secrets.randbelow(10**18))
        self._office.presses[query] = (bot_id, person_id)
        self._office.mailbox(bot_id).put(
            "callback_query",
            {"id": query, "from": person, "message": message, "chat_instance": str(abs(room.chat.id)), "data": data},
        )
        return query

    def migrate(self, key: str) -> Room:
        """Make a supergroup of a group, as Telegram does by itself when a group grows."""
        old = self._world.room(key)
        if old.chat.type != "group" or old.migrated_to is not None:
            raise InvalidInput(field="chat", reason="only_group")
        new = self._world.make_room("supergroup", old.chat.title or "")
        new.members = dict(old.members)
        owner = self._owner(old)
        self._office.publish(old, self._office.message(old, owner, migrate_to_chat_id=new.chat.id))
        old.migrated_to = new.chat.id
        self._office.publish(new, self._office.message(new, owner, migrate_from_chat_id=old.chat.id))
        self._office.touch()
        return new

    def set_privacy(self, bot_id: int, *, privacy: bool) -> None:
        """Choose whether a bot sees all that is said in its groups."""
        self._world.bot(bot_id).privacy = privacy
        self._office.touch()

    def revoke(self, bot_id: int) -> None:
        """Take a bot's token away: it is told 401 from now on."""
        bot = self._world.bot(bot_id)
        self._office.tokens.pop(bot.token, None)
        bot.revoked = True
        self._office.mailbox(bot_id).end_poll(ApiError(401, "Unauthorized"))
        hook = self._office.hooks.pop(bot_id, None)
        if hook is not None:
            hook.stop()
        self._office.touch()

    def _present(self, room: Room, person_id: int) -> User:
        person = self._world.person(person_id)
        if not room.present(person_id) or room.migrated_to is not None:
            raise WorldMissing(id=person_id)
        return person

    def _owner(self, room: Room) -> User | None:
        owner = next((user_id for user_id, member in room.members.items() if member.status == "creator"), None)
        return self._world.user(owner) if owner is not None else None


def make_topic(office: Office, room: Room, by: User | None, name: str, *, color: int = 7322096) -> int:
    """Make a topic; its number is that of the message that tells of it."""
    told = {"name": name, "icon_color": color}
    message = office.message(room, by, forum_topic_created=told)
    message.message_thread_id, message.is_topic_message = message.message_id, True
    room.topics[message.message_id] = Topic(name, color)
    office.publish(room, message)
    office.touch()
    return message.message_id
