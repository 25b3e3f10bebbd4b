import asyncio
import io
import json
from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any, Literal

import httpx
import pytest
import structlog
from fastapi import FastAPI, Query, Response
from pydantic import Field
from starlette.exceptions import HTTPException
from starlette.types import Message, Scope

from meydan.platform.bodies import BodyModel, LargerBody
from meydan.platform.errors import MeydanError, NotAllowed, RateLimited, Unavailable
from meydan.platform.http import content_security_policy, install_http
from meydan.platform.logging import configure_logging
from meydan.platform.metrics import Metrics
from meydan.platform.texts import LANGUAGES, catalogue
from tests.loopback import http_client


class Body(BodyModel):
    name: str = Field(min_length=3)
    password: str = Field(min_length=8)


async def admit(scope: Scope, permission: str) -> None:
    if (b"x-api-key", permission.encode()) not in scope["headers"]:
        raise NotAllowed(izin=permission)


def build(metrics: Metrics | None = None, *, patience: float = 20.0) -> FastAPI:
    app = FastAPI()
    install_http(
        app,
        origins=["https://other.example"],
        metrics=metrics,
        limit=1000,
        larger={"/large": LargerBody(2000), "/kept": LargerBody(2000, "kept:send")},
        admit=admit,
        patience=patience,
    )

    @app.get("/ok")
    async def ok(limit: Annotated[int, Query(le=200)] = 50) -> dict[str, int]:
        structlog.get_logger("inner").info("working")
        return {"limit": limit}

    @app.post("/kept/below")
    @app.post("/large")
    @app.post("/body")
    async def body(body: Body) -> dict[str, str]:
        return {"name": body.name}

    @app.get("/sorted")
    async def sorted_(order: Literal["ad", "yaş"]) -> str:
        return order

    @app.get("/raise/{what}")
    async def fail(what: str) -> None:
        errors: dict[str, Exception] = {
            "wait": RateLimited(wait=1.2),
            "away": Unavailable(),
            "no": NotAllowed(izin="x"),
            "half": NotAllowed(izin="\ud800"),
            "teapot": HTTPException(418),
            "bug": RuntimeError("internal detail"),
        }
        raise errors[what] from (OSError("disk full") if what == "away" else None)

    return app


def call(app: FastAPI, method: str, path: str, **kwargs: Any) -> httpx.Response:
    async def once() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with http_client(transport=transport, base_url="http://meydan.test") as client:
            return await client.request(method, path, **kwargs)

    return asyncio.run(once())


@pytest.fixture
def logged() -> io.StringIO:
    stream = io.StringIO()
    configure_logging(stream=stream)
    return stream


def test_request_id_is_taken_or_made() -> None:
    app = build()
    assert call(app, "GET", "/ok", headers={"X-Request-Id": "abc-1"}).headers["x-request-id"] == "abc-1"
    made = call(app, "GET", "/ok", headers={"X-Request-Id": "bad id\t{}"}).headers["x-request-id"]
    assert len(made) == 16
    assert made != call(app, "GET", "/ok").headers["x-request-id"]


def test_one_access_line_without_the_query(logged: io.StringIO) -> None:
    call(build(), "GET", "/ok?limit=7&bilet=secret", headers={"X-Request-Id": "r1"})
    lines = [json.loads(line) for line in logged.getvalue().splitlines()]
    inner, access = (line for line in lines if line["event"] in ("working", "http.request"))
    assert inner["request_id"] == access["request_id"] == "r1"
    assert (access["method"], access["path"], access["status"]) == ("GET", "/ok", 200)
    assert access["ms"] >= 0
    assert "secret" not in logged.getvalue()


def test_security_headers_are_on_every_answer() -> None:
    for path in ("/ok", "/nowhere", "/raise/bug"):
        headers = call(build(), "GET", path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "ws://meydan.test" in headers["content-security-policy"]


def test_a_strange_host_adds_nothing_to_the_policy() -> None:
    assert "evil" not in content_security_policy("evil.example; script-src *")
    assert "wss://[::1]:8000" in content_security_policy("[::1]:8000")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "bulunamadi"),
        ("DELETE", "/ok", 405, "yontem_yok"),
        ("GET", "/ok?limit=500", 422, "gecersiz_alan"),
        ("GET", "/raise/no", 403, "yetki_yok"),
        ("GET", "/raise/half", 403, "yetki_yok"),
        ("GET", "/raise/wait", 429, "hiz_siniri"),
        ("GET", "/raise/away", 503, "gecici_kesinti"),
        ("GET", "/raise/teapot", 418, "gecersiz_istek"),
        ("GET", "/raise/bug", 500, "ic_hata"),
    ],
)
def test_every_error_is_a_problem(method: str, path: str, status: int, code: str) -> None:
    response = call(build(), method, path)
    body = response.json()
    assert response.headers["content-type"] == "application/problem+json"
    assert (response.status_code, body["status"], body["kod"]) == (status, status, code)
    assert body["type"] == f"urn:meydan:hata:{code}"
    assert body["title"] == body["baslik"]
    assert body["detail"] == body["ayrinti"]


