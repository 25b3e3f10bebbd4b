"""People: found, added and managed, by rank."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy.orm import Session

from meydan.accounts.acting import CONSOLE_SESSION, require_open
from meydan.accounts.actor import Actor
from meydan.accounts.errors import LastOwner, RankTooLow, ScopeTooWide, UserMissing
from meydan.accounts.imitation import enlist, look, mark
from meydan.accounts.models import User
from meydan.accounts.names import CONSOLE_ID, check_username, folded, is_username, name_key
from meydan.accounts.orders import UserOrder, UserPlace
from meydan.accounts.origin import Origin
from meydan.accounts.passwords import Passwords, check_password
from meydan.accounts.permissions import GRANTS, Permission, Role
from meydan.accounts.repository import AuditRepository, KeyRepository, SignInRepository, UserRepository
from meydan.accounts.standing import Standings
from meydan.accounts.views import Page, UserView, user_view
from meydan.platform.clock import Clock
from meydan.platform.cursors import cursor, place_in
from meydan.platform.db import Database
from meydan.platform.errors import InvalidInput, check_all

TAKE_BACK: Final = timedelta(days=1)
"""How long whoever made somebody an owner may take it back; after that it is the `meydan` command's."""

CONSOLE: Final = Actor(
    id=CONSOLE_ID, name="Konsol", role=Role.OWNER, session=CONSOLE_SESSION, origin=Origin(agent="console")
)
"""Whoever holds the machine and its commands: above every rank."""


@dataclass(frozen=True, slots=True)
class NewUser:
    """A user who was added, and their first password when it was made here."""

    user: UserView
    password: str | None


def check_account(username: str, password: str, *, role: Role = Role.MEMBER) -> None:
    """Raise unless an account of this name and password may be made; both faults are told at once."""
    check_all(lambda: check_username(username, role=role), lambda: check_password(password, username))


class UserService:
    """Rules about other people: nobody manages somebody of their own rank or above, and one owner always stays."""

    def __init__(self, *, db: Database, clock: Clock, passwords: Passwords, standings: Standings) -> None:
        self._db = db
        self._clock = clock
        self._passwords = passwords
        self._standings = standings

    async def page(
        self,
        actor: Actor,
        *,
        query: str = "",
        role: Role | None = None,
        order: UserOrder = UserOrder.ID,
        after: str = "",
        limit: int = 50,
    ) -> Page[UserView]:
        """Return users in `order`; raise `CursorInvalid` when `after` comes from another one."""
        actor.require(Permission.USERS_READ)
        last = place_in(order, after, UserPlace)

        def read(session: Session) -> Page[UserView]:
            rows = UserRepository(session).page(query=query, role=role, order=order, after=last, limit=limit + 1)
            following = cursor(_place(rows[limit - 1], order)) if len(rows) > limit else None
            return Page([user_view(row) for row in rows[:limit]], following)

        return await self._db.read(read)

    async def access(self, actor: Actor, username: str) -> UserView:
        """Return a user; raise `UserMissing`."""
        actor.require(Permission.USERS_READ)
        return await self._db.read(lambda session: user_view(access_user(session, username)))

    async def find(self, usernames: Collection[str]) -> dict[str, UserView]:
        """Return those of `usernames` that are registered."""
        rows = await self._db.read(lambda session: UserRepository(session).many(usernames))
        return {row.username: user_view(row) for row in rows}

    async def add(
        self,
        actor: Actor,
        username: str,
        *,
        name: str = "",
        role: Role = Role.MEMBER,
        password: str | None = None,
    ) -> NewUser:
        """Add a user; with no password one is made and returned this once."""
        actor.require(Permission.USERS_MANAGE)
        _require_grant(actor, role)
        made = None if password else new_password()
        check_account(username, password or made or "", role=role)
        user = new_user(
            self._clock,
            username,
            name=name,
            role=role,
            password_hash=await self._passwords.hash(password or made or "", origin=actor.origin),
        )

        user.temporary = made is not None or actor is not CONSOLE

        def save(session: Session) -> tuple[UserView, dict[str, str]]:
            by = require_open(session, actor, now=self._clock.now())
            by.require(Permission.USERS_MANAGE)
            _require_grant(by, role)
            turned = enlist(UserRepository(session), user)
            AuditRepository(session).note(actor, "user.add", username, role=role.value, at=self._clock.now())
            return user_view(access_user(session, username)), turned

        view, turned = await self._db.write(save)
        await self._standings.added(username)
        await self._standings.renamed(turned)
        return NewUser(view, made)

    async def manage(
        self,
        actor: Actor,
        username: str,
        *,
        role: Role | None = None,
        active: bool | None = None,
    ) -> UserView:
        """Change a user's role or switch their account off or on; both take effect at once on every node."""
        actor.require(Permission.USERS_MANAGE)
        if role is not None:
            _require_grant(actor, role)

        def save(session: Session) -> tuple[UserView, dict[str, str] | None]:
            locked = UserRepository(session).locked({actor.id, username}, and_owners=True)
            owners = [user.username for user in locked if user.role == Role.OWNER and user.active]
            by = require_open(session, actor, now=self._clock.now())
            by.require(Permission.USERS_MANAGE)
            if role is not None:
                _require_grant(by, role)
            user = access_user(session, username)
            if not self._takes_back(session, by, user, role=role, active=active):
                require_rank(by, Role(user.role))
            before = (Role(user.role), user.active)
            after = (role or before[0], before[1] if active is None else active)
            if owners == [username] and after != (Role.OWNER, True):
                raise LastOwner
            if after == before:
                return user_view(user), None
            user.role, user.active = after
            turned = mark(UserRepository(session), user)
            if after[0] is not before[0]:
                AuditRepository(session).note(
                    actor, "user.role", username, before=before[0].value, after=after[0].value, at=self._clock.now()
                )
            if after[1] != before[1]:
                AuditRepository(session).note(
                    actor, "user.activate" if after[1] else "user.deactivate", username, at=self._clock.now()
                )
            if not after[1]:
                SignInRepository(session).revoke_of(username, self._clock.now())
            return user_view(user), turned

        view, turned = await self._db.write(save)
        if turned is not None:
            await self._standings.changed(username, role=view.role, active=view.active)
            await self._standings.renamed(turned)
        return view

    async def reset_password(self, actor: Actor, username: str, *, password: str | None = None) -> str:
        """Give a user a new password, end their sign-ins, delete their API keys, and return the password."""
        actor.require(Permission.USERS_MANAGE)
        chosen = password or new_password()
        check_password(chosen, username)
        role = (await self.access(actor, username)).role
        require_rank(actor, role)
        hashed = await self._passwords.hash(chosen, origin=actor.origin)

        def save(session: Session) -> UserView:
            by = require_open(session, actor, now=self._clock.now(), beside={username})
            by.require(Permission.USERS_MANAGE)
            user = access_user(session, username)
            require_rank(by, Role(user.role))
            user.password_hash = hashed
            user.temporary = password is None or actor is not CONSOLE
            SignInRepository(session).revoke_of(username, self._clock.now())
            keys = KeyRepository(session).delete_of(username)
            AuditRepository(session).note(actor, "user.password_reset", username, keys=keys, at=self._clock.now())
            return user_view(user)

        view = await self._db.write(save)
        await self._standings.changed(username, role=view.role, active=view.active)
        return chosen

    async def rename(self, actor: Actor, *, name: str | None = None, locale: str | None = None) -> UserView:
        """Change the display name or language of a user who asked for it themselves."""

        def save(session: Session) -> tuple[UserView, dict[str, str]]:
            require_open(session, actor, now=self._clock.now())
            user = access_user(session, actor.id)
            before = user.skeleton
            user.name = (name or "").strip() or user.name
            user.name_key = name_key(user.name)
            user.folded = folded(actor.id, user.name)
            user.locale = locale or user.locale
            turned = mark(UserRepository(session), user, {before})
            AuditRepository(session).note(actor, "user.update", actor.id, at=self._clock.now())
            return user_view(user), turned | {actor.id: user.shown_name}

        view, shown = await self._db.write(save)
        await self._standings.renamed(shown)
        return view

    def _takes_back(
        self, session: Session, actor: Actor, user: User, *, role: Role | None, active: bool | None
    ) -> bool:
        """Tell whether an owner takes back the ownership that they themselves gave lately, and nothing else."""
        if actor.role is not Role.OWNER or user.role != Role.OWNER or role is None or active is not None:
            return False
        _require_scopes(actor, Role.OWNER)
        given = AuditRepository(session).last("user.role", user.username)
        by_them = given is not None and given.actor_id == actor.id and given.data.get("after") == Role.OWNER
        return by_them and given is not None and self._clock.now() - given.at <= TAKE_BACK


