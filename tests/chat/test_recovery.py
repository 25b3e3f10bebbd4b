"""Recovery after a dropped connection: exactly what was missed, or nothing and a word that it is nothing."""

from collections.abc import Sequence
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from meydan.chat.models import Room
from meydan.platform.settings import Settings
from tests.chat.node import Frame, Node, Talker, running_node


def places(frames: Sequence[Frame]) -> list[int]:
    return [frame["sira"] for frame in frames]


async def say(talker: Talker, count: int, room: str = "genel") -> list[Frame]:
    return [await talker.send(f"ileti {number}", room) for number in range(count)]


async def rejoin(node: Node, name: str, **fields: Any) -> tuple[Talker, Frame]:
    talker = await node.enter(name)
    return talker, await talker.join("genel", **fields)


async def test_from_memory(node: Node) -> None:
    ayse = await node.enter("ayse", "genel")
    mehmet = await node.enter("mehmet")
    joined = await mehmet.join("genel")
    await mehmet.leave()
    await say(ayse, 4)
    mehmet, again = await rejoin(node, "mehmet", son_sira=joined["sira"], donem=joined["donem"])
    assert again["kurtarildi"] is True
    assert places(again["mesajlar"]) == [1, 2, 3, 4]
    assert [message["icerik"] for message in again["mesajlar"]] == [f"ileti {number}" for number in range(4)]
    assert again["sira"] == 4
    await ayse.send("sonra")
    assert (await mehmet.message())["sira"] == 5


async def test_nothing_missed_is_recovered_too(node: Node) -> None:
    ayse = await node.enter("ayse", "genel")
    await say(ayse, 2)
    _, joined = await rejoin(node, "mehmet", son_sira=2, donem=(await ayse.join("genel"))["donem"])
    assert (joined["kurtarildi"], joined["mesajlar"]) == (True, [])


async def test_from_the_database_after_a_restart(settings: Settings) -> None:
    async with running_node(settings) as node:
        ayse = await node.enter("ayse")
        joined = await ayse.join("genel")
        await say(ayse, 3)
    async with running_node(settings) as node:
        _, again = await rejoin(node, "mehmet", son_sira=1, donem=joined["donem"])
        assert (again["kurtarildi"], places(again["mesajlar"])) == (True, [2, 3])
        assert again["donem"] == joined["donem"]


async def test_from_the_database_when_memory_does_not_reach_back(node: Node) -> None:
    await node.generous()
    ayse = await node.enter("ayse")
    joined = await ayse.join("genel")
    for number in range(600):
        await ayse.tell("mesaj_gonder", oda_id="genel", icerik=f"{number}")
    await ayse.messages(600)
    _, again = await rejoin(node, "mehmet", son_sira=3, donem=joined["donem"])
    assert again["kurtarildi"] is True
    assert places(again["mesajlar"]) == list(range(4, 601))
    assert [message["icerik"] for message in again["mesajlar"]] == [str(number) for number in range(3, 600)]


async def test_what_was_edited_or_erased_meanwhile_is_not_replayed_as_it_was(node: Node) -> None:
    ayse = await node.enter(await node.person("ayse"))
    joined = await ayse.join("genel")
    secret = await ayse.send("gizli")
    slip = await ayse.send("yanlıs")
    reply = await ayse.send("yanıt", yanit=secret["mesaj_id"])
    await ayse.ask("mesaj_duzenle", oda_id="genel", mesaj_id=slip["mesaj_id"], icerik="yanlış")
    await ayse.ask("mesaj_sil", oda_id="genel", mesaj_id=secret["mesaj_id"])
    for after in range(5):
        _, again = await rejoin(node, f"misafir{after}", son_sira=after, donem=joined["donem"])
        assert again["kurtarildi"] is True
        assert places(again["mesajlar"]) == list(range(after + 1, 6))
        assert "gizli" not in str(again)
        assert "yanlıs" not in str(again)
    _, again = await rejoin(node, "son", son_sira=0, donem=joined["donem"])
    erased, edited, answer, edit, deletion = again["mesajlar"]
    assert (erased["id"], erased["silindi"], erased["icerik"]) == (secret["mesaj_id"], True, "")
    assert (edited["icerik"], edited["id"]) == ("yanlış", slip["mesaj_id"])
    assert (answer["id"], answer["yanit_ozet"]["icerik"]) == (reply["mesaj_id"], "")
    assert (edit["tip"], edit["tur"], edit["icerik"]) == ("mesaj_guncelleme", "duzenleme", "yanlış")
    assert (deletion["tip"], deletion["tur"], deletion["mesaj_id"]) == ("mesaj_guncelleme", "silme", secret["mesaj_id"])


async def test_another_epoch_is_another_log(node: Node) -> None:
    ayse = await node.enter("ayse", "genel")
    await say(ayse, 3)
    for fields in ({"son_sira": 1, "donem": "0" * 16}, {"son_sira": 1}, {"donem": "x"}):
        _, joined = await rejoin(node, f"misafir{len(str(fields))}", **fields)
        assert (joined["kurtarildi"], joined["mesajlar"], joined["sira"]) == (False, [], 3)


