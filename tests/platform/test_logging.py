import io
import json
import logging
from typing import Any

import pytest
import structlog
from cryptography.fernet import Fernet
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from meydan.platform.db import sqlite_engine
from meydan.platform.logging import HIDDEN, configure_logging, hide_secrets, is_secret_name

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJheXNlIn0.c2lnbmF0dXJl"
BOT = "123456789:AAF-abcdefghijklmnopqrstuvwxyz01234"
API_KEY = "mk_5f2c9d1e7a_bXlzZWNyZXR2YWx1ZQ"


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_one_json_object_with_time_level_and_name(stream: io.StringIO) -> None:
    configure_logging(stream=stream)
    structlog.get_logger("meydan.chat.log").info("log.committed", messages=20, oda="ışık")
    (line,) = lines(stream)
    assert line["event"] == "log.committed"
    assert (line["level"], line["logger"], line["messages"], line["oda"]) == ("info", "meydan.chat.log", 20, "ışık")
    assert line["time"].endswith("Z")


@pytest.mark.parametrize("name", ["uvicorn.error", "picows.ws", "any.library"])
def test_standard_loggers_take_the_same_way(stream: io.StringIO, name: str) -> None:
    configure_logging(stream=stream)
    logging.getLogger(name).warning("upgrade /ws?bilet=%s refused", "s3cret")
    (line,) = lines(stream)
    assert line["event"] == f"upgrade /ws?bilet={HIDDEN} refused"
    assert (line["logger"], line["level"]) == (name, "warning")


def test_request_id_is_on_every_line_of_the_request(stream: io.StringIO) -> None:
    configure_logging(stream=stream)
    with structlog.contextvars.bound_contextvars(request_id="abc"):
        structlog.get_logger("ours").info("a")
        logging.getLogger("theirs").error("b")
    assert [line["request_id"] for line in lines(stream)] == ["abc", "abc"]


def test_level_is_respected_by_both_kinds(stream: io.StringIO) -> None:
    configure_logging(level="warning", stream=stream)
    structlog.get_logger("ours").info("quiet")
    logging.getLogger("theirs").info("quiet")
    structlog.get_logger("ours").warning("loud")
    assert [line["event"] for line in lines(stream)] == ["loud"]


def test_access_lines_of_uvicorn_are_left_to_our_middleware(stream: io.StringIO) -> None:
    configure_logging(stream=stream)
    logging.getLogger("uvicorn.access").info('127.0.0.1 - "GET /api?bilet=x"')
    assert lines(stream) == []


@pytest.mark.parametrize(
    "name",
    [
        "token", "refresh_token", "TELEGRAM_BOT_TOKEN", "key", "api_key", "apiKey", "x-api-key", "password",
        "newPassword", "client_secret", "Authorization", "bilet", "Cookie", "set-cookie", "SECRET_KEY",
    ],
)  # fmt: skip
def test_names_that_tell_of_secrets(stream: io.StringIO, name: str) -> None:
    assert is_secret_name(name)
    configure_logging(stream=stream)
    structlog.get_logger("x").info("e", **{name: "hush", "nested": {"list": [{name: "hush"}]}})
    assert "hush" not in stream.getvalue()
    assert HIDDEN in stream.getvalue()


@pytest.mark.parametrize("name", ["monkey", "keyboard", "oda_id", "user", "event", "tokenizer", "passage", "sira"])
def test_other_names_are_left_alone(name: str) -> None:
    assert not is_secret_name(name)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (f"row {Fernet(Fernet.generate_key()).encrypt(b'x' * 20).decode()} bad", "row *** bad"),
        (f"header {JWT}", "header ***"),
        (f"Authorization: Bearer {JWT}", "Authorization: Bearer ***"),
        (f"POST https://api.telegram.org/bot{BOT}/getMe", "POST https://api.telegram.org/bot***/getMe"),
        (f"token {BOT} refused", "token *** refused"),
        (f"key {API_KEY}", "key ***"),
        ("postgresql://meydan:p@ss/word@db:5432/meydan failed", "postgresql://meydan:***@db:5432/meydan failed"),
        ("redis://:hunter2@cache/0", "redis://:***@cache/0"),
        ("GET /x?a=1&access_token=abc&b=2", "GET /x?a=1&access_token=***&b=2"),
        ("http://localhost:8000/kurulum#anahtar=abc", "http://localhost:8000/kurulum#anahtar=***"),
    ],
)
def test_values_that_look_like_secrets(text: str, kept: str) -> None:
    assert hide_secrets(text) == kept


@pytest.mark.parametrize("text", ["12:30 toplantı", "http://localhost:8000/oda/genel", "a@b.c yazdı", "BTC 64.250,75"])
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert hide_secrets(text) == text


def test_secrets_in_tracebacks_and_odd_objects_are_hidden(stream: io.StringIO) -> None:
    configure_logging(stream=stream)
    url = "postgresql://u:" + "hus" + "h@h/d"
    try:
        raise ValueError(f"cannot open {url} with {JWT}")
    except ValueError as error:
        structlog.get_logger("x").exception("e", cause=error)
    assert "hush" not in stream.getvalue()
    assert JWT not in stream.getvalue()
    assert "ValueError" in lines(stream)[0]["exception"]


def test_console_lines_are_for_people_and_hide_the_same(stream: io.StringIO) -> None:
    configure_logging(style="console", stream=stream)
    structlog.get_logger("x").info("hello", token="hush", path="/saglik")
    assert "hello" in stream.getvalue()
    assert "/saglik" in stream.getvalue()
    assert "hush" not in stream.getvalue()


def test_a_failed_statement_does_not_show_its_values() -> None:
    engine = sqlite_engine(":memory:")
    with pytest.raises(OperationalError) as caught, engine.connect() as connection:
        connection.execute(text("INSERT INTO nowhere VALUES (:password_hash)"), {"password_hash": "hush"})
    assert "hush" not in str(caught.value)
