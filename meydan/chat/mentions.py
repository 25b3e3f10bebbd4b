"""Whom a message names with `@`: one grammar for server, panel and terminal (`tests/cases/mentions.json`).

A mention is `@` and a whole username, in whichever case. Nothing before or behind it belongs to a word, an address or a
path. A full stop or hyphen at its end is the sentence's. Code, links and e-mail addresses name nobody.
"""

import re
from typing import Final

_MOST: Final = 20
# A scheme has an end: with none, every letter of a long word would be looked at from each letter before it.
_CODE_AND_LINKS: Final = re.compile(
    r"```.*?(?:```|\Z)|`[^`\n]+`|[a-z][a-z0-9+.-]{0,31}+://\S+|\bwww\.\S+|\bmailto:\S+", re.IGNORECASE | re.DOTALL
)
_MENTION: Final = re.compile(r"(?<![\w@./\\+=&#%$])(?<!\w-)@([\w.\-]++)(?!@|/\w)")
_USERNAME: Final = re.compile(r"[a-z0-9][a-z0-9_.-]{2,31}")


def mentions(content: str) -> tuple[str, ...]:
    """Return the usernames that a message names, each once, in order."""
    if "@" not in content:
        return ()
    plain = _CODE_AND_LINKS.sub("`", content)
    names = (_username(name) for name in _MENTION.findall(plain))
    return tuple(dict.fromkeys(name for name in names if _USERNAME.fullmatch(name)))[:_MOST]


def _username(written: str) -> str:
    """Lower what is written, as far as a username's letters go; others stay and make it no username."""
    name = written.rstrip(".-").replace("İ", "i")
    return "".join(char.lower() if char.isascii() else char for char in name)
