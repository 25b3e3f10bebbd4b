"""Every query about accounts; each class lives as long as its `Session`."""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Select, and_, bindparam, delete, func, or_, select, tuple_, update
from sqlalchemy.orm import Session

from meydan.accounts.actor import Actor
from meydan.accounts.models import ApiKey, AuditEntry, OwnerLink, SignIn, User
from meydan.accounts.names import is_username
from meydan.accounts.orders import AuditOrder, AuditPlace, UserOrder, UserPlace
from meydan.accounts.origin import Origin
from meydan.accounts.permissions import Role
from meydan.platform.db import insert_missing, rows_changed
from meydan.platform.turkish import fold


class UserRepository:
    """Users by name, role and words."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, username: str, *, lock: bool = False) -> User | None:
        """Return the user, their row locked for the transaction when `lock`."""
        return self._session.get(User, username, with_for_update=True if lock else None)

    def add(self, user: User) -> bool:
        """Store a new user; tell whether the name was free."""
        values = {column.key: getattr(user, column.key) for column in User.__table__.columns}
        return rows_changed(self._session, insert_missing(self._session, User).values(values)) == 1

    def existing(self, usernames: Collection[str]) -> set[str]:
        """Return those of `usernames` that are registered."""
        if not usernames:
            return set()
        return set(self._session.scalars(select(User.username).where(User.username.in_(usernames))))

    def names(self, usernames: Collection[str]) -> dict[str, str]:
        """Return the display names of those that are registered."""
        return {user.username: user.shown_name for user in self.many(usernames)}

    def many(self, usernames: Collection[str]) -> list[User]:
        """Return those of `usernames` that are registered, whole."""
        if not usernames:
            return []
        return list(self._session.scalars(select(User).where(User.username.in_(usernames))))

    def staff(self) -> list[User]:
        """Return whoever moderates, administers or owns."""
        roles = [role.value for role in Role if role.is_staff]
        return list(self._session.scalars(select(User).where(User.role.in_(roles))))

    def looking_like(self, skeletons: Collection[str]) -> list[User]:
        """Return users whose display name looks like one of these, in one order."""
        wanted = select(User).where(User.skeleton.in_(skeletons)).order_by(User.username)
        return list(self._session.scalars(wanted))

    def page(
        self, *, query: str, role: Role | None, order: UserOrder, after: UserPlace | None, limit: int
    ) -> list[User]:
        """Return users in `order`, from after `after`."""
        wanted = select(User)
        if query:
            wanted = wanted.where(
                or_(
                    User.folded.contains(fold(query), autoescape=True),
                    User.username.contains(query, autoescape=True),
                )
            )
        if role is not None:
            wanted = wanted.where(User.role == role.value)
        found: list[User] = []
        for stretch in _stretches(wanted, order, after):
            if len(found) < limit:
                found += self._session.scalars(stretch.limit(limit - len(found)))
        return found

    def locked(self, usernames: Collection[str], *, and_owners: bool = False) -> list[User]:
        """Return those who are registered, and all active owners beside them if so wished, locked and as they are now.

        All are locked by one question in one order: two transactions that lock several never wait for each other.
        """
        named = User.username.in_([name for name in usernames if is_username(name)])
        wanted = or_(named, and_(User.role == Role.OWNER.value, User.active)) if and_owners else named
        rows = select(User).where(wanted).order_by(User.username).with_for_update()
        return list(self._session.scalars(rows.execution_options(populate_existing=True)))

    def has_owner(self) -> bool:
        """Tell whether anybody owns the square, active or not."""
        return self._session.scalar(select(User.username).where(User.role == Role.OWNER.value).limit(1)) is not None


def _stretches(wanted: Select[User], order: UserOrder, after: UserPlace | None) -> list[Select[User]]:
    """Return the queries that give, one after the other, the `wanted` users in `order` from after `after`."""
    following = partial(_following, backwards=order.backwards)
    match order:
        case UserOrder.NAME | UserOrder.NAME_BACKWARDS:
            last = (after.name_key, after.username) if after else None
            return [following(wanted, [User.name_key, User.username], last)]
        case UserOrder.OLDEST | UserOrder.NEWEST:
            return [following(wanted, [User.created_at, User.username], (after.at, after.username) if after else None)]
        case UserOrder.SEEN_LAST | UserOrder.SEEN_LONGEST_AGO:
            return _by_last_seen(wanted, order, after)
    return [following(wanted, [User.username], (after.username,) if after else None)]


def _by_last_seen(wanted: Select[User], order: UserOrder, after: UserPlace | None) -> list[Select[User]]:
    """Ask apart for those who were never seen: each database puts what is missing at another end."""
    in_never = after is not None and after.at is None
    in_seen = after is not None and not in_never
    following = partial(_following, backwards=order.backwards)
    never = following(
        wanted.where(User.last_seen_at.is_(None)),
        [User.username],
        (after.username,) if after is not None and in_never else None,
    )
    seen = following(
        wanted.where(User.last_seen_at.is_not(None)),
        [User.last_seen_at, User.username],
        (after.at, after.username) if after is not None and in_seen else None,
    )
    if order.backwards:
        return [never] if in_never else [seen, never]
    return [seen] if in_seen else [never, seen]


def _following(
    wanted: Select[User], columns: Sequence[Any], last: tuple[object, ...] | None, *, backwards: bool
) -> Select[User]:
    """Order by `columns` and begin after the row in which they are `last`."""
    if last is not None:
        row, place = (
            tuple_(*columns),
            tuple_(*(bindparam(None, value, column.type) for value, column in zip(last, columns, strict=True))),
        )
        wanted = wanted.where(row < place if backwards else row > place)
    return wanted.order_by(*(column.desc() if backwards else column for column in columns))


class SignInRepository:
    """Sign-ins of users."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, sign_in: SignIn) -> None:
        """Store a new sign-in."""
        self._session.add(sign_in)

    def get(self, sign_in_id: str, *, lock: bool = False) -> SignIn | None:
        """Return the sign-in in any state, its row as it is now and locked for the transaction when `lock`."""
        return self._session.get(SignIn, sign_in_id, with_for_update=True if lock else None, populate_existing=lock)

    def open_of(self, username: str, now: datetime) -> list[SignIn]:
        """Return the user's open sign-ins, last used first."""
        wanted = select(SignIn).where(SignIn.username == username, SignIn.revoked_at.is_(None), SignIn.expires_at > now)
        return list(self._session.scalars(wanted.order_by(SignIn.rotated_at.desc())))

    def revoke_of(self, username: str, now: datetime, *, keep: str = "") -> int:
        """Revoke the user's open sign-ins but `keep`, and return how many."""
        wanted = update(SignIn).where(SignIn.username == username, SignIn.revoked_at.is_(None), SignIn.id != keep)
        return rows_changed(self._session, wanted.values(revoked_at=now))

    def delete_expired(self, now: datetime) -> int:
        """Delete the sign-ins that nobody can refresh any more, and return how many."""
        return rows_changed(self._session, delete(SignIn).where(SignIn.expires_at <= now))


