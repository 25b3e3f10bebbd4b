"""The page, as a person uses it in a browser."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from tests.chromium import faults, launch, require_chromium
from tests.telegram.fake.conftest import Client

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def needs_browser(record_property: Callable[[str, object], None]) -> None:
    require_chromium(record_property)


async def _in_browser(work: Callable[[Browser], Any]) -> None:
    """Drive Chromium on a thread of its own, while the fake Telegram answers on this one."""

    def drive() -> None:
        with sync_playwright() as playwright:
            browser = launch(playwright)
            try:
                work(browser)
            finally:
                browser.close()

    with ThreadPoolExecutor(1) as thread:
        await asyncio.get_running_loop().run_in_executor(thread, drive)


def _open(browser: Browser, url: str, **context: Any) -> tuple[Page, list[str]]:
    page = browser.new_context(locale="tr-TR", **context).new_page()
    page.set_default_timeout(15_000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.goto(url)
    return page, errors


def _press(page: Page, answer: Callable[..., Any]) -> None:
    """Press the button and let the bot answer before the page hears that the press has arrived."""

    def answer_first(route: Route) -> None:
        arrived = route.fetch()
        pressed = answer("getUpdates")[-1]["callback_query"]
        answer("answerCallbackQuery", callback_query_id=pressed["id"], text="Kaydınız alındı")
        expect(page.get_by_role("status")).to_have_text("Kaydınız alındı")
        route.fulfill(response=arrived)

    page.route("**/_fake/presses", answer_first)
    with page.expect_request_finished(lambda request: request.url.endswith("/_fake/presses")):
        page.get_by_role("button", name="Evet").click()
    page.evaluate("() => new Promise(requestAnimationFrame)")
    expect(page.get_by_role("status")).to_have_text("Kaydınız alındı")


async def test_a_bot_is_made_added_and_talked_to(bot: Client) -> None:
    loop = asyncio.get_running_loop()

    def answer(method: str, **params: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(bot.ok(method, **params), loop).result(20)

    def work(browser: Browser) -> None:
        page, errors = _open(browser, bot.fake.url, viewport={"width": 1280, "height": 900})
        expect(page.get_by_text("yalnızca deneme için · Telegram değildir")).to_be_visible()
        form = page.locator("form[data-command=bots]")
        form.get_by_label("Ad", exact=True).fill("Yeni Bot")
        form.get_by_label("Kullanıcı adı").fill("yepyeni_bot")
        form.get_by_role("button", name="Oluştur").click()
        expect(page.get_by_text("@yepyeni_bot", exact=True)).to_be_visible()
        form.get_by_label("Ad", exact=True).fill("Yine")
        form.get_by_label("Kullanıcı adı").fill("yepyeni_bot")
        form.get_by_role("button", name="Oluştur").click()
        expect(page.get_by_role("alert")).to_contain_text("@yepyeni_bot adı kullanılıyor")
        errors.clear()  # the browser notes the refusal

        page.get_by_role("button", name="Deneme Grubu").click()
        page.get_by_text("Üyeler", exact=True).click()
        page.get_by_label("Kim").select_option(label="Deneme Botu (@deneme_bot)")
        page.get_by_role("button", name="Uygula").click()
        expect(page.get_by_role("log").get_by_text("katıldı: Deneme Botu")).to_be_visible()
        page.get_by_label("Yazan").select_option(label="Üye İki")
        page.get_by_label("İleti", exact=True).fill("/yardim lütfen")
        page.get_by_label("İleti", exact=True).press("Enter")
        expect(page.get_by_role("log").get_by_text("/yardim lütfen")).to_be_visible()
        told = next(update["message"] for update in answer("getUpdates") if "text" in update.get("message", {}))
        buttons = {"inline_keyboard": [[{"text": "Evet", "callback_data": "evet"}]]}
        where = {"chat_id": told["chat"]["id"], "reply_parameters": {"message_id": told["message_id"]}}
        answer("sendMessage", **where, text="<b>Buyurun</b> & sorun &lt;b&gt;", parse_mode="HTML", reply_markup=buttons)
        expect(page.get_by_role("log").get_by_text("Buyurun & sorun <b>")).to_be_visible()
        _press(page, answer)

        start = page.locator("form[data-command=starts]")
        start.get_by_label("Bot").select_option(label="Deneme Botu (@deneme_bot)")
        start.get_by_role("button", name="Başlat").click()
        expect(page.get_by_role("heading", name="Üye Bir ↔ Deneme Botu")).to_be_visible()
        page.get_by_role("button", name="Arızayı başlat").click()
        expect(page.get_by_text("error_500 × 1")).to_be_visible()
        page.get_by_role("button", name="Arızaları kaldır").click()
        expect(page.get_by_text("error_500 × 1")).to_be_hidden()
        page.get_by_role("button", name="English").click()
        expect(page.get_by_text("for trying only · not Telegram")).to_be_visible()
        assert errors == []

    await _in_browser(work)


async def test_axe_finds_nothing_in_either_light_and_on_a_phone(bot: Client, person: int) -> None:
    bot.fake.people.start(bot.id, person)

    def work(browser: Browser) -> None:
        page, errors = _open(browser, bot.fake.url, viewport={"width": 1280, "height": 900})
        page.get_by_role("button", name="Üye İki ↔ Deneme Botu").click()
        expect(page.get_by_role("log").get_by_text("/start")).to_be_visible()
        assert faults(page) == []
        page.emulate_media(color_scheme="dark")
        assert faults(page, of_colours=True) == []
        assert errors == []
        page, errors = _open(browser, bot.fake.url, viewport={"width": 360, "height": 740}, has_touch=True)
        for tab in ("Sohbetler", "İletiler", "Botlar"):
            page.get_by_role("navigation", name="Bölümler").get_by_role("button", name=tab).click()
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            assert faults(page) == []
        assert errors == []

    await _in_browser(work)
