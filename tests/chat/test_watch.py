"""What holds when a word between the parts is lost, or a server that is asked does not answer."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import TypeVar

import pytest
from sqlalchemy import delete, update
from sqlalchemy.sql import Executable

from meydan.accounts.models import SignIn, User
from meydan.accounts.permissions import Role
from meydan.chat.commit import commit_batch
from meydan.chat.models import Member, Room
from meydan.chat.operations import Append
from meydan.platform.bus import MemoryBus
from meydan.platform.clock import ManualClock, SystemClock
from meydan.platform.db import Database, Work
from meydan.platform.errors import Unavailable
from meydan.platform.ids import new_id
from meydan.platform.settings import Settings
from tests.chat.node import Held, Node, Person, Talker, running_node

T = TypeVar("T")


async def quietly(node: Node, change: Executable) -> None:
    """Change the database with no word on the bus."""
    await node.square.accounts.engines.db.write(lambda session: session.execute(change))


async def private_room(node: Node, owner: Person, member: Person) -> None:
    body = {"oda_id": "gizli", "baslik": "Gizli", "tur": "ozel"}
    assert (await node.http.post("/sohbet/oda-olustur", json=body, headers=owner.headers)).status_code == 201
    invited = await node.http.post("/sohbet/odalar/gizli/davetler", json={}, headers=owner.headers)
    accepted = await node.http.post("/sohbet/davet-kabul", json={"kod": invited.json()["kod"]}, headers=member.headers)
    assert accepted.status_code == 200


async def test_whose_expulsion_was_not_heard_of_loses_the_room_all_the_same(node: Node) -> None:
    owner, member = await node.person("sahibi"), await node.person("uyesi")
    await private_room(node, owner, member)
    stays, goes = await node.enter(owner, "gizli"), await node.enter(member, "gizli", "genel")
    await quietly(node, delete(Member).where(Member.user_id == "uyesi", Member.room_id != 1))
    await node.square.hub._watch()
    await goes.expect("oda_ayrilma", oda_id="gizli", neden="cikarildi")
    await stays.send("artık yalnızım", "gizli")
    assert not [frame for frame in await goes.settle() if frame["tip"] == "mesaj"]
    await goes.send("burada kaldım")


async def test_a_room_that_was_archived_unheard_is_over(node: Node) -> None:
    talker = await node.enter("misafir", "genel")
    await quietly(node, update(Room).where(Room.slug == "genel").values(archived_at=SystemClock().now()))
    await node.square.hub._watch()
    await talker.expect("oda_ayrilma", oda_id="genel", neden="arsivlendi")


LAPSES: dict[str, tuple[Executable, int]] = {
    "deactivated": (update(User).where(User.username == "ayse").values(active=False), 4003),
    "another role": (update(User).where(User.username == "ayse").values(role=Role.ADMIN.value), 1012),
    "signed out": (update(SignIn).where(SignIn.username == "ayse").values(revoked_at=SystemClock().now()), 1012),
}


@pytest.mark.parametrize("lapse", LAPSES)
async def test_an_account_that_changed_unheard_is_noticed(node: Node, lapse: str) -> None:
    change, code = LAPSES[lapse]
    talker = await node.enter(await node.person("ayse"), "genel")
    others = [await node.enter(await node.person("mehmet"), "genel"), await node.enter("misafir", "genel")]
    await quietly(node, change)
    await node.square.hub._watch()
    assert await talker.closed() == code
    for other in others:
        await other.send("ben buradayım")


async def test_a_key_that_runs_out_takes_its_connections_with_it(settings: Settings) -> None:
    clock = ManualClock()
    async with running_node(settings, clock=clock) as node:
        person = await node.person("ayse")
        until = (clock.now() + timedelta(minutes=5)).isoformat()
        body = {"name": "bot", "scopes": ["rooms:read", "rooms:write"], "expires_at": until}
        made = (await node.http.post("/api-keys", json=body, headers=person.headers)).json()
        talkers = [await by_key(node, key, name) for key, name in ((made["key"], "ayse"), (settings_key(node), "api"))]
        await node.square.hub._watch()
        for talker in talkers:
            await talker.send("buradayım")
        clock.advance(301)
        await node.square.hub._watch()
        assert await talkers[0].closed() == 1012
        await talkers[1].send("ortamın anahtarı bitmez")


def settings_key(node: Node) -> str:
    return node.square.accounts.settings.api_key.get_secret_value()


async def by_key(node: Node, key: str, name: str) -> Talker:
    answer = await node.http.post("/auth/ws-ticket", headers={"x-api-key": key})
    talker = await node.knock(f"{name}?bilet={answer.json()['ticket']}")
    await talker.join("genel")
    return talker


class HangingBus(MemoryBus):
    """The bus of several nodes whose server takes everything and answers nothing."""

    shared = True

    async def publish(self, channel: str, message: bytes) -> None:
        await asyncio.Event().wait()


async def say_elsewhere(node: Node, text: str) -> None:
    """Store a message as another node would."""
    said = Append(
        1, SystemClock().now(), new_id(SystemClock()), "uzak", "uzak", guest=True, kind="metin", content=text,
        folded=text,
    )  # fmt: skip
    await node.square.accounts.engines.db.write(partial(commit_batch, batch=[said]))


async def test_a_bus_that_hangs_holds_up_nothing_else(node: Node) -> None:
    hub, bus = node.square.hub, HangingBus()
    hub._bus = hub.presence._bus = bus
    ayse, mehmet = await node.enter("ayse", "genel"), await node.enter("mehmet", "genel")
    for turn in range(1, 3):
        hub._tick(turn)
    await ayse.expect("durum", katilimci_sayisi=2)
    await say_elsewhere(node, "öbür düğümden")
    hub._tick(4)
    for talker in (ayse, mehmet):
        assert (await talker.message())["icerik"] == "öbür düğümden"
    tasks = len(hub._tasks)
    for turn in range(6, 100, 2):
        hub._tick(turn)
    await ayse.settle()
    assert len(hub._tasks) <= tasks + 5, "what waits is not begun again"


class Counted:
    """A database that counts its readers and fails all of them, or the one of a number."""

    def __init__(self, db: Database, *, error: Callable[[], Exception] | None = None, only: int | None = None) -> None:
        self._db = db
        self._error = error
        self._only = only
        self.reads = 0

    async def read(self, work: Work[T]) -> T:
        self.reads += 1
        if self._error is not None and self._only in (None, self.reads):
            raise self._error()
        return await self._db.read(work)

    async def write(self, work: Work[T]) -> T:
        if self._error is not None:
            raise self._error()
        return await self._db.write(work)

    async def close(self) -> None:
        await self._db.close()


async def test_every_room_that_asks_for_a_look_gets_the_same_look(node: Node) -> None:
    talker = await node.enter("misafir", "genel")
    counted = node.square.messages._db = Counted(node.square.accounts.engines.db)
    for _ in range(200):
        node.square.hub._look_again()
    await say_elsewhere(node, "bir")
    node.square.hub._look_again()
    assert (await talker.message())["icerik"] == "bir"
    assert counted.reads <= 5


async def test_a_request_that_fails_for_no_known_reason_is_answered(node: Node) -> None:
    talker = await node.enter("misafir", "genel")
    db = node.square.accounts.engines.db
    node.square.messages._db = Counted(db, error=lambda: ValueError("bozuk"))
    for tip in ("oda_gecmisi", "oda_katil"):
        assert (await talker.refused(tip, oda_id="genel"))["kod"] == "ic_hata"
    node.square.messages._db = db
    await talker.join("genel")


async def test_a_room_that_could_not_be_opened_is_opened_anew(node: Node) -> None:
    talker = await node.enter("misafir")
    node.square.messages._db = Counted(node.square.accounts.engines.db, error=Unavailable, only=2)
    assert (await talker.refused("oda_katil", oda_id="genel"))["kod"] == "gecici_kesinti"
    await say_elsewhere(node, "bu arada")
    assert (await talker.join("genel"))["sira"] == 1


async def test_a_node_stops_in_order_while_the_database_is_away(settings: Settings) -> None:
    async with running_node(settings) as node:
        talker = await node.enter(await node.person("ayse"), "genel")
        await talker.send("x")
        node.square.messages._db = Counted(node.square.accounts.engines.db, error=Unavailable)
        await talker.tell("okundu", oda_id="genel", sira=1)
        await talker.settle()


async def test_a_room_let_go_of_while_somebody_enters_is_entered_all_the_same(node: Node) -> None:
    first = await node.enter(await node.person("ayse"))
    donem = (await first.join("genel"))["donem"]
    sent = await first.send("bir")
    await first.ask("mesaj_duzenle", oda_id="genel", mesaj_id=sent["mesaj_id"], icerik="iki")  # memory lets go
    await first.ask("oda_ayril", oda_id="genel")
    late = await node.enter("gelen")
    held = node.square.messages._db = Held(node.square.accounts.engines.db)
    await late.tell("oda_katil", oda_id="genel", son_sira=0, donem=donem, ref="içeri")
    await pass_one(held)
    await held.found.wait()
    node.square.hub.channels.live["genel"].empty_since -= 60
    await node.square.hub.channels.close_empty()
    assert "genel" not in node.square.hub.channels.live
    held.let_go.set()
    joined = await late.wait(lambda frame: frame.get("ref") == "içeri", "an answer")
    assert (joined["kurtarildi"], [event["sira"] for event in joined["mesajlar"]]) == (True, [1, 2])
    await first.join("genel")
    await first.send("üç")
    assert (await late.message())["icerik"] == "üç"


async def pass_one(held: Held) -> None:
    """Let the reader that waits go on, and hold the next."""
    await held.found.wait()
    held.found.clear()
    held.let_go.set()
    held.let_go.clear()
