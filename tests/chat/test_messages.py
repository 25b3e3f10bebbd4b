"""Messages after they are sent: edits, deletions, reactions, replies, mentions, history, read markers, typing."""

from typing import Any

from sqlalchemy import update

from meydan.accounts.permissions import Role
from meydan.chat.models import Message, Room
from tests.chat.node import Frame, Node, Person, Talker


async def trio(node: Node) -> tuple[Talker, Talker, Talker]:
    ayse, mehmet = await node.person("ayse"), await node.person("mehmet")
    return await node.enter(ayse, "genel"), await node.enter(mehmet, "genel"), await node.enter("misafir", "genel")


async def get(node: Node, path: str, who: Person | None = None, **query: Any) -> Frame:
    answer = await node.http.get(path, params=query, headers=who.headers if who else {})
    assert answer.status_code == 200, answer.text
    body: Frame = answer.json()
    return body


async def test_an_edit_reaches_everybody_with_a_place_of_its_own(node: Node) -> None:
    ayse, mehmet, guest = await trio(node)
    sent = await ayse.send("merhab")
    answer = await ayse.ask("mesaj_duzenle", oda_id="genel", mesaj_id=sent["mesaj_id"], icerik=" merhaba @mehmet ")
    assert (answer["mesaj_id"], answer["sira"]) == (sent["mesaj_id"], 2)
    for talker in (ayse, mehmet, guest):
        update = await talker.expect("mesaj_guncelleme")
        assert update == {
            "tip": "mesaj_guncelleme",
            "oda_id": "genel",
            "sira": 2,
            "mesaj_id": sent["mesaj_id"],
            "tur": "duzenleme",
            "kullanici_id": "ayse",
            "zaman": update["zaman"],
            "icerik": "merhaba @mehmet",
            "bahsedilenler": ["mehmet"],
        }
    (message,) = (await get(node, "/mesaj/gecmis/genel"))["mesajlar"]
    assert (message["icerik"], message["sira"], message["bahsedilenler"]) == ("merhaba @mehmet", 1, ["mehmet"])
    assert message["duzenlendi"] == update["zaman"]


async def test_an_edit_that_changes_nothing_is_no_event(node: Node) -> None:
    ayse, _, _ = await trio(node)
    sent = await ayse.send("aynı")
    answer = await ayse.ask("mesaj_duzenle", oda_id="genel", mesaj_id=sent["mesaj_id"], icerik="aynı ")
    assert (answer["tip"], answer["sira"]) == ("mesaj_onay", 1)
    assert await node.head() == 1


async def test_a_message_is_edited_by_its_sender_alone(node: Node) -> None:
    _, mehmet, guest = await trio(node)
    keeper = await node.enter(await node.person("duzenci", Role.MODERATOR), "genel")
    theirs = await mehmet.send("benim")
    anonymous = await guest.send("kimin")
    for talker, message in ((keeper, theirs), (guest, theirs), (mehmet, anonymous), (guest, anonymous)):
        problem = await talker.refused("mesaj_duzenle", oda_id="genel", mesaj_id=message["mesaj_id"], icerik="x")
        assert (problem["kod"], problem["mesaj_id"]) == ("mesaj_sahibi_degil", message["mesaj_id"])
    assert [m["icerik"] for m in (await get(node, "/mesaj/gecmis/genel"))["mesajlar"]] == ["benim", "kimin"]


async def test_an_edit_obeys_the_rules_of_a_text(node: Node) -> None:
    ayse, _, _ = await trio(node)
    sent = await ayse.send("x")
    fields = {"oda_id": "genel", "mesaj_id": sent["mesaj_id"]}
    assert (await ayse.refused("mesaj_duzenle", icerik="\x00 ", **fields))["alan"] == "icerik"
    assert (await ayse.refused("mesaj_duzenle", icerik="a" * 4_001, **fields))["kod"] == "cok_uzun"


