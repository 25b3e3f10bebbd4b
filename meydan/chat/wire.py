"""The wire: frames a client may send as one tagged union, and the bytes of those the server sends.

Names on the wire are Turkish and public; they appear in this file and in `events`, nowhere else.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from meydan.chat.errors import MalformedJson, UnknownType
from meydan.chat.events import Event, NoticeView, UpdateView
from meydan.platform.errors import InvalidInput, MeydanError
from meydan.platform.reasons import of_msgspec
from meydan.platform.texts import Language
from meydan.platform.texts import text as words

MAX_FRAME = 65_536
_LONGEST_SHORT = 1_024  # bytes of JSON: 64 characters, however they are escaped

Ref = Annotated[str, Meta(max_length=64)] | None
Slug = Annotated[str, Meta(min_length=1, max_length=64)]
Sira = Annotated[int, Meta(ge=0, le=2**53)]
MessageId = Annotated[str, Meta(min_length=1, max_length=64)]


class Join(Struct, tag_field="tip", tag="oda_katil", rename={"room": "oda_id", "after": "son_sira", "epoch": "donem"}):
    """Enter a room, and with `after` and `epoch` recover what was missed."""

    room: Slug
    after: Sira | None = None
    epoch: Annotated[str, Meta(max_length=64)] | None = None
    ref: Ref = None


class Leave(Struct, tag_field="tip", tag="oda_ayril", rename={"room": "oda_id"}):
    """Leave a room."""

    room: Slug
    ref: Ref = None


class Send(
    Struct,
    tag_field="tip",
    tag="mesaj_gonder",
    rename={
        "room": "oda_id",
        "content": "icerik",
        "kind": "mesaj_tipi",
        "client_id": "istemci_id",
        "reply_to": "yanit",
        "attachments": "ekler",
    },
):
    """Say something; the same `client_id` again is the same message."""

    room: Slug
    content: str
    kind: str = "metin"
    client_id: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    reply_to: MessageId | None = None
    attachments: list[str] = []
    ref: Ref = None


class History(Struct, tag_field="tip", tag="oda_gecmisi", rename={"room": "oda_id", "before": "once"}):
    """Ask for the messages before a place in the log, or the newest."""

    room: Slug
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    before: Sira | None = None
    ref: Ref = None


class Edit(
    Struct,
    tag_field="tip",
    tag="mesaj_duzenle",
    rename={"room": "oda_id", "message_id": "mesaj_id", "content": "icerik"},
):
    """Replace one's own message's text."""

    room: Slug
    message_id: MessageId
    content: str
    ref: Ref = None


class Delete(Struct, tag_field="tip", tag="mesaj_sil", rename={"room": "oda_id", "message_id": "mesaj_id"}):
    """Delete a message."""

    room: Slug
    message_id: MessageId
    ref: Ref = None


class Restore(Struct, tag_field="tip", tag="mesaj_geri_getir", rename={"room": "oda_id", "message_id": "mesaj_id"}):
    """Bring back a message that one has just deleted."""

    room: Slug
    message_id: MessageId
    ref: Ref = None


class React(
    Struct, tag_field="tip", tag="tepki", rename={"room": "oda_id", "message_id": "mesaj_id", "remove": "kaldir"}
):
    """Put an emoji on a message or take it off."""

    room: Slug
    message_id: MessageId
    emoji: Annotated[str, Meta(min_length=1, max_length=32)]
    remove: bool = False
    ref: Ref = None


class Typing(Struct, tag_field="tip", tag="yaziyor", rename={"room": "oda_id"}):
    """Tell the room that one is typing."""

    room: Slug
    ref: Ref = None


class Read(Struct, tag_field="tip", tag="okundu", rename={"room": "oda_id"}):
    """Tell how far one has read."""

    room: Slug
    sira: Sira
    ref: Ref = None


Request = Join | Leave | Send | History | Edit | Delete | Restore | React | Typing | Read


class _Envelope(Struct):
    """What can be read of a frame that is not a request: enough to answer it."""

    tip: msgspec.Raw = msgspec.Raw()
    ref: msgspec.Raw = msgspec.Raw()


_requests = msgspec.json.Decoder(Request)
_envelopes = msgspec.json.Decoder(_Envelope)
_encoder = msgspec.json.Encoder()
_TAGS = frozenset(request.__struct_config__.tag for request in Request.__args__)


class Refused(Exception):
    """A frame that cannot be a request; carries the error to tell and the `ref` to tell it with."""

    def __init__(self, error: MeydanError, ref: str | None) -> None:
        super().__init__(error.code)
        self.error = error
        self.ref = ref


class NotText(Exception):
    """A text frame whose bytes are no UTF-8: RFC 6455 wants the connection closed, not an answer."""


def decode(data: bytes | memoryview) -> Request:
    """Read one frame; raise `Refused` when it is not a request, `NotText` when it is not even text."""
    try:
        request: Request = _requests.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _refusal(data, str(error)) from None
    return request


def ref_of(data: bytes | memoryview) -> str | None:
    """Return the `ref` of a frame that is refused unread."""
    try:
        return _ref(_envelopes.decode(data))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _ref(envelope: _Envelope) -> str | None:
    return ref if (ref := _short(envelope.ref)) is not None and len(ref) <= 64 else None


def _short(value: msgspec.Raw) -> str | None:
    """Return a short text; whatever else stands there is not taken apart."""
    raw = bytes(value)
    return msgspec.json.decode(raw, type=str) if raw[:1] == b'"' and len(raw) <= _LONGEST_SHORT else None


def _refusal(data: bytes | memoryview, reason: str) -> Refused | NotText:
    try:
        str(data, "utf-8")
        envelope = _envelopes.decode(data)
    except UnicodeDecodeError:
        return NotText()
    except (msgspec.DecodeError, RecursionError):
        return Refused(MalformedJson(), None)
    ref = _ref(envelope)
    tip = _short(envelope.tip)
    if tip not in _TAGS:
        shown = bytes(envelope.tip)[:64].decode(errors="replace") if tip is None else tip[:64]
        return Refused(UnknownType(gelen=shown), ref)
    sentence, _, path = reason.partition(" - at `$")
    field = re.split(r"[.\[]", path.strip("`."))[0] or sentence.rpartition("`")[0].rpartition("`")[2]
    return Refused(InvalidInput(field=field, reason=of_msgspec(sentence)), ref)


def encode(value: Any) -> bytes:
    """Return `value` as JSON."""
    return _encoder.encode(value)


def frame(payload: bytes) -> bytes:
    """Wrap one text message for the wire, from server to client (RFC 6455: final, unmasked)."""
    size = len(payload)
    if size < 126:
        return bytes((0x81, size)) + payload
    if size < 65_536:
        return b"\x81\x7e" + size.to_bytes(2) + payload
    return b"\x81\x7f" + size.to_bytes(8) + payload


def event_frame(event: Event, payload: bytes) -> bytes:
    """Wrap an event of a room's log whose JSON is `payload`; a message gets its `mesaj` envelope."""
    if isinstance(event, UpdateView):
        return frame(payload)
    head = b'{"tip":"mesaj","oda_id":"%b","sira":%d,"mesaj":' % (event.room.encode(), event.sira)
    return frame(head + payload + b"}")


