"""Bad input: each has its error or its close code, and nobody else notices."""

import asyncio
import json
import re

import pytest

from meydan.chat.connection import Connection
from meydan.platform.clock import ManualClock
from meydan.platform.settings import Settings
from meydan.platform.texts import LANGUAGES, catalogue
from tests.chat.node import Node, running_node
from tests.chat.raw import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, RawSocket, framed, upgraded

JOIN = b'{"tip":"oda_katil","oda_id":"genel"}'


async def raw_guest(node: Node, name: str = "bozuk") -> RawSocket:
    raw = await upgraded(node, name)
    await raw.frame("sistem")
    return raw


NO_OBJECTS = (
    "",
    "{",
    "selam",
    "[]",
    '"tip"',
    "1",
    "null",
    "[" * 30_000,
    '{"tip":"yok",',
    '{"tip":"oda_katil","oda_id":"genel"',
    '{"tip":"oda_katil","oda_id":"genel"}}',
    '{"tip":"oda_katil","oda_id":"genel","x":NaN}',
    '{"tip":"oda_katil","oda_id":"genel","x":' + "[" * 30_000,
    '{"tip":"mesaj_gonder","oda_id":"genel","icerik":"\\ud800"}',
)


async def test_what_is_no_json_object(node: Node) -> None:
    guest = await node.enter("misafir", "genel")
    for text in NO_OBJECTS:
        await guest.ws.send(text)
        problem = await guest.expect("hata")
        assert problem["kod"] == "gecersiz_json", text[:50]
        assert "ref" not in problem
    await guest.send("bağlantı sürer")


UNKNOWN: tuple[dict[str, object], ...] = (
    {},
    {"tip": None},
    {"tip": 5},
    {"tip": []},
    {"tip": {"tip": "oda_katil"}},
    {"tip": "yok"},
    {"tip": "x" * 10_000},
    {"tip": "mesaj"},
    {"tip": "sistem"},
    {"tip": "Oda_Katil", "oda_id": "genel"},
    {"tip": [[]] * 10_000},
    {"tip": {"a": {}}},
    {"tip": "ş" * 5_000},
)


async def test_an_unknown_type(node: Node) -> None:
    guest = await node.enter("misafir")
    for number, frame in enumerate(UNKNOWN):
        await guest.ws.send(json.dumps({**frame, "ref": f"{number}"}))
        problem = await guest.expect("hata")
        assert (problem["kod"], problem["ref"]) == ("bilinmeyen_tip", f"{number}"), frame
        assert len(problem["gelen"]) <= 64
    await guest.join("genel")


WRONG: tuple[tuple[str, dict[str, object], str], ...] = (
    ("oda_katil", {}, "oda_id"),
    ("oda_katil", {"oda_id": 5}, "oda_id"),
    ("oda_katil", {"oda_id": ""}, "oda_id"),
    ("oda_katil", {"oda_id": None}, "oda_id"),
    ("oda_katil", {"oda_id": "genel", "son_sira": -1}, "son_sira"),
    ("oda_katil", {"oda_id": "genel", "son_sira": "5"}, "son_sira"),
    ("oda_katil", {"oda_id": "genel", "son_sira": 1.5}, "son_sira"),
    ("oda_katil", {"oda_id": "genel", "son_sira": 2**53 + 1}, "son_sira"),
    ("oda_katil", {"oda_id": "genel", "donem": 5}, "donem"),
    ("mesaj_gonder", {"oda_id": "genel"}, "icerik"),
    ("mesaj_gonder", {"oda_id": "genel", "icerik": ["x"]}, "icerik"),
    ("mesaj_gonder", {"oda_id": "genel", "icerik": "x", "istemci_id": ""}, "istemci_id"),
    ("mesaj_gonder", {"oda_id": "genel", "icerik": "x", "istemci_id": "a" * 65}, "istemci_id"),
    ("mesaj_gonder", {"oda_id": "genel", "icerik": "x", "istemci_id": "a\x00"}, "istemci_id"),
    ("mesaj_gonder", {"oda_id": "genel", "icerik": "x", "ekler": [1]}, "ekler"),
    ("mesaj_gonder", {"oda_id": "genel", "icerik": "x", "ekler": {}}, "ekler"),
    ("mesaj_sil", {"oda_id": "genel", "mesaj_id": 5}, "mesaj_id"),
    ("tepki", {"oda_id": "genel", "mesaj_id": "a", "emoji": 5}, "emoji"),
    ("tepki", {"oda_id": "genel", "mesaj_id": "a", "emoji": "👍", "kaldir": "evet"}, "kaldir"),
    ("okundu", {"oda_id": "genel", "sira": -1}, "sira"),
    ("okundu", {"oda_id": "genel", "sira": True}, "sira"),
)


