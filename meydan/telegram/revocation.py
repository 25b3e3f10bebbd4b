"""Whether a token is gone, once Telegram has answered as if it were."""

from meydan.telegram.api import BotApi, TelegramFault, Unauthorized
from meydan.telegram.happenings import Identity

_SECONDS = 10.0


async def is_revoked(api: BotApi, bot: Identity) -> bool | None:
    """Ask `getMe`, whose answer depends on nothing but the token; nothing when it has none to give."""
    try:
        await api.call(bot.token, "getMe", {}, trial=bot.trial, seconds=_SECONDS)
    except Unauthorized:
        return True
    except TelegramFault:
        return None
    return False
