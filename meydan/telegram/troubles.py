"""Why a send or a bot failed, as it is stored: Telegram's own words, or a code of ours where it said nothing.

A code may be followed by what a machine said, as in `telegram_unanswered: TimeoutError`.
"""

from enum import StrEnum
from typing import Final

from meydan.platform.reasons import Reason
from meydan.platform.texts import Language
from meydan.platform.turkish import tr_upper


class Trouble(StrEnum):
    """What went wrong on this side of Telegram; a code of the catalogues' `[reason]`."""

    FILE_GONE = "send_file_gone"
    NUMBER_UNKNOWN = "send_number_unknown"
    OTHER_PROCESS = "send_other_process"
    INTERNAL = "send_internal"
    UNMADE = "send_unmade"
    NO_FAKE = "telegram_no_fake"
    NO_ADDRESS = "telegram_no_address"
    UNREACHED = "telegram_unreached"
    UNANSWERED = "telegram_unanswered"
    ODD_ANSWER = "telegram_odd_answer"
    UNSAID = "telegram_unsaid"
    TOKEN_SEALED = "telegram_token_sealed"  # noqa: S105  # no secret

    def of(self, said: str) -> str:
        """Return what is stored of this trouble, with what a machine said of it."""
        return f"{self}{_BETWEEN}{said}"


_BETWEEN: Final = ": "


def reason_of(stored: str) -> Reason | None:
    """Return the reason that a code stands for; nothing when Telegram said it."""
    code, _, said = stored.partition(_BETWEEN)
    return Reason(code, {"said": said}) if code in set(Trouble) else None


def told(stored: str | None, language: Language) -> dict[str, str | None]:
    """Return an error as a reader of this language is told it, and its code, where it has one."""
    reason = None if stored is None else reason_of(stored)
    if reason is None:
        return {"error": stored, "error_reason": None}
    words = reason.words(language)
    first = tr_upper(words[0]) if language == "tr" else words[0].upper()
    return {"error": first + words[1:], "error_reason": reason.code}
