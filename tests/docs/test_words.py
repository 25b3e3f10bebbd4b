"""One term, one meaning: what people read says the same thing by the same word everywhere."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PANEL = ROOT / "web/admin/src"
PHRASE = re.compile(r'"((?:[^"\\]|\\.)*)"')

# What is not said, and what is said instead.
FORBIDDEN = {
    r"konu[kğ](?!uş|lar\b.*konu)": "misafir",
    r"geri alın(mış|dı|ıyor)": "silindi",
    r"[Şş]imdiki parola": "mevcut parola",
    r"\bAdınız\b": "takma ad",
    r"\b[Hh]er rol\b": "tüm roller",
    r"hesa\w+ (kapat|kapalı|durdur)|[Hh]esap kapalı": "askıya alındı",
    r"\b[Şş]ifre(niz|si|yi|leri)?\b": "parola",
    r"\bmesaj(ı|ınız|lar|ları|lar[ıa])?\b": "ileti",
    r"(?<!-)\blink(i|ler)?\b": "bağlantı",
    r"kaydedilir kaydedilmez|hemen uygulanır": "hemen geçerli olur",
    r"ortam ayarı": "sunucu ayarı",
}
FORBIDDEN_ENGLISH = {
    r"\btaken back\b|\b[Tt]aking the message back": "deleted",
    r"\b[Ee]very role\b": "All roles",
    r"[Ss]top the account|switch(ed)? (this |an )?account off|[Aa]ccount (is )?switched off": "suspend",
    r"as the environment says": "follow server setting",
    r"^Your name$|A guest's name\b": "nickname",
}


def turkish() -> Iterator[tuple[str, str]]:
    yield from _of_catalogue("tr")
    yield from _of_panel("tr")
    for path in (ROOT / "meydan").rglob("settings.py"):
        for found in re.finditer(r'title="([^"]+)"', path.read_text(encoding="utf-8")):
            yield str(path.relative_to(ROOT)), found[1]


def english() -> Iterator[tuple[str, str]]:
    yield from _of_catalogue("en")
    yield from _of_panel("en")


def _of_catalogue(language: str) -> Iterator[tuple[str, str]]:
    path = ROOT / f"meydan/platform/locales/{language}.toml"
    for line in path.read_text(encoding="utf-8").splitlines():
        name, _, words = line.partition(" = ")
        if words:
            yield f"{path.name}: {name}", re.sub(r"\{\w+\}", "", words)


def _of_panel(language: str) -> Iterator[tuple[str, str]]:
    """Yield the texts of the panel's catalogues: those of `defineTexts`, between `tr:` or `en:` and what follows."""
    for path in sorted((*PANEL.rglob("*.ts"), *PANEL.rglob("*.tsx"))):
        source = path.read_text(encoding="utf-8")
        for found in re.finditer(r"defineTexts\(\{\s*tr:(?P<tr>.*?)\n\s*en:(?P<en>.*?)\n\}\)", source, re.DOTALL):
            for line in found[language].splitlines():
                for phrase in PHRASE.findall(re.sub(r'^\s*"[^"]+":', "", line)):
                    yield f"{path.relative_to(PANEL)}", re.sub(r"\{\w+\}", "", phrase)


@pytest.mark.parametrize(("said", "words"), [*FORBIDDEN.items()])
def test_turkish_says_one_thing_by_one_word(said: str, words: str) -> None:
    texts = list(turkish())
    assert len(texts) > 900
    assert [(where, text) for where, text in texts if re.search(said, text)] == [], f"say: {words}"


@pytest.mark.parametrize(("said", "words"), [*FORBIDDEN_ENGLISH.items()])
def test_english_says_one_thing_by_one_word(said: str, words: str) -> None:
    texts = list(english())
    assert len(texts) > 900
    assert [(where, text) for where, text in texts if re.search(said, text)] == [], f"say: {words}"


@pytest.mark.parametrize(("readme", "word"), [("README.tr.md", "okundu bilgisi"), ("README.md", "read markers")])
def test_no_receipts_are_promised_that_the_panel_does_not_show(readme: str, word: str) -> None:
    shown = any("okundu" in path.read_text(encoding="utf-8") for path in (PANEL / "features/rooms").glob("Receipt*"))
    assert shown or word not in (ROOT / readme).read_text(encoding="utf-8")


def test_a_text_that_is_looked_at_can_be_refused() -> None:
    assert re.search(next(iter(FORBIDDEN)), "başka bir konuğun")
    assert not re.search(next(iter(FORBIDDEN)), "Konuşmak için konusunu yazın")
