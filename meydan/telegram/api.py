"""Requests to the Bot API, and the few ways in which they can end.

The difference that matters is between a request that cannot have arrived (`Unreached`) and one of which nobody knows
(`Unanswered`): the first may be repeated, the second may already have been carried out. One that could not even be
written (`Unmade`) never will be.
"""

import io
import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple, Protocol

import aiohttp
import msgspec

from meydan.telegram.troubles import Trouble

_JSON = {"Content-Type": "application/json"}
_CONNECT_SECONDS = 10.0
_SLOWEST_UPLOAD = 65_536  # bytes per second


_UNWRITABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")  # in a header


class Upload(NamedTuple):
    """A file that goes with a request; parameters name it as `attach://<field>` or by its field alone."""

    field: str
    name: str
    mime: str
    content: bytes


class TelegramFault(Exception):
    """A request did not succeed; `reason` is fit for a log and an operator, and holds no token."""

    code = 0

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Limited(TelegramFault):
    """429: nothing more for `seconds`."""

    code = 429

    def __init__(self, reason: str, *, seconds: float) -> None:
        super().__init__(reason)
        self.seconds = seconds


class Rejected(TelegramFault):
    """Telegram refuses this request, and would again: 400, 403, 404, 413."""

    def __init__(self, reason: str, *, code: int) -> None:
        super().__init__(reason)
        self.code = code


class Moved(TelegramFault):
    """The group became a supergroup with another id; the request belongs there."""

    code = 400

    def __init__(self, reason: str, *, chat_id: int) -> None:
        super().__init__(reason)
        self.chat_id = chat_id


class Unauthorized(TelegramFault):
    """Telegram knows no such token, or no such method: 401 and 404 say either; `getMe` tells which."""

    def __init__(self, reason: str, *, code: int = 401) -> None:
        super().__init__(reason)
        self.code = code


class Conflict(TelegramFault):
    """Another program polls this bot, or a webhook is set."""

    code = 409


class ServerFault(TelegramFault):
    """Telegram says that it failed, and that nothing was done."""

    def __init__(self, reason: str, *, code: int) -> None:
        super().__init__(reason)
        self.code = code


class Unreached(TelegramFault):
    """The request never left."""


class Unmade(TelegramFault):
    """The parameters can be written into no request: nothing left, and nothing ever would."""


class Unanswered(TelegramFault):
    """The request left and no answer came: it may have been carried out."""


class BotApi(Protocol):
    """The seam to Telegram. The fake Telegram stands behind the same HTTP."""

    async def call(
        self,
        token: str,
        method: str,
        params: Mapping[str, Any],
        *,
        trial: bool,
        upload: Upload | None = None,
        seconds: float = 30.0,
    ) -> Any:
        """Carry out `method` and return its result; raises a `TelegramFault`. `trial` asks the fake Telegram."""
        ...


class _Parameters(msgspec.Struct):
    retry_after: float | None = None
    migrate_to_chat_id: int | None = None


class _Answer(msgspec.Struct):
    ok: bool
    result: msgspec.Raw = msgspec.Raw()
    error_code: int = 0
    description: str = ""
    parameters: _Parameters | None = None


_answers = msgspec.json.Decoder(_Answer)
_encoder = msgspec.json.Encoder()


class HttpBotApi:
    """The Bot API over HTTP, with connections kept open."""

    def __init__(self, *, api_url: str, trial_url: str = "", connections: int = 100) -> None:
        self._api_url = api_url.rstrip("/")
        self.trial_url = trial_url.rstrip("/")
        self._connections = connections
        self._session: aiohttp.ClientSession | None = None
        self._polling: aiohttp.ClientSession | None = None

    async def call(
        self,
        token: str,
        method: str,
        params: Mapping[str, Any],
        *,
        trial: bool,
        upload: Upload | None = None,
        seconds: float = 30.0,
    ) -> Any:
        """Carry out `method` and return its result; a file gets time of its own on a slow line."""
        base = self.trial_url if trial else self._api_url
        if not base:
            raise Unreached(Trouble.NO_FAKE)
        body = _body(params, upload)
        headers = _JSON if upload is None else {}
        if upload is not None:
            seconds += len(upload.content) / _SLOWEST_UPLOAD
        session = self._for_polls() if method == "getUpdates" else self._for_requests()
        status, raw = await _post(session, f"{base}/bot{token}/{method}", body, headers, seconds)
        return _result(status, raw)

    async def close(self) -> None:
        """Close every connection."""
        for session in (self._session, self._polling):
            if session is not None:
                await session.close()

    def _for_requests(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=self._connections))
        return self._session

    def _for_polls(self) -> aiohttp.ClientSession:
        """Return where each bot has a connection of its own: a long poll would keep one from all who send."""
        if self._polling is None:
            self._polling = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        return self._polling


async def _post(
    session: aiohttp.ClientSession, url: str, body: bytes | aiohttp.Payload, headers: dict[str, str], seconds: float
) -> tuple[int, bytes]:
    timeout = aiohttp.ClientTimeout(total=seconds, connect=_CONNECT_SECONDS)
    try:
        # allow_redirects: a redirect would carry the token elsewhere
        async with session.post(url, data=body, headers=headers, timeout=timeout, allow_redirects=False) as answer:
            return answer.status, await answer.read()
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
        # Only its name: the error's text holds the address, and so the token.
        raise Unreached(Trouble.UNREACHED.of(type(error).__name__)) from None
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise Unanswered(Trouble.UNANSWERED.of(type(error).__name__)) from None


def _body(params: Mapping[str, Any], upload: Upload | None) -> bytes | aiohttp.Payload:
    try:
        return _encoder.encode(params) if upload is None else _form(params, upload)()
    except Exception as error:
        raise Unmade(Trouble.UNMADE) from error


def _form(params: Mapping[str, Any], upload: Upload) -> aiohttp.FormData:
    form = aiohttp.FormData(quote_fields=False)  # Telegram shows a name as it comes, percent signs too
    for name, value in params.items():
        if value is not None:
            form.add_field(name, value if isinstance(value, str) else _encoder.encode(value).decode())
    name = _UNWRITABLE.sub("_", upload.name)
    form.add_field(upload.field, io.BytesIO(upload.content), filename=name, content_type=upload.mime)
    return form


def _result(status: int, raw: bytes) -> Any:
    try:
        answer = _answers.decode(raw)
        if answer.ok:
            return msgspec.json.decode(answer.result)
    except (msgspec.DecodeError, UnicodeDecodeError):
        if status == 413:
            raise Rejected("Request Entity Too Large", code=413) from None
        raise Unanswered(Trouble.ODD_ANSWER.of(f"HTTP {status}")) from None
    code, reason = answer.error_code or status, answer.description[:300].replace("\x00", "") or Trouble.UNSAID
    parameters = answer.parameters or _Parameters()
    if code == 429:
        raise Limited(reason, seconds=parameters.retry_after or 1.0)
    if parameters.migrate_to_chat_id is not None:
        raise Moved(reason, chat_id=parameters.migrate_to_chat_id)
    if code == 401 or (code == 404 and reason == "Not Found"):  # the whole address is unknown: so is the token
        raise Unauthorized(reason, code=code)
    if code == 409:
        raise Conflict(reason)
    if code >= 500:
        raise ServerFault(reason, code=code)
    raise Rejected(reason, code=code)
