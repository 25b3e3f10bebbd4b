"""`meydan chat` as a person at a terminal would use it."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process

from tests.chat.node import PATIENCE, Node


async def start(node: Node, *arguments: str) -> Process:
    address = f"http://127.0.0.1:{node.port}"
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "meydan", "chat", *arguments, "--url", address, stdin=PIPE, stdout=PIPE, stderr=PIPE
    )


async def until(terminal: Process, wanted: str) -> str:
    assert terminal.stdout is not None
    shown = ""
    async with asyncio.timeout(PATIENCE * 2):
        while wanted not in shown:
            line = (await terminal.stdout.readline()).decode()
            assert line, f"the terminal ended after: {shown}"
            shown += line
    return shown


async def test_what_is_said_shows_on_both_sides_and_the_line_is_taken_up_again(node: Node) -> None:
    ali = await node.enter("ali", "genel")
    await ali.send("önceden söylenen")
    terminal = await start(node, "genel", "--name", "veli")
    try:
        assert terminal.stdin is not None
        await until(terminal, "önceden söylenen")
        terminal.stdin.write(b"Merhaba [bold] meydan\n")
        heard = await ali.expect("mesaj", oda_id="genel", sira=2)
        assert (heard["mesaj"]["gonderen_id"], heard["mesaj"]["icerik"]) == ("veli", "Merhaba [bold] meydan")
        await until(terminal, "Merhaba [bold] meydan")
        next(iter(node.square.hub.people["veli"])).transport.disconnect(graceful=False)
        await ali.send("kopukken söylenen")
        await until(terminal, "kopukken söylenen")
        terminal.stdin.close()
        assert await asyncio.wait_for(terminal.wait(), PATIENCE) == 0
    finally:
        if terminal.returncode is None:
            terminal.kill()
            await terminal.wait()


async def test_a_name_in_use_is_told_and_ends_it(node: Node) -> None:
    await node.enter("veli")
    terminal = await start(node, "--name", "veli")
    out, _ = await asyncio.wait_for(terminal.communicate(), PATIENCE * 2)
    assert terminal.returncode == 1
    assert "veli" in out.decode()


async def test_an_address_that_does_not_answer_is_told(node: Node) -> None:
    terminal = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "meydan", "chat", "--url", "http://127.0.0.1:9", stdin=PIPE, stdout=PIPE, stderr=PIPE
    )
    out, _ = await asyncio.wait_for(terminal.communicate(), PATIENCE * 2)
    assert terminal.returncode == 1
    assert "127.0.0.1:9" in out.decode()
