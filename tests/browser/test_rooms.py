"""What a room owes to whoever talks in it: one square, a few people, one page each."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser.conftest import PASSWORD, Square, Visitor

pytestmark = pytest.mark.browser

Visit = Callable[..., Visitor]


@dataclass
class Cast:
    """Who plays: the owner and a member of the square, each with a page and a token for what is done elsewhere."""

    owner: Visitor
    member: Visitor
    tokens: dict[str, str]

    def say_elsewhere(self, who: str, text: str, room: str = "genel") -> str:
        """Say something through HTTP and return the message's id."""
        sent = self.owner.square.post("/mesaj/gonder", {"oda_id": room, "icerik": text}, token=self.tokens[who])
        message_id: str = sent["mesaj_id"]
        return message_id

    def change(self, path: str, body: dict[str, Any]) -> None:
        """Change something at the server as the owner."""
        address = f"{self.owner.square.address}/api/v1{path}"
        headers = {"Authorization": f"Bearer {self.tokens['sahip']}"}
        answer = self.owner.page.request.patch(address, data=body, headers=headers)
        assert answer.ok, answer.text()


def test_a_room_keeps_what_it_promises(visit: Visit, square: Square) -> None:
    key = square.owner_link().partition("anahtar=")[2]
    made = square.post("/auth/owner", {"token": key, "username": "sahip", "password": PASSWORD, "name": "Sahip Hanım"})
    tokens = {"sahip": made["access_token"], "ayse": square.register("ayse")["access_token"]}
    cast = Cast(visit(), visit(), tokens)
    cast.owner.sign_in("sahip")
    cast.member.sign_in("ayse")
    cast.change("/settings/chat", {"messages_per_second": 1000, "message_burst": 1000})
    shows_a_fresh_owner_what_to_do_next(cast)
    for visitor in (cast.owner, cast.member):
        visitor.open_room()
    deletes_at_once_and_brings_back(cast)
    clears_the_bell_in_the_room(cast)
    archives_reads_and_restores(cast)
    hears_of_a_new_limit(cast)
    late = visit()
    gives_back_what_was_refused(cast, late)
    keeps_what_is_being_written(cast)
    asks_before_changes_are_left(cast)
    tells_whoever_is_removed(cast)
    says_when_a_link_leads_nowhere(cast)
    names_what_is_shown(cast)
    tells_whoever_is_suspended(cast, late)
    keeps_the_newest_in_view(cast)
    holds_a_message_on_a_phone(cast, visit(width=390, height=844, touch=True))


def act(page: Page, message: Any, name: str) -> None:
    """Choose from a message's menu."""
    message.hover()
    message.get_by_role("button", name="İleti eylemleri", exact=True).click()
    page.get_by_role("menuitem", name=name).click()


def deletes_at_once_and_brings_back(cast: Cast) -> None:
    owner, member = cast.owner, cast.member
    member.say("yanlış odaya yazdım")
    expect(owner.said("yanlış odaya yazdım")).to_be_visible()
    act(member.page, member.said("yanlış odaya yazdım"), "Sil")
    expect(owner.page.get_by_text("Bu ileti silindi")).to_be_visible()
    expect(owner.page.get_by_role("button", name="Vazgeç")).to_have_count(0)
    member.page.get_by_role("button", name="Vazgeç").click()
    expect(owner.said("yanlış odaya yazdım")).to_be_visible()
    expect(member.said("yanlış odaya yazdım")).to_be_visible()
    act(owner.page, owner.said("yanlış odaya yazdım"), "Sil")
    told = member.page.get_by_text("Bu ileti bir moderatör tarafından silindi")
    expect(told).to_be_visible()
    member.page.reload()
    expect(told).to_be_visible()
    expect(member.page.get_by_role("button", name="Vazgeç")).to_have_count(0)


def clears_the_bell_in_the_room(cast: Cast) -> None:
    page = cast.member.page
    page.get_by_role("link", name="Profil", exact=True).or_(
        page.get_by_role("button", name="Ayse hesabı")
    ).first.click()
    page.get_by_role("menuitem", name="Profil ve tercihler").click()
    cast.say_elsewhere("sahip", "@ayse burada mısınız")
    expect(page.get_by_role("button", name="1 okunmamış bildirim")).to_be_visible()
    cast.member.open_room()
    expect(cast.member.said("burada mısınız")).to_be_visible()
    expect(page.get_by_role("button", name="Bildirimler", exact=True)).to_be_visible()


