"""Whatever a client sends, it gets an answer of the documented kind: schemathesis over the whole OpenAPI document.

The examples are drawn from the names of the operations, so that every run asks the same.
"""

import asyncio
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import Future
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

from meydan.app.http import build_http
from meydan.platform.problems import PROBLEM_TYPE
from meydan.platform.settings import load_settings
from tests.chat.node import running_node

_KEY = "the-key-of-the-environment-of-tests"
_NOWHERE = "http://127.0.0.1:9"
_EXAMPLES = 3
_CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance]

schema = schemathesis.openapi.from_dict(build_http({}).openapi())
schema.config.generation.update(modes=[GenerationMode.POSITIVE, GenerationMode.NEGATIVE])


@pytest.fixture(scope="module")
def address(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run a node on SQLite in a loop of its own and give its address."""
    folder = tmp_path_factory.mktemp("fuzz")
    shutil.copy(sqlite_template, folder / "meydan.db")
    node_settings = load_settings(
        _env_file=None, MEYDAN_DATA_DIR=folder, MEYDAN_PORT=0, API_KEY=_KEY, TELEGRAM_API_URL=_NOWHERE
    )
    started: Future[str] = Future()
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    async def run() -> None:
        async with running_node(node_settings) as node:
            started.set_result(f"http://127.0.0.1:{node.port}")
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(run(),))
    thread.start()
    yield started.result(30)
    loop.call_soon_threadsafe(stop.set)
    thread.join(30)
    loop.close()


_session = requests.Session()  # one connection for everything
_session.trust_env = False
_QUICK = settings(derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))


@schema.parametrize()
@settings(_QUICK, max_examples=_EXAMPLES, phases=[Phase.explicit, Phase.generate])
def test_every_answer_is_of_the_documented_kind(case: Case[Any], address: str) -> None:
    judge(case, address, {"X-API-Key": _KEY})


@schema.parametrize()
@settings(_QUICK, max_examples=_EXAMPLES, phases=[Phase.generate])
def test_whoever_says_not_who_they_are_gets_one_too(case: Case[Any], address: str) -> None:
    judge(case, address, {})


def judge(case: Case[Any], address: str, headers: dict[str, str]) -> None:
    response = case.call(base_url=address, session=_session, headers=headers)
    assert response.status_code < 500, (response.status_code, response.text, case.as_curl_command())
    if response.status_code < 400:
        case.validate_response(response, checks=_CHECKS)
    else:
        assert response.headers["content-type"] == [PROBLEM_TYPE], case.as_curl_command()
        problem = response.json()
        assert problem["status"] == response.status_code
        assert problem["kod"]
        assert problem["baslik"]
