"""Whatever a client sends, whoever it is, it gets an answer that is documented: schemathesis over all operations.

The examples are drawn from the names of the operations, so that every run asks the same; `make soak` looks further.
"""

import asyncio
import itertools
import shutil
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from meydan.accounts.permissions import GRANTS, Role
from meydan.app.http import build_http
from meydan.platform.problems import PROBLEM_TYPE
from meydan.platform.settings import load_settings
from tests import soak
from tests.chat.node import Node, running_node

_NOWHERE = "http://127.0.0.1:9"
_CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance]
_numbers = itertools.count()

description = build_http({}).openapi()
schema = schemathesis.openapi.from_dict(description)
schema.config.generation.update(modes=[GenerationMode.POSITIVE, GenerationMode.NEGATIVE])


async def _user(node: Node, role: Role) -> dict[str, str]:
    return (await node.person(f"kisi{next(_numbers)}", role)).headers


async def _guest(node: Node) -> dict[str, str]:
    return (await node.guest(f"konuk{next(_numbers)}")).headers


async def _key(node: Node) -> dict[str, str]:
    person = await node.person(f"anahtarli{next(_numbers)}", Role.ADMIN)
    service = node.square.accounts.service
    actor = await service.authenticate_bearer(person.token)
    made = await service.keys.create(actor, name="her şey", scopes=GRANTS[Role.ADMIN])
    return {"x-api-key": made.key}


async def _nobody(_node: Node) -> dict[str, str]:
    return {}


IDENTITIES: dict[str, Callable[[Node], Coroutine[Any, Any, dict[str, str]]]] = {
    "owner": lambda node: _user(node, Role.OWNER),
    "member": lambda node: _user(node, Role.MEMBER),
    "guest": _guest,
    "key": _key,
    "nobody": _nobody,
}


@dataclass
class Square:
    """A node in a loop and thread of its own."""

    node: Node
    loop: asyncio.AbstractEventLoop

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.node.port}"

    def headers(self, identity: str) -> dict[str, str]:
        """Return what somebody new of this kind shows: what they do to themselves harms no other test."""
        return asyncio.run_coroutine_threadsafe(IDENTITIES[identity](self.node), self.loop).result(60)


@pytest.fixture(scope="module")
def square(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Square]:
    """Run a node on SQLite."""
    folder = tmp_path_factory.mktemp("fuzz")
    shutil.copy(sqlite_template, folder / "meydan.db")
    node_settings = load_settings(_env_file=None, MEYDAN_DATA_DIR=folder, MEYDAN_PORT=0, TELEGRAM_API_URL=_NOWHERE)
    started: Future[Node] = Future()
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    async def run() -> None:
        async with running_node(node_settings) as node:
            await node.generous()
            await node.square.accounts.live.change("accounts", {"guests_per_minute": 1_000_000}, by="test")
            started.set_result(node)
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(run(),))
    thread.start()
    yield Square(started.result(30), loop)
    loop.call_soon_threadsafe(stop.set)
    thread.join(30)
    loop.close()


_session = requests.Session()  # one connection for everything
_session.trust_env = False


def test_every_answer_in_the_description_has_its_status() -> None:
    for path, item in description["paths"].items():
        for method, operation in item.items():
            assert "default" not in operation["responses"], f"{method} {path}"
            assert {"400", "503"} <= operation["responses"].keys(), f"{method} {path}"


@pytest.mark.soak
@pytest.mark.parametrize("identity", IDENTITIES)
@schema.parametrize()
@settings(
    derandomize=not soak.WHOLE,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    max_examples=soak.size(slice=1, whole=40),
    phases=[Phase.explicit, Phase.generate] if soak.WHOLE else [Phase.generate],
)
def test_every_answer_is_documented(case: Case[Any], identity: str, square: Square, headers: dict[str, str]) -> None:
    response = case.call(base_url=square.address, session=_session, headers=headers)
    assert response.status_code < 500 or response.status_code == 503, (
        response.status_code, response.text, case.as_curl_command(),
    )  # fmt: skip
    case.validate_response(response, checks=_CHECKS)
    if response.status_code >= 400:
        assert response.headers["content-type"] == [PROBLEM_TYPE], case.as_curl_command()
        problem = response.json()
        assert problem["status"] == response.status_code
        assert problem["kod"]
        assert problem["baslik"]


@pytest.fixture
def headers(identity: str, square: Square) -> dict[str, str]:
    return square.headers(identity)