async def test_a_wrong_type_names_its_field(node: Node) -> None:
    guest = await node.enter("misafir", "genel")
    for tip, fields, wrong in WRONG:
        problem = await guest.refused(tip, **fields)
        assert (problem["kod"], problem["alan"]) == ("gecersiz_alan", wrong), (tip, fields)
        assert problem["neden"]
    assert await node.head() == 0


async def test_a_frame_has_64_kib_at_most(node: Node) -> None:
    guest = await node.enter("misafir", "genel")
    text = '{"tip":"yok","x":"' + "a" * (65_536 - 20) + '"}'
    assert len(text) == 65_536
    await guest.ws.send(text)
    assert (await guest.expect("hata"))["kod"] == "bilinmeyen_tip"
    bystander = await node.enter("oteki", "genel")
    await guest.ws.send(text + " " * 1_024)
    assert await guest.closed() == 1009
    await bystander.send("ben buradayım")


async def test_fragments_are_one_frame(node: Node) -> None:
    await node.generous()
    raw = await raw_guest(node)
    text = '{"tip":"oda_katil","oda_id":"genel","ışık":"ğ"}'.encode()
    for index in range(len(text)):
        first, last = index == 0, index == len(text) - 1
        await raw.write(TEXT if first else CONTINUATION, text[index : index + 1], fin=last)
        if index == 10:
            await raw.write(PING, b"orada")
            assert await raw.read() == (PONG, b"orada")
    assert (await raw.frame("oda_katilim"))["oda_id"] == "genel"


async def test_fragments_together_have_64_kib_at_most(node: Node) -> None:
    raw = await raw_guest(node)
    for number in range(3):
        await raw.write(CONTINUATION if number else TEXT, b"[" * 30_000, fin=False)
    assert await raw.closed() == 1009


async def test_pieces_of_nothing_are_frames_too(settings: Settings) -> None:
    async with running_node(settings, clock=ManualClock()) as node:
        raw = await raw_guest(node)
        raw.writer.write(framed(TEXT, b"", fin=False) + framed(CONTINUATION, b"", fin=False) * 1_000)
        assert await raw.closed() == 1008


async def test_pings_are_frames_too(settings: Settings) -> None:
    async with running_node(settings, clock=ManualClock()) as node:
        raw = await raw_guest(node)
        raw.writer.write(framed(PING, b"") * 1_000)
        answers = 0
        while (await raw.read())[0] == PONG:
            answers += 1
        assert answers == 60
        assert await raw.closed() == 1008


@pytest.mark.parametrize("payload", [b"", b"\x03", b"\x03\xed", b"\x00\x01", b"\x03\xe8\xff", b"\x0f\xa0" + b"x" * 123])
async def test_however_one_hangs_up(node: Node, payload: bytes) -> None:
    raw = await raw_guest(node)
    await raw.write(CLOSE, payload)
    await raw.closed()
    again = await node.enter("bozuk2", "genel")
    await again.send("ben buradayım")


async def test_a_text_inside_a_fragmented_text(node: Node) -> None:
    raw = await raw_guest(node)
    await raw.write(TEXT, b'{"tip":', fin=False)
    await raw.write(TEXT, JOIN)
    assert await raw.closed() == 1002


async def test_a_continuation_of_nothing(node: Node) -> None:
    raw = await raw_guest(node)
    await raw.write(CONTINUATION, JOIN)
    assert await raw.closed() == 1002


async def test_bytes_that_are_no_text(node: Node) -> None:
    for number, data in enumerate((b"\xff", b'{"tip":"oda_katil","oda_id":"\xc3"}', b"\xed\xa0\x80")):
        whole, pieces = [await raw_guest(node, f"{name}{number}") for name in ("butun", "parca")]
        await whole.write(TEXT, data)
        await pieces.write(TEXT, data, fin=False)
        await pieces.write(CONTINUATION, b"", fin=True)
        for raw in (whole, pieces):
            assert await raw.closed() == 1007, data


async def test_a_binary_frame(node: Node) -> None:
    raw = await raw_guest(node)
    await raw.write(BINARY, JOIN)
    assert await raw.closed() == 1003