def test_texts_follow_the_reader() -> None:
    app = build()
    assert call(app, "GET", "/nowhere").json()["baslik"] == "Bulunamadı"
    english = call(app, "GET", "/nowhere", headers={"Accept-Language": "en-GB,en;q=0.9"})
    assert english.json()["baslik"] == "Not found"
    assert english.headers["content-language"] == "en"


def test_method_error_names_what_is_allowed() -> None:
    assert call(build(), "DELETE", "/ok").headers["allow"] == "GET"


def test_waiting_time_is_rounded_up() -> None:
    assert call(build(), "GET", "/raise/wait").headers["retry-after"] == "2"


def test_validation_names_all_fields_and_shows_no_input() -> None:
    response = call(build(), "POST", "/body", json={"name": 3, "password": "hush"})
    body = response.json()
    assert body["alan"] == "name"
    assert body["hatalar"] == [
        {"alan": "name", "neden": "metin olmalı", "neden_kodu": "string_type"},
        {"alan": "password", "neden": "en az 8 karakter olmalı", "neden_kodu": "string_too_short"},
    ]
    assert "hush" not in response.text


@pytest.mark.parametrize(("language", "choice"), [("tr", "'ad' ya da 'yaş'"), ("en", "'ad' or 'yaş'")])
def test_what_may_be_chosen_is_named_in_the_readers_language(language: str, choice: str) -> None:
    body = call(build(), "GET", "/sorted?order=boy", headers={"Accept-Language": language}).json()
    assert choice in body["hatalar"][0]["neden"]


def test_broken_json_is_a_problem() -> None:
    response = call(build(), "POST", "/body", content=b"{", headers={"Content-Type": "application/json"})
    assert response.status_code == 422
    assert (response.json()["alan"], response.json()["neden"]) == ("body", "geçerli bir JSON değil")


def test_why_a_part_is_away_is_in_the_log_and_not_in_the_answer(logged: io.StringIO) -> None:
    response = call(build(), "GET", "/raise/away", headers={"X-Request-Id": "r3"})
    assert "disk full" not in response.text
    line = next(json.loads(line) for line in logged.getvalue().splitlines() if "disk full" in line)
    assert (line["request_id"], line["code"]) == ("r3", "gecici_kesinti")


def test_a_bug_tells_its_request_id_and_nothing_else(logged: io.StringIO) -> None:
    response = call(build(), "GET", "/raise/bug", headers={"X-Request-Id": "r2"})
    assert response.json()["istek_id"] == "r2"
    assert "internal detail" not in response.text
    assert "internal detail" in logged.getvalue()


async def test_who_is_cut_off_at_the_end_is_told_to_come_back(logged: io.StringIO) -> None:
    app, began, told = build(), asyncio.Event(), list[Message]()

    @app.get("/slow")
    async def slow() -> None:
        began.set()
        await asyncio.Event().wait()

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        told.append(message)

    scope: Scope = {
        "type": "http",
        "method": "GET",
        "path": "/slow",
        "headers": [],
        "query_string": b"",
        "client": None,
    }
    request = asyncio.create_task(app(scope, receive, send))
    await began.wait()
    request.cancel()
    with pytest.raises(asyncio.CancelledError):
        await request
    assert told[0]["status"] == 503
    assert json.loads(told[1]["body"])["kod"] == "kapaniyor"
    assert "unhandled" not in logged.getvalue()


def test_body_limit_by_announcement_and_by_arrival() -> None:
    async def chunks(count: int) -> AsyncIterator[bytes]:
        for _ in range(count):
            yield b" " * 100

    app = build()
    announced = call(app, "POST", "/body", content=b" " * 1001)
    json_type = {"Content-Type": "application/json"}
    arrived = call(app, "POST", "/body", content=chunks(11), headers=json_type)
    for response in (announced, arrived):
        assert (response.status_code, response.json()["kod"]) == (413, "govde_buyuk")
    assert call(app, "POST", "/body", content=chunks(10), headers=json_type).status_code == 422


def test_the_limit_that_is_told_is_the_one_of_the_address() -> None:
    async def chunks(count: int) -> AsyncIterator[bytes]:
        for _ in range(count):
            yield b" " * 100

    json_type = {"Content-Type": "application/json"}
    refused = call(build(), "POST", "/large", content=chunks(21), headers=json_type)
    assert (refused.status_code, refused.json()["sinir"]) == (413, 2000)
    assert refused.headers["connection"] == "close"
    assert call(build(), "POST", "/large", content=chunks(20), headers=json_type).status_code == 422


