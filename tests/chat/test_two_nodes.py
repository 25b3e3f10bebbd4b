"""Two nodes on PostgreSQL and Redis are one square."""

import asyncio

from pydantic import SecretStr

from meydan.accounts.permissions import Role
from meydan.accounts.users import CONSOLE
from meydan.app.engines import open_engines
from meydan.platform.clock import SystemClock
from meydan.platform.settings import Settings
from tests.chat.node import Node, Person

Nodes = tuple[Node, Node]


async def deafen(node: Node) -> None:
    """Let a node miss what the others say of its rooms, and not look by itself."""
    node.square.hub.heads_checked_every = 10**9
    channels = node.square.hub.channels
    for subscription in channels._subscriptions.values():
        await node.square.accounts.engines.bus.unsubscribe(subscription)


async def test_messages_cross_in_order(nodes: Nodes) -> None:
    first, second = nodes
    await first.generous()
    talkers = [await nodes[number % 2].enter(f"misafir{number}", "genel") for number in range(4)]

    async def chatter(number: int) -> None:
        for index in range(25):
            await talkers[number].tell("mesaj_gonder", oda_id="genel", icerik=f"{number}:{index}")

    await asyncio.gather(*(chatter(number) for number in range(4)))
    heard = [[(m["sira"], m["id"], m["icerik"]) for m in await talker.messages(100)] for talker in talkers]
    assert [sira for sira, _, _ in heard[0]] == list(range(1, 101))
    assert heard[1:] == heard[:1] * 3
    assert await second.head() == 100


async def test_updates_cross(nodes: Nodes) -> None:
    first, second = nodes
    ayse = await first.enter(await first.person("ayse"), "genel")
    mehmet = await second.enter(await first.person("mehmet"), "genel")
    sent = await ayse.send("bir")
    fields = {"oda_id": "genel", "mesaj_id": sent["mesaj_id"]}
    assert (await mehmet.message())["id"] == sent["mesaj_id"]
    await mehmet.ask("tepki", emoji="👍", **fields)
    assert (await ayse.expect("mesaj_guncelleme"))["tepkiler"][0]["kullanicilar"] == ["mehmet"]
    await ayse.ask("mesaj_duzenle", icerik="iki", **fields)
    assert (await mehmet.expect("mesaj_guncelleme", sira=3))["icerik"] == "iki"
    await ayse.ask("mesaj_sil", **fields)
    assert (await mehmet.expect("mesaj_guncelleme", sira=4))["tur"] == "silme"


async def test_the_same_client_id_on_both_nodes_is_one_message(nodes: Nodes) -> None:
    person = await nodes[0].person("ayse")
    here, there = [await node.enter(person, "genel") for node in nodes]
    answers = [await talker.send("bir", istemci_id="k") for talker in (here, there, here, there)]
    assert len({(answer["mesaj_id"], answer["sira"]) for answer in answers}) == 1
    for talker in (here, there):
        await talker.message()
        await talker.send("son")
    for talker in (here, there):
        assert [m["icerik"] for m in await talker.messages(2)] == ["son", "son"]


async def test_presence_and_typing_cross(nodes: Nodes) -> None:
    ayse = await nodes[0].enter("ayse", "genel")
    mehmet = await nodes[1].enter("mehmet", "genel")
    assert (await ayse.expect("katilim", kullanici_id="mehmet"))["oda_id"] == "genel"
    await ayse.expect("durum", katilimci_sayisi=2)
    again = await mehmet.join("genel")
    assert (again["katilimci_sayisi"], again["katilimcilar"]) == (2, ["ayse", "mehmet"])
    for node in nodes:
        assert (await node.http.get("/sohbet/odalar/genel")).json()["katilimcilar"] == ["ayse", "mehmet"]
    await mehmet.tell("yaziyor", oda_id="genel")
    assert (await ayse.expect("yaziyor"))["kullanici_id"] == "mehmet"
    await mehmet.ask("oda_ayril", oda_id="genel")
    assert (await ayse.expect("ayrilma"))["kullanici_id"] == "mehmet"
    assert (await ayse.send("x"))["alici_sayisi"] == 1


async def test_a_guests_id_is_unique_over_nodes(nodes: Nodes) -> None:
    first, second = nodes
    await first.enter("misafir", "genel")
    other = await (await second.knock("misafir")).expect("sistem")
    assert other["kullanici_id"].startswith("misafir-")
    assert (other["ad"], other["misafir"]) == ("misafir", True)


