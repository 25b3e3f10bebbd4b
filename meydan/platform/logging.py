"""One stream of log lines, JSON for machines or colours for people, with request ids and without secrets.

Our own lines and those of libraries (through the standard library's loggers) pass the same processors. What a line may
not show is hidden twice: by the name of its key, and by the look of its value wherever it stands.
"""

import logging
import re
import sys
from collections.abc import Mapping
from typing import Any, Final, Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

HIDDEN: Final = "***"

_SECRET_WORDS: Final = frozenset(
    {"anahtar", "apikey", "authorization", "bearer", "bilet", "cookie", "cookies", "credential", "credentials", "jwt"}
    | {"key", "keys", "parola", "passwd", "password", "passwords", "pwd", "secret", "secrets", "sifre", "ticket"}
    | {"token", "tokens"}
)
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_DEPTH: Final = 6

_PATTERNS: Final = (
    (re.compile(r"(://[^\s:@/]*:)[^\s\"'<>]*@"), rf"\1{HIDDEN}@"),  # a password in a URL
    (re.compile(r"(?i)\b(bearer\s+)[\w.~+/=-]{8,}"), rf"\1{HIDDEN}"),
    (
        re.compile(
            r"(?i)([?&#](?:[\w-]*token|bilet|anahtar|kod|code|[\w-]*key|[\w-]*password|[\w-]*secret|sig|signature)=)[^&\s\"'#]+"
        ),
        rf"\1{HIDDEN}",
    ),
    (re.compile(r"\bgAAAAA[A-Za-z0-9_-]{40,}={0,2}"), HIDDEN),  # Fernet
    (re.compile(r"\beyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]*"), HIDDEN),  # JWT
    (re.compile(r"(?<!\d)\d+:[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])"), HIDDEN),  # Telegram bot token
    (re.compile(r"\bmk_[A-Za-z0-9_-]{8,}"), HIDDEN),  # our API keys
)
_CHATTY: Final = ("alembic", "asyncio", "httpcore", "httpx", "multipart", "picows", "sqlalchemy", "telethon")


def configure_logging(
    *,
    level: Literal["debug", "info", "warning", "error"] = "info",
    style: Literal["json", "console"] = "json",
    stream: TextIO | None = None,
) -> None:
    """Send every log line of the process to `stream` (standard error); may be called again to change it."""
    threshold = logging.getLevelNamesMapping()[level.upper()]
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        redact,
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _renderer(style, handler.stream)],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(threshold)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    logging.getLogger("uvicorn.access").setLevel(logging.WARNING)  # `platform.http` writes the access lines
    for name in _CHATTY:
        logging.getLogger(name).setLevel(threshold if level == "debug" else max(threshold, logging.WARNING))
    logging.captureWarnings(capture=True)


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Hide what must not be read: values under telling names, and secrets anywhere in a text."""
    return {name: _shown(name, value, 0) for name, value in event.items()}


def hide_secrets(text: str) -> str:
    """Return `text` with everything that looks like a secret replaced."""
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


def is_secret_name(name: str) -> bool:
    """Tell whether a value under `name` is to be hidden: one of the words in it says so."""
    words = {word.casefold() for word in _WORD.findall(name)}
    return not words.isdisjoint(_SECRET_WORDS) or name.casefold() in _SECRET_WORDS


def _shown(name: str, value: Any, depth: int) -> Any:
    if value is None or isinstance(value, (bool, logging.LogRecord)):
        return value
    if (name != "event" and is_secret_name(name)) or depth > _DEPTH:
        return HIDDEN
    if isinstance(value, (int, float)):
        return value
    if isinstance(value, Mapping):
        return {key: _shown(str(key), item, depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_shown("", item, depth + 1) for item in value]
    return hide_secrets(str(value))


def _renderer(style: Literal["json", "console"], stream: TextIO) -> Processor:
    if style == "json":
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    return structlog.dev.ConsoleRenderer(colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback)
