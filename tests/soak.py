"""How much a soak does: `make soak` runs the whole of it, `make test` a slice of it with the same code."""

import os
import secrets
from random import Random
from typing import Final

WHOLE: Final = os.environ.get("MEYDAN_SOAK") == "whole"
SEED: Final = int(os.environ.get("MEYDAN_SEED") or (secrets.randbits(32) if WHOLE else 1))


def size(*, slice: int, whole: int) -> int:  # noqa: A002  # the word of the field
    """Return how many a test makes: rounds, frames, kills."""
    return whole if WHOLE else slice


def chance(name: str) -> Random:
    """Return the numbers that a soak draws: its own, the same again for the same seed."""
    return Random(f"{SEED}:{name}")
