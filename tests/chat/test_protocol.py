"""Every frame of the protocol as a guest and a member see it, and its promises of order and of nothing twice."""

import asyncio
import json
from functools import partial
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from meydan import __version__
from meydan.chat.models import Message
from tests.chat.node import Node


async def test_a_changed_limit_reaches_who_is_connected(node: Node) -> None:
    guest = await node.enter("kullanici123", "genel")
    await node.change(max_length=60, undo_seconds=10)
    told = await guest.expect("sinirlar")
    assert (told["azami_uzunluk"], told["geri_getirme_suresi"]) == (60, 10)
    await node.change(message_burst=7)
    assert not [frame for frame in await guest.settle() if frame["tip"] == "sinirlar"], "nothing a client needs"


async def test_a_guest_walks_in_with_nothing_but_a_name(node: Node) -> None:
    guest = await node.knock("kullanici123")
    hello = json.loads(await guest.ws.recv())
    assert hello == {
        "tip": "sistem",
        "mesaj": hello["mesaj"],
        "zaman": hello["zaman"],
        "kullanici_id": "kullanici123",
        "ad": "kullanici123",
        "rol": "guest",
        "misafir": True,
        "surum": __version__,
        "sinirlar": {"azami_uzunluk": 4000, "geri_getirme_suresi": 30},
    }
    assert hello["mesaj"]
    assert hello["zaman"].endswith("Z")

    await guest.tell("oda_katil", oda_id="genel")
    joined = json.loads(await guest.ws.recv())
    assert joined == {
        "tip": "oda_katilim",
        "oda_id": "genel",
        "katilimci_sayisi": 1,
        "sira": 0,
        "donem": joined["donem"],
        "kurtarildi": False,
        "mesajlar": [],
        "katilimcilar": ["kullanici123"],
        "misafirler": {"kullanici123": "kullanici123"},
        "mesaj": "Genel odasına girdiniz",
        "zaman": joined["zaman"],
        "okunan_sira": 0,
    }

    await guest.tell("mesaj_gonder", oda_id="genel", icerik="Merhaba meydan")
    first, second = json.loads(await guest.ws.recv()), json.loads(await guest.ws.recv())
    assert first == {
        "tip": "mesaj_onay",
        "istemci_id": None,
        "mesaj_id": first["mesaj_id"],
        "sira": 1,
        "alici_sayisi": 1,
    }
    assert second == {
        "tip": "mesaj",
        "oda_id": "genel",
        "sira": 1,
        "mesaj": {
            "id": first["mesaj_id"],
            "oda_id": "genel",
            "sira": 1,
            "gonderen_id": "kullanici123",
            "gonderen_ad": "kullanici123",
            "icerik": "Merhaba meydan",
            "tip": "metin",
            "zaman": second["mesaj"]["zaman"],
            "misafir": True,
        },
    }

    await guest.tell("oda_ayril", oda_id="genel")
    assert json.loads(await guest.ws.recv()) == {"tip": "oda_ayrilma", "oda_id": "genel"}


async def test_every_request_carries_its_ref_back(node: Node) -> None:
    ayse = await node.enter(await node.person("ayse"))
    joined = await ayse.ask("oda_katil", oda_id="genel")
    sent = await ayse.ask("mesaj_gonder", oda_id="genel", icerik="bir")
    edited = await ayse.ask("mesaj_duzenle", oda_id="genel", mesaj_id=sent["mesaj_id"], icerik="iki")
    reacted = await ayse.ask("tepki", oda_id="genel", mesaj_id=sent["mesaj_id"], emoji="👍")
    history = await ayse.ask("oda_gecmisi", oda_id="genel")
    erased = await ayse.ask("mesaj_sil", oda_id="genel", mesaj_id=sent["mesaj_id"])
    refused = await ayse.ask("tepki", oda_id="genel", mesaj_id=sent["mesaj_id"], emoji="👍")
    left = await ayse.ask("oda_ayril", oda_id="genel")
    assert [frame["tip"] for frame in (joined, sent, edited, reacted, history, erased, refused, left)] == [
        "oda_katilim",
        "mesaj_onay",
        "mesaj_onay",
        "mesaj_onay",
        "oda_gecmisi",
        "mesaj_onay",
        "hata",
        "oda_ayrilma",
    ]
    assert [frame["sira"] for frame in (sent, edited, reacted, erased)] == [1, 2, 3, 4]


async def test_a_ref_that_cannot_be_one_is_not_carried_back(node: Node) -> None:
    guest = await node.enter("misafir")
    await guest.tell("oda_katil", oda_id="genel", ref="x" * 65)
    problem = await guest.expect("hata")
    assert (problem["kod"], problem["alan"]) == ("gecersiz_alan", "ref")
    assert "ref" not in problem


