"""Fair use: how often a connection may ask and a person may speak."""

from typing import Final

_SWEEP_AT: Final = 10_000


class Budget:
    """A steady rate with room for a burst (GCRA: one number says when the next one fits)."""

    __slots__ = ("_ahead", "_fits_at", "_interval")

    def __init__(self, *, rate: float, burst: int) -> None:
        self._interval = 1 / rate
        self._ahead = self._interval * (burst - 1)  # how far in the future the next one may fit
        self._fits_at = 0.0

    def take(self, now: float) -> float:
        """Spend one and return 0, or return for how many seconds there is none left."""
        fits_at = self._fits_at
        if fits_at < now:
            fits_at = now
        elif (wait := fits_at - now - self._ahead) > 1e-9:
            return wait
        self._fits_at = fits_at + self._interval
        return 0.0

    def note(self, times: int, now: float) -> None:
        """Spend what was spent elsewhere, whether there was enough or not."""
        self._fits_at = max(self._fits_at, now) + times * self._interval

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
        return (self._budgets.get(person) or self._new(person, now)).take(now)

    def note(self, person: str, times: int, now: float) -> None:
        """Count what a person spent elsewhere."""
        (self._budgets.get(person) or self._new(person, now)).note(times, now)

    def _new(self, person: str, now: float) -> Budget:
        if len(self._budgets) >= self._sweep_at:
            self._sweep(now)
        budget = self._budgets[person] = Budget(rate=self._rate, burst=self._burst)
        return budget

    def _sweep(self, now: float) -> None:
        self._budgets = {person: budget for person, budget in self._budgets.items() if not budget.is_full(now)}
        self._sweep_at = max(_SWEEP_AT, 2 * len(self._budgets))
