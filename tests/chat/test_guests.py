"""Guests: an id that is the session's, a label that is anybody's; what they own, how many come, and when they go."""

import asyncio
import contextlib
import json
import re
from urllib.parse import quote

import pytest

from meydan.accounts.permissions import Role
from meydan.platform.clock import ManualClock
from meydan.platform.settings import Settings
from tests.chat.node import Frame, Node, Person, Talker, running_node

ID = re.compile(r"misafir-[a-z2-9]{6}")


async def said(node: Node, room: str = "genel") -> list[Frame]:
    found: list[Frame] = (await node.http.get(f"/mesaj/gecmis/{room}")).json()["mesajlar"]
    return found


async def test_a_guest_has_an_id_and_a_label_and_messages_carry_both(node: Node) -> None:
    ali = await node.enter(await node.person("ali"), "genel")
    ids = set()
    for label in ("Ayşe", "Işıl Şahin", "  Işıl   Şahin ", "ali", "ab", "名無し", "O'Brien-Öz 3.", "x" * 64):
        answer = (await node.http.post("/auth/guest", json={"name": label})).json()
        shown = " ".join(label.split())
        assert answer["user"]["name"] == shown
        assert ID.fullmatch(answer["user"]["id"])
        guest = Person(answer["user"]["id"], answer["access_token"])
        me = (await node.http.get("/auth/me", headers=guest.headers)).json()
        assert (me["id"], me["name"], me["role"]) == (guest.id, shown, "guest")
        talker = await node.enter(guest)
        joined = await talker.join("genel")
        assert joined["misafirler"][guest.id] == shown
        await talker.send("selam")
        message = await ali.message()
        assert (message["gonderen_id"], message["gonderen_ad"], message["misafir"]) == (guest.id, shown, True)
        assert (await ali.expect("katilim"))["ad"] == shown
        ids.add(guest.id)
    assert len(ids) == 8


async def test_on_the_bare_socket_the_path_is_id_and_label_while_it_is_free(node: Node) -> None:
    await node.person("ayse")
    first = await (await node.knock("kullanici123")).expect("sistem")
    assert (first["kullanici_id"], first["ad"], first["misafir"]) == ("kullanici123", "kullanici123", True)
    for path in ("kullanici123", "ayse", "Ayşe", "ab", "_alt", "misafir-7k2f9q"):
        hello = await (await node.knock(quote(path))).expect("sistem")
        assert (hello["ad"], hello["misafir"], hello["rol"]) == (path, True, "guest")
        assert ID.fullmatch(hello["kullanici_id"]), path
        assert hello["kullanici_id"] != path


async def test_a_path_that_looks_like_who_moderates_is_no_guests_id(node: Node) -> None:
    for name, role in (("patron", Role.OWNER), ("kaptan", Role.MODERATOR), ("deniz", Role.MEMBER)):
        await node.person(name, role)
    for path, own in (("p4tron", False), ("kap.tan", False), ("deniz_", True), ("kaptan2", True)):
        hello = await (await node.knock(path)).expect("sistem")
        assert (hello["ad"], hello["misafir"]) == (path, True)
        assert (hello["kullanici_id"] == path) is own, path
        assert own or ID.fullmatch(hello["kullanici_id"]), path


async def test_an_id_is_free_again_when_its_guest_has_left(node: Node) -> None:
    await (await node.enter("gezgin", "genel")).leave()
    async with asyncio.timeout(20):
        while (await node.enter("gezgin")).id != "gezgin":
            pass


async def test_no_account_takes_an_id_of_the_guests_form(node: Node) -> None:
    body = {"username": "misafir-7k2f9q", "password": "uzun bir parola 7"}
    assert (await node.http.post("/auth/register", json=body)).json()["kod"] == "ad_ayrilmis"


