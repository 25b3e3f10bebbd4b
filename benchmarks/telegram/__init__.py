"""What the Telegram benchmarks share."""
