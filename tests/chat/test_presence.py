"""Who is there, on the wire: `katilim`, `ayrilma` and the differences of `durum`."""

import asyncio

from meydan.chat.presence import GRACE
from meydan.platform.clock import ManualClock
from meydan.platform.settings import Settings
from tests.chat.node import PATIENCE, Frame, Node, Talker, running_node

ABOUT_PEOPLE = ("katilim", "ayrilma", "durum")


async def about_people(talker: Talker) -> list[Frame]:
    return [frame for frame in await talker.settle() if frame["tip"] in ABOUT_PEOPLE]


async def tick(node: Node) -> None:
    """Have the hub tell what is news, and wait until it has written it."""
    node.square.hub._tick(turn=1)
    async with asyncio.timeout(PATIENCE):
        while any(channel._pending for channel in node.square.hub.channels):  # noqa: ASYNC110  # no event tells
            await asyncio.sleep(0.001)


async def test_coming_and_going_is_told(settings: Settings) -> None:
    clock = ManualClock()
    async with running_node(settings, clock=clock) as node:
        ayse = await node.enter("ayse", "genel")
        mehmet = await node.enter("mehmet")
        joined = await mehmet.join("genel")
        assert (joined["katilimci_sayisi"], joined["katilimcilar"]) == (2, ["ayse", "mehmet"])
        came = await ayse.expect("katilim")
        assert came == {
            "tip": "katilim",
            "oda_id": "genel",
            "kullanici_id": "mehmet",
            "ad": "mehmet",
            "misafir": True,
            "mesaj": "mehmet odaya katıldı",
            "zaman": came["zaman"],
        }
        difference = await ayse.expect("durum", katilimci_sayisi=2)
        assert "mehmet" in difference["gelenler"]
        assert difference["gidenler"] == []
        await mehmet.ask("oda_ayril", oda_id="genel")
        left = await ayse.expect("ayrilma")
        assert left["mesaj"] == "mehmet odadan ayrıldı"
        assert (left["oda_id"], left["kullanici_id"]) == ("genel", "mehmet")
        assert await ayse.expect("durum") == {
            "tip": "durum",
            "oda_id": "genel",
            "gelenler": [],
            "gidenler": ["mehmet"],
            "misafirler": {},
            "katilimci_sayisi": 1,
        }
        assert (await node.http.get("/sohbet/odalar/genel")).json()["katilimcilar"] == ["ayse"]


async def test_a_dropped_connection_is_gone_after_the_grace(settings: Settings) -> None:
    clock = ManualClock()
    async with running_node(settings, clock=clock) as node:
        person = await node.person("mehmet")
        ayse = await node.enter("ayse", "genel")
        mehmet = await node.enter(person, "genel")
        await tick(node)
        await about_people(ayse)
        await mehmet.leave()
        again = await node.enter(person, "genel")
        await tick(node)
        clock.advance(GRACE + 1)
        await tick(node)
        assert await about_people(ayse) == [], "a reload makes no noise"
        await again.leave()
        await until_gone(node, "mehmet")
        await tick(node)
        assert await about_people(ayse) == []
        assert (await ayse.send("x"))["alici_sayisi"] == 2
        clock.advance(GRACE)
        await tick(node)
        assert [frame["tip"] for frame in await about_people(ayse)] == ["ayrilma", "durum"]


async def until_gone(node: Node, name: str) -> None:
    """Wait until the server has seen that somebody hung up: another one's connection is admitted after that."""
    for number in range(100):
        if name not in node.square.hub.people.by_id:
            return
        await (await node.enter(f"sonra{number}")).leave()
    raise AssertionError(f"{name} is still here")


async def test_a_second_connection_of_a_person_is_no_news(node: Node) -> None:
    person = await node.person("mehmet")
    ayse = await node.enter("ayse", "genel")
    first = await node.enter(person, "genel")
    await tick(node)
    await about_people(ayse)
    second = await node.enter(person)
    assert (await second.join("genel"))["katilimci_sayisi"] == 2
    await first.ask("oda_ayril", oda_id="genel")
    await tick(node)
    await tick(node)
    assert await about_people(ayse) == []


async def test_large_rooms_hear_differences_only(node: Node) -> None:
    await node.change(individual_presence_limit=1)
    ayse = await node.enter("ayse", "genel")
    await tick(node)
    await about_people(ayse)
    mehmet = await node.enter("mehmet", "genel")
    await node.enter("zeynep", "genel")
    await mehmet.ask("oda_ayril", oda_id="genel")
    await tick(node)
    await tick(node)
    frames = await about_people(ayse)
    assert {frame["tip"] for frame in frames} == {"durum"}
    people: set[str] = {"ayse"}
    for frame in frames:
        people = (people | set(frame["gelenler"])) - set(frame["gidenler"])
        assert frame["katilimci_sayisi"] == 2
    assert people == {"ayse", "zeynep"}