def reply(tip: str, ref: str | None, **fields: Any) -> bytes:
    """Return one framed answer; `ref` is carried back when the request had one."""
    body = {"tip": tip, **fields}
    if ref is not None:
        body["ref"] = ref
    return frame(_encoder.encode(body))


class _Ack(Struct, tag_field="tip", tag="mesaj_onay"):
    istemci_id: str | None
    mesaj_id: str
    sira: int
    alici_sayisi: int
    ref: str | msgspec.UnsetType = msgspec.UNSET


def ack(*, ref: str | None, client_id: str | None, message_id: str, sira: int, recipients: int) -> bytes:
    """Return the framed `mesaj_onay` of a committed request."""
    return frame(_encoder.encode(_Ack(client_id, message_id, sira, recipients, msgspec.UNSET if ref is None else ref)))


def joined(  # what a room says to someone who enters it
    *,
    ref: str | None,
    room: str,
    head: int,
    epoch: str,
    recovered: bool,
    missed: list[msgspec.Raw],
    present: list[str],
    guests: dict[str, str],
    count: int,
    read_sira: int,
    text: str,
    at: datetime,
) -> bytes:
    """Return the framed `oda_katilim`."""
    return reply(
        "oda_katilim",
        ref,
        oda_id=room,
        katilimci_sayisi=count,
        sira=head,
        donem=epoch,
        kurtarildi=recovered,
        mesajlar=missed,
        katilimcilar=present,
        misafirler=guests,
        mesaj=text,
        zaman=at,
        okunan_sira=read_sira,
    )


