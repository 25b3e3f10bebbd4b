"""Sign-ins: opened, refreshed with rotation, listed, ended."""

from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy.orm import Session

from meydan.accounts.acting import require_open
from meydan.accounts.actor import Actor
from meydan.accounts.errors import NotSignedIn, SessionInvalid, UserInactive
from meydan.accounts.models import SignIn, User
from meydan.accounts.origin import NOWHERE, Origin
from meydan.accounts.permissions import Role
from meydan.accounts.repository import AuditRepository, SignInRepository, UserRepository
from meydan.accounts.settings import AccountsSettings
from meydan.accounts.standing import Standings
from meydan.accounts.tokens import ACCESS_SECONDS, RefreshToken, Tokens
from meydan.accounts.views import Granted, SignInView, sign_in_view, user_view
from meydan.platform.clock import Clock
from meydan.platform.db import Database
from meydan.platform.errors import NotAllowed, NotFound
from meydan.platform.ids import new_id
from meydan.platform.live_settings import LiveSettings

log = structlog.get_logger(__name__)

SWEEP_EVERY: Final = 3600.0
REFRESH_LIFE: Final = timedelta(days=30)
_GRACE: Final = timedelta(seconds=10)
_MOST_REPLACED: Final = 20


class SignInMissing(NotFound):
    """The actor has no such open sign-in."""

    code = "oturum_yok"