def archives_reads_and_restores(cast: Cast) -> None:
    page, square = cast.owner.page, cast.owner.square
    square.post("/sohbet/oda-olustur", {"oda_id": "borsa", "baslik": "Borsa Köşesi"}, token=cast.tokens["sahip"])
    cast.say_elsewhere("sahip", "kapanmadan önce", "borsa")
    cast.owner.open_room("borsa")
    page.get_by_role("button", name="Oda ayarları").click()
    page.get_by_role("button", name="Odayı arşivle").click()
    page.get_by_role("textbox", name="“Borsa Köşesi”").fill("Borsa Köşesi")
    page.get_by_role("dialog").last.get_by_role("button", name="Odayı arşivle").click()
    expect(page.get_by_text("Borsa Köşesi arşivlendi")).to_be_visible()
    page.get_by_role("button", name="Arşiv", exact=True).click()
    archive = page.get_by_role("dialog", name="Arşiv")
    archive.get_by_role("button", name="Oku").click()
    expect(archive.get_by_text("kapanmadan önce")).to_be_visible()
    archive.get_by_role("button", name="Geri yükle").click()
    expect(page.get_by_text("Borsa Köşesi geri yüklendi")).to_be_visible()
    expect(cast.owner.said("kapanmadan önce")).to_be_visible()
    cast.owner.say("yine açık")
    expect(cast.owner.said("yine açık")).to_be_visible()


def hears_of_a_new_limit(cast: Cast) -> None:
    page = cast.member.page
    cast.member.composer.fill("a" * 70)
    expect(page.get_by_role("button", name="Gönder")).to_be_enabled()
    cast.change("/settings/chat", {"max_length": 60})
    expect(page.get_by_text("10 karakter fazla")).to_be_visible()
    expect(page.get_by_role("button", name="Gönder")).to_be_disabled()
    cast.member.composer.fill("")


def gives_back_what_was_refused(cast: Cast, late: Visitor) -> None:
    """A message that was written under the old limit and refused under the new one can be shortened."""

    def deaf(line: WebSocketRoute) -> None:
        server = line.connect_to_server()
        server.on_message(lambda frame: None if '"sinirlar"' in str(frame) else line.send(frame))

    cast.tokens["mert"] = late.square.register("mert")["access_token"]
    late.page.route_web_socket(re.compile("/api/v1/ws/"), deaf)
    late.page.route("**/yetenekler", lambda route: route.fulfill(json={**route.fetch().json(), "azami_uzunluk": 4000}))
    late.sign_in("mert")
    late.open_room()
    said = late.said("yine açık").or_(late.said("burada mısınız")).first
    act(late.page, said, "Yanıtla")
    late.say("b" * 70)
    expect(
        late.page.get_by_text("İleti 70 karakter; en çok 60 karakter olabilir. Kısaltıp yeniden gönderin.")
    ).to_be_visible()
    expect(late.composer).to_have_value("b" * 70)
    expect(late.page.get_by_text("kişisine yanıt")).to_be_visible()
    expect(late.page.get_by_text("gönderilemedi")).to_have_count(0)
    late.say("şimdi kısa")
    expect(cast.member.said("şimdi kısa").get_by_text("burada mısınız")).to_be_visible()
    cast.change("/settings/chat", {"max_length": 4000})


