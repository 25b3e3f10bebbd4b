"""The panel as people use it."""

import re
import signal
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PASSWORD, Square, Visitor

pytestmark = pytest.mark.browser

Visit = Callable[..., Visitor]


def test_the_owner_link_makes_the_first_owner_and_works_once(visit: Visit, square: Square) -> None:
    owner = visit()
    link = square.owner_link()
    owner.go("/kurulum#anahtar=eski")
    expect(owner.page.get_by_text("Bu kurulum bağlantısı artık geçerli değil")).to_be_visible()
    owner.page.goto(link)  # pasted into the same tab
    owner.page.get_by_label("Kullanıcı adı").fill("sahip")
    owner.page.get_by_role("textbox", name="Parola").fill(PASSWORD)
    owner.page.get_by_role("button", name="Sahip hesabını aç").click()
    expect(owner.page.get_by_role("link", name="Sistem")).to_be_visible()
    other = visit()
    other.page.goto(link)
    expect(other.page.get_by_text("Bu kurulum bağlantısı artık geçerli değil")).to_be_visible()


def test_a_wrong_password_is_told_and_the_right_one_opens_the_rooms(visit: Visit, square: Square) -> None:
    square.register("selin")
    visitor = visit()
    visitor.go("/giris")
    visitor.page.get_by_label("Kullanıcı adı").fill("selin")
    visitor.page.get_by_role("textbox", name="Parola").fill("yanlis-parola-1")
    visitor.page.get_by_role("button", name="Giriş yap").click()
    expect(visitor.page.get_by_role("alert")).to_be_visible()
    visitor.page.get_by_role("textbox", name="Parola").fill(PASSWORD)
    visitor.page.get_by_role("button", name="Giriş yap").click()
    expect(visitor.page.get_by_role("link", name="Odalar")).to_be_visible()
    visitor.page.reload()
    expect(visitor.page.get_by_role("link", name="Odalar")).to_be_visible()


def test_two_people_talk_react_edit_and_lose_nothing_when_the_server_dies(visit: Visit, square: Square) -> None:
    tokens = {name: square.register(name)["access_token"] for name in ("ayse", "mert")}
    ayse, mert = visit(), visit()
    ayse.return_as("ayse")
    mert.return_as("mert")
    ayse.open_room()
    mert.open_room()

    ayse.say("Günaydın, bugün endeks nasıl?")
    expect(mert.said("Günaydın, bugün endeks nasıl?")).to_be_visible()
    mert.say("@ayse Sakin açıldı")
    expect(ayse.said("Sakin açıldı")).to_be_visible()

    said = mert.said("Günaydın, bugün endeks nasıl?")
    said.hover()
    said.get_by_role("button", name="Tepki ver", exact=True).click()
    mert.page.get_by_role("button", name="👍 ile tepki ver").first.click()
    expect(ayse.said("Günaydın").get_by_text("👍")).to_be_visible()

    ayse.composer.press("ArrowUp")
    ayse.composer.fill("Günaydın, bugün borsa nasıl?")
    ayse.composer.press("Enter")
    expect(mert.said("bugün borsa nasıl?")).to_be_visible()
    expect(mert.said("bugün borsa nasıl?").get_by_text("düzenlendi")).to_be_visible()

    square.program.end(signal.SIGKILL)
    try:
        ayse.say("sunucu kapalıyken yazdım")
        expect(ayse.page.get_by_role("log").get_by_text("sunucu kapalıyken yazdım")).to_be_visible()
        expect(ayse.page.get_by_text("Bağlantı koptu")).to_be_visible()
    finally:
        square.start()
    square.post("/mesaj/gonder", {"oda_id": "genel", "icerik": "@ayse duydunuz mu"}, token=tokens["mert"])
    expect(ayse.said("duydunuz mu")).to_be_visible(timeout=60_000)
    expect(ayse.page.get_by_role("button", name="Bildirimler", exact=True)).to_be_visible()
    expect(mert.said("sunucu kapalıyken yazdım")).to_have_count(1, timeout=60_000)
    mert.say("ben de buradayım")
    expect(ayse.said("ben de buradayım")).to_have_count(1, timeout=60_000)

    ayse.page.reload()
    for text in ("bugün borsa nasıl?", "Sakin açıldı", "sunucu kapalıyken yazdım", "ben de buradayım"):
        expect(ayse.said(text)).to_have_count(1)


def test_a_backup_that_is_put_back_takes_the_place_of_what_was_shown(visit: Visit, square: Square) -> None:
    square.register("derya")
    derya = visit()
    derya.return_as("derya")
    derya.open_room()
    derya.say("yedekten önce")
    expect(derya.said("yedekten önce")).to_be_visible()
    backup = square.back_up()
    for number in range(3):
        derya.say(f"yedekten sonra {number}")
    expect(derya.said("yedekten sonra 2")).to_be_visible()
    square.put_back(backup)
    expect(derya.said("yedekten sonra")).to_have_count(0, timeout=60_000)
    expect(derya.said("yedekten önce")).to_be_visible()
    derya.say("yeni bir söz")
    expect(derya.said("yeni bir söz")).to_have_count(1)
    derya.page.reload()
    expect(derya.said("yeni bir söz")).to_have_count(1)


