"""The page and the control API under `/_fake/`: what a person would do in Telegram's own applications."""

import asyncio
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec
from aiohttp import web

from meydan.platform.errors import MeydanError
from meydan.platform.texts import preferred
from meydan.telegram.fake import commands
from meydan.telegram.fake.answers import encode
from meydan.telegram.fake.office import Office
from meydan.telegram.fake.people import People

_PAGE: Final = Path(__file__).parent / "page"
_FILES: Final = {
    "/": ("index.html", "text/html"),
    "/page.css": ("page.css", "text/css"),
    "/page.js": ("page.js", "text/javascript"),
    "/words.js": ("words.js", "text/javascript"),
    "/favicon.svg": ("favicon.svg", "image/svg+xml"),
}
_SAFE: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
_BREATH: Final = 20.0


class Control:
    """Answers what is not the Bot API."""

    def __init__(self, office: Office, people: People) -> None:
        self._office = office
        self._people = people
        self._pages: set[asyncio.Task[Any]] = set()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Serve the page, its news, and its commands."""
        path = request.path
        if request.method == "GET":
            if path in _FILES:
                name, kind = _FILES[path]
                return web.Response(body=_page_file(name), content_type=kind, charset="utf-8", headers=_SAFE)
            if path == "/_fake/events":
                return await self._events(request)
            return self._told(lambda: commands.tell(self._office, path.removeprefix("/_fake/"), request.query), request)
        if request.content_type != "application/json":  # a form of a foreign page cannot send this type
            return web.Response(status=415, text="application/json")
        body = await request.read()
        return self._told(
            lambda: commands.carry_out(self._office, self._people, path.removeprefix("/_fake/"), body), request
        )

    def close(self) -> None:
        """Close the pages' news."""
        for page in self._pages:
            page.cancel()

    def _told(self, work: Callable[[], Any], request: web.BaseRequest) -> web.Response:
        try:
            return web.Response(body=encode(work()), content_type="application/json")
        except MeydanError as error:
            language = preferred(request.headers.get("Accept-Language"))
            return web.Response(
                status=error.status, body=encode(error.problem(language)), content_type="application/problem+json"
            )
        except commands.Unknown:
            return web.Response(status=404, text="Not Found")

    async def _events(self, request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await response.prepare(request)
        hints = self._office.feed.open()
        if (me := asyncio.current_task()) is not None:
            self._pages.add(me)
        try:
            await response.write(b": \n\n")
            while True:
                try:
                    async with asyncio.timeout(_BREATH):
                        kind, key = await hints.get()
                except TimeoutError:
                    await response.write(b": \n\n")
                    continue
                await response.write(b"data: %b\n\n" % msgspec.json.encode({"kind": kind, "key": key}))
        except (ConnectionError, asyncio.CancelledError):
            return response
        finally:
            self._office.feed.close(hints)
            if me is not None:
                self._pages.discard(me)


@cache
def _page_file(name: str) -> bytes:
    return (_PAGE / name).read_bytes()
