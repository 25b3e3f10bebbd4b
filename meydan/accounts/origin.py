"""Where a request comes from: a value that travels with whoever asks."""

from dataclasses import dataclass, field
from typing import Final

from meydan.platform.addresses import household, neighbourhood
from meydan.platform.turns import Gone, never_gone


@dataclass(frozen=True, slots=True)
class Origin:
    """The address and the program a request came from, for the audit log and the throttles.

    `device` is what a browser shows of having signed in before; nothing about it is proven. `gone` tells whether who
    asked has hung up.
    """

    address: str = ""
    agent: str = ""
    device: str = field(default="", repr=False)
    gone: Gone = field(default=never_gone, repr=False, compare=False)

    @classmethod
    def of(cls, address: str, agent: str = "", *, device: str = "", gone: Gone = never_gone) -> "Origin":
        """Return the origin with each part as long as it can be stored."""
        return cls(address[:64], agent[:200], device[:200], gone)

    @property
    def line(self) -> str:
        """What stands for one caller: an IPv4 address, or what a household is given of IPv6."""
        return household(self.address)

    @property
    def path(self) -> tuple[str, ...]:
        """The groups in which it takes turns, the widest first."""
        return neighbourhood(self.address)


NOWHERE: Final = Origin()
"""The machine itself: its commands, and what nobody asked for."""
