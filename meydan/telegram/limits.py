"""What Telegram permits, as sliding windows: at most `units` in any `seconds`."""

from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field


class Window(NamedTuple):
    """At most `units` in any period of `seconds`."""

    units: int
    seconds: float


class Ask(NamedTuple):
    """Something one bot wants to do in one chat. `chat_id` 0: it concerns no chat, only the bot's own limit counts.

    `group` chats have the slower windows too; `shared` chats are budgeted over all bots together as well.
    """

    bot_id: str
    chat_id: int
    group: bool = False
    cost: int = 1
    shared: bool = False


class TelegramLimits(BaseModel):
    """The budget that senders keep; section `telegram` of the live settings."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    chat_count: int = Field(3, ge=1, le=100, title="Sohbet başına kısa pencerede ileti")
    chat_seconds: float = Field(3.0, ge=0.01, le=60, title="Kısa pencere (sn)")
    group_per_minute: int = Field(20, ge=1, le=1_000, title="Grup başına dakikada ileti")
    bot_per_second: int = Field(30, ge=1, le=10_000, title="Bot başına saniyede istek")
    shared_per_minute: int = Field(20, ge=1, le=1_000, title="Simülasyon grubunda bütün botlara dakikada ileti")

    def chat_windows(self, *, group: bool) -> tuple[Window, ...]:
        """Return the windows of one bot in one chat."""
        short = Window(self.chat_count, self.chat_seconds)
        return (short, Window(self.group_per_minute, 60.0)) if group else (short,)

    def bot_windows(self) -> tuple[Window, ...]:
        """Return the windows of one bot over all its chats."""
        return (Window(self.bot_per_second, 1.0),)

    def shared_windows(self) -> tuple[Window, ...]:
        """Return the windows of one chat over all bots that speak in it."""
        return (Window(self.shared_per_minute, 60.0),)
