"""The seam to Telethon: the few of its methods that are used, and how a client of it is made.

`fake.FakeTelethon` stands at this seam where there is to be no Telegram.
"""

import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any, Final, Protocol

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from telethon import TelegramClient, functions
from telethon.crypto import rsa
from telethon.errors import InvalidDCError, TypeNotFoundError
from telethon.sessions.abstract import Session
from telethon.tl import TLObject

from meydan.telegram.client.config import ClientConfig, Server
from meydan.telegram.client.errors import ServerKeyBad


class Telethon(Protocol):
    """What is used of `telethon.TelegramClient`; its errors are Telethon's own."""

    session: Any

    async def connect(self) -> None:
        """Connect; sign in nowhere."""
        ...

    def disconnect(self) -> Awaitable[None]:
        """Leave, saving the session."""
        ...

    def is_connected(self) -> bool:
        """Tell whether there is a connection, as far as is known."""
        ...

    @property
    def disconnected(self) -> Awaitable[None]:
        """What ends when the connection does, with its error if it had one."""
        ...

    async def __call__(self, request: Any) -> Any:
        """Answer a raw request."""
        ...

    async def is_user_authorized(self) -> bool:
        """Tell whether the session is signed in."""
        ...

    async def get_me(self) -> Any:
        """Return the account, or `None` when not signed in."""
        ...

    async def send_code_request(self, phone: str) -> Any:
        """Have a sign-in code sent."""
        ...

    async def sign_in(
        self,
        phone: str | None = None,
        code: str | None = None,
        *,
        password: str | None = None,
        bot_token: str | None = None,
    ) -> Any:
        """Sign in with what is given, and return the account."""
        ...

    async def qr_login(self) -> Any:
        """Return a `QRLogin`: its `url`, `expires`, `wait` and `recreate`."""
        ...

    async def log_out(self) -> bool:
        """End the session at Telegram."""
        ...

    async def get_input_entity(self, peer: Any) -> Any:
        """Return how Telegram wants the peer to be named; `ValueError` when nobody is found.

        A number is known only to a session that was told of its peer before.
        """
        ...

    async def get_entity(self, entity: Any) -> Any:
        """Return the user, group or channel; `ValueError` when nobody is found."""
        ...

    async def get_dialogs(
        self,
        limit: int,
        *,
        offset_date: datetime | None = None,
        offset_id: int = 0,
        offset_peer: Any = None,
        ignore_pinned: bool = False,
    ) -> Any:
        """Return dialogs (`message`, `input_entity`), newest first, and remember who they are with."""
        ...

    async def get_messages(
        self, entity: Any, limit: int | None = None, *, offset_id: int = 0, search: str | None = None, ids: Any = None
    ) -> Any:
        """Return messages before `offset_id`, newest first, or those with `ids`, `None` for each that is gone."""
        ...

    def add_event_handler(self, callback: Callable[[Any], Awaitable[None]], event: Any = None) -> None:
        """Call `callback` with every event of this kind, one after the other."""
        ...


_TELLING: Final = (TLObject, TypeNotFoundError, bytes)
"""What may quote a message: requests, answers, and what of them could not be read."""

TelethonFactory = Callable[[ClientConfig, Session], Telethon]


def real_telethon(config: ClientConfig, session: Session) -> Telethon:
    """Return Telethon's client for this session, not connected."""
    if config.server is not None:
        _point_at(config.server, session)
    # A class for each: Telethon keeps what it learns of its data centres on the class, and servers may differ.
    client: Telethon = type("Client", (_Client,), {})(
        session,
        config.api_id,
        config.api_hash,
        use_ipv6=":" in (session.server_address or ""),
        timeout=config.timeout,
        # Connecting again, waiting out and repeating are this module's, under a clock, a budget and for one peer each.
        connection_retries=0,
        request_retries=0,
        retry_delay=0,
        auto_reconnect=False,
        flood_sleep_threshold=0,
        raise_last_call_error=True,
        sequential_updates=True,
        catch_up=True,
        device_model=config.device_model,
        system_version=config.system_version,
        app_version=config.app_version,
        lang_code=config.lang_code,
        system_lang_code=config.lang_code,
        base_logger=_DiscreetLogger("telethon"),
    )
    return client


_HERE: ContextVar[TelethonFactory] = ContextVar("telethon", default=real_telethon)


def telethon_here() -> TelethonFactory:
    """Return what makes clients here: Telethon, unless `telethons_from` says otherwise."""
    return _HERE.get()


@contextmanager
def telethons_from(factory: TelethonFactory) -> Iterator[None]:
    """Have every manager that is made within, and is given no factory of its own, use this one."""
    token = _HERE.set(factory)
    try:
        yield
    finally:
        _HERE.reset(token)


class _Client(TelegramClient):  # type: ignore[misc]  # Telethon has no types
    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._flood_waited_requests = _WaitsOfMethods()

    async def __call__(self, request: Any, ordered: bool = False, flood_sleep_threshold: Any = None) -> Any:  # noqa: FBT001, FBT002
        try:
            return await super().__call__(request, ordered, flood_sleep_threshold)
        except InvalidDCError:  # the account lives in another data centre, to which Telethon has moved by now
            return await super().__call__(request, ordered, flood_sleep_threshold)

    async def _save_states_and_entities(self) -> None:
        # Telethon would write 0 over the place in the stream of updates if it ended before it had read that.
        if not self._message_box.is_empty():
            await super()._save_states_and_entities()


class _WaitsOfMethods(dict[int, float]):
    """When each method may be asked for again; to send is a matter of each peer, and of `floods`."""

    def __setitem__(self, key: int, value: float) -> None:
        if key != functions.messages.SendMessageRequest.CONSTRUCTOR_ID:
            super().__setitem__(key, value)


class _DiscreetLogger(logging.Logger):
    """Telethon's logger without what is in its requests and answers: texts, numbers, codes."""

    def getChild(self, suffix: str) -> "_DiscreetLogger":  # noqa: N802  # the name is the library's
        child = _DiscreetLogger(f"{self.name}.{suffix}")
        child.parent = logging.getLogger(self.name)
        return child

    def handle(self, record: logging.LogRecord) -> None:
        if str(record.msg).startswith("Automatic reconnection failed"):  # it was told not to: `line` does it
            return
        if isinstance(record.args, tuple):
            record.args = tuple(type(one).__name__ if isinstance(one, _TELLING) else one for one in record.args)
        if record.exc_info and isinstance(record.exc_info[1], _TELLING):
            record.exc_info = None
        super().handle(record)


def _point_at(server: Server, session: Session) -> None:
    try:
        key = load_pem_public_key(server.public_key.encode())
    except ValueError:
        raise ServerKeyBad(server.address) from None
    if not isinstance(key, RSAPublicKey):
        raise ServerKeyBad(server.address)
    rsa.add_key(key.public_bytes(Encoding.PEM, PublicFormat.PKCS1), old=False)
    moved = bool(session.auth_key) and session.dc_id != server.dc_id  # the account lives in another data centre of it
    if not moved and (session.dc_id, session.server_address, session.port) != (
        server.dc_id,
        server.address,
        server.port,
    ):
        session.set_dc(server.dc_id, server.address, server.port)
