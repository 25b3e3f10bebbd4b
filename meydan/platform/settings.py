"""Settings of one process, from the environment and `.env`; read once, never changed.

What an operator changes while the program runs is in `live_settings`.
"""

import base64
import contextlib
import os
import secrets
import stat
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cached_property
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from dotenv import dotenv_values
from dotenv.parser import parse_stream
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from meydan.platform.reasons import Reason, of_pydantic
from meydan.platform.texts import Language

ANY_ORIGIN: Final = "*"
_PORTS: Final = {"http": 80, "https": 443}
_SHORTEST_SECRET: Final = 32
_ALIKE: Final = 0.86  # of `difflib`: a letter or two of a name
_FOR_TESTS: Final = ("MEYDAN_TEST_", "MEYDAN_SOAK", "MEYDAN_SEED", "MEYDAN_CRASH_SEED")


class SettingsError(Exception):
    """The environment or `.env` cannot be used; each problem names a variable, or a file, and says why."""

    def __init__(self, *problems: tuple[str, Reason | str]) -> None:
        self.problems = problems
        super().__init__(self.said("en"))

    def said(self, language: Language) -> str:
        """Return one line for each problem."""
        return "\n".join(
            f"{name}: {why.words(language) if isinstance(why, Reason) else why}" for name, why in self.problems
        )


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
        description="Further origins whose pages may use the API and the WebSocket, separated by commas; `*` for any.",
    )
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        validation_alias="MEYDAN_ALLOWED_HOSTS",
        description="Further names the square is reached by, separated by commas, besides that of MEYDAN_PUBLIC_URL, "
        "localhost and addresses in digits; a request for another name is refused with 421.",
    )
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        ("127.0.0.1", "::1"),
        validation_alias="MEYDAN_TRUSTED_PROXIES",
        description="Addresses or networks of reverse proxies, separated by commas: whose X-Forwarded-For is believed. "
        "Sign-in limits count by the address that it tells.",
    )
    api_key: SecretStr = Field(
        SecretStr(""),
        validation_alias="API_KEY",
        description="A key with every scope, for X-API-Key; 32 characters or more. Empty: none.",
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
        10.0, gt=0, le=600, validation_alias="MEYDAN_DRAIN_SECONDS", description="Longest time a shutdown may take."
    )

    @field_validator("allowed_origins", "allowed_hosts", "trusted_proxies", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("allowed_origins")
    @classmethod
    def _are_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(part if part == ANY_ORIGIN else _origin(part) for part in value)

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        try:
            for part in value:
                ip_network(part)
        except ValueError:
            raise PydanticCustomError("networks", "must be addresses or networks") from None
        return value

    @field_validator("public_url")
    @classmethod
    def _is_origin(cls, value: str) -> str:
        if value and not value.lower().startswith(("http://", "https://")):
            raise PydanticCustomError("origin", "must be an origin")
        return _origin(value) if value else value

    @field_validator("redis_url")
    @classmethod
    def _is_redis(cls, value: SecretStr) -> SecretStr:
        given = value.get_secret_value()
        if not given:
            return value
        try:
            parts = urlsplit(given)
            well = parts.scheme in ("redis", "rediss", "unix") and (parts.port is None or parts.port > 0)
        except ValueError:
            well = False
        if not well:
            raise PydanticCustomError("redis_address", "must be an address of Redis")
        return value

    @field_validator("database_url")
    @classmethod
    def _is_database(cls, value: str) -> str:
        if value and not value.startswith(("sqlite:///", "postgresql://", "postgres://")):
            raise PydanticCustomError("database_address", "must be an address of a database")
        return value

    @field_validator("log_level", mode="before")
    @classmethod
    def _any_case(cls, value: Any) -> Any:
        return value.lower() if isinstance(value, str) else value

    @field_validator("api_key")
    @classmethod
    def _fits_a_header(cls, value: SecretStr) -> SecretStr:
        given = value.get_secret_value()
        if not (given.isascii() and given.isprintable()):
            raise PydanticCustomError("not_ascii", "must fit in a header")
        return _long_enough(value)

    @field_validator("token_encryption_key")
    @classmethod
    def _are_keys(cls, value: SecretStr) -> SecretStr:
        for key in value.get_secret_value().split(","):
            if key.strip() and not _is_fernet_key(key.strip()):
                raise PydanticCustomError("fernet_keys", "must be Fernet keys")
        return value

    @field_validator("secret_key")
    @classmethod
    def _is_a_secret(cls, value: SecretStr) -> SecretStr:
        return _long_enough(value)

    @cached_property
    def guests_allowed(self) -> bool:
        """Whether a connection without an account may enter as a guest."""
        return self.guests if self.guests is not None else not self.public_url

    @cached_property
    def fake_telegram_runs(self) -> bool:
        """Whether the fake Telegram runs beside the square."""
        return self.fake_telegram if self.fake_telegram is not None else not self.public_url

    @cached_property
    def address(self) -> str:
        """Where people reach the square; without a public address, where this machine does."""
        host = reachable_host(self.host)
        return self.public_url or f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    @cached_property
    def database(self) -> str:
        """The database's address, the default filled in; may hold a password."""
        return self.database_url or f"sqlite:///{self.data_dir.resolve() / 'meydan.db'}"


def load_settings(**overrides: Any) -> Settings:
    """Read the settings, `overrides` (by variable name) first; raise `SettingsError` naming every bad variable."""
    try:
        return Settings(**overrides)
    except ValidationError as error:
        problems = [(".".join(map(str, item["loc"])), of_pydantic(item)) for item in error.errors()]
        raise SettingsError(*problems) from None
    except OSError as error:
        raise SettingsError((str(Settings.model_config["env_file"]), str(error))) from None
    except UnicodeError:
        raise SettingsError((str(Settings.model_config["env_file"]), Reason("string_unicode"))) from None


def lines_without_meaning(env_file: Path = Path(".env")) -> list[int]:
    """Return the numbers of the file's lines that set nothing and are no comment, such as a word alone."""
    try:
        with env_file.open(encoding="utf-8") as file:
            bindings = list(parse_stream(file))
    except (OSError, UnicodeError):
        return []
    lines = []
    for binding in bindings:
        if binding.error or (binding.key is not None and binding.value is None):
            whole = binding.original.string
            before = whole[: len(whole) - len(whole.lstrip())]  # empty lines above belong to what follows them
            lines.append(binding.original.line + before.count("\n"))
    return lines


def misspelt(environment: Mapping[str, str], *, env_file: Path = Path(".env")) -> list[tuple[str, str]]:
    """Return the variables, of the environment and the file, that look like one of ours, each with the nearest.

    One that begins as ours do and is none of them is among them with no nearest. What stands in an environment for
    others is left alone.
    """
    ours = {str(field.validation_alias) for field in Settings.model_fields.values()}
    found = []
    try:
        kept = dotenv_values(env_file)
    except (OSError, UnicodeError):  # `load_settings` says it
        kept = {}
    for name in sorted({*environment, *kept} - ours):
        nearest = get_close_matches(name.upper(), ours, n=1, cutoff=_ALIKE)
        if name.startswith(_FOR_TESTS):
            continue
        if nearest or name.upper().startswith("MEYDAN_"):
            found.append((name, nearest[0] if nearest else ""))
    return found


def _long_enough(value: SecretStr) -> SecretStr:
    if value and len(value.get_secret_value()) < _SHORTEST_SECRET:
        raise PydanticCustomError(
            "string_too_short", "must have at least {min_length} characters", {"min_length": _SHORTEST_SECRET}
        )
    return value


def _origin(value: str) -> str:
    """Return an origin as browsers write it: in lower case, without the port that goes without saying."""
    try:
        parts = urlsplit(value.removesuffix("/"))
        scheme, host, port = parts.scheme, parts.hostname, parts.port
    except ValueError:
        scheme, host, port = "", None, None
    if not scheme or not host or parts.path or parts.query or parts.fragment or "@" in parts.netloc:
        raise PydanticCustomError("origin", "must be an origin")
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{shown}" if port in (None, _PORTS.get(scheme)) else f"{scheme}://{shown}:{port}"


def _is_fernet_key(key: str) -> bool:
    try:
        return len(base64.urlsafe_b64decode(key)) == 32
    except ValueError:
        return False


def private_dir(settings: Settings) -> Path:
    """Return the data folder, for its owner's eyes only, made or mended so; raise `SettingsError` if it cannot be."""
    try:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        mode = settings.data_dir.stat().st_mode
        if mode & stat.S_ISVTX:
            raise SettingsError(("MEYDAN_DATA_DIR", Reason("folder_of_everybody", {"path": settings.data_dir})))
        if mode & 0o077:
            settings.data_dir.chmod(0o700)
    except OSError as error:
        raise SettingsError(("MEYDAN_DATA_DIR", str(error))) from None
    return settings.data_dir


def open_env_file() -> Path | None:
    """Return the `.env` of the working folder if others on this machine may read it."""
    path = Path(str(Settings.model_config["env_file"]))
    return path if path.is_file() and path.stat().st_mode & 0o077 else None


def kept_secret(settings: Settings, name: str) -> str:
    """Return the secret kept under `name` in the data folder's `keys/`, made on first use (mode 600).

    Raises `SettingsError` when it cannot be read or made, or is not whole: a new one in its place would make worthless
    what the old one signed and closed.
    """
    path = private_dir(settings) / "keys" / name
    try:
        if not path.exists():
            _make_secret(path)
        secret = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeError) as error:
        raise SettingsError((str(path), str(error))) from None
    if len(secret) < _SHORTEST_SECRET:
        raise SettingsError((str(path), Reason("no_whole_secret")))
    return secret


def is_whole_secret(path: Path) -> bool:
    """Tell whether the file holds a secret that can be used."""
    return path.stat().st_size >= _SHORTEST_SECRET


def reachable_host(host: str) -> str:
    """Return an address at which a server that listens on `host` is reached from the same machine."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)


def _make_secret(path: Path) -> None:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    # Whole and on the disk before it gets its name: of several first starts all go by the same secret, and after a
    # power cut it is there or not, but never empty.
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48) + "\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(draft)
    finally:
        draft.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
