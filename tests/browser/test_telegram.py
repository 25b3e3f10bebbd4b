"""Telegram's place in the panel, tried with the fake Telegram that runs beside the square."""

import contextlib
import json
import re
import sqlite3
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import FilePayload, Locator, expect

from meydan.telegram.fake.tokens import new_token
from tests.browser.conftest import PASSWORD, Square, Visitor
from tests.chromium import faults

pytestmark = pytest.mark.browser

_PAGES_SCROLLED_SIDEWAYS = """() => [document.documentElement, ...document.querySelectorAll("*")]
    .filter(one => one.scrollWidth > one.clientWidth && one.querySelector("nav"))
    .filter(one => !["visible", "clip"].includes(getComputedStyle(one).overflowX) || one === document.documentElement)
    .map(one => `${one.className} is ${one.scrollWidth} wide in ${one.clientWidth}`)"""
_CUT_OFF = "labels => labels.filter(one => one.scrollWidth > one.clientWidth).map(one => one.textContent)"


@dataclass
class Fake:
    """The fake Telegram's control API."""

    address: str

    @classmethod
    def beside(cls, square: Square) -> "Fake":
        found = re.search(r"Sahte Telegram[^:]*: (http://127\.0\.0\.1:\d+)", square.program.output())
        assert found, square.program.output()
        return cls(found.group(1))

    def do(self, command: str, **body: Any) -> Any:
        return self._ask(command, json.dumps(body).encode())

    def state(self) -> Any:
        return self._ask("state")

    def messages(self, chat: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._ask(f"messages?chat={chat}")["messages"]
        return found

    def said(self, chat: str) -> list[str]:
        return [message.get("text", "") for message in self.messages(chat)]

    def _ask(self, path: str, body: bytes | None = None) -> Any:
        request = urllib.request.Request(f"{self.address}/_fake/{path}", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as response:
            return json.load(response)


@dataclass
class Operator:
    """The owner in the panel."""

    visitor: Visitor
    fake: Fake

    def click(self, role: Any, name: str) -> None:
        self.visitor.page.get_by_role(role, name=name, exact=True).click()

    def speak(self, language: str) -> None:
        """Choose the panel's language in the menu of the account."""
        self.visitor.page.get_by_role("button", name=re.compile("^Sahip Hanım('s account| hesabı)$")).click()
        self.click("menuitem", language)
        self.visitor.page.keyboard.press("Escape")

    def open_chat(self, title: str) -> None:
        """Open a chat from the list of chats; until that list is there, the section before it is still on the page."""
        self.click("link", "Sohbetler")
        chats = self.visitor.page.get_by_role("navigation", name="Sohbetler")
        chats.get_by_role("link", name=title).click()
        expect(self.visitor.page.get_by_role("heading", name=title)).to_be_visible()

    def told(self, words: str) -> None:
        expect(self.visitor.page.get_by_text(words).first).to_be_visible()

    def send(self, text: str) -> Locator:
        """Write in the chat that is open, and return the row of what was written."""
        self.visitor.page.get_by_role("textbox", name="İleti").fill(text)
        self.click("button", "Sıraya koy")
        return self.row(text)

    def row(self, text: str) -> Locator:
        """Return the row that tells of a send, the newest when there are several."""
        return self.visitor.page.locator("li[data-row]").filter(has_text=text).first


def test_a_bot_is_added_and_speaks_and_what_is_uncertain_is_decided(
    visit: Callable[..., Visitor], square: Square
) -> None:
    key = square.owner_link().partition("anahtar=")[2]
    square.post("/auth/owner", {"token": key, "username": "sahip", "password": PASSWORD, "name": "Sahip Hanım"})
    operator = Operator(visit(), Fake.beside(square))
    operator.visitor.return_as("sahip")
    operator.visitor.go("/")
    operator.click("link", "Telegram")
    operator.told("Henüz bot yok")
    token = operator.fake.do("bots", name="Haber Botu", username="haber_bot")["token"]
    refuses_a_wrong_token(operator)
    adds_a_bot(operator, token)
    refuses_the_same_bot_again(operator, token)
    chat = finds_the_group_that_the_bot_is_put_into(operator)
    sends_from_the_composer(operator, chat)
    shows_what_people_answer(operator, chat)
    shows_the_budget(operator)
    lifts_what_telegram_holds_back(operator, chat)
    sends_a_file_and_takes_it_back(operator, chat)
    keeps_what_waits_while_the_bot_is_stopped(operator, chat)
    says_why_a_send_failed_and_tries_it_again(operator, chat)
    decides_what_is_uncertain(operator, chat)
    stops_what_follows_a_part_that_did_not_arrive(operator, chat)
    arranges_the_outbox(operator)
    tells_where_a_text_is_malformed(operator)
    puts_a_session_away_and_deletes_it(operator, square)
    can_be_used_by_keyboard(operator)
    has_no_serious_faults_and_fits_a_phone(operator, chat)
    removes_the_bot(operator)


def refuses_a_wrong_token(operator: Operator) -> None:
    page = operator.visitor.page
    operator.click("button", "Bot ekle")
    dialog = page.get_by_role("dialog")
    field = dialog.get_by_label("Bot anahtarı", exact=True)
    expect(field).to_have_attribute("type", "password")
    dialog.get_by_role("button", name="Bot ekle").click()
    expect(dialog.get_by_text("Bu alan gerekli.")).to_be_visible()
    field.fill(new_token(7_123_456_789))
    dialog.get_by_role("button", name="Bot ekle").click()
    expect(dialog.get_by_text("Telegram bu anahtarı tanımıyor")).to_be_visible()
    expect(field).to_have_attribute("aria-invalid", "true")
    assert faults(page) == []


def adds_a_bot(operator: Operator, token: str) -> None:
    page = operator.visitor.page
    page.get_by_role("dialog").get_by_label("Bot anahtarı", exact=True).fill(token)
    page.get_by_role("dialog").get_by_role("button", name="Bot ekle").click()
    expect(page.get_by_role("heading", name="Haber Botu")).to_be_visible()
    operator.told("Çalışıyor")
    operator.told("Bu bot henüz hiçbir sohbet görmedi")
    assert token not in page.content()
    page.get_by_role("main").get_by_role("link", name="Botlar").last.click()
    expect(page.get_by_role("row", name="@haber_bot")).to_contain_text("Çalışıyor")
    assert token not in page.content()


def refuses_the_same_bot_again(operator: Operator, token: str) -> None:
    operator.click("button", "Bot ekle")
    dialog = operator.visitor.page.get_by_role("dialog")
    dialog.get_by_label("Bot anahtarı", exact=True).fill(token)
    dialog.get_by_role("button", name="Bot ekle").click()
    expect(dialog.get_by_text("@haber_bot daha önce eklenmiş")).to_be_visible()
    dialog.get_by_role("button", name="Vazgeç").click()


def finds_the_group_that_the_bot_is_put_into(operator: Operator) -> str:
    fake, page = operator.fake, operator.visitor.page
    operator.click("link", "Sohbetler")
    operator.told("Henüz sohbet yok")
    state = fake.state()
    (bot,) = (bot["user"]["id"] for bot in state["bots"])
    chat: str = next(chat["key"] for chat in state["chats"] if chat["chat"]["title"] == "Deneme Grubu")
    fake.do("members", chat=chat, user=bot, status="administrator")
    page.get_by_role("link", name="Deneme Grubu").click()
    expect(page.get_by_role("heading", name="Deneme Grubu")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text="Haber Botu").last).to_contain_text("Yönetici")
    return chat


def sends_from_the_composer(operator: Operator, chat: str) -> None:
    operator.click("button", "Sıraya koy")
    operator.told("Bu alan gerekli.")
    row = operator.send("Günaydın meydan")
    expect(row).to_contain_text("Gönderildi")
    assert "Günaydın meydan" in operator.fake.said(chat)


def shows_the_budget(operator: Operator) -> None:
    page = operator.visitor.page
    page.get_by_role("main").get_by_role("link", name="Haber Botu").click()
    meter = page.get_by_role("meter", name="Deneme Grubu, 60 sn içinde en çok 20")
    expect(meter).to_have_attribute("value", "1")
    page.go_back()


def shows_what_people_answer(operator: Operator, chat: str) -> None:
    page = operator.visitor.page
    conversation = page.get_by_role("region", name="Konuşma", exact=True)
    expect(conversation.get_by_role("listitem").filter(has_text="Günaydın meydan")).to_contain_text("Haber Botu")
    person = operator.fake.state()["people"][0]
    operator.fake.do("messages", chat=chat, person=person["id"], text="/kur dolar kaç lira?")
    answer = conversation.get_by_role("listitem").filter(has_text="/kur dolar kaç lira?")
    expect(answer).to_contain_text(person["first_name"])
    expect(answer).to_be_in_viewport()


def lifts_what_telegram_holds_back(operator: Operator, chat: str) -> None:
    page = operator.visitor.page
    operator.fake.do("failures", kind="error_429", count=1, method="sendMessage", seconds=9_000)
    row = operator.send("Bekletilen")
    expect(row).to_contain_text("Sırada")
    expect(row).to_contain_text("Telegram bekletiyor")
    page.get_by_role("main").get_by_role("link", name="Haber Botu").click()
    held = page.get_by_role("list", name="Telegram bekletiyor").get_by_role("listitem")
    expect(held).to_contain_text("Deneme Grubu")
    held.get_by_role("button", name="Beklemeyi kaldır: Deneme Grubu").click()
    operator.told("Bekleme kaldırıldı; bot hemen yeniden dener")
    expect(held).to_have_count(0)
    page.go_back()
    expect(row).to_contain_text("Gönderildi")
    assert "Bekletilen" in operator.fake.said(chat)


def sends_a_file_and_takes_it_back(operator: Operator, chat: str) -> None:
    page = operator.visitor.page
    note = FilePayload(name="not.txt", mimeType="text/plain", buffer=b"Kapanis notu")
    page.locator("input[type=file]").set_input_files(note)
    row = operator.send("Ekli not")
    expect(row).to_contain_text("Gönderildi")
    (sent,) = (message for message in operator.fake.messages(chat) if message.get("caption") == "Ekli not")
    assert sent["document"]["file_name"] == "not.txt"
    row.get_by_role("button", name="“Ekli not” için eylemler").click()
    operator.click("menuitem", "Telegram'dan sil")
    page.get_by_role("dialog").get_by_role("button", name="Telegram'dan sil").click()
    expect(operator.row("silme")).to_contain_text("Gönderildi")
    assert not any(message.get("caption") == "Ekli not" for message in operator.fake.messages(chat))


def keeps_what_waits_while_the_bot_is_stopped(operator: Operator, chat: str) -> None:
    page = operator.visitor.page
    page.get_by_role("main").get_by_role("link", name="Haber Botu").click()
    operator.click("button", "Durdur")
    expect(page.get_by_role("main").get_by_text("Durduruldu", exact=True)).to_be_visible()
    page.get_by_role("link", name="Deneme Grubu").click()
    row = operator.send("Bot dinlenirken yazıldı")
    expect(row).to_contain_text("Sırada")
    expect(row).to_contain_text("bot durdurulmuş")
    row.get_by_role("button", name="Vazgeç").click()
    expect(row).to_contain_text("İptal edildi")
    page.get_by_role("status").get_by_role("button", name="Geri al").last.click()
    expect(row).to_contain_text("Sırada")
    assert "Bot dinlenirken yazıldı" not in operator.fake.said(chat)


def says_why_a_send_failed_and_tries_it_again(operator: Operator, chat: str) -> None:
    page, fake = operator.visitor.page, operator.fake
    (bot,) = (bot["user"]["id"] for bot in fake.state()["bots"])
    fake.do("members", chat=chat, user=bot, status="kicked")
    operator.click("link", "Botlar")
    operator.click("button", "Haber Botu için eylemler")
    operator.click("menuitem", "Başlat")
    expect(page.get_by_role("row", name="@haber_bot")).to_contain_text("Forbidden")
    operator.click("link", "Giden kutusu")
    row = operator.row("Bot dinlenirken yazıldı")
    expect(row).to_contain_text("Başarısız")
    expect(row).to_contain_text("Telegram 403: Forbidden")
    fake.do("members", chat=chat, user=bot, status="administrator")
    row.get_by_role("button", name="Yeniden dene").click()
    expect(row).to_contain_text("Gönderildi")
    assert fake.said(chat).count("Bot dinlenirken yazıldı") == 1


def decides_what_is_uncertain(operator: Operator, chat: str) -> None:
    page = operator.visitor.page
    operator.fake.do("failures", kind="drop_after", count=1, method="sendMessage")
    operator.open_chat("Deneme Grubu")
    row = operator.send("Yanıtı yolda kaldı")
    expect(row).to_contain_text("Belirsiz")
    row.get_by_role("link", name="Karar ver").click()
    operator.told("Ulaştığı bilinmeyen 1 gönderim")
    assert operator.fake.said(chat).count("Yanıtı yolda kaldı") == 1
    operator.click("button", "Ulaşmış: Yanıtı yolda kaldı")
    operator.told("Gönderildi sayıldı")
    expect(page.get_by_text("Ulaştığı bilinmeyen")).to_have_count(0)
    page.get_by_role("button", name=re.compile("^Gönderildi")).click()
    expect(operator.row("Yanıtı yolda kaldı")).to_contain_text("Gönderildi")
    assert operator.fake.said(chat).count("Yanıtı yolda kaldı") == 1


def stops_what_follows_a_part_that_did_not_arrive(operator: Operator, chat: str) -> None:
    page = operator.visitor.page
    operator.fake.do("failures", kind="error_404", count=1, method="sendMessage")
    operator.open_chat("Deneme Grubu")
    order = f"Birinci parça\n\n{'söz ' * 1_000}\n\nİkinci parça {'söz ' * 300}"
    page.get_by_role("textbox", name="İleti").fill(order)
    operator.click("button", "Sıraya koy")
    operator.click("link", "Giden kutusu")
    page.get_by_role("button", name=re.compile("^Durdu")).click()
    second = operator.row("İkinci parça")
    expect(second).to_contain_text("Önceki parça ulaşmadığı için durdu; o yeniden denenince buradan sürer.")
    expect(second).to_contain_text("Telegram 404: Not Found")
    states = page.get_by_role("group", name="Durumlara göre").get_by_role("button")
    assert states.evaluate_all("all => new Set(all.map(one => one.getBoundingClientRect().top)).size") == 1
    operator.speak("English")
    expect(second).to_contain_text("Stopped because the part before it did not arrive")
    expect(page.get_by_role("button", name=re.compile("^Stopped"))).to_contain_text("1")
    operator.speak("Türkçe")
    for width in (360, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert faults(page) == []
    page.get_by_role("button", name=re.compile("^Başarısız")).click()
    operator.row("Birinci parça").get_by_role("button", name="Yeniden dene").click()
    page.get_by_role("button", name=re.compile("^Gönderildi")).click()
    expect(second).to_contain_text("Gönderildi")
    assert [text[:13] for text in operator.fake.said(chat)[-2:]] == ["Birinci parça", "İkinci parça "]


def arranges_the_outbox(operator: Operator) -> None:
    page = operator.visitor.page
    rows = page.locator("li[data-row]")
    operator.click("link", "Giden kutusu")
    operator.click("button", "Sıralama: En yeni önce")
    operator.click("menuitem", "En eski önce")
    expect(page).to_have_url(re.compile("sira=created_at"))
    expect(rows.first).to_contain_text("Günaydın meydan")
    page.reload()
    expect(rows.first).to_contain_text("Günaydın meydan")
    operator.click("button", "Sıralama: En eski önce")
    operator.click("menuitem", "Sırası gelen önce")
    expect(page).to_have_url(re.compile("durum=queued"))
    operator.told("Bu süzgeçle gönderim yok")
    page.get_by_role("button", name=re.compile("^Gönderildi")).click()
    expect(page).not_to_have_url(re.compile("sira="))
    expect(rows.last).to_contain_text("Günaydın meydan")


def tells_where_a_text_is_malformed(operator: Operator) -> None:
    page = operator.visitor.page
    operator.open_chat("Deneme Grubu")
    page.get_by_role("textbox", name="İleti").fill("<b>kapanmadı")
    page.get_by_role("combobox", name="Biçim").click()
    operator.click("option", "HTML")
    operator.click("button", "Sıraya koy")
    operator.told("karakterde okunamadı")


def puts_a_session_away_and_deletes_it(operator: Operator, square: Square) -> None:
    page = operator.visitor.page
    folder = square.program.folder / "data/sessions"
    folder.mkdir(mode=0o700, exist_ok=True)
    with contextlib.closing(sqlite3.connect(folder / "haber.session")) as session:
        session.execute("create table version (version integer)")
    operator.click("link", "Hesaplar")
    row = page.get_by_role("row", name="haber")
    expect(row).to_contain_text("Boşta")
    for act, after in (("Kaldır", "Elle kaldırıldı"), ("Sil", None)):
        row.get_by_role("button", name=f"haber oturumunu {act.lower()}").click()
        page.get_by_role("textbox", name="“haber”").fill("haber")
        page.get_by_role("dialog").get_by_role("button", name=act).click()
        if after is not None:
            expect(row).to_contain_text(after)
    operator.told("haber silindi")
    operator.told("meydan telegram login")
    assert not (folder / "haber.session").exists()


def can_be_used_by_keyboard(operator: Operator) -> None:
    page = operator.visitor.page
    operator.click("link", "Botlar")
    expect(page.get_by_role("row", name="@haber_bot")).to_be_visible()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name="Bot ara")).to_be_focused()
    page.keyboard.type("olmayan")
    operator.told("“olmayan” ile eşleşen bot yok")
    page.get_by_role("searchbox", name="Bot ara").fill("HABER")
    page.get_by_role("searchbox", name="Bot ara").blur()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Haber Botu")).to_be_visible()


