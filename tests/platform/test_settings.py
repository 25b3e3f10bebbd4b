import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from meydan.platform.settings import Settings, SettingsError, kept_secret, load_settings


def load(**values: Any) -> Settings:
    return load_settings(_env_file=None, **values)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MEYDAN_PORT", "x"),
        ("MEYDAN_PORT", "70000"),
        ("DATABASE_URL", "mysql://x"),
        ("SECRET_KEY", "kisa"),
        ("MEYDAN_PUBLIC_URL", "meydan.example/path"),
        ("MEYDAN_PUBLIC_URL", "https://meydan.example/path"),
        ("MEYDAN_PUBLIC_URL", "https://meydan.example?x"),
        ("MEYDAN_PUBLIC_URL", "https://meydan.example:99999"),
        ("ALLOWED_ORIGINS", "meydan.example"),
        ("MEYDAN_TRUSTED_PROXIES", "127.0.0.1,*"),
        ("MEYDAN_DRAIN_SECONDS", "inf"),
        ("REDIS_URL", "localhost:6379"),
        ("REDIS_URL", "redis://localhost:x"),
        ("API_KEY", "anahtarı" * 4),
        ("API_KEY", "a" * 31),
        ("TOKEN_ENCRYPTION_KEY", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=,short"),
        ("LOG_LEVEL", "loud"),
    ],
)
def test_a_bad_variable_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        load(**{name: value})


def test_guests_follow_the_public_address_unless_told() -> None:
    assert load().guests_allowed
    assert not load(MEYDAN_PUBLIC_URL="https://meydan.example").guests_allowed
    assert load(MEYDAN_PUBLIC_URL="https://meydan.example", MEYDAN_GUESTS="true").guests_allowed


def test_origins_are_split() -> None:
    assert load(ALLOWED_ORIGINS="https://a.example/, https://b.example").allowed_origins == (
        "https://a.example",
        "https://b.example",
    )


def test_origins_are_compared_as_browsers_write_them() -> None:
    settings = load(
        MEYDAN_PUBLIC_URL="https://Meydan.example:443/", ALLOWED_ORIGINS="HTTP://[::1]:80, capacitor://app, *"
    )
    assert settings.public_url == "https://meydan.example"
    assert settings.allowed_origins == ("http://[::1]", "capacitor://app", "*")


def test_printing_shows_no_secret() -> None:
    shown = repr(load(API_KEY="gizli-anahtar" * 3, SECRET_KEY="g" * 40))
    assert "gizli-anahtar" not in shown
    assert "g" * 40 not in shown


def test_first_starts_at_the_same_time_go_by_the_same_secret(tmp_path: Path) -> None:
    settings = load(MEYDAN_DATA_DIR=tmp_path / "data")
    start = threading.Barrier(8)

    def first_start(_: int) -> str:
        start.wait()
        return kept_secret(settings, "x")

    with ThreadPoolExecutor(8) as threads:
        found = set(threads.map(first_start, range(8)))
    assert len(found) == 1
    assert "" not in found
    assert [path.name for path in (tmp_path / "data" / "keys").iterdir()] == ["x"]


def test_kept_secret_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    settings = load(MEYDAN_DATA_DIR=tmp_path / "data")
    first = kept_secret(settings, "x")
    assert kept_secret(settings, "x") == first != kept_secret(settings, "y")
    assert stat.S_IMODE((tmp_path / "data" / "keys" / "x").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


@pytest.mark.parametrize("left", ["", "kısa", "\n"])
def test_a_kept_secret_that_is_not_whole_is_neither_used_nor_replaced(tmp_path: Path, left: str) -> None:
    settings = load(MEYDAN_DATA_DIR=tmp_path / "data")
    kept_secret(settings, "x")
    path = tmp_path / "data" / "keys" / "x"
    path.write_text(left, encoding="utf-8")
    with pytest.raises(SettingsError, match="keys/x"):
        kept_secret(settings, "x")
    assert path.read_text(encoding="utf-8") == left


def test_a_data_folder_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="MEYDAN_DATA_DIR"):
        kept_secret(load(MEYDAN_DATA_DIR=tmp_path / "file"), "x")
