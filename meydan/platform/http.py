"""What every HTTP answer shares: a request id, an access line, security headers, size limits and problem bodies.

All of it is plain ASGI: nothing here buffers a body or starts a task of its own.
"""

import asyncio
import json
import math
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

from meydan.platform.errors import InvalidInput, MeydanError, NotAllowed, NotFound, RateLimited, ShuttingDown
from meydan.platform.metrics import Metrics
from meydan.platform.reasons import of_pydantic
from meydan.platform.texts import Language, preferred

log = structlog.get_logger(__name__)

MAX_BODY: Final = 1_048_576
GONE: Final = "gone"  # why a request is cancelled whose peer hung up
PROBLEM_TYPE: Final = "application/problem+json"

_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_HOST: Final = re.compile(r"[A-Za-z0-9.\-]+(:\d+)?|\[[0-9a-fA-F:]+\](:\d+)?")
_PATH_SHOWN: Final = 256
_HUNG_UP: Final = 499  # as other servers note it
_PATIENCE: Final = 20.0
_SLOWEST: Final = 1_000  # bytes of a body each second


class InternalError(MeydanError):
    """Something broke that is not the caller's doing; the log has the rest under `istek_id`."""


class BodyTooLarge(MeydanError):
    """The request's body is longer than is read."""

    status, code = 413, "govde_buyuk"


class BodyTooSlow(MeydanError):
    """The request's body came so slowly that the rest is not waited for."""

    status, code = 408, "govde_yavas"


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
    max_body: int = MAX_BODY,
    larger: Mapping[str, int] | None = None,
    patience: float = _PATIENCE,
) -> None:
    """Give `app` the middleware and error handlers; pages of `origins` may call it from elsewhere.

    `larger` names the paths that take longer bodies than the others, and how long in bytes. `patience` is how many
    seconds a body may take whatever its length.
    """
    app.add_exception_handler(MeydanError, _meydan_error)
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(HTTPException, _http_exception)
    # The last one added meets a request first.
    app.add_middleware(BodyLimit, limit=max_body, larger=larger or {}, patience=patience)
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
    app.add_middleware(RequestFrame, metrics=metrics)


class RequestFrame:
    """Name each request, time it, write one access line, and put the security headers on the answer."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics | None = None) -> None:
        self._app = app
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
        status = 500
        started = time.perf_counter()

        async def framed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                answer = MutableHeaders(scope=message)
                answer["X-Request-Id"] = request_id
                for name, value in _SECURITY.items():
                    answer.setdefault(name, value)
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
                await problem_response(error, _language(Headers(scope=scope)))(scope, receive, send)

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


class BodyLimit:
    """Refuse bodies longer than `limit` bytes, by their announced length or while they arrive, and those that trickle.

    A body gets `patience` seconds, and one more for every thousand bytes that have arrived.
    """

    def __init__(self, app: ASGIApp, *, limit: int, larger: Mapping[str, int], patience: float) -> None:
        self._app = app
        self._limit = limit
        self._larger = larger
        self._patience = patience

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        limit = self._larger.get(scope["path"], self._limit)
        announced = headers.get("content-length", "")
        if announced.isdecimal() and int(announced) > limit:
            await problem_response(BodyTooLarge(sinir=limit), _language(headers))(scope, receive, send)
            return
        arrived, whole = 0, False
        started = asyncio.get_running_loop().time()

        async def counted() -> Message:
            nonlocal arrived, whole
            if whole:
                return await receive()
            try:
                async with asyncio.timeout_at(started + self._patience + arrived / _SLOWEST):
                    message = await receive()
            except TimeoutError:
                raise _Refused(BodyTooSlow()) from None
            if message["type"] == "http.request":
                arrived += len(message.get("body", b""))
                whole = not message.get("more_body", False)
                if arrived > limit:
                    raise _Refused(BodyTooLarge(sinir=limit))
            return message

        await self._app(scope, counted, send)


class _Refused(HTTPException):
    """A problem found while a body is read: of exceptions there, FastAPI lets only this kind through."""

    def __init__(self, problem: MeydanError) -> None:
        super().__init__(problem.status)
        self.problem = problem


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return what an endpoint documents of the problems it may answer with."""
    content = {PROBLEM_TYPE: {"schema": {"type": "object"}}}
    return {status: {"description": _PROBLEMS[status], "content": content} for status in statuses}