async def test_a_deleted_message_keeps_its_place_and_loses_its_text(node: Node) -> None:
    ayse, mehmet, guest = await trio(node)
    sent = await ayse.send("pişmanım @mehmet")
    await mehmet.ask("tepki", oda_id="genel", mesaj_id=sent["mesaj_id"], emoji="😀")
    answer = await ayse.ask("mesaj_sil", oda_id="genel", mesaj_id=sent["mesaj_id"])
    assert answer["sira"] == 3
    for talker in (ayse, mehmet, guest):
        update = await talker.expect("mesaj_guncelleme", tur="silme")
        assert (update["mesaj_id"], update["sira"], update["kullanici_id"]) == (sent["mesaj_id"], 3, "ayse")
    (message,) = (await get(node, "/mesaj/gecmis/genel"))["mesajlar"]
    assert (message["silindi"], message["icerik"], message["tepkiler"], message["bahsedilenler"]) == (True, "", [], [])
    for tip, fields in (("mesaj_duzenle", {"icerik": "x"}), ("tepki", {"emoji": "👍"})):
        problem = await ayse.refused(tip, oda_id="genel", mesaj_id=sent["mesaj_id"], **fields)
        assert problem["kod"] == "mesaj_yok"


async def test_a_message_is_deleted_once_however_often_it_is_asked(node: Node) -> None:
    ayse, mehmet, guest = await trio(node)
    sent = await ayse.send("pişmanım")
    fields = {"oda_id": "genel", "mesaj_id": sent["mesaj_id"]}
    await ayse.ask("mesaj_sil", **fields)
    await guest.expect("mesaj_guncelleme", tur="silme")
    again = await ayse.ask("mesaj_sil", **fields)
    assert (again["tip"], again["mesaj_id"], again["sira"]) == ("mesaj_onay", sent["mesaj_id"], sent["sira"])
    assert (await mehmet.refused("mesaj_sil", **fields))["kod"] == "mesaj_sahibi_degil"
    assert not [frame for frame in await guest.settle() if frame["tip"] == "mesaj_guncelleme"]
    assert await node.head() == 2


async def test_who_may_delete_whose_message(node: Node) -> None:
    ayse, mehmet, guest = await trio(node)
    keeper = await node.enter(await node.person("duzenci", Role.MODERATOR), "genel")
    by_guest, by_ayse = await guest.send("misafirin"), await ayse.send("ayşenin")
    for talker, message in ((mehmet, by_ayse), (guest, by_ayse), (mehmet, by_guest), (guest, by_guest)):
        problem = await talker.refused("mesaj_sil", oda_id="genel", mesaj_id=message["mesaj_id"])
        assert problem["kod"] == "mesaj_sahibi_degil"
    for message in (by_guest, by_ayse):
        answer = await keeper.ask("mesaj_sil", oda_id="genel", mesaj_id=message["mesaj_id"])
        assert answer["tip"] == "mesaj_onay"
    assert all(message["silindi"] for message in (await get(node, "/mesaj/gecmis/genel"))["mesajlar"])


async def test_the_keepers_of_a_room_delete_in_it_and_nowhere_else(node: Node) -> None:
    owner, other = await node.person("sahibi"), await node.person("uyesi")
    await node.http.post("/sohbet/oda-olustur", json={"oda_id": "borsa", "baslik": "Borsa"}, headers=owner.headers)
    keeper, member = await node.enter(owner, "borsa", "genel"), await node.enter(other, "borsa", "genel")
    here, there = await member.send("x", "borsa"), await member.send("y")
    assert (await keeper.ask("mesaj_sil", oda_id="borsa", mesaj_id=here["mesaj_id"]))["tip"] == "mesaj_onay"
    elsewhere = await keeper.refused("mesaj_sil", oda_id="genel", mesaj_id=there["mesaj_id"])
    assert elsewhere["kod"] == "mesaj_sahibi_degil"
    problem = await keeper.refused("mesaj_sil", oda_id="borsa", mesaj_id=there["mesaj_id"])
    assert problem["kod"] == "mesaj_yok", "a message is looked for in the room that was named"


async def test_reactions_count_people_and_come_off_again(node: Node) -> None:
    ayse, mehmet, guest = await trio(node)
    sent = await ayse.send("güzel haber")
    fields = {"oda_id": "genel", "mesaj_id": sent["mesaj_id"]}
    for talker, emoji in ((mehmet, "👍"), (ayse, "👍"), (guest, "❤️"), (ayse, "7️⃣")):
        assert (await talker.ask("tepki", emoji=emoji, **fields))["tip"] == "mesaj_onay"
    again = await ayse.ask("tepki", emoji="👍", **fields)
    assert (again["tip"], again["sira"]) == ("mesaj_onay", 1), "a second time changes nothing"
    assert (await ayse.ask("tepki", emoji="🎉", kaldir=True, **fields))["sira"] == 1
    await mehmet.ask("tepki", emoji="👍", kaldir=True, **fields)
    updates = [frame for frame in await guest.settle() if frame["tip"] == "mesaj_guncelleme"]
    assert [update["sira"] for update in updates] == [2, 3, 4, 5, 6]
    last = updates[-1]
    assert (last["tur"], last["emoji"], last["kaldirildi"], last["kullanici_id"]) == ("tepki", "👍", True, "mehmet")
    assert last["tepkiler"] == [
        {"emoji": "👍", "sayi": 1, "kullanicilar": ["ayse"]},
        {"emoji": "❤️", "sayi": 1, "kullanicilar": ["misafir"]},
        {"emoji": "7️⃣", "sayi": 1, "kullanicilar": ["ayse"]},
    ]
    (message,) = (await get(node, "/mesaj/gecmis/genel"))["mesajlar"]
    assert message["tepkiler"] == last["tepkiler"]


