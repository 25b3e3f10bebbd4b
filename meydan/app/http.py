"""The HTTP application: every domain's router, one set of errors, the panel behind them."""

from functools import partial
from typing import Any

from fastapi import FastAPI

from meydan import __version__
from meydan.accounts import endpoints as accounts_endpoints
from meydan.accounts.asking import admit
from meydan.app import endpoints as system_endpoints
from meydan.app.description import describe
from meydan.app.panel import mount_panel
from meydan.chat import endpoints as chat_endpoints
from meydan.platform.http import add_routes, install_http
from meydan.platform.metrics import Metrics
from meydan.telegram import endpoints as telegram_endpoints


def build_http(
    parts: dict[str, Any], *, origins: tuple[str, ...] = (), metrics: Metrics | None = None, https: bool = False
) -> FastAPI:
    """Return the application; `parts` are the services that the endpoints ask for by name."""
    app = FastAPI(
        title="Meydan",
        version=__version__,
        summary="A self-hosted square for market communities.",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,  # `describe` answers with it
    )
    for name, part in parts.items():
        setattr(app.state, name, part)
    for domain in (accounts_endpoints, chat_endpoints, telegram_endpoints, system_endpoints):
        add_routes(app, domain.router)
    describe(app, shapes=chat_endpoints.SHAPES)
    mount_panel(app)
    install_http(
        app,
        origins=origins,
        metrics=metrics,
        https=https,
        larger=chat_endpoints.LARGER_BODIES | telegram_endpoints.LARGER_BODIES,
        admit=partial(admit, app),
    )
    return app
