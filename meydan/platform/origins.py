"""Pages: which of them are ours, by the `Origin` that a browser says of whoever asks."""

from urllib.parse import urlsplit

from meydan.platform.settings import ANY_ORIGIN, Settings


def is_own_page(settings: Settings, origin: str, host: str) -> bool:
    """Tell whether a page of `origin` may use what a browser keeps for `host`: one of ours, or one that is named."""
    if origin == settings.public_url or origin in settings.allowed_origins:
        return origin != ANY_ORIGIN
    try:
        return bool(host) and urlsplit(origin).netloc == host
    except ValueError:  # no address at all, as with a bracket that does not close
        return False


def origin_allowed(settings: Settings, origin: str, host: str) -> bool:
    """Tell whether a page of `origin` may open a WebSocket here: our own pages, and those the operator named."""
    return ANY_ORIGIN in settings.allowed_origins or is_own_page(settings, origin, host)
