"""A real square in a process of its own, and people with a browser each."""

import contextlib
import json
import re
import sqlite3
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from tests.chromium import faults, launch, require_chromium
from tests.conftest import missing
from tests.processes import Program, free_port, wait_for_answer, warm_meydan

PASSWORD: Final = "uzun-ve-akilda-kalir"
PANEL: Final = Path(__file__).parents[2] / "meydan/panel/index.html"
Scheme = Literal["light", "dark"]
T = TypeVar("T")
# What a browser notes by itself when a server is away or refuses; everything else in the console is the panel's fault.
_NOTED: Final = ("Failed to load resource", "WebSocket connection to")
# Once: whoever signs out later stays out.
_SIGNED_IN: Final = """if (localStorage.getItem("test.signed-in") === null) {
  localStorage.setItem("test.signed-in", "1");
  localStorage.setItem("meydan.signed-in", "1");
}"""
expect.set_options(timeout=30_000)


@dataclass
class Square:
    """A running square; `program` can be killed and started again on the same port."""

    program: Program
    port: int

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.program.start()
        wait_for_answer(self.program, self.port)

    def back_up(self) -> Path:
        """Make a backup as the operations page says, while the square runs."""
        backup = self.program.folder / "backup.db"
        with contextlib.closing(sqlite3.connect(self._file)) as database:
            database.execute("vacuum into ?", (str(backup),))
        return backup

    def put_back(self, backup: Path) -> None:
        """Stop, put the backup in the place of the database, and start again."""
        self.program.end()
        for behind in ("-wal", "-shm"):
            self._file.with_name(self._file.name + behind).unlink(missing_ok=True)
        backup.replace(self._file)
        restored = warm_meydan("restored", folder=self.program.folder)
        restored.start()
        assert restored.wait() == 0, restored.output()
        self.start()

    @property
    def _file(self) -> Path:
        return self.program.folder / "data/meydan.db"

    def owner_link(self) -> str:
        found = re.search(r"/kurulum#anahtar=\S+", self.program.output())
        assert found, self.program.output()
        return self.address + found.group()

    def register(self, name: str) -> dict[str, Any]:
        return self.post("/auth/register", {"username": name, "password": PASSWORD, "name": name.title()})

    def post(self, path: str, body: dict[str, Any], *, token: str = "") -> dict[str, Any]:
        headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
        request = urllib.request.Request(f"{self.address}/api/v1{path}", json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request, timeout=10) as response:
            answer: dict[str, Any] = json.loads(response.read() or b"{}")
            return answer


# Playwright keeps an event loop running on the thread that it is started on, and the other tests bring loops of their
# own: everything that touches a browser happens on this thread.
_thread: Final = ThreadPoolExecutor(1, thread_name_prefix="browser")


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool:
    """Run the tests of this folder on the browser's thread."""
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    _thread.submit(pyfuncitem.obj, **arguments).result()
    return True


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    playwright = _thread.submit(lambda: sync_playwright().start()).result()
    browser = _thread.submit(launch, playwright).result()
    yield browser
    _thread.submit(browser.close).result()
    _thread.submit(playwright.stop).result()


@pytest.fixture(autouse=True)
def needs_browser(record_property: Callable[[str, object], None]) -> None:
    require_chromium(record_property)
    if not PANEL.is_file():
        missing("the panel (make web)", record_property)


@pytest.fixture(scope="module")
def square(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Square]:
    port = free_port()
    program = warm_meydan(
        "up", folder=tmp_path_factory.mktemp("square"), MEYDAN_HOST="127.0.0.1", MEYDAN_PORT=str(port)
    )
    square = Square(program, port)
    square.start()
    yield square
    program.stop()


@dataclass
class Visitor:
    """One person's browser."""

    context: BrowserContext
    page: Page
    square: Square
    complaints: list[str]

    def go(self, path: str) -> None:
        self.page.goto(self.square.address + path)

    def return_as(self, name: str) -> None:
        """Be whoever signed in here before, without the page that asks for it."""
        body = {"username": name, "password": PASSWORD, "session": "cookie"}
        answer = self.context.request.post(self.square.address + "/api/v1/auth/login", data=body)
        assert answer.ok, answer.text()
        self.context.add_init_script(_SIGNED_IN)

    def sign_in(self, name: str) -> None:
        self.go("/giris")
        self.page.get_by_label("Kullanıcı adı").fill(name)
        self.page.get_by_role("textbox", name="Parola").fill(PASSWORD)
        self.page.get_by_role("button", name="Giriş yap").click()
        self.page.wait_for_url(re.compile(r"/(odalar|oda/.*)?$"))

    def open_room(self, room: str = "genel") -> None:
        self.go(f"/oda/{room}")
        expect(self.composer).to_be_editable()

    def take_part(self, room: str = "genel") -> None:
        """Open the room and speak there: whoever leaves a page before it has joined is no member."""
        self.open_room(room)
        self.say("buradayım")
        expect(self.said("buradayım").last).to_be_visible()

    def say(self, text: str) -> None:
        self.composer.fill(text)
        self.composer.press("Enter")

    @property
    def composer(self) -> Any:
        return self.page.get_by_role("textbox", name="İleti", exact=True)

    def said(self, text: str) -> Any:
        return self.page.get_by_role("article").filter(has_text=text)

    def use_scheme(self, scheme: Scheme) -> None:
        self.page.emulate_media(color_scheme=scheme)
        expect(self.page.locator("html")).to_have_attribute("data-mantine-color-scheme", scheme)

    def serious_faults(self) -> list[str]:
        """Return what axe finds on the page in light and, of its colours, in dark."""
        found = faults(self.page)
        self.use_scheme("dark")
        found += [f"dark: {fault}" for fault in faults(self.page, of_colours=True)]
        self.use_scheme("light")
        return found


@contextlib.contextmanager
def visits(chromium: Browser, square: Square) -> Iterator[Callable[..., Visitor]]:
    """Open browsers; at the end they close, and nobody's console may hold an error or a warning."""
    visitors: list[Visitor] = []

    def opened(*, width: int = 1280, height: int = 800, scheme: str = "light", touch: bool = False) -> Visitor:
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            locale="tr-TR",
            has_touch=touch,
            is_mobile=touch,
            color_scheme="dark" if scheme == "dark" else "light",
            reduced_motion="reduce",  # a click waits until what it aims at stands still
        )
        page = context.new_page()
        visitor = Visitor(context, page, square, [])
        page.on("pageerror", lambda error: visitor.complaints.append(str(error)))
        page.on("console", lambda message: heed(visitor, message))
        visitors.append(visitor)
        return visitor

    def heed(visitor: Visitor, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(_NOTED):
            visitor.complaints.append(message.text)

    yield opened
    for visitor in visitors:
        _thread.submit(visitor.context.close).result()
    assert [complaint for visitor in visitors for complaint in visitor.complaints] == []


@pytest.fixture
def visit(chromium: Browser, square: Square) -> Iterator[Callable[..., Visitor]]:
    """Open a browser of one's own."""
    with visits(chromium, square) as opened:
        yield opened


def in_browser(work: Callable[..., T], *arguments: Any) -> T:
    """Do on the browser's thread what a fixture of a whole module does there."""
    return _thread.submit(work, *arguments).result()