def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    async def stuck() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    json_type = {"Content-Type": "application/json"}
    given_up = call(build(patience=0.0), "POST", "/body", content=stuck(), headers=json_type)
    assert (given_up.status_code, given_up.json()["kod"]) == (408, "govde_yavas")
    assert given_up.headers["connection"] == "close"
    whole = {"name": "ayşe", "password": "parolaparola"}
    assert call(build(), "POST", "/body", json=whole).json() == {"name": "ayşe"}


def test_head_is_answered_as_get_without_the_body() -> None:
    head, get = call(build(), "HEAD", "/ok"), call(build(), "GET", "/ok")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(get.content))
    assert call(build(), "HEAD", "/nowhere").status_code == 404
    assert call(build(), "HEAD", "/body").status_code == 405


def test_listed_origins_only() -> None:
    app = build()
    listed = call(app, "GET", "/raise/bug", headers={"Origin": "https://other.example"})
    assert listed.headers["access-control-allow-origin"] == "https://other.example"
    assert "access-control-allow-origin" not in call(app, "GET", "/ok", headers={"Origin": "https://x.example"}).headers


def test_answers_are_counted_by_class() -> None:
    metrics = Metrics()
    app = build(metrics)
    for path in ("/ok", "/nowhere", "/raise/bug"):
        call(app, "GET", path)
    text = metrics.render().decode()
    for status in ("2xx", "4xx", "5xx"):
        assert f'meydan_http_requests_total{{status="{status}"}} 1.0' in text


def test_every_error_has_its_texts() -> None:
    def kinds(base: type[MeydanError]) -> Iterator[type[MeydanError]]:
        yield base
        for kind in base.__subclasses__():
            yield from kinds(kind)

    for language in LANGUAGES:
        texts = catalogue(language)["error"]
        mine = {kind.code for kind in kinds(MeydanError) if kind.__module__.startswith("meydan.platform")}
        assert mine <= texts.keys()
        assert all({"title", "detail"} == texts[code].keys() for code in texts)
    assert catalogue("tr")["error"].keys() == catalogue("en")["error"].keys()


async def test_who_may_send_much_is_asked_before_anything_of_it_is_read() -> None:
    read = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(15):
            read += 1
            yield b" " * 100

    async with http_client(transport=httpx.ASGITransport(build()), base_url="http://meydan.test") as client:
        for headers, content in (({}, chunks()), ({"x-api-key": "other"}, b" " * 1500)):
            refused = await client.post("/kept/below", content=content, headers=headers)
            assert (refused.status_code, refused.json()["kod"]) == (403, "yetki_yok")
            assert refused.headers["connection"] == "close"
        assert read == 0
        json_type = {"x-api-key": "kept:send", "Content-Type": "application/json"}
        assert (await client.post("/kept/below", content=chunks(), headers=json_type)).status_code == 422
        assert read == 15


def test_of_many_faults_twenty_are_told_and_of_hundreds_of_keys_none() -> None:
    for count, told in ((40, 20), (100, 1)):
        answer = call(build(), "POST", "/large", json={f"k{number}": 1 for number in range(count)})
        assert answer.status_code == 422
        assert len(answer.json()["hatalar"]) == told
        assert len(answer.content) < 4_000


def test_the_name_of_a_field_that_is_quoted_is_short() -> None:
    assert len(call(build(), "POST", "/body", json={"k" * 900: 1}).content) < 2_000


def test_a_body_that_trickles_has_an_end_however_much_has_come() -> None:
    async def trickle() -> AsyncIterator[bytes]:
        while True:
            yield b" "

    json_type = {"Content-Type": "application/json"}
    assert call(build(patience=0.01), "POST", "/body", content=trickle(), headers=json_type).status_code in (408, 413)


@pytest.mark.parametrize(
    ("path", "headers", "kept"),
    [
        ("/ok", {}, None),
        ("/ok", {"Authorization": "Bearer x"}, "no-store"),
        ("/ok", {"X-API-Key": "x"}, "no-store"),
        ("/ok", {"Cookie": "a=b"}, "no-store"),
        ("/api/ok", {}, "no-store"),
        ("/api/kept", {"Authorization": "Bearer x"}, "max-age=60"),
    ],
)
def test_nobody_on_the_way_keeps_what_is_answered_to_one(path: str, headers: dict[str, str], kept: str | None) -> None:
    app = build()

    @app.get("/api/ok")
    async def ok() -> None: ...

    @app.get("/api/kept")
    async def kept_for_a_while(response: Response) -> None:
        response.headers["Cache-Control"] = "max-age=60"

    assert call(app, "GET", path, headers=headers).headers.get("cache-control") == kept


def test_a_square_of_https_says_so_for_all_its_names() -> None:
    assert "strict-transport-security" not in call(build(), "GET", "/ok").headers
    app = FastAPI()
    install_http(app, https=True)
    assert call(app, "GET", "/").headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"
    assert "base-uri 'none'" in call(app, "GET", "/").headers["content-security-policy"]
