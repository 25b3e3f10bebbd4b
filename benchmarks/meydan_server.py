"""The real `meydan up`, started on a free port with a data folder of its own."""

import contextlib
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.processes import ROOT, BenchmarkError, JsonClient, ServerProcess, free_port

_API_KEY = "benchmark-key-of-this-run-only-0123456789"
_UNBOUND = 1_000_000
_ADDRESS = (
    "connections_per_address",
    "sockets_per_address",
    "writes_per_second_per_address",
    "write_burst_per_address",
    "guest_writes_per_second_per_address",
    "guest_write_burst_per_address",
)
_BUDGETS = ("messages_per_second", "message_burst", "frames_per_second", "frame_burst")


class MeydanServer:
    """A running node. Only its budgets are raised, through the settings API; every step of the path stays."""

    def __init__(self, process: ServerProcess) -> None:
        self.process = process
        self.port = process.port
        self.api = JsonClient(process.port, **{"X-API-Key": _API_KEY})
        self._tokens: list[tuple[str, str]] = []

    def raise_budgets(self) -> None:
        """Let one client send as fast as it can, and one address bring as many guests as a benchmark needs."""
        self.api.request("PATCH", "/api/v1/settings/chat", dict.fromkeys(_BUDGETS, _UNBOUND))
        self.api.request("PATCH", "/api/v1/settings/network", dict.fromkeys(_ADDRESS, _UNBOUND))
        self.api.request("PATCH", "/api/v1/settings/accounts", {"guests_per_minute": _UNBOUND})

    def make_room(self, name: str) -> None:
        """Make a public room."""
        self.api.request("POST", "/api/v1/sohbet/oda-olustur", {"oda_id": name, "baslik": name})

    def clients_with_tickets(self, count: int, room: str) -> list[tuple[str, str]]:
        """Return the paths of `count` guests, each with a ticket that is good for half a minute."""
        while len(self._tokens) < count:
            name = f"misafir{len(self._tokens):05d}"
            tokens = self.api.request("POST", "/api/v1/auth/guest", {"name": name})
            self._tokens.append((tokens["user"]["id"], tokens["access_token"]))
        clients = []
        bare = JsonClient(self.port)
        for name, token in self._tokens[:count]:
            ticket = bare.request("POST", "/api/v1/auth/ws-ticket", Authorization=f"Bearer {token}")["ticket"]
            clients.append((f"/api/v1/ws/{name}?bilet={ticket}", room))
        return clients

    def metric(self, name: str) -> float:
        """Return the value of one of the node's own counters."""
        text: str = self.api.request("GET", "/metrics")
        for line in text.splitlines():
            if line.startswith(f"{name} "):
                return float(line.split()[1])
        raise BenchmarkError(f"/metrics has no {name}")

    def overview(self) -> dict[str, Any]:
        """Return the node's figures about itself."""
        overview: dict[str, Any] = self.api.request("GET", "/api/v1/system/overview")
        return overview


def meydan_process(folder: Path, *, port: int, tree: Path = ROOT) -> ServerProcess:
    """Return `meydan up` over the data folder, from the source in `tree`, not started yet."""
    env = {
        "MEYDAN_HOST": "127.0.0.1",
        "MEYDAN_PORT": str(port),
        "MEYDAN_DATA_DIR": str(folder / "data"),
        "API_KEY": _API_KEY,
        "DATABASE_URL": "",
        "REDIS_URL": "",
        "MEYDAN_PUBLIC_URL": "",
        "MEYDAN_GUESTS": "",
        "PYTHONPATH": str(tree),
    }
    # The working folder has no .env of the developer's.
    return ServerProcess([sys.executable, "-m", "meydan", "up"], port=port, env=env, cwd=folder)


@contextlib.contextmanager
def meydan_server() -> Iterator[MeydanServer]:
    """Run a fresh node on SQLite."""
    with (
        tempfile.TemporaryDirectory(prefix="meydan-bench-") as folder,
        meydan_process(Path(folder), port=free_port()) as process,
    ):
        process.wait_for_answer("/saglik")
        yield MeydanServer(process)
