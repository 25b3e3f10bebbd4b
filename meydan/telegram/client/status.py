"""The states of a client's connection."""

from enum import StrEnum
from typing import Final


class ConnectionStatus(StrEnum):
    """Where a client stands.

    ```
    disconnected → connecting → connected ⇄ reconnecting      from each of them: → disconnected
                       │            └─────────┬─┘
                       └────────→ failed ←────┘               failed → connecting, disconnected
    ```
    `failed` and `disconnected` hold nothing: no session, no lease, no connection.
    """

    DISCONNECTED = "disconnected"
    CONNECTING = "connecting"
    CONNECTED = "connected"
    RECONNECTING = "reconnecting"
    FAILED = "failed"


_S = ConnectionStatus
MOVES: Final = {
    _S.DISCONNECTED: {_S.CONNECTING},
    _S.CONNECTING: {_S.CONNECTED, _S.FAILED, _S.DISCONNECTED},
    _S.CONNECTED: {_S.RECONNECTING, _S.FAILED, _S.DISCONNECTED},
    _S.RECONNECTING: {_S.CONNECTED, _S.FAILED, _S.DISCONNECTED},
    _S.FAILED: {_S.CONNECTING, _S.DISCONNECTED},
}
