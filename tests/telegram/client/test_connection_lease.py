"""A client's lease of its session: kept while it connects, and given up to who took it."""

import asyncio
import random
from typing import Any

import pytest

from meydan.platform.ephemeral import MemoryStore
from meydan.telegram.client.config import ClientConfig
from meydan.telegram.client.connection import LEASE_LOST, Connection
from meydan.telegram.client.errors import (
    NotConnected,
    SessionInUse,
)
from meydan.telegram.client.fake import fake_telethon
from meydan.telegram.client.line import Means
from meydan.telegram.client.retry import ReconnectBudget
from meydan.telegram.client.shared import Shared
from meydan.telegram.client.state import StateFiles
from tests.telegram.client.conftest import STEADY, Desk
from tests.telegram.client.test_connection import S


def leased(desk: Desk, config: ClientConfig, store: MemoryStore, seen: list[Any]) -> Connection:
    """Return a connection whose lease is kept in `store`."""
    means = Means(
        Shared(desk.clock, store, StateFiles(desk.folder)),
        desk.store,
        fake_telethon(desk.world),
        ReconnectBudget(desk.clock),
        random.Random(1),
    )
    return Connection(
        config,
        STEADY,
        means,
        prepare=lambda client: None,
        changed=lambda before, after, reason: seen.append((after, reason)),
    )


@pytest.mark.parametrize("again", [False, True])
async def test_a_lease_is_kept_for_as_long_as_connecting_takes(desk: Desk, *, again: bool) -> None:
    """Else another machine takes the session, and Telegram ends it when both are back."""
    config = desk.config(connection_retries=-1)
    desk.sign_in(config)
    store = MemoryStore(desk.clock)
    seen: list[Any] = []
    connection = leased(desk, config, store, seen)
    if again:
        await connection.open()
    desk.world.order(ConnectionRefusedError(), on="connect", times=1_000)
    connecting = asyncio.ensure_future(connection.again())
    end = desk.clock.monotonic() + 200
    await desk.until(lambda: desk.clock.monotonic() >= end, step=5)
    assert connection.session is not None
    key = f"telegram:session:{connection.session.identity}"
    assert await store.claim(key, "another", seconds=1_000) != "another"
    await store.forget(key)
    await store.claim(key, "another", seconds=1_000)
    await desk.until(lambda: connection.status is S.FAILED, step=5)
    assert seen[-1] == (S.FAILED, LEASE_LOST)
    with pytest.raises(NotConnected):
        await connecting
    await connection.close()


async def test_a_lease_that_another_took_ends_the_client_but_not_the_session(desk: Desk) -> None:
    config: ClientConfig = desk.config()
    desk.sign_in(config)
    store = MemoryStore(desk.clock)
    seen: list[Any] = []
    connection = leased(desk, config, store, seen)
    await connection.open()
    assert connection.session is not None
    key = f"telegram:session:{connection.session.identity}"
    await store.forget(key)
    await store.claim(key, "another", seconds=1_000)
    await desk.until(lambda: connection.status is S.FAILED, step=5)
    assert seen[-1] == (S.FAILED, LEASE_LOST)
    assert (desk.folder / "deneme.session").exists()
    with pytest.raises(SessionInUse):
        await connection.open()
    await connection.close()
