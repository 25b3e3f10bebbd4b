"""What a sender is, counts and tells: the parts of it that others know."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from meydan.platform.metrics import Histogram
from meydan.telegram.limiter import Holder, Penalty


@dataclass
class SenderStats:
    """Running totals of one process."""

    sent: int = 0
    failed: int = 0
    expired: int = 0
    maybe: int = 0
    limited: Counter[Holder] = field(default_factory=Counter)
    retries: int = 0
    waited: Histogram = field(default_factory=Histogram)


@dataclass(frozen=True)
class Identity:
    """What a sender needs to know of its bot."""

    id: str
    token: str = field(repr=False)
    trial: bool


@dataclass(frozen=True)
class Happenings:
    """Whom a sender tells what concerns more than one send."""

    revoked: Callable[[str], None]
    moved: Callable[[int, int], None]
    forbidden: Callable[[int, str], None]
    failed: Callable[[str], None]
    succeeded: Callable[[], None]
    punished: Callable[[list[Penalty]], None]
