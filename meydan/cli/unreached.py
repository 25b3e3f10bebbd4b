"""Why something on the network could not be reached, in the reader's words."""

import socket
import ssl
from http.client import HTTPException
from urllib.error import URLError

from meydan.cli.language import say


def why(error: Exception) -> str:
    """Return the reason that people are told; what the machine calls it says nothing to them."""
    cause = error.reason if isinstance(error, URLError) and isinstance(error.reason, Exception) else error
    match cause:
        case ConnectionRefusedError():
            code = "refused"
        case TimeoutError():
            code = "late"
        case socket.gaierror():
            code = "unknown_host"
        case ssl.SSLError():
            code = "insecure"
        case ConnectionError():
            code = "dropped"
        case HTTPException() | ValueError() | LookupError():
            code = "strange"
        case _:
            code = "unreached"
    return say(f"unreached.{code}")
