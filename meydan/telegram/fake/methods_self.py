"""Methods about the bot itself and its updates."""

from typing import Any
from urllib.parse import urlsplit

from meydan.telegram.fake.answers import ApiError
from meydan.telegram.fake.methods import Call, method, perform
from meydan.telegram.fake.updates import names
from meydan.telegram.fake.webhooks import Hook

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@method("getMe")
def get_me(call: Call) -> dict[str, Any]:
    """Tell who the bot is."""
    user = call.bot.user
    return {
        "id": user.id,
        "is_bot": True,
        "first_name": user.first_name,
        "username": user.username,
        "can_join_groups": True,
        "can_read_all_group_messages": not call.bot.privacy,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


@method("logOut")
@method("close")
def close(_: Call) -> bool:
    """Do nothing: this server is the only one there is."""
    return True


@method("setWebhook")
def set_webhook(call: Call) -> bool:
    """Bring updates to an address from now on."""
    params, office = call.params, call.office
    url = params.text("url") or ""
    if not url:
        return _unhook(call)
    _check_address(url)
    secret = params.text("secret_token") or ""
    if secret and not (len(secret) <= 256 and secret.replace("-", "").replace("_", "").isalnum() and secret.isascii()):
        raise ApiError.bad("secret token contains unallowed characters")
    box = office.mailbox(call.bot_id)
    box.want(params.parsed("allowed_updates", list[str], wrong="can't parse allowed updates JSON array"))
    if params.flag("drop_pending_updates"):
        box.clear()
    old = office.hooks.pop(call.bot_id, None)
    if old is not None:
        old.stop()
    box.end_poll(ApiError(409, "Conflict: terminated by setWebhook request"))
    hook = office.hooks[call.bot_id] = Hook(
        url,
        secret,
        params.integer("max_connections") or 40,
        box,
        lambda name, given: perform(office, call.bot, name, given),
    )
    hook.start()
    office.touch()
    return True


@method("deleteWebhook")
def delete_webhook(call: Call) -> bool:
    """Keep updates for polling again."""
    return _unhook(call)


def _check_address(url: str) -> None:
    try:
        parts = urlsplit(url)
    except ValueError:
        raise ApiError.bad("bad webhook: invalid webhook URL specified") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ApiError.bad("bad webhook: An HTTPS URL must be provided for webhook")
    if parts.hostname not in _LOOPBACK:
        raise ApiError.bad("bad webhook: this fake Telegram calls addresses of this machine only")


def _unhook(call: Call) -> bool:
    hook = call.office.hooks.pop(call.bot_id, None)
    if hook is not None:
        hook.stop()
    if call.params.flag("drop_pending_updates"):
        call.office.mailbox(call.bot_id).clear()
    call.office.touch()
    return True


@method("getWebhookInfo")
def get_webhook_info(call: Call) -> dict[str, Any]:
    """Tell where updates go and how many wait."""
    box = call.office.mailbox(call.bot_id)
    hook = call.office.hooks.get(call.bot_id)
    told: dict[str, Any] = {
        "url": hook.url if hook is not None else "",
        "has_custom_certificate": False,
        "pending_update_count": len(box.pending),
        "allowed_updates": names(box.wanted),
    }
    if hook is not None:
        told |= {"max_connections": hook.connections, "ip_address": "127.0.0.1"}
        if hook.last_error:
            told |= {"last_error_date": hook.last_error_date, "last_error_message": hook.last_error}
    return told


@method("setMyCommands")
def set_my_commands(call: Call) -> bool:
    """Set the bot's menu."""
    commands = call.params.parsed("commands", list[dict[str, str]], wrong="can't parse commands JSON array") or []
    for item in commands:
        if not 1 <= len(item.get("command", "")) <= 32:
            raise ApiError.bad("BOT_COMMAND_INVALID")
        if not item.get("description"):
            raise ApiError.bad("command description is empty")
    call.bot.commands[_scope(call)] = commands
    call.office.touch()
    return True


@method("deleteMyCommands")
def delete_my_commands(call: Call) -> bool:
    """Take the bot's menu away."""
    call.bot.commands.pop(_scope(call), None)
    call.office.touch()
    return True


@method("getMyCommands")
def get_my_commands(call: Call) -> list[dict[str, str]]:
    """Tell the bot's menu."""
    return call.bot.commands.get(_scope(call), [])


def _scope(call: Call) -> str:
    scope = call.params.parsed("scope", dict[str, Any], wrong="can't parse bot command scope JSON object") or {}
    parts = (
        scope.get("type", "default"),
        scope.get("chat_id"),
        scope.get("user_id"),
        call.params.text("language_code"),
    )
    return ":".join(str(part) for part in parts if part)
