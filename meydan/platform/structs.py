"""Answers whose shape is a msgspec struct: its bytes are the answer, its schema the description."""

from collections.abc import Collection
from typing import Any, Final

import msgspec
from starlette.responses import Response

_PLACE: Final = "#/components/schemas/{name}"


def struct_answer(value: msgspec.Struct, *, status: int = 200) -> Response:
    """Return the answer of an endpoint; pydantic would look at every value twice."""
    return Response(msgspec.json.encode(value), status_code=status, media_type="application/json")


def answers_with(shape: type[msgspec.Struct], *, status: int = 200) -> dict[int | str, dict[str, Any]]:
    """Return the `responses` of an endpoint that gives a `struct_answer`; `schemas_of` must hear of the shape too."""
    schema = {"$ref": _PLACE.format(name=shape.__name__)}
    return {status: {"content": {"application/json": {"schema": schema}}}}


def schemas_of(shapes: Collection[type[msgspec.Struct]]) -> dict[str, Any]:
    """Return the schemas of these shapes, and of those inside them, by name.

    Raises `TypeError` for a struct that leaves defaults out: no field may be missing from an answer.
    """
    for shape in shapes:
        if shape.__struct_config__.omit_defaults:
            raise TypeError(f"{shape.__name__} leaves out what has its default")
    _, schemas = msgspec.json.schema_components(tuple(shapes), ref_template=_PLACE)
    # msgspec describes what it reads, where a field with a default may be missing.
    for schema in schemas.values():
        fields = schema.get("properties", {})
        for field in fields.values():
            field.pop("default", None)
        if fields:
            schema["required"] = list(fields)
    return schemas
