"""`meydan chat` as a person at a terminal would use it."""

import asyncio
import contextlib
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from meydan.accounts.permissions import Role
from meydan.cli import chat
from tests.chat.node import PATIENCE, Node

COMMAND = (sys.executable, "-m", "meydan", "chat")


async def start(node: Node, *arguments: str) -> Process:
    address = f"http://127.0.0.1:{node.port}"
    return await asyncio.create_subprocess_exec(
        *COMMAND, *arguments, "--url", address, stdin=PIPE, stdout=PIPE, stderr=PIPE
    )


@contextlib.asynccontextmanager
async def at_terminal(node: Node, *arguments: str) -> AsyncIterator[Process]:
    """Run the command until its input ends after what the test does with it; it must then end well."""
    terminal = await start(node, *arguments)
    try:
        yield terminal
        assert terminal.stdin is not None
        terminal.stdin.close()
        assert await asyncio.wait_for(terminal.wait(), PATIENCE) == 0
    finally:
        if terminal.returncode is None:
            terminal.kill()
            await terminal.wait()


async def until(terminal: Process, wanted: str) -> str:
    assert terminal.stdout is not None
    shown = ""
    async with asyncio.timeout(PATIENCE * 2):
        while wanted not in shown:
            line = (await terminal.stdout.readline()).decode()
            assert line, f"the terminal ended after: {shown}"
            shown += line
    return shown


def cut(node: Node, name: str) -> None:
    """Cut the line of whoever is called so."""
    (connection,) = (one for one in node.square.hub.connections if one.actor is not None and one.actor.name == name)
    connection.transport.disconnect(graceful=False)


async def test_what_is_said_shows_on_both_sides_and_the_line_is_taken_up_again(node: Node) -> None:
    ali = await node.enter("ali", "genel")
    await ali.send("önceden söylenen")
    async with at_terminal(node, "genel", "--name", "veli") as terminal:
        assert terminal.stdin is not None
        await until(terminal, "önceden söylenen")
        terminal.stdin.write(b"Merhaba [bold] meydan\n")
        heard = await ali.expect("mesaj", oda_id="genel", sira=2)
        assert (heard["mesaj"]["gonderen_ad"], heard["mesaj"]["icerik"]) == ("veli", "Merhaba [bold] meydan")
        await until(terminal, "Merhaba [bold] meydan")
        cut(node, "veli")
        await ali.send("kopukken söylenen")
        await until(terminal, "kopukken söylenen")


async def test_what_is_piped_in_arrives_before_the_end(node: Node) -> None:
    ali = await node.enter("ali", "genel")
    await node.change(messages_per_second=10)
    terminal = await start(node, "genel", "--name", "veli")
    said = "".join(f"satır {number}\n" for number in range(30))
    await asyncio.wait_for(terminal.communicate(said.encode()), PATIENCE * 2)
    assert terminal.returncode == 0
    assert [message["icerik"] for message in await ali.messages(30)] == said.split("\n")[:-1]


async def test_a_file_is_read_and_what_is_too_long_is_told_once(node: Node, tmp_path: Path) -> None:
    ali = await node.enter("ali", "genel")
    file = tmp_path / "sözler.txt"
    file.write_text("x" * 4_001 + "\nkısası\n")
    with file.open("rb") as lines:
        terminal = await asyncio.create_subprocess_exec(
            *COMMAND, "--name", "veli", "--url", f"http://127.0.0.1:{node.port}", stdin=lines, stdout=PIPE, stderr=PIPE
        )
    out, _ = await asyncio.wait_for(terminal.communicate(), PATIENCE * 2)
    assert terminal.returncode == 0
    assert out.decode().count("4001") == 1
    assert (await ali.message())["icerik"] == "kısası"


async def test_where_nothing_can_be_typed_it_ends_at_once(node: Node) -> None:
    terminal = await asyncio.create_subprocess_exec(
        *COMMAND, "--url", f"http://127.0.0.1:{node.port}", stdin=DEVNULL, stdout=PIPE, stderr=PIPE
    )
    _, problems = await asyncio.wait_for(terminal.communicate(), PATIENCE * 2)
    assert (terminal.returncode, problems) == (0, b"")


async def test_a_room_that_is_missing_is_told_even_to_whom_says_nothing(node: Node) -> None:
    terminal = await asyncio.create_subprocess_exec(
        *COMMAND, "yokoda", "--url", f"http://127.0.0.1:{node.port}", stdin=DEVNULL, stdout=PIPE, stderr=PIPE
    )
    out, problems = await asyncio.wait_for(terminal.communicate(), PATIENCE * 2)
    assert (terminal.returncode, problems) == (1, b"")
    assert out.decode().startswith("Oda yok: “yokoda”")


