"""A send as its operators see it."""

from dataclasses import dataclass, replace
from datetime import datetime

from meydan.telegram.models import Send, SendState
from meydan.telegram.outbox_repository import SendRow


@dataclass(frozen=True, slots=True)
class SendView:
    """A send as an operator sees it. `eta` is in how many seconds it should leave, while it is queued."""

    id: str
    bot_id: str
    chat_id: int
    chat_title: str | None
    method: str
    preview: str
    state: SendState
    priority: int
    attempts: int
    created_by: str
    created_at: datetime
    not_before: datetime | None
    deadline: datetime | None
    sending_at: datetime | None
    finished_at: datetime | None
    message_id: int | None
    error_code: int | None
    error: str | None
    part_of: str | None
    eta: float | None = None


def view_of(row: Send, title: str | None) -> SendView:
    """Return a stored send as an operator sees it."""
    return SendView(
        row.id, row.bot_id, row.chat_id, title, row.method, row.preview, SendState(row.state), row.priority,
        row.attempts, row.created_by, row.created_at, row.not_before, row.deadline, row.sending_at, row.finished_at,
        row.message_id, row.error_code, row.error, row.part_of,
    )  # fmt: skip


def view_of_row(row: SendRow, title: str | None) -> SendView:
    """Return a send that was just made as an operator sees it."""
    return SendView(
        row.id, row.bot_id, row.chat_id, title, row.method, row.preview, SendState(row.state), row.priority, 0,
        row.created_by, row.created_at, row.not_before, row.deadline, None, None, None, None, None,
        row.part_of,
    )  # fmt: skip


def with_eta(view: SendView, etas: dict[str, float]) -> SendView:
    """Return a send with when it should leave, if that is known."""
    return replace(view, eta=round(etas[view.id], 1)) if view.id in etas else view
