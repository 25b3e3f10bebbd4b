"""What the nodes tell each other on the bus about rooms and people."""

from collections.abc import Iterable

import msgspec

from meydan.chat.events import Event, MessageView, UpdateView


class Hint(msgspec.Struct):
    """What a node tells the others of a room: events of its log, or a frame that is in no log."""

    node: str
    messages: list[MessageView] = []
    updates: list[UpdateView] = []
    framed: bytes = b""


class Entered(msgspec.Struct):
    """Somebody has entered here: the guests elsewhere whose place it takes end."""

    node: str
    user_id: str
    session: str | None


hints = msgspec.json.Decoder(Hint)


def hint_of(node: str, events: Iterable[Event]) -> Hint:
    """Return the hint that carries these events."""
    hint = Hint(node)
    for event in events:
        if isinstance(event, MessageView):
            hint.messages.append(event)
        else:
            hint.updates.append(event)
    return hint