async def test_an_istemci_id_is_the_session_s_and_not_the_name_s(node: Node) -> None:
    first = await node.enter("gezgin", "genel")
    sent = await first.send("ilkinin sözü", istemci_id="1")
    assert (await first.send("ilkinin sözü", istemci_id="1"))["mesaj_id"] == sent["mesaj_id"]
    await first.leave()
    second = first
    async with asyncio.timeout(20):
        while second.id != "gezgin" or second is first:  # given up a moment after the line is cut
            second = await node.enter("gezgin", "genel")
    other = await second.send("ikincinin sözü", istemci_id="1")
    assert other["mesaj_id"] != sent["mesaj_id"]
    user = await node.person("gezgin")
    body = {"oda_id": "genel", "icerik": "üyenin sözü", "istemci_id": "1"}
    third = (await node.http.post("/mesaj/gonder", json=body, headers=user.headers)).json()
    assert third["mesaj_id"] not in (sent["mesaj_id"], other["mesaj_id"])
    found = await said(node)
    assert [(one["icerik"], one["istemci_id"]) for one in found] == [
        ("ilkinin sözü", "1"),
        ("ikincinin sözü", "1"),
        ("üyenin sözü", "1"),
    ]


async def test_a_guest_with_a_token_says_it_once_over_two_connections(node: Node) -> None:
    guest = await node.guest("Ayşe")
    first = await (await node.enter(guest, "genel")).send("bir kez", istemci_id="1")
    again = await (await node.enter(guest, "genel")).send("bir kez", istemci_id="1")
    assert (first["mesaj_id"], first["sira"]) == (again["mesaj_id"], again["sira"])
    body = {"oda_id": "genel", "icerik": "bir kez", "istemci_id": "1"}
    over_http = (await node.http.post("/mesaj/gonder", json=body, headers=guest.headers)).json()
    assert over_http["mesaj_id"] == first["mesaj_id"]
    assert len(await said(node)) == 1


async def test_an_istemci_id_has_no_control_characters(node: Node) -> None:
    ali = await node.enter(await node.person("ali"), "genel")
    for client_id in ("a\x1fb", "\x1f", "a\x00", "a\n"):
        problem = await ali.refused("mesaj_gonder", oda_id="genel", icerik="x", istemci_id=client_id)
        assert (problem["kod"], problem["alan"]) == ("gecersiz_alan", "istemci_id")


async def test_a_guests_reaction_is_not_the_next_ones(node: Node) -> None:
    ali = await node.enter(await node.person("ali"), "genel")
    message = (await ali.send("söz"))["mesaj_id"]
    reaction = {"oda_id": "genel", "mesaj_id": message, "emoji": "👍"}
    first = await node.enter("gezgin", "genel")
    await first.ask("tepki", **reaction)
    user = await node.enter(await node.person("gezgin"), "genel")
    await user.ask("tepki", **reaction, kaldir=True)
    (found,) = await said(node)
    assert found["tepkiler"] == [{"emoji": "👍", "sayi": 1, "kullanicilar": ["gezgin"]}]
    await user.ask("tepki", **reaction)
    (found,) = await said(node)
    assert found["tepkiler"] == [{"emoji": "👍", "sayi": 2, "kullanicilar": ["gezgin", "gezgin"]}]


async def test_a_reply_to_a_former_guests_message_rings_nobody(node: Node) -> None:
    guest = await node.enter("gezgin", "genel")
    sent = await guest.send("misafirin sözü")
    user = await node.person("gezgin")
    ali = await node.enter(await node.person("ali"), "genel")
    await ali.send("yanıt", yanit=sent["mesaj_id"])
    quote_ = (await ali.message())["yanit_ozet"]
    assert (quote_["gonderen_id"], quote_["gonderen_ad"], quote_["misafir"]) == ("gezgin", "gezgin", True)
    assert (await node.http.get("/bildirimler", headers=user.headers)).json()["okunmamis"] == 0
    room = (await node.http.get("/sohbet/odalar/genel", headers=user.headers)).json()
    assert room["bahsetme"] == 0


