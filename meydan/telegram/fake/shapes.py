"""The objects of the Bot API, as far as the fake Telegram speaks of them. Named as Telegram names them."""

from typing import Any

import msgspec
from msgspec.structs import replace

MEDIA = ("photo", "video", "audio", "voice", "document")
"""What is sent as a file and may have a caption."""


class _Shape(msgspec.Struct, omit_defaults=True, kw_only=True):
    """What is left at its default is left out, as Telegram does."""


class User(_Shape):
    """A person or a bot."""

    id: int
    is_bot: bool
    first_name: str
    username: str | None = None
    language_code: str | None = None


class Chat(_Shape):
    """A chat as it stands in messages."""

    id: int
    type: str
    title: str | None = None
    first_name: str | None = None
    username: str | None = None
    is_forum: bool = False


class Entity(_Shape):
    """A formatted piece of a text; offset and length in UTF-16 units."""

    type: str
    offset: int
    length: int
    url: str | None = None
    user: User | None = None
    language: str | None = None
    custom_emoji_id: str | None = None
    unix_time: int | None = None
    date_time_format: str | None = None


class File(_Shape):
    """A file as `getFile` tells of it."""

    file_id: str
    file_unique_id: str
    file_size: int = 0
    file_path: str | None = None


class Media(_Shape):
    """A voice message, a document, or one size of a photo."""

    file_id: str
    file_unique_id: str
    file_size: int = 0
    width: int | None = None
    height: int | None = None
    duration: int | None = None
    mime_type: str | None = None
    file_name: str | None = None
    performer: str | None = None
    title: str | None = None


class Sticker(_Shape):
    """A sticker; it belongs to no set here."""

    file_id: str
    file_unique_id: str
    type: str
    width: int
    height: int
    is_animated: bool
    is_video: bool
    emoji: str | None = None
    file_size: int = 0


class PollOption(_Shape):
    """What can be chosen in a poll."""

    persistent_id: str
    text: str
    voter_count: int
    text_entities: list[Entity] | None = None


class Poll(_Shape):
    """A poll as it stands."""

    id: str
    question: str
    options: list[PollOption]
    total_voter_count: int
    is_closed: bool
    is_anonymous: bool
    type: str
    allows_multiple_answers: bool
    allows_revoting: bool
    members_only: bool
    question_entities: list[Entity] | None = None
    correct_option_id: int | None = None
    correct_option_ids: list[int] | None = None
    explanation: str | None = None
    explanation_entities: list[Entity] | None = None


class MessageId(_Shape):
    """The answer to a copy."""

    message_id: int


class Message(_Shape):
    """A message, or something that happened in a chat."""

    message_id: int
    date: int
    chat: Chat
    from_: User | None = msgspec.field(name="from", default=None)
    sender_chat: Chat | None = None
    message_thread_id: int | None = None
    is_topic_message: bool = False
    forward_origin: dict[str, Any] | None = None
    reply_to_message: "Message | None" = None
    edit_date: int | None = None
    has_protected_content: bool = False
    media_group_id: str | None = None
    text: str | None = None
    entities: list[Entity] | None = None
    link_preview_options: dict[str, Any] | None = None
    photo: list[Media] | None = None
    voice: Media | None = None
    document: Media | None = None
    video: Media | None = None
    audio: Media | None = None
    sticker: Sticker | None = None
    poll: Poll | None = None
    caption: str | None = None
    caption_entities: list[Entity] | None = None
    reply_markup: dict[str, Any] | None = None
    new_chat_members: list[User] | None = None
    left_chat_member: User | None = None
    new_chat_title: str | None = None
    group_chat_created: bool = False
    migrate_to_chat_id: int | None = None
    migrate_from_chat_id: int | None = None
    pinned_message: "Message | None" = None
    forum_topic_created: dict[str, Any] | None = None
    forum_topic_edited: dict[str, Any] | None = None
    forum_topic_closed: dict[str, Any] | None = None
    forum_topic_reopened: dict[str, Any] | None = None

    @property
    def service(self) -> bool:
        """Tell whether this says what happened rather than what somebody wrote."""
        return all(getattr(self, name) is None for name in ("text", *MEDIA, "sticker", "poll"))


def without_reply(message: Message) -> Message:
    """Return a message without what it answers or pins: such are told one deep."""
    return replace(message, reply_to_message=None, pinned_message=None)
