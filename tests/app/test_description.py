"""The description of the API: made once, and not sent again to who has it."""

import httpx

from meydan.app.http import build_http
from tests.loopback import http_client


async def test_the_description_is_made_once_and_sent_to_who_has_it_not() -> None:
    app = build_http({})
    async with http_client(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
        first = await client.get("/openapi.json")
        assert first.json()["info"]["title"] == "Meydan"
        app.openapi_schema = {"openapi": "3.1.0", "info": {"title": "made again"}}
        again = await client.get("/openapi.json")
        assert again.content == first.content
        known = await client.get("/openapi.json", headers={"if-none-match": first.headers["etag"]})
        assert (known.status_code, known.content) == (304, b"")
