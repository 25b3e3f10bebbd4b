"""Telegram: a fleet of Bot API bots behind an outbox, a fake Telegram to try it with, and a client module.

The client module's names are loaded when they are first asked for, so that bots need no Telethon and a client needs
neither a database nor the square.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from meydan.telegram.client.config import ClientConfig, Server
    from meydan.telegram.client.manager import TelegramClientManager
    from meydan.telegram.client.pool import TelegramClientPool
    from meydan.telegram.client.redis_state import redis_state
    from meydan.telegram.client.results import MessageResult, SendResult
    from meydan.telegram.client.retry import RetryConfig
    from meydan.telegram.client.status import ConnectionStatus

__all__ = [
    "ClientConfig",
    "ConnectionStatus",
    "MessageResult",
    "RetryConfig",
    "SendResult",
    "Server",
    "TelegramClientManager",
    "TelegramClientPool",
    "redis_state",
]

_HOMES: Final = {
    "ClientConfig": "config",
    "ConnectionStatus": "status",
    "MessageResult": "results",
    "RetryConfig": "retry",
    "SendResult": "results",
    "Server": "config",
    "TelegramClientManager": "manager",
    "TelegramClientPool": "pool",
    "redis_state": "redis_state",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f"{__name__}.client.{_HOMES[name]}"), name)
    return found
