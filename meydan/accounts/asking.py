"""Who asks over HTTP: what every domain's endpoints depend on."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, FastAPI, Request
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer
from starlette.types import Scope

from meydan.accounts.actor import Actor
from meydan.accounts.cookies import DEVICE, kept
from meydan.accounts.errors import NotSignedIn
from meydan.accounts.origin import Origin
from meydan.accounts.permissions import Permission
from meydan.accounts.service import AccountService
from meydan.accounts.writes import SAFE_METHODS, Writes


async def accounts(request: Request) -> AccountService:
    """Find the service that the composition root made."""
    service: AccountService = request.app.state.accounts
    return service


async def origin(request: Request) -> Origin:
    """Say where the request comes from."""
    address = request.client.host if request.client is not None else ""
    return Origin.of(
        address,
        request.headers.get("user-agent", ""),
        device=kept(request, DEVICE),
        gone=request.is_disconnected,
    )


Accounts = Annotated[AccountService, Depends(accounts)]
From = Annotated[Origin, Depends(origin)]
_bearer, _key = HTTPBearer(auto_error=False), APIKeyHeader(name="X-API-Key", auto_error=False)
Bearer = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
Key = Annotated[str | None, Depends(_key)]


async def optional_actor(accounts: Accounts, come: From, bearer: Bearer, key: Key) -> Actor | None:
    """Return who asks, or None when they do not say; saying it wrongly is refused."""
    if bearer is not None:
        return await accounts.authenticate_bearer(bearer.credentials, origin=come)
    if key is not None:
        return await accounts.authenticate_key(key, origin=come)
    return None


OptionalActor = Annotated[Actor | None, Depends(optional_actor)]


async def admit(app: FastAPI, scope: Scope, permission: str) -> None:
    """Raise unless whoever asks may do what needs `permission`; nothing of their body has been read."""
    request, service = Request(scope), app.state.accounts
    actor = await optional_actor(service, await origin(request), await _bearer(request), await _key(request))
    if actor is None:
        raise NotSignedIn
    actor.require(Permission(permission))


async def known_actor(actor: OptionalActor) -> Actor:
    """Return who asks, at no cost; raise `NotSignedIn` when nobody says."""
    if actor is None:
        raise NotSignedIn
    return actor


KnownActor = Annotated[Actor, Depends(known_actor)]
"""Who asks, where what they do has bounds of its own."""


class Costing:
    """Finds out who asks, at the cost of what `spend` takes from them where something is changed."""

    def __init__(self, spend: Callable[[Writes, Actor], None]) -> None:
        self._spend = spend

    async def __call__(self, request: Request, accounts: Accounts, actor: KnownActor) -> Actor:
        """Return who asks; raise `NotSignedIn` when nobody says, `RateLimited` when they have nothing left."""
        if request.method not in SAFE_METHODS:
            self._spend(accounts.writes, actor)
        return actor


CurrentActor = Annotated[Actor, Depends(Costing(Writes.spend))]
"""Who asks, at the cost of one change where something is changed."""

TicketHolder = Annotated[Actor, Depends(Costing(Writes.spend_ticket))]
"""Who asks for a way in."""

Operator = Annotated[Actor, Depends(Costing(Writes.spend_operation))]
"""Who asks, often as a program, in a domain where a change is one of many and those who may do it are few."""
