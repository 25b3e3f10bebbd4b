"""Which numbers are told to Prometheus and drawn on the system page."""

from functools import partial

from meydan.app.gate import Gate
from meydan.chat.hub import Hub
from meydan.chat.log import MessageLog
from meydan.platform.metrics import Metrics, RecentQuantile, process_cpu_seconds, process_memory_bytes
from meydan.platform.sampler import Sampler
from meydan.telegram.limiter import Holder
from meydan.telegram.runner import FleetRunner


def observe(metrics: Metrics, sampler: Sampler, *, hub: Hub, message_log: MessageLog) -> None:
    """Publish the hub's and the log's numbers."""
    commit = metrics.histogram("meydan_chat_commit_seconds", "Time from taking a batch of messages to its commit.")
    message_log.stats.observe = commit.observe
    fan_out, stats, log_stats = hub.fan_out, hub.stats, message_log.stats
    metrics.gauge("meydan_chat_connections", "Open WebSocket connections.", lambda: len(hub.connections))
    metrics.gauge("meydan_chat_rooms_live", "Rooms with a live side on this node.", lambda: len(hub.channels))
    metrics.count("meydan_chat_connections_opened_total", "Connections opened.", lambda: stats.connections_total)
    metrics.count("meydan_chat_frames_received_total", "Frames received.", lambda: stats.frames_in)
    metrics.count("meydan_chat_frames_refused_total", "Frames answered with an error.", lambda: stats.refused)
    metrics.count(
        "meydan_chat_slow_closed_total", "Connections closed for reading too slowly.", lambda: stats.slow_closed
    )
    metrics.count("meydan_chat_deliveries_total", "Frames handed to connections of a room.", lambda: fan_out.deliveries)
    metrics.count("meydan_chat_writes_total", "Writes that carried them.", lambda: fan_out.writes)
    metrics.count("meydan_chat_bytes_total", "Bytes that they held.", lambda: fan_out.bytes_out)
    metrics.count("meydan_chat_operations_total", "Operations committed to the log.", lambda: log_stats.operations)
    metrics.count("meydan_chat_batches_total", "Transactions that committed them.", lambda: log_stats.batches)
    metrics.count("meydan_chat_commit_retries_total", "Transactions tried again.", lambda: log_stats.retries)
    sampler.gauge("connections", lambda: len(hub.connections))
    sampler.rate("deliveries_per_s", lambda: fan_out.deliveries)
    sampler.rate("messages_per_s", lambda: log_stats.operations)
    sampler.gauge("commit_p50_ms", RecentQuantile(commit, 0.5, scale=1000))
    sampler.gauge("commit_p99_ms", RecentQuantile(commit, 0.99, scale=1000))
    sampler.rate("cpu_share", process_cpu_seconds)
    sampler.gauge("memory_bytes", process_memory_bytes)


def observe_gate(metrics: Metrics, gate: Gate) -> None:
    """Publish how full the node is, and whom it turned away."""
    metrics.gauge("meydan_connections", "Open connections, HTTP and WebSocket.", lambda: gate.total)
    metrics.gauge(
        "meydan_connections_limit", "Connections that the descriptors of this process allow.", lambda: gate.most
    )
    for reason in gate.stats.refused:
        refused = partial(gate.stats.refused.__getitem__, reason)
        metrics.count("meydan_connections_refused_total", "Connections turned away, by why.", refused, reason=reason)


def observe_fleet(metrics: Metrics, sampler: Sampler, *, runner: FleetRunner) -> None:
    """Publish the numbers of the bots that this process runs."""
    stats = runner.stats
    metrics.count("meydan_telegram_sent_total", "Sends that Telegram took.", lambda: stats.sent)
    metrics.count("meydan_telegram_failed_total", "Sends that Telegram refused.", lambda: stats.failed)
    metrics.count("meydan_telegram_maybe_sent_total", "Sends of which nobody knows.", lambda: stats.maybe)
    metrics.count("meydan_telegram_expired_total", "Sends whose deadline passed.", lambda: stats.expired)
    metrics.count("meydan_telegram_retries_total", "Requests that were tried again.", lambda: stats.retries)
    for scope in (Holder.CHAT, Holder.BOT):
        limited = partial(stats.limited.__getitem__, scope)
        metrics.count("meydan_telegram_limited_total", "Answers 429, by what they hold back.", limited, scope=scope)
        sampler.rate(f"telegram_limited_{scope}_per_s", limited)
    metrics.count("meydan_telegram_updates_total", "Updates taken in.", lambda: runner.intake.received)
    metrics.gauge("meydan_telegram_bots", "Bots that run in this process.", lambda: len(runner.bots))
    metrics.gauge("meydan_telegram_queued", "Sends waiting for bots of this process.", runner.waiting)
    sampler.rate("telegram_sent_per_s", lambda: stats.sent)
    sampler.gauge("telegram_queued", runner.waiting)
    sampler.gauge("telegram_oldest_s", runner.oldest)
