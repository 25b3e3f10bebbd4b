"""What a room owes to whoever talks in it: one square, a few people, one page each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Page, expect

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
    for visitor in (cast.owner, cast.member):
        visitor.open_room()
    deletes_at_once_and_brings_back(cast)
    clears_the_bell_in_the_room(cast)
    archives_reads_and_restores(cast)


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
