"""The log: places without gaps, nothing stored twice, nothing left of what was erased, and patience with a database."""

import itertools
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from types import NoneType
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from meydan.accounts.permissions import Role
from meydan.accounts.repository import UserRepository
from meydan.accounts.users import new_user
from meydan.chat.commit import AlreadyStored, Outcome, commit_batch
from meydan.chat.errors import MessageMissing, NotSender, RoomMissing, TooManyReactions
from meydan.chat.events import Event, MessageView, UpdateView
from meydan.chat.log import MessageLog
from meydan.chat.log_repository import LogRepository
from meydan.chat.models import ErasedText, Message, Notification, Room, RoomKind, Update
from meydan.chat.operations import Append, EditText, Erase, Operation, PutReaction, Restore, Stored
from meydan.platform.clock import ManualClock, SystemClock
from meydan.platform.db import Database, Work
from meydan.platform.errors import MeydanError, ShuttingDown, Unavailable
from meydan.platform.ids import new_id
from tests.chat.node import Node

T = TypeVar("T")
NOW = datetime(2026, 1, 5, tzinfo=UTC)
PEOPLE = ("ayse", "mehmet", "zeynep")
_numbers = itertools.count(1)


async def open_room(db: Database) -> int:
    room = Room(
        slug=f"oda-{next(_numbers)}", title="x", kind=RoomKind.PUBLIC, created_by="a", created_at=NOW, head=0, epoch="e"
    )

    def save(session: Session) -> int:
        for name in PEOPLE:
            if not UserRepository(session).existing([name]):
                user = new_user(ManualClock(), name, name="", role=Role.MEMBER, password_hash="!")
                UserRepository(session).add(user)
        session.add(room)
        session.flush()
        return room.id

    return await db.write(save)


def append(
    room_id: int, text: str, *, sender: str = "ayse", client_id: str | None = None, reply_to: str | None = None
) -> Append:
    mentions = tuple(name for name in PEOPLE if f"@{name}" in text)
    return Append(
        room_id, NOW, new_id(SystemClock()), sender, sender, guest=False, kind="metin", content=text, folded=text,
        mentions=mentions, reply_to=reply_to, client_id=client_id,
    )  # fmt: skip


async def commit(db: Database, batch: Sequence[Operation]) -> list[Outcome]:
    """Commit as the log does: trusting first, looking when that was wrong."""
    try:
        return await db.write(partial(commit_batch, batch=batch))
    except AlreadyStored:
        return await db.write(partial(commit_batch, batch=batch, look_first=True))


async def everything(db: Database, rooms: Sequence[int]) -> str:
    """Return all text that the database keeps of these rooms."""

    def read(session: Session) -> str:
        parts: list[object] = []
        for row in session.scalars(select(Message).where(Message.room_id.in_(rooms))):
            parts += [row.content, row.folded, row.mentions]
        parts += session.scalars(select(ErasedText.content)).all()
        parts += session.scalars(select(Update.data).where(Update.room_id.in_(rooms))).all()
        parts += session.scalars(select(Notification.summary).where(Notification.room_id.in_(rooms))).all()
        return repr(parts)

    return await db.read(read)


ACTS = st.lists(
    st.lists(
        st.tuples(
            st.sampled_from(["append", "append", "again", "reply", "edit", "erase", "restore", "react"]),
            st.integers(0, 1),
            st.sampled_from(PEOPLE),
            st.integers(0, 30),
        ),
        min_size=1,
        max_size=10,
    ),
    max_size=6,
)


