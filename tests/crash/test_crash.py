"""Nothing lost, nothing twice: while processes are killed, wires cut, and the servers beneath restarted."""

import asyncio
import random
import signal
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
import uvloop

from tests import soak
from tests.conftest import missing
from tests.crash.member import Member, Said, Tally
from tests.crash.proxy import BreakingProxy, Cut
from tests.processes import (
    Program,
    free_port,
    postgres_programs,
    private_postgres,
    private_redis,
    redis_program,
    wait_for_answer,
    warm_meydan,
)

MEMBERS, USERS = 50, 8
ROUNDS = soak.size(slice=1, whole=10)
MESSAGES = soak.size(slice=1500, whole=60_000)
CUT_EVERY = 125
REPLAY = 400  # who misses more reads the history
ROOM = "sinav"
PATIENCE = 180.0 * ROUNDS  # of a machine that is busy with other things; alone it takes a tenth
_KEY = "the-key-of-the-crash-test-0123456789"
_SECRET = "a-secret-of-the-crash-test-0123456789"
_MANY = 1_000_000

pytestmark = [pytest.mark.crash, pytest.mark.soak, pytest.mark.timeout(240 * ROUNDS)]


@dataclass
class Square:
    """The nodes under test and the ways to make them suffer."""

    nodes: list[Program]
    ports: list[int]
    rng: random.Random
    redis: Program | None = None
    postgres: Program | None = None
    kills: int = 0
    cuts: dict[Cut, int] = field(default_factory=lambda: dict.fromkeys(Cut, 0))
    redis_restarts: int = 0
    postgres_restarts: int = 0

    async def start(self) -> None:
        for number in range(len(self.nodes)):
            self.nodes[number].start()
        for number in range(len(self.nodes)):
            await self._ready(number)

    def kill(self, number: int) -> Callable[[], Awaitable[None]]:
        async def act() -> None:
            self.kills += 1
            assert self.nodes[number].end(signal.SIGKILL) == -signal.SIGKILL, "it had ended by itself"
            await asyncio.sleep(self.rng.uniform(0, 0.1))
            self.nodes[number].start()
            await self._ready(number)

        return act

    def restart_redis(self, away: float) -> Callable[[], Awaitable[None]]:
        async def act() -> None:
            assert self.redis is not None
            self.redis_restarts += 1
            self.redis.end(signal.SIGKILL)
            await asyncio.sleep(away)
            self.redis.start()

        return act

    def restart_postgres(self, how: signal.Signals) -> Callable[[], Awaitable[None]]:
        async def act() -> None:
            assert self.postgres is not None
            self.postgres_restarts += 1
            await asyncio.to_thread(self.postgres.end, how)
            self.postgres.start()

        return act

    async def _ready(self, number: int) -> None:
        await asyncio.to_thread(wait_for_answer, self.nodes[number], self.ports[number], "/saglik/canli")


Plan = list[Callable[[], Awaitable[None]]]


