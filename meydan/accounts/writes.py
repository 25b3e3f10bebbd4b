"""Fair use of what changes something: budgets for each person, each address and the guests of an address."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from meydan.accounts.actor import Actor
from meydan.accounts.permissions import Permission
from meydan.platform.budgets import Budgets
from meydan.platform.clock import Clock
from meydan.platform.errors import RateLimited
from meydan.platform.network import NetworkSettings, usual_limits

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True)
class _Kept:
    """The budgets that go by one value of the settings."""

    settings: NetworkSettings
    people: Budgets
    tickets: Budgets
    operators: Budgets
    addresses: Budgets
    guests: Budgets


class Writes:
    """Counts on this node what people change, over HTTP and their sockets alike.

    Who may change the settings is not counted, nor what the machine itself does.
    """

    def __init__(self, clock: Clock, limits: Callable[[], NetworkSettings] = usual_limits) -> None:
        self._clock = clock
        self._limits = limits
        self._kept = _kept(limits())

    def spend(self, actor: Actor) -> None:
        """Take one change from a person and from their address; raise `RateLimited` when either has none left."""
        if not actor.may(Permission.SYSTEM_MANAGE):
            self._take(self._now().people, _person(actor))
            self.spend_address(actor)

    def spend_ticket(self, actor: Actor) -> None:
        """Take one ticket from a person; many who share an address come back at once after a restart."""
        if not actor.may(Permission.SYSTEM_MANAGE):
            self._take(self._now().tickets, _person(actor))

    def spend_operation(self, actor: Actor) -> None:
        """Take one change from somebody who runs a part of the square, by hand or with a program."""
        if not actor.may(Permission.SYSTEM_MANAGE):
            self._take(self._now().operators, actor.id)

    def spend_address(self, actor: Actor) -> None:
        """Take one change from the actor's address alone: what they themselves may say has a budget of its own."""
        kept, address = self._now(), actor.origin.line
        if address and not actor.may(Permission.SYSTEM_MANAGE):
            if actor.is_guest:
                self._take(kept.guests, address)
            self._take(kept.addresses, address)

    def _now(self) -> _Kept:
        if (settings := self._limits()) is not self._kept.settings:
            self._kept = _kept(settings)
        return self._kept

    def _take(self, budgets: Budgets, key: str) -> None:
        if wait := budgets.take(key, self._clock.monotonic()):
            raise RateLimited(wait=wait)


def _person(actor: Actor) -> str:
    return f"{actor.id}@{actor.origin.line}" if actor.is_guest else actor.id


def _kept(settings: NetworkSettings) -> _Kept:
    return _Kept(
        settings,
        people=Budgets(rate=settings.writes_per_second, burst=settings.write_burst),
        tickets=Budgets(rate=settings.writes_per_second, burst=settings.write_burst),
        operators=Budgets(rate=settings.operations_per_second, burst=settings.operation_burst),
        addresses=Budgets(rate=settings.writes_per_second_per_address, burst=settings.write_burst_per_address),
        guests=Budgets(rate=settings.guest_writes_per_second_per_address, burst=settings.guest_write_burst_per_address),
    )