async def test_a_reaction_is_an_emoji(node: Node) -> None:
    await node.generous()
    guest = await node.enter("misafir", "genel")
    sent = await guest.send("x")
    for emoji in ("❤️", "👍🏽", "👨‍👩‍👧‍👦", "🏳️‍🌈", "🇹🇷", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "#️⃣", "☕", "🩷", "‼️"):
        assert (await guest.ask("tepki", oda_id="genel", mesaj_id=sent["mesaj_id"], emoji=emoji))["tip"] == "mesaj_onay"
    for emoji in (
        *("a", "1", " ", "👍 👍", "x👍", "<b>", "👍👍", "👍" * 17, "\x00", "👍\x00", "👍<b>", "👍x", "“x", "🇹🇷🇹🇷", "⠀"),
        *("\u200b", "\u202e", "👍\u202e", "\ufe0f", "\u200d", "👍\u200d", "\U000e0067", "👍\n", "ğ", "日"),
    ):
        problem = await guest.refused("tepki", oda_id="genel", mesaj_id=sent["mesaj_id"], emoji=emoji)
        assert (problem["kod"], problem["alan"]) == ("gecersiz_alan", "emoji"), emoji


async def test_a_message_that_is_not_there(node: Node) -> None:
    await node.generous()
    ayse, _, _ = await trio(node)
    for message_id in ("yok", "0" * 32, "a\x00b", "'; --", "ı" * 32):
        fields = {"oda_id": "genel", "mesaj_id": message_id}
        for problem in (
            await ayse.refused("mesaj_duzenle", icerik="x", **fields),
            await ayse.refused("mesaj_sil", **fields),
            await ayse.refused("tepki", emoji="👍", **fields),
            await ayse.refused("mesaj_gonder", oda_id="genel", icerik="x", yanit=message_id),
        ):
            assert (problem["kod"], problem["mesaj_id"]) == ("mesaj_yok", message_id)
    assert await node.head() == 0


async def test_a_reply_quotes_the_beginning_and_tells_its_sender(node: Node) -> None:
    ayse, mehmet, _ = await trio(node)
    sent = await ayse.send("soru " + "ş" * 200)
    reply = await mehmet.send("cevap", yanit=sent["mesaj_id"])
    await ayse.message()
    message = await ayse.message()
    assert message["yanit"] == sent["mesaj_id"]
    assert message["yanit_ozet"] == {
        "id": sent["mesaj_id"],
        "gonderen_id": "ayse",
        "gonderen_ad": "ayse",
        "misafir": False,
        "icerik": ("soru " + "ş" * 200)[:140],
    }
    notice = (await ayse.expect("bildirim"))["bildirim"]
    assert (notice["tur"], notice["gonderen_id"], notice["mesaj_id"]) == ("yanit", "mehmet", reply["mesaj_id"])
    await ayse.send("kendime", yanit=sent["mesaj_id"])
    assert not [frame for frame in await ayse.settle() if frame["tip"] == "bildirim"]


async def test_a_reply_stays_in_its_room(node: Node) -> None:
    owner = await node.person("sahibi")
    body = {"oda_id": "gizli", "baslik": "Gizli", "tur": "ozel"}
    await node.http.post("/sohbet/oda-olustur", json=body, headers=owner.headers)
    talker = await node.enter(owner, "gizli", "genel")
    secret = await talker.send("kimse bilmesin", "gizli")
    problem = await talker.refused("mesaj_gonder", oda_id="genel", icerik="bak", yanit=secret["mesaj_id"])
    assert problem["kod"] == "mesaj_yok"


