"""The small Telegram behind fake clients: people, groups, messages, sign-in, failures on order.

Types and errors are Telethon's own. What it keeps like Telegram: numbers of messages run for each supergroup, and for
each account over all its other chats; a `random_id` counts once; what came while a client was away comes when it is
back; a message with `lost=True` is seen only by who asks for it; one that is scheduled comes at its time.
"""

import asyncio
import itertools
import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any, Protocol

from telethon import types, utils
from telethon.crypto import AuthKey
from telethon.sessions.abstract import Session

from meydan.platform.clock import Clock, SystemClock


@dataclass
class FakeAccount:
    """Somebody with a phone, or a bot with a token.

    `box` holds the messages outside supergroups by number, `contacts` the numbers of those that it knows.
    """

    id: int
    name: str
    phone: str = ""
    code: str = ""
    password: str | None = None
    hint: str | None = None
    token: str = ""
    username: str | None = None
    box: dict[int, Any] = field(default_factory=dict)
    contacts: set[int] = field(default_factory=set)

    @property
    def peer(self) -> types.PeerUser:
        """Return where messages to it belong."""
        return types.PeerUser(self.id)

    @property
    def chat_id(self) -> int:
        """The number of the private chat with it."""
        return self.id

    def user(self) -> types.User:
        """Return the account as Telegram shows it."""
        return types.User(
            self.id,
            bot=bool(self.token),
            first_name=self.name,
            username=self.username,
            access_hash=self.id,
            phone=self.phone or None,
        )


@dataclass
class FakeGroup:
    """A supergroup everybody is in, and its messages by number."""

    id: int
    title: str
    username: str | None
    box: dict[int, Any] = field(default_factory=dict)

    @property
    def peer(self) -> types.PeerChannel:
        """Return where messages to it belong."""
        return types.PeerChannel(self.id)

    @property
    def chat_id(self) -> int:
        """The number by which clients know it."""
        number: int = utils.get_peer_id(self.peer)
        return number

    def channel(self, clock: Clock) -> types.Channel:
        """Return the group as Telegram shows it."""
        return types.Channel(
            self.id,
            self.title,
            types.ChatPhotoEmpty(),
            clock.now(),
            megagroup=True,
            username=self.username,
            access_hash=self.id,
        )


@dataclass
class _Failure:
    on: str
    error: BaseException | None
    peer: int | None
    after: bool


class FakeClient(Protocol):
    """What the world knows of a client."""

    def wake(self) -> None:
        """Look for updates."""
        ...

    def drop(self, error: BaseException | None) -> None:
        """Lose the connection."""
        ...