async def test_unknown_keys_are_ignored(node: Node) -> None:
    guest = await node.enter("misafir", "genel")
    answer = await guest.send("selam", gelecekten={"gelen": [1, None, 2.5]}, tipo=True)
    assert (await guest.message())["id"] == answer["mesaj_id"]


async def test_an_acknowledged_message_is_committed(node: Node) -> None:
    guest = await node.enter("misafir", "genel")
    for number in range(5):
        answer = await guest.send(f"ileti {number}")
        query = select(Message.sira).where(Message.id == answer["mesaj_id"])
        stored = await node.square.accounts.engines.db.read(partial(Session.scalar, statement=query))
        assert stored == answer["sira"] == await node.head()


async def test_the_same_client_id_is_the_same_message(node: Node) -> None:
    ayse = await node.enter(await node.person("ayse"), "genel")
    mehmet = await node.enter(await node.person("mehmet"), "genel")
    key = str(uuid4())
    first = await ayse.send("bir kere", istemci_id=key)
    again = await ayse.send("bir kere", istemci_id=key)
    assert first["istemci_id"] == again["istemci_id"] == key
    assert (again["mesaj_id"], again["sira"]) == (first["mesaj_id"], first["sira"])
    await ayse.ask("mesaj_duzenle", oda_id="genel", mesaj_id=first["mesaj_id"], icerik="başka")
    edited = await ayse.send("bir kere", istemci_id=key)
    assert (edited["mesaj_id"], edited["sira"]) == (first["mesaj_id"], first["sira"])
    await ayse.send("son")
    for talker in (ayse, mehmet):
        delivered = [(await talker.message())["icerik"] for _ in range(2)]
        assert delivered == ["bir kere", "son"]
        assert not [frame for frame in await talker.settle() if frame["tip"] == "mesaj"]


async def test_a_resend_in_the_same_batch_is_the_same_message(node: Node) -> None:
    await node.generous()
    ayse = await node.enter(await node.person("ayse"), "genel")
    key = str(uuid4())
    await asyncio.gather(*(ayse.tell("mesaj_gonder", oda_id="genel", icerik="x", istemci_id=key) for _ in range(40)))
    answers = [await ayse.expect("mesaj_onay") for _ in range(40)]
    assert len({(answer["mesaj_id"], answer["sira"]) for answer in answers}) == 1
    assert await node.head() == 1
    frames = await ayse.settle()
    assert [frame["sira"] for frame in frames if frame["tip"] == "mesaj"] == [1]


async def test_another_sender_or_room_makes_it_another_message(node: Node) -> None:
    person = await node.person("ayse")
    made = await node.http.post(
        "/sohbet/oda-olustur", json={"oda_id": "borsa", "baslik": "Borsa"}, headers=person.headers
    )
    assert made.status_code == 201
    ayse = await node.enter(person, "genel", "borsa")
    mehmet = await node.enter(await node.person("mehmet"), "genel")
    answers = [
        await ayse.send("x", istemci_id="aynı"),
        await ayse.send("x", "borsa", istemci_id="aynı"),
        await mehmet.send("x", istemci_id="aynı"),
    ]
    assert len({answer["mesaj_id"] for answer in answers}) == 3


async def test_a_resend_over_http_after_the_socket_is_the_same_message(node: Node) -> None:
    person = await node.person("ayse")
    ayse = await node.enter(person, "genel")
    sent = await ayse.send("bir", istemci_id="k-1")
    body = {"oda_id": "genel", "icerik": "bir", "istemci_id": "k-1"}
    answer = await node.http.post("/mesaj/gonder", json=body, headers=person.headers)
    assert answer.status_code == 201
    assert answer.json() == {"mesaj_id": sent["mesaj_id"], "sira": sent["sira"], "istemci_id": "k-1"}


async def test_sira_rises_by_one_for_everybody_in_the_same_order(node: Node) -> None:
    await node.generous()
    talkers = [await node.enter(f"misafir{number}", "genel") for number in range(6)]

    async def chatter(number: int) -> None:
        for index in range(30):
            await talkers[number].tell("mesaj_gonder", oda_id="genel", icerik=f"{number}:{index}")

    await asyncio.gather(*(chatter(number) for number in range(6)))
    heard = [await talker.messages(180) for talker in talkers]
    assert [message["sira"] for message in heard[0]] == list(range(1, 181))
    for one in heard[1:]:
        assert [(m["sira"], m["id"], m["icerik"]) for m in one] == [(m["sira"], m["id"], m["icerik"]) for m in heard[0]]
    for number in range(6):
        own = [message["icerik"] for message in heard[0] if message["gonderen_id"] == f"misafir{number}"]
        assert own == [f"{number}:{index}" for index in range(30)]