def new_user(clock: Clock, username: str, *, name: str, role: Role, password_hash: str) -> User:
    """Build the row of a user who is to be added."""
    shown = name.strip() or username
    return User(
        username=username,
        name=shown,
        name_key=name_key(shown),
        folded=folded(username, shown),
        skeleton=look(shown),
        imitates=False,
        role=role,
        active=True,
        password_hash=password_hash,
        temporary=False,
        locale="tr",
        created_at=clock.now(),
        last_seen_at=None,
    )


def new_password() -> str:
    """Make a password of about 95 bits that can be read out."""
    return "-".join(secrets.token_hex(3) for _ in range(4))


def _place(user: User, order: UserOrder) -> UserPlace:
    match order:
        case UserOrder.NAME | UserOrder.NAME_BACKWARDS:
            return UserPlace(order, user.username, name_key=user.name_key)
        case UserOrder.OLDEST | UserOrder.NEWEST:
            return UserPlace(order, user.username, at=user.created_at)
        case UserOrder.SEEN_LAST | UserOrder.SEEN_LONGEST_AGO:
            return UserPlace(order, user.username, at=user.last_seen_at)
    return UserPlace(order, user.username)


def access_user(session: Session, username: str) -> User:
    """Return a user; raise `UserMissing`."""
    user = UserRepository(session).get(username) if is_username(username) else None
    if user is None:
        raise UserMissing(username)
    return user


def require_rank(actor: Actor, role: Role) -> None:
    """Raise unless the actor may manage those of this role, with every scope that goes with it."""
    if actor is not CONSOLE and role.rank <= actor.role.rank:
        raise RankTooLow
    _require_scopes(actor, role)


def _require_scopes(actor: Actor, role: Role) -> None:
    """Raise `ScopeTooWide` when a key would hand out or take over an account that may do more than the key itself."""
    for permission in sorted(GRANTS[role]) if actor.scopes is not None else ():
        if not actor.may(permission):
            raise ScopeTooWide(permission.value)


def _require_grant(actor: Actor, role: Role) -> None:
    if role is Role.GUEST:
        raise InvalidInput(field="role", reason="no_role")
    if actor is not CONSOLE and actor.role is not Role.OWNER and role.rank <= actor.role.rank:
        raise RankTooLow
    _require_scopes(actor, role)
