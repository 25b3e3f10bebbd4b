"""The webhook of a bot: where Telegram is told to bring its updates."""

from typing import Any, Final

from meydan.telegram.api import BotApi, Rejected
from meydan.telegram.happenings import Identity
from meydan.telegram.troubles import Trouble
from meydan.telegram.updates import WANTED

_AGAIN: Final = 3_600.0
_CONNECTIONS: Final = 10


async def set_webhook(api: BotApi, bot: Identity, *, public_url: str, secret: str) -> None:
    """Tell Telegram where a bot's updates go; raises a `TelegramFault`."""
    params: dict[str, Any] = {
        "url": f"{public_url}/api/v1/telegram/webhook/{bot.id}",
        "secret_token": secret,
        "allowed_updates": WANTED,
        "max_connections": _CONNECTIONS,
    }
    await api.call(bot.token, "setWebhook", params, trial=bot.trial)


async def keep_webhook(api: BotApi, bot: Identity, *, public_url: str, secret: str) -> float:
    """Tell Telegram again, also after this square has moved to another address; good for an hour."""
    if not public_url:
        raise Rejected(Trouble.NO_ADDRESS, code=0)
    await set_webhook(api, bot, public_url=public_url, secret=secret)
    return _AGAIN