async def test_a_fragmented_binary_frame(node: Node) -> None:
    raw = await raw_guest(node)
    await raw.write(BINARY, b"a", fin=False)
    await raw.write(CONTINUATION, b"b")
    assert await raw.closed() == 1003


@pytest.mark.parametrize(
    "data",
    [
        framed(3, b"x"),
        framed(PING, b"x" * 126),
        framed(PING, b"x", fin=False),
        framed(TEXT, JOIN, mask=False),
    ],
    ids=["reserved opcode", "long ping", "fragmented ping", "unmasked"],
)
async def test_frames_against_the_rules_of_websocket_end_the_connection(node: Node, data: bytes) -> None:
    raw = await raw_guest(node)
    bystander = await node.enter("oteki", "genel")
    raw.writer.write(data)
    assert await raw.closed() in (1002, 1006)
    await bystander.send("ben buradayım")


@pytest.mark.parametrize("opcode", [TEXT, CONTINUATION, BINARY, PING, PONG])
@pytest.mark.parametrize("bit", [0x40, 0x20, 0x10])
async def test_a_reserved_bit_ends_the_connection(node: Node, opcode: int, bit: int) -> None:
    raw = await raw_guest(node)
    if opcode == CONTINUATION:
        await raw.write(TEXT, JOIN, fin=False)
    frame = framed(opcode, JOIN)
    raw.writer.write(bytes((frame[0] | bit,)) + frame[1:])
    assert await raw.closed() == 1002


async def test_who_is_closed_by_the_answer_to_a_join_is_in_no_room(node: Node) -> None:
    await node.generous()
    await node.change(send_buffer_bytes=65_536)
    talker = await node.enter("konusan")
    join = {"oda_id": "genel", "son_sira": 0, "donem": (await talker.join("genel"))["donem"]}
    for _ in range(7):
        await talker.send("x" * 4_000)
    slow, hub = await upgraded(node, "yavas", receive_buffer=65_536), node.square.hub
    await slow.frame("sistem")
    while hub.stats.slow_closed == 0:
        frames = hub.stats.frames_in
        await slow.write(TEXT, json.dumps({"tip": "oda_katil", **join}).encode())
        while hub.stats.frames_in == frames or any(connection.busy for connection in hub.connections):  # noqa: ASYNC110  # the hub tells nobody
            await asyncio.sleep(0)
    assert [connection.path_id for connection in hub.channels.live["genel"].members] == ["konusan"]


async def test_a_line_cut_in_the_middle_of_a_frame(node: Node) -> None:
    raw = await raw_guest(node)
    raw.writer.write(framed(TEXT, JOIN)[:-5])
    raw.hang_up()
    guest = await node.enter("misafir", "genel")
    await guest.send("kimse düşmedi")


async def test_too_much_asked_at_once_while_busy(node: Node) -> None:
    await node.generous()
    guest = await node.enter("misafir", "genel")
    blob = b"".join(framed(TEXT, b'{"tip":"oda_gecmisi","oda_id":"genel","ref":"%d"}' % n) for n in range(300))
    raw = await raw_guest(node)
    raw.writer.write(blob)
    answers = [json.loads((await raw.read())[1]) for _ in range(300)]
    refused = [answer for answer in answers if answer["tip"] == "hata"]
    assert refused
    assert {answer["kod"] for answer in refused} == {"hiz_siniri"}
    assert sorted(int(answer["ref"]) for answer in answers) == list(range(300))
    await guest.send("kimse beklemez")


async def test_large_requests_do_not_heap_up_behind_one_that_waits(node: Node) -> None:
    await node.generous()
    guest = await node.enter("misafir", "genel")
    held = node.hold_messages()
    await guest.tell("oda_gecmisi", oda_id="genel", ref="gecmis")
    await held.found.wait()
    for number in range(20):
        await guest.tell("mesaj_gonder", oda_id="genel", icerik="x", ref=f"{number}", dolgu="d" * 50_000)
    refused = [await guest.expect("hata", kod="hiz_siniri") for _ in range(15)]
    assert [frame["ref"] for frame in refused] == [f"{number}" for number in range(5, 20)]
    held.let_go.set()
    await guest.expect("oda_gecmisi")
    assert [(await guest.expect("mesaj_onay"))["ref"] for _ in range(5)] == [f"{number}" for number in range(5)]
    for _ in range(20):
        await guest.send("y", dolgu="d" * 50_000)


