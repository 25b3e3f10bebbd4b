"""Mentions: the grammar, from the table that the panel reads too, and whose bell rings, keeps ringing or stops."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from meydan.chat.mentions import mentions
from meydan.platform.turkish import fold, words
from meydan.platform.visible import clean, is_blank, one_line
from tests.chat.node import Node, Person, Talker
from tests.cost import cpu_cost

CASES = json.loads((Path(__file__).parents[1] / "cases/mentions.json").read_text(encoding="utf-8"))


def test_who_is_rung_by_a_text() -> None:
    wrong = [(case, list(mentions(case["text"]))) for case in CASES if list(mentions(case["text"])) != case["names"]]
    assert not wrong
    assert len(mentions(" ".join(f"@kisi{number}" for number in range(30)))) == 20


_WHAT_MANY_WRITE = (
    "a",
    "a.",
    "@a",
    "`",
    "```",
    "://",
    "a://",
    "www.",
    "mailto:",
    "@@",
    "İ",
    "x@",
    "a+",
    "ş@",
    "@a.-",
    "[](",
    "||",
)


@pytest.mark.parametrize("work", [mentions, words, fold, clean, is_blank, one_line])
def test_what_is_done_to_every_message_takes_as_long_as_the_message(work: Callable[[str], object]) -> None:
    """Four times as much text costs some four times as much; what looks back at each letter costs sixteen times."""
    for part in _WHAT_MANY_WRITE:
        short, long = (f"@{part * (length // len(part))}@" for length in (4_000, 16_000))
        ratio = cpu_cost(partial(work, long)) / cpu_cost(partial(work, short))
        assert ratio < 10, (part, ratio)


async def bell(node: Node, person: Person) -> list[tuple[str, str]]:
    """Return the unread notices of a person, and hold the counts to them."""
    answer = (await node.http.get("/bildirimler?okunmamis=true", headers=person.headers)).json()
    assert answer["okunmamis"] == len(answer["bildirimler"])
    room = (await node.http.get("/sohbet/odalar/genel", headers=person.headers)).json()
    assert room["bahsetme"] == len([one for one in answer["bildirimler"] if one["tur"] != "davet"])
    return [(one["tur"], one["ozet"]) for one in answer["bildirimler"]]


async def people(node: Node, *names: str) -> tuple[list[Person], list[Talker]]:
    """Return people and their connections, each in the room."""
    persons = [await node.person(name) for name in names]
    return persons, [await node.enter(person, "genel") for person in persons]


async def test_only_the_one_who_is_named_is_rung(node: Node) -> None:
    (ayse, deniz, other), (talker, _, _) = await people(node, "ayse", "deniz", "deniz_")
    for text in ("@denizş", "https://youtube.com/@deniz", "`@deniz`", "x@deniz.example"):
        await talker.send(text)
    assert await bell(node, deniz) == []
    await talker.send("@deniz_ bak")
    assert await bell(node, other) == [("bahsetme", "@deniz_ bak")]
    assert await bell(node, deniz) == await bell(node, ayse) == []


async def test_a_deleted_message_takes_its_notices_along_and_brings_them_back(node: Node) -> None:
    (_, deniz, mehmet), (talker, _, at_mehmet) = await people(node, "ayse", "deniz", "mehmet")
    elsewhere = await node.enter(deniz)  # in no room: what concerns oneself is told all the same
    asked = await at_mehmet.send("kim gelecek?")
    sent = await talker.send("@deniz gel", yanit=asked["mesaj_id"])
    told = [(one, (await one.expect("bildirim"))["bildirim"]) for one in (elsewhere, at_mehmet)]
    await talker.ask("mesaj_sil", oda_id="genel", mesaj_id=sent["mesaj_id"])
    for one, notice in told:
        assert (await one.expect("bildirim_geri"))["idler"] == [notice["id"]]
    assert await bell(node, deniz) == await bell(node, mehmet) == []
    await talker.ask("mesaj_geri_getir", oda_id="genel", mesaj_id=sent["mesaj_id"])
    for one, notice in told:
        assert (await one.expect("bildirim"))["bildirim"] == notice
    assert await bell(node, deniz) == [("bahsetme", "@deniz gel")]
    assert await bell(node, mehmet) == [("yanit", "@deniz gel")]


async def test_a_message_brought_back_is_told_to_nobody_who_may_see_it_no_more(node: Node) -> None:
    owner, deniz = await node.person("sahibe"), await node.person("deniz")
    room = {"oda_id": "gizli", "baslik": "Gizli", "tur": "ozel"}
    await node.http.post("/sohbet/oda-olustur", json=room, headers=owner.headers)
    made = await node.http.post("/sohbet/odalar/gizli/davetler", json={}, headers=owner.headers)
    await node.http.post("/sohbet/davet-kabul", json={"kod": made.json()["kod"]}, headers=deniz.headers)
    talker, at_deniz = await node.enter(owner, "gizli"), await node.enter(deniz)
    sent = await talker.send("@deniz sır", "gizli")
    await at_deniz.expect("bildirim")
    await talker.ask("mesaj_sil", oda_id="gizli", mesaj_id=sent["mesaj_id"])
    await node.http.delete("/sohbet/odalar/gizli/uyeler/deniz", headers=owner.headers)
    await talker.ask("mesaj_geri_getir", oda_id="gizli", mesaj_id=sent["mesaj_id"])
    assert not [frame for frame in await at_deniz.settle() if frame["tip"] == "bildirim"]


async def test_an_edit_tells_who_is_named_now_and_no_longer_who_was(node: Node) -> None:
    (_, deniz, mehmet), (talker, at_deniz, at_mehmet) = await people(node, "ayse", "deniz", "mehmet")
    sent = await talker.send("@deniz gel")
    notice = (await at_deniz.expect("bildirim"))["bildirim"]
    edit = {"oda_id": "genel", "mesaj_id": sent["mesaj_id"]}
    await talker.ask("mesaj_duzenle", **edit, icerik="@mehmet gel")
    assert (await at_mehmet.expect("bildirim"))["bildirim"]["ozet"] == "@mehmet gel"
    assert (await at_deniz.expect("bildirim_geri"))["idler"] == [notice["id"]]
    assert await bell(node, deniz) == []
    assert await bell(node, mehmet) == [("bahsetme", "@mehmet gel")]
    await talker.ask("mesaj_duzenle", **edit, icerik="@mehmet @deniz gel")
    assert (await at_deniz.expect("bildirim"))["bildirim"]["id"] == notice["id"]
    assert await bell(node, deniz) == await bell(node, mehmet) == [("bahsetme", "@mehmet @deniz gel")]
    assert not [frame for frame in await at_mehmet.settle() if frame["tip"] == "bildirim"], "was told already"


async def test_who_was_answered_stays_told_when_the_name_goes(node: Node) -> None:
    (_, deniz), (talker, at_deniz) = await people(node, "ayse", "deniz")
    asked = await at_deniz.send("soru")
    sent = await talker.send("@deniz cevap", yanit=asked["mesaj_id"])
    assert await bell(node, deniz) == [("bahsetme", "@deniz cevap")]
    await talker.ask("mesaj_duzenle", oda_id="genel", mesaj_id=sent["mesaj_id"], icerik="cevap")
    assert await bell(node, deniz) == [("yanit", "cevap")]


async def test_an_invitation_s_notice_ends_with_it(node: Node) -> None:
    owner, deniz, mehmet = [await node.person(name) for name in ("sahibe", "deniz", "mehmet")]
    body = {"oda_id": "gizli", "baslik": "Gizli", "tur": "ozel"}
    await node.http.post("/sohbet/oda-olustur", json=body, headers=owner.headers)
    at_deniz = await node.enter(deniz)
    made = {}
    for person in (deniz, mehmet):
        answer = await node.http.post(
            "/sohbet/odalar/gizli/davetler", json={"kullanici_id": person.id}, headers=owner.headers
        )
        made[person.id] = answer.json()
        assert [kind for kind, _ in await bell(node, person)] == ["davet"]
    gone = f"/sohbet/odalar/gizli/davetler/{made['deniz']['davet_id']}"
    assert (await node.http.delete(gone, headers=owner.headers)).status_code == 204
    notice = (await at_deniz.expect("bildirim"))["bildirim"]
    assert (await at_deniz.expect("bildirim_geri"))["idler"] == [notice["id"]]
    assert (await node.http.get("/bildirimler", headers=deniz.headers)).json()["bildirimler"] == []
    body = {"kod": made["mehmet"]["kod"]}
    assert (await node.http.post("/sohbet/davet-kabul", json=body, headers=mehmet.headers)).status_code == 200
    assert await bell(node, mehmet) == []
    (read,) = (await node.http.get("/bildirimler", headers=mehmet.headers)).json()["bildirimler"]
    assert read["okundu"]
