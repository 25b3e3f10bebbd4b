"""An archived room is seen, read and put back by whoever may archive it, and by nobody else."""

from meydan.accounts.permissions import Role
from tests.chat.node import Node, Person
from tests.chat.test_rooms import answered

ARCHIVE = "/sohbet/arsiv"


async def archived(node: Node, who: Person) -> list[str]:
    return [room["oda_id"] for room in (await answered(node, "GET", ARCHIVE, who, 200))["odalar"]]


async def test_an_archived_room_is_seen_and_put_back_as_it_was(node: Node) -> None:
    owner, member = await node.person("sahibi"), await node.person("uyesi")
    moderator = await node.person("duzenci", Role.MODERATOR)
    chief = await node.person("sahip", Role.OWNER)
    for room, kind in (("acik", "genel"), ("gizli", "ozel")):
        await answered(node, "POST", "/sohbet/oda-olustur", owner, 201, json={"oda_id": room, "tur": kind})
    await answered(node, "POST", "/sohbet/odalar/acik/uyelik", member, 200)
    for room in ("acik", "gizli"):
        body = {"oda_id": room, "icerik": "arşivden önce"}
        await answered(node, "POST", "/mesaj/gonder", owner, 201, json=body)
        await answered(node, "DELETE", f"/sohbet/odalar/{room}", owner, 204)
    seen = {"acik", "gizli"}, {"acik"}, set[str]()
    assert (
        set(await archived(node, owner)),
        set(await archived(node, moderator)),
        set(await archived(node, member)),
    ) == seen
    for who, room, status in (
        (member, "acik", 404),
        (moderator, "gizli", 404),
        (owner, "genel", 404),
        (owner, "yok\x00", 404),
        (owner, "gizli", 200),
        (moderator, "acik", 200),
    ):
        page = await answered(node, "GET", f"{ARCHIVE}/{room.replace(chr(0), '%00')}/gecmis", who, status)
        if status == 200:
            assert [message["icerik"] for message in page["mesajlar"]] == ["arşivden önce"]
    await answered(node, "POST", f"{ARCHIVE}/acik/geri-yukle", member, 404)
    await answered(node, "POST", f"{ARCHIVE}/gizli/geri-yukle", moderator, 404)
    await answered(node, "POST", f"{ARCHIVE}/acik/geri-yukle", moderator, 204)
    await answered(node, "POST", f"{ARCHIVE}/gizli/geri-yukle", owner, 204)
    assert await archived(node, owner) == []
    back = await answered(node, "GET", "/sohbet/odalar/acik", member, 200)
    assert (back["uye"], back["sira"]) == (True, 1)
    talker = await node.enter(member, "acik")
    await talker.send("geri geldik", "acik")
    lines = (await answered(node, "GET", "/audit", chief, 200))["items"]
    restored = [(line["actor_id"], line["target"]) for line in lines if line["action"] == "room.restore"]
    assert restored == [("sahibi", "gizli"), ("duzenci", "acik")]


async def test_who_has_opened_their_share_puts_no_room_back(node: Node) -> None:
    owner = await node.person("sahibi")
    await node.change(rooms_per_member=1)
    await answered(node, "POST", "/sohbet/oda-olustur", owner, 201, json={"oda_id": "ilk"})
    await answered(node, "DELETE", "/sohbet/odalar/ilk", owner, 204)
    await answered(node, "POST", f"{ARCHIVE}/ilk/geri-yukle", owner, 204)
    await answered(node, "DELETE", "/sohbet/odalar/ilk", owner, 204)
    await node.change(rooms_per_member=2)
    for room in ("ikinci", "ucuncu"):
        await node.http.post("/sohbet/oda-olustur", json={"oda_id": room}, headers=owner.headers)
    await node.change(rooms_per_member=1)
    assert (await answered(node, "POST", f"{ARCHIVE}/ilk/geri-yukle", owner, 409))["kod"] == "oda_siniri"
    assert await archived(node, owner) == ["ilk"]