async def test_a_changed_bound_of_the_buffer_holds_at_once(node: Node) -> None:
    guest = await node.enter("misafir", "genel")
    await node.change(send_buffer_bytes=65_536)
    (connection,) = node.square.hub.connections
    assert connection.transport.underlying_transport.get_write_buffer_limits() == (0, 65_536)
    await guest.send("sürer")


async def test_who_does_not_read_is_closed_and_delays_nobody(node: Node) -> None:
    await node.generous()
    await node.change(send_buffer_bytes=65_536)
    slow = await upgraded(node, "yavas", receive_buffer=65_536)
    await slow.frame("sistem")
    await slow.write(TEXT, JOIN)
    await slow.frame("oda_katilim")
    talker, listener = await node.enter("konusan", "genel"), await node.enter("dinleyen", "genel")
    text, sent = "😀" * 4_000, 0
    while node.square.hub.stats.slow_closed == 0:
        assert sent < 2_000, "the slow reader was never closed"
        sent += 1
        answer = await talker.send(text)
        assert answer["sira"] == sent
        assert (await listener.message())["sira"] == sent
        assert (await talker.message())["sira"] == sent
    assert await slow.closed() == 4008
    await talker.send("yavaş gitti")
    while (await listener.message())["icerik"] != "yavaş gitti":
        pass
    await node.change(send_buffer_bytes=67_108_864)
    again = await node.enter("yavas")
    donem = (await again.join("genel"))["donem"]
    assert (await again.join("genel", son_sira=sent - 3, donem=donem))["kurtarildi"] is True


async def test_a_connection_speaks_the_language_of_its_address_its_user_or_its_header(node: Node) -> None:
    words = {"tr": ("Hoş geldiniz", "boş olamaz"), "en": ("Welcome", "may not be empty")}
    ayse = await node.person("ayse")
    answer = await node.http.patch("/auth/me", json={"locale": "en"}, headers=ayse.headers)
    assert answer.status_code == 200, answer.text
    turkish, english = {"accept-language": "tr"}, {"accept-language": "en-GB,de;q=0.5"}
    ticket = "{ticket}"
    for path, headers, language in (
        ("misafir-a", {}, "tr"),
        ("misafir-b", english, "en"),
        ("misafir-c?dil=en", turkish, "en"),
        ("misafir-d?dil=tr", english, "tr"),
        ("misafir-e?dil=xx", english, "en"),
        (f"ayse?bilet={ticket}", turkish, "en"),
        (f"ayse?bilet={ticket}&dil=tr", english, "tr"),
    ):
        whole = path.replace(ticket, await node.ticket(ayse)) if ticket in path else path
        talker = await node.knock(whole, additional_headers=headers)
        greeting = await talker.expect("sistem")
        await talker.join()
        refused = await talker.refused("mesaj_gonder", oda_id="genel", icerik="  ")
        assert (greeting["mesaj"], refused["neden"]) == words[language], path
        assert refused["neden_kodu"] == "empty"
        await talker.leave()


async def test_no_answer_in_turkish_holds_a_sentence_of_a_librarys(node: Node) -> None:
    guest = await node.enter("misafir", "genel")
    for tip, fields, _ in WRONG:
        problem = await guest.refused(tip, **fields)
        for language in LANGUAGES:
            reasons = catalogue(language)["reason"]
            pattern = re.sub(r"\\\{\w+\\\}", ".+", re.escape(reasons[problem["neden_kodu"]]))
            assert bool(re.fullmatch(pattern, problem["neden"])) is (language == "tr"), problem


async def test_a_line_that_is_broken_costs_nobody_else_anything(node: Node) -> None:
    ayse, ali, can = [await node.enter(name, "genel") for name in ("ayse", "ali", "can")]

    def fails(data: object) -> None:
        raise RuntimeError(f"the handler is closed to {data!r}")

    def line_of(name: str) -> Connection:
        return next(line for line in node.square.hub.connections if line.path_id == name)

    broken = line_of("ali")
    broken.write = fails
    await ayse.send("burada mısınız")
    assert (await can.message())["icerik"] == "burada mısınız"
    assert broken not in node.square.hub.connections
    assert await ali.closed() == 1006
    line_of("ayse").write = fails
    line_of("ayse").private.append(b"x")
    node.stop.set()
    assert await can.closed() == 1012
