"""Every operation that changes something has its price, and none of the others."""

from fastapi.routing import APIRoute

from meydan.accounts.asking import current_actor, is_uncounted
from meydan.accounts.permissions import Role
from meydan.accounts.writes import SAFE_METHODS
from meydan.app.http import build_http
from tests.chat.node import Node

_FREE = {
    "create_ws_ticket": "opens a socket, which is counted",
    "send_message": "costs its sender one message",
}
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


def asks_who(route: APIRoute) -> bool:
    return any(part.call is current_actor for part in route.dependant.dependencies)


def test_whatever_changes_something_is_counted_unless_it_has_bounds_of_its_own() -> None:
    unknown = {route.operation_id for route in changing() if not asks_who(route)}
    assert unknown == _OWN_BOUNDS
    free = {route.operation_id for route in changing() if asks_who(route) and is_uncounted(route)}
    assert {name for name in free if name in _FREE} == _FREE.keys()
    assert all("telegram" in route.tags for route in changing() if route.operation_id in free - _FREE.keys())


async def test_every_counted_operation_is_refused_to_whom_nothing_is_left(node: Node) -> None:
    ayse = await node.person("ayse", Role.MEMBER)
    await node.square.accounts.live.change(
        "network", {"writes_per_second": 0.1, "write_burst": 5, "writes_per_second_per_address": 1_000}, by="test"
    )
    for number in range(5):
        assert (await node.http.delete(f"/api-keys/{number:032x}", headers=ayse.headers)).status_code == 404
    for route in changing():
        if asks_who(route) and not is_uncounted(route):
            path = route.path.removeprefix("/api/v1").format_map(dict.fromkeys(route.param_convertors, "x" * 32))
            for method in route.methods or ():
                answer = await node.http.request(method, path, headers=ayse.headers, json={})
                assert (answer.status_code, answer.json()["kod"]) == (429, "hiz_siniri"), route.operation_id
    sent = await node.http.post("/mesaj/gonder", headers=ayse.headers, json={"oda_id": "genel", "icerik": "selam"})
    assert sent.status_code == 201
    assert (await node.http.get("/auth/me", headers=ayse.headers)).status_code == 200
