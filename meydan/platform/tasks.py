"""What runs in a process: services under a supervisor, from the start until the last has drained."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Final, Protocol

import structlog

from meydan.platform.clock import Clock
from meydan.platform.errors import Unavailable

log = structlog.get_logger(__name__)

_FIRST_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 60.0
_STEADY: Final = 60.0  # seconds after which a service counts as well again


class Service(Protocol):
    """A part that runs until it is told to drain.

    Without a `vital` one the process cannot do its work: when such a service fails or returns early, everything drains
    and the process ends with its error. The others are started again after a pause; their `run` may be called anew.
    """

    name: str
    vital: bool

    async def run(self) -> None:
        """Work until `drain` has been called and what was taken is finished."""
        ...

    async def drain(self) -> None:
        """Take nothing new, finish what was taken, and let `run` return."""
        ...


class State(StrEnum):
    """How a service is."""

    RUNNING = "running"
    PAUSED = "paused"  # it failed, and is started again soon
    ENDED = "ended"


class ServiceEnded(RuntimeError):
    """A vital service returned before anybody told it to drain; its name is the message."""


class Supervisor:
    """Runs the services of a process.

    `limit` is the time in seconds that all of them together get to drain, last added first; after it they are
    cancelled.
    """

    def __init__(self, clock: Clock, *, limit: float) -> None:
        self._clock = clock
        self._limit = limit
        self._services: dict[str, Service] = {}
        self._draining: dict[str, asyncio.Event] = {}
        self.states: dict[str, State] = {}

    def add(self, *services: Service) -> None:
        """Take services in, before `run`; raises `ValueError` when two have one name."""
        for service in services:
            if service.name in self._services:
                raise ValueError(f"two services have the name {service.name!r}")
            self._services[service.name] = service
            self._draining[service.name] = asyncio.Event()
            self.states[service.name] = State.RUNNING

    @property
    def paused(self) -> list[str]:
        """The services that have failed and are not running again yet."""
        return [name for name, state in self.states.items() if state is State.PAUSED]

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop` is set or a vital service ends, then drain them all; raises the error that ended it."""
        tasks = {name: asyncio.create_task(self._keep(service), name=name) for name, service in self._services.items()}
        stopping = asyncio.create_task(stop.wait())
        vital = [tasks[name] for name, service in self._services.items() if service.vital]
        try:
            await asyncio.wait((stopping, *vital), return_when=asyncio.FIRST_COMPLETED)
            first = next((task for task in vital if task.done()), None)
            if first is not None:
                log.error("services.vital_ended", service=first.get_name())
            await self._drain(tasks)
        finally:
            for task in (stopping, *tasks.values()):
                task.cancel()
            await asyncio.wait((stopping, *tasks.values()))
        failed = [task for task in tasks.values() if not task.cancelled() and task.exception() is not None]
        first = first or next(iter(failed), None)
        for task in failed:
            if task is not first:
                log.error("services.failed_while_draining", service=task.get_name(), exc_info=task.exception())
        if first is not None:
            first.result()

    async def _drain(self, tasks: dict[str, asyncio.Task[None]]) -> None:
        try:
            async with asyncio.timeout(self._limit):
                for name, service in reversed(self._services.items()):
                    self._draining[name].set()
                    try:
                        await service.drain()
                    except Exception:
                        log.exception("services.drain_failed", service=name)
                        tasks[name].cancel()
                    await asyncio.wait([tasks[name]])
        except TimeoutError:
            late = [name for name, task in tasks.items() if not task.done()]
            log.warning("services.drain_timeout", services=late, limit=self._limit)

    async def _keep(self, service: Service) -> None:
        """Run a service to its end; one that is not vital again and again."""
        draining, pause = self._draining[service.name], _FIRST_PAUSE
        try:
            while True:
                self.states[service.name] = State.RUNNING
                began = self._clock.monotonic()
                try:
                    await _run(service)
                except Exception as error:
                    if service.vital:
                        raise
                    log.exception("services.failed", service=service.name, again_in=pause, error=type(error).__name__)
                else:
                    if draining.is_set():
                        return
                    if service.vital:
                        raise ServiceEnded(service.name)
                    log.error("services.returned_early", service=service.name, again_in=pause)
                if draining.is_set():
                    return
                self.states[service.name] = State.PAUSED
                if self._clock.monotonic() - began >= _STEADY:
                    pause = _FIRST_PAUSE
                await until(draining, pause, self._clock)
                if draining.is_set():
                    return
                pause = min(2 * pause, _LONGEST_PAUSE)
        finally:
            self.states[service.name] = State.ENDED


async def _run(service: Service) -> None:
    """Run a service; raises `ServiceEnded` when it was not the service that was cancelled but what it waited for."""
    try:
        await service.run()
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise ServiceEnded(service.name) from error


class Periodic:
    """A service that does one thing, rests for `every` seconds, and does it again.

    While the database is away it is put off to the next turn; `drain` waits for the turn that runs.
    """

    vital = False

    def __init__(self, name: str, work: Callable[[], Awaitable[object]], *, every: float) -> None:
        self.name = name
        self._work = work
        self._every = every
        self._draining = asyncio.Event()

    async def run(self) -> None:
        """Work and rest, until drained."""
        while not self._draining.is_set():
            try:
                await self._work()
            except Unavailable:
                log.warning("periodic.put_off", service=self.name)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._draining.wait(), self._every)

    async def drain(self) -> None:
        """Stop after the turn that runs now."""
        self._draining.set()


async def until(event: asyncio.Event, seconds: float, clock: Clock) -> None:
    """Wait until `event` is set, for so many seconds of `clock` at most."""
    waits = (asyncio.create_task(event.wait()), asyncio.create_task(clock.sleep(seconds)))
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
        await asyncio.wait(waits)
