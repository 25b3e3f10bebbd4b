"""The accounts as the other parts see them: signing in and out, tickets, and who stands behind a token or key."""

import secrets
from datetime import timedelta
from functools import partial
from typing import Final

import msgspec
from sqlalchemy.orm import Session

from meydan.accounts.acting import require_open
from meydan.accounts.actor import Actor
from meydan.accounts.admissions import Admissions, NobodyInvites
from meydan.accounts.audit import AuditService
from meydan.accounts.console import ConsoleNews
from meydan.accounts.errors import (
    BadCredentials,
    BadKey,
    BadTicket,
    NotSignedIn,
    OwnerLinkInvalid,
    PasswordTemporary,
    RegistrationClosed,
    SessionInvalid,
    UserInactive,
    WeakPassword,
    WrongPassword,
)
from meydan.accounts.guests import Guests
from meydan.accounts.imitation import enlist
from meydan.accounts.keys import KeyService
from meydan.accounts.models import User
from meydan.accounts.names import is_username
from meydan.accounts.origin import NOWHERE, Origin
from meydan.accounts.passwords import LONGEST, Passwords, check_password, same_password
from meydan.accounts.permissions import Permission, Role
from meydan.accounts.repository import (
    AuditRepository,
    KeyRepository,
    OwnerLinkRepository,
    SignInRepository,
    UserRepository,
)
from meydan.accounts.settings import AccountsSettings
from meydan.accounts.signins import SignInService
from meydan.accounts.standing import Standings
from meydan.accounts.throttle import Throttle
from meydan.accounts.tokens import ACCESS_SECONDS, Tokens, digest
from meydan.accounts.users import UserService, check_account, new_user
from meydan.accounts.views import Granted, Ticket, UserView
from meydan.accounts.writes import Writes
from meydan.platform.bus import Bus
from meydan.platform.clock import Clock
from meydan.platform.db import Database
from meydan.platform.ephemeral import EphemeralStore
from meydan.platform.live_settings import LiveSettings
from meydan.platform.network import NetworkSettings
from meydan.platform.origins import is_own_page
from meydan.platform.settings import Settings
from meydan.platform.texts import Language, as_language
from meydan.platform.turkish import fold

__all__ = ["AccountService", "BadTicket"]

TICKET_SECONDS: Final = 30
_LINK_LIFE: Final = timedelta(hours=24)


class _Held(msgspec.Struct, frozen=True):
    """A ticket's actor while it waits."""

    id: str
    name: str
    role: Role
    session: str
    scopes: list[Permission] | None


