"""The door: tickets, guests and their names, origins, and what closes a connection from our side."""

import asyncio
import contextlib
from collections.abc import Iterable
from urllib.parse import quote, unquote

import pytest
from sqlalchemy.orm import Session
from websockets.exceptions import InvalidStatus

from meydan.accounts.actor import Actor
from meydan.accounts.console import EVERY
from meydan.accounts.origin import NOWHERE
from meydan.accounts.permissions import Role
from meydan.accounts.repository import UserRepository
from meydan.accounts.users import CONSOLE
from meydan.accounts.views import Granted
from meydan.app.composition import open_accounts
from meydan.platform.clock import ManualClock
from meydan.platform.settings import Settings
from tests.chat.node import Held, Node, Person, Talker, running_node
from tests.chat.raw import knocking


async def refused(node: Node, path: str, *, code: int, kod: str) -> None:
    talker = await node.knock(path)
    assert await talker.closed() == code
    (problem,) = talker.seen
    assert (problem["tip"], problem["kod"]) == ("hata", kod)


async def status(node: Node, path: str, *, origin: str | None = None) -> int:
    with pytest.raises(InvalidStatus) as caught:
        await node.knock(path, **({"origin": origin} if origin else {}))
    return caught.value.response.status_code


async def test_a_user_enters_with_a_ticket(node: Node) -> None:
    person = await node.person("ayse", Role.ADMIN)
    talker = await node.knock(f"ayse?bilet={await node.ticket(person)}")
    hello = await talker.expect("sistem")
    assert (hello["kullanici_id"], hello["rol"], hello["misafir"]) == ("ayse", "admin", False)


async def test_a_ticket_opens_once(node: Node) -> None:
    ticket = await node.ticket(await node.person("ayse"))
    await (await node.knock(f"ayse?bilet={ticket}")).expect("sistem")
    await refused(node, f"ayse?bilet={ticket}", code=4001, kod="bilet_gecersiz")


async def test_one_person_has_so_many_sockets_and_the_next_is_told(node: Node) -> None:
    await node.square.accounts.live.change("network", {"sockets_per_person": 3}, by="test")
    person = await node.person("ayse")
    first, *_ = [await node.enter(person) for _ in range(3)]
    await refused(node, f"ayse?bilet={await node.ticket(person)}", code=1008, kod="baglanti_siniri")
    await first.leave()
    await (await node.knock(f"ayse?bilet={await node.ticket(person)}")).expect("sistem")


async def test_the_sockets_of_one_address_are_counted_and_the_next_is_answered(node: Node) -> None:
    await node.square.accounts.live.change("network", {"sockets_per_address": 10}, by="test")
    for number in range(10):
        await node.knock(f"misafir{number}")
    assert await status(node, "misafir10") == 429
    assert node.square.gate.callers()["127.0.0.1"].sockets == 10


async def test_an_address_opens_so_many_sockets_a_second_and_another_one_meanwhile(node: Node) -> None:
    await node.square.accounts.live.change("accounts", {"guests_per_minute": 1_000}, by="test")
    limit = node.square.gate.caller_limit
    limit.clock = clock = ManualClock()
    coming = [asyncio.create_task(node.knock(f"misafir{number}", open_timeout=None)) for number in range(100)]

    async def come(count: int) -> None:
        async with asyncio.timeout(20):
            while sum(task.done() for task in coming) < count:  # noqa: ASYNC110  # nobody is told
                await asyncio.sleep(0.01)

    await (await node.knock("baska", local_addr=("127.0.0.2", 0))).expect("sistem")
    await come(80)
    await asyncio.sleep(0.1)
    assert sum(task.done() for task in coming) <= 82, "a millisecond each, and 80 ahead"
    while not all(task.done() for task in coming):
        clock.advance(0.1)
        await asyncio.sleep(0.01)
    for task in coming:
        await task.result().expect("sistem")


async def test_who_hangs_up_or_says_too_much_in_line_for_a_socket_is_out_of_it(node: Node) -> None:
    gate = node.square.gate

    async def come_to(sockets: int) -> None:
        async with asyncio.timeout(20):
            while sum(line.sockets for line in gate.callers().values()) != sockets:  # noqa: ASYNC110  # nobody is told
                await asyncio.sleep(0.01)

    working = gate.caller_limit.work
    async with working("127.0.0.1 socket"), working("127.0.0.1 socket"):
        gone, hasty, patient = [await knocking(node, f"misafir{number}") for number in range(3)]
        await come_to(3)
        gone.hang_up()
        hasty.writer.write(bytes(65_537))
        await come_to(1)
        assert await hasty.reader.read() == b""
    assert (await patient.reader.readline()).startswith(b"HTTP/1.1 101 ")
    await come_to(1)
    assert len(node.square.hub.connections) == 1