class FakeWorld:
    """What all fake clients share; `fake.fake_telethon` makes them."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or SystemClock()
        self.began = self.clock.now()
        self.accounts: list[FakeAccount] = []
        self.groups: list[FakeGroup] = []
        self.clients: list[FakeClient] = []
        self.sent: list[types.Message] = []
        self.scheduled: list[types.Message] = []
        self.asked: list[str] = []
        self.asked_at: list[float] = []
        self.requests: list[Any] = []
        self.signed_in: dict[bytes, FakeAccount] = {}
        self.qr_codes: dict[str, Callable[[FakeAccount], None]] = {}
        self.random_ids: dict[int, Any] = {}
        self.undelivered: dict[bytes, list[Any]] = {}
        self._failures: list[_Failure] = []
        self._numbers = itertools.count(1001)
        self._scheduled_numbers = itertools.count(1)
        self._later: set[asyncio.Task[None]] = set()

    def add_account(
        self,
        phone: str,
        *,
        name: str = "Deneme",
        code: str = "12345",
        password: str | None = None,
        hint: str | None = None,
    ) -> FakeAccount:
        """Add somebody who signs in by `code`, and by `password` after it if there is one."""
        account = FakeAccount(next(self._numbers), name, utils.parse_phone(phone), code, password, hint)
        self.accounts.append(account)
        return account

    def add_bot(self, token: str, *, name: str = "Bot", username: str | None = None) -> FakeAccount:
        """Add a bot."""
        account = FakeAccount(next(self._numbers), name, token=token, username=username)
        self.accounts.append(account)
        return account

    def add_group(self, title: str, *, username: str | None = None) -> FakeGroup:
        """Add a supergroup that everybody is in."""
        group = FakeGroup(next(self._numbers), title, username)
        self.groups.append(group)
        return group

    def places(self) -> list[FakeGroup | FakeAccount]:
        """Return every place where somebody can write."""
        return [*self.groups, *self.accounts]

    def make_contacts(self, *accounts: FakeAccount) -> None:
        """Have accounts in each other's list of contacts."""
        for account in accounts:
            account.contacts |= {one.id for one in accounts if one is not account}

    def sign_in(self, session: Session, account: FakeAccount) -> None:
        """Have a session signed in already."""
        if not session.auth_key:
            session.auth_key = AuthKey(secrets.token_bytes(256))
        self.signed_in[session.auth_key.key] = account
        session.set_update_state(0, types.updates.State(1, 0, self.clock.now(), 0, 0))
        session.save()

    def order(
        self, error: BaseException | None, *, on: str, peer: int | None = None, times: int = 1, after: bool = False
    ) -> None:
        """Have the next requests fail.

        `on` is connect, state, me, send, ping, resolve, dialogs, history, sign_in or disconnect. `error` None: no
        answer ever comes. `after`: the request is carried out, and only its answer lost.
        """
        self._failures += [_Failure(on, error, peer, after) for _ in range(times)]

    def write(self, group: FakeGroup, text: str, *, sender: FakeAccount, lost: bool = False) -> types.Message:
        """Have somebody write into a group."""
        return self.say(sender, group, text, lost=lost)

    def write_to(self, account: FakeAccount, text: str, *, sender: FakeAccount, lost: bool = False) -> types.Message:
        """Have somebody write to an account in private; return what the account sees."""
        self.say(sender, account, text, lost=lost)
        return account.box[max(account.box)]

    def serve(self, group: FakeGroup, *, about: FakeAccount) -> types.MessageService:
        """Have a line of the service appear, which takes a number and is no message."""
        line = types.MessageService(
            _next(group.box), group.peer, self.clock.now(), types.MessageActionChatAddUser([about.id])
        )
        group.box[line.id] = line
        self._tell(types.UpdateNewChannelMessage(line, 0, 0), list(self.signed_in.values()))
        return line

    def say(
        self, author: FakeAccount, place: FakeGroup | FakeAccount, text: str, *, lost: bool = False, **fields: Any
    ) -> types.Message:
        """Keep a message where it belongs, tell everybody else of it, and return what its author sees."""
        if isinstance(place, FakeGroup):
            message = self._keep(place.box, place.peer, author, text, **fields)
            others = [one for one in self.signed_in.values() if one is not author]
            self._tell(types.UpdateNewChannelMessage(message, 0, 0), [] if lost else others)
            return message
        if place is not author:
            copy = self._keep(place.box, author.peer, author, text, **fields)
            self._tell(types.UpdateNewMessage(copy, 0, 0), [] if lost else [place])
        return self._keep(author.box, place.peer, author, text, out=True, **fields)

    def keep_back(
        self, author: FakeAccount, place: FakeGroup | FakeAccount, request: Any, said: Callable[[], types.Message]
    ) -> types.Message:
        """Return a message that waits under a number of its own until its time, and is then said under another."""
        waiting = types.Message(
            next(self._scheduled_numbers), place.peer, request.schedule_date, request.message, from_id=author.peer,
            out=True, entities=request.entities,
        )  # fmt: skip
        self.random_ids[request.random_id] = waiting
        self.scheduled.append(waiting)

        async def wait() -> None:
            await self.clock.sleep((request.schedule_date - self.clock.now()).total_seconds())
            self.scheduled.remove(waiting)
            self.sent.append(said())

        task = asyncio.create_task(wait(), name="fake-telegram-scheduled")
        self._later.add(task)
        task.add_done_callback(self._later.discard)
        return waiting

    def scan(self, url: str, account: FakeAccount) -> None:
        """Have somebody scan a QR code that is shown."""
        self.qr_codes[url](account)

    def drop(self, error: BaseException | None = None) -> None:
        """Break every connection."""
        for client in self.clients:
            client.drop(error)

    async def failing(self, on: str, peer: int | None = None, *, done: Callable[[], Any] | None = None) -> None:
        """Fail as was ordered for this request, having called `done` if only the answer is to be lost."""
        self.asked.append(on)
        self.asked_at.append(self.clock.monotonic())
        for failure in self._failures:
            if failure.on == on and failure.peer in (None, peer):
                self._failures.remove(failure)
                if failure.after and done is not None:
                    done()
                if failure.error is None:
                    await asyncio.get_running_loop().create_future()
                else:
                    raise failure.error

    def _keep(self, box: dict[int, Any], peer: Any, author: FakeAccount, text: str, **fields: Any) -> types.Message:
        message = types.Message(_next(box), peer, self.clock.now(), text, from_id=author.peer, **fields)
        box[message.id] = message
        return message

    def _tell(self, update: Any, listeners: Collection[FakeAccount]) -> None:
        for key, account in self.signed_in.items():
            if any(account is one for one in listeners):
                self.undelivered.setdefault(key, []).append(update)
        for client in self.clients:
            client.wake()


def _next(box: dict[int, Any]) -> int:
    return next(reversed(box), 0) + 1
