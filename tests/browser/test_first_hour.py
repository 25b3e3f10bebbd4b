"""The first hour of somebody new: the way in, what the keys do, and that everybody can use it."""

import json
import re
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PASSWORD, Square, Visitor

pytestmark = pytest.mark.browser

Visit = Callable[..., Visitor]


@pytest.fixture(scope="module")
def owner(square: Square) -> str:
    """Return the owner's token."""
    key = square.owner_link().partition("anahtar=")[2]
    account = {"username": "sahip", "password": PASSWORD, "name": "Sahip Hanım"}
    token: str = square.post("/auth/owner", {"token": key, **account})["access_token"]
    return token


def set_accounts(square: Square, owner: str, **changes: Any) -> None:
    request = urllib.request.Request(
        f"{square.address}/api/v1/settings/accounts",
        json.dumps(changes).encode(),
        {"Content-Type": "application/json", "Authorization": f"Bearer {owner}"},
        method="PATCH",
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 200


def test_the_rules_of_a_name_and_a_password_are_said_before_a_refusal_and_tick(visit: Visit, square: Square) -> None:
    page = (visitor := visit()).page
    visitor.go("/kayit")
    rules = {
        "username": page.locator("#username-rules li"),
        "password": page.locator("#password-rules li"),
    }
    expect(rules["username"]).to_have_count(4)
    expect(rules["password"]).to_have_count(3)
    expect(page.locator("li[data-met]")).to_have_count(0)
    page.get_by_label("Kullanıcı adı").fill("Işıl Şahin")
    expect(rules["username"].locator("xpath=self::*[@data-met]")).to_have_count(2)
    page.get_by_role("button", name="“isil-sahin” olsun").click()
    expect(page.get_by_label("Kullanıcı adı")).to_have_value("isil-sahin")
    expect(rules["username"].locator("xpath=self::*[@data-met]")).to_have_count(4)
    page.get_by_label("Kullanıcı adı").fill("yonetic1")
    kept = page.get_by_text("Meydanın kendisine ayrılmış bir ad değil: henüz değil")
    expect(kept).to_be_visible()
    page.get_by_role("textbox", name="Parola").fill("1234567890")
    page.get_by_role("button", name="Hesap aç").click()
    expect(page.get_by_text("“yonetic1” meydanın kendisine ayrılmış")).to_be_visible()
    expect(page.get_by_role("textbox", name="Parola")).to_have_attribute("data-invalid", "true")
    page.get_by_label("Kullanıcı adı").fill("isil-sahin")
    expect(kept).to_be_hidden()
    page.get_by_role("textbox", name="Parola").fill("isil-sahin")
    expect(rules["password"].first).to_have_attribute("data-met", "true")
    expect(rules["password"].nth(1)).not_to_have_attribute("data-met", "true")
    page.get_by_role("textbox", name="Parola").fill(PASSWORD)
    page.get_by_role("textbox", name="Görünen ad").fill("Işıl Şahin")
    page.get_by_role("button", name="Hesap aç").click()
    expect(page.get_by_role("button", name="Işıl Şahin hesabı")).to_be_visible()


def test_a_guest_is_called_what_they_like_and_sees_no_id_of_the_machines(visit: Visit, square: Square) -> None:
    page = (visitor := visit()).page
    visitor.go("/oda/genel")
    page.get_by_label("Takma ad").fill("Ayşe")
    page.get_by_role("button", name="Meydana gir").click()
    page.get_by_role("button", name="Ayşe hesabı").click()
    menu = page.get_by_role("menu")
    expect(menu).to_contain_text("Ayşe")
    expect(menu).not_to_contain_text("misafir-")
    page.keyboard.press("Escape")
    visitor.say("kime yazayım")
    said = visitor.said("kime yazayım")
    said.hover()
    said.get_by_role("button", name="İleti eylemleri", exact=True).click()
    page.get_by_role("menuitem", name="Yanıtla").click()
    expect(page.get_by_text("Ayşe (misafir)")).to_be_visible()
    visitor.say("bana")
    expect(visitor.said("bana")).to_contain_text("Ayşe (misafir)")
    page.get_by_role("button", name="İletilerde ara").click()
    panel = page.get_by_role("complementary", name="İletilerde ara")
    panel.get_by_role("searchbox").fill("yazayım")
    expect(panel.get_by_text("Ayşe (misafir)")).to_be_visible()


def test_a_guest_who_is_refused_in_a_room_reads_why_and_can_correct_it(visit: Visit, square: Square) -> None:
    for width in (390, 1280):
        page = (visitor := visit(width=width, height=844)).page
        visitor.go("/oda/genel")
        page.get_by_label("Takma ad").fill("sistem")
        page.get_by_role("button", name="Meydana gir").click()
        refusal = page.get_by_text("“sistem” meydanın kendisine ayrılmış bir ad")
        expect(refusal).to_be_visible()
        for part in (refusal, page.get_by_label("Takma ad"), page.get_by_role("button", name="Meydana gir")):
            expect(part).to_be_in_viewport(ratio=1)
        box = page.get_by_role("button", name="Meydana gir").bounding_box()
        assert box is not None
        assert box["width"] < 200
        page.route("**/auth/guest", lambda route: route.abort())
        page.get_by_label("Takma ad").fill("Işıl")
        page.get_by_role("button", name="Meydana gir").click()
        alert = page.get_by_role("alert")
        for part in (alert, page.get_by_label("Takma ad"), page.get_by_role("button", name="Meydana gir")):
            expect(part).to_be_in_viewport(ratio=1)
        page.unroute("**/auth/guest")
        page.get_by_role("button", name="Meydana gir").click()
        expect(visitor.composer).to_be_editable()


def test_an_error_code_stands_behind_its_details(visit: Visit, square: Square) -> None:
    page = (visitor := visit()).page
    visitor.go("/giris")
    page.get_by_label("Kullanıcı adı").fill("kimse")
    page.get_by_role("textbox", name="Parola").fill(PASSWORD)
    page.get_by_role("button", name="Giriş yap").click()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("Kullanıcı adı ya da parola yanlış.")
    expect(alert.get_by_text("giris_hatali")).to_be_hidden()
    alert.get_by_text("Ayrıntı").click()
    expect(alert.get_by_text("giris_hatali")).to_be_visible()


def test_while_the_doors_are_closed_every_text_is_true_and_an_invitation_lets_somebody_new_in(
    visit: Visit, square: Square, owner: str
) -> None:
    room = {"oda_id": "borsa", "baslik": "Borsa Köşesi", "tur": "ozel"}
    square.post("/sohbet/oda-olustur", room, token=owner)
    code = square.post("/sohbet/odalar/borsa/davetler", {"azami_kullanim": 1}, token=owner)["kod"]
    set_accounts(square, owner, registration_open=False, guests=False)
    try:
        page = (visitor := visit()).page
        visitor.go("/")
        expect(page.get_by_text("Misafir girişi kapalı")).to_be_visible()
        expect(page.get_by_text("Hesapları yöneticiler açar")).to_be_visible()
        for word in ("takma ad", "Hesap aç"):
            expect(page.get_by_role("main")).not_to_contain_text(word)
        visitor.go("/oda/genel")
        expect(page.get_by_text("Konuşmak için hesabınızla giriş yapın.")).to_be_visible()
        page.get_by_role("button", name="Kişiler", exact=True).click()
        expect(page.get_by_text("İçeride kimlerin olduğunu giriş yapanlar görür.")).to_be_visible()
        expect(page.get_by_role("searchbox", name="Kişi ara")).to_have_count(0)
        visitor.go("/kayit")
        expect(page.get_by_text("bir odanın davet bağlantısıyla da hesap açılır")).to_be_visible()
        expect(page.get_by_role("main")).not_to_contain_text("Misafir")
        visitor.go("/giris")
        expect(page.get_by_text("bir yöneticiden hesap ya da davet isteyin")).to_be_visible()

        visitor.go("/davet#uydurma")
        expect(page.get_by_role("heading", name="Bu davet artık geçerli değil")).to_be_visible()
        visitor.go(f"/davet#{code}")  # pasted into the same tab: nothing is loaded anew
        expect(page.get_by_role("heading", name="Borsa Köşesi odasına davetlisiniz")).to_be_visible()
        expect(page.get_by_text("Sahip Hanım davet etti.")).to_be_visible()
        page.get_by_role("link", name="Hesap aç").click()
        expect(page.get_by_text("Sahip Hanım sizi Borsa Köşesi odasına davet etti.")).to_be_visible()
        assert code not in page.url.partition("#")[0], "what stands before the fragment is logged on the way"
        for way in ("Giriş yap", "Hesap aç"):
            page.get_by_role("main").get_by_role("link", name=way).click()
        page.reload()
        page.get_by_label("Kullanıcı adı").fill("yeni-gelen")
        page.get_by_role("textbox", name="Parola").fill(PASSWORD)
        page.get_by_role("button", name="Hesap aç").click()
        expect(page.get_by_role("heading", name="Borsa Köşesi")).to_be_visible()
        visitor.say("merhaba")
        expect(visitor.said("merhaba")).to_be_visible()
        visitor.go("/davet#uydurma")
        expect(page.get_by_role("heading", name="Bu davet artık geçerli değil")).to_be_visible()
        expect(page.get_by_role("link", name="Giriş yap")).to_have_count(0)
        late = visit()
        late.go(f"/davet#{code}")
        expect(late.page.get_by_role("heading", name="Bu davet artık geçerli değil")).to_be_visible()
    finally:
        set_accounts(square, owner, registration_open=True, guests=None)


def test_on_a_phone_no_tab_is_cut_off(visit: Visit, square: Square, owner: str) -> None:
    page = (visitor := visit(width=390, height=844, scheme="dark")).page
    visitor.return_as("sahip")
    for path, count in (("/telegram", 5), ("/sistem", 3), ("/ben", 3)):
        visitor.go(path)
        tabs = page.get_by_role("main").get_by_role("navigation").get_by_role("link")
        expect(tabs).to_have_count(count)
        for tab in tabs.all():
            expect(tab).to_be_in_viewport(ratio=1)


def test_single_keys_work_at_load_and_swallow_no_word(visit: Visit, square: Square) -> None:
    square.register("tus")
    page = (visitor := visit()).page
    visitor.return_as("tus")
    visitor.open_room()
    visitor.say("ilk söz")
    expect(visitor.said("ilk söz")).to_be_visible()

    def reload() -> None:
        page.reload()
        expect(visitor.composer).to_be_focused()
        expect(visitor.said("ilk söz")).to_be_visible()

    reload()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Klavye kısayolları")).to_be_visible()
    page.keyboard.press("Escape")
    expect(visitor.composer).to_be_focused()
    page.keyboard.press("/")
    expect(page.locator("[data-search]:focus")).to_have_count(1)
    reload()
    page.keyboard.press("j")
    expect(page.locator("[data-row]:focus")).to_have_count(1)
    expect(visitor.composer).to_have_value("")
    reload()
    page.keyboard.type("kaç oldu?")
    expect(visitor.composer).to_have_value("kaç oldu?")
    page.keyboard.press("Enter")
    expect(visitor.said("kaç oldu?")).to_be_visible()
    page.keyboard.type("jant / kasa")
    expect(visitor.composer).to_have_value("jant / kasa")
    visitor.composer.fill("")
    reload()
    visitor.composer.click()
    page.keyboard.type("k?")
    expect(visitor.composer).to_have_value("k?")


def test_the_bell_is_a_dialog_with_a_name_and_no_page_has_a_fault(visit: Visit, square: Square, owner: str) -> None:
    writer = square.register("yazan")["access_token"]
    square.post("/mesaj/gonder", {"oda_id": "genel", "icerik": "@sahip günaydın"}, token=writer)
    page = (visitor := visit()).page
    faults: dict[str, list[str]] = {}

    def look(what: str) -> None:
        page.wait_for_load_state("networkidle")
        faults[what] = visitor.serious_faults()

    visitor.return_as("sahip")
    visitor.go("/")
    page.get_by_role("button", name=re.compile("okunmamış bildirim")).click()
    expect(page.get_by_role("dialog", name="Bildirimler")).to_contain_text("Genel odasında sizden söz etti")
    look("the bell")
    page.keyboard.press("Escape")
    for path, shown in (
        ("/kisiler", "@yazan"),
        ("/sistem", "Bağlantı yeri"),
        ("/sistem/ayarlar", "Kayıt açık"),
        ("/sistem/denetim", "sahip"),
        ("/ben/oturumlar", "Bu oturum"),
        ("/ben/anahtarlar", "Henüz anahtar yok"),
        ("/telegram", "Henüz bot yok"),
        ("/telegram/oturumlar", "Henüz oturum yok"),
    ):
        visitor.go(path)
        expect(page.get_by_role("main").get_by_text(shown).first).to_be_visible()
        look(path)
    assert {what: found for what, found in faults.items() if found} == {}
