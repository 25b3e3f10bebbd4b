"""Asking the person at the terminal while the program goes on: connections live, and Ctrl+C ends it at once."""

import asyncio
import contextlib
import io
import os
import sys
import termios
from collections.abc import Iterator

import typer


async def ask(prompt: str) -> str:
    """Return the line that is typed; raise `EOFError` when the input has ended."""
    typer.echo(f"{prompt}: ", nl=False)
    return await _line()


async def ask_hidden(prompt: str) -> str:
    """Return the line that is typed and not shown; raise `EOFError` when the input has ended."""
    with _silent():
        return await ask(prompt)


async def _line() -> str:
    try:
        descriptor = sys.stdin.fileno()
    except io.UnsupportedOperation:  # an input of text that is there already
        return _ended(sys.stdin.readline())
    loop, readable = asyncio.get_running_loop(), asyncio.Event()
    try:
        loop.add_reader(descriptor, readable.set)
    except OSError:  # a file is always readable, which the loop will not watch
        return _ended(sys.stdin.readline())
    try:
        await readable.wait()
    finally:
        loop.remove_reader(descriptor)
    line = bytearray()
    while (byte := os.read(descriptor, 1)) and byte != b"\n":  # no buffer may keep the next answer from being seen
        line += byte
    return _ended(line.decode(errors="replace") + byte.decode())


def _ended(line: str) -> str:
    if not line:
        raise EOFError
    return line.rstrip("\r\n")


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    if not sys.stdin.isatty():
        yield
        return
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    quiet = [*before[:3], before[3] & ~termios.ECHO, *before[4:]]
    try:
        termios.tcsetattr(descriptor, termios.TCSAFLUSH, quiet)
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSAFLUSH, before)
        typer.echo()
