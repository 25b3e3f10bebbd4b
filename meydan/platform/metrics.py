"""Numbers about the running process for Prometheus, read from plain values only when somebody asks.

A hot path adds to an integer of its own object; a callable registered here reads it at the scrape. Nothing is locked
and nothing is looked up on the way.
"""

import math
import resource
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
SECONDS: Final = (
    0.0005,
    0.001,
    0.002,
    0.003,
    0.005,
    0.0075,
    0.01,
    0.015,
    0.02,
    0.03,
    0.05,
    0.1,
    0.25,
    0.5,
    1.0,
    2.5,
    5.0,
)

Read = Callable[[], float]


class Histogram:
    """Counts of values by bucket; for one thread, like everything that is measured on the event loop."""

    def __init__(self, bounds: tuple[float, ...] = SECONDS) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def observe(self, value: float, *, times: int = 1) -> None:
        """Count `value`, as often as `times` says."""
        self.counts[bisect_left(self.bounds, value)] += times
        self.total += value * times


class RecentQuantile:
    """A quantile of what a histogram saw since this object was last called; 0 when it saw nothing."""

    def __init__(self, histogram: Histogram, quantile: float, *, scale: float = 1.0) -> None:
        self._histogram = histogram
        self._quantile = quantile
        self._scale = scale
        self._before = list(histogram.counts)

    def __call__(self) -> float:
        """Return the quantile, interpolated inside its bucket, times `scale`."""
        counts = list(self._histogram.counts)
        recent = [now - before for now, before in zip(counts, self._before, strict=True)]
        self._before = counts
        wanted = self._quantile * sum(recent)
        if not wanted:
            return 0.0
        bounds = self._histogram.bounds
        seen = 0
        for index, count in enumerate(recent):
            if count and seen + count >= wanted:
                low = bounds[index - 1] if index else 0.0
                high = bounds[index] if index < len(bounds) else bounds[-1]
                return (low + (high - low) * (wanted - seen) / count) * self._scale
            seen += count
        return bounds[-1] * self._scale


@dataclass
class _Family:
    kind: type[CounterMetricFamily] | type[GaugeMetricFamily]
    help: str
    reads: list[tuple[dict[str, str], Read]] = field(default_factory=list)


class Metrics:
    """What this process tells Prometheus; one object, made at the composition root."""

    def __init__(self) -> None:
        self._families: dict[str, _Family] = {}
        self._histograms: dict[str, tuple[str, Histogram]] = {}
        self._registry = CollectorRegistry()
        self._registry.register(_Reader(self))
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        GCCollector(registry=self._registry)

    def count(self, name: str, help: str, read: Read, **labels: str) -> None:  # noqa: A002
        """Publish what only rises, read from `read`; the same name again needs other `labels`."""
        self._add(CounterMetricFamily, name.removesuffix("_total"), help, read, labels)

    def gauge(self, name: str, help: str, read: Read, **labels: str) -> None:  # noqa: A002
        """Publish what rises and falls, read from `read`."""
        self._add(GaugeMetricFamily, name, help, read, labels)

    def histogram(self, name: str, help: str, bounds: tuple[float, ...] = SECONDS) -> Histogram:  # noqa: A002
        """Return a new histogram that is published under `name`."""
        self._refuse_second(name, name in self._families or name in self._histograms)
        histogram = Histogram(bounds)
        self._histograms[name] = help, histogram
        return histogram

    def names(self) -> list[tuple[str, str]]:
        """Return every name we publish ourselves and its help, as a scrape shows them."""
        counted = [
            (f"{name}_total" if family.kind is CounterMetricFamily else name, family.help)
            for name, family in self._families.items()
        ]
        return sorted([*counted, *((name, help_) for name, (help_, _) in self._histograms.items())])

    def render(self) -> bytes:
        """Return the whole state in Prometheus' text format (`CONTENT_TYPE`)."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """Yield our own families with the values of this moment."""
        for name, family in self._families.items():
            metric = family.kind(name, family.help, labels=list(family.reads[0][0]))
            for labels, read in family.reads:
                metric.add_metric(list(labels.values()), read())
            yield metric
        for name, (help_, histogram) in self._histograms.items():
            yield HistogramMetricFamily(name, help_, buckets=_cumulative(histogram), sum_value=histogram.total)

    def _add(
        self,
        kind: type[CounterMetricFamily] | type[GaugeMetricFamily],
        name: str,
        help_: str,
        read: Read,
        labels: dict[str, str],
    ) -> None:
        family = self._families.setdefault(name, _Family(kind, help_))
        taken = family.reads and (
            list(labels) != list(family.reads[0][0]) or any(labels == had for had, _ in family.reads)
        )
        self._refuse_second(name, bool(taken) or family.kind is not kind or name in self._histograms)
        family.reads.append((labels, read))

    @staticmethod
    def _refuse_second(name: str, taken: bool) -> None:  # noqa: FBT001
        if taken:
            raise ValueError(f"{name} is published already, or with other labels")


class _Reader(Collector):
    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def collect(self) -> Iterator[Metric]:
        return self._metrics.collect()


def process_memory_bytes() -> int:
    """Return the resident memory of this process; its peak where the system tells no more."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def process_cpu_seconds() -> float:
    """Return the processor time that all threads of this process have used."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _cumulative(histogram: Histogram) -> list[tuple[str, float]]:
    seen = 0
    buckets = []
    for bound, count in zip((*histogram.bounds, math.inf), histogram.counts, strict=True):
        seen += count
        buckets.append(("+Inf" if math.isinf(bound) else str(bound), float(seen)))
    return buckets
