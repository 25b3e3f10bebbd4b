from functools import partial

import pytest
import structlog

from meydan.app.gate import Gate, Place
from meydan.app.hosts import Hosts, hosts_of
from meydan.platform.addresses import Proxies
from meydan.platform.clock import ManualClock
from meydan.platform.network import NetworkSettings
from meydan.platform.settings import load_settings

LIMITS = NetworkSettings(connections_per_address=50, sockets_per_address=10, unread_bytes_per_address=4_194_304)


def gate(*, most: int = 10_000) -> Gate:
    return Gate(most=most, proxies=Proxies(("127.0.0.1",)), limits=lambda: LIMITS, clock=ManualClock())


def arrived(gate: Gate, count: int, *, address: str = "203.0.113.8") -> list[Place]:
    return [gate.enter(address) for _ in range(count)]


def test_one_address_holds_so_many_connections_and_others_notice_nothing() -> None:
    door = gate()
    places = arrived(door, 51)
    assert [place.refusal for place in places] == [""] * 50 + ["address"]
    assert not door.enter("203.0.113.9").refusal
    places[0].leave()
    places[0].leave()
    assert not door.enter("203.0.113.8").refusal
    assert door.stats.refused == {"address": 1, "full": 0, "unread": 0}


def test_who_is_told_so_is_bounded_too() -> None:
    assert [place.cut for place in arrived(gate(), 90)] == [False] * 82 + [True] * 8


def test_behind_a_proxy_each_connection_is_its_clients() -> None:
    door = gate()
    behind = [door.enter("127.0.0.1") for _ in range(60)]
    assert all(place.belongs_to(f"198.51.100.{number}") for number, place in enumerate(behind))
    assert [place.belongs_to("203.0.113.8") for place in behind] == [True] * 50 + [False] * 10
    assert behind[-1].belongs_to("198.51.100.7")  # the next request on the same connection is another one's


def test_sockets_have_a_cap_of_their_own() -> None:
    door = gate()
    places = arrived(door, 11)
    assert [place.become_socket() for place in places] == [True] * 10 + [False]
    for place in places:
        place.leave()
    assert door.callers() == {}
    assert door.total == 0


def test_the_last_descriptors_are_kept_and_an_operator_is_told_before() -> None:
    door = gate(most=1_128)  # a thousand connections
    with structlog.testing.capture_logs() as lines:
        arrive = partial(arrived, door)
        for number in range(16):
            arrive(50, address=f"198.51.100.{number}")
        states = [(door.nearly_full, door.crowded)]
        for number in range(20, 23):
            arrive(50, address=f"198.51.100.{number}")
            states.append((door.nearly_full, door.crowded))
        assert states == [(False, False), (True, False), (True, False), (True, True)]
    assert [line["event"] for line in lines] == ["gate.nearly_full"]


def test_when_all_is_taken_who_brings_nothing_makes_room_for_who_comes() -> None:
    door, gone = gate(most=1_128), list[str]()

    def came(address: str, *, silent: bool) -> Place:
        place = door.enter(address)
        place.hang_up = lambda: gone.append(address)
        place.awaited(so=silent)
        return place

    for number in range(50):
        came("198.51.100.1", silent=False)  # they are being answered
        for caller in range(2, 22):
            came(f"198.51.100.{caller}", silent=number % 2 == 0)
    assert (door.total, gone) == (1_050, [])
    waiting = [came("203.0.113.8", silent=True) for _ in range(20)]
    assert door.total == door.most + 64
    assert not any(place.cut or place.refusal for place in waiting)
    assert len(gone) == 6
    assert "203.0.113.8" not in gone, "it has fewer of those than others"
    for number in range(600):
        if (place := came(f"203.0.113.{number % 20 + 10}", silent=False)).cut:
            place.leave()
            break
    assert door.total == door.most + 64
    assert len(gone) == 520, "all who brought nothing"


def test_a_small_limit_of_descriptors_is_not_one_addresss_alone() -> None:
    door = gate(most=64)
    assert [place.refusal for place in arrived(door, 17)] == [""] * 16 + ["address"]


def test_what_a_caller_leaves_unread_is_bounded_over_all_their_connections() -> None:
    door = gate()
    first, second, other = door.enter("203.0.113.8"), door.enter("203.0.113.8"), door.enter("203.0.113.9")
    assert first.hold(4_000_000)
    assert not second.hold(300_000)
    assert other.hold(4_000_000)
    first.leave()
    assert second.hold(300_000)


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("meydan.example", True),
        ("MEYDAN.example.:8443", True),
        ("localhost:8000", True),
        ("127.0.0.1:8000", True),
        ("[::1]:8000", True),
        ("192.168.1.7:8000", True),
        ("sunucu.yerel", True),
        ("rebind.evil.example:8000", False),
        ("meydan.example.evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("", False),
        ("[", False),
    ],
)
def test_only_our_names_are_answered(host: str, allowed: bool) -> None:
    settings = load_settings(
        _env_file=None, MEYDAN_PUBLIC_URL="https://meydan.example", MEYDAN_ALLOWED_HOSTS="sunucu.yerel"
    )
    assert hosts_of(settings).allow(host) is allowed


def test_with_no_names_given_every_host_is_answered() -> None:
    assert Hosts().allow("anything.example")
