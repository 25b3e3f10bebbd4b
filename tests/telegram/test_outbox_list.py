"""The outbox as a list: every order page after page, and when each send that waits should leave."""

import random
from base64 import urlsafe_b64encode
from datetime import timedelta
from typing import Any

import pytest

from meydan.platform.clock import ManualClock, SystemClock
from meydan.platform.cursors import cursor
from meydan.platform.db import Database
from meydan.platform.ids import new_id
from meydan.telegram.models import SendState
from meydan.telegram.outbox_pages import SendOrder, SendPlace, standing
from meydan.telegram.outbox_repository import OutboxRepository, SendRow
from tests.telegram.conftest import Square

NOW = ManualClock().now()
STATES = (SendState.QUEUED, SendState.QUEUED, SendState.SENT, SendState.FAILED)
FILTERS: list[dict[str, Any]] = [{}, {"bot": 0}, {"chat_id": -5}, {"bot": 1, "chat_id": -5}]


def _text(place: str) -> str:
    return urlsafe_b64encode(place.encode()).decode().rstrip("=")


async def fill(square: Square, db: Database) -> tuple[list[str], list[SendRow]]:
    """Put sends of every kind into the outbox of two bots that stand still."""
    bots = [await square.add_bot(), await square.add_bot("ikinci_bot", name="İkinci")]
    for bot in bots:
        await square.http.patch(f"/bots/{bot}", json={"enabled": False})
    await square.until(lambda: not square.fleet.runner.bots)
    dice, clock = random.Random(3), SystemClock()
    rows = [
        SendRow(
            new_id(clock), dice.choice(bots), dice.choice((-5, -6, 7)), True, False, "sendMessage", {"text": "x"}, "x",
            None, None, dice.randrange(3), 1, dice.choice(STATES), None, "sahip", NOW,
            dice.choice((None, None, NOW - timedelta(days=1), NOW + timedelta(days=9_000))), None, 0,
        )
        for _ in range(90)
    ]  # fmt: skip
    await db.write(lambda session: OutboxRepository(session).insert(rows))
    return bots, rows


async def listed(square: Square, **wanted: Any) -> list[str]:
    found: list[str] = []
    following: str | None = ""
    while following is not None:
        answer = await square.http.get("/outbox", params={**wanted, "cursor": following})
        assert answer.status_code == 200, answer.text
        found += [send["id"] for send in answer.json()["sends"]]
        following = answer.json()["next_cursor"]
    return found


async def test_every_order_is_told_page_after_page(square: Square, db: Database) -> None:
    bots, rows = await fill(square, db)
    for filter_ in FILTERS:
        wanted = {"bot_id": bots[filter_["bot"]]} if "bot" in filter_ else {}
        wanted |= {"chat_id": filter_["chat_id"]} if "chat_id" in filter_ else {}
        for state in (None, SendState.QUEUED, SendState.FAILED):
            fitting = [
                row
                for row in rows
                if row.bot_id == wanted.get("bot_id", row.bot_id)
                and row.chat_id == wanted.get("chat_id", row.chat_id)
                and state in (None, row.state)
            ]
            asked = wanted | ({"state": state} if state else {})
            ids = sorted(row.id for row in fitting)
            assert await listed(square, **asked, limit=7, sort="created_at") == ids
            assert await listed(square, **asked, limit=7, sort="-created_at") == ids[::-1]
            assert await listed(square, **asked, limit=200) == ids[::-1]
            if state is not SendState.FAILED:
                waiting = [row for row in fitting if row.state == SendState.QUEUED]
                waiting.sort(key=lambda row: (-row.priority, row.id))
                assert await listed(square, **asked, limit=7, sort="next") == [row.id for row in waiting]


async def test_each_send_that_waits_knows_how_many_stand_before_it(square: Square, db: Database) -> None:
    _, rows = await fill(square, db)
    due = [row for row in rows if row.state == SendState.QUEUED and (row.not_before is None or row.not_before <= NOW)]
    lanes: dict[tuple[str, int], list[SendRow]] = {}
    for row in sorted(due, key=lambda row: (-row.priority, row.id)):
        lanes.setdefault((row.bot_id, row.chat_id), []).append(row)
    expected = {row.id: number for lane in lanes.values() for number, row in enumerate(lane)}
    dice = random.Random(5)
    for size in (0, 1, 10, 40, len(rows)):
        page = [row.id for row in dice.sample(rows, size)]
        found = await db.read(lambda session, page=page: standing(session, page, NOW))  # type: ignore[misc]
        assert {id_: ahead for id_, _, ahead in found} == {id_: expected[id_] for id_ in page if id_ in expected}
        assert all(ask.group and ask.cost == 1 for _, ask, _ in found)


@pytest.mark.parametrize(
    ("wanted", "code", "field"),
    [
        ({"sort": "next", "state": "sent"}, "gecersiz_alan", "sort"),
        ({"sort": "loudest"}, "gecersiz_alan", None),
        ({"cursor": "???"}, "gecersiz_alan", None),
        ({"cursor": "bnVsbA"}, "imlec_gecersiz", "cursor"),
        ({"cursor": cursor(SendPlace(SendOrder.NEWEST, "g" * 32))}, "imlec_gecersiz", "cursor"),
        ({"cursor": _text(f'["next","{"0" * 32}",70000]'), "sort": "next"}, "imlec_gecersiz", "cursor"),
        ({"cursor": cursor(SendPlace(SendOrder.NEWEST, "0" * 32)), "sort": "created_at"}, "imlec_gecersiz", "cursor"),
        ({"cursor": cursor(SendPlace(SendOrder.OLDEST, "0" * 32)), "sort": "next"}, "imlec_gecersiz", "cursor"),
    ],
)
async def test_what_cannot_be_listed_is_refused(
    square: Square, wanted: dict[str, str], code: str, field: str | None
) -> None:
    answer = await square.http.get("/outbox", params=wanted)
    assert (answer.status_code, answer.json()["kod"]) == (422, code)
    if field is not None:
        assert field in answer.text