class KeyRepository:
    """API keys of users."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, key: ApiKey) -> None:
        """Store a new key."""
        self._session.add(key)

    def by_hash(self, secret_hash: str) -> ApiKey | None:
        """Return the key whose secret has this hash."""
        return self._session.scalar(select(ApiKey).where(ApiKey.secret_hash == secret_hash))

    def get(self, key_id: str) -> ApiKey | None:
        """Return the key."""
        return self._session.get(ApiKey, key_id)

    def of(self, username: str) -> list[ApiKey]:
        """Return the user's keys, newest first."""
        return list(self._session.scalars(select(ApiKey).where(ApiKey.username == username).order_by(ApiKey.id.desc())))

    def used(self, key_id: str, now: datetime) -> None:
        """Note that the key was used."""
        self._session.execute(update(ApiKey).where(ApiKey.id == key_id).values(last_used_at=now))

    def delete_of(self, username: str) -> int:
        """Forget every key of the user, and return how many there were."""
        return rows_changed(self._session, delete(ApiKey).where(ApiKey.username == username))

    def delete(self, key: ApiKey) -> list[str]:
        """Forget the key and every one that was made with it, and so on; return their ids, its own first."""
        made: dict[str | None, list[str]] = {}
        for one in self.of(key.username):
            made.setdefault(one.made_by, []).append(one.id)
        gone = [key.id]
        for key_id in gone:  # which grows on the way
            gone += made.get(key_id, [])
        self._session.execute(delete(ApiKey).where(ApiKey.id.in_(gone)))
        return gone


