"""The people of the tables, with the things that they have or that others have, put straight into the database."""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from meydan.accounts.models import ApiKey
from meydan.accounts.origin import NOWHERE
from meydan.accounts.permissions import Permission, Role
from meydan.accounts.repository import AuditRepository, UserRepository
from meydan.accounts.tokens import digest
from meydan.accounts.users import new_user
from meydan.accounts.vault import Vault
from meydan.accounts.views import Granted
from meydan.chat.log_repository import LogRepository
from meydan.chat.models import Invitation, Member, Message, Room, RoomKind, RoomRole
from meydan.chat.rooms import new_epoch
from meydan.platform.ids import new_id
from meydan.telegram.models import Bot, BotMode, Chat, Media, Send, SendState
from tests.accounts.conftest import PASSWORD, cheap_passwords
from tests.chat.node import Node

NAMES: Final = {"guest": "gezgin", "member": "ayse", "moderator": "mert", "admin": "yasemin", "owner": "suna"}
OTHER: Final = "kerem"


@dataclass(frozen=True)
class Who:
    """Somebody who asks: `kind` is a column of the table, or the scopes of a key."""

    kind: str
    id: str
    headers: dict[str, str]
    role: Role | None = None
    refresh: str = ""
    scopes: frozenset[Permission] | None = None
    key_id: str = ""

    @property
    def is_user(self) -> bool:
        return self.role not in (None, Role.GUEST)


