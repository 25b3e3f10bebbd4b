"""What runs in which process: a service that nobody adds does nothing, and nobody notices."""

from meydan.app.composition import open_accounts, open_square
from meydan.app.fleet import open_fleet
from meydan.app.running import node_services, worker_services
from meydan.platform.settings import Settings

DOOR = {"message-log", "telegram-journal", "hub", "sampler", "search-indexer", "live-settings"}
WORK = {"sign-ins", "erasures", "telegram-fleet"}


async def test_a_node_runs_its_services_and_with_a_worker_those_of_one_too(settings: Settings) -> None:
    async with open_square(settings) as square:
        news = set() if square.accounts.engines.bus.shared else {"console-news"}
        assert {service.name for service in node_services(square, worker=False)} == DOOR | news
        assert {service.name for service in node_services(square, worker=True)} == DOOR | WORK | news


async def test_a_worker_runs_what_one_process_of_a_square_does(settings: Settings) -> None:
    async with open_accounts(settings) as accounts, open_fleet(accounts, node="isci") as fleet:
        names = {service.name for service in worker_services(accounts, fleet)}
        assert names == WORK | {"telegram-journal", "live-settings"}