async def enter_until_refused(node: Node, count: int) -> list[Talker]:
    """Knock under as many names and return those who were let in; the others are told to slow down."""
    inside = []
    for number in range(count):
        talker = await node.knock(f"gezgin{number}")
        with contextlib.suppress(AssertionError):
            await talker.expect("sistem")
            inside.append(talker)
            continue
        assert await talker.closed() == 1013
        problem = next(frame for frame in talker.seen if frame["tip"] == "hata")
        assert problem["kod"] == "hiz_siniri"
        assert problem["bekle"] > 0
    return inside


async def test_guests_over_the_socket_are_throttled_as_over_http(settings: Settings) -> None:
    clock = ManualClock()
    async with running_node(settings, clock=clock) as node:
        await node.square.accounts.live.change("accounts", {"guests_per_minute": 5}, by="test")
        assert len(await enter_until_refused(node, 20)) == 5
        assert (await node.http.post("/auth/guest", json={"name": "Ayşe"})).status_code == 429
        ticket = await node.ticket(await node.person("ali"))
        await (await node.knock(f"ali?bilet={ticket}")).expect("sistem")
        clock.advance(61)
        assert len(await enter_until_refused(node, 1)) == 1


async def test_an_address_has_a_budget_of_messages_for_all_its_guests(settings: Settings) -> None:
    async with running_node(settings, clock=ManualClock()) as node:
        guests = [await node.enter(f"gezgin{number}", "genel") for number in range(20)]
        ali = await node.enter(await node.person("ali"), "genel")
        for _ in range(10):
            for guest in guests:
                await guest.ws.send(json.dumps({"tip": "mesaj_gonder", "oda_id": "genel", "icerik": "x", "ref": "s"}))
        taken = 0
        for guest in guests:
            for _ in range(10):
                answer = await guest.wait(lambda frame: frame.get("ref") == "s", "an answer")
                taken += answer["tip"] == "mesaj_onay"
        assert 0 < taken < 100
        await ali.send("üyenin sözü geçer")


@pytest.mark.parametrize("bare", [True, False])
async def test_guests_leave_when_they_are_switched_off(node: Node, *, bare: bool) -> None:
    guest = await node.enter("gezgin" if bare else await node.guest("Ayşe"), "genel")
    ali = await node.enter(await node.person("ali"), "genel")
    await node.square.accounts.live.change("accounts", {"guests": False}, by="test")
    async with asyncio.timeout(2):
        assert await guest.closed() == 4003
    assert guest.seen[-1]["kod"] == "misafir_kapali"
    await ali.send("üyeler kalır")


async def test_a_guest_leaves_when_the_id_is_registered(node: Node) -> None:
    by_register, by_owner = await node.enter("gezgin", "genel"), await node.enter("seyyah", "genel")
    bystander = await node.enter("yolcu", "genel")
    body = {"username": "gezgin", "password": "uzun bir parola 7"}
    assert (await node.http.post("/auth/register", json=body)).status_code in (200, 201)
    owner = await node.person("sahip-bey", Role.OWNER)
    added = {"username": "seyyah", "role": "member"}
    assert (await node.http.post("/users", json=added, headers=owner.headers)).status_code == 201
    async with asyncio.timeout(2):
        assert [await by_register.closed(), await by_owner.closed()] == [4003, 4003]
    await bystander.send("ben kaldım")


async def test_a_changed_display_name_is_in_the_next_message(node: Node) -> None:
    person = await node.person("ali")
    talker = await node.enter(person, "genel")
    await talker.send("eskisi")
    assert (await talker.message())["gonderen_ad"] == "ali"
    answer = await node.http.patch("/auth/me", json={"name": "Ali Veli"}, headers=person.headers)
    assert answer.status_code == 200
    await talker.send("yenisi")
    assert (await talker.message())["gonderen_ad"] == "Ali Veli"
