"""Secrets at rest: Fernet under one or more keys, newest first. It stands without a database: scripts use it too."""

import base64
import hashlib
from collections.abc import Sequence
from typing import Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from meydan.accounts.errors import BadVaultToken
from meydan.platform.settings import Settings, kept_secret

_FERNET_VERSION: Final = 0x80
_SMALLEST_TOKEN: Final = 1 + 8 + 16 + 16 + 32  # version, time, vector, one block, signature


class Vault:
    """Encrypts with the newest key and opens what any of the keys closed."""

    def __init__(self, keys: Sequence[str]) -> None:
        every = [Fernet(key) for key in keys]
        self._fernet = MultiFernet(every)
        self._newest = every[0]

    @classmethod
    def from_settings(cls, settings: Settings) -> "Vault":
        """Take the keys from TOKEN_ENCRYPTION_KEY, or the one that is kept in the data folder."""
        given = [part.strip() for part in settings.token_encryption_key.get_secret_value().split(",") if part.strip()]
        if not given:
            kept = kept_secret(settings, "token_encryption_key")
            given = [base64.urlsafe_b64encode(hashlib.sha256(kept.encode()).digest()).decode()]
        return cls(given)

    def encrypt(self, secret: str) -> str:
        """Return `secret` closed with the newest key."""
        return self.encrypt_bytes(secret.encode()).decode()

    def decrypt(self, token: str) -> str:
        """Return what `token` holds; raise `BadVaultToken` when none of the keys opens it."""
        return self.decrypt_bytes(token.encode()).decode()

    def encrypt_bytes(self, secret: bytes) -> bytes:
        """Return `secret` closed with the newest key."""
        return self._fernet.encrypt(secret)

    def decrypt_bytes(self, token: bytes) -> bytes:
        """Return what `token` holds; raise `BadVaultToken` when none of the keys opens it."""
        try:
            return self._fernet.decrypt(token)
        except InvalidToken:
            raise BadVaultToken from None

    def is_newest(self, token: bytes) -> bool:
        """Tell whether the newest key opens `token`, so that older keys are not needed for it."""
        try:
            self._newest.decrypt(token)
        except InvalidToken:
            return False
        return True

    def rotate(self, token: str) -> str:
        """Return the same secret closed with the newest key."""
        try:
            return self._fernet.rotate(token.encode()).decode()
        except InvalidToken:
            raise BadVaultToken from None


def is_encrypted(value: str) -> bool:
    """Tell whether `value` has the form of a Fernet token, whoever's key made it."""
    try:
        raw = base64.b64decode(value, altchars=b"-_", validate=True)
    except ValueError:
        return False
    return len(raw) >= _SMALLEST_TOKEN and raw[0] == _FERNET_VERSION and (len(raw) - _SMALLEST_TOKEN) % 16 == 0
