"""What a room owes to whoever talks in it: one square, a few people, one page each."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, WebSocketRoute, expect

from tests.browser.conftest import PASSWORD, Square, Visitor, in_browser, visits

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

    def open_elsewhere(self, room: str, title: str, *, kind: str = "genel") -> None:
        """Open a room of the owner's through HTTP."""
        made = {"oda_id": room, "baslik": title, "tur": kind}
        self.owner.square.post("/sohbet/oda-olustur", made, token=self.tokens["sahip"])

    def change(self, path: str, body: dict[str, Any]) -> None:
        """Change something at the server as the owner."""
        address = f"{self.owner.square.address}/api/v1{path}"
        headers = {"Authorization": f"Bearer {self.tokens['sahip']}"}
        answer = self.owner.page.request.patch(address, data=body, headers=headers)
        assert answer.ok, answer.text()


@pytest.fixture(scope="module")
def cast(chromium: Browser, square: Square) -> Iterator[Cast]:
    """Open the square and its two pages once for all tests here; each brings along what it talks about."""

    def enter(visit: Visit) -> Cast:
        key = square.owner_link().partition("anahtar=")[2]
        owner = {"token": key, "username": "sahip", "password": PASSWORD, "name": "Sahip Hanım"}
        tokens = {"sahip": square.post("/auth/owner", owner)["access_token"]}
        tokens |= {name: square.register(name)["access_token"] for name in ("ayse", "mert")}
        cast = Cast(visit(), visit(), tokens)
        cast.owner.return_as("sahip")
        cast.member.return_as("ayse")
        cast.change("/settings/chat", {"messages_per_second": 1000, "message_burst": 1000})
        return cast

    with visits(chromium, square) as visit:
        yield in_browser(enter, visit)


def act(page: Page, message: Any, name: str) -> None:
    """Choose from a message's menu."""
    message.hover()
    message.get_by_role("button", name="İleti eylemleri", exact=True).click()
    page.get_by_role("menuitem", name=name).click()


def test_e8_a_fresh_owner_sees_what_to_do_next(cast: Cast) -> None:
    page = cast.owner.page
    cast.owner.go("/odalar")
    expect(page.get_by_role("heading", name="Meydanınız hazır")).to_be_visible()
    for step in ("Odaya git", "Ayarlar", "Kişiler"):
        expect(page.locator("ol").get_by_role("link", name=step)).to_be_visible()
    expect(page.get_by_text("Bir oda seçin")).to_have_count(0)
    cast.member.go("/odalar")
    expect(cast.member.page.get_by_text("Bir oda seçin", exact=True)).to_be_visible()


def test_e3_the_newest_message_stays_in_view(cast: Cast) -> None:
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


def test_e3_a_message_is_held_on_a_phone(cast: Cast, visit: Visit) -> None:
    phone = visit(width=390, height=844, touch=True)
    phone.square.register("pelin")
    phone.return_as("pelin")
    phone.open_room()
    phone.say("telefondan bir")
    phone.say("telefondan iki")
    first, second = phone.said("telefondan bir"), phone.said("telefondan iki")
    expect(second.locator("time")).to_have_count(1)
    expect(first.locator("time")).to_have_count(0)
    finger, box = phone.context.new_cdp_session(phone.page), first.get_by_text("telefondan bir").bounding_box()
    point = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    finger.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [point]})
    reply = phone.page.get_by_role("menuitem", name="Yanıtla")
    expect(reply).to_be_visible()
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    phone.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert reply.is_visible()  # the click that a browser plays after a lifted finger has not closed it
    reply.tap()
    expect(phone.page.get_by_text("kişisine yanıt")).to_be_visible()


def test_e4_the_bell_and_the_list_follow_what_is_read_taken_back_and_given_again(cast: Cast) -> None:
    owner, page = cast.owner, cast.member.page
    owner.open_room()
    cast.member.take_part()
    cast.member.go("/odalar")
    rings(page, "Bildirimler")
    cast.say_elsewhere("sahip", "@ayse yanlış kişiye")
    rung, silent = "1 okunmamış bildirim", "Bildirimler"
    named = page.get_by_text("sizden söz edildi")
    rings(page, rung)
    expect(named).to_have_count(1)
    act(owner.page, owner.said("yanlış kişiye"), "Sil")
    rings(page, silent)
    page.get_by_role("button", name=silent, exact=True).click()
    expect(page.get_by_text("@ayse yanlış kişiye")).to_have_count(0)
    expect(named).to_have_count(0)
    owner.page.get_by_role("button", name="Vazgeç").click()
    expect(page.get_by_text("@ayse yanlış kişiye")).to_be_visible()
    rings(page, rung)
    expect(named).to_have_count(1)
    cast.member.open_room()
    expect(cast.member.said("yanlış kişiye")).to_be_visible()
    rings(page, silent)


