"""The numbers of Telegram's limits, as they are kept."""

from benchmarks.telegram.senders import UNBOUND
from meydan.telegram.limits import TelegramLimits


def test_the_benchmark_of_sends_may_lift_the_limits() -> None:
    limits = TelegramLimits.model_validate(UNBOUND)
    assert limits.chat_count / limits.chat_seconds >= limits.bot_per_second
