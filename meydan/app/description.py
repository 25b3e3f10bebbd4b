"""The OpenAPI description: what every operation may answer besides what it names itself, made once."""

import asyncio
from collections.abc import Collection
from hashlib import sha256
from typing import Any, Final

import msgspec
from fastapi import FastAPI, Request, Response

from meydan.platform.problems import problems
from meydan.platform.structs import schemas_of

PATH: Final = "/openapi.json"
_METHODS: Final = frozenset({"get", "put", "post", "patch", "delete"})


def describe(app: FastAPI, *, shapes: Collection[type[msgspec.Struct]] = ()) -> None:
    """Let `app` tell of each operation all the problems that it may answer with, and of the structs in its answers."""
    plain = app.openapi

    def whole() -> dict[str, Any]:
        if app.openapi_schema is None:
            described = plain()
            for path in described["paths"].values():
                for method, operation in path.items():
                    if method in _METHODS:
                        _complete(operation)
            schemas = described.setdefault("components", {}).setdefault("schemas", {})
            schemas.update(schemas_of(shapes))
            for unused in ("HTTPValidationError", "ValidationError"):
                schemas.pop(unused, None)
        assert app.openapi_schema is not None  # noqa: S101  # made above
        return app.openapi_schema

    app.openapi = whole  # type: ignore[method-assign]  # as FastAPI's manual has it
    made: list[tuple[bytes, str]] = []
    making = asyncio.Lock()

    async def description(request: Request) -> Response:
        async with making:
            if not made:  # it takes a good part of a second, which nobody who talks should wait for
                body = await asyncio.to_thread(lambda: msgspec.json.encode(app.openapi()))
                made.append((body, f'"{sha256(body).hexdigest()[:32]}"'))
        ((body, tag),) = made
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers={"ETag": tag})
        return Response(body, media_type="application/json", headers={"ETag": tag, "Cache-Control": "no-cache"})

    app.add_route(PATH, description, include_in_schema=False)


def _complete(operation: dict[str, Any]) -> None:
    answers = operation["responses"]
    if "application/json" in answers.get("422", {}).get("content", {}):
        del answers["422"]  # FastAPI's own shape, which is not ours
    further = [400, 503]
    if operation.get("parameters"):
        further += [422]
    if "requestBody" in operation:
        further += [408, 413, 422]
    if "security" in operation:
        further += [401, 403, 429]  # who guesses keys is slowed, and who changes much
    for status, answer in problems(*further).items():
        answers.setdefault(str(status), answer)
    operation["responses"] = dict(sorted(answers.items()))
