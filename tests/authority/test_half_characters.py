"""A lone surrogate, which JSON can spell and no text of UTF-8 can hold, is refused wherever it comes in."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.authority.requests import REQUESTS, V1
from tests.authority.table import operations
from tests.authority.world import World

HALF = "\ud800"
ON = {row.what: row.on for row in operations()}


def _spoilt(value: Any) -> Iterator[Any]:
    """Give a body again and again, each time with half a character in the place of another text."""
    if isinstance(value, str):
        yield HALF
        yield f"söz {HALF}"
    elif isinstance(value, dict):
        for name, inner in value.items():
            for worse in _spoilt(inner):
                yield {**value, name: worse}
        yield {**value, HALF: 1}
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            for worse in _spoilt(inner):
                yield [*value[:place], worse, *value[place + 1 :]]


async def test_half_a_character_is_refused_by_every_operation(world: World) -> None:
    owner, wrong, asked = world.people["owner"], [], 0

    async def refused(what: str, method: str, path: str, **options: Any) -> None:
        nonlocal asked
        asked += 1
        answer = await world.node.http.request(method, f"http://127.0.0.1:{world.node.port}{path}", **options)
        if answer.status_code != 422:
            wrong.append(f"{what}: {answer.status_code}")

    for operation, make in REQUESTS.items():
        ask = await make(world, owner, ON[operation])
        headers = {**owner.headers, **ask.headers, "content-type": "application/json"}
        if ask.json is not None:
            for body in (HALF, [HALF], *_spoilt(ask.json)):
                content = json.dumps(body).encode()
                await refused(f"{operation} {body!a}", ask.method, ask.path, content=content, headers=headers)
    assert asked > 100
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("spelling", ["%ED%A0%80", "%FF", "%ED%A0%80%ED%B0%80"])
async def test_broken_bytes_in_an_address_break_nothing(world: World, spelling: str) -> None:
    owner = world.people["owner"]
    for path in (
        f"{V1}/mesaj/ara?q={spelling}&oda_id={spelling}", f"{V1}/sohbet/odalar?ara={spelling}",
        f"{V1}/sohbet/odalar/{spelling}", f"{V1}/users?query={spelling}", f"{V1}/users/{spelling}",
        f"{V1}/audit?action={spelling}", f"{V1}/settings/{spelling}", f"{V1}/mesaj/{spelling}",
    ):  # fmt: skip
        url = httpx.URL(f"http://127.0.0.1:{world.node.port}").copy_with(raw_path=path.encode())
        assert (await world.node.http.get(url, headers=owner.headers)).status_code in (200, 404, 405, 422), path


@pytest.mark.parametrize(
    "frame",
    [
        r'{"tip":"mesaj_gonder","oda_id":"genel","icerik":"\ud800","ref":"1"}',
        r'{"tip":"mesaj_gonder","oda_id":"genel","icerik":"söz","istemci_id":"\udfff","ref":"1"}',
        r'{"tip":"oda_katil","oda_id":"\ud800x","ref":"1"}',
        r'{"tip":"\ud800","ref":"1"}',
        r'{"tip":"oda_katil","oda_id":"genel","ref":"\ud800"}',
    ],
)
async def test_half_a_character_in_a_frame_is_refused(world: World, frame: str) -> None:
    talker = await world.node.enter("gelen", "genel")
    await talker.ws.send(frame)
    answer = await talker.expect("hata")
    assert answer["kod"] in ("gecersiz_json", "gecersiz_alan", "bilinmeyen_tip")
    await talker.send("hâlâ burada")
