"""What runs in which process: a service that nobody adds does nothing, and nobody notices."""

from collections.abc import Iterable, Sequence

from meydan.app.composition import open_accounts, open_square
from meydan.app.fleet import open_fleet
from meydan.app.running import node_services, worker_services
from meydan.chat.events import Event
from meydan.chat.operations import Stored
from meydan.platform.settings import Settings
from tests.chat.node import Node

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


async def test_a_listener_that_fails_ends_no_log_and_what_it_missed_comes_with_what_follows(node: Node) -> None:
    ayse, mehmet = await node.enter("ayse", "genel"), await node.enter("mehmet", "genel")
    log = node.square.message_log
    deliver = log.on_stored

    def fail(_stored: Sequence[Stored]) -> None:
        log.on_stored = deliver
        raise LookupError

    log.on_stored = fail
    await ayse.send("kaçan")
    await ayse.send("gelen")
    assert [(await mehmet.message())["icerik"] for _ in range(2)] == ["kaçan", "gelen"]


async def test_a_delivery_that_fails_is_made_up_for(node: Node) -> None:
    ayse, mehmet = await node.enter("ayse", "genel"), await node.enter("mehmet", "genel")
    channel = node.square.hub.channels.get("genel")
    assert channel is not None
    offer = channel.offer

    def fail(events: Iterable[Event]) -> None:
        channel.offer = offer  # type: ignore[method-assign]
        raise LookupError(*events)

    channel.offer = fail  # type: ignore[method-assign]
    await ayse.send("yalnız")
    assert (await mehmet.message())["icerik"] == "yalnız"
