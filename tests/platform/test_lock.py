from pathlib import Path

import pytest

from meydan.platform.lock import InUse, sole_use


def test_a_file_is_kept_until_it_is_let_go(tmp_path: Path) -> None:
    file = tmp_path / "meydan.db"
    with sole_use(file):
        with pytest.raises(InUse, match=r"meydan\.db"), sole_use(file):
            pytest.fail("two have it")
        with sole_use(tmp_path / "other.db"):
            pass
    with sole_use(file):
        pass


def test_where_no_lock_can_be_nothing_is_kept(tmp_path: Path) -> None:
    with sole_use(tmp_path / "nowhere" / "meydan.db"):
        pass
    assert not (tmp_path / "nowhere").exists()