def test_one_process_on_sqlite(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    port = free_port()
    node = warm_meydan("up", folder=tmp_path, MEYDAN_PORT=str(port), API_KEY=_KEY, LOG_LEVEL="warning")
    square = Square([node], [port], soak.chance("square"))
    try:
        uvloop.run(_ordeal(square, [square.kill(0)] * 5 * ROUNDS, record_property))
    finally:
        node.stop()


def test_two_nodes_on_postgresql_and_redis(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    redis_path, postgres_path = redis_program(), postgres_programs()
    if redis_path is None:
        missing("redis-server", record_property)
    if postgres_path is None:
        missing("PostgreSQL's programs", record_property)
    redis_port, postgres_port, ports = free_port(), free_port(), [free_port(), free_port()]
    env = {
        "API_KEY": _KEY,
        "LOG_LEVEL": "warning",
        "SECRET_KEY": _SECRET,
        "DATABASE_URL": f"postgresql://postgres@127.0.0.1:{postgres_port}/postgres",
        "REDIS_URL": f"redis://127.0.0.1:{redis_port}/0",
    }
    with (
        private_redis(redis_path, tmp_path, port=redis_port) as redis,
        private_postgres(postgres_path, port=postgres_port) as postgres,
    ):
        migration = warm_meydan("migrate", folder=tmp_path, **env)
        migration.start()
        assert migration.wait() == 0, migration.output()
        nodes = [warm_meydan("api", folder=tmp_path, MEYDAN_PORT=str(port), **env) for port in ports]
        square = Square(nodes, ports, soak.chance("square"), redis=redis, postgres=postgres)
        plan = [
            square.kill(0),
            square.restart_redis(away=0.0),
            square.restart_postgres(signal.SIGINT),  # fast: sessions are ended
            square.kill(1),
            square.restart_redis(away=0.5),
            square.kill(0),
            square.restart_postgres(signal.SIGQUIT),  # immediate: what a crash is, recovery included
            square.kill(1),
            square.restart_redis(away=1.0),
        ]
        try:
            uvloop.run(_ordeal(square, plan * ROUNDS, record_property))
        finally:
            for node in nodes:
                node.stop()


async def _ordeal(square: Square, plan: Plan, record_property: Callable[[str, object], None]) -> None:
    """Let fifty people talk through all of `plan`, then compare what each has with what is stored."""
    started = time.monotonic()
    await square.start()
    tally = Tally()
    doors = [BreakingProxy(port, square.rng) for port in square.ports]
    for door in doors:
        await door.start()
    limits = httpx.Limits(max_connections=2 * MEMBERS, max_keepalive_connections=0)
    async with httpx.AsyncClient(timeout=10, trust_env=False, limits=limits) as http:
        base = f"http://127.0.0.1:{square.ports[0]}/api/v1"
        tokens = await _prepare(http, base)
        members = [
            Member(
                name, token, room=ROOM, messages=MESSAGES // MEMBERS, doors=doors, http=http, tally=tally,
                rng=soak.chance(name),
            )
            for name, token in tokens.items()
        ]  # fmt: skip
        try:
            async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as group:
                lives = [group.create_task(member.live()) for member in members]
                group.create_task(_torment(plan, tally))
                cutting = group.create_task(_cut(doors, square, tally))
                watch = group.create_task(_stop_at_fault(tally))
                await tally.reach(MESSAGES)
                cutting.cancel()
                for member in members:
                    await member.has_seen(MESSAGES)
                for task in (*lives, watch):
                    task.cancel()
        except (TimeoutError, ExceptionGroup) as error:
            states = "\n".join(member.state() for member in members)
            raise AssertionError(
                f"{error!r}\n{tally.faults[:20]}\n{tally.counts}\n{states}\n{_ends(square)}"
            ) from error
        finally:
            for door in doors:
                await door.close()
        stored = await _history(http, base)
    counts = {
        "acknowledged": sum(len(member.acks) for member in members),
        "stored": len(stored),
        "delivered": sum(len(member.seen) for member in members),
        "duplicates": len(stored) - len({said.client_id for said in stored}) + tally.counts.pop("twice", 0),
        "kills": square.kills,
        "cuts": sum(square.cuts.values()),
        "of them mid-frame": square.cuts[Cut.IN_AN_ANSWER] + square.cuts[Cut.IN_A_REQUEST],
        "Redis restarts": square.redis_restarts,
        "PostgreSQL restarts": square.postgres_restarts,
        **dict(sorted(tally.counts.items())),
        "seconds": round(time.monotonic() - started, 1),
    }
    record_property("counts", ", ".join(f"{name} {value:,}" for name, value in counts.items()))

    assert not tally.faults
    assert [said.sira for said in stored] == list(range(1, MESSAGES + 1))
    acknowledged = {client_id: answer for member in members for client_id, answer in member.acks.items()}
    assert acknowledged == {said.client_id: (said.id, said.sira) for said in stored}
    everything = [said.id for said in stored]
    assert [member.name for member in members if member.seen != everything] == []
    assert all(node.running for node in square.nodes)


async def _prepare(http: httpx.AsyncClient, base: str) -> dict[str, str]:
    """Raise the budgets, open the room, and let some users and many guests in."""
    key = {"x-api-key": _KEY}
    budgets = dict.fromkeys(("messages_per_second", "message_burst", "frames_per_second", "frame_burst"), _MANY)
    people = {"guests_per_minute": _MANY, "registrations_per_hour": _MANY}
    address = dict.fromkeys(("guest_writes_per_second_per_address", "guest_write_burst_per_address"), _MANY)
    address |= {"writes_per_second_per_address": _MANY, "write_burst_per_address": _MANY}
    chat = budgets | {"replay_limit": REPLAY}
    for section, changes in (("chat", chat), ("accounts", people), ("network", address)):
        answer = await http.patch(f"{base}/settings/{section}", json=changes, headers=key)
        assert answer.status_code == 200, answer.text
    answer = await http.post(f"{base}/sohbet/oda-olustur", json={"oda_id": ROOM, "baslik": "Sınav"}, headers=key)
    assert answer.status_code == 201, answer.text
    tokens = {}
    for number in range(MEMBERS):
        if number < USERS:
            name = f"uye{number:02}"
            answer = await http.post(f"{base}/auth/register", json={"username": name, "password": f"parola {name}"})
        else:
            name = f"misafir{number:02}"
            answer = await http.post(f"{base}/auth/guest", json={"name": name})
        assert answer.is_success, answer.text
        tokens[answer.json()["user"]["id"]] = str(answer.json()["access_token"])
    return tokens


async def _torment(plan: Plan, tally: Tally) -> None:
    """Carry out the plan, spread over the messages, each step at a moment that nobody chose."""
    for step, act in enumerate(plan, 1):
        await tally.reach(MESSAGES * step // (len(plan) + 1))
        await act()


async def _cut(doors: list[BreakingProxy], square: Square, tally: Tally) -> None:
    for goal in range(CUT_EVERY, MESSAGES, CUT_EVERY):
        await tally.reach(goal)
        if (way := square.rng.choice(doors).cut()) is not None:
            square.cuts[way] += 1


async def _stop_at_fault(tally: Tally) -> None:
    await tally.failed.wait()
    raise AssertionError(tally.faults[0])


async def _history(http: httpx.AsyncClient, base: str) -> list[Said]:
    """Read all that is stored, through the door that everybody has."""
    found: list[Said] = []
    more = True
    while more:
        query = {"limit": 200, "once": found[0].sira if found else 2**53}
        answer = await http.get(f"{base}/mesaj/gecmis/{ROOM}", params=query)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found[:0] = [Said(one["id"], one["sira"], one["istemci_id"]) for one in page["mesajlar"]]
        more = page["devami"]
    return found


def _ends(square: Square) -> str:
    return "\n".join(node.output()[-3000:] for node in square.nodes)