@dataclass
class Model:
    """What the log of some rooms must hold."""

    rooms: list[int]
    asked: list[Append] = field(default_factory=list)
    texts: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    places: dict[tuple[int, str, str], tuple[str, int]] = field(default_factory=dict)
    heads: defaultdict[int, int] = field(default_factory=lambda: defaultdict(int))
    erased: set[str] = field(default_factory=set)

    def operation(self, act: str, room: int, person: str, number: int) -> Operation:
        text = f"söz{next(_numbers)}x @{PEOPLE[number % 3]}"
        if act == "append" or not self.asked:
            return self._asked(append(room, text, sender=person, client_id=f"k{number}"))
        target = self.asked[-1 - number % len(self.asked)]
        if act == "again":
            again = append(target.room_id, text, sender=target.sender_id, client_id=target.client_id)
            return self._asked(again)
        if act == "reply":
            return self._asked(append(room, text, sender=person, reply_to=target.message_id))
        if act == "edit":
            self.texts[target.message_id].add(text)
        where = (target.room_id, NOW, target.message_id, person)
        changes: dict[str, Operation] = {
            "edit": EditText(*where, text, text, ()),
            "erase": Erase(*where, until=NOW + timedelta(seconds=30)),
            "restore": Restore(*where),
            "react": PutReaction(*where, "👍", bool(number % 2)),
        }
        return changes[act]

    def check(self, operation: Operation, outcome: Outcome) -> None:
        if isinstance(outcome, MeydanError):
            assert isinstance(outcome, MessageMissing | NotSender)
            return
        if outcome.event is not None:
            self.heads[operation.room_id] += 1
            assert outcome.sira == outcome.event.sira == self.heads[operation.room_id]
        if isinstance(operation, Append) and operation.client_id is not None:
            key, place = (
                (operation.room_id, operation.sender_id, operation.client_id),
                (outcome.message_id, outcome.sira),
            )
            assert self.places.setdefault(key, place) == place
        if isinstance(operation, Erase):
            self.erased.add(operation.message_id)
        if isinstance(operation, Restore):
            self.erased.discard(operation.message_id)

    def _asked(self, operation: Append) -> Append:
        self.asked.append(operation)
        self.texts[operation.message_id].add(operation.content)
        return operation


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=ACTS)
async def test_whatever_is_asked_the_log_keeps_its_promises(
    db: Database, batches: list[list[tuple[str, int, str, int]]]
) -> None:
    model = Model([await open_room(db), await open_room(db)])
    for acts in batches:
        batch = [model.operation(act, model.rooms[room], person, number) for act, room, person, number in acts]
        for operation, outcome in zip(batch, await commit(db, batch), strict=True):
            model.check(operation, outcome)
    await db.write(lambda session: LogRepository(session).sweep(NOW + timedelta(minutes=1)))
    kept = await everything(db, model.rooms)
    for room_id in model.rooms:
        head = model.heads[room_id]
        room = await db.read(partial(Session.get_one, entity=Room, ident=room_id))
        events = await db.read(partial(whole_log, room=room))
        assert events is not None
        assert [event.sira for event in events] == list(range(1, head + 1))
        assert room.head == head
        kept += repr(events)
    for message_id in model.erased:
        for text in model.texts[message_id]:
            assert text not in kept


def whole_log(session: Session, room: Room) -> list[Event] | None:
    return LogRepository(session).events(room, after=0, upto=room.head, limit=1_000)


async def test_one_bad_operation_leaves_the_others_alone(db: Database) -> None:
    room = await open_room(db)
    good, other = append(room, "bir"), append(room, "iki")
    outcomes = await commit(
        db,
        [
            good,
            append(999_999, "oda yok"),
            append(room, "yanıt", reply_to="0" * 32),
            EditText(room, NOW, good.message_id, "mehmet", "x", "x", ()),
            other,
        ],
    )
    kinds = [type(outcome) for outcome in outcomes]
    assert kinds == [Stored, RoomMissing, MessageMissing, NotSender, Stored]
    assert [outcome.sira for outcome in outcomes if isinstance(outcome, Stored)] == [1, 2]


async def test_a_message_may_be_changed_in_its_own_batch(db: Database) -> None:
    room = await open_room(db)
    said = append(room, "bir @mehmet")
    outcomes = await commit(
        db,
        [
            said,
            EditText(room, NOW, said.message_id, "ayse", "iki", "iki", ()),
            PutReaction(room, NOW, said.message_id, "mehmet", "👍"),
            Erase(room, NOW, said.message_id, "ayse"),
            Erase(room, NOW, said.message_id, "ayse"),
        ],
    )
    assert [type(o.event) if isinstance(o, Stored) else type(o) for o in outcomes] == [
        MessageView,
        UpdateView,
        UpdateView,
        UpdateView,
        NoneType,
    ]
    kept = await everything(db, [room])
    assert "bir" not in kept
    assert "iki" not in kept


async def test_an_answer_quotes_what_its_own_batch_has_left_of_the_message(db: Database) -> None:
    room = await open_room(db)
    first, second = append(room, "ilk hali"), append(room, "silinecek")
    await commit(db, [first, second])
    outcomes = await commit(
        db,
        [
            EditText(room, NOW, first.message_id, "ayse", "son hali", "", ()),
            Erase(room, NOW, second.message_id, "ayse"),
            append(room, "a", sender="mehmet", reply_to=first.message_id),
            append(room, "b", sender="mehmet", reply_to=second.message_id),
        ],
    )
    events = [outcome.event for outcome in outcomes[2:] if isinstance(outcome, Stored)]
    quotes = [event.quote.content for event in events if isinstance(event, MessageView) and event.quote]
    assert quotes == ["son hali", ""]


async def test_a_notification_says_what_the_message_says_now(db: Database) -> None:
    room = await open_room(db)
    first, second = append(room, "bir @mehmet"), append(room, "iki @mehmet")
    await commit(db, [first])
    edits = [
        EditText(room, NOW, said.message_id, "ayse", f"{text} @mehmet", "", ("mehmet",))
        for said, text in ((first, "düzeltilmiş"), (second, "değişmiş"))
    ]
    outcomes = await commit(db, [edits[0], second, edits[1]])
    assert isinstance(outcomes[1], Stored)
    assert [notice.summary for _, notice in outcomes[1].notices] == ["değişmiş @mehmet"]
    statement = select(Notification.summary).where(Notification.room_id == room).order_by(Notification.summary)
    summaries = await db.read(lambda session: session.scalars(statement).all())
    assert list(summaries) == ["değişmiş @mehmet", "düzeltilmiş @mehmet"]