@dataclass
class World:
    """A node and what is in it."""

    node: Node
    people: dict[str, Who] = field(default_factory=dict)
    _count: "itertools.count[int]" = field(default_factory=itertools.count)
    _hash: str = ""

    async def settle(self) -> None:
        """Let everybody come in who has a column."""
        service, cheap = self.node.square.accounts.service, cheap_passwords()
        service._passwords = service.users._passwords = cheap
        self._hash = await cheap.hash(PASSWORD)
        await self.person(OTHER, Role.MEMBER)
        self.people = {"nobody": Who("nobody", "", {})}
        for kind, name in NAMES.items():
            if kind == "guest":
                answer = await self.node.http.post("/auth/guest", json={"name": name})
                body = answer.json()
                self.people[kind] = Who(kind, body["user"]["id"], _bearer(body["access_token"]), Role.GUEST)
            else:
                self.people[kind] = await self.person(name, Role(kind))

    async def like(self, who: Who) -> Who:
        """Return somebody new of the same role, whose account may be spoilt; guests and nobody stay who they are."""
        return await self.person(self.name("yeni"), who.role or Role.MEMBER) if who.is_user else who

    async def person(self, name: str, role: Role) -> Who:
        accounts = self.node.square.accounts
        user = new_user(accounts.clock, name, name="", role=role, password_hash=self._hash)

        def save(session: Session) -> Granted:
            return accounts.service._enrol(session, user, "user.add", NOWHERE)[0]

        granted = await accounts.engines.db.write(save)
        return Who(role.value, name, _bearer(granted.access_token), role, granted.refresh_token or "")

    async def made_owner(self, by: str) -> str:
        """Return somebody whom `by` has just made an owner."""
        person = await self.person(self.name("ortak"), Role.OWNER)

        def save(session: Session) -> None:
            AuditRepository(session).append(by, "user.role", person.id, NOWHERE, at=self.now(), after="owner")

        await self.node.square.accounts.engines.db.write(save)
        return person.id

    async def key(self, user_id: str, scopes: Iterable[Permission]) -> Who:
        """Return a key of a user, as if its scopes were its kind."""
        wanted = frozenset(scopes)
        secret = self.name("mk_anahtar_")
        row = ApiKey(
            id=self.new_id(), username=user_id, name="anahtar", prefix="mk", secret_hash=digest(secret),
            scopes=sorted(wanted), created_at=self.now(), last_used_at=self.now(), expires_at=None,
        )  # fmt: skip
        await self.add(row)
        kind = " + ".join(sorted(wanted))
        return Who(f"key {kind}", user_id, {"x-api-key": secret}, Role.OWNER, scopes=wanted, key_id=row.id)

    async def sign_in(self, user_id: str) -> str:
        """Sign a user in once more and return the id of it."""
        service = self.node.square.accounts.service

        def save(session: Session) -> Granted:
            user = UserRepository(session).get(user_id)
            assert user is not None
            return service.sign_ins.open(session, user, NOWHERE)

        granted = await self.node.square.accounts.engines.db.write(save)
        return (granted.refresh_token or "").partition(".")[0]

    # -- rooms --------------------------------------------------------------------------------------------------------

    async def room(self, who: Who, on: str, *, archived: bool = False) -> str:
        """Return a new room that stands to `who` as the table says."""
        kind = RoomKind.PUBLIC if on == "public" else RoomKind.PRIVATE
        room = Room(
            slug=self.name("oda-"), title="Oda", topic="", kind=kind, created_by=OTHER, created_at=self.now(),
            head=0, epoch=new_epoch(), archived_at=self.now() if archived else None,
        )  # fmt: skip
        role = {
            "own": RoomRole.OWNER,
            "as its moderator": RoomRole.MODERATOR,
            "as its member": RoomRole.MEMBER,
        }.get(on)

        def save(session: Session) -> str:
            session.add(room)
            session.flush()
            members = {OTHER: RoomRole.MEMBER if role is RoomRole.OWNER else RoomRole.OWNER, "uye": RoomRole.MEMBER}
            if role is not None and who.is_user:
                members[who.id] = role
            for user_id, place in members.items():
                session.add(Member(room_id=room.id, user_id=user_id, role=place, joined_at=self.now(), read_sira=0))
            return room.slug

        return await self.node.square.accounts.engines.db.write(save)

    async def message(self, slug: str, sender: str = OTHER, *, guest: bool = False) -> str:
        """Return the id of a new message in a room."""
        message_id = self.new_id()

        def save(session: Session) -> None:
            room = session.scalars(select(Room).where(Room.slug == slug)).one()
            room.head += 1
            session.add(
                Message(
                    id=message_id,
                    room_id=room.id,
                    sira=room.head,
                    sender_id=sender,
                    sender_name=sender,
                    guest=guest,
                    kind="metin",
                    content="söz",
                    folded="soz",
                    created_at=self.now(),
                    simulated=False,
                )
            )

        await self.node.square.accounts.engines.db.write(save)
        return message_id

    async def erase(self, message_id: str, *, by: str) -> None:
        """Delete a message as somebody did a moment ago."""
        now = self.now()

        def save(session: Session) -> None:
            message = session.scalars(select(Message).where(Message.id == message_id)).one()
            LogRepository(session).erase(message, now, by=by, until=now + timedelta(minutes=1))

        await self.node.square.accounts.engines.db.write(save)

    async def invitation(self, slug: str, user_id: str | None = None) -> tuple[str, str]:
        """Return the id and the code of a new invitation into a room."""
        code, invitation_id = self.name("kod"), self.new_id()

        def save(session: Session) -> None:
            room = session.scalars(select(Room).where(Room.slug == slug)).one()
            session.add(
                Invitation(
                    id=invitation_id,
                    room_id=room.id,
                    code_hash=sha256(code.encode()).hexdigest(),
                    user_id=user_id,
                    created_by=OTHER,
                    created_at=self.now(),
                    expires_at=self.now() + timedelta(days=1),
                    max_uses=9,
                    uses=0,
                )
            )

        await self.node.square.accounts.engines.db.write(save)
        return invitation_id, code

    # -- Telegram -----------------------------------------------------------------------------------------------------

    async def bot(self, *, mode: BotMode = BotMode.POLLING) -> str:
        vault = Vault.from_settings(self.node.square.accounts.settings)
        bot_id = self.new_id()
        number = 10**9 + next(self._count)
        await self.add(
            Bot(
                id=bot_id,
                telegram_id=number,
                username=f"deneme{number}_bot",
                name="Deneme",
                token=vault.encrypt(f"{number}:{'a' * 35}"),
                trial=False,
                mode=mode,
                webhook_secret=vault.encrypt("sir"),
                enabled=True,
                reads_all=False,
                verified_at=self.now(),
                created_by=OTHER,
                created_at=self.now(),
            )
        )
        return bot_id

    async def chat(self) -> int:
        """Return the number of a group that a new bot is in."""
        chat_id = -next(self._count) - 1
        bot_id = await self.bot()
        await self.add(
            Chat(
                bot_id=bot_id,
                chat_id=chat_id,
                kind="group",
                title="Grup",
                username=None,
                forum=False,
                status="member",
                rights={},
                shared=False,
                moved_to=None,
                seen_at=self.now(),
            )
        )
        return chat_id

    async def send(self, who: Who, on: str, state: SendState) -> str:
        """Return the id of a send of `who`, or of another."""
        send_id = self.new_id()
        await self.add(
            Send(
                id=send_id,
                bot_id=await self.bot(),
                chat_id=77,
                is_group=False,
                shared=False,
                method="sendMessage",
                params={"text": "söz"},
                preview="söz",
                priority=1,
                cost=1,
                state=state,
                created_by=who.id if on == "own" else OTHER,
                created_at=self.now(),
                attempts=0,
                message_id=5 if state is SendState.SENT else None,
            )
        )
        return send_id

    async def file(self, user_id: str) -> str:
        media_id = self.new_id()
        await self.add(
            Media(
                id=media_id,
                name="a.png",
                mime="image/png",
                size=1,
                content=b"1",
                created_by=user_id,
                created_at=self.now(),
            )
        )
        return media_id

    # -- within -------------------------------------------------------------------------------------------------------

    async def add(self, row: Any) -> None:
        await self.node.square.accounts.engines.db.write(lambda session: session.add(row))

    def name(self, stem: str) -> str:
        return f"{stem}{next(self._count)}"

    def new_id(self) -> str:
        return new_id(self.node.square.accounts.clock)

    def now(self) -> Any:
        return self.node.square.accounts.clock.now()


def _bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}
