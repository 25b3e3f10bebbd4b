"""Addresses: who asks when proxies stand in between, and what stands for one caller."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

_HOPS: Final = 32  # proxies behind each other
_HOUSEHOLD: Final = 56  # bits of IPv6 that one customer is given at least
_SITE: Final = 48  # and at most


class Proxies:
    """The reverse proxies whose word is taken for who asks."""

    def __init__(self, networks: Sequence[str] = ()) -> None:
        self._networks = tuple(ip_network(network) for network in networks)
        self.trusts = lru_cache(maxsize=4096)(self._trusts)

    def client(self, peer: str, forwarded: Iterable[str]) -> str:
        """Return who asks: the last address in the values of `X-Forwarded-For` that is none of the proxies'.

        What is no address says nothing, and what stands in front of it neither. With nothing said it is `peer`.
        """
        found = peer
        for part in reversed(",".join(forwarded).rsplit(",", _HOPS)[-_HOPS:]):
            if not self.trusts(found):
                break
            if not (said := part.strip()):
                continue
            if (address := _address(said)) is None:
                break
            found = str(address)
        return found

    def _trusts(self, address: str) -> bool:
        known = _address(address)
        return known is not None and any(known in network for network in self._networks)


@lru_cache(maxsize=4096)
def household(address: str) -> str:
    """Return what stands for one caller: an IPv4 address, or the /56 that a customer is given of IPv6."""
    known = _address(address)
    if isinstance(known, IPv6Address):
        return str(ip_network((known, _HOUSEHOLD), strict=False).network_address)
    return address if known is None else str(known)


@lru_cache(maxsize=4096)
def neighbourhood(address: str) -> tuple[str, ...]:
    """Return the groups that a caller belongs to, the widest first: of IPv6 the /48 and the household in it."""
    known = _address(address)
    if isinstance(known, IPv6Address):
        return str(ip_network((known, _SITE), strict=False)), household(address)
    return (household(address),)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """Read an address, with a port or without; an IPv4 one that is written as IPv6 is IPv4."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
