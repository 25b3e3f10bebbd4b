"""Every operation that changes something has its price, said by its own route, and none of the others."""

from collections.abc import Iterator

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from meydan.accounts.asking import Costing, known_actor
from meydan.accounts.permissions import Role
from meydan.accounts.writes import SAFE_METHODS
from meydan.app.http import build_http
from tests.chat.node import Node

_FREE = {"send_message"}  # costs its sender one message
_OWN_BOUNDS = {  # each before anybody is signed in, or with a secret
    "register_user",
    "create_session",
    "refresh_session",
    "end_session",
    "create_guest",
    "check_owner_link",
    "claim_owner",
    "receive_update",
    "look_at_invitation",
}


def changing() -> list[APIRoute]:
    routes = (route for route in build_http({}).routes if isinstance(route, APIRoute))
    return [route for route in routes if (route.methods or set()) - SAFE_METHODS]


def parts(dependant: Dependant) -> Iterator[object]:
    """Return all that a route depends on, and what that depends on."""
    for part in dependant.dependencies:
        yield part.call
        yield from parts(part)


def costs(route: APIRoute) -> bool:
    return any(isinstance(part, Costing) for part in parts(route.dependant))


def test_whatever_changes_something_is_counted_unless_it_has_bounds_of_its_own() -> None:
    free = [route for route in changing() if not costs(route)]
    assert {route.operation_id for route in free if known_actor in parts(route.dependant)} == _FREE
    assert {route.operation_id for route in free if known_actor not in parts(route.dependant)} == _OWN_BOUNDS


async def test_every_counted_operation_is_refused_to_whom_nothing_is_left(node: Node) -> None:
    """A member with nothing left; for them a ticket has a price too, and what is done to bots and sends."""
    ayse = await node.person("ayse", Role.MEMBER)
    await node.square.accounts.live.change(
        "network",
        {
            "writes_per_second": 0.1,
            "write_burst": 5,
            "writes_per_second_per_address": 1_000,
            "operations_per_second": 0.1,
            "operation_burst": 10,
        },
        by="test",
    )
    for number in range(5):
        assert (await node.http.delete(f"/api-keys/{number:032x}", headers=ayse.headers)).status_code == 404
        await node.ticket(ayse)
    for _ in range(10):
        assert (await node.http.post("/telegram/outbox", headers=ayse.headers, json={})).status_code != 429
    for route in changing():
        if costs(route):
            path = route.path.removeprefix("/api/v1").format_map(dict.fromkeys(route.param_convertors, "x" * 32))
            for method in route.methods or ():
                answer = await node.http.request(method, path, headers=ayse.headers, json={})
                assert (answer.status_code, answer.json()["kod"]) == (429, "hiz_siniri"), route.operation_id
    sent = await node.http.post("/mesaj/gonder", headers=ayse.headers, json={"oda_id": "genel", "icerik": "selam"})
    assert sent.status_code == 201
    assert (await node.http.get("/auth/me", headers=ayse.headers)).status_code == 200
