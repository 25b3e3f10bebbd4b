import pytest
from hypothesis import given
from hypothesis import strategies as st

from meydan.platform.turkish import fold, slug, tr_lower, tr_upper, words


@pytest.mark.parametrize(
    ("upper", "lower"), [("IŞIK", "ışık"), ("İSTANBUL", "istanbul"), ("DIŞARI", "dışarı"), ("ÇÖĞÜŞ", "çöğüş")]
)
def test_case_keeps_the_dot(upper: str, lower: str) -> None:
    assert tr_lower(upper) == lower
    assert tr_upper(lower) == upper


@pytest.mark.parametrize("spelling", ["IŞIK", "ışık", "Işık", "isik", "ISIK", "İŞİK"])
def test_every_spelling_folds_to_one_key(spelling: str) -> None:
    assert fold(spelling) == "isik"


def test_a_sign_for_a_whole_sentence_does_not_make_the_key_long() -> None:
    assert fold("\ufdfa").startswith("صل")
    assert len(fold("\ufdfa" * 1_000)) <= 4 * 1_001
    assert fold("\u0390ﬃ㎒") == fold("ΐffiMHz")


def test_words_and_slugs() -> None:
    assert words("BITCOIN, 5'e çıktı!") == ["bitcoin", "5", "e", "cikti"]
    assert slug("  Işıklı Oda №1 ") == "isikli-oda-no1"
    assert slug("!!!") == ""


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(alphabet="abcçdefgğhıijklmnoöprsştuüvyz "))
def test_case_does_not_matter_to_the_key(text: str) -> None:
    assert fold(tr_upper(text)) == fold(text)
    assert tr_lower(tr_upper(text)) == text


@given(st.text(), st.integers(1, 64))
def test_slugs_can_stand_in_an_address(text: str, limit: int) -> None:
    made = slug(text, limit=limit)
    assert len(made) <= limit
    assert all(char in "abcdefghijklmnopqrstuvwxyz0123456789-" for char in made)
    assert not made.startswith("-")
    assert not made.endswith("-")
