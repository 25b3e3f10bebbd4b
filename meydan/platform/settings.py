"""Settings of one process, from the environment and `.env`; read once, never changed.

What an operator changes while the program runs is in `live_settings`.
"""

import contextlib
import secrets
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class SettingsError(Exception):
    """The environment or `.env` cannot be used; each line of the text names a variable and says why."""


class Settings(BaseSettings):
    """Everything the environment decides. Secrets are `SecretStr`, so that printing this object shows none."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8", env_ignore_empty=True, extra="ignore", frozen=True
    )

    host: str = Field("127.0.0.1", validation_alias="MEYDAN_HOST", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, validation_alias="MEYDAN_PORT", description="Port to listen on.")
    data_dir: Path = Field(
        Path("data"),
        validation_alias="MEYDAN_DATA_DIR",
        description="Private folder for the SQLite file, keys and uploads; made with mode 700.",
    )
    public_url: str = Field(
        "",
        validation_alias="MEYDAN_PUBLIC_URL",
        description="Origin people reach the square at, such as https://meydan.example. Once set, guests are off "
        "unless MEYDAN_GUESTS says otherwise, and cookies are marked Secure when it is https.",
    )
    guests: bool | None = Field(
        None,
        validation_alias="MEYDAN_GUESTS",
        description="Whether people may enter without an account. Empty: yes while MEYDAN_PUBLIC_URL is empty.",
    )
    database_url: str = Field(
        "",
        validation_alias="DATABASE_URL",
        description="Empty: SQLite in the data folder. Else sqlite:///path or postgresql://user:password@host/name.",
    )
    redis_url: SecretStr = Field(
        SecretStr(""),
        validation_alias="REDIS_URL",
        description="Empty: one process, no Redis. Needed for several nodes.",
    )
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        validation_alias="ALLOWED_ORIGINS",
        description="Further origins whose pages may use the API and the WebSocket, separated by commas.",
    )
    api_key: SecretStr = Field(
        SecretStr(""), validation_alias="API_KEY", description="A key with every scope, for X-API-Key. Empty: none."
    )
    token_encryption_key: SecretStr = Field(
        SecretStr(""),
        validation_alias="TOKEN_ENCRYPTION_KEY",
        description="Fernet keys, newest first, separated by commas. Empty: made on first start in the data folder.",
    )
    secret_key: SecretStr = Field(
        SecretStr(""),
        validation_alias="SECRET_KEY",
        description="Signs access tokens; 32 characters or more. Empty: made on first start, kept in the data folder.",
    )
    telegram_api_url: str = Field(
        "https://api.telegram.org",
        validation_alias="TELEGRAM_API_URL",
        description="Bot API server: Telegram's own, or one of your own.",
    )
    telegram_api_id: int = Field(
        0,
        ge=0,
        validation_alias="TELEGRAM_API_ID",
        description="For clients over MTProto: the number of your program, from https://my.telegram.org.",
    )
    telegram_api_hash: SecretStr = Field(
        SecretStr(""),
        validation_alias="TELEGRAM_API_HASH",
        description="For clients over MTProto: the hash beside that number.",
    )
    fake_telegram: bool | None = Field(
        None,
        validation_alias="MEYDAN_FAKE_TELEGRAM",
        description="Whether `meydan up` runs a fake Telegram beside the square, on loopback, to try bots with. "
        "Empty: yes while MEYDAN_PUBLIC_URL is empty.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", validation_alias="LOG_LEVEL", description="Least severe log line that is written."
    )
    log_format: Literal["json", "console"] = Field(
        "json", validation_alias="LOG_FORMAT", description="json for machines, console for people."
    )
    drain_seconds: float = Field(
        10.0, gt=0, validation_alias="MEYDAN_DRAIN_SECONDS", description="Longest time a shutdown may take."
    )

    @field_validator("allowed_origins", mode="before")
    @classmethod
    def _split_origins(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(part.strip().rstrip("/") for part in value.split(",") if part.strip())
        return value

    @field_validator("public_url")
    @classmethod
    def _is_origin(cls, value: str) -> str:
        value = value.rstrip("/")
        parts = urlsplit(value)
        if value and (parts.scheme not in ("http", "https") or not parts.netloc or parts.path):
            raise ValueError("must be an origin such as https://meydan.example, with no path")
        return value

    @field_validator("database_url")
    @classmethod
    def _is_database(cls, value: str) -> str:
        if value and not value.startswith(("sqlite:///", "postgresql://", "postgres://")):
            raise ValueError("must start with sqlite:/// or postgresql://")
        return value

    @field_validator("log_level", mode="before")
    @classmethod
    def _any_case(cls, value: Any) -> Any:
        return value.lower() if isinstance(value, str) else value

    @field_validator("secret_key")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        if value and len(value.get_secret_value()) < 32:
            raise ValueError("must have at least 32 characters")
        return value

    @cached_property
    def guests_allowed(self) -> bool:
        """Whether a connection without an account may enter as a guest."""
        return self.guests if self.guests is not None else not self.public_url

    @cached_property
    def fake_telegram_runs(self) -> bool:
        """Whether the fake Telegram runs beside the square."""
        return self.fake_telegram if self.fake_telegram is not None else not self.public_url

    @cached_property
    def database(self) -> str:
        """The database's address, the default filled in; may hold a password."""
        return self.database_url or f"sqlite:///{self.data_dir.resolve() / 'meydan.db'}"


def load_settings(**overrides: Any) -> Settings:
    """Read the settings, `overrides` (by variable name) first; raise `SettingsError` naming every bad variable."""
    try:
        return Settings(**overrides)
    except ValidationError as error:
        lines = [
            f"{'.'.join(map(str, item['loc']))}: {item['msg'].removeprefix('Value error, ')}" for item in error.errors()
        ]
        raise SettingsError("\n".join(lines)) from None


def private_dir(settings: Settings) -> Path:
    """Return the data folder, made for its owner's eyes only if it was missing."""
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    return settings.data_dir


def kept_secret(settings: Settings, name: str) -> str:
    """Return the secret kept under `name` in the data folder's `keys/`, made on first use (mode 600)."""
    folder = private_dir(settings) / "keys"
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / name
    if not path.exists():
        # Written whole before it gets its name: of several first starts all go by the same secret.
        draft = folder / f"{name}.{secrets.token_hex(8)}"
        draft.touch(mode=0o600, exist_ok=False)
        try:
            draft.write_text(secrets.token_urlsafe(48) + "\n", encoding="ascii")
            with contextlib.suppress(FileExistsError):
                path.hardlink_to(draft)
        finally:
            draft.unlink()
    return path.read_text(encoding="ascii").strip()
