"""What each of Telegram's errors means for a send."""

import errno
import inspect
from typing import Any

import pytest
from telethon import errors, functions

from meydan.telegram.client.results import (
    Again,
    Hold,
    MessageResult,
    SendResult,
    Verdict,
    classify,
    explained,
    name_of,
)
from meydan.telegram.client.retry import RetryConfig

R = MessageResult


def verdict(result: MessageResult, code: str, *more: object) -> Verdict:
    return Verdict(result, code, *more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (errors.FloodWaitError(None, 30), verdict(R.FLOOD_WAIT, "FLOOD_WAIT", Again.FLOOD, Hold.PEER, 30.0)),
        (errors.FloodWaitError(None, 0), verdict(R.FLOOD_WAIT, "FLOOD_WAIT", Again.FLOOD, Hold.PEER, 1.0)),
        (
            errors.FloodPremiumWaitError(None, 3),
            verdict(R.FLOOD_WAIT, "FLOOD_PREMIUM_WAIT", Again.FLOOD, Hold.PEER, 3.0),
        ),
        (
            errors.SlowModeWaitError(None, 9),
            verdict(R.FLOOD_WAIT, "SLOW_MODE_WAIT", Again.FLOOD, Hold.SLOW_MODE, 9.0),
        ),
        (errors.ChatWriteForbiddenError(None), verdict(R.FORBIDDEN, "CHAT_WRITE_FORBIDDEN")),
        (errors.UserBannedInChannelError(None), verdict(R.FORBIDDEN, "USER_BANNED_IN_CHANNEL")),
        (errors.ChannelPrivateError(None), verdict(R.FORBIDDEN, "CHANNEL_PRIVATE")),
        (errors.PeerFloodError(None), verdict(R.FORBIDDEN, "PEER_FLOOD")),
        (errors.UserIsBlockedError(None), verdict(R.FORBIDDEN, "USER_IS_BLOCKED")),
        (errors.ForbiddenError(None, "PRIVACY_PREMIUM_REQUIRED"), verdict(R.FORBIDDEN, "PRIVACY_PREMIUM_REQUIRED")),
        (errors.PeerIdInvalidError(None), verdict(R.NOT_FOUND, "PEER_ID_INVALID")),
        (errors.UsernameNotOccupiedError(None), verdict(R.NOT_FOUND, "USERNAME_NOT_OCCUPIED")),
        (ValueError("Could not find the input entity for 5"), verdict(R.NOT_FOUND, "PEER_NOT_FOUND")),
        (errors.MessageTooLongError(None), verdict(R.TOO_LONG, "MESSAGE_TOO_LONG")),
        (errors.MessageEmptyError(None), verdict(R.FAILED, "MESSAGE_EMPTY")),
        (errors.ServerError(None, "INTERNAL"), verdict(R.FAILED, "INTERNAL", Again.SERVER)),
        (errors.RPCError(None, "a text, perhaps a secret"), verdict(R.FAILED, "RPC")),
        (errors.TimedOutError(None, "Timeout"), verdict(R.FAILED, "TIMED_OUT", Again.SERVER)),
        (ConnectionResetError(), verdict(R.FAILED, "CONNECTION_RESET", Again.NETWORK)),
        (TimeoutError(), verdict(R.FAILED, "TIMEOUT", Again.NETWORK)),
        (errors.InvalidBufferError(b"\xff"), verdict(R.FAILED, "INVALID_BUFFER", Again.NETWORK)),
        (errors.AuthKeyNotFound(), verdict(R.FAILED, "AUTH_KEY_NOT_FOUND", Again.NETWORK)),
        (errors.TypeNotFoundError(1, b"gizli"), verdict(R.FAILED, "TYPE_NOT_FOUND", Again.NETWORK)),
        (errors.SecurityError("x"), verdict(R.FAILED, "SECURITY", Again.NETWORK)),
        (errors.InviteHashExpiredError(None), verdict(R.NOT_FOUND, "INVITE_HASH_EXPIRED")),
        (errors.MediaCaptionTooLongError(None), verdict(R.TOO_LONG, "MEDIA_CAPTION_TOO_LONG")),
        (OSError(errno.ENETUNREACH, "x"), verdict(R.FAILED, "ENETUNREACH", Again.NETWORK)),
        (OSError("x"), verdict(R.FAILED, "OS", Again.NETWORK)),
        (KeyError("x"), verdict(R.FAILED, "KEY")),
    ],
)
def test_an_error_is_understood(error: Exception, expected: Verdict) -> None:
    assert classify(error) == expected


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.AuthKeyDuplicatedError(None), "AUTH_KEY_DUPLICATED"),
        (errors.AuthKeyUnregisteredError(None), "AUTH_KEY_UNREGISTERED"),
        (errors.SessionRevokedError(None), "SESSION_REVOKED"),
        (errors.UserDeactivatedError(None), "USER_DEACTIVATED"),
        (errors.UserDeactivatedBanError(None), "USER_DEACTIVATED_BAN"),
    ],
)
def test_a_session_that_telegram_ended_is_known_to_be_dead(error: Exception, code: str) -> None:
    assert classify(error) == Verdict(R.FAILED, code, dead=True)


def test_every_error_of_telethon_has_a_meaning_and_names_no_contents() -> None:
    request = functions.messages.SendMessageRequest("someone", "gizli metin")
    kinds: list[Any] = [
        kind
        for _, kind in inspect.getmembers(errors.rpcerrorlist, inspect.isclass)
        if issubclass(kind, errors.RPCError) and kind.__init__ is not errors.RPCError.__init__
    ]
    assert len(kinds) > 500
    for kind in kinds:
        takes = inspect.signature(kind).parameters
        found = classify(kind(request, 5) if "capture" in takes else kind(request))
        assert found.code.isupper()
        assert "gizli" not in found.code


@pytest.mark.parametrize(
    ("error", "switch"),
    [
        (errors.FloodWaitError(None, 1), "retry_on_flood"),
        (errors.ServerError(None, "INTERNAL"), "retry_on_server_error"),
        (ConnectionError(), "retry_on_network_error"),
    ],
)
def test_each_reason_to_try_again_can_be_switched_off(error: Exception, switch: str) -> None:
    found = classify(error)
    assert found.may_retry(RetryConfig())
    assert not found.may_retry(RetryConfig(**{switch: False}))


def test_what_telegram_refuses_is_never_tried_again() -> None:
    assert not classify(errors.ChatWriteForbiddenError(None)).may_retry(RetryConfig())


def test_only_success_is_success() -> None:
    assert [one for one in MessageResult if SendResult(one).success] == [MessageResult.SUCCESS]


def test_every_bad_end_is_explained_in_both_languages() -> None:
    for result in set(MessageResult) - {MessageResult.SUCCESS}:
        turkish, english = (explained(result, language, code="X_Y", seconds=12.0) for language in ("tr", "en"))
        assert turkish != english
        assert "X_Y" in turkish
        assert "X_Y" in english
    assert explained(R.FLOOD_WAIT, "tr", code="FLOOD_WAIT", seconds=12.0).startswith("Telegram 12 saniye")


def test_an_error_without_a_name_is_still_named() -> None:
    assert name_of(Exception()) == "EXCEPTION"
