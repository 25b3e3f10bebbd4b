"""The panel's files: the page for people at `/` and every client route, hashed assets that browsers keep for good."""

import asyncio
from html import escape
from http import HTTPStatus
from pathlib import Path
from typing import Final

from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

import meydan
from meydan.platform.texts import preferred, text

PANEL: Final = Path(meydan.__file__).parent / "panel"

_KEEP: Final = "public, max-age=31536000, immutable"
_HOUR: Final = "public, max-age=3600"
_ASK: Final = "no-cache"
# The build lays these beside every file that they make smaller.
_ENCODED: Final = {"br": ".br", "gzip": ".gz"}
_HEADER_LENGTH: Final = 256
_IN_PART: Final = ("if-modified-since", "if-none-match", "range")
_NOT_PAGES: Final = ("api", "metrics", "saglik", "yetenekler", "openapi.json")


def mount_panel(app: FastAPI, directory: Path = PANEL) -> None:
    """Serve the built panel in `directory` at every address of `app` that no route answers, and at `/`."""
    panel = _Panel(directory, otherwise=app.router.default)
    app.router.default = panel
    app.router.routes.insert(0, Route("/assets/{name}", panel.asset))  # a page asks for dozens of them

    @app.get(
        "/", operation_id="get_root", summary="The square for browsers, its description for programs", tags=["sistem"]
    )
    async def root(request: Request) -> Response:
        if _wants_page(request):
            return panel.page(request)
        body = {"ad": "Meydan", "surum": meydan.__version__, "durum": "calisiyor", "belgeler": "/openapi.json"} | {
            "mesaj": "Meydan çalışıyor",
            "websocket_endpoint": "/api/v1/ws/{kullanici_id}",
        }
        return JSONResponse(body, headers={"Vary": "Accept"})


class _Panel:
    def __init__(self, directory: Path, *, otherwise: ASGIApp) -> None:
        self._index = directory / "index.html"
        self._files = StaticFiles(directory=directory, check_dir=False)
        self._otherwise = otherwise
        self._read: dict[tuple[str, ...], tuple[bytes, Headers]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope.get("path", "/").strip("/")
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD") or path.partition("/")[0] in _NOT_PAGES:
            await self._otherwise(scope, receive, send)
            return
        request = Request(scope)
        if response := await self._file(path, request):
            await response(scope, receive, send)
        elif _wants_page(request) and "." not in path.rsplit("/", 1)[-1]:
            await self.page(request)(scope, receive, send)
        else:
            await self._otherwise(scope, receive, send)

    async def asset(self, request: Request) -> Response:
        """Answer with a hashed file. What was read once is kept: another build gives its files other names."""
        path = f"assets/{request.path_params['name']}"
        asked = path, *_accepted_encodings(request)
        in_part = any(field in request.headers for field in _IN_PART)
        if in_part or asked not in self._read:
            if (response := await self._file(path, request)) is None:
                raise HTTPException(HTTPStatus.NOT_FOUND)
            if in_part or not isinstance(response, FileResponse):
                return response
            self._read[asked] = await asyncio.to_thread(Path(response.path).read_bytes), response.headers
        content, headers = self._read[asked]
        return Response(content, headers=headers)

    def page(self, request: Request) -> Response:
        if self._index.is_file():
            return FileResponse(self._index, headers={"Cache-Control": _ASK, "Vary": "Accept"})
        language = preferred(request.headers.get("accept-language"))
        title, detail = (escape(text(language, f"panel.missing.{part}")) for part in ("title", "detail"))
        page = (
            f'<!doctype html><html lang="{language}"><meta charset="utf-8"><title>Meydan</title>'
            f'<meta name="viewport" content="width=device-width"><h1>{title}</h1><p>{detail}</p><pre>make web</pre>'
        )
        return HTMLResponse(page, status_code=503, headers={"Cache-Control": "no-store", "Vary": "Accept"})

    async def _file(self, path: str, request: Request) -> Response | None:
        if not path or path == "index.html" or path.endswith(tuple(_ENCODED.values())):
            return None
        encodings = _accepted_encodings(request) if path.endswith((".js", ".css", ".svg")) else []
        for encoding in (*encodings, None):
            response = await self._found(path + _ENCODED.get(encoding or "", ""), request.scope)
            if response is None:
                continue
            response.headers["Cache-Control"] = _KEEP if path.startswith("assets/") else _HOUR
            response.headers["Vary"] = "Accept-Encoding"
            if encoding:
                response.headers["Content-Encoding"] = encoding
            return response
        return None

    async def _found(self, path: str, scope: Scope) -> Response | None:
        try:
            response = await self._files.get_response(path, scope)
        except (HTTPException, RuntimeError):  # RuntimeError: the folder is not there at all
            return None
        return response if response.status_code < 400 else None


def _wants_page(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")


def _accepted_encodings(request: Request) -> list[str]:
    """Return the encodings of ours that the client takes, the smaller first."""
    header = request.headers.get("accept-encoding", "")[:_HEADER_LENGTH]
    offered = [part.replace(" ", "") for part in header.lower().split(",")]
    taken = {
        name for name, _, weight in (part.partition(";q=") for part in offered) if weight.strip("0.") or not weight
    }
    return [encoding for encoding in _ENCODED if encoding in taken]
