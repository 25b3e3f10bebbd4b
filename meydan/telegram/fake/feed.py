"""News for open pages, sent as they happen."""

import asyncio
from typing import Final

_WAITING: Final = 500


class Feed:
    """Passes short hints to every page; a page that falls behind is told to load anew."""

    def __init__(self) -> None:
        self._pages: set[asyncio.Queue[tuple[str, str]]] = set()

    @property
    def watched(self) -> bool:
        """Tell whether a page is open."""
        return bool(self._pages)

    def put(self, kind: str, key: str = "") -> None:
        """Tell every page that something changed."""
        for page in self._pages:
            if page.full():
                while not page.empty():
                    page.get_nowait()
                page.put_nowait(("world", ""))
            page.put_nowait((kind, key))

    def open(self) -> asyncio.Queue[tuple[str, str]]:
        """Return a new page's hints."""
        page: asyncio.Queue[tuple[str, str]] = asyncio.Queue(_WAITING)
        self._pages.add(page)
        return page

    def close(self, page: asyncio.Queue[tuple[str, str]]) -> None:
        """Forget a page."""
        self._pages.discard(page)
