"""Clients of this machine. One set of certificates serves them all: reading it anew costs more than most tests."""

import ssl
from typing import Any, Final

import httpx

_TLS: Final = ssl.create_default_context()


def http_client(**options: Any) -> httpx.AsyncClient:
    """Return a client that looks for no proxy."""
    return httpx.AsyncClient(verify=_TLS, trust_env=False, **options)
