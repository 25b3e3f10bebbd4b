"""How one client of Telegram is set up. Nothing here knows Telethon, a database, or the square."""

import platform
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from meydan import __version__
from meydan.platform.settings import load_settings
from meydan.telegram.client.errors import ApiKeysMissing


@dataclass(frozen=True)
class Server:
    """An MTProto server other than Telegram's own, such as a test server. `public_key` is RSA in PEM."""

    address: str
    port: int
    public_key: str = field(repr=False)
    dc_id: int = 2


@dataclass(frozen=True)
class ClientConfig:
    """One account or bot, and how to connect it. Raises `ApiKeysMissing`.

    `connection_retries` counts the attempts of `initialize` and `reconnect` after the first (below 0: without end);
    `retry_delay`, `timeout` and `flood_sleep_threshold` are seconds. A wait that Telegram asks for is waited out up to
    `flood_sleep_threshold`, a longer one is told to the caller. `phone` is whose account the session must be of.
    """

    session_name: str
    api_id: int
    api_hash: str = field(repr=False)
    bot_token: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    session_string: str | None = field(default=None, repr=False)
    device_model: str = "Meydan"
    system_version: str = field(default_factory=platform.system)
    app_version: str = __version__
    lang_code: str = "tr"
    connection_retries: int = 5
    retry_delay: float = 5
    timeout: float = 30
    flood_sleep_threshold: float = 60
    auto_reconnect: bool = True
    server: Server | None = None
    sessions_dir: Path = Path("sessions")
    redis_url: str = field(default="", repr=False)
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    def __post_init__(self) -> None:
        if not self.api_id or not self.api_hash:
            raise ApiKeysMissing
        if min(self.retry_delay, self.flood_sleep_threshold) < 0 or self.timeout <= 0:
            raise ValueError("delays and thresholds cannot be below 0, and no answer comes in no time")
        object.__setattr__(self, "sessions_dir", Path(self.sessions_dir))

    @classmethod
    def from_env(cls, session_name: str = "meydan", **given: Any) -> "ClientConfig":
        """Take TELEGRAM_API_ID, TELEGRAM_API_HASH, REDIS_URL and LOG_LEVEL from the environment or `.env`.

        Sessions are those of `meydan telegram login`, in the folder of MEYDAN_DATA_DIR. `given` are further fields, or
        others than the environment says.
        """
        settings = load_settings()
        found: dict[str, Any] = {
            "api_id": settings.telegram_api_id,
            "api_hash": settings.telegram_api_hash.get_secret_value(),
            "redis_url": settings.redis_url.get_secret_value(),
            "log_level": settings.log_level,
            "sessions_dir": settings.data_dir / "sessions",
        } | given
        return cls(session_name, **found)
