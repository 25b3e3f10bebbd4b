"""What an owner changes in the panel, on one page after another, and that the server has it so."""

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
    square.post("/mesaj/gonder", {"oda_id": "borsa", "icerik": "@sahip bakar mısınız"}, token=member)
    square.post("/api-keys", {"name": "fiyat botu", "scopes": ["rooms:read"]}, token=owner.token)
    owner.visitor.sign_in("sahip")
    saves_a_setting(owner)
    accepts_an_invitation(owner)
    follows_a_notification_and_archives_the_room(owner)
    changes_a_role(owner)
    revokes_a_key(owner)
    changes_the_password(owner)


def saves_a_setting(owner: Owner) -> None:
    owner.click("link", "Sistem")
    owner.click("link", "Ayarlar")
    owner.visitor.page.get_by_role("textbox", name="Bir anda en çok ileti").fill("25")
    owner.click("button", "Kaydet")
    owner.told("Ayarlar geçerli")
    (chat,) = (section for section in owner.stored("/settings")["sections"] if section["section"] == "chat")
    assert chat["values"]["message_burst"] == 25


def accepts_an_invitation(owner: Owner) -> None:
    owner.click("button", "2 okunmamış bildirim")
    owner.click("button", "Ayse sizi Gizli Oda odasına davet etti")
    owner.click("button", "Daveti kabul et")
    expect(owner.visitor.page.get_by_role("heading", name="Gizli Oda")).to_be_visible()


def follows_a_notification_and_archives_the_room(owner: Owner) -> None:
    owner.click("button", "1 okunmamış bildirim")
    owner.told("@sahip bakar mısınız")
    owner.click("button", "Ayse, Borsa Köşesi odasında sizden söz etti")
    owner.click("button", "Oda ayarları")
    owner.click("button", "Odayı arşivle")
    owner.confirm("Borsa Köşesi", "Odayı arşivle")
    owner.told("Borsa Köşesi arşivlendi")
    assert owner.stored("/sohbet/odalar/borsa")["kod"] == "oda_yok"


def changes_a_role(owner: Owner) -> None:
    owner.click("link", "Kişiler")
    owner.click("button", "Ayse için eylemler")
    owner.click("menuitem", "Moderatör")
    owner.told("Ayse artık Moderatör")
    expect(owner.visitor.page.get_by_role("row", name="@ayse")).to_contain_text("Moderatör")
    assert owner.stored("/users/ayse")["role"] == "moderator"


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
    page.get_by_label("Şimdiki parola").fill(PASSWORD)
    page.get_by_label("Yeni parola").fill(NEXT_PASSWORD)
    owner.click("button", "Parolayı değiştir")
    owner.told("Parola değişti, öbür oturumlar kapandı")
    square.post("/auth/login", {"username": "sahip", "password": NEXT_PASSWORD})
    assert owner.stored("/auth/me")["kod"] == "oturum_gecersiz", "the sign-in beside the page is over"
    owner.visitor.open_room()
    owner.visitor.say("buradayım")
    expect(owner.visitor.said("buradayım")).to_be_visible()