async def test_what_was_said_and_changed_while_the_line_was_cut_is_shown(node: Node) -> None:
    ali = await node.enter(await node.person("ali"), "genel")
    keeper = await node.enter(await node.person("duzenci", Role.MODERATOR), "genel")
    sent = await ali.send("ilk")
    fields = {"oda_id": "genel", "mesaj_id": (await ali.send("ikinci"))["mesaj_id"]}
    async with at_terminal(node, "genel", "--name", "veli") as terminal:
        await until(terminal, "ikinci")
        await ali.ask("mesaj_duzenle", icerik="ikincisi", **fields)
        await until(terminal, "ali iletisini düzenledi: ikincisi")
        await ali.ask("mesaj_sil", **fields)
        await until(terminal, "ali iletisini sildi")
        await ali.ask("mesaj_geri_getir", **fields)
        await until(terminal, "geri geldi: ikincisi")
        await ali.ask("tepki", emoji="👍", **fields)
        await keeper.ask("mesaj_sil", **fields)
        assert "👍" not in await until(terminal, "ali kişisinin iletisi bir moderatör tarafından silindi")
        cut(node, "veli")
        await ali.ask("mesaj_duzenle", oda_id="genel", mesaj_id=sent["mesaj_id"], icerik="değişti")
        await ali.send("sonraki")
        await until(terminal, "sonraki")
        await node.change(replay_limit=1)
        cut(node, "veli")
        for number in range(3):
            last = (await ali.send(f"çok şey {number}"))["mesaj_id"]
        await ali.ask("mesaj_duzenle", oda_id="genel", mesaj_id=last, icerik="çok şey oldu")  # memory lets go
        await until(terminal, "çok şey oldu")


async def test_a_message_that_names_whoever_reads_stands_out(capsys: pytest.CaptureFixture[str]) -> None:
    terminal = chat._Terminal("http://127.0.0.1:1", "genel", "ali", "")
    for number, text in enumerate(("@ALİ bakar mı", "bkz. https://a.example/@ali", "@alişan gelsin"), start=1):
        said = {"id": f"m{number}", "gonderen_id": "veli", "gonderen_ad": "Veli", "icerik": text}
        message = {**said, "zaman": "2026-11-20T12:00:00Z"}
        terminal.hear({"tip": "mesaj", "oda_id": "genel", "sira": number, "mesaj": message})
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition("Veli  ")[2].startswith("@ ") for line in lines] == [True, False, False]


async def test_guests_are_marked_wherever_the_terminal_names_them(capsys: pytest.CaptureFixture[str]) -> None:
    terminal = chat._Terminal("http://127.0.0.1:1", "genel", "ali", "")
    for person, guest in (("ayse", False), ("misafir-7k2f9q", True)):
        facts = {"oda_id": "genel", "ad": "Ayşe", "kullanici_id": person, "misafir": guest}
        said = {"id": person, "gonderen_id": person, "gonderen_ad": "Ayşe", "icerik": "selam", "misafir": guest}
        message = {**said, "zaman": "2026-11-20T12:00:00Z"}
        change = {"tip": "mesaj_guncelleme", "tur": "duzenleme", "sira": 2, "mesaj_id": person, "icerik": "yeni"}
        for frame in (
            {"tip": "katilim", **facts},
            {"tip": "mesaj", "oda_id": "genel", "sira": 1, "mesaj": message},
            {**change, "kullanici_id": person},
            {"tip": "ayrilma", **facts},
        ):
            terminal.hear(frame)
    lines = [line.removeprefix("15:00 ") for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        "Ayşe geldi", "Ayşe  selam", "Ayşe iletisini düzenledi: yeni", "Ayşe ayrıldı",
        "Ayşe (misafir) geldi", "Ayşe (misafir)  selam",
        "Ayşe (misafir) iletisini düzenledi: yeni", "Ayşe (misafir) ayrıldı",
    ]  # fmt: skip


async def test_who_is_removed_is_told_and_does_not_come_back_by_itself() -> None:
    terminal = chat._Terminal("http://127.0.0.1:1", "genel", "veli", "")
    terminal.hear({"tip": "oda_ayrilma", "oda_id": "genel", "neden": "cikarildi"})
    assert (terminal._no.is_set(), terminal._why) == (True, "genel odasından çıkarıldınız.")


async def test_a_room_that_is_not_there_is_told_and_ends_it(node: Node) -> None:
    terminal = await start(node, "yok", "--name", "veli")
    assert terminal.stdout is not None
    out = (await asyncio.wait_for(terminal.stdout.read(), PATIENCE * 2)).decode()
    assert await terminal.wait() == 1
    assert "yok" in out


async def test_two_at_terminals_may_have_one_name(node: Node) -> None:
    ali = await node.enter("ali", "genel")
    senders = []
    for _ in range(2):
        terminal = await start(node, "--name", "Işıl Şahin")
        await asyncio.wait_for(terminal.communicate(b"selam\n"), PATIENCE * 2)
        assert terminal.returncode == 0
        message = await ali.message()
        assert (message["gonderen_ad"], message["misafir"]) == ("Işıl Şahin", True)
        senders.append(message["gonderen_id"])
    assert senders[0] != senders[1]


async def test_without_an_address_it_goes_to_the_port_of_this_machine(node: Node, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"MEYDAN_PORT={node.port}\n")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MEYDAN_P")}
    terminal = await asyncio.create_subprocess_exec(
        *COMMAND, "yok", "--lang", "en", stdin=PIPE, stdout=PIPE, stderr=PIPE, cwd=tmp_path, env=environment
    )
    out, _ = await asyncio.wait_for(terminal.communicate(), PATIENCE * 2)
    assert terminal.returncode == 1
    assert "There is no room “yok”" in " ".join(out.decode().split()), "the square answers in the command's language"


async def test_an_address_that_does_not_answer_is_told(node: Node) -> None:
    terminal = await asyncio.create_subprocess_exec(
        *COMMAND, "--url", "http://127.0.0.1:9", stdin=PIPE, stdout=PIPE, stderr=PIPE
    )
    out, _ = await asyncio.wait_for(terminal.communicate(), PATIENCE * 2)
    assert terminal.returncode == 1
    assert "127.0.0.1:9" in out.decode()
