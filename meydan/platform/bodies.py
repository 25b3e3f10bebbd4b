"""What a request may bring: small bodies for everybody, larger ones where declared, to whom they are allowed."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic_core import PydanticCustomError
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from meydan.platform.errors import MeydanError
from meydan.platform.problems import language_of, problem_response

SMALL_BODY: Final = 16_384
_PATIENCE: Final = 20.0  # seconds, whatever the length
_SLOWEST: Final = 100_000  # bytes each second of what is longer
_MOST_KEYS: Final = 64
_HALF: Final = re.compile("[\ud800-\udfff]")


class BodyTooLarge(MeydanError):
    """The request's body is longer than is read."""

    status, code = 413, "govde_buyuk"


class BodyTooSlow(MeydanError):
    """The request's body came so slowly that the rest is not waited for."""

    status, code = 408, "govde_yavas"


class BodyRefused(HTTPException):
    """A problem found while a body is read: of exceptions there, FastAPI lets only this kind through."""

    def __init__(self, problem: MeydanError) -> None:
        super().__init__(problem.status, headers={"Connection": "close"})  # the rest is not read
        self.problem = problem


class BodyModel(BaseModel):
    """A body whose keys are all known; of one that has hundreds nobody wants to hear about each."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _few_keys(cls, data: Any) -> Any:
        if isinstance(data, dict) and len(data) > _MOST_KEYS:
            raise PydanticCustomError("too_many_keys", "too many fields")
        return whole_text(data)


def whole_text(data: Any) -> Any:
    """Return what came as JSON; raise when a text in it holds half a character, which no text of UTF-8 can.

    JSON may spell one as an escape. It would break wherever the text is stored, hashed or sent on.
    """
    waiting = [data]
    while waiting:
        match waiting.pop():
            case str() as text:
                if not text.isascii() and _HALF.search(text):
                    raise PydanticCustomError("string_unicode", "must be valid text")
            case dict() as fields:
                waiting += [*fields, *fields.values()]
            case list() as items:
                waiting += items
    return data


@dataclass(frozen=True)
class LargerBody:
    """How long the bodies of an address may be, and what one must be allowed to send them, if anything."""

    limit: int
    permission: str = ""


Admit = Callable[[Scope, str], Awaitable[None]]


class BodyLimit:
    """Refuse bodies longer than their address takes, by their announced length or while they arrive, and slow ones.

    An address with larger bodies, and whatever lies below it, takes them from those whom `admit` lets through: it is
    asked with the permission before anything of the body is read. A body gets `patience` seconds, and as many more as
    a slow line needs for the length that is allowed.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        limit: int = SMALL_BODY,
        larger: Mapping[str, LargerBody] | None = None,
        admit: Admit | None = None,
        patience: float = _PATIENCE,
    ) -> None:
        self._app = app
        self._limit = limit
        self._larger = larger or {}
        self._admit = admit
        self._patience = patience

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self._app(scope, receive, send)
            return
        try:
            limit = await self._limit_of(scope)
        except MeydanError as refusal:
            response = problem_response(refusal, language_of(Headers(scope=scope)))
            response.headers["Connection"] = "close"
            await response(scope, receive, send)
            return
        await self._app(scope, self._counted(receive, limit), send)

    async def _limit_of(self, scope: Scope) -> int:
        announced = Headers(scope=scope).get("content-length", "")
        length = int(announced) if announced.isascii() and announced.isdecimal() else None
        if length is not None and length <= self._limit:
            return self._limit
        larger = self._larger_of(scope["path"])
        limit = self._limit if larger is None else larger.limit
        if length is not None and length > limit:
            raise BodyTooLarge(sinir=limit)
        if larger is not None and larger.permission and self._admit is not None:
            await self._admit(scope, larger.permission)
        return limit

    def _larger_of(self, path: str) -> LargerBody | None:
        for address, larger in self._larger.items():
            if path == address or path.startswith(f"{address}/"):
                return larger
        return None

    def _counted(self, receive: Receive, limit: int) -> Receive:
        arrived, whole = 0, False
        longest = 0.0 if limit <= self._limit else limit / _SLOWEST
        until = asyncio.get_running_loop().time() + self._patience + longest

        async def counted() -> Message:
            nonlocal arrived, whole
            if whole:
                return await receive()
            try:
                async with asyncio.timeout_at(until):
                    message = await receive()
            except TimeoutError:
                raise BodyRefused(BodyTooSlow()) from None
            if message["type"] == "http.request":
                arrived += len(message.get("body", b""))
                whole = not message.get("more_body", False)
                if arrived > limit:
                    raise BodyRefused(BodyTooLarge(sinir=limit))
            return message

        return counted
