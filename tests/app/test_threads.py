"""A request is carried out on the event loop: FastAPI sends what is no coroutine to a thread, each time."""

import inspect
from collections.abc import Callable, Iterator
from typing import Any

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from meydan.app.http import build_http


def test_no_dependency_endpoint_or_handler_waits_for_a_thread() -> None:
    app = build_http({})
    routes = [route for route in _routes(app.routes) if isinstance(route, APIRoute)]
    called = {call for route in routes for call in _calls(route.dependant)}
    assert len(called) > 50
    threaded = [call for call in (*called, *app.exception_handlers.values()) if not _is_coroutine(call)]
    assert not threaded


def _routes(routes: Any) -> Iterator[Any]:
    for route in routes:
        yield route
        yield from _routes(getattr(route, "routes", ()))


def _calls(dependant: Dependant) -> Iterator[Callable[..., Any]]:
    if dependant.call is not None:
        yield dependant.call
    for inner in dependant.dependencies:
        yield from _calls(inner)


def _is_coroutine(call: Any) -> bool:
    return inspect.iscoroutinefunction(call) or inspect.iscoroutinefunction(type(call).__call__)
