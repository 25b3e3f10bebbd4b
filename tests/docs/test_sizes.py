"""No file grows past what one can read in a sitting."""

from pathlib import Path
from typing import Final

_ROOT: Final = Path(__file__).parents[2]
_MOST: Final = 450
_MADE: Final = {"web/client/src/schema.ts", "web/client/src/bodies.ts"}  # from the API's description
_KINDS: Final = ("meydan/**/*.py", "tests/**/*.py", "benchmarks/**/*.py", "web/*/src/**/*.ts", "web/*/src/**/*.tsx")


def test_no_file_has_more_than_450_lines() -> None:
    files = [path for kind in _KINDS for path in _ROOT.glob(kind) if str(path.relative_to(_ROOT)) not in _MADE]
    assert len(files) > 500
    long = {str(path.relative_to(_ROOT)): count for path in files if (count := _lines(path)) > _MOST}
    assert not long


def _lines(path: Path) -> int:
    return path.read_text(encoding="utf-8").count("\n")
