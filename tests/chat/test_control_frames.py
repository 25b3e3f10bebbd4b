"""CLOSE and PONG as RFC 6455 has them: what is echoed, what is refused, and what counts as a frame."""

import asyncio

import pytest

from meydan.platform.clock import ManualClock
from meydan.platform.settings import Settings
from tests.chat.node import Node, running_node
from tests.chat.raw import CLOSE, PING, PONG, TEXT, RawSocket, framed, upgraded


async def entered(node: Node, name: str) -> RawSocket:
    raw = await upgraded(node, name)
    await raw.frame("sistem")
    return raw


async def closing(raw: RawSocket) -> bytes:
    """Return the payload of the server's CLOSE, once it has hung up behind it."""
    while True:
        opcode, payload = await raw.read()
        if opcode == CLOSE:
            assert not await raw.reader.read(), "nothing comes after a CLOSE"
            return payload


async def test_an_empty_close_is_answered_by_an_empty_close(node: Node) -> None:
    raw = await entered(node, "misafir")
    await raw.write(CLOSE, b"")
    assert await closing(raw) == b""
    talker = await node.enter("oteki")
    await talker.ws.close()
    assert talker.ws.close_code == 1000


async def test_a_close_code_is_echoed_or_against_the_protocol(node: Node) -> None:
    for number, code in enumerate((1000, 1001, 1003, 1007, 1011, 1014, 3000, 4999)):
        raw = await entered(node, f"iyi{number}")
        await raw.write(CLOSE, code.to_bytes(2) + b"elveda")
        assert (await closing(raw))[:2] == code.to_bytes(2)
    for number, code in enumerate((0, 1, 999, 1004, 1005, 1006, 1015, 2999, 5000, 65_535)):
        raw = await entered(node, f"kotu{number}")
        await raw.write(CLOSE, code.to_bytes(2))
        assert (await closing(raw))[:2] == (1002).to_bytes(2), code
    raw = await entered(node, "yarim")
    await raw.write(CLOSE, b"\x03")
    assert (await closing(raw))[:2] == (1002).to_bytes(2)


async def test_what_was_asked_before_a_close_is_still_answered(node: Node) -> None:
    raw = await entered(node, "misafir")
    raw.writer.write(framed(TEXT, b'{"tip":"yok","ref":"son"}') + framed(CLOSE, b""))
    assert (await raw.frame("hata"))["ref"] == "son"
    assert await closing(raw) == b""


async def test_nothing_follows_a_close_over_what_is_no_frame(node: Node) -> None:
    for number, asked in enumerate((b"", framed(TEXT, b'{"tip":"yok"}'))):
        raw = await entered(node, f"misafir{number}")
        raw.writer.write(asked + bytes((0x85, 0x80)) + bytes(4))
        assert (await closing(raw))[:2] == (1002).to_bytes(2)


async def test_pongs_that_nobody_asked_for_are_frames_of_the_budget(settings: Settings) -> None:
    async with running_node(settings, clock=ManualClock()) as node:
        bystander, raw = await node.enter("oteki", "genel"), await entered(node, "taskin")
        raw.writer.write(framed(PONG, b"") * 30_000)
        assert (await raw.frame("hata"))["kod"] == "hiz_siniri"
        assert await raw.closed() == 1008
        await bystander.send("ben buradayım")


async def test_a_pong_that_was_asked_for_costs_nothing(settings: Settings) -> None:
    async with running_node(settings, clock=ManualClock()) as node:
        await node.change(frames_per_second=0.01, frame_burst=1)
        raw = await entered(node, "misafir")
        (connection,) = node.square.hub.connections
        for _ in range(2):
            connection.ping()
            assert await raw.read() == (PING, b"")
            await raw.write(PONG, b"")
        await raw.write(TEXT, b'{"tip":"yok"}')
        assert (await raw.frame("hata"))["kod"] == "bilinmeyen_tip"
        await raw.write(PONG, b"")
        assert (await raw.frame("hata"))["kod"] == "hiz_siniri"


@pytest.mark.parametrize("ours", [True, False])
async def test_both_sides_close_at_once(node: Node, *, ours: bool) -> None:
    raw = await entered(node, "misafir")
    (connection,) = node.square.hub.connections
    if ours:
        connection.close(1012, "restarting")
    raw.writer.write(framed(CLOSE, (1001).to_bytes(2)))
    assert (await closing(raw))[:2] == (1012 if ours else 1001).to_bytes(2)
    async with asyncio.timeout(20):
        while node.square.hub.connections:  # noqa: ASYNC110  # the hub tells nobody
            await asyncio.sleep(0)