async def test_a_guest_who_moves_takes_the_id_along(nodes: Nodes) -> None:
    first, second = nodes
    person = await first.guest("Ayşe")
    before = await first.enter(person, "genel")
    after = await second.enter(person, "genel")
    assert await before.closed() == 4009
    await after.send("buradayım")
    store, claim = first.square.accounts.engines.store, f"guest:{person.id}"
    await first.square.hub._entrance.renew()
    assert await store.claim(claim, "somebody else", seconds=1) != "somebody else"
    await after.leave()
    async with asyncio.timeout(20):
        while await store.claim(claim, "somebody else", seconds=1) != "somebody else":  # given up a moment later
            await first.square.hub._entrance.renew()


async def test_the_labels_of_guests_are_known_on_every_node(nodes: Nodes) -> None:
    first, second = nodes
    guest = await first.guest("Işıl Şahin")
    talker = await second.enter(await second.person("ali"), "genel")
    await first.enter(guest, "genel")
    await talker.expect("durum", misafirler={guest.id: "Işıl Şahin"})
    assert (await talker.join("genel"))["misafirler"] == {guest.id: "Işıl Şahin"}


async def test_a_ticket_of_one_node_opens_the_other_once(nodes: Nodes) -> None:
    first, second = nodes
    person = await first.person("ayse")
    ticket = await first.ticket(person)
    talker = await second.knock(f"ayse?bilet={ticket}")
    assert (await talker.expect("sistem"))["kullanici_id"] == "ayse"
    for node in nodes:
        assert await (await node.knock(f"ayse?bilet={ticket}")).closed() == 4001


async def test_notifications_cross(nodes: Nodes) -> None:
    first, second = nodes
    ayse = await first.enter(await first.person("ayse"), "genel")
    mehmet = await second.person("mehmet")
    waiting = [await node.enter(mehmet) for node in nodes]
    sent = await ayse.send("@mehmet")
    notice = ""
    for talker in waiting:
        told = (await talker.expect("bildirim"))["bildirim"]
        assert told["tur"] == "bahsetme"
        notice = told["id"]
        assert not [frame for frame in await talker.settle() if frame["tip"] == "bildirim"]
    await second.http.post("/bildirimler/okundu", json={}, headers=mehmet.headers)
    await ayse.ask("mesaj_sil", oda_id="genel", mesaj_id=sent["mesaj_id"])
    for talker in waiting:
        for tip in ("bildirim_okundu", "bildirim_geri"):
            assert (await talker.expect(tip))["idler"] == [notice]


async def invite(node: Node, owner: Person, invited: Person) -> None:
    made = await node.http.post(
        "/sohbet/oda-olustur", json={"oda_id": "gizli", "baslik": "Gizli", "tur": "ozel"}, headers=owner.headers
    )
    assert made.status_code == 201
    body = {"kullanici_id": invited.id}
    code = (await node.http.post("/sohbet/odalar/gizli/davetler", json=body, headers=owner.headers)).json()["kod"]
    assert (await node.http.post("/sohbet/davet-kabul", json={"kod": code}, headers=invited.headers)).status_code == 200


async def test_expulsion_crosses(nodes: Nodes) -> None:
    first, second = nodes
    owner, member = await first.person("sahibi"), await first.person("uyesi")
    await invite(first, owner, member)
    talker = await second.enter(member, "gizli")
    await first.http.delete("/sohbet/odalar/gizli/uyeler/uyesi", headers=owner.headers)
    await talker.expect("oda_ayrilma", oda_id="gizli")


async def test_a_changed_user_is_closed_on_every_node(nodes: Nodes) -> None:
    person = await nodes[0].person("ayse")
    talkers = [await node.enter(person, "genel") for node in nodes]
    await nodes[0].square.accounts.service.users.manage(CONSOLE, "ayse", role=Role.ADMIN)
    assert [await talker.closed() for talker in talkers] == [1012, 1012]


async def test_a_sign_in_that_ends_is_closed_on_every_node(nodes: Nodes) -> None:
    person = await nodes[0].person("ayse")
    talkers = [await node.enter(person, "genel") for node in nodes]
    assert (await nodes[0].http.post("/auth/logout", headers=person.headers)).status_code == 204
    assert [await talker.closed() for talker in talkers] == [1012, 1012]


async def test_settings_reach_every_node(nodes: Nodes) -> None:
    first, second = nodes
    guest = await second.enter("misafir", "genel")
    await first.change(max_length=3)
    async with asyncio.timeout(20):
        while (await guest.ask("mesaj_gonder", oda_id="genel", icerik="dört"))["tip"] != "hata":
            pass


