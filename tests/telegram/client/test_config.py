"""How a client is set up: the promised names and defaults, the environment, and nothing secret in print."""

import inspect
from pathlib import Path
from typing import Any

import pytest

from meydan.telegram.client.config import ClientConfig, Server
from meydan.telegram.client.errors import ApiKeysMissing
from meydan.telegram.client.manager import TelegramClientManager
from meydan.telegram.client.pool import TelegramClientPool
from meydan.telegram.client.results import MessageResult, SendResult

PROMISED = [
    "session_name",
    "api_id",
    "api_hash",
    "bot_token",
    "phone",
    "session_string",
    "device_model",
    "system_version",
    "app_version",
    "lang_code",
    "connection_retries",
    "retry_delay",
    "timeout",
    "flood_sleep_threshold",
    "auto_reconnect",
]
HANDLED = ("add_message_handler", "add_disconnect_handler")


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)  # away from anybody's .env
    for name in ("TELEGRAM_API_ID", "TELEGRAM_API_HASH", "REDIS_URL", "LOG_LEVEL"):
        monkeypatch.delenv(name, raising=False)


def test_the_promised_fields_come_first_and_have_the_promised_defaults() -> None:
    fields = list(inspect.signature(ClientConfig).parameters)
    assert fields[: len(PROMISED)] == PROMISED
    config = ClientConfig("a", 1, "b")
    assert (config.bot_token, config.phone, config.session_string) == (None, None, None)
    assert (config.lang_code, config.connection_retries, config.retry_delay) == ("tr", 5, 5)
    assert (config.timeout, config.flood_sleep_threshold, config.auto_reconnect) == (30, 60, True)
    assert config.sessions_dir == Path("sessions")
    assert all((config.device_model, config.system_version, config.app_version))


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELEGRAM_API_ID", "12345")
    monkeypatch.setenv("TELEGRAM_API_HASH", "gizli")
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:6379/5")
    monkeypatch.setenv("LOG_LEVEL", "WARNING")
    config = ClientConfig.from_env("deneme", timeout=5)
    assert (config.session_name, config.api_id, config.api_hash) == ("deneme", 12345, "gizli")
    assert (config.redis_url, config.log_level, config.timeout) == ("redis://127.0.0.1:6379/5", "warning", 5)
    assert ClientConfig.from_env(api_id=7).api_id == 7


@pytest.mark.parametrize("given", [{}, {"TELEGRAM_API_ID": "1"}, {"TELEGRAM_API_HASH": "x"}])
def test_what_the_environment_lacks_is_told(monkeypatch: pytest.MonkeyPatch, given: dict[str, str]) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ApiKeysMissing) as missing:
        ClientConfig.from_env()
    assert "TELEGRAM_API_HASH" in missing.value.detail("tr")


def test_what_cannot_work_is_refused_at_once() -> None:
    for missing in ({"api_id": 0, "api_hash": "x"}, {"api_id": 1, "api_hash": ""}):
        with pytest.raises(ApiKeysMissing):
            ClientConfig("a", **missing)  # type: ignore[arg-type]
    for name, value in (("timeout", 0), ("retry_delay", -1), ("flood_sleep_threshold", -1)):
        with pytest.raises(ValueError, match="below 0"):
            ClientConfig("a", 1, "b", **{name: value})  # type: ignore[arg-type]


def test_a_folder_may_be_given_as_text() -> None:
    given: Any = "oturumlar"
    assert ClientConfig("a", 1, "b", sessions_dir=given).sessions_dir == Path("oturumlar")


def test_print_shows_no_secret() -> None:
    config = ClientConfig(
        "a", 1, "s1", bot_token="s2", phone="s3", session_string="s4", redis_url="s5", server=Server("h", 1, "s6")
    )
    assert not [secret for secret in ("s1", "s2", "s3", "s4", "s5", "s6") if secret in f"{config} {config!r}"]


def test_the_promised_methods_are_there() -> None:
    send = ["self", "entity", "message", "parse_mode", "silent", "link_preview", "schedule"]
    assert list(inspect.signature(TelegramClientManager.send_message).parameters) == send
    assert list(inspect.signature(TelegramClientPool.send_message).parameters) == [*send, "session_name"]
    assert list(inspect.signature(TelegramClientManager.get_messages).parameters) == [
        "self",
        "entity",
        "limit",
        "search",
    ]
    for name in (*HANDLED, "initialize", "get_entity", "is_connected", "reconnect", "get_stats", "disconnect"):
        assert callable(getattr(TelegramClientManager, name))
    assert [result.name for result in MessageResult] == [
        "SUCCESS", "FLOOD_WAIT", "FORBIDDEN", "NOT_FOUND", "TOO_LONG", "FAILED",
    ]  # fmt: skip
    result = SendResult(MessageResult.SUCCESS, message_id=5)
    assert (result.success, result.message_id, result.error, result.retry_after, result.flood_wait_time) == (
        True, 5, None, None, None,
    )  # fmt: skip