def presence(*, room: str, came: list[str], went: list[str], guests: dict[str, str], count: int) -> bytes:
    """Return the framed differences of who is present; `guests` are those of `came`, by id, with their labels."""
    return reply("durum", None, oda_id=room, gelenler=came, gidenler=went, misafirler=guests, katilimci_sayisi=count)


def moved(tip: str, *, room: str, user_id: str, name: str, guest: bool, text: str, at: datetime) -> bytes:
    """Return the framed `katilim` or `ayrilma` of one person, and `text` that says so."""
    return reply(tip, None, oda_id=room, kullanici_id=user_id, ad=name, misafir=guest, mesaj=text, zaman=at)


def departures(room: str, went: Iterable[str], *, guests: Mapping[str, str], at: datetime) -> list[bytes]:
    """Return a framed `ayrilma` for each who went; `guests` are the labels of those who are guests."""
    return [
        moved(
            "ayrilma",
            room=room,
            user_id=user_id,
            name=(name := guests.get(user_id, user_id)),
            guest=user_id in guests,
            text=words("tr", "chat.went", name=name),
            at=at,
        )
        for user_id in went
    ]


def typing(*, room: str, user_id: str) -> bytes:
    """Return the framed word that somebody is typing."""
    return reply("yaziyor", None, oda_id=room, kullanici_id=user_id)


def read_marker(*, room: str, user_id: str, sira: int) -> bytes:
    """Return the framed word of how far somebody has read."""
    return reply("okundu", None, oda_id=room, kullanici_id=user_id, sira=sira)


def history(*, ref: str | None, room: str, epoch: str, messages: list[msgspec.Raw], more: bool) -> bytes:
    """Return the framed history, oldest first."""
    return reply("oda_gecmisi", ref, oda_id=room, donem=epoch, mesajlar=messages, devami=more)


def notice(view: NoticeView) -> bytes:
    """Return the framed notification."""
    return reply("bildirim", None, bildirim=view)


def notices_read(ids: list[str]) -> bytes:
    """Return the framed word that these notifications were read, as their messages were."""
    return reply("bildirim_okundu", None, idler=ids)


def notices_gone(ids: list[str]) -> bytes:
    """Return the framed word that these notifications were taken back, as what they told of was."""
    return reply("bildirim_geri", None, idler=ids)


class Out(StrEnum):
    """Why the server takes a connection out of a room."""

    ARCHIVED = "arsivlendi"
    EXPELLED = "cikarildi"
    LEFT = "ayrildi"
    REPLACED = "yenilendi"


def left(*, ref: str | None, room: str, why: Out | None = None) -> bytes:
    """Return the framed word that this connection is no longer in the room; with `why` it was not asked for."""
    return reply("oda_ayrilma", ref, oda_id=room, **({} if why is None else {"neden": why.value}))


def limits(*, max_length: int, undo_seconds: int) -> dict[str, int]:
    """Return what the server lets a client do now, as the greeting and `sinirlar` tell it."""
    return {"azami_uzunluk": max_length, "geri_getirme_suresi": undo_seconds}


def changed_limits(fields: dict[str, int]) -> bytes:
    """Return the framed word that an operator has changed what `limits` tells."""
    return reply("sinirlar", None, **fields)


def welcome(
    *, text: str, at: datetime, user_id: str, name: str, role: str, guest: bool, version: str, limits: dict[str, int]
) -> bytes:
    """Return the framed greeting of a new connection."""
    return reply(
        "sistem",
        None,
        mesaj=text,
        zaman=at,
        kullanici_id=user_id,
        ad=name,
        rol=role,
        misafir=guest,
        surum=version,
        sinirlar=limits,
    )


def problem(error: MeydanError, language: Language, ref: str | None = None) -> bytes:
    """Return the framed `hata` of an error, in words for a reader of `language`."""
    return reply("hata", ref, **error.hata(language))
