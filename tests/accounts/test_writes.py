"""What one person, one address and its guests may change, wherever they do it."""

from collections.abc import Iterable

import pytest

from meydan.accounts.actor import Actor
from meydan.accounts.origin import Origin
from meydan.accounts.permissions import Role
from meydan.accounts.writes import Writes
from meydan.platform.clock import ManualClock
from meydan.platform.errors import RateLimited

SCHOOL = Origin("203.0.113.8")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def writes(clock: ManualClock) -> Writes:
    return Writes(clock)


def somebody(name: str, role: Role = Role.MEMBER, *, origin: Origin = SCHOOL) -> Actor:
    return Actor(name, name, role, "session", origin=origin)


def refused(writes: Writes, actors: Iterable[Actor]) -> int:
    count = 0
    for actor in actors:
        try:
            writes.spend(actor)
        except RateLimited:
            count += 1
    return count


def test_one_person_changes_only_so_much_however_many_addresses_they_have(writes: Writes, clock: ManualClock) -> None:
    ayse = [somebody("ayse", origin=Origin(f"198.51.100.{number}")) for number in range(138)]
    assert refused(writes, ayse) == 98
    clock.advance(1)
    assert refused(writes, ayse[:10]) == 5


def test_two_hundred_members_behind_one_address_are_not_refused(writes: Writes) -> None:
    assert refused(writes, [somebody(f"kisi{number}") for number in range(200)] * 3) == 0


def test_two_hundred_messages_at_once_under_twenty_guests_names_are_mostly_refused(writes: Writes) -> None:
    guests = [somebody(f"misafir{number % 20}", Role.GUEST) for number in range(200)]
    assert refused(writes, guests) == 140
    assert refused(writes, [somebody("ayse")]) == 0  # a member at the same address
    assert refused(writes, [somebody("misafir1", Role.GUEST, origin=Origin("198.51.100.7"))]) == 0


def test_two_hundred_guests_behind_one_address_who_talk_now_and_then_are_not_refused(
    writes: Writes, clock: ManualClock
) -> None:
    for number in range(1_000):  # each of them says something every ten seconds
        assert refused(writes, [somebody(f"misafir{number % 200}", Role.GUEST)]) == 0
        clock.advance(0.05)


def test_who_runs_the_square_is_not_counted(writes: Writes) -> None:
    assert refused(writes, [somebody("sahip", Role.OWNER)] * 500) == 0
