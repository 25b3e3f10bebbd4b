"""What a browser keeps of a sign-in: cookies that no other host can set, for our own pages alone.

`__Host-` in front of a name makes a browser refuse the cookie from anybody but this very host over HTTPS, and asks for
the path `/` in return. On plain HTTP, where a square is tried out on one's own machine, the name goes without it and
the path is that of the endpoints which read it.
"""

import re
from typing import Any, Final

from fastapi import Request, Response

from meydan.accounts.errors import ForeignPage
from meydan.accounts.service import AccountService

REFRESH: Final = "meydan_refresh"
DEVICE: Final = "meydan_device"
_VALUE: Final = re.compile(r"[\w.~-]*", re.ASCII)
_PLAIN_PATH: Final = "/api/v1/auth"


def kept(request: Request, name: str) -> str:
    """Return what the browser keeps under a name, or nothing; the others of its cookies are not taken apart."""
    accounts: AccountService = request.app.state.accounts
    ours, found = _named(accounts, name), ""
    for header in request.headers.getlist("cookie"):
        for pair in header.split(";"):
            key, _, value = pair.partition("=")
            if key.strip() == ours and _VALUE.fullmatch(value := value.strip()):
                found = value
    return found


class Browser:
    """Whoever asks, if it is a browser: what it keeps, and what it is to keep."""

    def __init__(self, request: Request, response: Response) -> None:
        self._request = request
        self._response = response
        self._accounts: AccountService = request.app.state.accounts

    @property
    def refresh_token(self) -> str | None:
        """The refresh token that the browser keeps; raises `ForeignPage` when a page of others uses it."""
        token = kept(self._request, REFRESH)
        if token:
            self._require_own_page()
        return token or None

    def is_to_keep(self, session: str) -> bool:
        """Tell whether the browser is to keep the sign-in; raise `ForeignPage` when a page of others asks for that.

        Asked before anything is done: a refused page leaves no account and no sign-in behind.
        """
        if session == "cookie":
            self._require_own_page()
        return session == "cookie"

    def keep(self, name: str, value: str, *, seconds: int) -> None:
        """Let the browser keep a value; raise `ForeignPage` when a page of others asks for it."""
        self._require_own_page()
        self._response.set_cookie(_named(self._accounts, name), value, max_age=seconds, **self._attributes())

    def forget_sign_in(self) -> None:
        """Let the browser forget its refresh token, if it is for a page of ours."""
        if self._is_own_page():
            self._response.delete_cookie(_named(self._accounts, REFRESH), **self._attributes())

    def keep_nothing(self) -> None:
        """Let nobody on the way keep the answer."""
        self._response.headers["Cache-Control"] = "no-store"

    def _require_own_page(self) -> None:
        if not self._is_own_page():
            raise ForeignPage

    def _is_own_page(self) -> bool:
        """Tell whether a page of ours asks, or no page at all."""
        headers = self._request.headers
        origin = headers.get("origin")
        return origin is None or self._accounts.is_own_page(origin, headers.get("host", ""))

    def _attributes(self) -> dict[str, Any]:
        secure = self._accounts.secure_cookies
        return {"path": "/" if secure else _PLAIN_PATH, "secure": secure, "httponly": True, "samesite": "strict"}


async def asking_browser(request: Request, response: Response) -> Browser:
    """Return whoever asks, as a browser."""
    return Browser(request, response)


def _named(accounts: AccountService, name: str) -> str:
    return f"__Host-{name}" if accounts.secure_cookies else name
