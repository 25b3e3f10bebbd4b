"""The tables of docs/authority.md against a running node: every operation and frame, as everybody."""

import json
from collections.abc import MutableMapping
from typing import Any

import httpx

from meydan.accounts.permissions import Permission
from meydan.app.http import build_http
from meydan.chat import wire
from tests.authority import table
from tests.authority.requests import REQUESTS, Ask
from tests.authority.sockets import Sockets
from tests.authority.world import NAMES, Who, World


def test_every_operation_has_its_row_and_its_request() -> None:
    paths = build_http({}).openapi()["paths"].values()
    operations = {each["operationId"] for path in paths for each in path.values()}
    assert {row.what for row in table.operations()} == operations
    assert REQUESTS.keys() == operations


async def test_every_operation_is_let_through_and_refused_as_the_table_says(world: World) -> None:
    keys = {scope: await world.key(NAMES["owner"], [scope]) for scope in Permission}
    wrong, cells = [], 0
    for row in table.operations():
        kept: dict[str, Ask] = {}
        for who, expected in [
            *((world.people[kind], row.answers[kind]) for kind in table.PEOPLE),
            *await _keys(world, row, keys),
        ]:
            cells += 1
            if said := await _judged(world, row, who, expected, kept):
                wrong.append(f"{row} as {who.kind}: {said}")
    assert not wrong, "\n".join([f"{len(wrong)} of {cells} differ", *wrong])


def test_every_frame_has_its_row() -> None:
    tags = {request.__struct_config__.tag for request in wire.Request.__args__}
    assert {row.what for row in table.frames()} == tags


async def test_every_frame_is_carried_out_and_refused_as_the_table_says(world: World) -> None:
    keys = {scope: await world.key(NAMES["owner"], [scope]) for scope in Permission}
    sockets = Sockets(world)
    wrong, cells = [], 0
    for row in table.frames():
        people = [(world.people[kind], row.answers[kind]) for kind in table.PEOPLE if kind != "nobody"]
        for who, expected in [*people, *await _keys(world, row, keys)]:
            cells += 1
            said = await sockets.ask(row.what, row.on, who)
            refused = said if expected == "refused" and str(said) in ("403", row.answers["owner"]) else None
            if str(said) != expected and refused is None:
                wrong.append(f"{row} as {who.kind}: {expected} expected, {said} answered")
    assert not wrong, "\n".join([f"{len(wrong)} of {cells} differ", *wrong])


async def test_a_key_that_only_reads_becomes_no_member(world: World) -> None:
    """It enters a public room live, and its user belongs to the room no more than before."""
    owner = world.people["owner"]
    for scopes, belongs in (({Permission.ROOMS_READ}, False), ({Permission.ROOMS_READ, Permission.ROOMS_WRITE}, True)):
        room = await world.room(owner, "public")
        key = await world.key(owner.id, scopes)
        assert await Sockets(world).ask("oda_katil", "public", key, room=room) == table.YES
        shown = await world.node.http.get(f"/sohbet/odalar/{room}", headers=owner.headers)
        assert (shown.json()["rol"] is not None) is belongs


async def _keys(world: World, row: table.Row, keys: dict[Permission, Who]) -> list[tuple[Who, str]]:
    """Return every key of one scope with what it is to be answered, and the one that has just what is needed."""
    if row.scopes is None:
        every = await world.key(NAMES["owner"], Permission)
        return [(key, "refused") for key in (*keys.values(), every)]
    if not row.scopes:
        return [(key, table.YES) for key in keys.values()]
    fitting = [(key, table.YES if row.scopes == {scope} else "refused") for scope, key in keys.items()]
    if len(row.scopes) > 1:
        fitting.append((await world.key(NAMES["owner"], row.scopes), table.YES))
        short = [await world.key(NAMES["owner"], row.scopes - {left_out}) for left_out in row.scopes]
        fitting += [(key, "refused") for key in short]
    return fitting


async def _judged(world: World, row: table.Row, who: Who, expected: str, kept: dict[str, Ask]) -> str:
    """Ask, and return what is wrong with the answer, or nothing."""
    if who.scopes is None or expected == table.YES or row.what not in kept:
        kept.clear()
        kept[row.what] = await REQUESTS[row.what](world, who, row.on)
    ask = kept[row.what]  # what is refused stays as it is for the next key
    by = ask.by if ask.by is not None and who.scopes is None else who
    status, code = await _send(world, ask, by.headers)
    if expected == table.YES:
        kept.clear()
        fine = status < 400 or status in ask.works
    elif expected == "refused":
        fine = status == 403 or (status < 500 and str(status) in {*row.answers.values()})
    else:
        fine = str(status) == expected
    return "" if fine else f"{expected} expected, {status} {code} answered"


async def _send(world: World, ask: Ask, headers: dict[str, str]) -> tuple[int, str]:
    """Ask the application itself: thousands of requests over a socket would take most of a minute."""
    url = f"http://127.0.0.1{ask.path}"
    made = {"params": ask.params or None, "headers": {**headers, **ask.headers}, "files": ask.files}
    request = httpx.Request(ask.method, url, json=ask.json, **made)
    body, answer = request.read(), dict[str, Any]()
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": ask.method,
        "scheme": "http",
        "path": request.url.path,
        "raw_path": request.url.raw_path,
        "query_string": request.url.query,
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "client": (ask.address, 1),
        "server": ("127.0.0.1", 80),
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        answer.update(message)

    await world.node.square.app(scope, receive, send)
    status: int = answer["status"]
    return status, "" if status < 400 else json.loads(answer["body"])["kod"]
