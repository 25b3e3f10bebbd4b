"""The servers that are compared: ours, three peers and the floor, behind one small interface."""

import contextlib
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.meydan_server import MeydanServer, meydan_server
from benchmarks.native import program
from benchmarks.processes import ServerProcess, free_port

_PEERS = Path(__file__).parent / "peers"


class Peer:
    """A server with one room and no accounts: everyone may come in, nothing is stored."""

    durable = False

    def __init__(self, name: str, process: ServerProcess, *, dialect: str = "plain") -> None:
        self.name = name
        self.process = process
        self.dialect = dialect

    def clients(self, count: int, room: str) -> list[tuple[str, str]]:
        """Return the path and room of each of `count` clients."""
        if self.dialect == "socketio":
            return [("/socket.io/?EIO=4&transport=websocket", room)] * count
        return [(f"/api/v1/ws/misafir{number:05d}", room) for number in range(count)]

    def frames_and_writes(self) -> tuple[float, float]:
        """Return how many frames it has handed over in how many writes; a peer does not tell."""
        return 0.0, 0.0


class Ours:
    """Meydan with the whole path on: ticket, budget, durable commit, `sira`."""

    durable = True
    name = "meydan"
    dialect = "plain"

    def __init__(self, server: MeydanServer) -> None:
        self.server = server
        self.process = server.process

    def clients(self, count: int, room: str) -> list[tuple[str, str]]:
        """Make the room and return the path, with a fresh ticket, of each of `count` guests."""
        self.server.make_room(room)
        return self.server.clients_with_tickets(count, room)

    def frames_and_writes(self) -> tuple[float, float]:
        """Return how many frames the node has handed over in how many writes."""
        return self.server.metric("meydan_chat_deliveries_total"), self.server.metric("meydan_chat_writes_total")


Target = Peer | Ours


@contextlib.contextmanager
def _ours() -> Iterator[Target]:
    with meydan_server() as server:
        server.raise_budgets()
        yield Ours(server)


@contextlib.contextmanager
def _floor() -> Iterator[Target]:
    port = free_port()
    with ServerProcess([program("floor"), str(port)], port=port) as process:
        process.wait_for_port()
        yield Peer("floor", process)


@contextlib.contextmanager
def _node_ws() -> Iterator[Target]:
    if not (_PEERS / "node_modules" / "ws").exists():
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=_PEERS, check=True, stdout=subprocess.DEVNULL)
    port = free_port()
    with ServerProcess(["node", "server.js", str(port)], port=port, cwd=_PEERS) as process:
        process.wait_for_port()
        yield Peer("node ws", process)


@contextlib.contextmanager
def _uvicorn_peer(name: str, module: str, dialect: str) -> Iterator[Target]:
    port = free_port()
    options = ["--port", str(port), "--loop", "uvloop", "--http", "httptools", "--log-level", "warning"]
    with ServerProcess(
        [sys.executable, "-m", "uvicorn", f"benchmarks.peers.{module}:app", *options], port=port
    ) as process:
        process.wait_for_port()
        yield Peer(name, process, dialect=dialect)


@dataclass(frozen=True)
class Kind:
    """A server that can be started, and what it needs to be there."""

    start: Callable[[], AbstractContextManager[Target]]
    title: str
    needs: str = ""

    @property
    def available(self) -> bool:
        """Tell whether what it needs is installed."""
        return not self.needs or shutil.which(self.needs) is not None


KINDS = {
    "floor": Kind(_floor, "one `write` per recipient (C, epoll)"),
    "meydan": Kind(_ours, "Meydan: ticket, budget, durable commit, sira"),
    "fastapi": Kind(lambda: _uvicorn_peer("fastapi", "fastapi_loop", "plain"), "FastAPI, `send_text` in a loop"),
    "socketio": Kind(lambda: _uvicorn_peer("socketio", "socketio_room", "socketio"), "python-socketio under uvicorn"),
    "ws": Kind(_node_ws, "Node.js `ws`", needs="node"),
}
