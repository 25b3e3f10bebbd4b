"""A request's parameters, however they came: query, form, multipart or JSON."""

from typing import Any, Final, NamedTuple, TypeVar
from urllib.parse import parse_qsl

import aiohttp
import msgspec
from aiohttp.web import BaseRequest

from meydan.telegram.fake.answers import ApiError

_T = TypeVar("_T")
_decoder: Final = msgspec.json.Decoder()
FILE_LIMIT: Final = 50 * 1024 * 1024
_BODY_LIMIT: Final = 10 * FILE_LIMIT + 1024 * 1024  # an album of ten


class Upload(NamedTuple):
    """A file that came with a request."""

    name: str
    mime: str
    content: bytes


class Params:
    """Values by name; texts are read as what the method wants, as Telegram does."""

    __slots__ = ("uploads", "values")

    def __init__(self, values: dict[str, Any], uploads: dict[str, Upload] | None = None) -> None:
        self.values = values
        self.uploads = uploads or {}

    def text(self, name: str) -> str | None:
        """Return a text."""
        value = self.values.get(name)
        if value is None or isinstance(value, str):
            return value
        return str(value) if isinstance(value, int | float) else None

    def integer(self, name: str) -> int | None:
        """Return a whole number, `None` when it is missing or none."""
        value = self.values.get(name)
        if isinstance(value, int):
            return int(value)
        if isinstance(value, str):
            try:
                return int(value)
            except ValueError:
                return None
        return None

    def flag(self, name: str) -> bool:
        """Return a choice of yes or no."""
        value = self.values.get(name)
        return value is True or (isinstance(value, str) and value.casefold() in ("true", "yes", "1", "on"))

    def parsed(self, name: str, kind: type[_T], *, wrong: str) -> _T | None:
        """Return a structured value, given as such or as JSON in a text; else complain with `wrong`."""
        value = self.values.get(name)
        if value is None or value == "":
            return None
        try:
            return msgspec.json.decode(value, type=kind) if isinstance(value, str) else msgspec.convert(value, kind)
        except (msgspec.DecodeError, RecursionError):
            raise ApiError.bad(wrong) from None


async def read_params(request: BaseRequest) -> Params:
    """Read a request; raises `ApiError` when it is too large or not readable."""
    values: dict[str, Any] = dict(parse_qsl(request.query_string, keep_blank_values=True))
    if request.method != "POST":
        return Params(values)
    if request.content_length is not None and request.content_length > _BODY_LIMIT:
        raise ApiError.too_large()
    kind = request.content_type
    if kind == "multipart/form-data":
        return await read_multipart(await request.multipart(), values)
    body = await request.read()
    if kind == "application/json":
        try:
            given = _decoder.decode(body) if body else {}
        except (msgspec.DecodeError, RecursionError):
            raise ApiError.bad("can't parse JSON object") from None
        if not isinstance(given, dict):
            raise ApiError.bad("can't parse JSON object")
        values.update(given)
    elif body:
        values.update(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    return Params(values)


async def read_multipart(reader: aiohttp.MultipartReader, values: dict[str, Any]) -> Params:
    """Read a form with files; raises `ApiError` when a file is larger than Telegram takes."""
    uploads: dict[str, Upload] = {}
    while (part := await reader.next()) is not None:
        if not isinstance(part, aiohttp.BodyPartReader) or part.name is None:
            continue
        content = bytearray()
        while chunk := await part.read_chunk(256 * 1024):
            if len(content) <= FILE_LIMIT:  # the rest is read all the same, so that the answer reaches the sender
                content += chunk
        if len(content) > FILE_LIMIT:
            while await reader.next() is not None:
                pass
            raise ApiError.too_large()
        if part.filename is None:
            values[part.name] = bytes(content).decode("utf-8", "replace")
        else:
            mime = part.headers.get("Content-Type", "application/octet-stream")
            uploads[part.name] = Upload(part.filename, mime, bytes(content))
    return Params(values, uploads)
