"""What every HTTP answer shares: a request id, an access line, security headers, size limits and problem bodies.

All of it is plain ASGI: nothing here buffers a body or starts a task of its own.
"""

import asyncio
import re
import secrets
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

import structlog
from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from meydan.platform.bodies import Admit, BodyLimit, BodyRefused, LargerBody
from meydan.platform.errors import MeydanError, NotAllowed, NotFound, ShuttingDown
from meydan.platform.metrics import Metrics
from meydan.platform.problems import invalid_input, language_of, problem_response

log = structlog.get_logger(__name__)

GONE: Final = "gone"  # why a request is cancelled whose peer hung up

_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_HOST: Final = re.compile(r"[A-Za-z0-9.\-]+(:\d+)?|\[[0-9a-fA-F:]+\](:\d+)?")
_PATH_SHOWN: Final = 256
_HUNG_UP: Final = 499  # as other servers note it


class InternalError(MeydanError):
    """Something broke that is not the caller's doing; the log has the rest under `istek_id`."""


class MethodMissing(MeydanError):
    """The address exists and does not take this method."""

    status, code = 405, "yontem_yok"


class BadRequest(MeydanError):
    """The request cannot be understood or answered as it is."""

    status, code = 400, "gecersiz_istek"


_BY_STATUS: Final[Mapping[int, type[MeydanError]]] = {
    403: NotAllowed,
    404: NotFound,
    405: MethodMissing,
}


def add_routes(app: FastAPI, router: APIRouter) -> None:
    """Give `app` a router's routes as they are; `include_router` makes each anew at the first request, 1 ms a route."""
    app.router.routes += router.routes


def install_http(
    app: FastAPI,
    *,
    origins: Sequence[str] = (),
    metrics: Metrics | None = None,
    https: bool = False,
    larger: Mapping[str, LargerBody] | None = None,
    admit: Admit | None = None,
    **bodies: Any,
) -> None:
    """Give `app` the middleware and error handlers; pages of `origins` may call it from elsewhere.

    `https` says that the square is reached by nothing else, under any of its names.
    `larger`, `admit` and `bodies` are for `BodyLimit`: which addresses take longer bodies than the others, from whom.
    """
    app.add_exception_handler(MeydanError, _meydan_error)
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(HTTPException, _http_exception)
    # The last one added meets a request first.
    app.add_middleware(BodyLimit, larger=larger, admit=admit, **bodies)
    app.add_middleware(LastResort)
    if origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(origins),
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "X-API-Key", "X-Request-Id"],
            expose_headers=["X-Request-Id", "Retry-After"],
            max_age=600,
        )
    app.add_middleware(HeadAsGet)
    app.add_middleware(RequestFrame, metrics=metrics, https=https)


class RequestFrame:
    """Name each request, time it, write one access line, and put the security headers on the answer."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics | None = None, https: bool = False) -> None:
        self._app = app
        self._security = _SECURITY | (_HTTPS_ONLY if https else {})
        self._answers = [0] * 6
        for hundreds in range(1, 6) if metrics else ():
            assert metrics is not None  # noqa: S101  # the loop is empty without
            metrics.count(
                "meydan_http_requests_total",
                "HTTP requests answered, by the class of their status.",
                lambda hundreds=hundreds: self._answers[hundreds],  # type: ignore[misc]
                status=f"{hundreds}xx",
            )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        request_id = headers.get("x-request-id", "")
        if not _REQUEST_ID.fullmatch(request_id):
            request_id = secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = request_id
        private = scope["path"].startswith("/api/") or not _CREDENTIALS.isdisjoint(headers.keys())
        status = 500
        started = time.perf_counter()

        async def framed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                answer = MutableHeaders(scope=message)
                answer["X-Request-Id"] = request_id
                for name, value in self._security.items():
                    answer.setdefault(name, value)
                if private:
                    answer.setdefault("Cache-Control", "no-store")
                answer.setdefault("Content-Security-Policy", content_security_policy(headers.get("host", "")))
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, framed)
            except asyncio.CancelledError as cancelled:
                status = _HUNG_UP if GONE in cancelled.args else status
                raise
            finally:
                self._answers[min(max(status // 100, 1), 5)] += 1
                log.info(
                    "http.request",
                    method=scope["method"],
                    path=scope["path"][:_PATH_SHOWN],
                    status=status,
                    ms=round((time.perf_counter() - started) * 1000, 2),
                )


class LastResort:
    """Turn an exception nobody handled into a 500 that tells nothing but the request id.

    What is still under way when the server may wait no longer is cancelled, and answered 503.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        async def answer(error: MeydanError) -> None:
            if not started:  # else the server sees a broken answer and cuts the connection
                await problem_response(error, language_of(Headers(scope=scope)))(scope, receive, send)

        try:
            await self._app(scope, receive, watched)
        except asyncio.CancelledError as cancelled:
            if GONE not in cancelled.args:
                await answer(ShuttingDown())
            raise
        except Exception:  # the last one to see it, and it is logged whole
            log.exception("http.unhandled", method=scope["method"], path=scope["path"][:_PATH_SHOWN])
            await answer(InternalError(istek_id=scope["state"]["request_id"]))


class HeadAsGet:
    """Answer HEAD as GET is answered, without the body: monitors and load balancers ask so."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def without_body(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        await self._app({**scope, "method": "GET"}, receive, without_body)


def content_security_policy(host: str) -> str:
    """Return the panel's policy; `host` is where its WebSocket may go besides 'self', which older browsers need."""
    sockets = f" ws://{host} wss://{host}" if _HOST.fullmatch(host) else ""
    return (
        f"default-src 'self'; connect-src 'self'{sockets}; img-src 'self' data: blob:; font-src 'self' data:; "
        "style-src 'self' 'unsafe-inline'; script-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    )


_CREDENTIALS: Final = frozenset({"authorization", "x-api-key", "cookie"})
_HTTPS_ONLY: Final = {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}
_SECURITY: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


async def _meydan_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, MeydanError)  # noqa: S101  # registered for this class
    if error.status >= 500 and error.__cause__ is not None:  # what the answer leaves out the operator needs to read
        log.warning("http.failed", code=error.code, reason=f"{type(error.__cause__).__name__}: {error.__cause__}"[:500])
    return problem_response(error, language_of(request.headers))


async def _invalid_request(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101  # registered for this class
    language = language_of(request.headers)
    return problem_response(invalid_input(error.errors(), language), language)


async def _http_exception(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101  # registered for this class
    if isinstance(error, BodyRefused):
        response = problem_response(error.problem, language_of(request.headers))
        response.headers.update(error.headers or {})
        return response
    kind = _BY_STATUS.get(error.status_code, BadRequest if error.status_code < 500 else InternalError)
    response = problem_response(kind(), language_of(request.headers), status=error.status_code)
    response.headers.update(error.headers or {})
    return response
