"""What may go wrong in the rooms."""

from meydan.platform.errors import InvalidInput, MeydanError, NotAllowed, NotFound


class RoomMissing(NotFound):
    """There is no such room, it is archived, or it is private and the actor no member."""

    code = "oda_yok"

    def __init__(self, slug: str) -> None:
        super().__init__(oda_id=slug[:64])


class RoomForbidden(NotAllowed):
    """The actor sees the room and lacks the standing in it that this needs."""

    code = "oda_yetki_yok"

    def __init__(self, slug: str) -> None:
        super().__init__(oda_id=slug)


class RoomExists(MeydanError):
    """Another room, perhaps an archived one, has this name."""

    status, code = 409, "oda_var"

    def __init__(self, slug: str) -> None:
        super().__init__(oda_id=slug)


class TooManyRooms(MeydanError):
    """The member has opened as many rooms as one may."""

    status, code = 409, "oda_siniri"

    def __init__(self, limit: int) -> None:
        super().__init__(sinir=limit)


class TooManyInvitations(MeydanError):
    """The room has as many open invitations as one may have."""

    status, code = 409, "davet_siniri"

    def __init__(self, limit: int) -> None:
        super().__init__(sinir=limit)


class TooManySockets(MeydanError):
    """The person has as many connections open as one may."""

    status, code = 429, "baglanti_siniri"

    def __init__(self, limit: int) -> None:
        super().__init__(sinir=limit)


class NotInRoom(MeydanError):
    """The connection speaks to a room that it has not joined."""

    status, code = 409, "odada_degil"

    def __init__(self, slug: str) -> None:
        super().__init__(oda_id=slug[:64])


class MessageMissing(NotFound):
    """There is no such message in the room, or it was deleted."""

    code = "mesaj_yok"

    def __init__(self, message_id: str) -> None:
        super().__init__(mesaj_id=message_id[:64])


class NotSender(NotAllowed):
    """Only the sender may edit a message, the sender or a moderator delete it, who deleted it bring it back."""

    code = "mesaj_sahibi_degil"

    def __init__(self, message_id: str) -> None:
        super().__init__(mesaj_id=message_id)


class TooLateToRestore(MeydanError):
    """The deleted message's text is not kept any more."""

    status, code = 409, "geri_getirme_gecti"

    def __init__(self, message_id: str) -> None:
        super().__init__(mesaj_id=message_id)


class TooManyReactions(MeydanError):
    """The message carries as many different emoji as it may."""

    status, code = 409, "cok_tepki"

    def __init__(self, message_id: str, limit: int) -> None:
        super().__init__(mesaj_id=message_id, sinir=limit)


class TooLong(InvalidInput):
    """A text exceeds its limit."""

    code = "cok_uzun"

    def __init__(self, *, field: str, length: int, limit: int) -> None:
        MeydanError.__init__(self, alan=field, uzunluk=length, sinir=limit)


class InvitationInvalid(NotFound):
    """The code is unknown, used up, expired, revoked or meant for somebody else."""

    code = "davet_gecersiz"


class MalformedJson(MeydanError):
    """A frame is not a JSON object."""

    status, code = 400, "gecersiz_json"


class UnknownType(MeydanError):
    """A frame's `tip` is missing or none that a client may send."""

    status, code = 400, "bilinmeyen_tip"


class MemberMissing(NotFound):
    """The user is no member of the room, or there is no such user."""

    code = "uye_yok"

    def __init__(self, user_id: str) -> None:
        super().__init__(kullanici_id=user_id[:64])


class LastOwner(NotAllowed):
    """A room keeps at least one owner."""

    code = "son_sahip"
