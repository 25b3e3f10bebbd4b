import subprocess
import sys

import pytest

from meydan.telegram.fake.tokens import is_fake_token, new_token


def test_a_fake_token_is_shaped_like_a_real_one_and_known_as_fake() -> None:
    token = new_token(7_123_456_789)
    number, _, secret = token.partition(":")
    assert (number, len(secret)) == ("7123456789", 35)
    assert is_fake_token(token)
    assert new_token(7_123_456_789) != token


@pytest.mark.parametrize(
    "token", ["", "123:AAFakeMeydan", "7123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw1", "x:AAFakeMeydan" + "a" * 23]
)
def test_others_are_not(token: str) -> None:
    assert not is_fake_token(token)


def test_knowing_a_token_loads_nothing_heavy() -> None:
    heavy = "{'aiohttp', 'msgspec', 'telethon'}"
    code = f"import sys, meydan.telegram.fake.tokens; print(sorted({heavy} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
