"""What an owner changes in the panel, on one page after another, and that the server has it so."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PASSWORD, Square, Visitor

pytestmark = pytest.mark.browser

NEXT_PASSWORD = "baska-bir-parola-olsun"


@dataclass
class Owner:
    """The owner in the panel, and beside it a token that asks the server itself."""

    visitor: Visitor
    token: str

    def stored(self, path: str) -> Any:
        address = f"{self.visitor.square.address}/api/v1{path}"
        return self.visitor.page.request.get(address, headers={"Authorization": f"Bearer {self.token}"}).json()

    def store(self, path: str, body: dict[str, Any]) -> None:
        address = f"{self.visitor.square.address}/api/v1{path}"
        answer = self.visitor.page.request.patch(address, data=body, headers={"Authorization": f"Bearer {self.token}"})
        assert answer.ok, answer.text()

    def click(self, role: Any, name: str) -> None:
        self.visitor.page.get_by_role(role, name=name).click()

    def told(self, words: str) -> None:
        expect(self.visitor.page.get_by_text(words)).to_be_visible()

    def confirm(self, name: str, action: str) -> None:
        self.visitor.page.get_by_role("textbox", name=f"“{name}”").fill(name)
        self.visitor.page.get_by_role("dialog").last.get_by_role("button", name=action).click()

    def profile(self) -> None:
        self.click("button", "Sahip Hanım hesabı")
        self.click("menuitem", "Profil ve tercihler")


def test_an_owner_changes_what_can_be_changed(visit: Callable[..., Visitor], square: Square) -> None:
    key = square.owner_link().partition("anahtar=")[2]
    made = square.post("/auth/owner", {"token": key, "username": "sahip", "password": PASSWORD, "name": "Sahip Hanım"})
    owner = Owner(visit(), made["access_token"])
    member = square.register("ayse")["access_token"]
    square.post("/sohbet/oda-olustur", {"oda_id": "borsa", "baslik": "Borsa Köşesi"}, token=owner.token)
    square.post("/sohbet/oda-olustur", {"oda_id": "gizli", "baslik": "Gizli Oda", "tur": "ozel"}, token=member)
    square.post("/sohbet/odalar/gizli/davetler", {"kullanici_id": "sahip"}, token=member)
    square.post("/sohbet/odalar/borsa/uyelik", {}, token=member)
    square.post("/mesaj/gonder", {"oda_id": "borsa", "icerik": "@sahip bakar mısınız"}, token=member)
    square.post("/api-keys", {"name": "fiyat botu", "scopes": ["rooms:read"]}, token=owner.token)
    owner.visitor.return_as("sahip")
    owner.visitor.go("/")
    saves_a_setting(owner)
    reader = visit()
    begins_to_read_where_reading_stopped(owner, reader, member)
    accepts_an_invitation(owner)
    follows_a_notification(owner)
    shares_the_room_and_takes_it_back(owner)
    removes_a_member_and_archives_the_room(owner)
    expect(reader.page.get_by_text("Bu oda bulunamadı")).to_be_visible()
    changes_a_role(owner)
    makes_an_owner_and_takes_it_back(owner)
    stops_a_key_of_another(owner, member)
    gives_a_password_for_once(owner, visit())
    sorts_people(owner)
    reads_the_audit_log_from_its_beginning(owner)
    finds_rooms_beyond_the_first_page(owner)
    revokes_a_key(owner)
    changes_the_password(owner)
    leaves_nothing_to_the_next_person(owner)
    comes_back_after_the_session_has_ended(reader)


def saves_a_setting(owner: Owner) -> None:
    owner.click("link", "Sistem")
    owner.click("link", "Ayarlar")
    expect(owner.visitor.page).to_have_title(re.compile(r"^(\(\d+\) )?Ayarlar · Sistem · Meydan$"))
    expect(owner.visitor.page.get_by_role("switch", name="Kayıt açık")).to_be_visible()
    rate = owner.visitor.page.get_by_role("textbox", name="Kişi başına saniyede ileti")
    expect(rate).to_have_count(0)
    owner.visitor.page.get_by_text("Gelişmiş").click()
    rate.fill("")
    owner.click("button", "Kaydet")
    owner.told("Bu alan gerekli.")
    expect(rate).to_be_focused()
    rate.press_sequentially("2,5")
    owner.visitor.page.get_by_role("textbox", name="Bir anda en çok ileti").fill("25")
    owner.click("button", "Kaydet")
    owner.told("Ayarlar geçerli")
    (chat,) = (section for section in owner.stored("/settings")["sections"] if section["section"] == "chat")
    assert (chat["values"]["messages_per_second"], chat["values"]["message_burst"]) == (2.5, 25)


def begins_to_read_where_reading_stopped(owner: Owner, reader: Visitor, writer: str) -> None:
    square = reader.square
    owner.store("/settings/chat", {"messages_per_second": 1000, "message_burst": 1000})
    square.register("mert")
    reader.return_as("mert")
    reader.open_room("borsa")
    expect(reader.said("@sahip bakar mısınız")).to_be_visible()
    reader.go("/odalar")
    for number in range(60):
        square.post("/mesaj/gonder", {"oda_id": "borsa", "icerik": f"{number}. söz"}, token=writer)
    reader.open_room("borsa")
    expect(reader.page.get_by_text("Okunmamışlar")).to_be_in_viewport()
    expect(reader.said("0. söz").first).to_be_in_viewport()
    reader.say("ben de okuyorum")
    expect(reader.said("ben de okuyorum")).to_be_in_viewport()
    expect(reader.said("59. söz")).to_be_in_viewport()


def accepts_an_invitation(owner: Owner) -> None:
    owner.click("button", "2 okunmamış bildirim")
    owner.click("button", "Ayse sizi Gizli Oda odasına davet etti")
    owner.click("button", "Daveti kabul et")
    expect(owner.visitor.page.get_by_role("heading", name="Gizli Oda")).to_be_visible()


def follows_a_notification(owner: Owner) -> None:
    owner.click("button", "1 okunmamış bildirim")
    owner.told("@sahip bakar mısınız")
    owner.click("button", "Ayse, Borsa Köşesi odasında sizden söz etti")
    expect(owner.visitor.said("@sahip bakar mısınız")).to_be_in_viewport()


def shares_the_room_and_takes_it_back(owner: Owner) -> None:
    page = owner.visitor.page

    def role() -> str:
        members = owner.stored("/sohbet/odalar/borsa/uyeler")["uyeler"]
        return next(str(member["rol"]) for member in members if member["kullanici_id"] == "ayse")

    owner.click("button", "Oda ayarları")
    page.get_by_role("combobox", name="Ayse rolü").or_(page.get_by_role("textbox", name="Ayse rolü")).click()
    page.get_by_role("option", name="Sahip").click()
    owner.told("Ayse odanın sahibi olsun mu?")
    assert role() == "uye"  # it asks first
    owner.click("button", "Sahip yap")
    owner.told("Ayse artık odanın sahibi")
    assert role() == "sahip"
    owner.click("button", "Geri al")
    expect(
        page.get_by_role("combobox", name="Ayse rolü").or_(page.get_by_role("textbox", name="Ayse rolü"))
    ).to_have_value("Üye")
    assert role() == "uye"


def removes_a_member_and_archives_the_room(owner: Owner) -> None:
    owner.click("button", "Ayse kişisini çıkar")
    owner.confirm("ayse", "Odadan çıkar")
    owner.told("Ayse odadan çıkarıldı")
    owner.click("button", "Odayı arşivle")
    owner.confirm("Borsa Köşesi", "Odayı arşivle")
    owner.told("Borsa Köşesi arşivlendi")
    assert owner.stored("/sohbet/odalar/borsa")["kod"] == "oda_yok"


def changes_a_role(owner: Owner) -> None:
    owner.visitor.page.get_by_role("navigation", name="Yerler").get_by_role("link", name="Kişiler").click()
    owner.click("button", "Ayse için eylemler")
    owner.click("menuitem", "Moderatör")
    owner.told("Ayse artık Moderatör")
    expect(owner.visitor.page.get_by_role("row", name="@ayse")).to_contain_text("Moderatör")
    assert owner.stored("/users/ayse")["role"] == "moderator"


def makes_an_owner_and_takes_it_back(owner: Owner) -> None:
    page = owner.visitor.page
    row = page.get_by_role("row", name="@ayse")
    owner.click("button", "Ayse için eylemler")
    owner.click("menuitem", "Sahip")
    owner.told("Ayse meydanın sahibi olsun mu?")
    owner.click("button", "Sahip yap")
    expect(row).to_contain_text("Sahip")
    page.get_by_role("button", name="Geri al").last.click()
    expect(row).to_contain_text("Moderatör")
    assert owner.stored("/users/ayse")["role"] == "moderator"


def stops_a_key_of_another(owner: Owner, member: str) -> None:
    page, square = owner.visitor.page, owner.visitor.square
    square.post("/api-keys", {"name": "yedek botu", "scopes": ["rooms:read"]}, token=member)
    owner.click("button", "Ayse için eylemler")
    owner.click("menuitem", "API anahtarları")
    owner.click("button", "yedek botu anahtarını sil")
    owner.told("yedek botu silindi")
    owner.told("API anahtarı yok")
    assert owner.stored("/users/ayse/api-keys")["items"] == []
    page.keyboard.press("Escape")


def adds_a_person(owner: Owner) -> str:
    """Add somebody by the form, and return the password that nothing but its own button puts away."""
    page = owner.visitor.page
    owner.click("button", "Kişi ekle")
    dialog = page.get_by_role("dialog")
    dialog.locator("[name=username]").fill("gelin")
    dialog.locator("[name=name]").fill("Gelin")
    dialog.locator("[type=submit]").click()
    password = dialog.get_by_label("Tek kullanımlık parola")
    expect(password).to_be_visible()
    made: str = password.input_value()
    page.keyboard.press("Escape")
    page.mouse.click(5, 5)
    expect(password).to_have_value(made)
    dialog.get_by_role("button", name="Tamam").click()
    expect(dialog).to_have_count(0)
    return made


def gives_a_password_for_once(owner: Owner, new: Visitor) -> None:
    made = adds_a_person(owner)
    page = new.page
    new.go("/giris")
    page.get_by_label("Kullanıcı adı").fill("gelin")
    page.get_by_role("textbox", name="Parola").fill(made)
    page.get_by_role("button", name="Giriş yap").click()
    expect(page.get_by_text("Parolanız geçici.")).to_be_visible()
    expect(page.get_by_role("textbox", name="Yeni parola")).to_be_focused()
    page.keyboard.type(NEXT_PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/(odalar|oda/.*)?$"))
    new.square.post("/auth/login", {"username": "gelin", "password": NEXT_PASSWORD})


def sorts_people(owner: Owner) -> None:
    page, square = owner.visitor.page, owner.visitor.square
    for username, name in (("u1", "Çınar"), ("u2", "Cem"), ("u3", "Işıl"), ("u4", "İnci")):
        square.post("/auth/register", {"username": f"{username}.x", "password": PASSWORD, "name": name})
    page.reload()
    names = page.locator("tbody strong")
    by_name = ["Ayse", "Cem", "Çınar", "Gelin", "Işıl", "İnci", "Mert", "Sahip Hanım"]
    expect(names).to_have_text(by_name)
    page.get_by_role("button", name="Sıralama: Ada göre, A–Z").press("Enter")
    page.get_by_role("menuitem", name="Ada göre, Z–A").press("Enter")
    expect(names).to_have_text(by_name[::-1])
    expect(page.get_by_role("button", name="Sıralama: Ada göre, Z–A")).to_be_focused()
    owner.click("button", "Sıralama")
    owner.click("menuitem", "Önce en yeni katılan")
    newest = ["İnci", "Işıl", "Cem", "Çınar", "Gelin", "Mert", "Ayse", "Sahip Hanım"]
    expect(names).to_have_text(newest)
    page.reload()
    expect(names).to_have_text(newest)
    page.get_by_role("searchbox").fill("ISI")
    expect(names).to_have_text(["Işıl"])
    expect(page).to_have_url(re.compile(r"/kisiler\?sirala=-created_at$"))


def reads_the_audit_log_from_its_beginning(owner: Owner) -> None:
    page = owner.visitor.page
    owner.click("link", "Sistem")
    owner.click("link", "Denetim kaydı")
    first = page.locator("summary").first
    expect(first).to_contain_text("u4.x hesap açtı")
    first.click()
    expect(page.locator("details[open]")).to_contain_text("user.register")
    expect(page.locator("details[open]")).to_contain_text("Program")
    for code in page.locator("summary").all_inner_texts():
        assert not re.search(r"\b(user|auth|room|key|settings)\.[a-z_]+", code), code
    page.get_by_role("combobox", name="Eylem").click()
    page.get_by_role("option", name="… hesap açtı").click()
    expect(page.locator("summary")).to_have_count(6)
    page.reload()
    owner.click("button", "Sıralama: Önce en yeni")
    owner.click("menuitem", "Önce en eski")
    expect(first).to_contain_text("sahip meydanın sahibi oldu")
    page.reload()
    expect(first).to_contain_text("sahip")
    expect(page).to_have_url(re.compile(r"/sistem/denetim\?sirala=at$"))
    expect(page.get_by_role("link", name="Denetim kaydı")).to_have_attribute("aria-current", "page")


def finds_rooms_beyond_the_first_page(owner: Owner) -> None:
    page, square = owner.visitor.page, owner.visitor.square
    for number in range(105):
        room = {"oda_id": f"sira-{number:03}", "baslik": f"Sıra {number}"}
        square.post("/sohbet/oda-olustur", room, token=owner.token)
    owner.visitor.go("/odalar")
    rows = page.get_by_role("complementary", name="Odalar").locator("[data-row]")
    expect(rows).to_have_count(100)
    rows.last.scroll_into_view_if_needed()
    expect(page.get_by_role("link", name="Sıra 104")).to_be_attached()
    expect(page.get_by_role("button", name="Daha fazla oda")).to_have_count(0)
    page.reload()
    expect(rows).to_have_count(100)
    page.get_by_role("searchbox").fill("SIRA 104")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("Sıra 104")


def revokes_a_key(owner: Owner) -> None:
    owner.profile()
    owner.click("link", "API anahtarları")
    owner.click("button", "İptal et")
    owner.confirm("fiyat botu", "İptal et")
    owner.told("fiyat botu iptal edildi")
    owner.told("Henüz anahtar yok")
    assert owner.stored("/api-keys")["items"] == []


def changes_the_password(owner: Owner) -> None:
    owner.profile()
    page, square = owner.visitor.page, owner.visitor.square
    page.get_by_label("Mevcut parola").fill(PASSWORD)
    page.get_by_label("Yeni parola").fill(NEXT_PASSWORD)
    owner.click("button", "Parolayı değiştir")
    owner.told("Parola değişti, öbür oturumlar kapandı")
    square.post("/auth/login", {"username": "sahip", "password": NEXT_PASSWORD})
    assert owner.stored("/auth/me")["kod"] == "oturum_gecersiz", "the sign-in beside the page is over"
    owner.visitor.open_room()
    owner.visitor.say("buradayım")
    expect(owner.visitor.said("buradayım")).to_be_visible()


def leaves_nothing_to_the_next_person(owner: Owner) -> None:
    page = owner.visitor.page
    owner.visitor.composer.fill("yarım kalan sır")
    expect(page.get_by_role("link", name="Gizli Oda")).to_be_visible()
    owner.click("button", "Sahip Hanım hesabı")
    owner.click("menuitem", "Çıkış yap")
    expect(page.get_by_role("link", name="Genel")).to_be_visible()
    expect(page.get_by_role("link", name="Gizli Oda")).to_have_count(0)
    owner.visitor.square.register("selin")
    owner.visitor.sign_in("selin")
    owner.visitor.open_room()
    expect(owner.visitor.composer).to_have_value("")


def comes_back_after_the_session_has_ended(reader: Visitor) -> None:
    page, square = reader.page, reader.square
    reader.go("/ben/anahtarlar")
    expect(page.get_by_text("Henüz anahtar yok")).to_be_visible()
    token = square.post("/auth/login", {"username": "mert", "password": PASSWORD})["access_token"]
    square.post("/auth/logout-all", {}, token=token)
    expect(page.get_by_text("Oturumunuz sona erdi")).to_be_visible()
    page.get_by_label("Kullanıcı adı").fill("mert")
    page.get_by_role("textbox", name="Parola").fill(PASSWORD)
    page.get_by_role("button", name="Giriş yap").click()
    expect(page.get_by_text("Henüz anahtar yok")).to_be_visible()
