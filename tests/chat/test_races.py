"""People who act on the same room at the same moment, on a database that lets them."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from typing import Any

import httpx
import pytest

from meydan.platform.settings import Settings
from tests.chat.node import Node, Person, running_node


@pytest.fixture
async def square(shared_settings: Settings) -> AsyncIterator[Node]:
    async with running_node(shared_settings) as node:
        yield node


async def at_once(*requests: Coroutine[Any, Any, httpx.Response]) -> list[int]:
    return sorted(answer.status_code for answer in await asyncio.gather(*requests))


async def open_room(node: Node, name: str, owner: Person, *others: Person, uses: int = 10) -> dict[str, str]:
    """Open a private room, let others in, and return what accepts the invitation."""
    body = {"oda_id": name, "baslik": "Yarış", "tur": "ozel"}
    assert (await node.http.post("/sohbet/oda-olustur", json=body, headers=owner.headers)).status_code == 201
    terms = {"azami_kullanim": uses}
    made = await node.http.post(f"/sohbet/odalar/{name}/davetler", json=terms, headers=owner.headers)
    code = {"kod": made.json()["kod"]}
    for other in others:
        accepted = await node.http.post("/sohbet/davet-kabul", json=code, headers=other.headers)
        assert accepted.status_code == 200
    return code


async def test_one_of_many_opens_a_room(square: Node) -> None:
    ayse = await square.person("ayse")
    body = {"oda_id": "yaris", "baslik": "Yarış"}
    opening = (square.http.post("/sohbet/oda-olustur", json=body, headers=ayse.headers) for _ in range(8))
    assert await at_once(*opening) == [201] + [409] * 7


async def test_a_room_keeps_an_owner_when_all_leave_at_once(square: Node) -> None:
    ayse, mehmet = await square.person("ayse"), await square.person("mehmet")
    for number in range(5):
        name = f"yaris{number}"
        await open_room(square, name, ayse, mehmet)
        member = f"/sohbet/odalar/{name}/uyeler/mehmet"
        assert (await square.http.put(member, json={"rol": "sahip"}, headers=ayse.headers)).status_code == 204
        leaving = (
            square.http.delete(f"/sohbet/odalar/{name}/uyelik", headers=person.headers) for person in (ayse, mehmet)
        )
        assert await at_once(*leaving) == [204, 403]


async def test_a_member_who_is_changed_and_removed_at_once(square: Node) -> None:
    ayse, mehmet = await square.person("ayse"), await square.person("mehmet")
    for number in range(5):
        await open_room(square, f"yaris{number}", ayse, mehmet)
        member = f"/sohbet/odalar/yaris{number}/uyeler/mehmet"
        codes = await at_once(
            *(square.http.put(member, json={"rol": "moderator"}, headers=ayse.headers) for _ in range(2)),
            *(square.http.delete(member, headers=ayse.headers) for _ in range(2)),
        )
        assert codes.count(204) >= 1
        assert set(codes) <= {204, 404}


async def test_an_invitation_accepted_twice_at_once_is_used_once(square: Node) -> None:
    ayse, mehmet = await square.person("ayse"), await square.person("mehmet")
    code = await open_room(square, "yaris", ayse, uses=1)
    accepting = (square.http.post("/sohbet/davet-kabul", json=code, headers=mehmet.headers) for _ in range(4))
    assert await at_once(*accepting) == [200] * 4
    late = await square.person("zeynep")
    assert await at_once(square.http.post("/sohbet/davet-kabul", json=code, headers=late.headers)) == [404]


async def test_no_name_upsets_the_database(square: Node) -> None:
    ayse = await square.person("ayse")
    await open_room(square, "yaris", ayse)
    for name in ("a%00b", "%C4%B1%C5%9F%C4%B1k", "%F0%9F%98%80", "..%2E", "'"):
        codes = await at_once(
            square.http.put(f"/sohbet/odalar/yaris/uyeler/{name}", json={"rol": "uye"}, headers=ayse.headers),
            square.http.delete(f"/sohbet/odalar/yaris/uyeler/{name}", headers=ayse.headers),
            square.http.delete(f"/sohbet/odalar/yaris/davetler/{name}", headers=ayse.headers),
        )
        assert codes == [404] * 3, name
    for title in (b"\\ud800", b"a\\u0000b"):
        bodies = (b'{"baslik":"%b"}' % title, b'{"baslik":"x","konu":"%b"}' % title)
        headers = {**ayse.headers, "content-type": "application/json"}
        codes = await at_once(
            *(square.http.post("/sohbet/oda-olustur", content=body, headers=headers) for body in bodies)
        )
        assert codes == [422] * 2
