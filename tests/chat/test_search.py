"""Search as people spell, on both databases, through HTTP."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meydan.platform.settings import Settings
from meydan.platform.turkish import words
from tests.chat.node import Frame, Node, running_node


@pytest.fixture(params=["sqlite", "postgres"])
async def square(anywhere: Settings) -> AsyncIterator[Node]:
    async with running_node(anywhere) as node:
        await node.generous()
        yield node


@pytest.fixture
def anywhere(request: pytest.FixtureRequest, settings: Settings) -> Settings:
    if request.node.callspec.params["square"] == "sqlite":
        return settings
    shared: Settings = request.getfixturevalue("shared_settings")
    return shared


async def find(node: Node, query: str, **options: Any) -> Frame:
    answer = await node.http.get("/mesaj/ara", params={"q": query, **options})
    assert answer.status_code == 200, answer.text
    body: Frame = answer.json()
    return body


async def found(node: Node, query: str, **options: Any) -> list[str]:
    return [message["icerik"] for message in (await find(node, query, **options))["mesajlar"]]


_ELSEWHERE = {"x-forwarded-for": "198.51.100.7"}

SPELLINGS = (
    ("Bu IŞIK sönmez", ["ışık", "IŞIK", "isik", "ISIK", "Işık", "işik", "İŞİK", "ış", "i", "sonmez", "bu ışık"]),
    ("ışık hızı", ["ISIK", "IŞIK HIZI", "hizi", "HIZ isik"]),
    ("BITCOIN yükseldi", ["bitcoin", "BITCOIN", "Bitcoin", "BİTCOİN", "bıtcoın", "bit", "yuk", "YÜKSELDİ"]),
    ("İstanbul'da çay", ["istanbul", "ISTANBUL", "İSTANBUL", "cay", "ÇAY", "da"]),
    ("THYAO 3,5 lira #borsa @ayse", ["thyao", "3", "5", "borsa", "ayse", "3,5", "#borsa"]),
    ("fiyat_endeksi C++ a1b2", ["fiyat", "endeksi", "c++", "a1b2", "a1"]),
    ("naïve café Ænima Straße", ["naive", "cafe", "CAFÉ", "strasse"]),
    ("日本語 Привет", ["日本", "привет", "ПРИВ"]),
)


async def test_every_spelling_finds_it(square: Node) -> None:
    talker = await square.enter("misafir", "genel")
    await talker.send("başka bir şey 999")
    for said, _ in SPELLINGS:
        await talker.send(said)
    for said, queries in SPELLINGS:
        for query in queries:
            assert said in await found(square, query), query
        for query in ("yok", f"{queries[0]} yok", "ısırgan", "xyz"):
            assert said not in await found(square, query), query


async def test_a_query_of_no_words_is_refused(node: Node) -> None:
    for query in ("", "   ", "...", "'\"*()", "_", "\x00", "-"):
        answer = await node.http.get("/mesaj/ara", params={"q": query})
        assert answer.status_code == 422, query
        assert (answer.json()["kod"], answer.json()["alan"]) == ("gecersiz_alan", "q")


async def test_words_that_mean_something_to_an_index_mean_nothing(square: Node) -> None:
    talker = await square.enter("misafir", "genel")
    await talker.send("ya hep ya hic OR AND NOT NEAR")
    for query in (
        "or",
        "NOT",
        "NEAR/2",
        "hep OR hic",
        '"hep"',
        "hep*",
        "hep:*",
        "hep & hic",
        "!hep",
        "hep'; --",
        "folded:hep",
    ):
        expected = [] if query.startswith("folded") or query == "NEAR/2" else ["ya hep ya hic OR AND NOT NEAR"]
        assert await found(square, query) == expected, query


async def test_words_without_end(square: Node) -> None:
    talker = await square.enter("misafir", "genel")
    long, foreign = "Ğ" * 3_000, "㍿" * 200
    await talker.send(f"baş {long} {foreign}")
    for query in (long[:200], "ğ" * 150, foreign, f"bas {foreign[:150]}", "株式会社株"):
        assert len(await found(square, query)) == 1, query
    assert await found(square, "ş" * 200) == []


async def test_an_edited_message_is_found_by_what_it_says_now_and_an_erased_one_not_at_all(square: Node) -> None:
    ayse = await square.enter(await square.person("ayse"), "genel")
    sent = await ayse.send("eski söz")
    assert await found(square, "eski") == ["eski söz"]
    await ayse.ask("mesaj_duzenle", oda_id="genel", mesaj_id=sent["mesaj_id"], icerik="yeni söz")
    assert await found(square, "eski") == []
    assert await found(square, "yeni") == ["yeni söz"]
    await ayse.ask("mesaj_sil", oda_id="genel", mesaj_id=sent["mesaj_id"])
    for query in ("eski", "yeni", "söz"):
        assert await found(square, query) == []


async def test_search_pages_from_the_newest(square: Node) -> None:
    talker = await square.enter("misafir", "genel")
    for number in range(5):
        await talker.send(f"sayfa {number}")
    first = await find(square, "sayfa", limit=3)
    assert ([m["icerik"] for m in first["mesajlar"]], first["devami"]) == (["sayfa 4", "sayfa 3", "sayfa 2"], True)
    assert first["mesajlar"][0]["oda_id"] == "genel"
    rest = await find(square, "sayfa", limit=3, once=first["mesajlar"][-1]["id"])
    assert ([m["icerik"] for m in rest["mesajlar"]], rest["devami"]) == (["sayfa 1", "sayfa 0"], False)


async def test_search_keeps_to_the_room_that_was_named(square: Node) -> None:
    person = await square.person("ayse")
    await square.http.post("/sohbet/oda-olustur", json={"oda_id": "borsa", "baslik": "B"}, headers=person.headers)
    talker = await square.enter(person, "genel", "borsa")
    await talker.send("altın burada")
    await talker.send("altın orada", "borsa")
    assert await found(square, "altın", oda_id="borsa") == ["altın orada"]
    assert await found(square, "altın") == ["altın orada", "altın burada"]


async def test_who_searches_a_lot_keeps_nobody_waiting_and_reads_on(node: Node) -> None:
    await (await node.enter("misafir", "genel")).send("altın")
    held = node.hold_messages()
    searches = [asyncio.create_task(node.http.get("/mesaj/ara", params={"q": "altın"}, timeout=60)) for _ in range(40)]
    await held.found.wait()
    elsewhere = asyncio.create_task(node.http.get("/mesaj/ara", params={"q": "altın"}, headers=_ELSEWHERE, timeout=60))
    async with asyncio.timeout(0.9):  # before what takes long is counted no more
        assert (await node.http.get("/sohbet/odalar")).status_code == 200
    held.let_go.set()
    assert (await elsewhere).status_code == 200
    assert sum(search.done() for search in searches) <= 4
    assert {(await search).status_code for search in searches} == {200}


async def test_searches_take_turns_and_so_many_may_wait(node: Node) -> None:
    node.square.gate.caller_limit.longest = 0.0  # they wait at the search alone
    await (await node.enter("misafir", "genel")).send("altın")
    held = node.hold_messages()
    searches = [asyncio.create_task(node.http.get("/mesaj/ara", params={"q": "altın"}, timeout=60)) for _ in range(60)]
    done, waiting = set[asyncio.Task[httpx.Response]](), set(searches)
    while len(done) < 9:
        finished, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        done |= finished
    assert {answer.result().json()["kod"] for answer in done} == {"hiz_siniri"}
    assert {answer.result().headers["retry-after"] for answer in done} == {"1"}
    await held.found.wait()
    assert held.reads == 1
    elsewhere = asyncio.create_task(node.http.get("/mesaj/ara", params={"q": "altın"}, headers=_ELSEWHERE, timeout=60))
    assert not (await asyncio.wait([elsewhere], timeout=0.1))[0]  # neither refused nor before its turn
    held.let_go.set()
    assert (await elsewhere).status_code == 200
    assert {(await answer).status_code for answer in waiting} == {200}
    assert (await node.http.get("/mesaj/ara", params={"q": "altın"})).status_code == 200


async def test_a_search_whose_asker_hung_up_before_its_turn_asks_nothing(node: Node) -> None:
    await (await node.enter("misafir", "genel")).send("altın")
    held = node.hold_messages()
    first = asyncio.create_task(node.http.get("/mesaj/ara", params={"q": "altın"}, timeout=60))
    await held.found.wait()
    waiting = [asyncio.create_task(node.http.get("/mesaj/ara", params={"q": "altın"}, timeout=60)) for _ in range(20)]
    await asyncio.wait(waiting, timeout=0.2)
    for search in waiting:
        search.cancel()
    elsewhere = asyncio.create_task(node.http.get("/mesaj/ara", params={"q": "altın"}, headers=_ELSEWHERE, timeout=60))
    await asyncio.wait([elsewhere], timeout=0.2)
    held.let_go.set()
    assert ((await first).status_code, (await elsewhere).status_code) == (200, 200)
    assert held.reads == 2


LETTERS = "abcçdefgğhıijklmnoöpqrsştuüvwxyzABCÇDEFGĞHIİJKLMNOÖPQRSŞTUÜVWXYZâîûéñ0123456789"


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    said=st.text(st.sampled_from(LETTERS + " .,-_'!?"), min_size=1, max_size=60).filter(words),
    data=st.data(),
)
async def test_every_beginning_of_every_word_finds_it(square: Node, said: str, data: st.DataObject) -> None:
    sent = await square.http.post(
        "/mesaj/gonder",
        json={"oda_id": "genel", "icerik": said},
        headers={"x-api-key": "the-key-of-the-environment-of-tests"},
    )
    assert sent.status_code == 201, sent.text
    chosen = data.draw(st.lists(st.sampled_from(words(said)), min_size=1, max_size=3))
    query = " ".join(word[: data.draw(st.integers(1, len(word)))] for word in chosen)
    ids = [message["id"] for message in (await find(square, query, limit=200))["mesajlar"]]
    assert sent.json()["mesaj_id"] in ids
