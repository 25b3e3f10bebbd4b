"""The list of rooms, page by page."""

import re
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from meydan.accounts.actor import Actor
from meydan.accounts.permissions import Role
from meydan.chat.models import Member, Room, RoomKind, RoomRole, about
from meydan.chat.repository import ROOMS_REMEMBERED, RoomPlace, RoomRepository
from meydan.chat.rooms import ROOMS_SHOWN, RoomService
from meydan.platform.bus import Bus
from meydan.platform.clock import ManualClock
from meydan.platform.cursors import CURSOR, CursorInvalid, cursor, place_at
from meydan.platform.db import Database
from meydan.platform.live_settings import LiveSettings
from tests.chat.node import Node
from tests.chat.test_rooms import answered

AYSE = Actor(id="ayse", name="Ayşe", role=Role.MEMBER, session="s")
MERT = Actor(id="mert", name="Mert", role=Role.MEMBER, session="s")
# As they come: the liveliest first, two of one moment by name, then where nobody has spoken.
ROOMS = [f"canli{number}" for number in range(7)] + ["sessiz-a", "sessiz-b", "sessiz_c"]


@pytest.fixture
async def rooms(db: Database, bus: Bus, clock: ManualClock) -> RoomService:
    def add(session: Session) -> None:
        for place, slug in sorted(enumerate(ROOMS), key=lambda pair: pair[0] * 7 % 10):
            lively = slug.startswith("canli")
            room = Room(
                slug=slug,
                title=f"Işıklı {place}" if place % 2 else f"Oda {place}",
                topic="",
                kind=RoomKind.PRIVATE if place in (2, 8) else RoomKind.PUBLIC,
                created_by="ayse",
                created_at=clock.now(),
                last_activity=clock.now() - timedelta(minutes=place // 2) if lively else None,
                head=0,
                epoch="e",
            )
            room.folded = about(slug, room.title, room.topic)
            RoomRepository(session).add(room)
            if place in (2, 5, 8):
                mine = Member(room_id=room.id, user_id="ayse", role=RoomRole.OWNER, joined_at=clock.now(), read_sira=0)
                RoomRepository(session).add_member(mine)

    await db.write(add)
    return RoomService(db=db, bus=bus, clock=clock, live=LiveSettings(db, bus, clock))


async def _pages(
    rooms: RoomService, actor: Actor | None, *, limit: int, search: str = "", mine: bool = False
) -> list[str]:
    found: list[str] = []
    after: str | None = ""
    while after is not None:
        page = await rooms.rooms(actor, search=search, mine=mine, after=after, limit=limit)
        assert len(page.items) == limit or page.next_cursor is None
        found += [view.slug for view in page.items]
        after = page.next_cursor
    return found


async def test_the_list_is_bounded_without_a_limit_too(rooms: RoomService, db: Database, clock: ManualClock) -> None:
    page = await rooms.rooms(AYSE)
    assert ([view.slug for view in page.items], page.next_cursor) == (ROOMS, None)

    def add(session: Session) -> None:
        for number in range(ROOMS_SHOWN):
            room = Room(slug=f"cok{number:03d}", title="Çok", topic="", kind=RoomKind.PUBLIC, created_by="ayse")
            room.created_at, room.head, room.epoch = clock.now(), 0, "e"
            session.add(room)

    await db.write(add)
    page = await rooms.rooms(AYSE)
    assert len(page.items) == ROOMS_SHOWN
    rest = await rooms.rooms(AYSE, after=page.next_cursor or "")
    assert (len(rest.items), rest.next_cursor) == (len(ROOMS), None)


@pytest.mark.parametrize("limit", [1, 3, 5, 200])
async def test_pages_are_the_list_cut(rooms: RoomService, limit: int) -> None:
    assert await _pages(rooms, AYSE, limit=limit) == ROOMS
    public = [slug for slug in ROOMS if slug not in ("canli2", "sessiz-b")]
    assert await _pages(rooms, MERT, limit=limit) == public
    assert await _pages(rooms, None, limit=limit) == public


async def test_ones_own_rooms_and_a_search_are_paged_too(rooms: RoomService) -> None:
    assert await _pages(rooms, AYSE, limit=2, mine=True) == ["canli2", "canli5", "sessiz-b"]
    assert await _pages(rooms, MERT, limit=2, mine=True) == []
    assert await _pages(rooms, None, limit=2, mine=True) == []
    assert await _pages(rooms, AYSE, limit=2, search="ISIKLI") == ROOMS[1::2]
    assert await _pages(rooms, AYSE, limit=2, search="isikli", mine=True) == ["canli5"]


async def test_rooms_that_liven_up_and_close_hide_no_others(
    rooms: RoomService, db: Database, clock: ManualClock
) -> None:
    first = await rooms.rooms(AYSE, limit=4)
    assert first.next_cursor is not None
    clock.advance(60)
    gone = [ROOMS[3], ROOMS[5]]  # 3 is the room that the cursor is made of

    def change(session: Session) -> None:
        session.execute(update(Room).where(Room.slug.in_(gone)).values(archived_at=clock.now()))
        session.execute(update(Room).where(Room.slug.in_([ROOMS[1], ROOMS[8]])).values(last_activity=clock.now()))

    await db.write(change)
    rest = await rooms.rooms(AYSE, after=first.next_cursor, limit=200)
    assert [view.slug for view in rest.items] == ["sessiz-b", "canli4", "canli6", "sessiz-a", "sessiz_c"]
    assert [view.slug for view in (await rooms.rooms(AYSE, limit=2)).items] == ["canli1", "sessiz-b"]


@pytest.mark.parametrize(
    "place",
    [
        b"",
        b"{}",
        b"\xff",
        b'["canli1"]',
        b'["canli1", "dun"]',
        b'["canli1", "2026-01-05T09:00:00"]',
        b'["A", null]',
        b'["a\\u0000", null]',
        b'["at", 1]',
        b"[]",
        b'["at", "0001-01-01T00:00:00+14:00"]',
        b'["at", null, [9223372036854775808]]',
        b'["at", null, [-1]]',
    ],
)
async def test_a_made_up_cursor_is_refused(rooms: RoomService, place: bytes) -> None:
    with pytest.raises(CursorInvalid):
        await rooms.rooms(AYSE, after=urlsafe_b64encode(place).decode().rstrip("=") or "A", limit=5)


def test_the_longest_cursor_of_the_server_s_own_is_taken() -> None:
    numbers = tuple(2**63 - 1 - number for number in range(ROOMS_REMEMBERED))
    place = RoomPlace("z" * 64, datetime(2026, 1, 5, 9, 0, 0, 123456, UTC), numbers)
    text = cursor(place)
    assert re.fullmatch(CURSOR, text), len(text)
    assert place_at(text, RoomPlace, field="sonra") == place


async def test_pages_over_http(node: Node) -> None:
    ayse = await node.person("ayse")
    for name in ("bir", "iki"):
        await answered(node, "POST", "/sohbet/oda-olustur", ayse, 201, json={"oda_id": name, "baslik": name})
    whole = await answered(node, "GET", "/sohbet/odalar", ayse, 200)
    assert ([room["oda_id"] for room in whole["odalar"]], whole["sonraki"]) == (["bir", "genel", "iki"], None)
    first = await answered(node, "GET", "/sohbet/odalar", ayse, 200, params={"limit": 2})
    again = {"limit": 2, "sonra": first["sonraki"]}
    rest = await answered(node, "GET", "/sohbet/odalar", ayse, 200, params=again)
    assert ([room["oda_id"] for room in first["odalar"] + rest["odalar"]], rest["sonraki"]) == (
        ["bir", "genel", "iki"],
        None,
    )
    mine = await answered(node, "GET", "/sohbet/odalar", ayse, 200, params={"uyelik": True})
    assert [room["oda_id"] for room in mine["odalar"]] == ["bir", "iki"]
    refused = await answered(node, "GET", "/sohbet/odalar", ayse, 422, params={"sonra": "yok"})
    assert (refused["kod"], refused["alan"]) == ("imlec_gecersiz", "sonra")
    for params in ({"limit": 0}, {"limit": 201}, {"sonra": "a b"}, {"sonra": "A" * 6_001}, {"uyelik": "belki"}):
        await answered(node, "GET", "/sohbet/odalar", ayse, 422, params=params)


async def test_pages_neither_skip_nor_repeat_when_rooms_move(node: Node) -> None:
    person = await node.person("ali")
    rooms = ["genel"]
    for number in range(4):
        body = {"oda_id": f"oda{number}", "baslik": f"Oda {number}"}
        assert (await node.http.post("/sohbet/oda-olustur", json=body, headers=person.headers)).status_code == 201
        rooms.append(f"oda{number}")
    seen: list[str] = []
    after = ""
    while True:
        page = (await node.http.get("/sohbet/odalar", params={"limit": 2, "sonra": after})).json()
        seen += [room["oda_id"] for room in page["odalar"]]
        if not (after := page["sonraki"] or ""):
            break
        spoken = {"oda_id": next(room for room in reversed(rooms) if room not in seen), "icerik": "söz"}
        assert (await node.http.post("/mesaj/gonder", json=spoken, headers=person.headers)).status_code == 201
    assert sorted(seen) == sorted(rooms)
