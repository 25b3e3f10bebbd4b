"""API keys: made, listed and deleted by their users, hashed at rest, never wider than their user."""

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from meydan.accounts.acting import ENVIRONMENT_SESSION, require_open
from meydan.accounts.actor import KEY_SESSION, Actor
from meydan.accounts.errors import BadKey, KeyOutlives, ScopeTooWide, TooManyKeys, UserInactive
from meydan.accounts.models import ApiKey
from meydan.accounts.names import ENVIRONMENT_ID
from meydan.accounts.origin import NOWHERE, Origin
from meydan.accounts.permissions import Permission, Role
from meydan.accounts.repository import AuditRepository, KeyRepository, UserRepository
from meydan.accounts.standing import Standings
from meydan.accounts.tokens import digest
from meydan.accounts.users import access_user, require_rank
from meydan.accounts.views import KeyView, key_view
from meydan.platform.clock import Clock
from meydan.platform.db import Database
from meydan.platform.errors import InvalidInput, NotAllowed, NotFound
from meydan.platform.ids import new_id
from meydan.platform.settings import Settings

_ENVIRONMENT: Final = Actor(
    id=ENVIRONMENT_ID, name="API", role=Role.OWNER, session=ENVIRONMENT_SESSION, scopes=frozenset(Permission)
)
_LONGEST_LIFE: Final = timedelta(days=3650)
_MOST: Final = 50  # of one user
_REMEMBERED: Final = 10_000
_NOTED_EVERY: Final = timedelta(minutes=1)


