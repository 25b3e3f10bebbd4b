"""A domain's endpoints over HTTP without the rest of the square; who asks is a switch."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import httpx
from fastapi import APIRouter, FastAPI

from meydan.accounts.actor import Actor
from meydan.accounts.origin import Origin
from meydan.accounts.writes import Writes
from meydan.platform.bodies import LargerBody
from meydan.platform.clock import ManualClock
from meydan.platform.http import add_routes, install_http
from tests.loopback import http_client

_ANYBODY: Final = {"authorization": "Bearer anybody"}


class Doorman:
    """Takes every request for one of `actor`, or of nobody."""

    secure_cookies = False

    def __init__(self, actor: Actor | None = None) -> None:
        self.actor = actor
        self.writes = Writes(ManualClock())

    async def authenticate_bearer(self, _token: str, *, origin: Origin) -> Actor | None:
        return replace(self.actor, origin=origin) if self.actor is not None else None


def http_app(router: APIRouter, *, larger: Mapping[str, LargerBody] | None = None, **parts: Any) -> FastAPI:
    """Return an application with a router's endpoints and the services that they ask for by name.

    Bodies are as long as `larger` says for its addresses, whoever sends them.
    """
    app = FastAPI()
    for name, part in parts.items():
        setattr(app.state, name, part)
    add_routes(app, router)
    install_http(app, larger={path: LargerBody(body.limit) for path, body in (larger or {}).items()})
    return app


def asking(app: FastAPI, path: str = "", *, address: str = "127.0.0.1", **options: Any) -> httpx.AsyncClient:
    """Return a client at `address` of what lies under `path`, in an application whose accounts a `Doorman` keeps."""
    transport = httpx.ASGITransport(app, client=(address, 1))
    return http_client(transport=transport, base_url=f"http://127.0.0.1{path}", headers=_ANYBODY, **options)