async def test_a_word_that_makes_no_sense_deafens_nobody(nodes: Nodes) -> None:
    first, second = nodes
    ayse, mehmet = await first.enter("ayse", "genel"), await second.enter("mehmet", "genel")
    for channel in ("chat.rooms", "chat.notices", "chat.people", "chat.presence", "chat.room.genel"):
        for word in (b"", b"{}", b'{"room":"genel","news":"yeni"}', b"\xff"):
            await first.square.accounts.engines.bus.publish(channel, word)
    for typist, reader in ((mehmet, ayse), (ayse, mehmet)):
        await typist.tell("yaziyor", oda_id="genel")
        await reader.expect("yaziyor", kullanici_id=typist.id)


async def test_a_lost_hint_is_filled_from_the_database(nodes: Nodes) -> None:
    first, second = nodes
    ayse = await first.enter("ayse", "genel")
    mehmet = await second.enter("mehmet", "genel")
    await deafen(second)
    await ayse.send("bir")
    await ayse.send("iki")
    await second.square.hub._check_heads()
    assert [m["icerik"] for m in await mehmet.messages(2)] == ["bir", "iki"]


async def test_recovery_on_the_other_node(nodes: Nodes) -> None:
    first, second = nodes
    ayse = await first.enter("ayse")
    joined = await ayse.join("genel")
    for number in range(4):
        await ayse.send(f"{number}")
    await ayse.leave()
    talker = await second.enter("mehmet")
    again = await talker.join("genel", son_sira=1, donem=joined["donem"])
    assert (again["kurtarildi"], [m["sira"] for m in again["mesajlar"]]) == (True, [2, 3, 4])


async def test_who_comes_from_a_node_that_knew_more_recovers(nodes: Nodes) -> None:
    first, second = nodes
    ayse = await first.enter("ayse", "genel")
    mehmet = await second.enter("mehmet", "genel")
    await deafen(second)
    for text in ("bir", "iki", "üç"):
        await ayse.send(text)
    moved = await second.enter("zeynep")
    joined = await mehmet.join("genel")
    again = await moved.join("genel", son_sira=2, donem=joined["donem"])
    assert (again["sira"], again["kurtarildi"], [m["mesaj"]["icerik"] for m in again["mesajlar"]]) == (2, True, [])
    assert [m["icerik"] for m in await mehmet.messages(2)] == ["bir", "iki"]
    liar = await second.enter("veli")
    assert not (await liar.join("genel", son_sira=2**40, donem=joined["donem"]))["kurtarildi"]


async def test_no_id_upsets_the_database(nodes: Nodes) -> None:
    await nodes[0].generous()
    ayse = await nodes[0].enter(await nodes[0].person("ayse"), "genel")
    for message_id in ("yok", "a\x00b", "ı" * 32, "'"):
        fields = {"oda_id": "genel", "mesaj_id": message_id}
        for problem in (
            await ayse.refused("mesaj_duzenle", icerik="x", **fields),
            await ayse.refused("mesaj_sil", **fields),
            await ayse.refused("tepki", emoji="👍", **fields),
            await ayse.refused("mesaj_gonder", oda_id="genel", icerik="x", yanit=message_id),
        ):
            assert problem["kod"] == "mesaj_yok", message_id
    assert (await ayse.refused("oda_katil", oda_id="a\x00"))["kod"] == "oda_yok"


async def test_squares_on_one_redis_server_do_not_hear_each_other(shared_settings: Settings) -> None:
    url = shared_settings.redis_url.get_secret_value().rpartition("/")[0]
    elsewhere = shared_settings.model_copy(update={"redis_url": SecretStr(f"{url}/0")})
    ours, theirs = open_engines(shared_settings, SystemClock()), open_engines(elsewhere, SystemClock())
    heard: asyncio.Queue[bytes] = asyncio.Queue()
    await ours.bus.subscribe("oda", heard.put_nowait)
    await theirs.bus.publish("oda", b"onlarin")
    await ours.bus.publish("oda", b"bizim")
    assert await asyncio.wait_for(heard.get(), 20) == b"bizim"
    for engines in (ours, theirs):
        await engines.close()


async def test_a_person_has_one_budget_of_messages_over_all_nodes(nodes: Nodes) -> None:
    first, second = nodes
    await first.change(messages_per_second=0.01, message_burst=10)
    await second.square.accounts.live.reload()
    person = await first.person("ayse")
    answers = []
    for number in range(20):
        body = {"oda_id": "genel", "icerik": f"{number}"}
        answer = await nodes[number % 2].http.post("/mesaj/gonder", json=body, headers=person.headers)
        answers.append(answer.status_code)
    assert answers == [201] * 10 + [429] * 10
