"""Fair use: how often a connection may ask and a person may speak."""

from typing import Final

_SWEEP_AT: Final = 10_000


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

    def note(self, times: int, now: float) -> None:
        """Spend what was spent elsewhere, whether there was enough or not."""
        self._fits_at = max(self._fits_at, now) + times / self.rate

    def is_full(self, now: float) -> bool:
        """Tell whether a new budget would be the same."""
        return self._fits_at <= now


class Budgets:
    """A budget for each person on this node, over all their connections and requests, and past their end."""

    def __init__(self, *, rate: float, burst: int) -> None:
        self._rate = rate
        self._burst = burst
        self._budgets: dict[str, Budget] = {}
        self._sweep_at = _SWEEP_AT

    def take(self, person: str, now: float) -> float:
        """Spend one of a person's budget and return 0, or return for how many seconds there is none left."""
        return self._of(person, now).take(now)

    def note(self, person: str, times: int, now: float) -> None:
        """Count what a person spent elsewhere."""
        self._of(person, now).note(times, now)

    def _of(self, person: str, now: float) -> Budget:
        budget = self._budgets.get(person)
        if budget is None:
            if len(self._budgets) >= self._sweep_at:
                self._sweep(now)
            budget = self._budgets[person] = Budget(rate=self._rate, burst=self._burst)
        return budget

    def _sweep(self, now: float) -> None:
        self._budgets = {person: budget for person, budget in self._budgets.items() if not budget.is_full(now)}
        self._sweep_at = max(_SWEEP_AT, 2 * len(self._budgets))
