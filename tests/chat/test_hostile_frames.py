"""Hostile frames by the million: recordings of real traffic, spoiled in every way we know; the node serves on."""

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from tests import soak
from tests.chat.mutations import FIELDS, FRAMES, TEXTS, spoil_field
from tests.chat.node import PATIENCE, Node, Talker
from tests.chat.raw import TEXT, RawSocket, framed, upgraded

_AT_ONCE = 100


async def record(talker: Talker) -> list[bytes]:
    """Hold a conversation and return every frame of it as it was sent."""
    sent: list[bytes] = []

    async def ask(tip: str, **fields: object) -> dict[str, object]:
        sent.append(json.dumps({"tip": tip, **fields}).encode())
        return await talker.ask(tip, **fields)

    joined = await ask("oda_katil", oda_id="genel")
    await ask("oda_katil", oda_id="genel", son_sira=0, donem=joined["donem"])
    for text in ("Günaydın @mehmet", "https://meydan.example/ `kod`", "😀 C++ 中文"):
        said = await ask("mesaj_gonder", oda_id="genel", icerik=text, istemci_id=text[:3], mesaj_tipi="metin", ekler=[])
    place = {"oda_id": "genel", "mesaj_id": said["mesaj_id"]}
    await ask("mesaj_gonder", oda_id="genel", icerik="yanıt", yanit=said["mesaj_id"])
    await ask("mesaj_duzenle", **place, icerik="düzeltilmiş")
    await ask("tepki", **place, emoji="❤️", kaldir=False)
    await ask("oda_gecmisi", oda_id="genel", limit=20, once=4)
    await ask("mesaj_sil", **place)
    for tip, more in (("yaziyor", {}), ("okundu", {"sira": 3})):
        sent.append(json.dumps({"tip": tip, "oda_id": "genel", **more}).encode())
    return sent


async def ended(raw: RawSocket) -> None:
    """Say that nothing more comes, and read to the end of what does."""
    with contextlib.suppress(ConnectionError):
        raw.writer.write_eof()
        async with asyncio.timeout(PATIENCE):
            while await raw.reader.read(65_536):
                pass


@pytest.mark.soak
async def test_a_node_survives_recordings_that_were_spoiled(
    node: Node, record_property: Callable[[str, object], None]
) -> None:
    chance = soak.chance("frames")
    total = soak.size(slice=6_000, whole=1_000_000)
    await node.generous()
    bystander = await node.enter(await node.person("tanik"), "genel")
    recording = await record(await node.enter(await node.person("konusan")))
    member = await node.person("bozuk")
    quiet = [*TEXTS, *FIELDS]
    counts: Counter[str] = Counter()
    number = 0
    with capture_logs() as lines:
        while sum(counts.values()) < total:
            number += 1
            raw = await upgraded(node, f"bozuk?bilet={await node.ticket(member)}" if number % 2 else f"bozuk{number}")
            raw.writer.write(framed(TEXT, recording[0]))
            for _ in range(_AT_ONCE):
                kind, recorded = quiet[sum(counts.values()) % len(quiet)], chance.choice(recording)
                text = TEXTS[kind](chance, recorded) if kind in TEXTS else spoil_field(chance, recorded, FIELDS[kind])
                raw.writer.write(framed(TEXT, text[:65_536]))
                counts[kind] += 1
            kind = list(FRAMES)[number % len(FRAMES)]
            counts[kind] += 1
            raw.writer.write(FRAMES[kind](chance, chance.choice(recording)))
            await ended(raw)
            raw.hang_up()
            await bystander.settle()
        record_property("counts", f"{total} frames, {len(counts)} kinds, {number} connections")
    wrong = [line for line in lines if line["log_level"] in ("error", "critical")]
    assert not wrong, wrong[:3]
    assert node.square.hub.stats.frames_in > total * 0.95, "nearly all of them were read as frames"
    assert len(quiet) + len(FRAMES) >= 40
    if soak.WHOLE:
        assert len(counts) == len(quiet) + len(FRAMES)
    await bystander.send("ben buradayım")
    assert (await node.http.get("/sohbet/odalar")).status_code == 200