def keeps_what_is_being_written(cast: Cast) -> None:
    member, page = cast.member, cast.member.page
    member.say("ilk hali")
    act(page, member.said("şimdi kısa"), "Yanıtla")
    member.composer.fill("yarım kalan yanıt")
    page.reload()
    expect(member.composer).to_have_value("yarım kalan yanıt")
    expect(page.get_by_text("Mert kişisine yanıt")).to_be_visible()
    with page.expect_popup() as popup:
        page.evaluate("() => void window.open(location.href)")
    other = popup.value
    expect(other.get_by_role("textbox", name="İleti", exact=True)).to_have_value("yarım kalan yanıt")
    expect(other.get_by_text("Mert kişisine yanıt")).to_be_visible()
    other.close()
    act(page, member.said("ilk hali"), "Düzenle")
    member.composer.fill("ilk hali değişti")
    page.reload()
    expect(page.get_by_text("İleti düzenleniyor")).to_be_visible()
    expect(member.composer).to_have_value("ilk hali değişti")
    member.composer.press("Escape")
    expect(member.composer).to_have_value("yarım kalan yanıt")
    expect(page.get_by_text("Mert kişisine yanıt")).to_be_visible()
    member.composer.press("Enter")
    expect(member.said("yarım kalan yanıt").get_by_text("şimdi kısa")).to_be_visible()
    page.reload()
    expect(member.composer).to_have_value("")


def asks_before_changes_are_left(cast: Cast) -> None:
    page = cast.owner.page
    cast.owner.open_room("borsa")
    page.get_by_role("button", name="Oda ayarları").click()
    page.get_by_role("textbox", name="Başlık").fill("Borsa ve Altın")
    page.get_by_role("dialog").get_by_role("button", name="Kapat").click()
    page.get_by_role("button", name="Düzenlemeyi sürdür").click()
    expect(page.get_by_role("textbox", name="Başlık")).to_have_value("Borsa ve Altın")
    page.get_by_role("dialog").get_by_role("button", name="Kaydet").click()
    expect(page.get_by_text("Oda kaydedildi")).to_be_visible()
    page.get_by_role("dialog").get_by_role("button", name="Kapat").click()
    cast.owner.go("/sistem/ayarlar")
    burst = page.get_by_role("textbox", name="Bir anda en çok ileti")
    burst.fill("33")
    page.get_by_role("link", name="Odalar").click()
    expect(page.get_by_text("Kaydedilmeyen değişiklikler var")).to_be_visible()
    page.get_by_role("button", name="Düzenlemeyi sürdür").click()
    expect(burst).to_have_value("33")
    page.get_by_role("link", name="Odalar").click()
    page.get_by_role("button", name="Kaydetmeden ayrıl").click()
    expect(page.get_by_role("heading", name="Odalar")).to_be_visible()


def shows_a_fresh_owner_what_to_do_next(cast: Cast) -> None:
    page = cast.owner.page
    cast.owner.go("/odalar")
    expect(page.get_by_role("heading", name="Meydanınız hazır")).to_be_visible()
    for step in ("Odaya git", "Ayarlar", "Kişiler"):
        expect(page.locator("ol").get_by_role("link", name=step)).to_be_visible()
    expect(page.get_by_text("Bir oda seçin")).to_have_count(0)
    cast.member.go("/odalar")
    expect(cast.member.page.get_by_text("Bir oda seçin", exact=True)).to_be_visible()


def tells_whoever_is_removed(cast: Cast) -> None:
    member, page = cast.member, cast.member.page
    member.open_room("borsa")
    member.composer.fill("yarım kaldı")
    cast.owner.open_room("borsa")
    cast.owner.page.get_by_role("button", name="Oda ayarları").click()
    cast.owner.page.get_by_role("button", name="Ayse kişisini çıkar").click()
    cast.owner.page.get_by_role("textbox", name="“ayse”").fill("ayse")
    cast.owner.page.get_by_role("dialog").last.get_by_role("button", name="Odadan çıkar").click()
    expect(page.get_by_text("Bu odadan çıkarıldınız.")).to_be_visible()
    expect(member.composer).to_have_count(0)
    page.get_by_role("button", name="Yeniden katıl").click()
    expect(member.composer).to_have_value("yarım kaldı")
    member.say("geri geldim")
    expect(cast.owner.said("geri geldim")).to_be_visible()
    cast.owner.page.get_by_role("dialog").get_by_role("button", name="Odayı arşivle").click()
    cast.owner.page.get_by_role("textbox", name="“Borsa ve Altın”").fill("Borsa ve Altın")
    cast.owner.page.get_by_role("dialog").last.get_by_role("button", name="Odayı arşivle").click()
    expect(page.get_by_text("Borsa ve Altın odası arşivlendi")).to_be_visible()
    expect(page.get_by_text("Bu oda bulunamadı")).to_be_visible()


