import pytest

from meydan.platform.addresses import Proxies, household

PROXIES = Proxies(("127.0.0.1", "::1", "10.0.0.0/8"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "asks"),
    [
        ("203.0.113.8", ["198.51.100.1"], "203.0.113.8"),
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", ["203.0.113.8"], "203.0.113.8"),
        ("127.0.0.1", ["198.51.100.1, 203.0.113.8"], "203.0.113.8"),
        ("127.0.0.1", ["198.51.100.1", "203.0.113.8, 10.1.2.3"], "203.0.113.8"),
        ("127.0.0.1", ["203.0.113.8,"], "203.0.113.8"),
        ("127.0.0.1", [" , 203.0.113.8, ,"], "203.0.113.8"),
        ("::1", ["203.0.113.8:4711"], "203.0.113.8"),
        ("::1", ["[2001:db8::7]:4711"], "2001:db8::7"),
        ("::ffff:127.0.0.1", ["203.0.113.8"], "203.0.113.8"),
        ("127.0.0.1", ["198.51.100.1, not-an-address, 10.1.2.3"], "10.1.2.3"),
        ("127.0.0.1", ["unknown"], "127.0.0.1"),
        ("127.0.0.1", [","], "127.0.0.1"),
        ("127.0.0.1", ["203.0.113.8" + "," * 60_000], "127.0.0.1"),
    ],
)
def test_who_asks_is_whom_a_trusted_proxy_names_and_a_comma_behind_names_nobody(
    peer: str, forwarded: list[str], asks: str
) -> None:
    assert PROXIES.client(peer, forwarded) == asks


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("203.0.113.8", "203.0.113.9", False),
        ("203.0.113.8", "::ffff:203.0.113.8", True),
        ("2001:db8:0:1::1", "2001:db8:0:ff::2", True),
        ("2001:db8:0:1::1", "2001:db8:0:100::1", False),
        ("no address", "no address", True),
    ],
)
def test_one_caller_is_an_ipv4_address_or_a_customers_part_of_ipv6(one: str, other: str, same: bool) -> None:
    assert (household(one) == household(other)) is same
