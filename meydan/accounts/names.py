"""What may be a username, which is also the `kullanici_id` in addresses and on the wire."""

import re
import unicodedata
from typing import Final

from meydan.accounts.errors import BadUsername, NameReserved
from meydan.accounts.permissions import Role
from meydan.platform.lookalike import skeleton
from meydan.platform.turkish import fold, slug, sort_key
from meydan.platform.visible import IGNORABLE

USERNAME: Final = r"^[a-z0-9][a-z0-9_.-]{2,31}$"
CONSOLE_ID: Final = "konsol"
ENVIRONMENT_ID: Final = "api"
GUEST_PREFIX: Final = "misafir-"
_USERNAME: Final = re.compile(USERNAME.replace("$", r"\Z"))
_WORDS: Final = (
    "admin", "administrator", "yonetici", "yonetim", "sahip", "owner", "moderator", "mod", "moderasyon", "root",
    "destek", "support", "yardim", "sistem", "system", "meydan", "resmi", "official", "guvenlik", "security",
    "duyuru", "herkes", "everyone", "konsol", "console", "api", "bot",
)  # fmt: skip
RESERVED: Final = frozenset(skeleton(word) for word in _WORDS)
NOBODYS: Final = frozenset(
    skeleton(word) for word in (CONSOLE_ID, ENVIRONMENT_ID, "sistem", "system", "meydan", "herkes", "everyone")
)
"""What not even an owner may be called."""
_OFFICES: Final = frozenset(
    skeleton(word) for word in ("admin", "yonetici", "yonetim", "moderator", "moderasyon", "administrator")
)
_BETWEEN_WORDS: Final = re.compile(r"[\W_]+")
_NUMBER_BEHIND: Final = re.compile(r"\d+\Z")
_USERNAME_SAID: Final = re.compile(r"(?<!\w)@\s*\w")
_OPENING: Final = frozenset({"Ps", "Pi"})  # brackets and quotation marks, by Unicode's categories


def is_username(name: str) -> bool:
    """Tell whether `name` has the form of a username."""
    return _USERNAME.match(name) is not None


def check_username(name: str, *, role: Role = Role.MEMBER) -> str:
    """Return `name` when somebody may have it; else raise `BadUsername` with a suggestion, or `NameReserved`.

    What is, or looks like, a word that speaks for the square is for those who do: moderators, administrators, owners.
    """
    if not is_username(name):
        raise BadUsername(slug(name, limit=32))
    kept = NOBODYS if role.is_staff else RESERVED
    if skeleton(name) in kept or name.startswith(GUEST_PREFIX) or (not role.is_staff and _is_made_of_offices(name)):
        raise NameReserved(name)
    return name


def is_reserved(name: str) -> bool:
    """Tell whether a name, however it is spelled, would speak for the square."""
    return skeleton(name) in RESERVED or _carries_the_mark(name)


def pretends(name: str) -> bool:
    """Tell whether a display name claims an office, a word of the square's in it, or that a username is behind it."""
    looks = [*map(skeleton, name.split()), *_words(name)]
    # What Turkish adds comes behind: yöneticiniz.
    return (
        is_reserved(name)
        or _USERNAME_SAID.search(_plain(name)) is not None
        or any(look in RESERVED or look.startswith(tuple(_OFFICES)) for look in looks)
    )


def _is_made_of_offices(username: str) -> bool:
    """Tell whether a username names an office, or nothing but words that speak for the square."""
    looks = _words(username)
    return any(look in _OFFICES for look in looks) or (looks != [] and all(look in RESERVED for look in looks))


def _words(name: str) -> list[str]:
    """Return what the words of a name look like, without numbers behind them."""
    words = (_NUMBER_BEHIND.sub("", word) for word in _BETWEEN_WORDS.split(name))
    return [skeleton(word) for word in words if word]


def _carries_the_mark(name: str) -> bool:
    """Tell whether a name holds what the square shows of who is behind one, `(@ayse)`, in brackets of any kind."""
    before = (part.rstrip()[-1:] for part in _plain(name).split("@")[:-1])
    return any(sign in "<|" or unicodedata.category(sign) in _OPENING for sign in before if sign)


def _plain(name: str) -> str:
    return unicodedata.normalize("NFKC", IGNORABLE.sub("", name))


def name_key(name: str) -> str:
    """Return the key by which a display name sorts."""
    return sort_key(name)[:200]


def folded(username: str, name: str) -> str:
    """Return the words under which search finds a user."""
    return f"{fold(name)} {username}"[:200]
