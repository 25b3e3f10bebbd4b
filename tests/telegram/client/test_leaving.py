"""Leaving: what ends a client on purpose, and what it waits for then."""

import asyncio

import pytest
from telethon import errors

from meydan.telegram.client.errors import (
    NotConnected,
    NotSignedIn,
    RequestFailed,
)
from tests.telegram.client.conftest import Desk, settle
from tests.telegram.client.test_connection import S


class TestLeaving:
    async def test_leaving_does_not_wait_for_a_connection_that_is_being_made(self, desk: Desk) -> None:
        config = desk.config(connection_retries=-1)
        desk.sign_in(config)
        desk.world.order(ConnectionRefusedError(), on="connect", times=1_000)
        manager = desk.manager(config)
        starting = asyncio.ensure_future(manager.initialize())
        await settle()
        await asyncio.wait_for(manager.disconnect(), 10)
        assert manager.connection_status is S.DISCONNECTED
        with pytest.raises(NotConnected):
            await starting
        (desk.store.open(config)).close()

    async def test_nor_for_one_that_is_made_anew_on_demand(self, desk: Desk) -> None:
        manager = await desk.start(connection_retries=-1)
        told: list[str] = []

        async def telling(reason: str) -> None:
            told.append(reason)

        manager.add_disconnect_handler(telling)
        desk.world.order(ConnectionRefusedError(), on="connect", times=1_000)
        again = [asyncio.ensure_future(manager.reconnect()) for _ in range(2)]
        await settle()
        await asyncio.wait_for(manager.disconnect(), 10)
        assert await asyncio.gather(*again) == [False, False]
        await settle()
        assert (manager.connection_status, told) == (S.DISCONNECTED, [])

    async def test_a_start_that_is_cancelled_holds_nothing(self, desk: Desk) -> None:
        config = desk.config()
        desk.sign_in(config)
        for request in ("state", "me"):  # while it connects, and just after
            desk.world.order(None, on=request)
            manager = desk.manager(config)
            starting = asyncio.ensure_future(manager.initialize())
            await settle()
            starting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await starting
            assert manager.connection_status is S.DISCONNECTED
            desk.store.open(config).close()

    async def test_what_fails_to_start_in_a_with_block_leaves_nothing_open(self, desk: Desk) -> None:
        manager = desk.manager(desk.config())
        with pytest.raises(NotSignedIn):
            async with manager:
                pass
        assert manager.connection_status is S.DISCONNECTED

    async def test_what_is_cancelled_while_it_leaves_gives_the_session_back(self, desk: Desk) -> None:
        manager = await desk.start()
        desk.world.order(None, on="disconnect")
        leaving = asyncio.ensure_future(manager.disconnect())
        await settle()
        leaving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaving
        desk.store.open(desk.config()).close()

    async def test_a_session_that_ends_while_it_is_introduced_is_no_start(self, desk: Desk) -> None:
        config = desk.config()
        desk.sign_in(config)
        desk.world.order(errors.SessionRevokedError(None), on="me")
        manager = desk.manager(config)
        with pytest.raises(RequestFailed):
            await manager.initialize()
        assert manager.connection_status is S.FAILED