async def test_requests_of_one_connection_are_answered_in_their_order(node: Node) -> None:
    guest = await node.enter("misafir")
    for tip in ("oda_katil", "oda_gecmisi", "oda_ayril", "oda_katil"):
        await guest.tell(tip, oda_id="genel", ref=tip)
    assert [(await guest.wait(lambda f: "ref" in f, "an answer"))["tip"] for _ in range(4)] == [
        "oda_katilim",
        "oda_gecmisi",
        "oda_ayrilma",
        "oda_katilim",
    ]


async def test_who_has_left_hears_no_more_and_may_not_speak(node: Node) -> None:
    ayse = await node.enter("ayse", "genel")
    mehmet = await node.enter("mehmet", "genel")
    await ayse.ask("oda_ayril", oda_id="genel")
    await mehmet.send("duyuyor musun")
    assert not [frame for frame in await ayse.settle() if frame["tip"] == "mesaj"]
    for tip, fields in (
        ("mesaj_gonder", {"icerik": "x"}),
        ("oda_ayril", {}),
        ("yaziyor", {}),
        ("okundu", {"sira": 1}),
        ("mesaj_sil", {"mesaj_id": "a"}),
    ):
        problem = await ayse.refused(tip, oda_id="genel", **fields)
        assert (problem["kod"], problem["oda_id"]) == ("odada_degil", "genel")


async def test_joining_twice_delivers_once(node: Node) -> None:
    guest = await node.enter("misafir", "genel")
    again = await guest.join("genel")
    assert again["katilimci_sayisi"] == 1
    await guest.send("bir")
    frames = await guest.settle()
    assert [frame["sira"] for frame in frames if frame["tip"] == "mesaj"] == [1]
    await guest.ask("oda_ayril", oda_id="genel")
    assert (await guest.refused("mesaj_gonder", oda_id="genel", icerik="x"))["kod"] == "odada_degil"


async def test_control_characters_are_dropped_and_line_breaks_kept(node: Node) -> None:
    guest = await node.enter("misafir", "genel")
    await guest.send("\x00a\x01\r\nb\tc\x7f \x1b[31m\x9b31m\x85 ")
    assert (await guest.message())["icerik"] == "a\nb\tc [31m31m"
    await guest.send("مرحبا \u200fשלום\u200e 👨‍👩‍👧 \u202eters")
    assert (await guest.message())["icerik"] == "مرحبا \u200fשלום\u200e 👨‍👩‍👧 \u202eters"


@pytest.mark.parametrize(
    "content",
    [
        "",
        "   \n\t ",
        "\x00\x01\x02",
        "\u200b",
        "\u200e \u202e\u2069",
        "\ufeff\u2060",
        "⠀\u3164",
        "\u00ad\u180e",
        "\ufe0f",
    ],
)
async def test_an_empty_text_is_refused(node: Node, content: str) -> None:
    guest = await node.enter("misafir", "genel")
    problem = await guest.refused("mesaj_gonder", oda_id="genel", icerik=content)
    assert (problem["kod"], problem["alan"]) == ("gecersiz_alan", "icerik")
    assert await node.head() == 0


async def test_a_text_has_four_thousand_characters_at_most(node: Node) -> None:
    guest = await node.enter("misafir", "genel")
    await guest.send("ş" * 4_000)
    assert (await guest.message())["icerik"] == "ş" * 4_000
    problem = await guest.refused("mesaj_gonder", oda_id="genel", icerik="ş" * 4_001)
    assert (problem["kod"], problem["uzunluk"], problem["sinir"]) == ("cok_uzun", 4_001, 4_000)
    await node.change(max_length=5)
    assert (await guest.refused("mesaj_gonder", oda_id="genel", icerik="altı harf"))["sinir"] == 5


async def test_attachments_and_other_kinds_keep_their_place_and_are_refused(node: Node) -> None:
    guest = await node.enter("misafir", "genel")
    assert (await guest.refused("mesaj_gonder", oda_id="genel", icerik="x", ekler=["a"]))["alan"] == "ekler"
    assert (await guest.refused("mesaj_gonder", oda_id="genel", icerik="x", mesaj_tipi="ses"))["alan"] == "mesaj_tipi"
    await guest.send("x", ekler=[], mesaj_tipi="metin")


async def test_the_acknowledgement_counts_who_is_there(node: Node) -> None:
    ayse = await node.enter(await node.person("ayse"), "genel")
    person = await node.person("mehmet")
    await node.enter(person, "genel")
    await node.enter(person, "genel")
    assert (await ayse.send("kaç kişiyiz"))["alici_sayisi"] == 2