class SignInService:
    """Each sign-in has one current refresh token.

    Using it moves on to the next generation. One that was replaced within the last ten seconds gets the current token
    again: several tabs, or a client whose answer was lost, raced. Anything older was given away: the sign-in ends.
    However often it is refreshed, a sign-in ends `session_days` after the password was asked for.
    """

    def __init__(self, *, db: Database, clock: Clock, tokens: Tokens, standings: Standings, live: LiveSettings) -> None:
        self._db = db
        self._live = live
        self._clock = clock
        self._tokens = tokens
        self._standings = standings

    def open(self, session: Session, user: User, origin: Origin) -> Granted:
        """Start a sign-in inside the caller's transaction."""
        now = self._clock.now()
        row = SignIn(
            id=new_id(self._clock),
            username=user.username,
            nonce=new_id(self._clock),
            generation=0,
            replaced=[],
            created_at=now,
            rotated_at=now,
            expires_at=self._end(now, opened=now),
            revoked_at=None,
            ip=origin.address,
            agent=origin.agent,
        )
        SignInRepository(session).add(row)
        user.last_seen_at = now
        return self._granted(row, user)

    async def refresh(self, token: str, *, origin: Origin = NOWHERE) -> Granted:
        """Return the next tokens.

        Raise `SessionInvalid` when this sign-in is over, or ends by this very try, and `UserInactive` when the account
        is suspended.
        """
        given = self._tokens.read_refresh(token)
        username = (await self._made_by_us(given)).username
        now = self._clock.now()

        def save(session: Session) -> Granted | SignIn:
            sign_ins = SignInRepository(session)
            # The user before their sign-in, as everybody who changes both: two of them never wait for each other.
            user = UserRepository(session).get(username, lock=True)
            row = sign_ins.get(given.sign_in, lock=True)
            if user is not None and not user.active:  # the token was this user's: they may know why it is over
                raise UserInactive
            if user is None or row is None or row.revoked_at is not None:
                raise SessionInvalid
            if min(row.expires_at, self._end(now, opened=row.created_at)) <= now:
                raise SessionInvalid
            if given.generation == row.generation:
                row.generation += 1
                row.replaced = [*_lately(row, now), now.timestamp()][-_MOST_REPLACED:]
                row.rotated_at = now
                row.expires_at = self._end(now, opened=row.created_at)
                row.ip, row.agent = origin.address, origin.agent
                user.last_seen_at = now
            elif given.generation < row.generation - len(_lately(row, now)):
                row.revoked_at = now
                AuditRepository(session).append(user.username, "auth.refresh_reused", row.id, origin, at=now)
                return row
            return self._granted(row, user)

        result = await self._db.write(save)
        if isinstance(result, SignIn):
            log.warning("auth.refresh_reused", user_id=result.username)
            await self._standings.ended(result.username, result.id)
            raise SessionInvalid
        return result

    async def end(self, actor: Actor | None, token: str | None, *, origin: Origin = NOWHERE) -> None:
        """Sign out: end the sign-in of the refresh token, or of the actor; one that is over already is no error."""

        def save(session: Session) -> SignIn | None:
            row = SignInRepository(session).get(sign_in, lock=True)
            if row is None or row.revoked_at is not None:
                return None
            row.revoked_at = self._clock.now()
            AuditRepository(session).append(row.username, "auth.logout", row.id, origin, at=row.revoked_at)
            return row

        open_one: SignIn | None = None
        if token:
            try:
                open_one = await self._made_by_us(self._tokens.read_refresh(token))
            except SessionInvalid:
                return
        elif actor is not None:
            open_one = await self._found(actor.session)
        if open_one is None or open_one.revoked_at is not None:
            return
        sign_in = open_one.id
        ended = await self._db.write(save)
        if ended is not None:
            await self._standings.ended(ended.username, ended.id)

    async def end_all(self, actor: Actor) -> None:
        """Sign the actor out everywhere, here too."""
        self.require_person(actor)

        def save(session: Session) -> None:
            require_open(session, actor, now=self._clock.now())
            SignInRepository(session).revoke_of(actor.id, self._clock.now())
            AuditRepository(session).note(actor, "auth.logout_all", actor.id, at=self._clock.now())

        await self._db.write(save)
        await self._standings.changed(actor.id, role=actor.role, active=True)

    async def list(self, actor: Actor) -> list[SignInView]:
        """Return the actor's open sign-ins, last used first."""
        self.require_person(actor)

        def read(session: Session) -> list[SignInView]:
            rows = SignInRepository(session).open_of(actor.id, self._clock.now())
            return [sign_in_view(row, actor.session) for row in rows]

        return await self._db.read(read)

    async def end_one(self, actor: Actor, sign_in: str) -> None:
        """End one of the actor's sign-ins."""
        self.require_person(actor)

        def save(session: Session) -> None:
            require_open(session, actor, now=self._clock.now())
            row = SignInRepository(session).get(sign_in, lock=True)
            if row is None or row.username != actor.id or row.revoked_at is not None:
                raise SignInMissing
            row.revoked_at = self._clock.now()
            AuditRepository(session).note(actor, "auth.session_end", row.id, at=self._clock.now())

        await self._db.write(save)
        await self._standings.ended(actor.id, sign_in)

    async def sweep(self) -> int:
        """Delete the sign-ins whose time is over, and return how many."""
        now = self._clock.now()
        deleted = await self._db.write(lambda session: SignInRepository(session).delete_expired(now))
        log.info("accounts.swept", sign_ins=deleted)
        return deleted

    def require_person(self, actor: Actor) -> None:
        """Raise unless a user signed in with a password asks, not a guest and not a key."""
        if actor.is_guest:
            raise NotSignedIn
        if actor.api_key is not None:
            raise NotAllowed(izin="parola")

    async def _made_by_us(self, given: RefreshToken) -> SignIn:
        """Return a token's sign-in; raise `SessionInvalid` when we never made it, before anything waits to be written.

        Tokens that are made up cost nobody who writes.
        """
        row = await self._found(given.sign_in)
        if row is None or not self._tokens.proves(given, row.nonce):
            raise SessionInvalid
        return row

    async def _found(self, sign_in: str) -> SignIn | None:
        return await self._db.read(lambda session: SignInRepository(session).get(sign_in))

    def _end(self, now: datetime, *, opened: datetime) -> datetime:
        """Return when a sign-in that is used now ends if it is not used again."""
        longest = timedelta(days=self._live.current(AccountsSettings).session_days)
        return min(now + REFRESH_LIFE, opened + longest)

    def _granted(self, row: SignIn, user: User) -> Granted:
        return Granted(
            access_token=self._tokens.access(user.username, Role(user.role), row.id),
            expires_in=ACCESS_SECONDS,
            refresh_token=self._tokens.refresh(row.id, row.generation, row.nonce),
            user=user_view(user),
        )


def _lately(row: SignIn, now: datetime) -> list[float]:
    """Return when the generations that are still honoured were replaced, the newest last."""
    return [at for at in row.replaced if at >= (now - _GRACE).timestamp()]