class KeyMissing(NotFound):
    """The actor has no such key."""

    code = "anahtar_yok"


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key as it is shown this once."""

    key: str
    item: KeyView


class KeyService:
    """Keys of users, and the one of the environment."""

    def __init__(self, *, db: Database, clock: Clock, settings: Settings, standings: Standings) -> None:
        self._db = db
        self._clock = clock
        self._standings = standings
        self._environment = settings.api_key.get_secret_value()
        self._worked: dict[str, None] = {}

    async def authenticate(self, key: str, *, origin: Origin = NOWHERE) -> Actor:
        """Return who the key acts for, with its scopes; raise `BadKey` or `UserInactive`."""
        if self._environment and hmac.compare_digest(key.encode(), self._environment.encode()):
            self._works(digest(key))
            return replace(_ENVIRONMENT, origin=origin)
        secret_hash, now = digest(key), self._clock.now()
        row, actor = await self._db.read(
            lambda session: self._actor(session, KeyRepository(session).by_hash(secret_hash))
        )
        if row.last_used_at is None or now - row.last_used_at >= _NOTED_EVERY:
            await self._db.write(lambda session: KeyRepository(session).used(row.id, now))
        self._works(secret_hash)
        return replace(actor, origin=origin)

    async def is_known(self, key: str) -> bool:
        """Tell whether the key is somebody's, or is that of the environment and has worked here before."""
        secret_hash = digest(key)
        if secret_hash in self._worked:
            return True
        return await self._db.read(lambda session: KeyRepository(session).by_hash(secret_hash)) is not None

    async def again(self, actor: Actor) -> Actor:
        """Return the actor of a key as they are now; raise as `authenticate` does."""
        if actor.session == _ENVIRONMENT.session:
            return replace(_ENVIRONMENT, origin=actor.origin)
        key_id = actor.api_key or ""
        _, now = await self._db.read(lambda session: self._actor(session, KeyRepository(session).get(key_id)))
        return replace(now, origin=actor.origin)

    async def list(self, actor: Actor) -> list[KeyView]:
        """Return the actor's keys, newest first."""
        actor.require(Permission.KEYS_MANAGE)
        return await self._db.read(lambda session: [key_view(key) for key in KeyRepository(session).of(actor.id)])

    async def create(
        self,
        actor: Actor,
        *,
        name: str,
        scopes: frozenset[Permission],
        expires_at: datetime | None = None,
    ) -> NewKey:
        """Make a key for the actor; its secret leaves here once.

        One that is made with a key lives as long as that, unless it is to live shorter; asking for longer raises
        `KeyOutlives`.
        """
        actor.require(Permission.KEYS_MANAGE)
        if actor.id == ENVIRONMENT_ID:
            raise NotAllowed(izin="kullanici")
        now = self._clock.now()
        if expires_at is not None and not now < expires_at < now + _LONGEST_LIFE:
            raise InvalidInput(field="expires_at", reason="not_in_future")
        prefix = f"mk_{secrets.token_hex(4)}"
        secret = f"{prefix}_{secrets.token_urlsafe(32)}"
        row = ApiKey(
            id=new_id(self._clock),
            username=actor.id,
            name=name,
            prefix=prefix,
            secret_hash=digest(secret),
            scopes=sorted(scope.value for scope in scopes),
            made_by=actor.api_key,
            created_at=now,
            last_used_at=None,
            expires_at=expires_at,
        )

        def save(session: Session) -> KeyView:
            maker = require_open(session, actor, now=now)  # and two at once are counted one after the other
            maker.require(Permission.KEYS_MANAGE)
            for scope in row.scopes:
                if not maker.may(Permission(scope)):
                    raise ScopeTooWide(scope)
            end = _end_of(session, maker)
            if end is not None and expires_at is not None and expires_at > end:
                raise KeyOutlives(end)
            row.expires_at = expires_at or end
            if len(KeyRepository(session).of(actor.id)) >= _MOST:
                raise TooManyKeys(_MOST)
            KeyRepository(session).add(row)
            AuditRepository(session).note(actor, "key.create", row.id, at=now, scopes=row.scopes)
            return key_view(row)

        return NewKey(secret, await self._db.write(save))

    async def delete(self, actor: Actor, key_id: str) -> None:
        """Delete one of the actor's keys and all that were made with it; they stop working at once."""
        actor.require(Permission.KEYS_MANAGE)
        await self._delete(actor, actor.id, key_id)

    async def list_of(self, actor: Actor, username: str) -> Sequence[KeyView]:
        """Return the keys of somebody whom the actor manages, newest first."""
        actor.require(Permission.USERS_MANAGE)

        def read(session: Session) -> Sequence[KeyView]:
            require_rank(actor, Role(access_user(session, username).role))
            return [key_view(key) for key in KeyRepository(session).of(username)]

        return await self._db.read(read)

    async def delete_of(self, actor: Actor, username: str, key_id: str) -> None:
        """Delete a key of somebody whom the actor manages, as `delete` does."""
        actor.require(Permission.USERS_MANAGE)
        await self._delete(actor, username, key_id, managed=True)

    async def _delete(self, actor: Actor, username: str, key_id: str, *, managed: bool = False) -> None:
        def save(session: Session) -> Sequence[str]:
            by = require_open(session, actor, now=self._clock.now(), beside={username})
            by.require(Permission.USERS_MANAGE if managed else Permission.KEYS_MANAGE)
            if managed:
                require_rank(by, Role(access_user(session, username).role))
            keys = KeyRepository(session)
            row = keys.get(key_id)
            if row is None or row.username != username:
                raise KeyMissing
            gone = keys.delete(row)
            for one in gone:
                AuditRepository(session).note(actor, "key.delete", one, at=self._clock.now(), user=username)
            return gone

        for one in await self._db.write(save):
            await self._standings.ended(username, f"{KEY_SESSION}{one}")

    def _works(self, secret_hash: str) -> None:
        if len(self._worked) >= _REMEMBERED:
            self._worked.clear()
        self._worked[secret_hash] = None

    def _actor(self, session: Session, row: ApiKey | None) -> tuple[ApiKey, Actor]:
        if row is None or (row.expires_at is not None and row.expires_at <= self._clock.now()):
            raise BadKey
        user = UserRepository(session).get(row.username)
        if user is None:
            raise BadKey
        if not user.active:
            raise UserInactive
        known = {permission.value for permission in Permission}
        scopes = frozenset(Permission(scope) for scope in row.scopes if scope in known)
        return row, Actor(user.username, user.shown_name, Role(user.role), f"{KEY_SESSION}{row.id}", scopes)


def _end_of(session: Session, actor: Actor) -> datetime | None:
    """Return when the key that acts ends, if one does and has an end."""
    row = KeyRepository(session).get(actor.api_key) if actor.api_key is not None else None
    return row.expires_at if row is not None else None
