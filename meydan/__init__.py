"""Meydan: one self-hosted square where a market community talks, gets help, rehearses and trades."""

__version__ = "0.1.0"
