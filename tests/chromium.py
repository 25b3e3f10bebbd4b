"""Chromium as the tests of pages start it, and what axe finds on a page."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, Page, Playwright

from tests.conftest import missing

_AXE: Final = Path(__file__).parents[1] / "web/node_modules/axe-core/axe.min.js"
_QUIET: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_OF_COLOURS: Final = ["color-contrast", "link-in-text-block"]
# An open menu or tooltip stands in front of the page and need not be within its landmarks.
_FAULTS: Final = """async (rules) => {
  const { violations } = await axe.run(document, { resultTypes: ['violations'], ...(rules && { runOnly: rules }) });
  const inFront = ([target]) => document.querySelector(target)?.closest('[role=menu],[role=tooltip]');
  return violations
    .filter(({ impact }) => ['moderate', 'serious', 'critical'].includes(impact))
    .map(({ id, help, nodes }) => ({ id, help, targets: nodes.map(({ target }) => target) }))
    .map(({ targets, ...fault }) => ({
      ...fault,
      targets: targets.filter((one) => fault.id !== 'region' || !inFront(one)),
    }))
    .filter(({ targets }) => targets.length > 0);
}"""


def _program() -> str | None:
    """Return where Chromium is: best without its windows, where a page costs two thirds as much."""
    return shutil.which("chromium-headless-shell") or shutil.which("chromium")


def require_chromium(record_property: Callable[[str, object], None]) -> None:
    """Skip the test where Chromium or axe is not installed."""
    if _program() is None:
        missing("chromium", record_property)
    if not _AXE.is_file():
        missing("axe (make web)", record_property)


def launch(playwright: Playwright) -> Browser:
    """Start it; it asks nothing of anybody but the tests' own servers."""
    return playwright.chromium.launch(executable_path=_program(), args=list(_QUIET))


def faults(page: Page, *, of_colours: bool = False) -> list[str]:
    """Return what axe finds moderate or worse on the page, landmarks and the order of headings too, with where.

    `of_colours` alone is what can differ between a page in light and the same in dark.
    """
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(_AXE.read_text(encoding="utf-8"))
    found = page.evaluate(_FAULTS, _OF_COLOURS if of_colours else None)
    return [f"{fault['id']}: {fault['help']} at {fault['targets'][:3]}" for fault in found]
