import pytest
from cryptography.fernet import Fernet
from sqlalchemy import text

from meydan.accounts.encrypted_columns import EncryptedColumn, migrate_plain_tokens, rotate_tokens
from meydan.accounts.errors import BadVaultToken
from meydan.accounts.vault import Vault, is_encrypted
from meydan.platform.db import Database
from meydan.platform.settings import Settings

PLACE = [EncryptedColumn("users", "password_hash")]  # any text column will do


async def fill(db: Database, values: list[str]) -> None:
    def work(session: object) -> None:
        for number, value in enumerate(values):
            session.execute(  # type: ignore[attr-defined]
                text(
                    "INSERT INTO users (username, name, folded, role, active, password_hash, locale, created_at) "
                    "VALUES (:n, :n, :n, 'member', true, :v, 'tr', '2026-01-01 00:00:00')"
                ),
                {"n": f"u{number:05}", "v": value},
            )

    await db.write(work)


async def stored(db: Database) -> list[str]:
    return await db.read(
        lambda session: list(session.scalars(text("SELECT password_hash FROM users ORDER BY username")))
    )


def test_rotation_keeps_the_secret() -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    token = Vault([old]).encrypt("gizli şey")
    rotated = Vault([new, old]).rotate(token)
    assert Vault([new]).decrypt(rotated) == "gizli şey"
    for broken in (token, "x", rotated[:-5] + "AAAA="):
        with pytest.raises(BadVaultToken):
            Vault([new]).decrypt(broken)


def test_bytes_and_the_key_that_closed_them() -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    token = Vault([old]).encrypt_bytes(b"\x00\xff")
    both = Vault([new, old])
    assert both.decrypt_bytes(token) == b"\x00\xff"
    assert Vault([old]).is_newest(token)
    assert not both.is_newest(token)
    with pytest.raises(BadVaultToken):
        Vault([new]).decrypt_bytes(token)


def test_key_is_kept_or_taken_from_the_environment(settings: Settings) -> None:
    token = Vault.from_settings(settings).encrypt("x")
    assert Vault.from_settings(settings).decrypt(token) == "x"


def test_plain_values_are_told_from_tokens() -> None:
    assert is_encrypted(Vault([Fernet.generate_key().decode()]).encrypt(""))
    for plain in ("", "123456:ABC-DEF", "gAAAAA", "A" * 100, "şifre"):
        assert not is_encrypted(plain)


async def test_plain_tokens_are_encrypted_once(db: Database) -> None:
    vault = Vault([Fernet.generate_key().decode()])
    plain = [f"{number}:bot-token" for number in range(501)]
    await fill(db, plain)
    assert await migrate_plain_tokens(db, vault, PLACE) == 501
    first = await stored(db)
    assert [vault.decrypt(token) for token in first] == plain
    assert await migrate_plain_tokens(db, vault, PLACE) == 0
    assert await stored(db) == first


async def test_stored_tokens_move_to_the_newest_key(db: Database) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    await fill(db, [Vault([old]).encrypt("bir"), Vault([old]).encrypt("iki")])
    assert await rotate_tokens(db, Vault([new, old]), PLACE) == 2
    assert [Vault([new]).decrypt(token) for token in await stored(db)] == ["bir", "iki"]


async def test_a_secret_that_no_key_opens_keeps_no_other_back(db: Database) -> None:
    old, new, lost = (Fernet.generate_key().decode() for _ in range(3))
    broken = Vault([lost]).encrypt("kayıp")
    await fill(db, [Vault([old]).encrypt("bir"), broken, Vault([old]).encrypt("üç")])
    with pytest.raises(BadVaultToken):
        await rotate_tokens(db, Vault([new, old]), PLACE)
    first, left, third = await stored(db)
    assert (Vault([new]).decrypt(first), left, Vault([new]).decrypt(third)) == ("bir", broken, "üç")
