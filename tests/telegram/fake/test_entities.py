"""Formatted texts: what Telegram reads, and how it complains."""

import pytest

from meydan.telegram.fake.answers import ApiError
from meydan.telegram.fake.entities import read
from meydan.telegram.fake.shapes import Entity


def _told(text: str, mode: str) -> tuple[str, list[tuple[str, int, int]]]:
    formatted = read(text, mode)
    return formatted.text, [(entity.type, entity.offset, entity.length) for entity in formatted.entities]


@pytest.mark.parametrize(
    ("text", "plain", "entities"),
    [
        ("<b>kalın</b> &lt;3 &amp;", "kalın <3 &", [("bold", 0, 5)]),
        ("<b>a<i>b</i></b>", "ab", [("bold", 0, 2), ("italic", 1, 1)]),
        ("😀<u>x</u>", "😀x", [("underline", 2, 1)]),
        ('<a href="https://ornek.test/">ad</a>', "ad", [("text_link", 0, 2)]),
        ('<a href="tg://user?id=5">Üye</a>', "Üye", [("text_mention", 0, 3)]),
        ('<pre><code class="language-py">x = 1</code></pre>', "x = 1", [("pre", 0, 5)]),
        ('<span class="tg-spoiler">gizli</span>', "gizli", [("spoiler", 0, 5)]),
        ("<blockquote expandable>uzun</blockquote>", "uzun", [("expandable_blockquote", 0, 4)]),
        ("  <b> x </b>  ", "x", [("bold", 0, 1)]),
        ("&#39;a&#x27; &nbsp;", "'a' &nbsp;", []),
    ],
)
def test_html(text: str, plain: str, entities: list[tuple[str, int, int]]) -> None:
    assert _told(text, "HTML") == (plain, entities)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("ğ<b>x</i>", 'Unmatched end tag at byte offset 6, expected "</b>", found "</i>"'),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("<foo>x</foo>", 'Unsupported start tag "foo" at byte offset 0'),
        ("1 < 2", 'Unsupported start tag "" at byte offset 2'),
        ("<b", "Unclosed start tag at byte offset 0"),
        ("<b>x</b", "Unclosed end tag at byte offset 4"),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
    ],
)
def test_broken_html(text: str, complaint: str) -> None:
    with pytest.raises(ApiError) as caught:
        read(text, "HTML")
    assert caught.value.description == f"Bad Request: can't parse entities: {complaint}"


@pytest.mark.parametrize(
    ("text", "plain", "entities"),
    [
        (r"*kalın* \- _eğik_", "kalın - eğik", [("bold", 0, 5), ("italic", 8, 4)]),
        ("__a__ ~b~ ||c||", "a b c", [("underline", 0, 1), ("strikethrough", 2, 1), ("spoiler", 4, 1)]),
        ("*a _b_*", "a b", [("bold", 0, 3), ("italic", 2, 1)]),
        ("`a*b`", "a*b", [("code", 0, 3)]),
        ("```py\nx = 1```", "x = 1", [("pre", 0, 5)]),
        (r"[ad](https://ornek.test/a\))", "ad", [("text_link", 0, 2)]),
        (">bir\n>iki\nüç", "bir\niki\nüç", [("blockquote", 0, 8)]),
        ("![👍](tg://emoji?id=5)", "👍", [("custom_emoji", 0, 2)]),
    ],
)
def test_markdown_v2(text: str, plain: str, entities: list[tuple[str, int, int]]) -> None:
    assert _told(text, "MarkdownV2") == (plain, entities)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("1.5", r"Character '.' is reserved and must be escaped with the preceding '\'"),
        ("a-b", r"Character '-' is reserved and must be escaped with the preceding '\'"),
        ("ğ *x", "Can't find end of Bold entity at byte offset 3"),
        ("_x", "Can't find end of Italic entity at byte offset 0"),
        ("`x", "Can't find end of Code entity at byte offset 0"),
        ("```x", "Can't find end of Pre entity at byte offset 0"),
        ("[x](y", "Can't find end of a URL at byte offset 3"),
        ("*a _b*_", "Can't find end of Italic entity at byte offset 6"),
    ],
)
def test_broken_markdown_v2(text: str, complaint: str) -> None:
    with pytest.raises(ApiError) as caught:
        read(text, "MarkdownV2")
    assert caught.value.description == f"Bad Request: can't parse entities: {complaint}"


def test_the_older_markdown() -> None:
    assert _told(r"*a* _b_ `c` [d](https://ornek.test) \*", "Markdown") == (
        "a b c d *",
        [("bold", 0, 1), ("italic", 2, 1), ("code", 4, 1), ("text_link", 6, 1)],
    )
    with pytest.raises(ApiError, match="Can't find end of the entity starting at byte offset 0"):
        read("*a", "Markdown")


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(ApiError, match="unsupported parse_mode"):
        read("x", "BBCode")


def test_given_entities_are_cut_with_the_white_space() -> None:
    formatted = read(" ab ", None, [Entity(type="bold", offset=0, length=4)])
    assert formatted.text == "ab"
    assert formatted.entities == [Entity(type="bold", offset=0, length=2)]


def test_what_telegram_finds_by_itself() -> None:
    found = read("/start@deneme_bot #borsa $THYAO @uye_bir https://ornek.test/a, a@b.test", None).entities
    assert [entity.type for entity in found] == ["bot_command", "hashtag", "cashtag", "mention", "url", "email"]
    assert (found[4].offset, found[4].length) == (41, 20)