@pytest.mark.parametrize("before", [1, 2])
async def test_a_connection_that_waits_for_answers_becomes_no_socket(
    node: Node, before: int, caplog: pytest.LogCaptureFixture
) -> None:
    asked = f"GET /api/v1/sohbet/odalar HTTP/1.1\r\nHost: 127.0.0.1:{node.port}\r\n\r\n".encode()
    working = node.square.gate.caller_limit.work
    async with working("127.0.0.1"), working("127.0.0.1"):
        raw = await knocking(node, "misafir", behind=asked * before)
        assert b" 101 " not in await raw.reader.read()
    assert not node.square.hub.connections
    assert not node.square.gate.callers()
    assert not [line.message for line in caplog.records if line.levelname == "ERROR"]


async def test_two_who_hold_the_same_ticket(node: Node) -> None:
    ticket = await node.ticket(await node.person("ayse"))
    talkers = await asyncio.gather(*(node.knock(f"ayse?bilet={ticket}") for _ in range(4)))
    codes = []
    for talker in talkers:
        with contextlib.suppress(AssertionError):
            await talker.expect("sistem")
            codes.append(0)
            continue
        codes.append(await talker.closed())
    assert sorted(codes) == [0, 4001, 4001, 4001]


async def test_a_ticket_that_was_never_given(node: Node) -> None:
    for ticket in ("yok", "%00", "x" * 4_000, "%F0%9F%98%80"):
        await refused(node, f"ayse?bilet={ticket}", code=4001, kod="bilet_gecersiz")


async def test_a_ticket_lasts_half_a_minute(settings: Settings) -> None:
    clock = ManualClock()
    async with running_node(settings, clock=clock) as node:
        person = await node.person("ayse")
        in_time, late = await node.ticket(person), await node.ticket(person)
        clock.advance(29)
        await (await node.knock(f"ayse?bilet={in_time}")).expect("sistem")
        clock.advance(2)
        await refused(node, f"ayse?bilet={late}", code=4001, kod="bilet_gecersiz")


async def test_a_ticket_is_for_its_own_user(node: Node) -> None:
    ticket = await node.ticket(await node.person("ayse"))
    await node.person("mehmet")
    await refused(node, f"mehmet?bilet={ticket}", code=4003, kod="yetki_yok")
    await refused(node, f"ayse?bilet={ticket}", code=4001, kod="bilet_gecersiz")


async def test_a_ticket_of_somebody_deactivated_meanwhile(node: Node) -> None:
    ticket = await node.ticket(await node.person("ayse"))
    await node.square.accounts.service.users.manage(CONSOLE, "ayse", active=False)
    await refused(node, f"ayse?bilet={ticket}", code=4001, kod="bilet_gecersiz")


async def test_the_same_guest_again_takes_the_older_ones_place(node: Node) -> None:
    person = await node.guest("misafir")
    first = await node.enter(person, "genel")
    second = await node.enter(person, "genel")
    assert await first.closed() == 4009
    await second.send("yeniden yükledim")
    other = await node.enter(await node.guest("misafir"), "genel")
    assert other.id != person.id


async def test_a_user_may_be_here_many_times(node: Node) -> None:
    person = await node.person("ayse")
    talkers = [await node.enter(person, "genel") for _ in range(3)]
    await talkers[0].send("her yerdeyim")
    for talker in talkers:
        assert (await talker.message())["icerik"] == "her yerdeyim"


async def test_a_name_that_no_guest_may_have(node: Node) -> None:
    for name in ("x" * 65, "%20%20", "%E2%80%8B", "%F3%A0%BF%BF", "%01"):
        await refused(node, name, code=4003, kod="gecersiz_alan")
        answer = await node.http.post("/auth/guest", json={"name": unquote(name)})
        assert (answer.status_code, answer.json()["kod"]) == (422, "gecersiz_alan"), name
    for name in ("sistem", "Herkes", "API", "SİSTEM"):
        await refused(node, quote(name), code=4003, kod="ad_ayrilmis")
        answer = await node.http.post("/auth/guest", json={"name": name})
        assert (answer.status_code, answer.json()["kod"], answer.json()["alan"]) == (409, "ad_ayrilmis", "name")


@pytest.mark.parametrize("options", [{"guests": False}, {"public_url": "https://meydan.example"}])
async def test_guests_stay_outside_where_they_are_not_let_in(settings: Settings, options: dict[str, object]) -> None:
    async with running_node(settings.model_copy(update=options)) as node:
        await refused(node, "misafir", code=4003, kod="misafir_kapali")
        assert (await node.http.post("/auth/guest", json={"name": "misafir"})).status_code == 403
        await node.enter(await node.person("ayse"), "genel")


