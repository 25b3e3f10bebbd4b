"""An event loop whose time jumps ahead whenever nothing can happen before the next timer.

Client and fake Telegram run in one loop over real sockets on loopback: what was sent has arrived when the kernel says
so, and work on threads is waited for. Five minutes of waiting then take as long as the work in them.
"""

import asyncio
import selectors
from collections.abc import Callable
from typing import Any

_GLANCE = 0.0005


class _Selector(selectors.DefaultSelector):
    """Looks for sockets that are ready; when there are none and no thread works, moves the loop's time instead."""

    def __init__(self) -> None:
        super().__init__()
        self.loop: VirtualLoop | None = None

    def select(self, timeout: float | None = None) -> Any:
        """Return what is ready now; never wait for time to pass."""
        ready = super().select(0)
        if self.loop is None:
            return ready
        if ready or timeout == 0:
            self.loop.skip(0)  # who waits for a fraction of what a float can show would wait for ever
            return ready
        if self.loop.working or timeout is None:
            return super().select(timeout if timeout is None or not self.loop.working else 0.05)
        ready = super().select(_GLANCE)  # a packet may be on its way through the kernel
        if not ready and not self.loop.working:
            self.loop.skip(timeout)
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop with a time of its own."""

    def __init__(self) -> None:
        self.working = 0
        self._now = 1_000.0
        selector = _Selector()
        super().__init__(selector)
        selector.loop = self

    def time(self) -> float:
        """Return the seconds of this loop; work takes hardly any of them, waiting does."""
        return self._now

    def skip(self, seconds: float) -> None:
        """Move on."""
        self._now += max(seconds, 1e-6)  # a step that a float can show

    def run_in_executor(  # type: ignore[override]
        self, executor: Any, func: Callable[..., Any], *args: Any
    ) -> Any:
        """Run `func` on a thread; time stands still until it is done."""
        self.working += 1
        future = super().run_in_executor(executor, func, *args)
        future.add_done_callback(self._worked)
        return future

    def _worked(self, _future: object) -> None:
        self.working -= 1
