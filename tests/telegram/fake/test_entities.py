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
        ("<b>a<i>b</i></b>", "ab", [("bold", 0, 1), ("bold", 1, 1), ("italic", 1, 1)]),
        ("😀<u>x</u>", "😀x", [("underline", 2, 1)]),
        ('<a href="https://ornek.test/">ad</a>', "ad", [("text_link", 0, 2)]),
        ('<a href="tg://user?id=5">Üye</a>', "Üye", [("text_mention", 0, 3)]),
        ('<pre><code class="language-py">x = 1</code></pre>', "x = 1", [("pre", 0, 5)]),
        ('<span class="tg-spoiler">gizli</span>', "gizli", [("spoiler", 0, 5)]),
        ("<blockquote expandable>uzun</blockquote>", "uzun", [("expandable_blockquote", 0, 4)]),
        ("  <b> x </b>  ", " x", [("bold", 0, 2)]),
        ("&#39;a&#x27; &nbsp;", "'a' &nbsp;", []),
        ("&lt &#65 &gtx &#1114112; &#x41", "< A &gtx &#1114112; A", []),
        ('<tg-time unix="1647531900" format="wDT">22:45</tg-time>', "22:45", [("date_time", 0, 5)]),
        ('<tg-time unix="yok">22:45</tg-time>', "22:45", []),
        ('<tg-emoji emoji-id="5">👍</tg-emoji>', "👍", [("custom_emoji", 0, 2)]),
        ("<b>a</><a href=yok>b</a><a>meydan.test</a>", "abmeydan.test", [("bold", 0, 1), ("text_link", 2, 11)]),
        ('<code class="language-py"><pre>x</pre></code>', "x", [("pre", 0, 1)]),
        ("<b>a<code>b</code>c</b>", "abc", [("bold", 0, 1), ("code", 1, 1), ("bold", 2, 1)]),
        ("<blockquote>a<blockquote>b</blockquote></blockquote>", "ab", [("blockquote", 0, 2)]),
        ("a\tb\r\n<b>c\u202ed</b>", "a b\ncd", [("bold", 4, 2)]),
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
        ("<b />x</b>", 'Empty attribute name in the tag "b" at byte offset 0'),
        ("<a href", 'Unclosed start tag "a" at byte offset 0'),
        ("<a href=a_b>x</a>", "Unexpected end of name token at byte offset 8"),
        ('<tg-emoji emoji-id="abc">x</tg-emoji>', "Invalid custom emoji identifier specified"),
        ('<tg-time unix="5" format="x">x</tg-time>', "Invalid date format used"),
        (
            "&#xd83d;",
            "Text contains invalid Unicode characters after decoding HTML entities, check for unmatched surrogate code "
            "units",
        ),
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
        ("*a _b_*", "a b", [("bold", 0, 2), ("bold", 2, 1), ("italic", 2, 1)]),
        ("`a*b`", "a*b", [("code", 0, 3)]),
        ("```py\nx = 1```", "x = 1", [("pre", 0, 5)]),
        (r"[ad](https://ornek.test/a\))", "ad", [("text_link", 0, 2)]),
        (">bir\n>iki\nüç", "bir\niki\nüç", [("blockquote", 0, 8)]),
        ("![👍](tg://emoji?id=5)", "👍", [("custom_emoji", 0, 2)]),
        ("![22:45](tg://time?unix=1647531900&format=wDT)", "22:45", [("date_time", 0, 5)]),
        (">a\n>b||", "a\nb", [("expandable_blockquote", 0, 3)]),
        (">a\n**>b||\nc", "a\nb\nc", [("blockquote", 0, 2), ("expandable_blockquote", 2, 2)]),
        (">a ||b||", "a b", [("blockquote", 0, 3), ("spoiler", 2, 1)]),
        ("*a\n*>b", "a\nb", [("bold", 0, 2), ("blockquote", 2, 1)]),
        ("```python```", "python", [("pre", 0, 6)]),
        ("```python x```", " x", [("pre", 0, 2)]),
        ("```a`b`c```", "abc", [("pre", 0, 3)]),
        (r"```a\`b```", "a`b", [("pre", 0, 3)]),
        (r"[meydan\.test] [yok](yok)", "meydan.test yok", [("text_link", 0, 11)]),
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
        ("[x](y", "Can't find end of a URL at byte offset 4"),
        ("```a`b```", "Can't find end of Pre entity at byte offset 0"),
        ("```python\nx", "Can't find end of PreCode entity at byte offset 0"),
        (">*a\nb*", "Can't find end of Bold entity at byte offset 1"),
        (">a ||b\nc", "Can't find end of Spoiler entity at byte offset 3"),
        (">a||\n>b", "Can't find end of Spoiler entity at byte offset 2"),
        ("a>b", r"Character '>' is reserved and must be escaped with the preceding '\'"),
        ("![👍]", "The entity must contain a tg://emoji or tg://time URL"),
        ("![👍](tg://emoji?id=abc)", "Invalid tg://emoji or tg://time URL specified"),
        ("![a](tg://time?unix=0)", "Invalid tg://emoji or tg://time URL specified"),
        ("*a _b*_", "Can't find end of Italic entity at byte offset 6"),
    ],
)
def test_broken_markdown_v2(text: str, complaint: str) -> None:
    with pytest.raises(ApiError) as caught:
        read(text, "MarkdownV2")
    assert caught.value.description == f"Bad Request: can't parse entities: {complaint}"


def test_a_moment_carries_its_time_and_format() -> None:
    told = read('<tg-time unix="1647531900" format="TDW">22:45</tg-time>', "HTML").entities[0]
    assert (told.unix_time, told.date_time_format) == (1_647_531_900, "wDT")
    assert read("![x](tg://time?unix=9)", "MarkdownV2").entities[0].date_time_format == ""


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("ornek.test", "http://ornek.test/"),
        ("HTTPS://Ornek.test:0443?a=b c", "https://ornek.test:443/?a=b%20c"),
        ("https://kim@ornek.test/a#b", "https://kim@ornek.test/a#b"),
        ("http://[::1]:8080/", "http://[::1]:8080/"),
        ("tg:resolve?domain=meydan", "tg://resolve?domain=meydan"),
        ("ftp://ornek.test", ""),
        ("http://ornek.test:99999", ""),
        ("http://localhost/", ""),
        ("http://or nek.test", ""),
        ("javascript:alert(1)", ""),
    ],
)
def test_addresses_are_written_as_telegram_writes_them(given: str, told: str) -> None:
    found = read(f'<a href="{given}">x</a>', "HTML").entities
    assert [entity.url for entity in found] == ([told] if told else [])


def test_the_older_markdown() -> None:
    code = read("```py\nx``` [a](b.test)", "Markdown")
    assert (code.text, [one.language or one.url for one in code.entities]) == ("x a", ["py", "http://b.test/"])
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
    assert formatted.text == " ab"  # white space that is formatted stays, but for the end's
    assert formatted.entities == [Entity(type="bold", offset=0, length=3)]
    formatted = read("  a b ", None, [Entity(type="bold", offset=4, length=2)])
    assert (formatted.text, formatted.entities) == ("a b", [Entity(type="bold", offset=2, length=1)])


def test_what_telegram_finds_by_itself() -> None:
    found = read("/start@deneme_bot #borsa $THYAO @uye_bir https://ornek.test/a, a@b.test", None).entities
    assert [entity.type for entity in found] == ["bot_command", "hashtag", "cashtag", "mention", "url", "email"]
    assert (found[4].offset, found[4].length) == (41, 20)
