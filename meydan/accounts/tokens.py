"""Access tokens (signed, 15 minutes) and refresh tokens (derived, so that the database holds none).

A refresh token is `sign-in.generation.mac`. The mac is keyed with our secret over the sign-in's id, generation and
nonce, so every generation can be computed again and none can be guessed. That is what lets a refresh that was raced
by a second tab get *the same* answer as the first for a few seconds, and lets an old generation be recognised as
reuse: only somebody who was once given it can present it.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import jwt

from meydan.accounts.errors import NotSignedIn, SessionInvalid, TokenExpired
from meydan.accounts.permissions import Role
from meydan.platform.clock import Clock
from meydan.platform.settings import Settings, kept_secret

ACCESS_SECONDS: Final = 15 * 60
_ISSUER: Final = "meydan"
_AUDIENCE: Final = "meydan-api"
_CLAIMS: Final = ["iss", "aud", "sub", "role", "sid", "iat", "exp"]


@dataclass(frozen=True)
class Claims:
    """What a good access token says."""

    subject: str
    role: Role
    sign_in: str
    label: str = ""


@dataclass(frozen=True)
class RefreshToken:
    """A refresh token taken apart; nothing about it is proven yet."""

    sign_in: str
    generation: int
    mac: str


class Tokens:
    """Makes and reads both kinds."""

    def __init__(self, secret: str, clock: Clock) -> None:
        self._signing = hmac.digest(secret.encode(), b"access", "sha256")
        self._refreshing = hmac.digest(secret.encode(), b"refresh", "sha256")
        self._recognising = hmac.digest(secret.encode(), b"device", "sha256")
        self._clock = clock

    @classmethod
    def from_settings(cls, settings: Settings, clock: Clock) -> "Tokens":
        """Take the secret from SECRET_KEY, or the one that is kept in the data folder."""
        return cls(settings.secret_key.get_secret_value() or kept_secret(settings, "secret_key"), clock)

    def access(self, subject: str, role: Role, sign_in: str, *, label: str = "") -> str:
        """Return a signed access token; a guest's carries their label, which is kept nowhere else."""
        now = self._clock.now()
        claims = {
            "iss": _ISSUER,
            "aud": _AUDIENCE,
            "sub": subject,
            "role": role.value,
            "sid": sign_in,
            "iat": now,
            "exp": now + timedelta(seconds=ACCESS_SECONDS),
            **({"name": label} if label else {}),
        }
        return jwt.encode(claims, self._signing, algorithm="HS256")

    def read_access(self, token: str) -> Claims:
        """Return what the token says; raise `TokenExpired`, or `NotSignedIn` for anything that is not ours."""
        try:
            claims = jwt.decode(
                token,
                self._signing,
                algorithms=["HS256"],
                issuer=_ISSUER,
                audience=_AUDIENCE,
                # Time is judged below, by our clock.
                options={"require": _CLAIMS, "verify_exp": False, "verify_iat": False},
            )
            found = Claims(str(claims["sub"]), Role(claims["role"]), str(claims["sid"]), str(claims.get("name", "")))
            expires = float(claims["exp"])
        except (jwt.InvalidTokenError, ValueError, TypeError):
            raise NotSignedIn from None
        if expires <= self._clock.now().timestamp():
            raise TokenExpired
        return found

    def device(self, username: str) -> str:
        """Return what a browser keeps of having signed `username` in; it opens nothing."""
        number = secrets.token_urlsafe(12)
        return f"{number}.{self._device_mac(number, username)}"

    def knows_device(self, token: str, username: str) -> bool:
        """Tell whether the browser that shows this has signed `username` in before."""
        number, _, mac = token.partition(".")
        return hmac.compare_digest(mac.encode(), self._device_mac(number, username).encode())

    def _device_mac(self, number: str, username: str) -> str:
        return hmac.new(self._recognising, f"{number}.{username}".encode(), "sha256").hexdigest()

    def refresh(self, sign_in: str, generation: int, nonce: str) -> str:
        """Return the refresh token of one generation; the same arguments always give the same token."""
        text = f"{sign_in}.{generation}"
        return f"{text}.{hmac.new(self._refreshing, f'{text}.{nonce}'.encode(), 'sha256').hexdigest()}"

    def read_refresh(self, token: str) -> RefreshToken:
        """Take a refresh token apart; raise `SessionInvalid` when it has not the form of one."""
        sign_in, _, rest = token.partition(".")
        generation, _, mac = rest.partition(".")
        if not (sign_in and mac and generation.isascii() and generation.isdigit() and len(generation) < 10):
            raise SessionInvalid
        return RefreshToken(sign_in, int(generation), mac)

    def proves(self, token: RefreshToken, nonce: str) -> bool:
        """Tell whether we made this token for the sign-in with this nonce."""
        expected = self.refresh(token.sign_in, token.generation, nonce).rpartition(".")[2]
        return hmac.compare_digest(expected.encode(), token.mac.encode())


def digest(secret: str) -> str:
    """Return the hash under which a random secret is stored; it needs no salt, being random."""
    return hashlib.sha256(secret.encode()).hexdigest()
