"""Who is meant: how a peer is named, and the dialogs that are looked through when only its number is known.

Telegram takes a number only with a secret that the account was told together with it, so a session that has just been
signed in, or is kept as a string, knows nobody by number. The list of its dialogs tells those of everybody it talks to.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final, TypeVar

import structlog
from telethon import types, utils

from meydan.telegram.client.asking import Asking, Ended
from meydan.telegram.client.results import Again, MessageResult
from meydan.telegram.client.seam import Telethon

log = structlog.get_logger(__name__)
T = TypeVar("T")

MOST_DIALOGS: Final = 1_000
_PAGE: Final = 100
"""As many dialogs as Telegram tells at once."""

_MYSELF: Final = -(1 << 60)


def spelled(entity: Any) -> str | int:
    """Return how an entity was named, so that the same name gives the same."""
    if isinstance(entity, str):
        return entity.strip().removeprefix("@").casefold()
    try:
        number: int = utils.get_peer_id(entity)
    except TypeError:
        return type(entity).__name__
    return number


def number_of(peer: Any) -> int:
    """Return the number of a peer as Telegram wants it to be named."""
    return _MYSELF if isinstance(peer, types.InputPeerSelf) else int(utils.get_peer_id(peer))


class Dialogs:
    """The newest dialogs of one client, loaded at most once for each session that is opened."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self._loading = asyncio.Lock()
        self._loaded = False

    def forget(self) -> None:
        """Load them again when they are next needed: another session may know less."""
        self._loaded = False

    async def ask(self, entity: Any, work: Callable[[Telethon], Awaitable[T]]) -> T:
        """Return what `work` gives. When it finds nobody of that number, load the dialogs and ask again.

        Raises `Ended`, also for what ended the loading, such as a long wait.
        """
        before = self._loaded
        try:
            return await self._asking.ask(work)
        except Ended as ended:
            unknown = ended.verdict.result is MessageResult.NOT_FOUND and isinstance(spelled(entity), int)
            if before or not unknown or not await self._load():
                raise
        return await self._asking.ask(work)

    async def _load(self) -> bool:
        """Have Telethon learn the dialogs; tell whether there is more to know than before."""
        async with self._loading:  # of several that ask for strangers the first does it for all
            if self._loaded:
                return True
            number, last, end = 0, None, False
            while not end and number < MOST_DIALOGS:
                try:
                    page = await self._asking.ask(partial(_page, last))
                except Ended as ended:
                    if ended.verdict.again is not Again.NO or ended.verdict.dead:
                        raise
                    break  # bots have no list
                number, end = number + len(page), len(page) < _PAGE
                last = next((one for one in reversed(page) if one.message), None)
                end = end or last is None
            log.info("telegram.dialogs_loaded", dialogs=number, all=end)
            self._loaded = True
            return number > 0


async def _page(last: Any, client: Telethon) -> Any:
    if last is None:
        return await client.get_dialogs(_PAGE)
    return await client.get_dialogs(
        _PAGE,
        offset_date=last.message.date,
        offset_id=last.message.id,
        offset_peer=last.input_entity,
        ignore_pinned=True,  # they are on the first page, whatever their dates
    )
