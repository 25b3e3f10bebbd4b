import itertools
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from meydan.telegram.fake.answers import ApiError
from meydan.telegram.fake.html import read_html
from meydan.telegram.fake.markdown import read_markdown_v2
from meydan.telegram.split import BrokenMarkup, split_text
from tests.soak import size
from tests.telegram.fake.test_two_readings import OF_HTML, OF_MARKDOWN


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def test_a_short_text_stays_whole() -> None:
    assert split_text("Günaydın") == ["Günaydın"]
    assert split_text("x" * 4096) == ["x" * 4096]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("bir iki.\n\nüç dört beş", ["bir iki.", "üç dört beş"]),
        ("bir iki\nüç dört beş", ["bir iki", "üç dört beş"]),
        ("bir iki üç. dört beş", ["bir iki üç.", "dört beş"]),
        ("birikiüçdörtbeşaltı", ["birikiüçdört", "beşaltı"]),
    ],
)
def test_it_is_cut_where_it_reads_best(text: str, parts: list[str]) -> None:
    assert split_text(text, limit=12) == parts


def test_letters_of_several_characters_stay_together() -> None:
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
    parts = split_text(family * 5, limit=20)
    assert all(part.replace(family, "") == "" for part in parts)
    assert "".join(parts) == family * 5


def test_flags_keep_both_halves() -> None:
    assert split_text("\U0001f1f9\U0001f1f7" * 5, limit=10) == ["\U0001f1f9\U0001f1f7" * 2] * 2 + [
        "\U0001f1f9\U0001f1f7"
    ]


def test_tags_are_closed_and_opened_again() -> None:
    text = '<b>kalın <i>eğik yazı</i> sürer</b> <a href="https://meydan.example/?a=1&amp;b=2">bağ</a>'
    parts = split_text(text, limit=12, parse_mode="HTML")
    assert len(parts) > 2
    assert parts[0].startswith("<b>")
    assert parts[0].endswith("</b>")
    assert parts[1].startswith("<b>")
    for part in parts:
        assert split_text(part, parse_mode="HTML") == [part]
        assert units(re.sub(r"<[^>]+>", "", part).replace("&amp;", "&")) <= 12


def test_markdown_marks_are_closed_and_opened_again() -> None:
    parts = split_text(
        r"*kalın yazı burada sürer gider* ve \_düz\_ [bağ](https://meydan.example)", limit=16, parse_mode="MarkdownV2"
    )
    assert parts[0].startswith("*")
    assert parts[0].endswith("*")
    assert parts[1].startswith("*")
    for part in parts:
        assert split_text(part, parse_mode="MarkdownV2") == [part]


@pytest.mark.parametrize(
    ("text", "mode", "position"),
    [
        ("<b>açık", "HTML", 0),
        ("a</b>", "HTML", 1),
        ("<b><i>x</b></i>", "HTML", 7),
        ("<blink>x</blink>", "HTML", 0),
        ("3 < 5", "HTML", 2),
        ("*açık", "MarkdownV2", 0),
        ("*_x*_", "MarkdownV2", 4),
        ("nokta.", "MarkdownV2", 5),
    ],
)
def test_broken_markup_is_told_with_its_place(text: str, mode: str, position: int) -> None:
    with pytest.raises(BrokenMarkup) as error:
        split_text(text, parse_mode=mode)
    assert error.value.position == position


@given(st.text(alphabet="abc ğş\n.😀\u0301\u200d👍🏽🇹🇷\u00a0", max_size=200), st.integers(2, 40))
def test_nothing_is_lost_but_white_space_at_the_cuts(text: str, limit: int) -> None:
    parts = split_text(text, limit=limit)
    if units(text) <= limit:
        assert parts == [text]
        return
    assert all(part.strip() and units(part) <= limit for part in parts)
    rest = text
    for part in parts:
        before, found, rest = rest.partition(part)
        assert found == part
        assert not before.strip()
    assert not rest.strip()


WORDS = st.text(alphabet="ab ğ\n😀", min_size=1, max_size=12)
HTML = st.recursive(
    WORDS | st.sampled_from(["&lt;", "&amp;b", "&#128512;", "&quot;"]),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(st.sampled_from(["b", "i", "u", "s", "tg-spoiler", "blockquote"]), inner).map(
            lambda pair: f"<{pair[0]}>{pair[1]}</{pair[0]}>"
        ),
        inner.map(lambda one: f'<a href="https://meydan.example/?a=1&amp;b=>">{one}</a>'),
        WORDS.map(lambda one: f'<pre><code class="language-py">{one}</code></pre>'),
    ),
    max_leaves=12,
)
INLINE = st.recursive(
    WORDS | st.sampled_from([r"\_", r"\*\."]),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(st.sampled_from(["*", "~", "||"]), inner).map(lambda pair: f"{pair[0]} {pair[1]} {pair[0]}"),
        inner.map(lambda one: f"_ {one}_** "),
        inner.map(lambda one: f"** __ {one}__"),
        inner.map(lambda one: f"[{one}x](https://meydan.example/\\))"),
        WORDS.map(lambda one: f"```py\n{one}x```"),
        WORDS.map(lambda one: f"`{one}x`"),
    ),
    max_leaves=10,
)
MARKDOWN = st.lists(INLINE | st.just("\n>alıntı _a b_ *c d*\n>ikinci b\n"), min_size=1, max_size=3).map("".join)