def test_e4_a_mention_between_the_first_look_and_the_welcome_rings(cast: Cast) -> None:
    page, held = cast.member.page, list[Route]()
    cast.member.take_part()
    page.route("**/auth/ws-ticket", lambda route: held.append(route))  # noqa: PLW0108  # Playwright takes no builtin
    with page.expect_response("**/bildirimler?*"):
        cast.member.go("/odalar")
    rings(page, "Bildirimler")
    expect(page.get_by_role("link", name="Genel")).to_be_visible()
    cast.say_elsewhere("sahip", "@ayse daha bağlanmadan")
    [route] = held
    route.continue_()
    rings(page, "1 okunmamış bildirim")
    expect(page.get_by_text("sizden söz edildi")).to_have_count(1)
    page.unroute("**/auth/ws-ticket")
    cast.member.open_room()
    rings(page, "Bildirimler")


def rings(page: Page, name: str) -> None:
    expect(page.get_by_role("button", name=name, exact=True)).to_be_visible()


def test_e4_an_archived_room_is_read_and_put_back(cast: Cast) -> None:
    page = cast.owner.page
    cast.open_elsewhere("borsa", "Borsa Köşesi")
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


def test_e5_a_new_limit_reaches_open_pages_and_what_it_refuses_can_be_shortened(cast: Cast, visit: Visit) -> None:
    page = cast.member.page
    cast.member.open_room()
    cast.member.composer.fill("a" * 70)
    expect(page.get_by_role("button", name="Gönder")).to_be_enabled()
    cast.change("/settings/chat", {"max_length": 60})
    expect(page.get_by_text("10 karakter fazla")).to_be_visible()
    expect(page.get_by_role("button", name="Gönder")).to_be_disabled()
    cast.member.composer.fill("")
    gives_back_what_was_refused(cast, visit())
    cast.change("/settings/chat", {"max_length": 4000})


def gives_back_what_was_refused(cast: Cast, late: Visitor) -> None:
    """A message that was written under the old limit and refused under the new one can be shortened."""

    def deaf(line: WebSocketRoute) -> None:
        server = line.connect_to_server()
        server.on_message(lambda frame: None if '"sinirlar"' in str(frame) else line.send(frame))

    cast.say_elsewhere("sahip", "burada mısınız")
    late.page.route_web_socket(re.compile("/api/v1/ws/"), deaf)
    late.page.route("**/yetenekler", lambda route: route.fulfill(json={**route.fetch().json(), "azami_uzunluk": 4000}))
    late.return_as("mert")
    late.open_room()
    act(late.page, late.said("burada mısınız"), "Yanıtla")
    late.say("b" * 70)
    expect(
        late.page.get_by_text("İleti 70 karakter; en çok 60 karakter olabilir. Kısaltıp yeniden gönderin.")
    ).to_be_visible()
    expect(late.composer).to_have_value("b" * 70)
    expect(late.page.get_by_text("kişisine yanıt")).to_be_visible()
    expect(late.page.get_by_text("gönderilemedi")).to_have_count(0)
    late.say("şimdi kısa")
    expect(cast.member.said("şimdi kısa").get_by_text("burada mısınız")).to_be_visible()


def test_e6_what_is_being_written_outlives_reloads_and_new_tabs(cast: Cast) -> None:
    member, page = cast.member, cast.member.page
    cast.say_elsewhere("mert", "kim gelir?")
    member.open_room()
    member.say("ilk hali")
    act(page, member.said("kim gelir?"), "Yanıtla")
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
    expect(member.said("yarım kalan yanıt").get_by_text("kim gelir?")).to_be_visible()
    page.reload()
    expect(member.composer).to_have_value("")


