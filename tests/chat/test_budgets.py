"""Budgets of frames and messages: who asks too much is told, and closed if it goes on."""

import contextlib

import pytest

from meydan.platform.clock import ManualClock
from meydan.platform.settings import Settings
from tests.chat.node import Closed, Node, Talker, running_node


async def test_a_flood_is_told_to_wait_and_then_closed(settings: Settings) -> None:
    async with running_node(settings, clock=ManualClock()) as node:
        bystander = await node.enter("oteki", "genel")
        flooder = await node.enter("taskin", "genel")
        for _ in range(300):
            await flooder.ws.send('{"tip":"yok"}')
        assert await flooder.closed() == 1008
        kinds = [frame["kod"] for frame in flooder.seen if frame["tip"] == "hata"]
        assert kinds == ["bilinmeyen_tip"] * 59 + ["hiz_siniri"] * 200
        assert all(frame["bekle"] > 0 for frame in flooder.seen if frame.get("kod") == "hiz_siniri")
        await bystander.send("ben buradayım")


async def keep_asking(talker: Talker, clock: ManualClock, *, at_once: int) -> None:
    """Ask at a multiple of what the budget gives back meanwhile."""
    for _ in range(300):
        clock.advance(0.05)
        for _ in range(at_once):
            await talker.ws.send('{"tip":"yok"}')
        for _ in range(at_once):
            await talker.expect("hata")


async def test_a_flood_that_is_now_and_then_in_its_budget_is_closed_too(settings: Settings) -> None:
    clock = ManualClock()
    async with running_node(settings, clock=clock) as node:
        await keep_asking(await node.enter("aceleci"), clock, at_once=2)
        flooder = await node.enter("taskin")
        with pytest.raises(Closed):
            await keep_asking(flooder, clock, at_once=3)
        assert flooder.ws.close_code == 1008


async def test_a_budget_fills_up_again(settings: Settings) -> None:
    clock = ManualClock()
    async with running_node(settings, clock=clock) as node:
        person = await node.person("ayse")
        phone, desk = await node.enter(person, "genel"), await node.enter(person, "genel")
        for number in range(10):
            await (phone, desk)[number % 2].send("x")
        for talker in (phone, desk):
            problem = await talker.refused("mesaj_gonder", oda_id="genel", icerik="fazla")
            assert (problem["kod"], problem["bekle"]) == ("hiz_siniri", 0.5)
        clock.advance(0.5)
        await desk.send("tamam")
        assert (await phone.refused("mesaj_gonder", oda_id="genel", icerik="fazla"))["kod"] == "hiz_siniri"
        await (await node.enter("oteki", "genel")).send("başkasının hakkı")
        assert await node.head() == 12


async def test_a_request_over_the_budget_is_named(settings: Settings) -> None:
    async with running_node(settings, clock=ManualClock()) as node:
        guest = await node.enter("misafir")
        for number in range(60):
            await guest.tell("yok", ref=f"{number}")
        problem = await guest.refused("oda_katil", oda_id="genel")
        assert problem["kod"] == "hiz_siniri"
        for text in ("{", "5", '{"ref":5}', '{"ref":"' + "r" * 65 + '"}', "[" * 30_000):
            await guest.ws.send(text)
            assert "ref" not in await guest.expect("hata", kod="hiz_siniri")


async def test_coming_back_does_not_fill_the_budget(settings: Settings) -> None:
    async with running_node(settings, clock=ManualClock()) as node:
        person = await node.person("ayse")
        talker = await node.enter(person, "genel")
        for _ in range(10):
            await talker.send("x")
        await talker.leave()
        again = await node.enter(person, "genel")
        assert (await again.refused("mesaj_gonder", oda_id="genel", icerik="fazla"))["kod"] == "hiz_siniri"


async def test_a_text_is_paid_for_before_it_is_looked_at(settings: Settings) -> None:
    async with running_node(settings, clock=ManualClock()) as node:
        await node.change(messages_per_second=0.1, message_burst=2, max_length=10)
        guest = await node.enter("misafir", "genel")
        for _ in range(2):
            assert (await guest.refused("mesaj_gonder", oda_id="genel", icerik="\ufdfa" * 1_000))["kod"] == "cok_uzun"
        assert (await guest.refused("mesaj_gonder", oda_id="genel", icerik="\ufdfa"))["kod"] == "hiz_siniri"


async def test_http_spends_the_same_budget(settings: Settings) -> None:
    async with running_node(settings, clock=ManualClock()) as node:
        person = await node.person("ayse")
        talker = await node.enter(person, "genel")
        for _ in range(5):
            await talker.send("x")
        body = {"oda_id": "genel", "icerik": "x"}
        codes = [
            (await node.http.post("/mesaj/gonder", json=body, headers=person.headers)).status_code for _ in range(7)
        ]
        assert codes == [201] * 5 + [429] * 2
        assert (await talker.refused("mesaj_gonder", oda_id="genel", icerik="x"))["kod"] == "hiz_siniri"


async def test_changed_budgets_hold_at_once(settings: Settings) -> None:
    async with running_node(settings, clock=ManualClock()) as node:
        guest = await node.enter("misafir", "genel")
        await node.change(message_burst=1)
        await guest.send("bir")
        assert (await guest.refused("mesaj_gonder", oda_id="genel", icerik="iki"))["kod"] == "hiz_siniri"
        await node.change(message_burst=100)
        for _ in range(20):
            await guest.send("çok")


async def test_what_one_address_reads_waits_while_it_reads_a_lot_and_who_talks_does_not(node: Node) -> None:
    reader, talker = await node.enter("okuyan", "genel"), await node.enter("konusan", "genel")
    caller_limit = node.square.gate.caller_limit
    caller_limit.longest = 60.0
    async with contextlib.AsyncExitStack() as others:
        for _ in range(caller_limit.at_once):
            await others.enter_async_context(caller_limit.work("127.0.0.1"))
        await reader.tell("oda_gecmisi", ref="sonra", oda_id="genel", limit=5)
        await talker.send("merhaba")
        await reader.message()
        await talker.send("yine ben")
        await reader.message()
        assert not [frame for frame in reader.seen if frame["tip"] == "oda_gecmisi"]
    answer = await reader.expect("oda_gecmisi", ref="sonra")
    assert [message["icerik"] for message in answer["mesajlar"]] == ["merhaba", "yine ben"]
