"""How the Bot API answers: results, and refusals in Telegram's own words."""

from typing import Any, Final, Self

import msgspec

_encoder: Final = msgspec.json.Encoder()


class ApiError(Exception):
    """A request that Telegram refuses."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters

    @classmethod
    def bad(cls, what: str, **parameters: int) -> Self:
        """Make a 400."""
        return cls(400, f"Bad Request: {what}", **parameters)

    @classmethod
    def forbidden(cls, what: str) -> Self:
        """Make a 403."""
        return cls(403, f"Forbidden: {what}")

    @classmethod
    def flood(cls, seconds: int) -> Self:
        """Make a 429."""
        return cls(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)

    @classmethod
    def too_large(cls) -> Self:
        """Make a 413."""
        return cls(413, "Request Entity Too Large")

    def body(self) -> bytes:
        """Return the answer's body."""
        told: dict[str, Any] = {"ok": False, "error_code": self.code, "description": self.description}
        if self.parameters:
            told["parameters"] = self.parameters
        return _encoder.encode(told)


def success(result: Any) -> bytes:
    """Return the body of an answer that carries `result`."""
    return b'{"ok":true,"result":%b}' % _encoder.encode(result)


def encode(value: Any) -> bytes:
    """Return `value` as JSON."""
    return _encoder.encode(value)
