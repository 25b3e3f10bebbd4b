"""What something costs, for tests that compare two costs of one moment."""

import time
from collections.abc import Callable

_A_LITTLE = 0.0005  # what is nothing has no ratio


def cpu_cost(work: Callable[[], object]) -> float:
    """Return the CPU time of the quickest of some runs, in seconds, and a little."""
    taken = []
    for _ in range(5):
        began = time.thread_time()
        work()
        taken.append(time.thread_time() - began)
    return min(taken) + _A_LITTLE