def test_e6_changes_are_not_left_without_asking(cast: Cast) -> None:
    page = cast.owner.page
    cast.open_elsewhere("altin", "Altın Köşesi")
    cast.owner.open_room("altin")
    page.get_by_role("button", name="Oda ayarları").click()
    page.get_by_role("textbox", name="Başlık").fill("Altın ve Döviz")
    page.get_by_role("dialog").get_by_role("button", name="Kapat").click()
    page.get_by_role("button", name="Düzenlemeyi sürdür").click()
    expect(page.get_by_role("textbox", name="Başlık")).to_have_value("Altın ve Döviz")
    page.get_by_role("dialog").get_by_role("button", name="Kaydet").click()
    expect(page.get_by_text("Oda kaydedildi")).to_be_visible()
    page.get_by_role("dialog").get_by_role("button", name="Kapat").click()
    cast.owner.go("/sistem/ayarlar")
    hours = page.get_by_role("textbox", name="Davetin geçerliliği")
    hours.fill("33")
    page.get_by_role("link", name="Odalar").click()
    expect(page.get_by_text("Kaydedilmeyen değişiklikler var")).to_be_visible()
    page.get_by_role("button", name="Düzenlemeyi sürdür").click()
    expect(hours).to_have_value("33")
    page.get_by_role("link", name="Odalar").click()
    page.get_by_role("button", name="Kaydetmeden ayrıl").click()
    expect(page.get_by_role("heading", name="Odalar")).to_be_visible()


def test_e7_a_message_is_deleted_at_once_and_brought_back(cast: Cast) -> None:
    owner, member = cast.owner, cast.member
    owner.open_room()
    member.open_room()
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


def test_e8_whoever_is_put_out_is_told_why(cast: Cast) -> None:
    member, page = cast.member, cast.member.page
    cast.open_elsewhere("doviz", "Döviz Masası")
    member.open_room("doviz")
    member.composer.fill("yarım kaldı")
    cast.owner.open_room("doviz")
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
    cast.owner.page.get_by_role("textbox", name="“Döviz Masası”").fill("Döviz Masası")
    cast.owner.page.get_by_role("dialog").last.get_by_role("button", name="Odayı arşivle").click()
    expect(page.get_by_text("Döviz Masası odası arşivlendi")).to_be_visible()
    expect(page.get_by_text("Bu oda bulunamadı")).to_be_visible()


def test_e8_whoever_is_suspended_is_told_so(cast: Cast, visit: Visit) -> None:
    (late := visit()).square.register("naz")
    late.return_as("naz")
    late.open_room()
    cast.change("/users/naz", {"active": False})
    expect(late.page.get_by_text("Hesabınızı bir yönetici askıya aldı.")).to_be_visible()
    late.go("/ben")
    late.page.wait_for_url(re.compile(r"/giris\?sonra=/ben$"))
    late.go("/giris?sonra=/giris?sonra=/oda/genel")
    expect(late.page.get_by_role("link", name="Hesap aç")).to_have_attribute("href", "/kayit?sonra=/oda/genel")


def test_e8_a_link_that_leads_nowhere_says_so(cast: Cast) -> None:
    page = cast.member.page
    cast.member.go("/oda/genel?ileti=0000")
    expect(page.get_by_text("Bu ileti bulunamadı")).to_be_visible()
    page.wait_for_url(re.compile(r"/oda/genel$"))
    cast.member.say("https://tr.example/%C5%9Ei%C5%9Fli%20x")
    link = page.get_by_role("link", name="https://tr.example/Şişli%20x")
    expect(link).to_have_attribute("href", "https://tr.example/%C5%9Ei%C5%9Fli%20x")


def test_e8_a_list_with_a_private_room_is_not_called_open(cast: Cast) -> None:
    page = cast.owner.page
    cast.open_elsewhere("gizli", "gizli", kind="ozel")
    cast.owner.go("/")
    expect(page.get_by_role("region", name="Odalar").get_by_text("gizli")).to_be_visible()
    expect(page.get_by_text("Açık odalar", exact=True)).to_have_count(0)


def test_e8_nobody_is_offered_settings_that_are_empty_for_them(cast: Cast, visit: Visit) -> None:
    page = cast.member.page
    cast.member.open_room()
    page.get_by_role("button", name="Oda ayarları").click()
    expect(page.get_by_role("dialog").get_by_role("button", name="Odadan ayrıl")).to_be_visible()
    (guest := visit()).go("/oda/genel")
    guest.page.get_by_label("Takma ad").fill("Gezgin")
    guest.page.get_by_role("button", name="Meydana gir").click()
    expect(guest.composer).to_be_editable()
    expect(guest.page.get_by_role("button", name="Kişiler", exact=True)).to_be_visible()
    expect(guest.page.get_by_role("button", name="Oda ayarları")).to_have_count(0)
