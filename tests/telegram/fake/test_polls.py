"""Polls: sent, voted in, stopped, and what their bot hears of it."""

from typing import Any

import pytest

from meydan.platform.errors import InvalidInput
from meydan.telegram.fake.world import Room
from tests.telegram.fake.conftest import Client


async def test_votes_are_counted_and_told(bot: Client, other: Client, group: Room, person: int) -> None:
    other.join(group, "administrator")
    bot.join(group)
    other.fake.office.mailbox(other.id).clear()
    sent = await bot.ok(
        "sendPoll",
        chat_id=group.chat.id,
        question="<b>Altın</b> ne yapar?",
        question_parse_mode="HTML",
        options=["Çıkar", {"text": "Düşer"}, "Bilmem"],
        is_anonymous=False,
        allows_multiple_answers=True,
    )
    poll, number = sent["poll"], sent["message_id"]
    assert (poll["question"], poll["question_entities"][0]["length"]) == ("Altın ne yapar?", 5)
    assert [option["text"] for option in poll["options"]] == ["Çıkar", "Düşer", "Bilmem"]
    assert (poll["type"], poll["is_closed"], poll["is_anonymous"], poll["total_voter_count"]) == (
        "regular", False, False, 0,
    )  # fmt: skip
    people = bot.fake.people
    people.vote(group.key, person, number, [0, 2])
    state, answer = await bot.updates()
    assert [option["voter_count"] for option in state["poll"]["options"]] == [1, 0, 1]
    assert (answer["poll_answer"]["poll_id"], answer["poll_answer"]["option_ids"]) == (poll["id"], [0, 2])
    assert answer["poll_answer"]["user"]["id"] == person
    people.vote(group.key, person, number, [])
    state, answer = await bot.updates()
    assert (state["poll"]["total_voter_count"], answer["poll_answer"]["option_ids"]) == (0, [])
    for wrong in ([3], [0, 0], [-1]):
        with pytest.raises(InvalidInput):
            people.vote(group.key, person, number, wrong)
    people.vote(group.key, person, number, [1])
    stopped = await bot.ok("stopPoll", chat_id=group.chat.id, message_id=number)
    assert (stopped["is_closed"], stopped["options"][1]["voter_count"]) == (True, 1)
    assert (await bot.updates())[-1]["poll"]["is_closed"] is True
    assert await other.updates() == []
    with pytest.raises(InvalidInput):
        people.vote(group.key, person, number, [0])


async def test_an_anonymous_poll_says_not_who_voted(bot: Client, group: Room, person: int) -> None:
    bot.join(group)
    sent = await bot.ok("sendPoll", chat_id=group.chat.id, question="?", options=["a"])
    async with bot.http.post(
        f"{bot.fake.url}/_fake/votes",
        json={"chat": group.key, "person": person, "message": sent["message_id"], "options": [0]},
    ) as answer:
        assert answer.status == 200
    assert [update.keys() - {"update_id"} for update in await bot.updates()] == [{"poll"}]


async def test_a_quiz_is_answered_once(bot: Client, group: Room, person: int) -> None:
    bot.join(group)
    quiz = {"chat_id": group.chat.id, "question": "2+2", "options": ["3", "4"], "type": "quiz", "explanation": "_"}
    sent = await bot.ok("sendPoll", **quiz, correct_option_id=1)
    assert (sent["poll"]["correct_option_id"], sent["poll"]["explanation"]) == (1, "_")
    bot.fake.people.vote(group.key, person, sent["message_id"], [0])
    with pytest.raises(InvalidInput):
        bot.fake.people.vote(group.key, person, sent["message_id"], [1])
    for right, complaint in (
        ([], "correct quiz option list must be non-empty"),
        ([1, 0], "correct quiz option list must be increasing"),
        ([2], "wrong correct option ID specified"),
    ):
        assert await bot.refused("sendPoll", **quiz, correct_option_ids=right) == f"Bad Request: {complaint}"


async def test_polls_that_are_refused(bot: Client, other: Client, group: Room) -> None:
    bot.join(group)
    other.join(group)
    chat = group.chat.id
    cases: tuple[tuple[dict[str, Any], str], ...] = (
        ({"question": " ", "options": ["a"]}, "text must be non-empty"),
        ({"question": "x" * 301, "options": ["a"]}, "poll question length must not exceed 300"),
        ({"question": "x", "options": []}, "poll must have at least one answer option"),
        ({"question": "x", "options": ["a"] * 13}, "poll can't have more than 12 options"),
        ({"question": "x", "options": ["a", " "]}, "poll option must be non-empty"),
        ({"question": "x", "options": ["a" * 101]}, "poll options length must not exceed 100"),
        ({"question": "x", "options": [5]}, "expected an option to be of type String"),
        ({"question": "x", "options": ["a"], "type": "oylama"}, "unsupported poll type specified"),
    )
    for given, complaint in cases:
        assert await bot.refused("sendPoll", chat_id=chat, **given) == f"Bad Request: {complaint}"
    channel = bot.join(bot.fake.people.make_chat("channel", "Kanal"), "administrator")
    open_poll = {"question": "x", "options": ["a"], "is_anonymous": False}
    assert await bot.refused("sendPoll", chat_id=channel.chat.id, **open_poll) == (
        "Bad Request: non-anonymous polls can't be sent to channel chats"
    )
    text = (await bot.ok("sendMessage", chat_id=chat, text="x"))["message_id"]
    poll = (await bot.ok("sendPoll", chat_id=chat, question="x", options=["a"]))["message_id"]
    await bot.ok("stopPoll", chat_id=chat, message_id=poll)
    for client, number, complaint in (
        (bot, 999, "message with poll to stop not found"),
        (bot, text, "message is not a poll"),
        (bot, poll, "poll can't be stopped"),
        (other, poll, "poll can't be stopped"),
    ):
        assert await client.refused("stopPoll", chat_id=chat, message_id=number) == f"Bad Request: {complaint}"
