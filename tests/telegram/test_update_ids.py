"""Updates whose numbers start again: none is lost, and none is handled twice."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import select

from meydan.platform import migrate
from meydan.platform.clock import SystemClock
from meydan.platform.db import Database
from meydan.telegram.events import Incoming
from meydan.telegram.fake.updates import Mailbox
from meydan.telegram.models import ReceivedUpdate
from meydan.telegram.updates import Intake
from tests.telegram.conftest import Square, Start
from tests.telegram.world import a_person, bots, say


def a_box(square: Square) -> Mailbox:
    """Return where the updates of the only bot wait."""
    (bot,) = bots(square.fake)
    return square.fake.office.mailbox(bot)


async def test_update_ids_are_followed_wherever_they_start_again(square: Square) -> None:
    await square.add_bot()
    chat = a_person(square.fake)
    heard: list[Incoming] = []
    square.fleet.intake.on_update(heard.append)
    said: list[str] = []
    # Numbers up to ten below the last confirmed one are passed over, at Telegram too: no two here are that near.
    for number in (900_000, 5, 2_000_000_000, 1, 40, 1, 4, 899_999):
        await square.until(lambda: not a_box(square).pending)
        a_box(square).restart(number)
        for turn in range(3):
            said.append(f"{number} {turn} {len(said)}")
            say(square.fake, chat, said[-1])
        await square.until(lambda: said[-1] in {item.body.get("text") for item in heard})
        numbers = [item.update_id for item in heard if item.body.get("text") in said[-3:]]
        assert numbers == [number, number + 1, number + 2]
    assert [item.body["text"] for item in heard if item.body.get("text") in set(said)] == said


async def test_update_ids_that_start_again_survive_kills(start: Start, db: Database) -> None:
    square = await start(lease=0.6)
    bot = await square.add_bot()
    chat = a_person(square.fake)
    heard: list[str] = []
    said: list[str] = []
    for turn, number in enumerate((700, 3, 5, 650, 10_000, 2)):
        square.fleet.intake.on_update(lambda item: heard.append(item.body.get("text", "")))
        said.append(f"önce {turn}")
        say(square.fake, chat, said[-1])
        await square.until(lambda: said[-1] in heard)
        await square.fleet.kill()
        a_box(square).restart(number)
        said.append(f"sonra {turn}")
        say(square.fake, chat, said[-1])  # it waits behind what may not be confirmed yet
        square = await start(lease=0.6)
        await square.until(lambda square=square: bot in square.fleet.runner.bots)  # type: ignore[misc]
    square.fleet.intake.on_update(lambda item: heard.append(item.body.get("text", "")))

    async def stored() -> list[str]:
        rows = await db.read(lambda session: session.scalars(select(ReceivedUpdate.payload)).all())
        return [row["text"] for row in rows if row.get("text") in set(said)]

    async def all_of_it() -> bool:
        return len(await stored()) >= len(said)

    await square.until(all_of_it)
    assert sorted(await stored()) == sorted(said)
    assert max(heard.count(text) for text in said) == 1


def a_message(number: int, text: str) -> dict[str, Any]:
    chat = {"id": 7, "type": "private", "first_name": "Kişi"}
    return {"update_id": number, "message": {"message_id": 1, "text": text, "chat": chat}}


async def test_an_update_with_the_number_of_another_is_new_and_the_same_again_is_not(
    square: Square, db: Database
) -> None:
    bot = await square.add_bot()
    heard: list[str] = []
    intakes = [Intake(db, SystemClock()) for _ in range(2)]
    for intake in intakes:
        intake.on_update(lambda item: heard.append(item.body["text"]))
    for text in ("eski", "yeni", "eski", "yeni"):
        await asyncio.gather(*(intake.take(bot, [a_message(40, text)]) for intake in intakes))
    assert heard == ["eski", "yeni"]
    await intakes[0].take(bot, [a_message(50, "bir"), a_message(50, "iki"), a_message(50, "bir")])
    assert heard[2:] == ["bir", "iki"]


async def test_what_was_stored_before_the_content_counted_is_known_after_it(
    square: Square, db: Database, database_url: str
) -> None:
    bot = await square.add_bot()
    message = a_message(60, "ığüşöç 0.1")
    message["message"]["location"] = {"latitude": 41.015137, "longitude": 28.979530, "accuracy": 1e-7}
    assert await square.fleet.intake.take(bot, [message]) == 1
    await square.fleet.stop()
    await asyncio.to_thread(migrate.downgrade, database_url, "0009")
    await asyncio.to_thread(migrate.upgrade, database_url)
    assert await square.fleet.intake.take(bot, [message]) == 0
    row = await db.read(lambda session: session.scalars(select(ReceivedUpdate).where(_number(60))).one())
    assert (row.message_id, row.payload) == (1, message["message"])


def _number(number: int) -> Any:
    return ReceivedUpdate.update_id == number


@pytest.mark.parametrize("number", [0, -1, 2**31])
async def test_the_fake_takes_only_numbers_that_telegram_gives(square: Square, number: int) -> None:
    await square.add_bot()
    (bot,) = bots(square.fake)
    async with square.fleet.api._for_polls().post(
        f"{square.fake.url}/_fake/update-ids", json={"bot": bot, "next": number}
    ) as answer:
        assert answer.status == 422
