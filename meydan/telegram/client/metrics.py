"""What clients tell Prometheus, by session."""

import weakref
from typing import Final

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram

from meydan.telegram.client.results import MessageResult

_SECONDS: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class ClientMetrics:
    """The numbers of all clients that report to one registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.sent = Counter(
            "telegram_messages_sent_total", "Messages that Telegram took.", ["session"], registry=registry
        )
        self.failed = Counter(
            "telegram_messages_failed_total", "Messages that were not sent.", ["session", "result"], registry=registry
        )
        self.connected = Gauge(
            "telegram_connection_status", "1 while the client is connected, else 0.", ["session"], registry=registry
        )
        self.duration = Histogram(
            "telegram_message_send_duration_seconds",
            "From the order to the result of a send, waiting included.",
            ["session"],
            buckets=_SECONDS,
            registry=registry,
        )

    def begin(self, session: str) -> None:
        """Show a client that has sent nothing yet, so that its first failure is seen as one more."""
        self.sent.labels(session)
        self.connected.labels(session)
        for result in MessageResult:
            if result is not MessageResult.SUCCESS:
                self.failed.labels(session, result)


_known: weakref.WeakKeyDictionary[CollectorRegistry, ClientMetrics] = weakref.WeakKeyDictionary()


def client_metrics(registry: CollectorRegistry | None = None) -> ClientMetrics:
    """Return the numbers of a registry, Prometheus' own unless another is given."""
    chosen = REGISTRY if registry is None else registry
    if chosen not in _known:
        _known[chosen] = ClientMetrics(chosen)
    return _known[chosen]