class ProblemResponse(JSONResponse):
    """A problem body; what it quotes of the request may hold half a character, which UTF-8 cannot."""

    media_type = PROBLEM_TYPE

    def render(self, content: Any) -> bytes:
        """Return the JSON text."""
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode(errors="backslashreplace")


def problem_response(error: MeydanError, language: Language, *, status: int | None = None) -> JSONResponse:
    """Render `error` as RFC 9457 problem+json."""
    body = error.problem(language)
    response = ProblemResponse(body | {"status": status or body["status"]}, status_code=status or error.status)
    response.headers["Content-Language"] = language
    response.headers["Cache-Control"] = "no-store"
    if isinstance(error, RateLimited):
        response.headers["Retry-After"] = str(math.ceil(error.data["bekle"]))
    if error.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, (BodyTooLarge, BodyTooSlow)):
        response.headers["Connection"] = "close"  # the rest of the body is not read
    return response


def content_security_policy(host: str) -> str:
    """Return the panel's policy; `host` is where its WebSocket may go besides 'self', which older browsers need."""
    sockets = f" ws://{host} wss://{host}" if _HOST.fullmatch(host) else ""
    return (
        f"default-src 'self'; connect-src 'self'{sockets}; img-src 'self' data: blob:; font-src 'self' data:; "
        "style-src 'self' 'unsafe-inline'; script-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; "
        "frame-ancestors 'none'"
    )


def validation_data(errors: Sequence[Mapping[str, Any]], language: Language) -> list[dict[str, str]]:
    """Return each of pydantic's errors as `alan`, `neden` and its code, without the input, which may be a secret."""
    reasons = [(_field(error), of_pydantic(error)) for error in errors]
    return [{"alan": name, "neden": why.words(language), "neden_kodu": why.code} for name, why in reasons]


_PROBLEMS: Final = {
    401: "Not signed in",
    403: "Not allowed",
    404: "No such thing, or none that this actor may see",
    409: "In the way of something that is there",
    413: "Too large",
    422: "Invalid input",
    429: "Too often; `bekle` says how many seconds to wait",
    503: "A part that is needed does not answer; try again",
}

_SECURITY: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


def _language(headers: Headers) -> Language:
    return preferred(headers.get("accept-language"))


def _meydan_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, MeydanError)  # noqa: S101  # registered for this class
    if error.status >= 500 and error.__cause__ is not None:  # what the answer leaves out the operator needs to read
        log.warning("http.failed", code=error.code, reason=f"{type(error.__cause__).__name__}: {error.__cause__}"[:500])
    return problem_response(error, _language(request.headers))


def _invalid_request(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101  # registered for this class
    language = _language(request.headers)
    errors = validation_data(error.errors(), language)
    first = error.errors()[0]
    problem = InvalidInput(field=_field(first), reason=of_pydantic(first))
    problem.data["hatalar"] = errors
    return problem_response(problem, language)


def _http_exception(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101  # registered for this class
    if isinstance(error, _Refused):
        return problem_response(error.problem, _language(request.headers))
    kind = _BY_STATUS.get(error.status_code, BadRequest if error.status_code < 500 else InternalError)
    response = problem_response(kind(), _language(request.headers), status=error.status_code)
    response.headers.update(error.headers or {})
    return response


def _field(error: Mapping[str, Any]) -> str:
    where = error["loc"]
    if error["type"] == "json_invalid":
        return str(where[0])  # what follows is a position in the text
    inner = where[1:] if len(where) > 1 and where[0] in ("body", "query", "path", "header", "cookie") else where
    return ".".join(map(str, inner))
