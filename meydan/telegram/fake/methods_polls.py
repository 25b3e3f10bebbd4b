"""Methods about polls."""

import itertools
import secrets
from typing import Any, Final

from msgspec.structs import replace

from meydan.telegram.fake.answers import ApiError
from meydan.telegram.fake.entities import read
from meydan.telegram.fake.formatted import Formatted
from meydan.telegram.fake.methods import Call, Counts, message_of, method, room_of, writable
from meydan.telegram.fake.methods_text import formatted_of, reply_markup, send
from meydan.telegram.fake.params import Params
from meydan.telegram.fake.shapes import Message, Poll, PollOption

_QUESTION: Final = 300
_OPTION: Final = 100
_OPTIONS: Final = 12
_EXPLANATION: Final = 200


@method("sendPoll", Counts.CHAT)
def send_poll(call: Call) -> Message:
    """Send a poll, or a quiz."""
    room, params = writable(call, room_of(call)), call.params
    question = formatted_of(params, "question", entities="question_entities", mode="question_parse_mode")
    if not question.text:
        raise ApiError.bad("text must be non-empty")
    if len(question.text) > _QUESTION:
        raise ApiError.bad(f"poll question length must not exceed {_QUESTION}")
    options, kind = _options(call), params.text("type") or "regular"
    if kind not in ("regular", "quiz"):
        raise ApiError.bad("unsupported poll type specified")
    anonymous = "is_anonymous" not in params.values or params.flag("is_anonymous")
    if room.chat.type == "channel" and not anonymous:
        raise ApiError.bad("non-anonymous polls can't be sent to channel chats")
    poll = Poll(
        id=str(secrets.randbits(62)),
        question=question.text,
        question_entities=question.entities or None,
        options=options,
        total_voter_count=0,
        is_closed=params.flag("is_closed"),
        is_anonymous=anonymous,
        type=kind,
        allows_multiple_answers=params.flag("allows_multiple_answers"),
        allows_revoting=params.flag("allows_revoting") if "allows_revoting" in params.values else kind != "quiz",
        members_only=False,
    )
    return send(call, room, poll=_quiz(call, poll) if kind == "quiz" else poll)


@method("stopPoll", Counts.CHAT)
def stop_poll(call: Call) -> Poll:
    """Close a poll and return how it ended."""
    room = room_of(call)
    message = message_of(call, room, "message with poll to stop not found")
    if message.poll is None:
        raise ApiError.bad("message is not a poll")
    mine = room.author(message) == call.bot_id
    posted = message.sender_chat is not None and room.may(call.bot_id, "can_edit_messages")
    if message.poll.is_closed or message.forward_origin is not None or not (mine or posted):
        raise ApiError.bad("poll can't be stopped")
    message.poll = replace(message.poll, is_closed=True)
    message.reply_markup = reply_markup(call)
    call.office.mailbox(call.bot_id).put("poll", message.poll)
    call.office.see(room)
    return message.poll


def _options(call: Call) -> list[PollOption]:
    given = call.params.parsed("options", list[Any], wrong="can't parse options JSON object")
    if not given:
        raise ApiError.bad("poll must have at least one answer option")
    if len(given) > _OPTIONS:
        raise ApiError.bad(f"poll can't have more than {_OPTIONS} options")
    texts = [_option(one) for one in given]
    if not all(one.text for one in texts):
        raise ApiError.bad("poll option must be non-empty")
    if any(len(one.text) > _OPTION for one in texts):
        raise ApiError.bad(f"poll options length must not exceed {_OPTION}")
    return [
        PollOption(persistent_id=str(number), text=one.text, text_entities=one.entities or None, voter_count=0)
        for number, one in enumerate(texts)
    ]


def _option(given: Any) -> Formatted:
    if isinstance(given, str):
        return read(given, None)
    if isinstance(given, dict) and isinstance(given.get("text"), str):
        return formatted_of(Params(given), "text", entities="text_entities", mode="text_parse_mode")
    raise ApiError.bad("expected an option to be of type String")


def _quiz(call: Call, poll: Poll) -> Poll:
    """Return the poll with what is right and why; raises `ApiError`."""
    several = call.params.parsed(
        "correct_option_ids", list[int], wrong="can't parse correct option identifiers JSON object"
    )
    one = call.params.integer("correct_option_id")
    right = several if several is not None else [one] if one is not None else []
    if not right:
        raise ApiError.bad("correct quiz option list must be non-empty")
    if any(later <= earlier for earlier, later in itertools.pairwise(right)):
        raise ApiError.bad("correct quiz option list must be increasing")
    if right[0] < 0 or right[-1] >= len(poll.options):
        raise ApiError.bad("wrong correct option ID specified")
    why = formatted_of(call.params, "explanation", entities="explanation_entities", mode="explanation_parse_mode")
    if why.length > _EXPLANATION:
        raise ApiError.bad("message is too long")
    return replace(
        poll,
        correct_option_ids=right,
        correct_option_id=right[0] if len(right) == 1 else None,
        explanation=why.text or None,
        explanation_entities=why.entities or None,
    )