class OwnerLinkRepository:
    """The one-time way to the first owner."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, token_hash: str, *, now: datetime, expires_at: datetime) -> None:
        """Add a link; those whose time has passed go."""
        self._session.execute(delete(OwnerLink).where(OwnerLink.expires_at <= now))
        self._session.add(OwnerLink(token_hash=token_hash, created_at=now, expires_at=expires_at))

    def is_valid(self, token_hash: str, now: datetime) -> bool:
        """Tell whether the link is there and its time has not passed."""
        link = self._session.get(OwnerLink, token_hash)
        return link is not None and link.expires_at > now

    def lock(self) -> None:
        """Hold every link until the transaction ends: of two takers the second finds none."""
        self._session.scalars(select(OwnerLink).order_by(OwnerLink.token_hash).with_for_update()).all()

    def clear(self) -> None:
        """Forget every link."""
        self._session.execute(delete(OwnerLink))


class AuditRepository:
    """The log that only grows."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def append(
        self, actor_id: str, action: str, target: str | None, origin: Origin, /, *, at: datetime, **data: Any
    ) -> None:
        """Write what somebody did to something, and where they did it from."""
        self._session.add(
            AuditEntry(
                at=at,
                actor_id=actor_id[:64],
                action=action,
                target=target and target[:64],
                ip=origin.address,
                agent=origin.agent,
                data=data,
            )
        )

    def note(self, actor: Actor, action: str, target: str | None, /, *, at: datetime, **data: Any) -> None:
        """Write what `actor` did to something."""
        self.append(actor.id, action, target, actor.origin, at=at, **data)

    def last(self, action: str, target: str) -> AuditEntry | None:
        """Return the newest line of what was done to something."""
        wanted = select(AuditEntry).where(AuditEntry.action == action, AuditEntry.target == target)
        return self._session.scalar(wanted.order_by(AuditEntry.id.desc()).limit(1))

    def newest_id(self) -> int:
        """Return the number of the newest line."""
        return self._session.scalar(select(func.max(AuditEntry.id))) or 0

    def since(self, last: int, *, actor_id: str) -> list[AuditEntry]:
        """Return what somebody did after the line `last`, in order."""
        wanted = select(AuditEntry).where(AuditEntry.id > last, AuditEntry.actor_id == actor_id)
        return list(self._session.scalars(wanted.order_by(AuditEntry.id)))

    def page(
        self,
        *,
        actor_id: str = "",
        action: str = "",
        order: AuditOrder = AuditOrder.NEWEST,
        after: AuditPlace | None = None,
        limit: int,
    ) -> list[AuditEntry]:
        """Return lines in `order`, from after `after`."""
        newest = order is AuditOrder.NEWEST
        wanted = select(AuditEntry).order_by(AuditEntry.id.desc() if newest else AuditEntry.id).limit(limit)
        if actor_id:
            wanted = wanted.where(AuditEntry.actor_id == actor_id)
        if action:
            wanted = wanted.where(AuditEntry.action == action)
        if after is not None:
            wanted = wanted.where(AuditEntry.id < after.id if newest else AuditEntry.id > after.id)
        return list(self._session.scalars(wanted))