async def test_guests_are_shut_out_while_the_square_runs(node: Node) -> None:
    person = await node.guest("onceki")
    ticket = await node.ticket(person)
    await node.square.accounts.live.change("accounts", {"guests": False}, by="test")
    await refused(node, "misafir", code=4003, kod="misafir_kapali")
    await refused(node, f"onceki?bilet={ticket}", code=4001, kod="bilet_gecersiz")


async def test_a_page_of_another_origin_is_turned_away(settings: Settings) -> None:
    settings = settings.model_copy(
        update={"public_url": "https://meydan.example", "guests": True, "allowed_origins": ("https://dost.example",)}
    )
    async with running_node(settings) as node:
        own = f"http://127.0.0.1:{node.port}"
        for number, origin in enumerate(("https://meydan.example", "https://dost.example", own)):
            await (await node.knock(f"misafir{number}", origin=origin)).expect("sistem")
        for origin in (
            "https://kotu.example",
            "https://meydan.example.kotu.example",
            "http://meydan.example",
            "null",
            f"http://127.0.0.1:{node.port + 1}",
        ):
            assert await status(node, "misafir9", origin=origin) == 403, origin


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (("127.0.0.1",), (), "127.0.0.1"),
        (("127.0.0.1",), ("203.0.113.9",), "203.0.113.9"),
        (("127.0.0.1",), ("10.6.6.6, 203.0.113.9",), "203.0.113.9"),
        (("127.0.0.1",), ("10.6.6.6", "203.0.113.9"), "203.0.113.9"),
        (("127.0.0.1", "10.0.0.0/8"), ("203.0.113.9, 10.0.0.4",), "203.0.113.9"),
        (("127.0.0.1",), ("",), "127.0.0.1"),
        ((), ("203.0.113.9",), "127.0.0.1"),
    ],
)
async def test_a_socket_knows_where_it_comes_from(
    settings: Settings, proxies: tuple[str, ...], forwarded: tuple[str, ...], address: str
) -> None:
    settings = settings.model_copy(update={"trusted_proxies": proxies})
    async with running_node(settings) as node:
        user = f"ayse?bilet={await node.ticket(await node.person('ayse'))}"
        for path in ("misafir", user):
            headers = [("X-Forwarded-For", value) for value in forwarded]
            await (await node.knock(path, additional_headers=headers)).expect("sistem")
        actors = [connection.actor for connection in node.square.hub.connections]
        assert [actor.origin.address for actor in actors if actor is not None] == [address, address]


async def test_an_address_that_is_no_door(node: Node) -> None:
    for path in ("", "a/b", "misafir/"):
        assert await status(node, path) == 404


async def test_a_changed_role_makes_one_come_in_again(node: Node) -> None:
    person = await node.person("ayse")
    talkers: Iterable[Talker] = [await node.enter(person, "genel"), await node.enter(person)]
    bystander = await node.enter(await node.person("mehmet"), "genel")
    await node.square.accounts.service.users.manage(CONSOLE, "ayse", role=Role.MODERATOR)
    for talker in talkers:
        assert await talker.closed() == 1012
    again = await node.knock(f"ayse?bilet={await node.ticket(person)}")
    assert (await again.expect("sistem"))["rol"] == "moderator"
    await bystander.send("ben buradayım")


@pytest.mark.parametrize("ended", [False, True])
async def test_who_changes_at_the_door_comes_again(node: Node, *, ended: bool) -> None:
    person = await node.person("ayse")
    service = node.square.accounts.service
    ticket = await node.ticket(person)
    service._standings.forget("ayse")
    held = service._standings._db = Held(node.square.accounts.engines.db)
    talker = await node.knock(f"ayse?bilet={ticket}")
    await held.found.wait()
    if ended:
        (sign_in,) = await service.sign_ins.list(Actor("ayse", "ayse", Role.MEMBER, ""))
        await service.sign_ins.end_one(Actor("ayse", "ayse", Role.MEMBER, sign_in.id), sign_in.id)
    else:
        await service.users.manage(CONSOLE, "ayse", role=Role.ADMIN)
    held.let_go.set()
    assert await talker.closed() == 1012
    assert not talker.seen, "it was let in as what it no longer is"


