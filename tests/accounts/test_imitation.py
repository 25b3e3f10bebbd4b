"""Nobody looks like somebody of standing: reserved words, lookalike usernames, display names that imitate."""

import httpx
import pytest

from meydan.accounts.permissions import Role
from meydan.accounts.service import AccountService
from meydan.accounts.users import CONSOLE
from meydan.platform.lookalike import skeleton
from tests.accounts.conftest import PASSWORD, SignIn


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("admin", "аdmin"),  # Cyrillic
        ("admin", "αdmin"),  # Greek
        ("admin", "ad\u200bmin"),  # zero width
        ("admin", "𝐚𝐝𝐦𝐢𝐧"),
        ("admin", "adm1n"),
        ("admin", "a.d-m_i n"),
        ("admin", "ADMIN"),
        ("admin", "adrnin"),
        ("yönetici", "Yonetıcı"),
        ("ayse", "Ayşe"),
        ("sahip", "ѕаһір"),
        ("patron", "РАТRОN"),  # Cyrillic capitals
        ("Test", "Тest"),
        ("mehmet", "МЕНМЕТ"),
        ("kemal", "КЕМАL"),
        ("AYTH", "ΑΥΤΗ"),  # Greek capitals
        ("patron", "ᴘᴀᴛʀᴏɴ"),
        ("patron", "🅟🅐🅣🅡🅞🅝"),
        ("patron", "pątrøn"),
        ("Patron Bey", "Patron Bey\u3164"),  # a Hangul filler: a letter that is not drawn
        ("Patron Bey", "Patroп Bey"),
        ("ali", "a|i"),
        ("Дмитрий", "ДМИТРИЙ"),  # which nobody takes for Latin: one name in two cases
    ],
)
def test_what_looks_alike_has_one_key(one: str, other: str) -> None:
    assert skeleton(one) == skeleton(other)


def test_what_looks_different_has_not() -> None:
    assert len({skeleton(name) for name in ("ayse", "aysu", "deniz", "denis", "mehmet", "Владимир")}) == 6


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("admin", 409), ("adm1n", 409), ("sahip", 409), ("y0netici", 409), ("destek", 409), ("meydan", 409),
        ("аdmin", 422), ("ad\u200bmin", 422), ("ayse\u200b", 422), ("admina", 201), ("sahipkiran", 201),
        ("meydan-destek", 409), ("yonetici2", 409), ("sahip7", 409), ("borsa_admin", 409),
        ("ali-bot", 201), ("1234", 201),
    ],
)  # fmt: skip
async def test_reserved_and_foreign_usernames_are_refused(http: httpx.AsyncClient, name: str, status: int) -> None:
    answer = await http.post("/auth/register", json={"username": name, "password": PASSWORD})
    assert answer.status_code == status


async def test_who_speaks_for_the_square_may_have_the_word_for_it(accounts: AccountService) -> None:
    assert (await accounts.users.add(CONSOLE, "admin", role=Role.OWNER, password=PASSWORD)).user.id == "admin"


async def test_a_username_that_looks_like_a_moderators_is_refused(http: httpx.AsyncClient, sign_in: SignIn) -> None:
    await sign_in("kaptan", Role.MODERATOR)
    await sign_in("deniz")
    answers = {
        name: (await http.post("/auth/register", json={"username": name, "password": PASSWORD})).status_code
        for name in ("kaptan_", "kap.tan", "kaptan2", "deniz_")
    }
    assert answers == {"kaptan_": 409, "kap.tan": 409, "kaptan2": 201, "deniz_": 201}


async def test_a_display_name_that_imitates_is_marked_until_it_no_longer_does(
    accounts: AccountService, http: httpx.AsyncClient, sign_in: SignIn
) -> None:
    owner, member = await sign_in("kaptan", Role.OWNER), await sign_in("mehmet")
    await http.patch("/auth/me", json={"name": "Kaptan Köşkü"}, headers=owner.headers)

    async def marked(name: str) -> bool:
        answer = await http.patch("/auth/me", json={"name": name}, headers=member.headers)
        assert answer.json()["name"] == name
        return bool(answer.json()["imitates"])

    names = ["Kарtan Köşkü", "kaptan", "Yönetici", "Meydan Destek", "Yönetici\u3164", "Meydan-Destek"]
    names += [
        "Yönetici/Moderatör",
        "Admin•Ekibi",
        "Site Yöneticisi",
        "Kaptan Köşkü (@kaptan)",
        "Ali [@kaptan]",
        "Ali ❨@kaptan❩",
        "@kaptan",
        "@Kaptan",
        "| Kaptan |",
        "Kaptan （＠kaptan）",
    ]
    assert [name for name in names if not await marked(name)] == []
    assert [name for name in ("Mehmet", "Kaptan Köşk", "Resmiye", "Ali (usta)") if await marked(name)] == []
    await marked("Kaptan")
    actor = await accounts.authenticate_bearer(member.access)
    assert actor.name == "Kaptan (@mehmet)"
    await accounts.users.manage(CONSOLE, "mehmet", role=Role.MODERATOR)
    assert (await accounts.authenticate_bearer(member.access)).name == "Kaptan"


async def test_who_takes_the_name_before_a_moderator_does_is_marked_then(
    accounts: AccountService, http: httpx.AsyncClient, sign_in: SignIn
) -> None:
    member, later = await sign_in("mehmet"), await sign_in("ayse")
    await http.patch("/auth/me", json={"name": "Işıl Şahin"}, headers=member.headers)
    await http.patch("/auth/me", json={"name": "Işıl Şahin"}, headers=later.headers)
    assert not (await http.get("/auth/me", headers=member.headers)).json()["imitates"]
    await accounts.users.manage(CONSOLE, "ayse", role=Role.MODERATOR)
    assert (await http.get("/auth/me", headers=member.headers)).json()["imitates"]
    await accounts.users.manage(CONSOLE, "ayse", role=Role.MEMBER)
    assert not (await http.get("/auth/me", headers=member.headers)).json()["imitates"]
