"""A process that runs bots, to be killed; configured by the environment."""

import asyncio

from meydan.app.composition import open_accounts
from meydan.app.fleet import open_fleet
from meydan.chat.hub import new_node_name
from meydan.platform.logging import configure_logging
from meydan.platform.settings import load_settings
from meydan.platform.tasks import Supervisor


def run_bots() -> None:
    """Run the bots with a short lease, so that whoever comes next need not wait for it."""
    asyncio.run(_run())


async def _run() -> None:
    settings = load_settings()
    configure_logging(level=settings.log_level, style=settings.log_format)
    async with open_accounts(settings) as accounts, open_fleet(accounts, node=new_node_name(), lease=0.6) as fleet:
        await accounts.live.start()
        supervisor = Supervisor(accounts.clock, limit=5)
        supervisor.add(*fleet.services(worker=True))
        await supervisor.run(asyncio.Event())
