"""What is found that is no plain word, on both databases, and what counts as the same or as nothing."""

import pytest

from meydan.platform.emoji import one_spelling
from meydan.platform.settings import Settings
from tests.chat.node import Node, running_node

SAID = (
    "C++ güzel",
    "C güzel",
    "cam ve can",
    "C# da var",
    "selam 😀",
    "中文搜索测试",
    "sı\u00adra bende",
    "❤️ kalp",
    "日本語のテスト",
)
FOUND = {
    "C++": ["C++ güzel"],
    "c++": ["C++ güzel"],
    "cplusplus": ["C++ güzel"],
    "C#": ["C# da var"],
    "😀": ["selam 😀"],
    "搜索": ["中文搜索测试"],
    "测试": ["中文搜索测试"],
    "试": ["中文搜索测试"],
    "索搜": [],
    "テスト": ["日本語のテスト"],
    "sıra": ["sı\u00adra bende"],
    "sira": ["sı\u00adra bende"],
    "❤": ["❤️ kalp"],
    "güzel c": ["C güzel", "C++ güzel"],
}
NOTHING = (
    "\ufff9",
    "\U0001d159",
    "\U0001d173",
    "\U000e0fff",
    "\ufff0",
    "\u200b",
    "\u2800",
    "\u3164",
    "\u00ad",
    "\ufe0f",
)


async def talked_and_found(node: Node) -> None:
    await node.generous()
    talker = await node.enter(await node.person("ali"), "genel")
    for text in SAID:
        await talker.send(text)
    for query, wanted in FOUND.items():
        answer = await node.http.get("/mesaj/ara", params={"q": query})
        assert answer.status_code == 200, query
        assert sorted(one["icerik"] for one in answer.json()["mesajlar"]) == sorted(wanted), query


async def test_signs_pictures_and_scripts_without_spaces_are_found(node: Node) -> None:
    await talked_and_found(node)


async def test_they_are_found_on_postgresql_too(shared_settings: Settings) -> None:
    async with running_node(shared_settings) as node:
        await talked_and_found(node)


async def test_one_emoji_is_one_reaction_however_it_is_typed(node: Node) -> None:
    talker = await node.enter(await node.person("ali"), "genel")
    other = await node.enter(await node.person("veli"), "genel")
    place = {"oda_id": "genel", "mesaj_id": (await talker.send("söz"))["mesaj_id"]}
    await talker.ask("tepki", **place, emoji="❤️")
    await other.ask("tepki", **place, emoji="❤")
    (message,) = (await node.http.get("/mesaj/gecmis/genel")).json()["mesajlar"]
    assert message["tepkiler"] == [{"emoji": "❤️", "sayi": 2, "kullanicilar": ["ali", "veli"]}]
    await talker.ask("tepki", **place, emoji="❤", kaldir=True)
    (message,) = (await node.http.get("/mesaj/gecmis/genel")).json()["mesajlar"]
    assert message["tepkiler"][0]["kullanicilar"] == ["veli"]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("❤", "❤️"),
        ("👍", "👍"),
        ("👍️", "👍"),
        ("✌🏽", "✌🏽"),
        ("1⃣", "1️⃣"),
        ("🏳‍🌈", "🏳️‍🌈"),
        ("🇹🇷", "🇹🇷"),
        ("⭐", "⭐"),
        ("☕️", "☕"),
    ],
)
def test_an_emoji_has_one_spelling(typed: str, kept: str) -> None:
    assert one_spelling(typed) == one_spelling(kept) == kept


async def test_what_shows_nothing_is_refused(node: Node) -> None:
    await node.generous()
    person = await node.person("ali")
    for text in NOTHING:
        for body in (text, text * 3, f" {text}\n"):
            sent = {"oda_id": "genel", "icerik": body}
            answer = await node.http.post("/mesaj/gonder", json=sent, headers=person.headers)
            assert answer.status_code == 422, ascii(text)
    for text in ("🫩", "𠀀", "̈a", "\ue000", "ـ"):
        sent = {"oda_id": "genel", "icerik": text}
        assert (await node.http.post("/mesaj/gonder", json=sent, headers=person.headers)).status_code == 201, ascii(
            text
        )


async def test_a_topic_loses_its_turns_of_direction(node: Node) -> None:
    person = await node.person("ali")
    body = {"oda_id": "oda", "baslik": "a\u202eb", "konu": "c\u202ed\u2066e"}
    made = await node.http.post("/sohbet/oda-olustur", json=body, headers=person.headers)
    assert (made.json()["baslik"], made.json()["konu"]) == ("ab", "cde")
    change = {"konu": "\u2067x\u202e"}
    changed = await node.http.patch("/sohbet/odalar/oda", json=change, headers=person.headers)
    assert changed.json()["konu"] == "x"