class AccountService:
    """The front of the accounts; `users`, `keys`, `sign_ins` and `audit` hold what belongs to each."""

    def __init__(
        self,
        *,
        db: Database,
        bus: Bus,
        store: EphemeralStore,
        clock: Clock,
        live: LiveSettings,
        settings: Settings,
        passwords: Passwords | None = None,
    ) -> None:
        self._db = db
        self._store = store
        self._clock = clock
        self._live = live
        self._settings = settings
        self._passwords = passwords or Passwords()
        self.throttle = Throttle(store)
        self._tokens = Tokens.from_settings(settings, clock)
        self._standings = Standings(db=db, bus=bus, clock=clock)
        self.sign_ins = SignInService(db=db, clock=clock, tokens=self._tokens, standings=self._standings, live=live)
        self.users = UserService(db=db, clock=clock, passwords=self._passwords, standings=self._standings)
        self.keys = KeyService(db=db, clock=clock, settings=settings, standings=self._standings)
        self.audit = AuditService(db=db)
        self.console = ConsoleNews(db=db, standings=self._standings)
        self.admissions: Admissions = NobodyInvites()
        self.writes = Writes(clock, partial(live.current, NetworkSettings))
        self.guests = Guests(db=db, store=store, clock=clock, live=live, settings=settings, throttle=self.throttle)
        self.secure_cookies = settings.public_url.startswith("https://")

    async def start(self) -> None:
        """Follow what other nodes change about users and their sign-ins."""
        await self._standings.start()

    # --- signing in ---

    async def register(
        self, username: str, password: str, *, name: str = "", invitation: str | None = None, origin: Origin = NOWHERE
    ) -> Granted:
        """Make a member's account and sign it in; while registration is closed only for who has an invitation."""
        live = self._live.current(AccountsSettings)
        if not live.registration_open and invitation is None:
            raise RegistrationClosed
        check_account(username, password)
        await self.throttle.budget(f"register:{origin.line}", most=live.registrations_per_hour, seconds=3600)
        if invitation is not None:  # before the hash: who has none is to cost little
            await self._db.read(lambda session: self.admissions.check(session, invitation))
        hashed = await self._passwords.hash(password, origin=origin)
        user = new_user(self._clock, username, name=name, role=Role.MEMBER, password_hash=hashed)

        def save(session: Session) -> tuple[Granted, dict[str, str]]:
            enrolled = self._enrol(session, user, "user.register", origin)
            if invitation is not None:
                self.admissions.take(session, invitation, username)
            return enrolled

        granted, turned = await self._db.write(save)
        await self._standings.added(username)
        await self._standings.renamed(turned)
        return granted

    async def login(
        self, username: str, password: str, *, new_password: str | None = None, origin: Origin = NOWHERE
    ) -> Granted:
        """Sign a user in; raise `BadCredentials`, `UserInactive` or `RateLimited`.

        A temporary password opens nothing but its own replacement: without `new_password` raise `PasswordTemporary`.
        From an address that guesses too much everybody's first try is looked at, and what comes from a device that has
        signed in before; further tries at a name, be it anybody's or nobody's, are paced.
        """
        live = self._live.current(AccountsSettings)
        username = fold(username.strip())  # as a phone's keyboard writes it: with a capital, with a space behind
        line = f"login@{origin.line}"
        device = self._tokens.knows_device(origin.device, username)
        person = f"login:{username[:64]}@{digest(origin.device) if device else origin.line}"
        if not device and await self.throttle.has_tried(person):
            await self.throttle.pace(line, free=live.login_attempts_per_address)
        await self.throttle.attempt(person, free=live.login_attempts)
        user = None
        if is_username(username):
            user = await self._db.read(lambda session: UserRepository(session).get(username))
        stored = None if user is None else user.password_hash
        right, better = await self._passwords.verify(password[: LONGEST + 1], stored, origin=origin, familiar=device)
        if not right or user is None:
            await self.throttle.failed(line)
            await self._failed(username, "password", origin)
            raise BadCredentials
        if not user.active:
            await self._failed(username, "inactive", origin)
            raise UserInactive
        hashed = better
        if user.temporary:
            if new_password is None:
                await self.throttle.forgive(person)
                raise PasswordTemporary
            if same_password(new_password, password):
                raise WeakPassword("same_password", field="new_password")
            check_password(new_password, username, field="new_password")
            hashed = await self._passwords.hash(new_password, origin=origin)

        def save(session: Session) -> Granted:
            row = UserRepository(session).get(username, lock=True)
            if row is None or not row.active or row.password_hash != stored:
                raise BadCredentials  # changed while the password was being checked
            row.password_hash, row.temporary = hashed or row.password_hash, False
            lines, now = AuditRepository(session), self._clock.now()
            if user.temporary:
                lines.append(username, "auth.password", username, origin, at=now)
            lines.append(username, "auth.login", username, origin, at=now)
            return self.sign_ins.open(session, row, origin)

        granted = await self._db.write(save)
        await self.throttle.forgive(person)
        return granted

    def device(self, username: str) -> str:
        """Return what a browser keeps of having signed a user in, for `Origin.device`."""
        return self._tokens.device(username)

    def is_own_page(self, origin: str, host: str) -> bool:
        """Tell whether a page of `origin` is one of ours, or one that the operator named."""
        return is_own_page(self._settings, origin, host)

    async def refresh(self, token: str | None, *, origin: Origin = NOWHERE) -> Granted:
        """Give new tokens for a refresh token."""
        if not token:
            raise SessionInvalid
        return await self.sign_ins.refresh(token, origin=origin)

    async def guest(self, name: str, *, origin: Origin = NOWHERE) -> Granted:
        """Let somebody in under a label of their choice, without an account."""
        guest = await self.guests.open(name, origin)
        token = self._tokens.access(guest.id, Role.GUEST, guest.session, label=guest.name)
        return Granted(token, ACCESS_SECONDS, None, self._unlisted(guest.id, guest.name, Role.GUEST))

    # --- oneself ---

    async def me(self, actor: Actor) -> UserView:
        """Return the actor's own account, or what can be said of a guest or the environment's key."""
        rows = await self.users.find([actor.id])
        return rows.get(actor.id) or self._unlisted(actor.id, actor.name, actor.role)

    async def update_me(self, actor: Actor, *, name: str | None = None, locale: str | None = None) -> UserView:
        """Change the actor's own display name or language."""
        self.sign_ins.require_person(actor)
        return await self.users.rename(actor, name=name, locale=locale)

    async def change_password(self, actor: Actor, current: str, new: str, *, revoke_keys: bool = False) -> None:
        """Change the actor's password, end their other sign-ins and, if they like, delete their API keys."""
        self.sign_ins.require_person(actor)
        live = self._live.current(AccountsSettings)
        person = f"password:{actor.id}"
        await self.throttle.attempt(person, free=live.login_attempts)
        user = await self._db.read(lambda session: UserRepository(session).get(actor.id))
        right, _ = await self._passwords.verify(
            current[: LONGEST + 1], user.password_hash if user else None, origin=actor.origin
        )
        if not right or user is None:
            await self._failed(actor.id, "password_change", actor.origin)
            raise WrongPassword
        check_password(new, actor.id)
        hashed = await self._passwords.hash(new, origin=actor.origin)

        def save(session: Session) -> None:
            require_open(session, actor, now=self._clock.now())
            row = UserRepository(session).get(actor.id)
            if row is None or row.password_hash != user.password_hash:
                raise WrongPassword
            row.password_hash, row.temporary = hashed, False
            SignInRepository(session).revoke_of(actor.id, self._clock.now(), keep=actor.session)
            keys = KeyRepository(session).delete_of(actor.id) if revoke_keys else 0
            AuditRepository(session).note(actor, "auth.password", actor.id, at=self._clock.now(), keys=keys)

        await self._db.write(save)
        await self.throttle.forgive(person)
        await self._standings.changed(actor.id, role=actor.role, active=True)

    # --- who is asking ---

    async def authenticate_bearer(self, token: str, *, origin: Origin = NOWHERE) -> Actor:
        """Return who an access token was given to, as they are now."""
        claims = self._tokens.read_access(token)
        if claims.role is Role.GUEST:
            label = claims.label or claims.subject
            return await self._guest_again(Actor(claims.subject, label, Role.GUEST, claims.sign_in, origin=origin))
        return await self._user_again(claims.subject, claims.sign_in, origin)

    async def authenticate_key(self, key: str, *, origin: Origin = NOWHERE) -> Actor:
        """Return who an API key acts for, with its scopes.

        An address that has guessed too often waits before the next one is looked at; keys that are somebody's do not.
        """
        line, known = f"key@{origin.line}", await self.keys.is_known(key)
        if not known:
            await self.throttle.pace(line, free=self._live.current(AccountsSettings).login_attempts_per_address)
        try:
            return await self.keys.authenticate(key, origin=origin)
        except BadKey:
            if not known and await self.throttle.failed(line) == 1:
                await self._failed("", "key", origin)
            raise

    async def issue_ticket(self, actor: Actor) -> Ticket:
        """Give a one-use ticket that opens the WebSocket, where rooms are read, as `actor` within 30 seconds."""
        actor.require(Permission.ROOMS_READ)
        ticket = secrets.token_urlsafe(32)
        scopes = None if actor.scopes is None else sorted(actor.scopes)
        held = _Held(actor.id, actor.name, actor.role, actor.session, scopes)
        await self._store.put(_ticket_key(ticket), msgspec.json.encode(held).decode(), seconds=TICKET_SECONDS)
        return Ticket(ticket, TICKET_SECONDS, actor.id)

    async def redeem_ticket(self, ticket: str, *, origin: Origin = NOWHERE) -> Actor:
        """Return who the ticket was given to, as they are now; raise `BadTicket` when it is not good (any more)."""
        value = await self._store.take(_ticket_key(ticket))
        if value is None:
            raise BadTicket
        held = msgspec.json.decode(value, type=_Held)
        scopes = None if held.scopes is None else frozenset(held.scopes)
        actor = Actor(held.id, held.name, held.role, held.session, scopes, origin)
        try:
            if actor.is_guest:
                return await self._guest_again(actor)
            if actor.api_key is not None:
                return await self.keys.again(actor)
            return await self._user_again(actor.id, actor.session, origin)
        except (NotSignedIn, UserInactive):
            raise BadTicket from None

    async def language_of(self, actor: Actor) -> Language | None:
        """Return the language that a user has chosen; a guest has none."""
        if actor.is_guest:
            return None
        if actor.api_key is not None:
            return as_language((await self.me(actor)).locale)
        return as_language((await self._standings.of(actor.session)).locale)

    # --- the first owner ---

    async def ensure_owner_link(self) -> str | None:
        """Make a one-time key to the ownership while nobody has it; the database keeps only its hash."""
        token = secrets.token_urlsafe(32)
        now = self._clock.now()

        def save(session: Session) -> bool:
            if UserRepository(session).has_owner():
                return False  # since it was looked at
            OwnerLinkRepository(session).add(digest(token), now=now, expires_at=now + _LINK_LIFE)
            return True

        if await self._db.read(lambda session: UserRepository(session).has_owner()):
            return None  # and nothing is written: a square whose disk is full starts, and is read
        return token if await self._db.write(save) else None

    async def check_owner_link(self, token: str) -> bool:
        """Tell whether the key still opens."""

        def read(session: Session) -> bool:
            valid = OwnerLinkRepository(session).is_valid(digest(token), self._clock.now())
            return valid and not UserRepository(session).has_owner()

        return await self._db.read(read)

    async def claim_owner(
        self, token: str, username: str, password: str, *, name: str = "", origin: Origin = NOWHERE
    ) -> Granted:
        """Make the first owner; the key, and every other one, opens no more."""
        if not await self.check_owner_link(token):
            raise OwnerLinkInvalid
        check_account(username, password, role=Role.OWNER)
        hashed = await self._passwords.hash(password, origin=origin)
        user = new_user(self._clock, username, name=name, role=Role.OWNER, password_hash=hashed)

        def save(session: Session) -> tuple[Granted, dict[str, str]]:
            links = OwnerLinkRepository(session)
            links.lock()
            if not links.is_valid(digest(token), self._clock.now()) or UserRepository(session).has_owner():
                raise OwnerLinkInvalid
            enrolled = self._enrol(session, user, "user.first_owner", origin)
            links.clear()
            return enrolled

        granted, turned = await self._db.write(save)
        await self._standings.added(username)
        await self._standings.renamed(turned)
        return granted

    # --- within ---

    async def _user_again(self, username: str, sign_in: str, origin: Origin) -> Actor:
        standing = await self._standings.of(sign_in)
        if standing.username != username:
            raise NotSignedIn
        return Actor(standing.username, standing.name, standing.role, sign_in, origin=origin)

    async def _guest_again(self, guest: Actor) -> Actor:
        if not await self.guests.may_stay(guest):
            raise NotSignedIn
        return guest

    async def _failed(self, username: str, reason: str, origin: Origin) -> None:
        """Note a failure, but a username only if somebody has it: what was typed in its place may be a password."""

        def save(session: Session) -> None:
            now = self._clock.now()
            known = is_username(username) and UserRepository(session).get(username) is not None
            target = username if known else None
            AuditRepository(session).append(target or "", "auth.failed", target, origin, at=now, reason=reason)

        await self._db.write(save)

    def _enrol(self, session: Session, user: User, action: str, origin: Origin) -> tuple[Granted, dict[str, str]]:
        """Add a user and sign them in; return also who is shown under another name because of them."""
        turned = enlist(UserRepository(session), user)
        row = UserRepository(session).get(user.username)
        assert row is not None, "it was added in this transaction"  # noqa: S101
        AuditRepository(session).append(user.username, action, user.username, origin, at=self._clock.now())
        return self.sign_ins.open(session, row, origin), turned

    def _unlisted(self, user_id: str, name: str, role: Role) -> UserView:
        return UserView(
            id=user_id, name=name, role=role, active=True, created_at=self._clock.now(), last_seen_at=None, locale="tr"
        )


def _ticket_key(ticket: str) -> str:
    return f"ticket:{digest(ticket)}"
