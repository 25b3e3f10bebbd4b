"""Where messages pass: stored in their chat, brought to the bots that may see them, shown on the page."""

import re
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

from meydan.telegram.fake.failures import Failures
from meydan.telegram.fake.feed import Feed
from meydan.telegram.fake.files import FileStore
from meydan.telegram.fake.limits import FakeLimits, FloodControl
from meydan.telegram.fake.shapes import Message, User
from meydan.telegram.fake.updates import Mailbox
from meydan.telegram.fake.webhooks import Hook
from meydan.telegram.fake.world import GENERAL, RIGHTS, Bot, Member, Room, World, WorldMissing

Clock = Callable[[], float]


class Office:
    """The world and everything that moves in it."""

    def __init__(
        self, world: World, *, clock: Clock, limits: FakeLimits, files: Path | None, keep_arrivals: bool = False
    ) -> None:
        self.world = world
        self.clock = clock
        self.flood = FloodControl(limits, keep_arrivals=keep_arrivals)
        self.failures = Failures()
        self.feed = Feed()
        self.files = FileStore(world.files, files)
        self.tokens: dict[str, Bot] = {bot.token: bot for bot in world.bots.values() if not bot.revoked}
        self.mailboxes: dict[int, Mailbox] = {}
        self.hooks: dict[int, Hook] = {}
        self.presses: dict[str, tuple[int, int]] = {}  # a pressed button's query: bot, person
        self.changed = False

    def date(self) -> int:
        """Return the time that messages carry."""
        return int(time.time())

    def mailbox(self, bot_id: int) -> Mailbox:
        """Return a bot's updates."""
        box = self.mailboxes.get(bot_id)
        if box is None:
            box = self.mailboxes[bot_id] = Mailbox()
            box.next_number = self.world.bots[bot_id].next_update
        return box

    def make_bot(self, name: str, username: str) -> Bot:
        """Make a bot as BotFather would."""
        bot = self.world.make_bot(name, username)
        self.tokens[bot.token] = bot
        self.touch()
        return bot

    def message(self, room: Room, sender: User | None, *, topic: int | None = None, **content: Any) -> Message:
        """Make the next message of a room, not stored yet. In a channel the channel speaks, whoever writes."""
        number, channel = room.next_id(), room.chat.type == "channel"
        shown = None if channel else sender
        message = Message(message_id=number, date=self.date(), chat=room.chat, from_=shown, **content)
        if shown is None:
            message.sender_chat = room.chat
        if channel and sender is not None:
            room.authors[number] = sender.id
        if topic is not None and topic != GENERAL:
            message.message_thread_id, message.is_topic_message = topic, True
        return message

    def publish(self, room: Room, message: Message) -> Message:
        """Store a message and tell everybody who may see it."""
        room.keep(message)
        self._tell("channel_post" if room.chat.type == "channel" else "message", room, message)
        return message

    def changed_message(self, room: Room, message: Message) -> None:
        """Tell that a message was edited."""
        message.edit_date = self.date()
        self._tell("edited_channel_post" if room.chat.type == "channel" else "edited_message", room, message)

    def touch(self) -> None:
        """Take note that there is something to save, and show it on the page."""
        self.changed = True
        self.feed.put("world")

    def see(self, room: Room) -> None:
        """Show on the page that a chat's messages changed."""
        self.changed = True
        if self.feed.watched:
            self.feed.put("chat", room.key)

    def set_member(self, room: Room, user_id: int, member: Member, *, by: User) -> None:
        """Change how somebody stands in a chat, and tell the bots that learn of it."""
        user = self.world.user(user_id)
        old = room.members.get(user_id) or Member("left")
        room.members[user_id] = member
        update = {
            "chat": room.chat,
            "from": by,
            "date": self.date(),
            "old_chat_member": describe(old, user),
            "new_chat_member": describe(member, user),
        }
        if user.is_bot:
            self.mailbox(user_id).put("my_chat_member", update)
        for bot_id in self._bots(room):
            if bot_id != user_id and room.status(bot_id) == "administrator":
                self.mailbox(bot_id).put("chat_member", update)
        self.touch()

    def _tell(self, kind: str, room: Room, message: Message) -> None:
        self.see(room)
        author = room.author(message)
        if message.from_ is not None and author in self.world.bots:
            return  # bots do not see what bots write
        for bot_id in self._bots(room):
            # Nor is a bot told of its own posts in a channel, and of what others make of them.
            if bot_id != author and self.sees(self.world.bots[bot_id], room, message):
                self.mailbox(bot_id).put(kind, message)

    def _bots(self, room: Room) -> Iterable[int]:
        if room.bot_id:
            return (room.bot_id,)
        return [user_id for user_id in room.members if user_id in self.world.bots and room.present(user_id)]

    def sees(self, bot: Bot, room: Room, message: Message) -> bool:
        """Tell whether a bot gets a message; in groups, privacy mode decides."""
        status = room.status(bot.user.id)
        if room.chat.type == "private":
            return message.chat.id not in bot.blocked_by
        if room.chat.type == "channel":
            return status == "administrator"
        if not bot.privacy or status == "administrator" or message.service:
            return True
        answered = message.reply_to_message
        if answered is not None and answered.from_ is not None and answered.from_.id == bot.user.id:
            return True
        return _addressed(message.text or message.caption or "", bot.user.username or "")

    def find_bot(self, token: str) -> Bot | None:
        """Return whose token this is."""
        return self.tokens.get(token)

    def room_of_message(self, key: str, number: int) -> tuple[Room, Message]:
        """Return a chat and one of its messages; raises `WorldMissing`."""
        room = self.world.room(key)
        message = room.messages.get(number)
        if message is None:
            raise WorldMissing(id=f"{key}/{number}")
        return room, message


_COMMAND: Final = re.compile(r"/\w+(?:@(\w+))?", re.ASCII)


def _addressed(text: str, username: str) -> bool:
    """Tell whether a text is a command that may be this bot's, or names it."""
    command = _COMMAND.match(text)
    if command is not None:
        return command.group(1) is None or command.group(1).casefold() == username.casefold()
    return f"@{username}".casefold() in text.casefold()


def describe(member: Member, user: User) -> dict[str, Any]:
    """Return a `ChatMember`."""
    told: dict[str, Any] = {"status": member.status, "user": user}
    match member.status:
        case "creator":
            told["is_anonymous"] = False
        case "administrator":
            told |= {"can_be_edited": False, "is_anonymous": False}
            told |= dict.fromkeys((*RIGHTS, "can_pin_messages", "can_manage_topics"), False)
            told |= dict.fromkeys(member.rights, True)
        case "restricted":
            told |= dict.fromkeys(_MAY, False) | {"is_member": True, "until_date": 0}
        case "kicked":
            told["until_date"] = 0
    return told


_MAY: Final = (
    "can_send_messages", "can_send_audios", "can_send_documents", "can_send_photos", "can_send_videos",
    "can_send_video_notes", "can_send_voice_notes", "can_send_polls", "can_send_other_messages",
    "can_add_web_page_previews", "can_react_to_messages", "can_edit_tag", "can_change_info", "can_invite_users",
    "can_pin_messages", "can_manage_topics",
)  # fmt: skip