async def test_a_mention_notifies_over_the_socket_and_http(node: Node) -> None:
    ayse, mehmet, guest = await node.person("ayse"), await node.person("mehmet"), await node.enter("misafir", "genel")
    await node.http.patch("/auth/me", json={"name": "Ayşe Işık"}, headers=ayse.headers)
    listening, elsewhere = await node.enter(mehmet), await node.enter(mehmet, "genel")
    talker = await node.enter(ayse, "genel")
    sent = await talker.send("@mehmet @MEHMET @ayse @misafir @olmayan a@mehmet bak")
    for connection in (listening, elsewhere):
        notice = (await connection.expect("bildirim"))["bildirim"]
        assert notice == {
            "id": notice["id"],
            "tur": "bahsetme",
            "oda_id": "genel",
            "oda_baslik": "Genel",
            "mesaj_id": sent["mesaj_id"],
            "gonderen_id": "ayse",
            "gonderen_ad": "Ayşe Işık",
            "ozet": "@mehmet @MEHMET @ayse @misafir @olmayan a@mehmet bak",
            "zaman": notice["zaman"],
            "okundu": False,
            "misafir": False,
        }
        assert not [frame for frame in await connection.settle() if frame["tip"] == "bildirim"]
    for connection in (talker, guest):
        assert not [frame for frame in await connection.settle() if frame["tip"] == "bildirim"]

    page = await get(node, "/bildirimler", mehmet)
    assert (page["bildirimler"], page["okunmamis"]) == ([notice], 1)
    assert (await get(node, "/bildirimler", ayse))["bildirimler"] == []
    room = await get(node, "/sohbet/odalar/genel", mehmet)
    assert (room["bahsetme"], room["okunmamis"]) == (1, 1)

    other = await node.http.post("/bildirimler/okundu", json={"idler": [notice["id"]]}, headers=ayse.headers)
    assert other.status_code == 204
    assert (await get(node, "/bildirimler", mehmet))["okunmamis"] == 1, "another's notification stays as it is"
    for body, told in (({"idler": [notice["id"]]}, [notice["id"]]), ({}, [])):  # read once, told once
        await node.http.post("/bildirimler/okundu", json=body, headers=mehmet.headers)
        read = [frame["idler"] for frame in await listening.settle() if frame["tip"] == "bildirim_okundu"]
        assert read == ([told] if told else [])
    page = await get(node, "/bildirimler", mehmet)
    assert (page["bildirimler"][0]["okundu"], page["okunmamis"]) == (True, 0)
    assert (await get(node, "/bildirimler", mehmet, okunmamis=True))["bildirimler"] == []


async def test_a_resend_notifies_once(node: Node) -> None:
    ayse, mehmet, _ = await trio(node)
    for _ in range(3):
        await ayse.send("@mehmet", istemci_id="bir")
    assert (await mehmet.expect("bildirim"))["bildirim"]["tur"] == "bahsetme"
    assert not [frame for frame in await mehmet.settle() if frame["tip"] == "bildirim"]


async def test_an_erased_message_is_gone_from_its_notifications(node: Node) -> None:
    ayse, mehmet = await node.person("ayse"), await node.person("mehmet")
    talker = await node.enter(ayse, "genel")
    sent = await talker.send("@mehmet parolam 1234")
    await talker.ask("mesaj_sil", oda_id="genel", mesaj_id=sent["mesaj_id"])
    assert (await get(node, "/bildirimler", mehmet))["bildirimler"] == []


async def test_history_pages_backwards_over_socket_and_http(node: Node) -> None:
    ayse, _, guest = await trio(node)
    await node.generous()
    for number in range(1, 8):
        await ayse.send(f"ileti {number}")
    newest = await guest.ask("oda_gecmisi", oda_id="genel", limit=3)
    assert ([m["sira"] for m in newest["mesajlar"]], newest["devami"]) == ([5, 6, 7], True)
    middle = await guest.ask("oda_gecmisi", oda_id="genel", limit=4, once=5)
    assert ([m["sira"] for m in middle["mesajlar"]], middle["devami"]) == ([1, 2, 3, 4], False)
    assert (await guest.ask("oda_gecmisi", oda_id="genel", once=1))["mesajlar"] == []
    assert len((await guest.ask("oda_gecmisi", oda_id="genel"))["mesajlar"]) == 7

    page = await get(node, "/mesaj/gecmis/genel", limit=3, once=6)
    assert ([m["sira"] for m in page["mesajlar"]], page["devami"], page["donem"]) == ([3, 4, 5], True, newest["donem"])
    one = await get(node, f"/mesaj/{page['mesajlar'][0]['id']}")
    assert one == page["mesajlar"][0]

    for limit in (0, 201, -1, "50", 1.5, None):
        assert (await guest.refused("oda_gecmisi", oda_id="genel", limit=limit))["alan"] == "limit"
    for limit in (0, 201):
        assert (await node.http.get("/mesaj/gecmis/genel", params={"limit": limit})).status_code == 422


