"""The names this square goes by: a page that points a name of its own at us is none of our pages."""

from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import urlsplit

from meydan.platform.settings import Settings

_ALWAYS = frozenset({"localhost"})


class Hosts:
    """Knows by the `Host` of a request whether it is meant for us; with no names given it is, whatever it says.

    An address in digits is always right: what is asked for by it cannot have been pointed here by another's name.
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._names = frozenset(name.lower().rstrip(".") for name in names)

    def allow(self, host: str) -> bool:
        """Tell whether a request with this `Host` is answered."""
        if not self._names:
            return True
        try:
            name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
        except ValueError:
            return False
        if name in self._names or name in _ALWAYS:
            return True
        try:
            ip_address(name)
        except ValueError:
            return False
        return True


def hosts_of(settings: Settings) -> Hosts:
    """Return the names of a square: of its public address, of what it listens on, and those the operator added."""
    public = urlsplit(settings.public_url).hostname
    return Hosts({settings.host, *settings.allowed_hosts, *([public] if public else [])})
