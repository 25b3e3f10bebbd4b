"""Where a request comes from: a value that travels with whoever asks."""

from dataclasses import dataclass
from ipaddress import IPv4Address, ip_address, ip_network
from typing import Final


@dataclass(frozen=True, slots=True)
class Origin:
    """The address and the program a request came from, for the audit log and the throttles."""

    address: str = ""
    agent: str = ""

    @classmethod
    def of(cls, address: str, agent: str = "") -> "Origin":
        """Return the origin with each part as long as it can be stored."""
        return cls(address[:64], agent[:200])

    @property
    def line(self) -> str:
        """What stands for one caller: an IPv4 address, or the /64 that a household is given of IPv6."""
        try:
            address = ip_address(self.address)
        except ValueError:
            return self.address
        if isinstance(address, IPv4Address):
            return str(address)
        return str(address.ipv4_mapped or ip_network((address, 64), strict=False).network_address)


NOWHERE: Final = Origin()
"""The machine itself: its commands, and what nobody asked for."""
