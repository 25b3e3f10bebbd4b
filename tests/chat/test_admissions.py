"""A newcomer with an invitation: what it shows, and the account it makes while registration is closed."""

import asyncio
from typing import Any

from meydan.accounts.permissions import Role
from tests.chat.node import Node, Person

PASSWORD = "uzun-ve-akilda-kalir"


async def closed(node: Node) -> None:
    await node.square.accounts.live.change("accounts", {"registration_open": False, "guests": False}, by="test")


async def invitation(node: Node, owner: Person, room: str = "borsa", **terms: Any) -> str:
    body = {"oda_id": room, "baslik": "Borsa Köşesi", "konu": "Bilanço", "tur": "ozel"}
    await node.http.post("/sohbet/oda-olustur", json=body, headers=owner.headers)
    made = await node.http.post(f"/sohbet/odalar/{room}/davetler", json=terms, headers=owner.headers)
    assert made.status_code == 201, made.text
    code: str = made.json()["kod"]
    return code


async def register(node: Node, username: str, code: str | None) -> tuple[int, dict[str, Any]]:
    body = {"username": username, "password": PASSWORD, **({} if code is None else {"invitation": code})}
    answer = await node.http.post("/auth/register", json=body)
    return answer.status_code, answer.json()


async def test_an_invitation_lets_a_newcomer_in_while_registration_is_closed(node: Node) -> None:
    owner = await node.person("sahibi", Role.OWNER)
    code = await invitation(node, owner, azami_kullanim=1)
    await closed(node)
    assert (await register(node, "gelen", None))[1]["kod"] == "kayit_kapali"
    assert (await register(node, "gelen", "uydurma"))[1]["kod"] == "davet_gecersiz"
    status, granted = await register(node, "gelen", code)
    assert (status, granted["user"]["role"]) == (201, "member")
    newcomer = Person("gelen", granted["access_token"])
    (room,) = (await node.http.get("/sohbet/odalar?uyelik=true", headers=newcomer.headers)).json()["odalar"]
    assert room["oda_id"] == "borsa"
    await node.enter(newcomer, "borsa")
    late, refused = await register(node, "gec", code)
    assert (late, refused["kod"]) == (404, "davet_gecersiz"), "it was for one, and the account was made with its use"


async def test_who_is_refused_uses_nothing_up_and_leaves_no_account(node: Node) -> None:
    owner = await node.person("sahibi", Role.OWNER)
    code = await invitation(node, owner, azami_kullanim=1)
    await closed(node)
    for username, reason in (("sahibi", "ad_kullanimda"), ("sahip", "ad_ayrilmis"), ("Işık", "kullanici_adi_gecersiz")):
        assert (await register(node, username, code))[1]["kod"] == reason
    both = await asyncio.gather(register(node, "bir", code), register(node, "iki", code))
    assert sorted(status for status, _ in both) == [201, 404]
    users = (await node.http.get("/users", headers=owner.headers)).json()["items"]
    assert len({user["id"] for user in users} & {"bir", "iki"}) == 1


async def test_an_invitation_of_somebody_suspended_lets_nobody_in(node: Node) -> None:
    owner, giver, guest = [
        await node.person(name, role)
        for name, role in (("sahibi", Role.OWNER), ("veren", Role.MEMBER), ("gelen", Role.MEMBER))
    ]
    code = await invitation(node, giver)
    await closed(node)
    for active, status in ((False, 404), (True, 201)):
        changed = await node.http.patch("/users/veren", json={"active": active}, headers=owner.headers)
        assert changed.status_code == 200, changed.text
        assert (await register(node, f"yeni_{status}", code))[0] == status
    await node.http.patch("/users/veren", json={"active": False}, headers=owner.headers)
    accepted = await node.http.post("/sohbet/davet-kabul", json={"kod": code}, headers=guest.headers)
    assert (accepted.status_code, accepted.json()["kod"]) == (404, "davet_gecersiz")


async def test_who_is_removed_while_suspended_leaves_no_invitation_behind(node: Node) -> None:
    owner, giver = await node.person("sahibi", Role.OWNER), await node.person("veren")
    await invitation(node, owner)
    own = await node.http.post("/sohbet/odalar/borsa/davetler", json={"kullanici_id": "veren"}, headers=owner.headers)
    await node.http.post("/sohbet/davet-kabul", json={"kod": own.json()["kod"]}, headers=giver.headers)
    seat = "/sohbet/odalar/borsa/uyeler/veren"
    raised = await node.http.put(seat, json={"rol": "moderator"}, headers=owner.headers)
    assert raised.is_success, raised.text
    made = await node.http.post("/sohbet/odalar/borsa/davetler", json={}, headers=giver.headers)
    assert made.status_code == 201, made.text
    await node.http.patch("/users/veren", json={"active": False}, headers=owner.headers)
    assert (await node.http.delete(seat, headers=owner.headers)).is_success
    await node.http.patch("/users/veren", json={"active": True}, headers=owner.headers)
    assert (await register(node, "yeni", made.json()["kod"]))[0] == 404


async def test_an_invitation_for_one_user_makes_no_account(node: Node) -> None:
    owner = await node.person("sahibi", Role.OWNER)
    invited = await node.person("davetli")
    code = await invitation(node, owner, kullanici_id=invited.id)
    await closed(node)
    assert (await register(node, "baskasi", code))[1]["kod"] == "davet_gecersiz"


async def test_an_invitation_names_the_room_and_who_invites(node: Node) -> None:
    owner = await node.person("sahibi", Role.OWNER)
    await node.http.patch("/auth/me", json={"name": "Sahip Hanım"}, headers=owner.headers)
    other = await node.person("oteki")
    code = await invitation(node, owner, azami_kullanim=1)

    async def look(code: str, who: Person | None = None) -> tuple[int, dict[str, Any]]:
        headers = {} if who is None else who.headers
        answer = await node.http.post("/sohbet/davet-bak", json={"kod": code}, headers=headers)
        return answer.status_code, answer.json()

    status, shown = await look(code)
    assert (status, shown["oda_id"], shown["baslik"], shown["konu"], shown["ozel"]) == (
        200,
        "borsa",
        "Borsa Köşesi",
        "Bilanço",
        True,
    )
    assert (shown["davet_eden"], shown["yeni_hesap"]) == ("Sahip Hanım", True)
    for_other = await invitation(node, owner, kullanici_id="oteki")
    assert (await look(for_other, other))[1]["yeni_hesap"] is False
    assert (await look(code, owner))[1]["uye"] is True
    assert (await look(code, other))[1]["uye"] is False
    third = await node.person("ucuncu")
    assert (await look(for_other, third))[1]["kod"] == "davet_gecersiz"
    assert (await register(node, "gelen", code))[0] == 201, (
        "registration is open, and the invitation counts all the same"
    )
    assert (await look(code))[1]["kod"] == "davet_gecersiz"
    assert (await look("uydurma"))[0] == 404


async def test_looking_at_invitations_has_a_budget_for_each_address(node: Node) -> None:
    body = {"kod": "uydurma"}
    answers = [(await node.http.post("/sohbet/davet-bak", json=body)).status_code for _ in range(301)]
    assert set(answers[:300]) == {404}
    assert answers[300] == 429
