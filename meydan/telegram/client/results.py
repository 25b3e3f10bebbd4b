"""How a send ended, and what each of Telegram's errors means for it."""

import errno
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, NamedTuple

from telethon import errors

from meydan.platform.texts import Language, text
from meydan.telegram.client.retry import RetryConfig


class MessageResult(StrEnum):
    """How a send ended."""

    SUCCESS = "success"
    FLOOD_WAIT = "flood_wait"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    TOO_LONG = "too_long"
    FAILED = "failed"


@dataclass(frozen=True)
class SendResult:
    """How a send ended. Times are seconds.

    `retry_after`: when the same send may be tried again, if it is worth it. `flood_wait_time`: how long Telegram asked
    to wait. `code`: Telegram's own name of the error. `message_id` is `None` also when Telegram has the message for
    certain but did not tell its number.
    """

    result: MessageResult
    message_id: int | None = None
    error: str | None = None
    retry_after: float | None = None
    flood_wait_time: float | None = None
    code: str | None = None

    @property
    def success(self) -> bool:
        """Whether Telegram has the message."""
        return self.result is MessageResult.SUCCESS


class Again(StrEnum):
    """For what reason a send may be tried again."""

    NO = "no"
    FLOOD = "flood"
    SERVER = "server"
    NETWORK = "network"


class Hold(StrEnum):
    """Whom a wait that Telegram asks for concerns."""

    NOBODY = "nobody"
    PEER = "peer"
    SLOW_MODE = "slow_mode"  # of this chat alone: no sign that the account sends too much


class Verdict(NamedTuple):
    """What an error means: how the send ended, whether it may be tried again, who waits how long.

    `dead`: Telegram has ended the session.
    """

    result: MessageResult
    code: str
    again: Again = Again.NO
    hold: Hold = Hold.NOBODY
    seconds: float = 0.0
    dead: bool = False

    def may_retry(self, config: RetryConfig) -> bool:
        """Tell whether `config` wants this tried again."""
        return {
            Again.NO: False,
            Again.FLOOD: config.retry_on_flood,
            Again.SERVER: config.retry_on_server_error,
            Again.NETWORK: config.retry_on_network_error,
        }[self.again]


_DEAD: Final = (
    errors.AuthKeyDuplicatedError,
    errors.AuthKeyUnregisteredError,
    errors.AuthKeyInvalidError,
    errors.SessionRevokedError,
    errors.SessionExpiredError,
    errors.UserDeactivatedError,
    errors.UserDeactivatedBanError,
)
_WAITS: Final = (errors.FloodWaitError, errors.FloodPremiumWaitError)
_FORBIDDEN: Final = (
    errors.ForbiddenError,
    errors.ChannelPrivateError,
    errors.ChatAdminRequiredError,
    errors.ChatRestrictedError,
    errors.PeerFloodError,
    errors.UserBannedInChannelError,
    errors.UserIsBlockedError,
    errors.UserIsBotError,
    errors.YouBlockedUserError,
)
_NOT_FOUND: Final = (
    errors.ChannelInvalidError,
    errors.ChatIdInvalidError,
    errors.InputUserDeactivatedError,
    errors.InviteHashExpiredError,
    errors.InviteHashInvalidError,
    errors.PeerIdInvalidError,
    errors.PhoneNotOccupiedError,
    errors.UserIdInvalidError,
    errors.UsernameInvalidError,
    errors.UsernameNotOccupiedError,
)
_NETWORK: Final = (
    OSError,  # TimeoutError and ConnectionError among them
    EOFError,
    errors.BadMessageError,  # this and the next three: an answer that came torn, or from somebody else
    errors.InvalidBufferError,
    errors.InvalidChecksumError,
    errors.SecurityError,
    errors.TypeNotFoundError,
    errors.AuthKeyNotFound,  # of the transport: it may pass, unlike AUTH_KEY_UNREGISTERED
)
_MEANINGS: Final[tuple[tuple[Any, Verdict], ...]] = (
    (_DEAD, Verdict(MessageResult.FAILED, "", dead=True)),
    (errors.SlowModeWaitError, Verdict(MessageResult.FLOOD_WAIT, "", Again.FLOOD, Hold.SLOW_MODE)),
    (_WAITS, Verdict(MessageResult.FLOOD_WAIT, "", Again.FLOOD, Hold.PEER)),
    (_NOT_FOUND, Verdict(MessageResult.NOT_FOUND, "")),
    (_FORBIDDEN, Verdict(MessageResult.FORBIDDEN, "")),
    ((errors.MessageTooLongError, errors.MediaCaptionTooLongError), Verdict(MessageResult.TOO_LONG, "")),
    ((errors.ServerError, errors.TimedOutError), Verdict(MessageResult.FAILED, "", Again.SERVER)),
    (_NETWORK, Verdict(MessageResult.FAILED, "", Again.NETWORK)),
    (ValueError, Verdict(MessageResult.NOT_FOUND, "PEER_NOT_FOUND")),  # of Telethon's search for a peer
)
_WORD_START: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def classify(error: BaseException) -> Verdict:
    """Return what an error of Telethon or of the network means for the send that it ended."""
    code = name_of(error)
    for kinds, verdict in _MEANINGS:
        if isinstance(error, kinds):
            seconds = max(float(error.seconds), 1.0) if verdict.hold is not Hold.NOBODY else 0.0
            return verdict._replace(code=verdict.code or code, seconds=seconds)
    return Verdict(MessageResult.FAILED, code)


def name_of(error: BaseException) -> str:
    """Return Telegram's name of an error, such as CHAT_WRITE_FORBIDDEN; of others that of their class, so spelled.

    Of the system it is the system's name, such as ENETUNREACH.
    """
    if type(error) is OSError and (known := errno.errorcode.get(error.errno or 0)):
        return known
    if type(error) in (errors.RPCError, *errors.rpcbaseerrors.base_errors.values()):
        message = getattr(error, "message", None)
        if isinstance(message, str) and re.fullmatch(r"[A-Z][A-Z0-9_]{2,63}", message):
            return message
    return _WORD_START.sub("_", type(error).__name__.removesuffix("Error")).upper() or "ERROR"


def explained(result: MessageResult, language: Language, *, code: str, seconds: float = 0.0) -> str:
    """Return in words how a send ended badly."""
    return text(language, f"telegram_client.send.{result}", code=code, seconds=round(seconds))