def reading(text: str, mode: str) -> list[tuple[str, frozenset[str]]]:
    """Return what the fake Telegram would show but white space, each character with its formatting."""
    formatted = read_html(text) if mode == "HTML" else read_markdown_v2(text)
    kinds: list[set[str]] = [set() for _ in range(units(formatted.text))]
    for entity in formatted.entities:
        for place in range(entity.offset, entity.offset + entity.length):
            kinds[place].add(f"{entity.type} {entity.url} {entity.language}")
    places = itertools.accumulate((units(char) for char in formatted.text), initial=0)
    return [
        (char, frozenset(kinds[place]))
        for char, place in zip(formatted.text, places, strict=False)
        if not char.isspace()
    ]


def test_a_hidden_quote_stays_hidden() -> None:
    text = "**>bir iki üç dört||\n**>beş altı yedi"
    parts = split_text(text, limit=12, parse_mode="MarkdownV2")
    assert parts == ["**>bir iki üç||", ">dört||\n**>beş", ">altı yedi"]


@pytest.mark.parametrize(
    ("text", "limit", "parts"),
    [
        (">a b c\n>c d e||", 6, [">a b c||", ">c d e||"]),  # each part of a quote that expands does
        ("*>a b c\n>d e\n*x y", 5, ["*>a b c\n*", "*>d e\n*", "x y"]),  # what holds a quote ends after its line
        (">a *b c\n>d e* f||", 4, [">a *b*||", ">*c\n>d*||", ">*e* f||"]),
        ("```py\na`b`c d e f```", 5, ["```py\na`b`c d```", "```py\n e f```"]),
    ],
)
def test_what_is_nested_stays_so(text: str, limit: int, parts: list[str]) -> None:
    assert split_text(text, limit=limit, parse_mode="MarkdownV2") == parts


def test_two_underscores_are_not_read_as_one_mark() -> None:
    parts = split_text("__ab _cd ef_ gh__", limit=5, parse_mode="MarkdownV2")
    assert parts == ["__ab _cd_**__", "___ef_ gh__"]


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.tuples(st.just("HTML"), HTML), st.tuples(st.just("MarkdownV2"), MARKDOWN)), st.integers(4, 30))
def test_each_part_is_shown_as_the_whole_would_be(source: tuple[str, str], limit: int) -> None:
    mode, text = source
    try:
        whole = reading(text, mode)
    except ApiError:
        with pytest.raises(BrokenMarkup):
            split_text(text, limit=limit, parse_mode=mode)
        return
    parts = split_text(text, limit=limit, parse_mode=mode)
    assert [one for part in parts for one in reading(part, mode)] == whole
    for part in parts:
        shown = read_html(part) if mode == "HTML" else read_markdown_v2(part)
        assert units(shown.text) <= limit


@pytest.mark.soak
@pytest.mark.timeout(size(slice=240, whole=3_600))
@settings(max_examples=size(slice=300, whole=100_000), deadline=None)
@given(st.one_of(st.tuples(st.just("HTML"), OF_HTML), st.tuples(st.just("MarkdownV2"), OF_MARKDOWN)), st.integers(2, 9))
@example(("HTML", "a&lta"), 4)  # no entity until the cut is after it
def test_it_refuses_what_telegram_refuses_and_nothing_else(source: tuple[str, str], limit: int) -> None:
    mode, text = source
    try:
        whole = reading(text, mode)
    except ApiError:
        with pytest.raises(BrokenMarkup):
            split_text(text, limit=limit, parse_mode=mode)
        return
    parts = split_text(text, limit=limit, parse_mode=mode)
    assert [one for part in parts for one in reading(part, mode)] == whole


def link(number: int, *, length: int = 180) -> str:
    return f'<a href="https://example.com/{"a" * length}">haber {number}</a>\n'


@pytest.mark.parametrize("limit", [1024, 4096])
def test_a_part_takes_no_more_bytes_of_source_than_telegram_does(limit: int) -> None:
    text = "".join(map(link, range(190)))
    parts = split_text(text, limit=limit, parse_mode="HTML")
    assert max(len(part.encode()) for part in parts) <= 32_768
    assert "\n".join(read_html(part).text for part in parts).split() == read_html(text).text.split()
    assert len(parts) == 2


def test_a_formatting_that_is_too_long_alone_is_named() -> None:
    with pytest.raises(BrokenMarkup) as caught:
        split_text("önce " + link(1, length=33_000), parse_mode="HTML")
    assert (caught.value.position, caught.value.reason.code) == (5, "markup_too_long")
