"""Redis, which keeps the budget, goes away and comes back: nothing is sent without it, and nothing is lost."""

import contextlib
import signal
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from meydan.platform.redis import open_redis
from meydan.telegram.fake.failures import Failure, Rule
from meydan.telegram.fake.server import FakeTelegram
from meydan.telegram.redis_limiter import RedisLimiter
from tests.conftest import missing
from tests.processes import Program, free_port, private_redis, redis_program, wait_for_port
from tests.telegram.conftest import KEPT, Square, Start
from tests.telegram.world import a_group, a_person, texts


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    path = tmp_path / "meydan.db"
    path.write_bytes(sqlite_template.read_bytes())
    return f"sqlite:///{path}"


@dataclass
class Shared:
    """A square whose budget is kept in a Redis of its own."""

    square: Square
    redis: Program
    port: int


@pytest.fixture
async def shared(start: Start, tmp_path: Path, record_property: Callable[[str, object], None]) -> AsyncIterator[Shared]:
    program = redis_program() or missing("redis-server", record_property)
    port = free_port()
    with private_redis(program, tmp_path, port=port) as server:
        async with contextlib.aclosing(open_redis(f"redis://127.0.0.1:{port}/0")) as redis:
            yield Shared(await start(limiter=RedisLimiter(redis, lambda: KEPT, prefix="test:")), server, port)


async def test_sends_wait_for_their_budget(shared: Shared, fake: FakeTelegram) -> None:
    square = shared.square
    bot = await square.add_bot()
    person = a_person(fake)
    first = await square.send(bot, person, "bir")
    assert (await square.settled(first["id"]))["state"] == "sent"

    shared.redis.end(signal.SIGKILL)
    waiting = [await square.send(bot, person, text) for text in ("iki", "üç")]
    listed = (await square.http.get("/outbox", params={"state": "queued"})).json()["sends"]
    assert {row["id"] for row in listed} == {row["id"] for row in waiting}
    assert texts(fake, person) == ["bir"]

    shared.redis.start()
    wait_for_port(shared.redis, shared.port)
    assert [(await square.settled(row["id"]))["state"] for row in waiting] == ["sent", "sent"]
    assert texts(fake, person) == ["bir", "iki", "üç"]


async def test_a_send_that_arrived_is_sent_though_the_budget_could_not_be_told(
    shared: Shared, fake: FakeTelegram
) -> None:
    square = shared.square
    bot = await square.add_bot()
    person = a_person(fake)
    fake.fail(Rule(Failure.SLOW, count=1, seconds=0.5, method="sendMessage"))
    sent = await square.send(bot, person, "bir")
    await square.settled(sent["id"], state="sending")
    shared.redis.end(signal.SIGKILL)
    row = await square.settled(sent["id"])
    assert (row["state"], row["error"]) == ("sent", None)


async def test_of_several_bots_one_takes_the_order_all_the_same(shared: Shared, fake: FakeTelegram) -> None:
    square = shared.square
    bots = [await square.add_bot(f"sirali{number}_bot") for number in range(2)]
    group = a_group(fake)
    shared.redis.end(signal.SIGKILL)
    orders = [
        (await square.http.post("/outbox", json={"bot_ids": bots, "chat_id": group, "text": text})).json()["sends"][0]
        for text in ("bir", "iki")
    ]
    assert {order["bot_id"] for order in orders} == set(bots)
    shared.redis.start()
    wait_for_port(shared.redis, shared.port)
    assert [(await square.settled(order["id"]))["state"] for order in orders] == ["sent", "sent"]
