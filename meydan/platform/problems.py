"""Errors as HTTP tells them: RFC 9457 problem bodies, and what an endpoint documents of them."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from starlette.datastructures import Headers
from starlette.responses import JSONResponse

from meydan.platform.errors import InvalidInput, MeydanError, RateLimited
from meydan.platform.reasons import of_pydantic
from meydan.platform.texts import Language, preferred

PROBLEM_TYPE: Final = "application/problem+json"
_FAULTS_TOLD: Final = 20
_NAME_SHOWN: Final = 200

_PROBLEMS: Final = {
    400: "Not understood: no JSON, no form, or no request at all",
    401: "Not signed in",
    403: "Not allowed",
    404: "No such thing, or none that this actor may see",
    408: "Came too slowly",
    409: "In the way of something that is there",
    413: "Too large",
    422: "Invalid input",
    429: "Too often; `bekle` says how many seconds to wait",
    503: "A part that is needed does not answer; try again",
}


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
    return response


def invalid_input(errors: Sequence[Mapping[str, Any]], language: Language) -> InvalidInput:
    """Return the error of what pydantic found, the first twenty faults of it in `hatalar`."""
    first = errors[0]
    problem = InvalidInput(field=_field(first), reason=of_pydantic(first))
    problem.data["hatalar"] = validation_data(errors[:_FAULTS_TOLD], language)
    return problem


def validation_data(errors: Sequence[Mapping[str, Any]], language: Language) -> list[dict[str, str]]:
    """Return each of pydantic's errors as `alan`, `neden` and its code, without the input, which may be a secret."""
    reasons = [(_field(error), of_pydantic(error)) for error in errors]
    return [{"alan": name, "neden": why.words(language), "neden_kodu": why.code} for name, why in reasons]


def language_of(headers: Headers) -> Language:
    """Return the language that whoever asks reads."""
    return preferred(headers.get("accept-language"))


def _field(error: Mapping[str, Any]) -> str:
    where = error["loc"]
    if error["type"] == "json_invalid":
        return str(where[0])  # what follows is a position in the text
    inner = where[1:] if len(where) > 1 and where[0] in ("body", "query", "path", "header", "cookie") else where
    return ".".join(map(str, inner))[:_NAME_SHOWN]