async def test_history_needs_no_joining(node: Node) -> None:
    await (await node.enter("misafir", "genel")).send("önceden")
    late = await node.enter("sonraki")
    assert [m["icerik"] for m in (await late.ask("oda_gecmisi", oda_id="genel"))["mesajlar"]] == ["önceden"]


async def test_a_message_over_http_reaches_the_room(node: Node) -> None:
    ayse = await node.person("ayse")
    guest = await node.enter("misafir", "genel")
    body = {"oda_id": "genel", "icerik": "HTTP'den merhaba", "istemci_id": "h-1"}
    answer = await node.http.post("/mesaj/gonder", json=body, headers=ayse.headers)
    assert answer.status_code == 201
    message = await guest.message()
    assert (message["id"], message["gonderen_id"]) == (answer.json()["mesaj_id"], "ayse")
    assert (await node.http.post("/mesaj/gonder", json=body)).status_code == 401
    for bad in ({"icerik": ""}, {"icerik": "x" * 4_001}, {"oda_id": "yok"}, {"yanit": "0" * 32}, {"icerik": 5}):
        refused = await node.http.post("/mesaj/gonder", json={**body, "istemci_id": "h-2", **bad}, headers=ayse.headers)
        assert refused.status_code in (404, 422), bad
    assert await node.head() == 1


async def test_read_markers_move_forward_and_clear_the_unread(node: Node) -> None:
    ayse, mehmet = await node.person("ayse"), await node.person("mehmet")
    reader = await node.enter(mehmet, "genel")
    talker = await node.enter(ayse, "genel")
    for number in range(4):
        await talker.send(f"{number}")
    await reader.send("benimki")

    async def unread() -> tuple[int, int]:
        await node.square.hub.marks.store()
        room = await get(node, "/sohbet/odalar/genel", mehmet)
        return room["okunmamis"], room["okunan_sira"]

    assert await unread() == (4, 0)
    await reader.tell("okundu", oda_id="genel", sira=3)
    marker = await talker.expect("okundu")
    assert marker == {"tip": "okundu", "oda_id": "genel", "kullanici_id": "mehmet", "sira": 3}
    assert await unread() == (1, 3)
    await reader.tell("okundu", oda_id="genel", sira=99)
    await reader.settle()
    assert not [frame for frame in await talker.settle() if frame["tip"] == "okundu"]
    await reader.tell("okundu", oda_id="genel", sira=2)
    await reader.settle()
    assert not [frame for frame in await talker.settle() if frame["tip"] == "okundu"]
    assert await unread() == (1, 3), "neither backwards nor past the head"
    await reader.tell("okundu", oda_id="genel", sira=4)
    again = await node.enter(mehmet)
    assert (await again.join("genel"))["okunan_sira"] == 4, "what waits to be stored counts"
    await unread()
    await again.tell("okundu", oda_id="genel", sira=3)
    await again.settle()
    assert [frame["sira"] for frame in await talker.settle() if frame["tip"] == "okundu"] == [4]
    reader = again
    assert (await reader.join("genel"))["okunan_sira"] == 4


async def test_a_mention_that_was_read_in_its_room_no_longer_marks_the_room_nor_the_bell(node: Node) -> None:
    ayse, mehmet = await node.person("ayse"), await node.person("mehmet")
    reader, talker = await node.enter(mehmet, "genel"), await node.enter(ayse, "genel")
    for number in range(2):
        await talker.send(f"@mehmet {number}")

    async def mentioned() -> tuple[int, int]:
        await node.square.hub.marks.store()
        (room,) = (await get(node, "/sohbet/odalar", mehmet))["odalar"]
        assert room["bahsetme"] == (await get(node, "/sohbet/odalar/genel", mehmet))["bahsetme"]
        return room["bahsetme"], (await get(node, "/bildirimler", mehmet))["okunmamis"]

    assert await mentioned() == (2, 2)
    await reader.tell("okundu", oda_id="genel", sira=1)
    await reader.settle()
    assert await mentioned() == (1, 1)
    await reader.tell("okundu", oda_id="genel", sira=2)
    await reader.settle()
    assert await mentioned() == (0, 0)


