"""HTTP's shapes of the chat: English here, the wire's Turkish names as aliases."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AliasGenerator, BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from meydan.chat.models import RoomKind, RoomRole
from meydan.platform.bodies import whole_text

_WIRE = {
    "archived_at": "arsivlendi",
    "at": "zaman",
    "before": "once",
    "client_id": "istemci_id",
    "code": "kod",
    "content": "icerik",
    "created_at": "zaman",
    "created_by": "olusturan",
    "epoch": "donem",
    "expires_at": "gecerlilik",
    "guest": "misafir",
    "head": "sira",
    "hours": "gecerlilik_saat",
    "ids": "idler",
    "invitation_id": "davet_id",
    "invitations": "davetler",
    "joined_at": "katildi",
    "kind": "tur",
    "last_activity": "son_aktivite",
    "max_uses": "azami_kullanim",
    "member": "uye",
    "members": "uyeler",
    "mention_count": "bahsetme",
    "message_id": "mesaj_id",
    "name": "ad",
    "next_cursor": "sonraki",
    "notices": "bildirimler",
    "online": "cevrimici",
    "people": "katilimcilar",
    "people_count": "katilimci_sayisi",
    "read": "okundu",
    "read_sira": "okunan_sira",
    "reply_to": "yanit",
    "role": "rol",
    "room": "oda_id",
    "room_title": "oda_baslik",
    "rooms": "odalar",
    "sender_id": "gonderen_id",
    "sender_name": "gonderen_ad",
    "summary": "ozet",
    "title": "baslik",
    "topic": "konu",
    "unread": "okunmamis",
    "user_id": "kullanici_id",
    "uses": "kullanim",
}


def _wire_name(name: str) -> str:
    return _WIRE.get(name, name)


class Wire(BaseModel):
    """A shape whose wire names are Turkish."""

    model_config = ConfigDict(
        alias_generator=AliasGenerator(validation_alias=_wire_name, serialization_alias=_wire_name),
        from_attributes=True,
        populate_by_name=True,
    )


def _storable(text: str) -> str:
    if "\x00" in text or any("\ud800" <= char <= "\udfff" for char in text):
        raise PydanticCustomError("control_characters", "control characters are not allowed")
    return text


Text = Annotated[str, AfterValidator(_storable)]
Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,64}$")]


class Told(Wire):
    """What a client sends."""

    @model_validator(mode="before")
    @classmethod
    def _whole(cls, data: Any) -> Any:
        return whole_text(data)


class SendIn(Told):
    """Something to say; the same `istemci_id` again is the same message."""

    room: Id
    content: str = Field(max_length=16_000)
    client_id: Id | None = None
    reply_to: Id | None = None


class SentOut(Wire):
    """A message that is stored."""

    message_id: str
    sira: int
    client_id: str | None


class ArchivedOut(Wire):
    """An archived room."""

    room: str
    title: str
    topic: str
    kind: RoomKind
    archived_at: datetime
    last_activity: datetime | None


class ArchiveOut(Wire):
    """Archived rooms that the asker may put back, the latest first."""

    rooms: list[ArchivedOut]


class RoomIn(Told):
    """A room to open; without `oda_id` one is made from the title."""

    room: Id | None = None
    title: Text | None = Field(None, max_length=200)
    topic: Text = Field("", max_length=1_000)
    kind: RoomKind = RoomKind.PUBLIC


class RoomChange(Told):
    """What to change of a room."""

    title: Text | None = Field(None, max_length=200)
    topic: Text | None = Field(None, max_length=1_000)


class MemberOut(Wire):
    """A member of a room."""

    user_id: str
    name: str
    role: RoomRole
    online: bool
    joined_at: datetime


class MembersOut(Wire):
    """A room's members: owners, moderators, then the others."""

    members: list[MemberOut]


class RoleIn(Told):
    """A standing in a room."""

    role: RoomRole


class InvitationIn(Told):
    """A way into a room: for one user, or a code for whoever holds it."""

    user_id: Id | None = None
    max_uses: int = Field(25, ge=1, le=10_000)
    hours: int | None = Field(None, ge=1, le=8_760)


class InvitationOut(Wire):
    """An invitation; its code is told once."""

    invitation_id: str = Field(validation_alias="id", serialization_alias="davet_id")
    room: str
    user_id: str | None
    created_by: str
    created_at: datetime
    expires_at: datetime
    max_uses: int
    uses: int
    code: str | None


class InvitationsOut(Wire):
    """A room's open invitations."""

    invitations: list[InvitationOut]


class AcceptIn(Told):
    """An invitation's code."""

    code: str = Field(min_length=1, max_length=128)


class PreviewOut(Wire):
    """Where an invitation leads, and who gave it; `yeni_hesap` tells whether an account can be made by it."""

    room: str
    title: str
    topic: str
    private: bool = Field(serialization_alias="ozel")
    invited_by: str = Field(serialization_alias="davet_eden")
    expires_at: datetime
    newcomers: bool = Field(serialization_alias="yeni_hesap")
    member: bool


class NoticeOut(Wire):
    """A notification."""

    id: str
    kind: str
    room: str
    room_title: str
    message_id: str | None
    sender_id: str
    sender_name: str
    summary: str
    created_at: datetime
    read: bool
    guest: bool


class NoticesOut(Wire):
    """Notifications, newest first, and how many are unread."""

    notices: list[NoticeOut]
    unread: int


class ReadIn(Told):
    """Which notifications were read; none named means all."""

    ids: list[Id] | None = Field(None, max_length=500)
