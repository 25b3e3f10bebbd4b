"""The fake's reading of formatted texts beside a second one, written from the documentation alone."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meydan.telegram.fake.formatted import Broken, Formatted
from meydan.telegram.fake.html import read_html
from meydan.telegram.fake.markdown import read_markdown_v2
from meydan.telegram.fake.nesting import nested
from tests.soak import size
from tests.telegram.fake import second_reading
from tests.telegram.fake.second_reading import Mark, Read, Unreadable

EXAMPLES = size(slice=300, whole=100_000)
LETTERS = ["a", "b ", "ş", "😀", "\n"]
MARKDOWN = [
    *LETTERS, "\\", "*", "_", "__", "~", "||", "|", "`", "```", "```py\n", "[", "]", "](", ")", "](http://a.b/)",
    "](tg://user?id=5)", "![", "](tg://emoji?id=5)", "](tg://emoji?id=abc)", "](tg://time?unix=9&format=wDt)",
    "](tg://time?unix=9&format=x)", ">", "\n>", "**>", "||\n", ".", "\\.", "\\`", "-", "!",
]  # fmt: skip
HTML = [
    *LETTERS, "<b>", "</b>", "<i>", "</i>", "<strong>", "</strong>", "<u >", "</u>", "<s>", "</s>", "<pre>", "</pre>",
    "<code>", "</code>", '<code class="language-py">', "<tg-spoiler>", "</tg-spoiler>", '<span class="tg-spoiler">',
    "<span>", "</span>", '<a href="http://a.b/">', '<a href="tg://user?id=5">', "<a>", "</a>", "<blockquote>",
    "<blockquote expandable>", "</blockquote>", '<tg-emoji emoji-id="5">', '<tg-emoji emoji-id="abc">', "</tg-emoji>",
    '<tg-time unix="9" format="wDt">', '<tg-time unix="9" format="x">', "<tg-time unix='9'>", "</tg-time>", "</>",
    "&lt;", "&lt", "&amp;", "&nbsp;", "&", "&#65;", "&#65", "&#x41;", "&#0;", "<", ">", "<x>",
]  # fmt: skip


def of_the_fake(formatted: Formatted) -> tuple[str, list[frozenset[Mark]]]:
    """Return what is shown and the formattings of each character."""
    marks = []
    place = 0
    entities = nested(formatted.entities)
    for character in formatted.text:
        here = [one for one in entities if one.offset <= place < one.offset + one.length]
        marks.append(frozenset((one.type, carried(one)) for one in here))
        place += 2 if character > "\uffff" else 1
    return formatted.text, marks


def carried(entity: Any) -> str:
    if entity.type == "date_time":
        return f"{entity.unix_time} {entity.date_time_format}"
    if entity.type == "text_mention":
        return str(entity.user.id)
    return entity.url or entity.language or entity.custom_emoji_id or ""


def both(
    text: str, first: Callable[[str], Formatted], second: Callable[[str], Read]
) -> tuple[tuple[str, list[frozenset[Mark]]] | None, tuple[str, list[frozenset[Mark]]] | None]:
    """Return both readings, `None` for what is refused."""
    try:
        one = of_the_fake(first(text))
    except Broken:
        one = None
    try:
        read = second(text)
        two = read.text, read.settled()
    except Unreadable:
        two = None
    return one, two


def scrap(tokens: list[str]) -> st.SearchStrategy[str]:
    """Give pieces of a language in any order."""
    return st.lists(st.sampled_from(tokens), max_size=12).map("".join)


def whole(letters: st.SearchStrategy[str], pairs: list[tuple[str, str]]) -> st.SearchStrategy[str]:
    """Give texts in which all that begins ends."""

    def longer(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        wrapped = st.tuples(st.sampled_from(pairs), inner).map(lambda both: both[0][0] + both[1] + both[0][1])
        return wrapped | st.lists(inner, max_size=3).map("".join)

    return st.recursive(letters, longer, max_leaves=8)


SIGNS = [("*", "*"), ("_", "_"), ("__", "__"), ("~", "~"), ("||", "||"), ("`", "`"), ("```py\n", "```"), ("```", "```")]
LINKS = [
    ("[", "](http://a.b/)"),
    ("[", "]"),
    ("![", "](tg://emoji?id=5)"),
    ("![", "](tg://time?unix=9)"),
    ("\n>", "\n"),
    ("\n>", "||\n"),
]
OF_MARKDOWN = scrap(MARKDOWN) | whole(st.sampled_from([*LETTERS, "\\.", "\\`", "\n>"]), SIGNS + LINKS)
TAGS = [tag for tag in HTML if tag[1:2].isalpha() and tag[:1] == "<" and "abc" not in tag and '="x"' not in tag]
OF_HTML = scrap(HTML) | whole(
    st.sampled_from([*LETTERS, "&lt", "&#65;", "&"]),
    [(tag, f"</{tag.strip('<> ').split()[0]}>") for tag in TAGS if tag not in ("<span>", "<x>")],
)


@pytest.mark.soak
@pytest.mark.timeout(size(slice=240, whole=3_600))
@settings(max_examples=EXAMPLES, deadline=None)
@given(OF_MARKDOWN)
def test_markdown_is_read_alike(text: str) -> None:
    one, two = both(text, read_markdown_v2, second_reading.read_markdown)
    assert one == two


@pytest.mark.soak
@pytest.mark.timeout(size(slice=240, whole=3_600))
@settings(max_examples=EXAMPLES, deadline=None)
@given(OF_HTML)
def test_html_is_read_alike(text: str) -> None:
    one, two = both(text, read_html, second_reading.read_html)
    assert one == two
