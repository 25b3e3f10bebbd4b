"""Tokens of bots that live in the fake Telegram; nobody takes them for real ones."""

import re
import secrets
from typing import Final

_MARK: Final = "AAFakeMeydan"
_SECRET_LENGTH: Final = 35
_FAKE: Final = re.compile(rf"\d{{1,20}}:{_MARK}[\w-]{{{_SECRET_LENGTH - len(_MARK)}}}", re.ASCII)


def new_token(bot_id: int) -> str:
    """Return a fresh token, shaped as Telegram's are."""
    return f"{bot_id}:{_MARK}{secrets.token_urlsafe(_SECRET_LENGTH)[: _SECRET_LENGTH - len(_MARK)]}"


def is_fake_token(token: str) -> bool:
    """Tell whether a fake Telegram gave out this token."""
    return _FAKE.fullmatch(token) is not None