async def test_the_unread_are_counted_among_the_newest(node: Node) -> None:
    ayse, mehmet = await node.person("ayse"), await node.person("mehmet")
    await node.enter(mehmet, "genel")
    talker = await node.enter(ayse, "genel")
    await talker.send("çok önce")
    move = update(Message).values(sira=1)
    ahead = update(Room).values(head=1_005)
    await node.square.accounts.engines.db.write(lambda session: (session.execute(move), session.execute(ahead)))
    assert (await get(node, "/sohbet/odalar/genel", mehmet))["okunmamis"] == 0
    near = update(Room).values(head=1_000)
    await node.square.accounts.engines.db.write(lambda session: session.execute(near))
    assert (await get(node, "/sohbet/odalar/genel", mehmet))["okunmamis"] == 1


async def test_who_is_told_of_something_by_a_guest_sees_that_it_was_one(node: Node) -> None:
    mehmet = await node.person("mehmet")
    listening = await node.enter(mehmet, "genel")
    guest, ayse = await node.enter("mehmet-abi", "genel"), await node.enter(await node.person("ayse"), "genel")
    sent = await listening.send("kim var")
    for number, (talker, fields) in enumerate(((guest, {}), (guest, {"yanit": sent["mesaj_id"]}), (ayse, {}))):
        await talker.send("buradayım" if fields else "@mehmet bak", **fields)
        told = (await listening.expect("bildirim"))["bildirim"]
        assert told["misafir"] is (number < 2)
    stored = (await get(node, "/bildirimler", mehmet))["bildirimler"]
    assert [notice["misafir"] for notice in stored] == [False, True, True]


async def test_a_guest_keeps_no_read_marker(node: Node) -> None:
    ayse, _, guest = await trio(node)
    await ayse.send("x")
    await guest.tell("okundu", oda_id="genel", sira=1)
    await guest.settle()
    assert not [frame for frame in await ayse.settle() if frame["tip"] == "okundu"]


async def test_in_a_large_room_a_read_marker_is_shown_to_oneself(node: Node) -> None:
    await node.change(read_marker_limit=1)
    mehmet = await node.person("mehmet")
    phone, desk = await node.enter(mehmet, "genel"), await node.enter(mehmet)
    ayse = await node.enter("ayse", "genel")
    await phone.send("x")
    await phone.tell("okundu", oda_id="genel", sira=1)
    assert (await desk.expect("okundu"))["sira"] == 1
    assert not [frame for frame in await ayse.settle() if frame["tip"] == "okundu"]


async def test_typing_is_told_to_the_room_and_not_too_often(node: Node) -> None:
    ayse, mehmet, guest = await trio(node)
    for _ in range(3):
        await ayse.tell("yaziyor", oda_id="genel")
    await ayse.settle()
    for talker in (mehmet, guest):
        frames = [frame for frame in await talker.settle() if frame["tip"] == "yaziyor"]
        assert frames == [{"tip": "yaziyor", "oda_id": "genel", "kullanici_id": "ayse"}]
    await node.change(typing_limit=1)
    await mehmet.tell("yaziyor", oda_id="genel")
    await mehmet.settle()
    assert not [frame for frame in await guest.settle() if frame["tip"] == "yaziyor"]


async def test_what_is_read_in_the_room_is_read_in_the_bell(node: Node) -> None:
    ayse, reader = await node.enter(await node.person("ayse"), "genel"), await node.person("mehmet")
    mehmet = await node.enter(reader, "genel")
    sent = [await ayse.send(text) for text in ("@mehmet bakar mısın", "@mehmet bir de buna")]
    ids = [(await mehmet.expect("bildirim"))["bildirim"]["id"] for _ in sent]
    for message, notice, left in zip(sent, ids, (1, 0), strict=True):
        await mehmet.tell("okundu", oda_id="genel", sira=message["sira"])
        assert (await mehmet.expect("bildirim_okundu"))["idler"] == [notice], "as far as was read, and no further"
        page = await get(node, "/bildirimler", reader)
        assert (page["okunmamis"], [one["id"] for one in page["bildirimler"] if not one["okundu"]]) == (
            left,
            ids[2 - left :],
        )
    assert not [frame for frame in await ayse.settle() if frame["tip"] == "bildirim_okundu"]