async def test_an_epoch_that_changed_while_the_node_ran(node: Node) -> None:
    ayse = await node.enter("ayse")
    joined = await ayse.join("genel")
    await say(ayse, 2)
    await node.square.accounts.engines.db.write(lambda session: session.execute(update(Room).values(epoch="f" * 16)))
    mehmet, again = await rejoin(node, "mehmet", son_sira=1, donem=joined["donem"])
    assert (again["kurtarildi"], again["mesajlar"], again["donem"]) == (False, [], "f" * 16)
    await ayse.expect("oda_ayrilma", oda_id="genel")
    assert (await ayse.join("genel", son_sira=2, donem=joined["donem"]))["kurtarildi"] is False
    await mehmet.send("yeni kütük")
    while (await ayse.message())["icerik"] != "yeni kütük":
        pass


async def test_too_much_missed_is_never_a_part(node: Node) -> None:
    ayse = await node.enter("ayse", "genel")
    donem = (await ayse.join("genel"))["donem"]
    await say(ayse, 5)
    await node.change(replay_limit=3)
    secret = await node.person("veli")
    talker = await node.enter(secret, "genel")
    sent = await talker.send("yanlıs")
    await talker.ask("mesaj_duzenle", oda_id="genel", mesaj_id=sent["mesaj_id"], icerik="doğru")  # memory lets go
    _, few = await rejoin(node, "azeri", son_sira=4, donem=donem)
    assert (few["kurtarildi"], places(few["mesajlar"])) == (True, [5, 6, 7])
    _, many = await rejoin(node, "coklu", son_sira=3, donem=donem)
    assert (many["kurtarildi"], many["mesajlar"], many["sira"]) == (False, [], 7)


async def test_a_replay_that_would_fill_the_outgoing_buffer_is_not_begun(node: Node) -> None:
    await node.generous()
    ayse = await node.enter("ayse")
    donem = (await ayse.join("genel"))["donem"]
    for _ in range(10):
        await ayse.send("u" * 4_000)
    await node.change(send_buffer_bytes=65_536)
    _, some = await rejoin(node, "birkac", son_sira=5, donem=donem)
    assert (some["kurtarildi"], places(some["mesajlar"])) == (True, [6, 7, 8, 9, 10])
    _, all_of_it = await rejoin(node, "hepsi", son_sira=0, donem=donem)
    assert (all_of_it["kurtarildi"], all_of_it["mesajlar"], all_of_it["sira"]) == (False, [], 10)


async def test_history_comes_in_pages_that_fit_the_outgoing_buffer(node: Node) -> None:
    await node.generous()
    ayse = await node.enter("ayse", "genel")
    for _ in range(20):
        await ayse.send("ş" * 4_000)
    await node.change(send_buffer_bytes=65_536)
    mehmet, before, got = await node.enter("mehmet"), 21, list[int]()
    while before > 1:
        page = await mehmet.ask("oda_gecmisi", oda_id="genel", limit=50, once=before)
        assert 0 < len(page["mesajlar"]) <= 4
        got = places(page["mesajlar"]) + got
        assert page["devami"] is (got[0] > 1)
        before = got[0]
    assert got == list(range(1, 21))
    await ayse.send("u" * 4_000)
    assert len((await mehmet.ask("oda_gecmisi", oda_id="genel", limit=1))["mesajlar"]) == 1


async def test_a_place_ahead_of_the_head_is_not_believed(node: Node) -> None:
    ayse = await node.enter("ayse", "genel")
    await say(ayse, 1)
    donem = (await ayse.join("genel"))["donem"]
    for ahead in (2, 2**53):
        _, joined = await rejoin(node, f"misafir{ahead % 7}", son_sira=ahead, donem=donem)
        assert (joined["kurtarildi"], joined["mesajlar"], joined["sira"]) == (False, [], 1)


async def test_joining_while_others_talk_leaves_no_gap_and_nothing_twice(node: Node) -> None:
    await node.generous()
    ayse = await node.enter("ayse")
    donem = (await ayse.join("genel"))["donem"]
    await say(ayse, 5)
    for _ in range(20):
        for _ in range(10):
            await ayse.tell("mesaj_gonder", oda_id="genel", icerik="x")
        mehmet, joined = await rejoin(node, "mehmet", son_sira=5, donem=donem)
        heard = places(joined["mesajlar"])
        await ayse.send("son")
        head = await node.head()
        while (heard[-1] if heard else 5) < head:
            heard.append((await mehmet.message())["sira"])
        assert heard == list(range(6, head + 1))
        await mehmet.leave()


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(missed=st.integers(0, 12), acts=st.lists(st.sampled_from(["send", "edit", "erase", "react"]), max_size=12))
async def test_whatever_happened_is_recovered_whole(node: Node, missed: int, acts: list[str]) -> None:
    await node.generous()
    name = f"u{await node.head()}-{missed}-{len(acts)}-{len(node.square.hub.connections)}"
    ayse = await node.enter(await node.person(name))
    joined = await ayse.join("genel")
    sent = [(await ayse.send("ilk"))["mesaj_id"]]
    for number, act in enumerate(acts):
        if act == "send":
            sent.append((await ayse.send(f"ileti {number}"))["mesaj_id"])
        elif act == "edit":
            await ayse.ask("mesaj_duzenle", oda_id="genel", mesaj_id=sent[-1], icerik=f"düzen {number}")
        elif act == "react":
            await ayse.ask("tepki", oda_id="genel", mesaj_id=sent[-1], emoji="👍", kaldir=bool(number % 2))
        else:
            await ayse.ask("mesaj_sil", oda_id="genel", mesaj_id=sent[-1])
    head = await node.head()
    after = max(joined["sira"], head - missed)
    again = await ayse.join("genel", son_sira=after, donem=joined["donem"])
    assert again["kurtarildi"] is True
    assert places(again["mesajlar"]) == list(range(after + 1, head + 1))
    await ayse.leave()
