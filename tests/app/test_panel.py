import asyncio
import gzip
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from meydan.app.panel import mount_panel
from meydan.platform.http import install_http
from tests.loopback import http_client

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def get(app: FastAPI, path: str, method: str = "GET", **kwargs: Any) -> httpx.Response:
    async def once() -> httpx.Response:
        async with http_client(transport=httpx.ASGITransport(app), base_url="http://m.test") as client:
            return await client.request(method, path, **kwargs)

    return asyncio.run(once())


def build(directory: Path) -> FastAPI:
    app = FastAPI()
    install_http(app)
    mount_panel(app, directory)

    @app.post("/api/v1/mesaj/gonder")
    async def send() -> None:
        pass

    return app


@pytest.fixture
def built(tmp_path: Path) -> FastAPI:
    panel = tmp_path / "panel"
    (panel / "assets").mkdir(parents=True)
    (panel / "index.html").write_text("<!doctype html><title>Meydan</title>")
    (panel / "favicon.svg").write_text("<svg/>")
    (panel / "assets" / "index-a1b2c3.js").write_text("export {}")
    (tmp_path / "secret.txt").write_text("not for the web")
    return build(panel)


def test_a_browser_gets_the_page_and_a_program_gets_json(built: FastAPI) -> None:
    page = get(built, "/", headers=HTML)
    assert "<title>Meydan" in page.text
    assert page.headers["cache-control"] == "no-cache"
    body = get(built, "/").json()
    assert body["ad"] == "Meydan"
    assert body.keys() == {"ad", "surum", "durum", "belgeler", "mesaj", "websocket_endpoint"}
    assert body["websocket_endpoint"] == "/api/v1/ws/{kullanici_id}"


@pytest.mark.parametrize("path", ["/oda/genel", "/giris", "/davet", "/kurulum", "/sistem/kayitlar"])
def test_client_routes_are_the_page(built: FastAPI, path: str) -> None:
    assert "<title>Meydan" in get(built, path, headers=HTML).text


@pytest.mark.parametrize("path", ["/api/v1/nowhere", "/api", "/metrics", "/saglik/nowhere", "/assets/gone-000.js"])
def test_other_addresses_never_are(built: FastAPI, path: str) -> None:
    response = get(built, path, headers=HTML)
    assert (response.status_code, response.json()["kod"]) == (404, "bulunamadi")


def test_an_unknown_address_asked_by_a_program_is_a_problem(built: FastAPI) -> None:
    assert get(built, "/oda/genel").json()["kod"] == "bulunamadi"
    assert get(built, "/oda/genel", "POST", headers=HTML).status_code == 404
    assert get(built, "/api/v1/mesaj/gonder", headers=HTML).status_code == 405


def test_hashed_assets_are_kept_for_good(built: FastAPI) -> None:
    asset = get(built, "/assets/index-a1b2c3.js")
    assert "immutable" in asset.headers["cache-control"]
    assert asset.headers["content-type"].startswith("text/javascript")
    again = get(built, "/assets/index-a1b2c3.js", headers={"If-None-Match": asset.headers["etag"]})
    assert again.status_code == 304
    assert get(built, "/assets/index-a1b2c3.js", headers={"Range": "bytes=0-5"}).text == "export"
    assert get(built, "/assets/index-a1b2c3.js", "POST").status_code == 405
    assert "immutable" not in get(built, "/favicon.svg").headers["cache-control"]


def test_a_hashed_asset_is_read_once_and_any_other_file_each_time(built: FastAPI, tmp_path: Path) -> None:
    for path in ("assets/index-a1b2c3.js", "favicon.svg"):
        get(built, f"/{path}")
        (tmp_path / "panel" / path).write_text("changed")
    assert get(built, "/assets/index-a1b2c3.js").text == "export {}"
    assert get(built, "/favicon.svg").text == "changed"


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br", "br"),
        ("gzip;q=1.0, br;q=0", "gzip"),
        ("GZIP", "gzip"),
        ("identity", None),
        ("br; q=0.000", None),
        ("", None),
    ],
)
def test_an_asset_travels_as_small_as_the_client_takes_it(
    built: FastAPI, tmp_path: Path, accepted: str, encoding: str | None
) -> None:
    assets = tmp_path / "panel/assets"
    for name, packed in (("br", b"not unpacked here"), ("gz", gzip.compress(b"export {}"))):
        (assets / f"index-a1b2c3.js.{name}").write_bytes(packed)
    asset = get(built, "/assets/index-a1b2c3.js", "HEAD", headers={"Accept-Encoding": accepted})
    assert asset.headers.get("content-encoding") == encoding
    assert asset.headers["content-type"].startswith("text/javascript")
    assert asset.headers["vary"] == "Accept-Encoding"
    assert "immutable" in asset.headers["cache-control"]
    if encoding == "gzip":
        assert get(built, "/assets/index-a1b2c3.js", headers={"Accept-Encoding": accepted}).text == "export {}"
    assert get(built, "/assets/index-a1b2c3.js.br").status_code == 404


@pytest.mark.parametrize("path", ["/../secret.txt", "/%2e%2e/secret.txt", "/assets/..%2f..%2fsecret.txt"])
def test_files_outside_the_panel_stay_there(built: FastAPI, path: str) -> None:
    assert "not for the web" not in get(built, path, headers=HTML).text


def test_a_panel_that_is_not_built_says_what_to_do(tmp_path: Path) -> None:
    app = build(tmp_path / "missing")
    page = get(app, "/", headers=HTML)
    assert page.status_code == 503
    assert "make web" in page.text
    assert "Panel henüz derlenmemiş" in page.text
    assert get(app, "/").status_code == 200
