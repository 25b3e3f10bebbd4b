"""Clients of this machine. One set of certificates serves them all: reading it anew costs more than most tests."""

import ssl
import sys
from typing import Any, Final

import httpx

_TLS: Final = ssl.create_default_context()
# httpcore looks for it several times a request, and a module that is missing is looked for in every folder each time.
sys.modules.setdefault("sniffio", None)  # type: ignore[arg-type]  # None: that it is missing is known


def http_client(**options: Any) -> httpx.AsyncClient:
    """Return a client that looks for no proxy."""
    return httpx.AsyncClient(verify=_TLS, trust_env=False, **options)
