"""A message is deleted at once; whoever deleted it may bring it back for a moment, and then its text is gone."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy import text as sql
from sqlalchemy.orm import Session

from meydan.accounts.models import AuditEntry
from meydan.accounts.permissions import Role
from meydan.chat.erasures import Erasures
from meydan.chat.models import ErasedText, Message, Notification, Reaction
from meydan.platform.clock import ManualClock
from meydan.platform.db import Database
from meydan.platform.settings import Settings
from tests.chat.node import Node, Talker, running_node


async def history(node: Node) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = (await node.http.get("/mesaj/gecmis/genel")).json()["mesajlar"]
    return messages


async def texts(node: Node) -> list[str]:
    def read(session: Session) -> list[str]:
        return [
            *session.scalars(select(Message.content)),
            *session.scalars(select(ErasedText.content)),
            *session.scalars(select(Notification.summary)),
            *session.scalars(select(Reaction.emoji)),
        ]

    return [text for text in await node.square.accounts.engines.db.read(read) if text]


async def test_who_deleted_a_message_brings_it_back_as_it_was(node: Node) -> None:
    ayse, mehmet = [await node.enter(await node.person(name), "genel") for name in ("ayse", "mehmet")]
    first = await mehmet.send("saat kaçta?")
    sent = await ayse.send("beşte @mehmet", yanit=first["mesaj_id"])
    fields = {"oda_id": "genel", "mesaj_id": sent["mesaj_id"]}
    await mehmet.ask("tepki", emoji="👍", **fields)
    before = (await history(node))[1]
    deleted = await ayse.ask("mesaj_sil", **fields)
    gone = (await history(node))[1]
    assert (gone["silindi"], gone["silen"], gone["icerik"], gone["tepkiler"]) == (True, "ayse", "", [])
    assert (await node.http.get("/mesaj/ara", params={"q": "beşte"})).json()["mesajlar"] == []
    back = await ayse.ask("mesaj_geri_getir", **fields)
    assert (back["tip"], back["sira"]) == ("mesaj_onay", deleted["sira"] + 1)
    for talker in (ayse, mehmet):
        update = await talker.expect("mesaj_guncelleme", tur="geri_getirme")
        assert (update["icerik"], update["bahsedilenler"]) == ("beşte @mehmet", ["mehmet"])
        assert update["tepkiler"] == [{"emoji": "👍", "sayi": 1, "kullanicilar": ["mehmet"]}]
    assert (await history(node))[1] == before
    found = (await node.http.get("/mesaj/ara", params={"q": "beşte"})).json()["mesajlar"]
    assert [message["id"] for message in found] == [sent["mesaj_id"]]
    again = await ayse.ask("mesaj_geri_getir", **fields)
    assert (again["tip"], again["sira"]) == ("mesaj_onay", sent["sira"]), "asked twice it happens once"


@pytest.mark.parametrize("who", ["its author", "a moderator"])
async def test_only_who_deleted_it_brings_it_back(node: Node, who: str) -> None:
    ayse = await node.enter(await node.person("ayse"), "genel")
    keeper = await node.enter(await node.person("duzenci", Role.MODERATOR), "genel")
    guest = await node.enter("konuk", "genel")
    other = await node.enter(await node.person("mehmet"), "genel")
    sent = await ayse.send("tartışmalı")
    fields = {"oda_id": "genel", "mesaj_id": sent["mesaj_id"]}
    deleter = ayse if who == "its author" else keeper
    others: list[Talker] = [guest, other, keeper if deleter is ayse else ayse]
    await deleter.ask("mesaj_sil", **fields)
    (message,) = await history(node)
    assert message["silen"] == deleter.id, "somebody else than its sender is a moderator"
    for talker in others:
        assert (await talker.refused("mesaj_geri_getir", **fields))["kod"] == "mesaj_sahibi_degil"
    if deleter is keeper:  # a moderator's deletion is not the author's to undo, nor to take over
        await ayse.ask("mesaj_sil", **fields)
        assert (await ayse.refused("mesaj_geri_getir", **fields))["kod"] == "mesaj_sahibi_degil"
    assert (await deleter.ask("mesaj_geri_getir", **fields))["tip"] == "mesaj_onay"


async def test_a_keepers_deletion_of_what_its_sender_deleted_is_the_keepers(node: Node) -> None:
    ayse = await node.enter(await node.person("ayse"), "genel")
    keeper = await node.enter(await node.person("duzenci", Role.MODERATOR), "genel")
    other = await node.enter(await node.person("obur", Role.MODERATOR), "genel")
    sent = await ayse.send("tartışmalı")
    fields = {"oda_id": "genel", "mesaj_id": sent["mesaj_id"]}
    sira = [(await each.ask("mesaj_sil", **fields))["sira"] for each in (ayse, keeper, other, ayse)]
    assert [each - sent["sira"] for each in sira] == [1, 2, 0, 0], "who comes third changes nothing"
    assert [(await ayse.expect("mesaj_guncelleme"))["kullanici_id"] for _ in range(2)] == ["ayse", "duzenci"]
    (message,) = await history(node)
    assert (message["silen"], await texts(node)) == ("duzenci", [])
    for each, code in ((ayse, "mesaj_sahibi_degil"), (other, "mesaj_sahibi_degil"), (keeper, "geri_getirme_gecti")):
        assert (await each.refused("mesaj_geri_getir", **fields))["kod"] == code

    def lines(session: Session) -> list[tuple[str | None, str | None]]:
        return [
            (row.actor_id, row.target) for row in session.scalars(select(AuditEntry)) if row.action == "message.delete"
        ]

    assert await node.square.accounts.engines.db.read(lines) == [("duzenci", sent["mesaj_id"])]


async def test_after_the_moment_the_text_is_gone_for_good(settings: Settings) -> None:
    clock = ManualClock()
    async with running_node(settings, clock=clock) as node:
        ayse, mehmet = [await node.enter(await node.person(name), "genel") for name in ("ayse", "mehmet")]
        erasures = Erasures(node.square.accounts.engines.db, node.square.accounts.engines.search, clock)
        await node.change(undo_seconds=20)
        sent = await ayse.send("sır @mehmet")
        fields = {"oda_id": "genel", "mesaj_id": sent["mesaj_id"]}
        await mehmet.ask("tepki", emoji="👍", **fields)
        await ayse.ask("mesaj_sil", **fields)
        clock.advance(19)
        assert await erasures.sweep() == 0
        assert "sır @mehmet" in await texts(node)
        clock.advance(1)
        problem = await ayse.refused("mesaj_geri_getir", **fields)
        assert problem["kod"] == "geri_getirme_gecti", "also while nobody has swept yet"
        assert await erasures.sweep() == 1
        assert await texts(node) == []
        await node.change(undo_seconds=0)
        other = await ayse.send("öteki sır")
        await ayse.ask("mesaj_sil", oda_id="genel", mesaj_id=other["mesaj_id"])
        assert await texts(node) == [], "with no time to bring it back nothing is kept"
        refused = await ayse.refused("mesaj_geri_getir", oda_id="genel", mesaj_id=other["mesaj_id"])
        assert refused["kod"] == "geri_getirme_gecti"


@pytest.mark.parametrize("kept", [0, 5])
async def test_its_words_leave_the_search_index_too(settings: Settings, kept: int) -> None:
    """What the index keeps of a deleted word until segments are merged would be in every backup."""
    clock = ManualClock()
    async with running_node(settings, clock=clock) as node:
        engines = node.square.accounts.engines
        ayse = await node.enter(await node.person("ayse"), "genel")
        erasures = Erasures(engines.db, engines.search, clock)
        await node.change(undo_seconds=kept)
        for text in ("kalan birinci", "gizlisaklı söz", "kalan ikinci", "kalan üçüncü"):
            sent = await ayse.send(text)
            await node.square.indexer.catch_up()
            if text.startswith("gizli"):
                secret = sent["mesaj_id"]
        await ayse.ask("mesaj_sil", oda_id="genel", mesaj_id=secret)
        assert b"gizlisakl" in await _index(engines.db)
        clock.advance(700)
        await erasures.sweep()
        await erasures.purge()
        assert b"gizlisakl" not in await _index(engines.db)
        found = await node.http.get("/mesaj/ara", params={"q": "kalan"})
        assert len(found.json()["mesajlar"]) == 3


async def _index(db: Database) -> bytes:
    blocks = sql("SELECT block FROM message_search_data")
    return b"".join(await db.read(lambda session: list(session.scalars(blocks))))
