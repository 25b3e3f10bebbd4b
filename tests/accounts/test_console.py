"""What a command did beside a node is heard once, in whichever order the database shows it."""

import asyncio

import msgspec
from sqlalchemy.orm import Session

from meydan.accounts.console import ConsoleNews
from meydan.accounts.events import USERS_CHANNEL, UserChanged
from meydan.accounts.models import AuditEntry
from meydan.accounts.names import CONSOLE_ID
from meydan.accounts.permissions import Role
from meydan.accounts.repository import UserRepository
from meydan.accounts.standing import Standings
from meydan.accounts.users import new_user
from meydan.platform.bus import Bus
from meydan.platform.clock import ManualClock
from meydan.platform.db import Database


async def test_each_line_is_told_once_though_a_lower_number_comes_later(
    db: Database, bus: Bus, clock: ManualClock
) -> None:
    heard: list[str] = []
    await bus.subscribe(USERS_CHANNEL, lambda word: heard.append(msgspec.json.decode(word, type=UserChanged).user_id))
    news = ConsoleNews(db=db, standings=Standings(db=db, bus=bus, clock=clock))

    def people(session: Session) -> None:
        for name in ("ayse", "mehmet", "deniz"):
            UserRepository(session).add(new_user(clock, name, name="", role=Role.MEMBER, password_hash="!"))

    def line(number: int, target: str, actor: str = CONSOLE_ID) -> None:
        written.append(
            AuditEntry(id=number, at=clock.now(), actor_id=actor, action="user.role", target=target, data={}, ip="")
        )

    async def look() -> list[str]:
        await db.write(lambda session: session.add_all(written))
        written.clear()
        heard.clear()
        await news.look()
        await asyncio.sleep(0)  # the bus hands over in the next turn of the loop
        return heard

    written: list[AuditEntry] = []
    await db.write(people)
    line(100, "ayse")
    assert await look() == [], "what was done before the start is known"
    line(110, "ayse")
    line(112, "deniz", actor="sahip")
    assert await look() == ["ayse"]
    line(105, "mehmet")
    assert await look() == ["mehmet"]
    assert await look() == []