async def test_a_message_carries_so_many_emoji_and_no_more(db: Database) -> None:
    room = await open_room(db)
    said = append(room, "bir")
    faces = [chr(0x1F600 + number) for number in range(51)]
    outcomes = await commit(db, [said, *(PutReaction(room, NOW, said.message_id, "ayse", face) for face in faces)])
    assert [type(outcome) for outcome in outcomes] == [Stored] * 51 + [TooManyReactions]
    (again, off, last) = await commit(
        db,
        [
            PutReaction(room, NOW, said.message_id, "mehmet", faces[0]),
            PutReaction(room, NOW, said.message_id, "ayse", faces[1], remove=True),
            PutReaction(room, NOW, said.message_id, "ayse", faces[50]),
        ],
    )
    assert isinstance(again, Stored)
    assert isinstance(off, Stored)
    assert isinstance(last, Stored)
    assert last.sira == 54, "a refused one takes no place"


async def test_a_damaged_log_fails_its_own_room_only(node: Node) -> None:
    ayse = await node.person("ayse")
    await node.http.post("/sohbet/oda-olustur", json={"oda_id": "borsa", "baslik": "Borsa"}, headers=ayse.headers)
    talker = await node.enter(ayse, "genel", "borsa")
    await talker.send("bir")
    damage = update(Room).where(Room.slug == "genel").values(head=0)
    await node.square.accounts.engines.db.write(lambda session: session.execute(damage))
    assert (await talker.refused("mesaj_gonder", oda_id="genel", icerik="iki"))["kod"] == "ic_hata"
    await talker.send("öbür oda sürer", "borsa")


async def test_a_room_that_closes_while_one_speaks_is_named(node: Node) -> None:
    talker = await node.enter("ayse", "genel")
    close = update(Room).where(Room.slug == "genel").values(archived_at=NOW)
    await node.square.accounts.engines.db.write(lambda session: session.execute(close))
    problem = await talker.refused("mesaj_gonder", oda_id="genel", icerik="x")
    assert (problem["kod"], problem["oda_id"]) == ("oda_yok", "genel")


class Unsteady:
    """A database whose answers may be lost, before or after the commit."""

    def __init__(self, db: Database, *, lose: Sequence[str]) -> None:
        self._db = db
        self._lose = list(lose)

    async def read(self, work: Work[T]) -> T:
        return await self._db.read(work)

    async def write(self, work: Work[T]) -> T:
        fate = self._lose.pop(0) if self._lose else ""
        if fate == "before":
            raise Unavailable
        result = await self._db.write(work)
        if fate == "after":
            raise Unavailable
        return result

    async def close(self) -> None:
        await self._db.close()


@pytest.mark.parametrize("lose", [["before"], ["after"], ["after", "after", "before"]], ids="-".join)
async def test_a_lost_answer_is_no_lost_and_no_second_message(node: Node, lose: list[str]) -> None:
    talker, listener = await node.enter("ayse", "genel"), await node.enter("mehmet", "genel")
    node.square.message_log._db = Unsteady(node.square.accounts.engines.db, lose=lose)
    first = await talker.send("kesintide")
    assert first["sira"] == await node.head() == 1
    assert (await listener.message())["id"] == first["mesaj_id"]
    assert (await talker.send("sonra", istemci_id="k"))["sira"] == 2
    assert [m["sira"] for m in await talker.messages(2)] == [1, 2]
    assert (await listener.message())["sira"] == 2


async def test_a_lost_answer_is_no_failed_erasure(node: Node) -> None:
    talker, listener = await node.enter(await node.person("ayse"), "genel"), await node.enter("mehmet", "genel")
    sent = await talker.send("pişmanım")
    node.square.message_log._db = Unsteady(node.square.accounts.engines.db, lose=["after"])
    answer = await talker.ask("mesaj_sil", oda_id="genel", mesaj_id=sent["mesaj_id"])
    assert (answer["tip"], answer["mesaj_id"]) == ("mesaj_onay", sent["mesaj_id"])
    assert (await listener.expect("mesaj_guncelleme"))["tur"] == "silme"
    assert await node.head() == 2


async def test_a_database_that_stays_away_is_told(node: Node) -> None:
    log = node.square.message_log
    log._db, log._patience = Unsteady(node.square.accounts.engines.db, lose=["before"] * 3), 0.0
    talker = await node.enter("ayse", "genel")
    problem = await talker.refused("mesaj_gonder", oda_id="genel", icerik="x")
    assert problem["kod"] == "gecici_kesinti"
    while (await talker.ask("mesaj_gonder", oda_id="genel", icerik="y"))["tip"] == "hata":
        pass
    assert await node.head() == 1


async def test_a_full_or_draining_log_refuses(db: Database) -> None:
    log = MessageLog(db, SystemClock(), limit=1)
    room = await open_room(db)
    log.submit(append(room, "bir"), lambda _outcome: None)
    with pytest.raises(Unavailable):
        log.submit(append(room, "iki"), lambda _outcome: None)
    await log.drain()
    with pytest.raises(ShuttingDown):
        log.submit(append(room, "üç"), lambda _outcome: None)
    await log.run()
    assert log.stats.operations == 1, "what was taken is finished"
