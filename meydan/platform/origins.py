"""Pages: which of them are ours, by the `Origin` that a browser says of whoever asks."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from meydan.platform.settings import ANY_ORIGIN, Settings


def is_own_page(settings: Settings, origin: str, host: str) -> bool:
    """Tell whether a page of `origin` may use what a browser keeps for `host`: one of ours, or one that is named.

    Of a square that is reached over HTTPS no page that came over plain HTTP is ours: whoever is on the way may have
    written it. One at an address in digits or at `localhost` has no cookie of the public name to steal.
    """
    if origin == settings.public_url or origin in settings.allowed_origins:
        return origin != ANY_ORIGIN
    try:
        page = urlsplit(origin)
        name = page.hostname or ""
    except ValueError:  # no address at all, as with a bracket that does not close
        return False
    safe = page.scheme == "https" or not settings.public_url.startswith("https://") or not _is_public(name)
    return bool(host) and page.netloc == host and safe


def _is_public(name: str) -> bool:
    """Tell whether a host is asked for by a name that is the same for everybody."""
    try:
        ip_address(name)
    except ValueError:
        return name != "localhost"
    return False


def origin_allowed(settings: Settings, origin: str, host: str) -> bool:
    """Tell whether a page of `origin` may open a WebSocket here: our own pages, and those the operator named."""
    return ANY_ORIGIN in settings.allowed_origins or is_own_page(settings, origin, host)
