"""Rooms and who may see them: private rooms, invitations, expulsion, archives, standing, strangers at every door."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from meydan.accounts.permissions import Role
from meydan.platform.clock import ManualClock
from meydan.platform.settings import Settings
from tests.chat.node import Frame, Node, Person, Talker, running_node

ROOM = "/sohbet/odalar/gizli"


async def call(node: Node, method: str, path: str, who: Person | None, **options: Any) -> httpx.Response:
    return await node.http.request(method, path, headers=who.headers if who else {}, **options)


async def answered(node: Node, method: str, path: str, who: Person | None, status: int, **options: Any) -> Frame:
    answer = await call(node, method, path, who, **options)
    assert answer.status_code == status, answer.text
    body: Frame = answer.json() if answer.content else {}
    return body


async def make(node: Node, who: Person, name: str = "gizli", kind: str = "ozel") -> Frame:
    body = {"oda_id": name, "baslik": name.title(), "tur": kind}
    return await answered(node, "POST", "/sohbet/oda-olustur", who, 201, json=body)


async def let_in(node: Node, owner: Person, guest: Person) -> None:
    made = await answered(node, "POST", f"{ROOM}/davetler", owner, 201, json={"kullanici_id": guest.id})
    await answered(node, "POST", "/sohbet/davet-kabul", guest, 200, json={"kod": made["kod"]})


async def test_a_fresh_square_has_one_public_room(node: Node) -> None:
    (room,) = (await answered(node, "GET", "/sohbet/odalar", None, 200))["odalar"]
    assert (room["oda_id"], room["tur"], room["katilimci_sayisi"], room["katilimcilar"]) == ("genel", "genel", 0, [])
    assert (room["son_aktivite"], room["uye"], room["rol"], room["sira"]) == (None, False, None, 0)
    talker = await node.enter(await node.person("ayse"), "genel")
    await node.enter("misafir", "genel")
    await talker.send("x")
    room = await answered(node, "GET", "/sohbet/odalar/genel", None, 200)
    assert (room["katilimci_sayisi"], room["katilimcilar"], room["sira"]) == (2, ["ayse", "misafir"], 1)
    assert room["son_aktivite"]


async def test_opening_a_room(node: Node) -> None:
    ayse = await node.person("ayse")
    made = await answered(
        node, "POST", "/sohbet/oda-olustur", ayse, 201, json={"baslik": "  Işık  Hızı! ", "konu": "x"}
    )
    assert (made["oda_id"], made["baslik"], made["tur"], made["rol"]) == ("isik-hizi", "Işık Hızı!", "genel", "sahip")
    again = await answered(node, "POST", "/sohbet/oda-olustur", ayse, 409, json={"baslik": "IŞIK hızı"})
    assert again["kod"] == "oda_var"
    await answered(node, "POST", "/sohbet/oda-olustur", None, 401, json={"baslik": "x"})
    guest = await node.guest("misafir")
    assert (await answered(node, "POST", "/sohbet/oda-olustur", guest, 403, json={"baslik": "x"}))["kod"] == "yetki_yok"
    for bad in ({"oda_id": "İ"}, {"oda_id": "-x"}, {"oda_id": "x" * 65}, {}, {"baslik": ""}, {"baslik": "x" * 121}):
        assert (await call(node, "POST", "/sohbet/oda-olustur", ayse, json=bad)).status_code == 422, bad
    await node.change(members_create_rooms=False)
    await answered(node, "POST", "/sohbet/oda-olustur", ayse, 403, json={"baslik": "kapalı"})
    keeper = await node.person("duzenci", Role.MODERATOR)
    await answered(node, "POST", "/sohbet/oda-olustur", keeper, 201, json={"baslik": "açık"})


async def test_a_member_opens_so_many_rooms_and_archiving_makes_no_place_for_more(node: Node) -> None:
    await node.change(rooms_per_member=2)
    ayse, keeper = await node.person("ayse"), await node.person("duzenci", Role.MODERATOR)
    for number in range(2):
        await make(node, ayse, f"oda{number}", "genel")
    body = {"oda_id": "fazla", "baslik": "x"}
    refused = await answered(node, "POST", "/sohbet/oda-olustur", ayse, 409, json=body)
    assert (refused["kod"], refused["sinir"]) == ("oda_siniri", 2)
    await answered(node, "DELETE", "/sohbet/odalar/oda0", ayse, 204)
    await answered(node, "POST", "/sohbet/oda-olustur", ayse, 409, json=body)
    for number in range(3):
        await make(node, keeper, f"duzen{number}", "genel")


async def test_a_newer_invitation_takes_the_place_of_the_older(node: Node) -> None:
    owner, invited = await node.person("sahibi"), await node.person("davetli")
    await make(node, owner)
    body = {"kullanici_id": "davetli"}
    made = [await answered(node, "POST", f"{ROOM}/davetler", owner, 201, json=body) for _ in range(3)]
    (notice,) = (await answered(node, "GET", "/bildirimler", invited, 200))["bildirimler"]
    assert made[-1]["kod"] in notice["ozet"]
    (shown,) = (await answered(node, "GET", f"{ROOM}/davetler", owner, 200))["davetler"]
    assert shown["davet_id"] == made[-1]["davet_id"]
    await answered(node, "POST", "/sohbet/davet-kabul", invited, 404, json={"kod": made[0]["kod"]})
    await answered(node, "POST", "/sohbet/davet-kabul", invited, 200, json={"kod": made[-1]["kod"]})


async def test_a_title_is_seen_and_turns_nothing_around(node: Node) -> None:
    ayse = await node.person("ayse")
    for title in ("\u200b", "\u202e\u2066", " \u3164 ", "\ufeff"):
        answer = await call(node, "POST", "/sohbet/oda-olustur", ayse, json={"oda_id": "yaris", "baslik": title})
        assert (answer.status_code, answer.json()["alan"]) == (422, "baslik"), title
    made = await answered(
        node, "POST", "/sohbet/oda-olustur", ayse, 201, json={"baslik": "Oda \u202eters\u2069 \x9b 🚀"}
    )
    assert (made["baslik"], made["oda_id"]) == ("Oda ters 🚀", "oda-ters")


async def test_changing_a_room(node: Node) -> None:
    owner, other = await node.person("sahibi"), await node.person("oteki")
    keeper = await node.person("duzenci", Role.MODERATOR)
    await make(node, owner, "borsa", "genel")
    changed = await answered(node, "PATCH", "/sohbet/odalar/borsa", owner, 200, json={"baslik": "Borsa 2", "konu": "y"})
    assert (changed["baslik"], changed["konu"]) == ("Borsa 2", "y")
    talker = await node.enter(other, "borsa")
    await talker.send("okunmadı", "borsa")
    assert (await answered(node, "PATCH", "/sohbet/odalar/borsa", owner, 200, json={"konu": "y"}))["okunmamis"] == 1
    await answered(node, "PATCH", "/sohbet/odalar/borsa", keeper, 200, json={"konu": "z"})
    refused = await answered(node, "PATCH", "/sohbet/odalar/borsa", other, 403, json={"konu": "w"})
    assert refused["kod"] == "oda_yetki_yok"
    room = await answered(node, "GET", "/sohbet/odalar/borsa", None, 200)
    assert (room["baslik"], room["konu"]) == ("Borsa 2", "z")


async def test_a_private_room_is_not_there_for_a_stranger(node: Node) -> None:
    owner, stranger = await node.person("sahibi"), await node.person("yabanci")
    keeper = await node.person("duzenci", Role.ADMIN)
    await make(node, owner)
    inside = await node.enter(owner, "gizli")
    secret = await inside.send("altın ışık @yabanci", "gizli")
    anonymous = await node.guest("misafir")
    for who in (stranger, keeper, anonymous):
        for method, path, body in (
            ("PATCH", ROOM, {"konu": "x"}),
            ("DELETE", ROOM, None),
            ("GET", f"{ROOM}/uyeler", None),
            ("PUT", f"{ROOM}/uyeler/sahibi", {"rol": "uye"}),
            ("DELETE", f"{ROOM}/uyeler/sahibi", None),
            ("POST", f"{ROOM}/davetler", {}),
            ("GET", f"{ROOM}/davetler", None),
            ("DELETE", f"{ROOM}/davetler/x", None),
            ("POST", "/mesaj/gonder", {"oda_id": "gizli", "icerik": "x"}),
        ):
            answer = await call(node, method, path, who, **({"json": body} if body is not None else {}))
            assert (answer.status_code, answer.json()["kod"]) == (404, "oda_yok"), (who, method, path)
    assert (await answered(node, "POST", f"{ROOM}/uyelik", stranger, 404))["kod"] == "oda_yok"
    for reader in (stranger, keeper, anonymous, None):
        for path, query in (
            (ROOM, {}),
            ("/mesaj/gecmis/gizli", {}),
            ("/mesaj/ara", {"q": "ışık", "oda_id": "gizli"}),
        ):
            refused = await answered(node, "GET", path, reader, 404, params=query)
            assert refused["kod"] == "oda_yok"
            assert refused == {**await missing_room(node, path, reader, query), "oda_id": "gizli"} | volatile(refused)
        assert (await answered(node, "GET", f"/mesaj/{secret['mesaj_id']}", reader, 404))["kod"] == "mesaj_yok"
        assert (await answered(node, "GET", "/mesaj/ara", reader, 200, params={"q": "ışık"}))["mesajlar"] == []
        names = [room["oda_id"] for room in (await answered(node, "GET", "/sohbet/odalar", reader, 200))["odalar"]]
        assert names == ["genel"]
    assert (await answered(node, "GET", "/bildirimler", stranger, 200))["bildirimler"] == []
    found = await answered(node, "GET", "/mesaj/ara", owner, 200, params={"q": "ışık"})
    assert [message["id"] for message in found["mesajlar"]] == [secret["mesaj_id"]]

    for talker in (await node.enter(stranger), await node.enter(keeper), await node.enter("gelen")):
        for tip in ("oda_katil", "oda_gecmisi"):
            problem = await talker.refused(tip, oda_id="gizli")
            assert (problem["kod"], problem["oda_id"]) == ("oda_yok", "gizli")
        for tip, fields in (("mesaj_gonder", {"icerik": "x"}), ("mesaj_sil", {"mesaj_id": secret["mesaj_id"]})):
            problem = await talker.refused(tip, oda_id="gizli", **fields)
            assert problem["kod"] == "odada_degil", "as for any room that was not joined"


def volatile(body: Frame) -> Frame:
    return {name: body[name] for name in ("istek_id", "ayrinti", "detail") if name in body}


async def missing_room(node: Node, path: str, who: Person | None, query: Frame) -> Frame:
    path, query = path.replace("gizli", "olmayan"), {**query, **({"oda_id": "olmayan"} if "oda_id" in query else {})}
    return await answered(node, "GET", path, who, 404, params=query)


async def test_who_was_expelled_comes_back_by_no_link_until_invited_by_name(node: Node) -> None:
    owner, mehmet, other = [await node.person(name) for name in ("sahibi", "mehmet", "oteki")]
    await answered(node, "POST", "/sohbet/oda-olustur", owner, 201, json={"oda_id": "gizli", "tur": "ozel"})
    doors = "/sohbet/odalar/gizli/davetler"
    general = (await answered(node, "POST", doors, owner, 201, json={"azami_kullanim": 9}))["kod"]
    await answered(node, "POST", "/sohbet/davet-kabul", mehmet, 200, json={"kod": general})
    await answered(node, "PUT", "/sohbet/odalar/gizli/uyeler/mehmet", owner, 204, json={"rol": "moderator"})
    own = (await answered(node, "POST", doors, mehmet, 201, json={"azami_kullanim": 9}))["kod"]
    await answered(node, "DELETE", "/sohbet/odalar/gizli/uyeler/mehmet", owner, 204)
    for code in (own, general):
        await answered(node, "POST", "/sohbet/davet-kabul", mehmet, 404, json={"kod": code})
        await answered(node, "POST", "/sohbet/davet-bak", mehmet, 404, json={"kod": code})
    await answered(node, "POST", "/sohbet/davet-kabul", other, 404, json={"kod": own})
    await answered(node, "POST", "/sohbet/davet-kabul", other, 200, json={"kod": general})
    named = (await answered(node, "POST", doors, owner, 201, json={"kullanici_id": "mehmet"}))["kod"]
    await answered(node, "POST", "/sohbet/davet-kabul", mehmet, 200, json={"kod": named})
    await answered(node, "DELETE", "/sohbet/odalar/gizli/uyelik", mehmet, 204)
    await answered(node, "POST", "/sohbet/davet-kabul", mehmet, 200, json={"kod": general})


async def test_an_invitation_for_one_user(node: Node) -> None:
    owner, invited, other = [await node.person(name) for name in ("sahibi", "davetli", "oteki")]
    await node.http.patch("/auth/me", json={"name": "Sahibi Hanım"}, headers=owner.headers)
    await make(node, owner)
    waiting = await node.enter(invited)
    made = await answered(node, "POST", f"{ROOM}/davetler", owner, 201, json={"kullanici_id": "davetli"})
    assert (made["kullanici_id"], made["azami_kullanim"], made["kullanim"]) == ("davetli", 1, 0)
    notice = (await waiting.expect("bildirim"))["bildirim"]
    assert (notice["tur"], notice["oda_id"], notice["gonderen_id"]) == ("davet", "gizli", "sahibi")
    assert (notice["oda_baslik"], notice["gonderen_ad"]) == ("Gizli", "Sahibi Hanım")
    assert made["kod"] in notice["ozet"]
    assert (await answered(node, "GET", "/bildirimler", invited, 200))["bildirimler"] == [notice]
    wrong = await answered(node, "POST", "/sohbet/davet-kabul", other, 404, json={"kod": made["kod"]})
    assert wrong["kod"] == "davet_gecersiz"
    room = await answered(node, "POST", "/sohbet/davet-kabul", invited, 200, json={"kod": made["kod"]})
    assert (room["oda_id"], room["rol"]) == ("gizli", "uye")
    assert (await waiting.join("gizli"))["oda_id"] == "gizli"
    missing = await answered(node, "POST", f"{ROOM}/davetler", owner, 404, json={"kullanici_id": "olmayan"})
    assert missing["kod"] == "uye_yok"


async def test_an_invitation_is_used_up_revoked_and_expires(settings: Settings) -> None:
    clock = ManualClock()
    async with running_node(settings, clock=clock) as node:
        owner = await node.person("sahibi")
        people = [await node.person(f"gelen{number}") for number in range(4)]
        await make(node, owner)
        invitations = f"{ROOM}/davetler"

        async def accept(who: Person, code: str, status: int) -> None:
            await answered(node, "POST", "/sohbet/davet-kabul", who, status, json={"kod": code})

        twice = await answered(node, "POST", invitations, owner, 201, json={"azami_kullanim": 2})
        await accept(people[0], twice["kod"], 200)
        await accept(people[0], twice["kod"], 200)
        (shown,) = (await answered(node, "GET", invitations, owner, 200))["davetler"]
        assert (shown["davet_id"], shown["kullanim"], shown["kod"]) == (twice["davet_id"], 1, None)
        await accept(people[1], twice["kod"], 200)
        await accept(people[2], twice["kod"], 404)
        await accept(people[0], twice["kod"], 200)
        assert (await answered(node, "GET", invitations, owner, 200))["davetler"] == []

        revoked = await answered(node, "POST", invitations, owner, 201, json={})
        await answered(node, "DELETE", f"{invitations}/{revoked['davet_id']}", owner, 204)
        await accept(people[2], revoked["kod"], 404)
        assert (await answered(node, "DELETE", f"{invitations}/yok", owner, 404))["kod"] == "davet_gecersiz"

        short = await answered(node, "POST", invitations, owner, 201, json={"gecerlilik_saat": 1})
        clock.advance(timedelta(minutes=14).total_seconds())
        await accept(people[2], short["kod"], 200)
        expired = await answered(node, "POST", invitations, owner, 201, json={"gecerlilik_saat": 1})
        clock.advance(timedelta(hours=1).total_seconds())
        late = await node.person("gecikmis")
        await accept(late, expired["kod"], 404)
        await accept(late, "yok", 404)


async def test_a_guest_accepts_no_invitation(node: Node) -> None:
    owner = await node.person("sahibi")
    await make(node, owner)
    made = await answered(node, "POST", f"{ROOM}/davetler", owner, 201, json={})
    guest = await node.guest("misafir")
    await answered(node, "POST", "/sohbet/davet-kabul", guest, 403, json={"kod": made["kod"]})
    await answered(node, "POST", "/sohbet/davet-kabul", None, 401, json={"kod": made["kod"]})


async def test_members_and_their_standing(node: Node) -> None:
    owner, member, other = [await node.person(name) for name in ("sahibi", "uyesi", "oteki")]
    await make(node, owner)
    await let_in(node, owner, member)
    await let_in(node, owner, other)
    await node.enter(member, "gizli")
    listed = (await answered(node, "GET", f"{ROOM}/uyeler", other, 200))["uyeler"]
    assert [(row["kullanici_id"], row["rol"], row["cevrimici"]) for row in listed] == [
        ("sahibi", "sahip", False),
        ("oteki", "uye", False),
        ("uyesi", "uye", True),
    ]
    for path, method, body in (
        (f"{ROOM}/uyeler/uyesi", "PUT", {"rol": "sahip"}),
        (f"{ROOM}/uyeler/oteki", "DELETE", None),
        (f"{ROOM}/davetler", "POST", {}),
        (ROOM, "DELETE", None),
    ):
        answer = await call(node, method, path, member, **({"json": body} if body is not None else {}))
        assert (answer.status_code, answer.json()["kod"]) == (403, "oda_yetki_yok"), path
    await answered(node, "PUT", f"{ROOM}/uyeler/uyesi", owner, 204, json={"rol": "moderator"})
    await answered(node, "DELETE", f"{ROOM}/uyeler/oteki", member, 204)
    await answered(node, "DELETE", f"{ROOM}/uyeler/sahibi", member, 403)
    assert (await answered(node, "PUT", f"{ROOM}/uyeler/sahibi", owner, 403, json={"rol": "uye"}))["kod"] == "son_sahip"
    assert (await answered(node, "DELETE", f"{ROOM}/uyelik", owner, 403))["kod"] == "son_sahip"
    assert (await answered(node, "DELETE", f"{ROOM}/uyeler/oteki", owner, 404))["kod"] == "uye_yok"
    await answered(node, "PUT", f"{ROOM}/uyeler/uyesi", owner, 204, json={"rol": "sahip"})
    await answered(node, "DELETE", f"{ROOM}/uyelik", owner, 204)
    assert (await answered(node, "GET", ROOM, owner, 404))["kod"] == "oda_yok"


async def test_joining_and_leaving_a_public_room_over_http(node: Node) -> None:
    owner, member = await node.person("sahibi"), await node.person("uyesi")
    await make(node, owner, "borsa", "genel")
    room = await answered(node, "POST", "/sohbet/odalar/borsa/uyelik", member, 200)
    assert (room["uye"], room["rol"]) == (True, "uye")
    await answered(node, "DELETE", "/sohbet/odalar/borsa/uyelik", member, 204)
    assert (await answered(node, "DELETE", "/sohbet/odalar/borsa/uyelik", member, 404))["kod"] == "uye_yok"
    assert (await answered(node, "POST", "/sohbet/odalar/yok/uyelik", member, 404))["kod"] == "oda_yok"
    await answered(node, "POST", "/sohbet/odalar/borsa/uyelik", await node.guest("misafir"), 403)


async def test_the_expelled_lose_what_the_room_had_told_them(node: Node) -> None:
    owner, member = await node.person("sahibi"), await node.person("uyesi")
    await make(node, owner)
    await let_in(node, owner, member)
    keeper = await node.enter(owner, "gizli", "genel")
    sent = await keeper.send("@uyesi aramızda kalsın", "gizli")
    await keeper.send("@uyesi herkese açık")

    async def told() -> tuple[list[str], int]:
        body = await answered(node, "GET", "/bildirimler", member, 200)
        return [notice["ozet"] for notice in body["bildirimler"] if notice["tur"] != "davet"], body["okunmamis"]

    assert await told() == (["@uyesi herkese açık", "@uyesi aramızda kalsın"], 2)
    await answered(node, "DELETE", f"{ROOM}/uyeler/uyesi", owner, 204)
    await keeper.ask("mesaj_duzenle", oda_id="gizli", mesaj_id=sent["mesaj_id"], icerik="@uyesi artık bilmesin")
    assert await told() == (["@uyesi herkese açık"], 1)
    await answered(node, "DELETE", ROOM, owner, 204)
    assert await told() == (["@uyesi herkese açık"], 1)


async def test_the_expelled_lose_the_room_at_once(node: Node) -> None:
    owner, member = await node.person("sahibi"), await node.person("uyesi")
    await make(node, owner)
    await let_in(node, owner, member)
    keeper = await node.enter(owner, "gizli")
    phone, desk = await node.enter(member, "gizli", "genel"), await node.enter(member, "gizli")
    await answered(node, "DELETE", f"{ROOM}/uyeler/uyesi", owner, 204)
    for talker in (phone, desk):
        assert await talker.expect("oda_ayrilma") == {"tip": "oda_ayrilma", "oda_id": "gizli", "neden": "cikarildi"}
    await keeper.send("artık yalnızız", "gizli")
    for talker in (phone, desk):
        assert not [frame for frame in await talker.settle() if frame["tip"] == "mesaj"]
        assert (await talker.refused("mesaj_gonder", oda_id="gizli", icerik="x"))["kod"] == "odada_degil"
        assert (await talker.refused("oda_katil", oda_id="gizli"))["kod"] == "oda_yok"
    await phone.send("başka odada sürer")


async def test_who_is_removed_from_a_public_room_is_told_and_put_out_and_may_come_back(node: Node) -> None:
    owner, member = await node.person("sahibi"), await node.person("uyesi")
    await make(node, owner, "acik", "genel")
    keeper, talker = await node.enter(owner, "acik"), await node.enter(member, "acik")
    await answered(node, "DELETE", "/sohbet/odalar/acik/uyeler/uyesi", owner, 204)
    assert await talker.expect("oda_ayrilma") == {"tip": "oda_ayrilma", "oda_id": "acik", "neden": "cikarildi"}
    await keeper.send("duymaz", "acik")
    assert not [frame for frame in await talker.settle() if frame["tip"] == "mesaj"]
    assert (await talker.refused("mesaj_gonder", oda_id="acik", icerik="x"))["kod"] == "odada_degil"
    await talker.join("acik")
    await answered(node, "DELETE", "/sohbet/odalar/acik/uyelik", member, 204)
    assert not [frame for frame in await talker.settle() if frame["tip"] == "oda_ayrilma"], "who leaves is not expelled"


@pytest.mark.parametrize("kind", ["genel", "ozel"])
async def test_an_archived_room_is_over_for_everybody(node: Node, kind: str) -> None:
    owner = await node.person("sahibi")
    await make(node, owner, kind=kind)
    talker = await node.enter(owner, "gizli")
    sent = await talker.send("son söz", "gizli")
    await answered(node, "DELETE", ROOM, owner, 204)
    assert await talker.expect("oda_ayrilma") == {"tip": "oda_ayrilma", "oda_id": "gizli", "neden": "arsivlendi"}
    assert (await talker.refused("oda_katil", oda_id="gizli"))["kod"] == "oda_yok"
    for path in (ROOM, "/mesaj/gecmis/gizli", f"/mesaj/{sent['mesaj_id']}"):
        assert (await call(node, "GET", path, owner)).status_code == 404
    await answered(node, "POST", "/sohbet/oda-olustur", owner, 409, json={"oda_id": "gizli", "baslik": "x"})


@pytest.mark.parametrize("path", [f"{ROOM}/uyeler/uyesi", ROOM], ids=["expelled", "archived"])
async def test_a_room_that_closes_on_the_way_in_is_not_entered(node: Node, path: str) -> None:
    owner, member = await node.person("sahibi"), await node.person("uyesi")
    await make(node, owner)
    await let_in(node, owner, member)
    talker, bystander = await node.enter(member, "genel"), await node.enter(owner, "genel")
    held = node.hold_messages()
    await talker.tell("oda_katil", oda_id="gizli", ref="içeri")
    await held.found.wait()
    await answered(node, "DELETE", path, owner, 204)
    held.let_go.set()
    answer = await talker.wait(lambda frame: frame.get("ref") == "içeri", "an answer")
    assert answer["kod"] == "oda_yok"
    await bystander.send("öbür oda sürer")
    assert (await talker.message())["icerik"] == "öbür oda sürer"


async def test_the_default_room_stays(node: Node) -> None:
    admin = await node.person("yonetici", Role.OWNER)
    assert (await answered(node, "DELETE", "/sohbet/odalar/genel", admin, 403))["kod"] == "oda_yetki_yok"


async def test_a_room_that_is_not_there(node: Node) -> None:
    talker: Talker = await node.enter("misafir")
    for name in ("yok", "GENEL", "ge nel", "../genel", "genel\x00", "ışık", "x" * 64):
        for tip in ("oda_katil", "oda_gecmisi"):
            assert (await talker.refused(tip, oda_id=name))["kod"] == "oda_yok", name


async def test_a_name_too_long_for_a_room(node: Node) -> None:
    talker = await node.enter("misafir")
    problem = await talker.refused("oda_katil", oda_id="x" * 65)
    assert (problem["kod"], problem["alan"]) == ("gecersiz_alan", "oda_id")


async def test_rooms_are_searched_as_people_spell(node: Node) -> None:
    ayse = await node.person("ayse")
    for title in ("Işık ve Gölge", "Borsa"):
        await answered(node, "POST", "/sohbet/oda-olustur", ayse, 201, json={"baslik": title})
    for query in ("IŞIK", "ışık", "isik", "golge"):
        found = (await answered(node, "GET", "/sohbet/odalar", None, 200, params={"ara": query}))["odalar"]
        assert [room["baslik"] for room in found] == ["Işık ve Gölge"], query
    assert (await answered(node, "GET", "/sohbet/odalar", None, 200, params={"ara": "yok"}))["odalar"] == []


async def test_a_key_that_only_reads_does_not_speak(node: Node) -> None:
    ayse = await node.person("ayse")
    made = await answered(node, "POST", "/api-keys", ayse, 201, json={"name": "okur", "scopes": ["rooms:read"]})
    key = {"x-api-key": made["key"]}
    ticket = (await node.http.post("/auth/ws-ticket", headers=key)).json()["ticket"]
    talker = await node.knock(f"ayse?bilet={ticket}")
    await talker.join("genel")
    problem = await talker.refused("mesaj_gonder", oda_id="genel", icerik="x")
    assert (problem["kod"], problem["izin"]) == ("yetki_yok", "rooms:write")
    assert (await talker.refused("yaziyor", oda_id="genel"))["kod"] == "yetki_yok"
    body = {"oda_id": "genel", "icerik": "x"}
    assert (await node.http.post("/mesaj/gonder", json=body, headers=key)).status_code == 403