def test_a_guest_reads_then_joins_and_stays_the_same_over_a_reload(visit: Visit, square: Square) -> None:
    square.register("deniz")
    member, guest = visit(), visit()
    member.return_as("deniz")
    member.open_room()
    member.say("Misafirlere açık söz")
    guest.go("/oda/genel")
    expect(guest.said("Misafirlere açık söz")).to_be_visible()
    guest.go("/")
    guest.page.get_by_label("Takma ad").fill("Işıl Şahin")
    guest.page.get_by_role("button", name="Meydana gir").click()
    expect(guest.page.get_by_role("button", name="Işıl Şahin hesabı")).to_be_visible()
    guest.open_room()
    guest.say("Selam, ben Işıl")
    expect(member.said("Selam, ben Işıl")).to_be_visible()
    guest.page.reload()
    expect(guest.composer).to_be_editable()
    guest.say("Sayfayı yeniledim")
    expect(member.said("Sayfayı yeniledim")).to_be_visible()


def test_search_finds_every_turkish_spelling(visit: Visit, square: Square) -> None:
    square.register("cem")
    visitor = visit()
    visitor.return_as("cem")
    visitor.open_room()
    for text in ("Akşam IŞIK hızında geçti", "ışık az, gölge çok", "isik yazan da olur", "BITCOIN konuşalım"):
        visitor.say(text)
        expect(visitor.said(text)).to_be_visible()
    visitor.page.get_by_role("button", name="İletilerde ara").click()
    panel = visitor.page.get_by_role("complementary", name="İletilerde ara")
    box = panel.get_by_role("searchbox")
    for word in ("ışık", "IŞIK", "isik"):
        box.fill(word)
        for found in ("hızında geçti", "gölge çok", "yazan da olur"):
            expect(panel.get_by_text(re.compile(found))).to_be_visible()
        expect(panel.get_by_text("konuşalım")).to_have_count(0)
    box.fill("bitcoin")
    expect(panel.get_by_text("konuşalım")).to_be_visible()
    visitor.say("\n".join(f"{number}. satır" for number in range(60)))
    expect(visitor.said("59. satır")).to_be_in_viewport()
    panel.get_by_text("konuşalım").click()
    expect(visitor.said("BITCOIN konuşalım")).to_be_in_viewport(ratio=1)
    visitor.say("aradım, buldum")
    expect(visitor.said("aradım, buldum")).to_be_in_viewport()
    visitor.say("gözüm burada")
    expect(visitor.said("gözüm burada")).to_be_in_viewport()


def test_a_phone_shows_one_column_and_everything_can_be_reached(visit: Visit, square: Square) -> None:
    square.register("pelin")
    phone = visit(width=360, height=740, scheme="dark")
    phone.return_as("pelin")
    phone.go("/odalar")
    phone.page.get_by_role("link", name=re.compile("Genel")).first.click()
    expect(phone.composer).to_be_editable()
    phone.say("Telefondan yazdım")
    expect(phone.said("Telefondan yazdım")).to_be_visible()
    for path in ("/", "/odalar", "/oda/genel", "/kisiler"):
        phone.go(path)
        phone.page.wait_for_load_state("networkidle")
        wider = phone.page.evaluate("() => document.documentElement.scrollWidth > window.innerWidth")
        assert not wider, f"{path} scrolls sideways"


def test_axe_finds_nothing_serious(visit: Visit, square: Square) -> None:
    square.register("nil")
    visitor = visit()
    faults: dict[str, list[str]] = {}

    def look(path: str) -> None:
        visitor.page.wait_for_load_state("networkidle")
        faults[path] = visitor.serious_faults()

    for path in ("/", "/giris", "/kayit"):
        visitor.go(path)
        look(path)
    visitor.return_as("nil")
    visitor.open_room()
    visitor.say("Erişilebilir bir söz")
    expect(visitor.said("Erişilebilir bir söz").first).to_be_visible()
    look("/oda/genel")
    visitor.page.get_by_role("button", name="Oda ayarları").click()
    expect(visitor.page.get_by_role("dialog")).to_be_visible()
    look("/oda/genel settings")
    for path in ("/odalar", "/kisiler", "/ben"):
        visitor.go(path)
        look(path)
    visitor.go("/odalar")
    visitor.page.get_by_role("button", name="Sıralama").click()
    expect(visitor.page.get_by_role("menuitem", name="Ada göre")).to_be_visible()
    look("/odalar order")
    visitor.page.keyboard.press("Escape")
    visitor.page.get_by_role("button", name="Nil hesabı").click()
    expect(visitor.page.get_by_role("menuitem", name="Profil ve tercihler")).to_be_visible()
    look("/odalar account")
    assert {path: found for path, found in faults.items() if found} == {}
