"""Fair use: how often a connection may ask and a person may speak."""


class Budget:
    """A steady rate with room for a burst (GCRA: one number says when the next one fits)."""

    __slots__ = ("_fits_at", "burst", "rate")

    def __init__(self, *, rate: float, burst: int) -> None:
        self.rate = rate
        self.burst = burst
        self._fits_at = 0.0

    def take(self, now: float) -> float:
        """Spend one and return 0, or return for how many seconds there is none left."""
        interval = 1 / self.rate
        at = max(self._fits_at, now)
        wait = at - now - interval * (self.burst - 1)
        if wait > 1e-9:
            return wait
        self._fits_at = at + interval
        return 0.0