def has_no_serious_faults_and_fits_a_phone(operator: Operator, chat: str) -> None:
    visitor, page = operator.visitor, operator.visitor.page
    here = page.url
    found: dict[str, list[str]] = {}
    for address, shown in (
        (here, "Bütçe"),
        ("/telegram", "@haber_bot"),
        (f"/telegram/sohbetler/{chat}", "Son gönderimler"),
        ("/telegram/giden", "Günaydın meydan"),
        ("/telegram/oturumlar", "Henüz oturum yok"),
        ("/telegram/olcumler", "Gönderim / sn"),
    ):
        page.set_viewport_size({"width": 1280, "height": 800})
        page.goto(address if address == here else visitor.square.address + address)
        operator.told(shown)
        found[address] = visitor.serious_faults()
        cut = page.locator(".mantine-SegmentedControl-innerLabel").evaluate_all(_CUT_OFF)
        page.set_viewport_size({"width": 360, "height": 740})
        operator.told(shown)
        cut += page.locator(".mantine-SegmentedControl-innerLabel").evaluate_all(_CUT_OFF)
        assert not cut, f"{address} cuts off {cut}"
        assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"), f"{address} scrolls sideways"
        page.set_viewport_size({"width": 390, "height": 844})
        for language in ("English", "Türkçe"):
            operator.speak(language)
            assert page.evaluate(_PAGES_SCROLLED_SIDEWAYS) == [], f"{address} in {language}"
    page.set_viewport_size({"width": 1280, "height": 800})
    assert {address: faults for address, faults in found.items() if faults} == {}


def removes_the_bot(operator: Operator) -> None:
    page = operator.visitor.page
    operator.click("link", "Botlar")
    operator.click("button", "Haber Botu için eylemler")
    operator.click("menuitem", "Kaldır")
    button = page.get_by_role("dialog").get_by_role("button", name="Kaldır")
    expect(button).to_be_disabled()
    page.get_by_role("textbox", name="“Haber Botu”").fill("Haber Botu")
    button.click()
    operator.told("Haber Botu kaldırıldı")
    operator.told("Henüz bot yok")
