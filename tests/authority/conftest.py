import logging
from collections.abc import AsyncIterator

import pytest
import structlog

from meydan.platform.settings import Settings
from tests.authority.world import World
from tests.chat.conftest import settings
from tests.chat.node import running_node

__all__ = ["settings"]


@pytest.fixture
async def world(settings: Settings) -> AsyncIterator[World]:
    settings = settings.model_copy(update={"telegram_api_url": "http://127.0.0.1:9"})
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))  # not a line for each cell
    async with running_node(settings) as node:
        await node.generous()
        await node.change(rooms_per_member=1_000)
        most = {"login_attempts_per_address": 1_000_000, "registrations_per_hour": 1_000, "guests_per_minute": 1_000}
        await node.square.accounts.live.change("accounts", most, by="test")
        world = World(node)
        await world.settle()
        yield world