async def test_who_is_deactivated_by_a_command_beside_a_node_is_out_within_two_seconds(
    node: Node, settings: Settings
) -> None:
    """`meydan user deactivate` writes to the same file of SQLite; no bus reaches the node, which looks each second."""
    person = await node.person("ayse")
    talker = await node.enter(person, "genel")
    assert (await node.http.get("/auth/me", headers=person.headers)).status_code == 200
    console = node.square.accounts.service.console
    await console.look()
    async with open_accounts(settings) as command:  # what the command opens, a database and a bus of its own
        await command.service.users.manage(CONSOLE, "ayse", active=False)
    assert (await node.http.get("/auth/me", headers=person.headers)).status_code == 200  # nobody has told it
    await console.look()
    assert await talker.closed() == 4003
    assert (await node.http.get("/auth/me", headers=person.headers)).status_code in (401, 403)
    assert EVERY <= 1


async def test_the_deactivated_leave_for_good(node: Node) -> None:
    person = await node.person("ayse")
    talker = await node.enter(person, "genel")
    await node.square.accounts.service.users.manage(CONSOLE, "ayse", active=False)
    assert await talker.closed() == 4003
    assert (await node.http.post("/auth/ws-ticket", headers=person.headers)).status_code in (401, 403)
    assert (await node.enter("ayse")).id.startswith("misafir-"), "the name stays the account's"


async def test_a_guest_hears_nothing_of_the_user_who_took_the_name(node: Node) -> None:
    early = await node.enter("mehmet", "genel")
    user = await node.person("mehmet")
    entered = await node.enter(user, "genel")
    talker = await node.enter("ayse", "genel")
    await talker.send("@mehmet gel")
    assert (await entered.expect("bildirim"))["bildirim"]["tur"] == "bahsetme"
    assert await early.closed() == 4003
    assert not [frame for frame in early.seen if frame["tip"] == "bildirim"]


async def test_a_node_that_drains_sends_everybody_elsewhere(settings: Settings) -> None:
    async with running_node(settings) as node:
        talkers = [await node.enter(f"misafir{number}", "genel") for number in range(3)]
        sent = await talkers[0].send("son anda")
        node.stop.set()
        assert [await talker.closed() for talker in talkers] == [1012, 1012, 1012]
    async with running_node(settings) as node:
        (message,) = (await node.http.get("/mesaj/gecmis/genel")).json()["mesajlar"]
        assert message["id"] == sent["mesaj_id"]


async def other_sign_in(node: Node, person: Person) -> Person:
    """Sign the same user in once more."""
    service = node.square.accounts.service

    def save(session: Session) -> Granted:
        user = UserRepository(session).get(person.id)
        assert user is not None
        return service.sign_ins.open(session, user, NOWHERE)

    return Person(person.id, (await node.square.accounts.engines.db.write(save)).access_token)


async def test_signing_out_everywhere_closes_every_connection(node: Node) -> None:
    phone = await node.person("ayse")
    desk = await other_sign_in(node, phone)
    talkers = [await node.enter(phone, "genel"), await node.enter(desk)]
    bystander = await node.enter(await node.person("mehmet"), "genel")
    assert (await node.http.post("/auth/logout-all", headers=desk.headers)).status_code == 204
    assert [await talker.closed() for talker in talkers] == [1012, 1012]
    assert (await node.http.post("/auth/ws-ticket", headers=phone.headers)).status_code == 401
    await bystander.send("ben buradayım")


async def test_a_sign_in_that_ends_takes_its_connections_with_it(node: Node) -> None:
    desk = await node.person("ayse")
    phone, tablet = await other_sign_in(node, desk), await other_sign_in(node, desk)
    stays = await node.enter(desk, "genel")
    on_phone, on_tablet = await node.enter(phone, "genel"), await node.enter(tablet)
    listed = (await node.http.get("/auth/sessions", headers=phone.headers)).json()["items"]
    (lost,) = (item["id"] for item in listed if item["current"])
    assert (await node.http.delete(f"/auth/sessions/{lost}", headers=desk.headers)).status_code == 204
    assert await on_phone.closed() == 1012
    assert (await node.http.post("/auth/logout", headers=tablet.headers)).status_code == 204
    assert await on_tablet.closed() == 1012
    await stays.send("ben buradayım")


async def test_a_deleted_key_takes_its_connections_with_it(node: Node) -> None:
    person = await node.person("ayse")
    body = {"name": "bot", "scopes": ["rooms:read", "rooms:write"]}
    made = (await node.http.post("/api-keys", json=body, headers=person.headers)).json()
    ticket = (await node.http.post("/auth/ws-ticket", headers={"x-api-key": made["key"]})).json()["ticket"]
    bot, stays = await node.knock(f"ayse?bilet={ticket}"), await node.enter(person, "genel")
    await bot.expect("sistem")
    assert (await node.http.delete(f"/api-keys/{made['item']['id']}", headers=person.headers)).status_code == 204
    assert await bot.closed() == 1012
    await stays.send("ben buradayım")