def says_when_a_link_leads_nowhere(cast: Cast) -> None:
    page = cast.member.page
    cast.member.go("/oda/genel?ileti=0000")
    expect(page.get_by_text("Bu ileti bulunamadı")).to_be_visible()
    page.wait_for_url(re.compile(r"/oda/genel$"))
    cast.member.say("https://tr.example/%C5%9Ei%C5%9Fli%20x")
    link = page.get_by_role("link", name="https://tr.example/Şişli%20x")
    expect(link).to_have_attribute("href", "https://tr.example/%C5%9Ei%C5%9Fli%20x")


def names_what_is_shown(cast: Cast) -> None:
    """A list with a private room in it is not one of open rooms."""
    square, page = cast.owner.square, cast.owner.page
    square.post("/sohbet/oda-olustur", {"oda_id": "gizli", "tur": "ozel"}, token=cast.tokens["sahip"])
    cast.owner.go("/")
    expect(page.get_by_role("region", name="Odalar").get_by_text("gizli")).to_be_visible()
    expect(page.get_by_text("Açık odalar", exact=True)).to_have_count(0)


def tells_whoever_is_suspended(cast: Cast, late: Visitor) -> None:
    expect(late.composer).to_be_editable()
    cast.change("/users/mert", {"active": False})
    expect(late.page.get_by_text("Hesabınızı bir yönetici askıya aldı.")).to_be_visible()
    late.go("/ben")
    late.page.wait_for_url(re.compile(r"/giris\?sonra=/ben$"))
    late.go("/giris?sonra=/giris?sonra=/oda/genel")
    expect(late.page.get_by_role("link", name="Hesap aç")).to_have_attribute("href", "/kayit?sonra=/oda/genel")


def keeps_the_newest_in_view(cast: Cast) -> None:
    """A side panel, a keyboard and a turned phone move the rows; the newest message stays."""
    member, page = cast.member, cast.member.page
    for number in range(30):
        cast.say_elsewhere("sahip", f"{number}. söz, uzunca yazılmış ki dar yerde iki satır olsun " * 3)
    member.open_room()
    member.say("en yeni söz")
    newest = member.said("en yeni söz")
    expect(newest).to_be_in_viewport()
    for panel in ("İletilerde ara", "Kişiler"):
        button = page.get_by_role("button", name=panel, exact=True)
        button.click()
        expect(page.get_by_role("complementary", name=panel)).to_be_visible()
        expect(newest).to_be_in_viewport(ratio=0.9)
        button.click()
        expect(newest).to_be_in_viewport(ratio=0.9)
    for width, height in ((1280, 480), (390, 844), (390, 420), (844, 390), (1280, 800)):
        page.set_viewport_size({"width": width, "height": height})
        expect(newest).to_be_in_viewport()
    page.set_viewport_size({"width": 800, "height": 700})  # here the panel takes the talk's place
    page.get_by_role("button", name="Kişiler", exact=True).click()
    page.get_by_role("button", name="Kişileri kapat").click()
    expect(newest).to_be_in_viewport()
    page.set_viewport_size({"width": 1280, "height": 800})
    newest.hover()
    newest.get_by_role("button", name="Tepki ver", exact=True).click()
    expect(page.get_by_role("button", name="👍 ile tepki ver").first).to_be_visible()
    expect(page.get_by_role("tooltip", name="Tepki ver")).to_have_count(0)
    page.keyboard.press("Escape")


def holds_a_message_on_a_phone(cast: Cast, phone: Visitor) -> None:
    phone.square.register("pelin")
    phone.sign_in("pelin")
    phone.open_room()
    phone.say("telefondan bir")
    phone.say("telefondan iki")
    first, second = phone.said("telefondan bir"), phone.said("telefondan iki")
    expect(second.locator("time")).to_have_count(1)
    expect(first.locator("time")).to_have_count(0)
    first.dispatch_event("pointerdown", {"pointerType": "touch", "bubbles": True, "clientX": 300, "clientY": 600})
    phone.page.get_by_role("menuitem", name="Yanıtla").click()
    expect(phone.page.get_by_text("kişisine yanıt")).to_be_visible()
