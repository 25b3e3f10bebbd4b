"""What a claimed send asks of Telegram, and what is read from the answer."""

from typing import Any, Final

from meydan.telegram.api import Upload
from meydan.telegram.events import SendKey
from meydan.telegram.journal import Ready
from meydan.telegram.troubles import Trouble

_FIELDS: Final = {"sendPhoto": "photo", "sendVoice": "voice", "sendDocument": "document"}


def params_of(key: SendKey, ready: Ready) -> tuple[dict[str, Any], str | None]:
    """Return the request's parameters, or why it cannot be made."""
    params = {**ready.claimed.params, "chat_id": key.chat_id}
    if ready.claimed.edits is not None:
        if ready.changes is None:
            return params, Trouble.NUMBER_UNKNOWN
        params["message_id"] = ready.changes
    if ready.claimed.media_id is not None:
        if ready.media is None:
            return params, Trouble.FILE_GONE
        field = _FIELDS.get(ready.claimed.method)
        if field is None:
            return params, Trouble.UNMADE
        params[field] = "attach://file"
    return params, None


def upload_of(ready: Ready) -> Upload | None:
    """Return the file that goes with the request."""
    media = ready.media
    return None if media is None else Upload("file", media.name, media.mime, media.content)


def message_id_of(result: Any) -> int | None:
    """Return the number of the message that was sent; of an album, that of its first."""
    if isinstance(result, list) and result:
        result = result[0]
    number = result.get("message_id") if isinstance(result, dict) else None
    return number if isinstance(number, int) and 0 < number < 2**53 else None
