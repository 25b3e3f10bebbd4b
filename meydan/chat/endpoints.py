"""HTTP's edge of the chat."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Query, Request, Response, status

from meydan.accounts.asking import CurrentActor, From, KnownActor, OptionalActor
from meydan.accounts.permissions import Permission
from meydan.chat import schemas
from meydan.chat.admissions import RoomAdmissions
from meydan.chat.answers import FoundOut, HistoryOut, MessageOut, RoomOut, RoomsOut
from meydan.chat.archive import RoomArchive
from meydan.chat.hub import Hub
from meydan.chat.invitations import InvitationService
from meydan.chat.members import MemberService
from meydan.chat.messages import MessageService
from meydan.chat.notices import NoticeService
from meydan.chat.rooms import ROOMS_SHOWN, RoomService
from meydan.chat.views import MemberView, RoomView
from meydan.platform.bodies import LargerBody
from meydan.platform.cursors import CURSOR
from meydan.platform.problems import problems
from meydan.platform.structs import answers_with, struct_answer

_PEOPLE_SHOWN = 50
_SIRA = 2**53

SHAPES: Final = (HistoryOut, FoundOut, MessageOut, RoomOut, RoomsOut)
LARGER_BODIES: Final = {
    "/api/v1/mesaj/gonder": LargerBody(204_800, Permission.ROOMS_WRITE),  # the longest text, every letter escaped
    "/api/v1/bildirimler/okundu": LargerBody(40_960, Permission.ROOMS_READ),
}

router = APIRouter(prefix="/api/v1", responses=problems(401, 403, 404, 409, 422, 429, 503))


async def rooms_service(request: Request) -> RoomService:
    """Return the rooms of this process."""
    service: RoomService = request.app.state.rooms
    return service


async def member_service(request: Request) -> MemberService:
    """Return the members of rooms, of this process."""
    service: MemberService = request.app.state.members
    return service


async def invitation_service(request: Request) -> InvitationService:
    """Return the invitations of this process."""
    service: InvitationService = request.app.state.invitations
    return service


async def room_archive(request: Request) -> RoomArchive:
    """Return the archived rooms of this process."""
    archive: RoomArchive = request.app.state.archive
    return archive


async def message_service(request: Request) -> MessageService:
    """Return the messages of this process."""
    service: MessageService = request.app.state.messages
    return service


async def notice_service(request: Request) -> NoticeService:
    """Return the notifications of this process."""
    service: NoticeService = request.app.state.notices
    return service


async def room_admissions(request: Request) -> RoomAdmissions:
    """Return what this process knows of invitations."""
    admissions: RoomAdmissions = request.app.state.admissions
    return admissions


async def live_hub(request: Request) -> Hub:
    """Return the hub of this process."""
    hub: Hub = request.app.state.hub
    return hub


Rooms = Annotated[RoomService, Depends(rooms_service)]
Members = Annotated[MemberService, Depends(member_service)]
Invitations = Annotated[InvitationService, Depends(invitation_service)]
Archive = Annotated[RoomArchive, Depends(room_archive)]
NewcomersDoor = Annotated[RoomAdmissions, Depends(room_admissions)]
Messages = Annotated[MessageService, Depends(message_service)]
Notices = Annotated[NoticeService, Depends(notice_service)]
LiveHub = Annotated[Hub, Depends(live_hub)]
RoomId = Annotated[str, Path(alias="oda_id", max_length=64, description="Oda kimliği")]
UserId = Annotated[str, Path(alias="kullanici_id", max_length=64)]
Limit = Annotated[int, Query(ge=1, le=200)]


@router.get(
    "/sohbet/odalar",
    operation_id="list_rooms",
    summary="Görülebilen odalar",
    tags=["sohbet"],
    responses=answers_with(RoomsOut),
)
async def list_rooms(
    *,
    actor: OptionalActor,
    rooms: Rooms,
    hub: LiveHub,
    search: Annotated[str, Query(alias="ara", max_length=100)] = "",
    mine: Annotated[bool, Query(alias="uyelik")] = False,
    after: Annotated[str, Query(alias="sonra", pattern=CURSOR)] = "",
    limit: Limit = ROOMS_SHOWN,
) -> Response:
    """Return the rooms that the asker may see, the liveliest first; with `uyelik` only those they belong to.

    A page of them: `sonra` is the last page's `sonraki`, which is null on the last one.
    """
    page = await rooms.rooms(actor, search=search, mine=mine, after=after, limit=limit)
    return struct_answer(RoomsOut([_room(view, hub) for view in page.items], page.next_cursor))


@router.post(
    "/sohbet/oda-olustur",
    operation_id="create_room",
    summary="Oda aç",
    status_code=status.HTTP_201_CREATED,
    tags=["sohbet"],
    responses=answers_with(RoomOut, status=201),
)
async def create_room(actor: CurrentActor, rooms: Rooms, hub: LiveHub, draft: schemas.RoomIn) -> Response:
    """Open a room; the asker becomes its owner."""
    view = await rooms.create(
        actor, name=draft.room, title=draft.title or draft.room or "", topic=draft.topic, kind=draft.kind
    )
    return struct_answer(_room(view, hub), status=status.HTTP_201_CREATED)


@router.get(
    "/sohbet/odalar/{oda_id}",
    operation_id="get_room",
    summary="Bir oda",
    tags=["sohbet"],
    responses=answers_with(RoomOut),
)
async def get_room(actor: OptionalActor, rooms: Rooms, hub: LiveHub, room_id: RoomId) -> Response:
    """Return one room."""
    return struct_answer(_room(await rooms.room(actor, room_id), hub))


@router.patch(
    "/sohbet/odalar/{oda_id}",
    operation_id="change_room",
    summary="Odayı değiştir",
    tags=["sohbet"],
    responses=answers_with(RoomOut),
)
async def change_room(
    actor: CurrentActor, rooms: Rooms, hub: LiveHub, room_id: RoomId, change: schemas.RoomChange
) -> Response:
    """Give a room another title or topic."""
    return struct_answer(_room(await rooms.change(actor, room_id, title=change.title, topic=change.topic), hub))


@router.delete(
    "/sohbet/odalar/{oda_id}",
    operation_id="archive_room",
    summary="Odayı arşivle",
    status_code=status.HTTP_204_NO_CONTENT,
    tags=["sohbet"],
)
async def archive_room(actor: CurrentActor, rooms: Rooms, room_id: RoomId) -> None:
    """Close a room; its log is kept."""
    await rooms.archive(actor, room_id)


@router.get("/sohbet/arsiv", operation_id="list_archive", summary="Arşivdeki odalar", tags=["sohbet"])
async def list_archive(actor: CurrentActor, archive: Archive, *, limit: Limit = 200) -> schemas.ArchiveOut:
    """Return the archived rooms that the asker may put back, the latest first."""
    return schemas.ArchiveOut.model_validate({"rooms": await archive.rooms(actor, limit=limit)})


@router.get(
    "/sohbet/arsiv/{oda_id}/gecmis",
    operation_id="read_archived_room",
    responses=answers_with(HistoryOut),
    summary="Arşivdeki odanın iletileri",
    tags=["sohbet"],
)
async def read_archived_room(
    actor: CurrentActor,
    archive: Archive,
    room_id: RoomId,
    *,
    limit: Limit = 50,
    before: Annotated[int | None, Query(alias="once", ge=0, le=_SIRA)] = None,
) -> Response:
    """Return what was said in an archived room, oldest first."""
    room, found, more = await archive.history(actor, room_id, limit=limit, before=before)
    return struct_answer(HistoryOut(room.slug, room.epoch, tuple(map(MessageOut.of, found)), more))


@router.post(
    "/sohbet/arsiv/{oda_id}/geri-yukle",
    operation_id="restore_room",
    summary="Odayı arşivden geri yükle",
    status_code=status.HTTP_204_NO_CONTENT,
    response_class=Response,
    tags=["sohbet"],
)
async def restore_room(actor: CurrentActor, archive: Archive, room_id: RoomId) -> None:
    """Put an archived room back, with its members and its log."""
    await archive.restore(actor, room_id)


@router.post(
    "/sohbet/odalar/{oda_id}/uyelik",
    operation_id="join_room",
    summary="Üye ol",
    tags=["sohbet"],
    responses=answers_with(RoomOut),
)
async def join_room(actor: CurrentActor, members: Members, hub: LiveHub, room_id: RoomId) -> Response:
    """Become a member of a public room."""
    return struct_answer(_room(await members.join(actor, room_id), hub))


@router.delete(
    "/sohbet/odalar/{oda_id}/uyelik",
    operation_id="leave_room",
    summary="Üyelikten ayrıl",
    status_code=status.HTTP_204_NO_CONTENT,
    tags=["sohbet"],
)
async def leave_room(actor: CurrentActor, members: Members, room_id: RoomId) -> None:
    """End one's membership."""
    await members.leave(actor, room_id)


@router.get("/sohbet/odalar/{oda_id}/uyeler", operation_id="list_members", summary="Üyeler", tags=["sohbet"])
async def list_members(actor: CurrentActor, members: Members, hub: LiveHub, room_id: RoomId) -> schemas.MembersOut:
    """Return a room's members."""
    found = await members.list(actor, room_id)
    present = hub.presence.present(room_id)
    return schemas.MembersOut(members=[_member(view, online=view.user_id in present) for view in found])


@router.put(
    "/sohbet/odalar/{oda_id}/uyeler/{kullanici_id}",
    operation_id="set_member_role",
    summary="Üyenin rolünü belirle",
    status_code=status.HTTP_204_NO_CONTENT,
    tags=["sohbet"],
)
async def set_member_role(
    actor: CurrentActor, members: Members, room_id: RoomId, user_id: UserId, change: schemas.RoleIn
) -> None:
    """Change a member's standing in the room."""
    await members.set_role(actor, room_id, user_id, change.role)


@router.delete(
    "/sohbet/odalar/{oda_id}/uyeler/{kullanici_id}",
    operation_id="remove_member",
    summary="Üyeyi çıkar",
    status_code=status.HTTP_204_NO_CONTENT,
    tags=["sohbet"],
)
async def remove_member(actor: CurrentActor, members: Members, room_id: RoomId, user_id: UserId) -> None:
    """End somebody's membership."""
    await members.remove(actor, room_id, user_id)


@router.post(
    "/sohbet/odalar/{oda_id}/davetler",
    operation_id="create_invitation",
    summary="Davet et",
    status_code=status.HTTP_201_CREATED,
    tags=["sohbet"],
)
async def create_invitation(
    actor: CurrentActor, invitations: Invitations, room_id: RoomId, draft: schemas.InvitationIn
) -> schemas.InvitationOut:
    """Make a way into a room; the code is told once."""
    view = await invitations.make(actor, room_id, user_id=draft.user_id, max_uses=draft.max_uses, hours=draft.hours)
    return schemas.InvitationOut.model_validate(view)


@router.get(
    "/sohbet/odalar/{oda_id}/davetler", operation_id="list_invitations", summary="Açık davetler", tags=["sohbet"]
)
async def list_invitations(actor: CurrentActor, invitations: Invitations, room_id: RoomId) -> schemas.InvitationsOut:
    """Return a room's open invitations."""
    return schemas.InvitationsOut.model_validate({"invitations": await invitations.list(actor, room_id)})


@router.delete(
    "/sohbet/odalar/{oda_id}/davetler/{davet_id}",
    operation_id="revoke_invitation",
    summary="Daveti geri al",
    status_code=status.HTTP_204_NO_CONTENT,
    tags=["sohbet"],
)
async def revoke_invitation(
    actor: CurrentActor,
    invitations: Invitations,
    room_id: RoomId,
    invitation_id: Annotated[str, Path(alias="davet_id", max_length=64)],
) -> None:
    """Close an invitation."""
    await invitations.revoke(actor, room_id, invitation_id)


@router.post("/sohbet/davet-bak", operation_id="look_at_invitation", summary="Davete bak", tags=["sohbet"])
async def look_at_invitation(
    actor: OptionalActor, come: From, admissions: NewcomersDoor, draft: schemas.AcceptIn
) -> schemas.PreviewOut:
    """Return where an invitation leads; a POST, since addresses are logged on the way."""
    return schemas.PreviewOut.model_validate(await admissions.look(draft.code, actor=actor, origin=come))


@router.post(
    "/sohbet/davet-kabul",
    operation_id="accept_invitation",
    summary="Daveti kabul et",
    tags=["sohbet"],
    responses=answers_with(RoomOut),
)
async def accept_invitation(
    actor: CurrentActor, invitations: Invitations, hub: LiveHub, draft: schemas.AcceptIn
) -> Response:
    """Enter a room by an invitation's code."""
    return struct_answer(_room(await invitations.accept(actor, draft.code), hub))


@router.get(
    "/mesaj/gecmis/{oda_id}",
    operation_id="get_history",
    summary="Oda geçmişi",
    tags=["mesaj"],
    responses=answers_with(HistoryOut),
)
async def get_history(
    actor: OptionalActor,
    messages: Messages,
    room_id: RoomId,
    limit: Limit = 50,
    before: Annotated[int | None, Query(alias="once", ge=0, le=_SIRA)] = None,
) -> Response:
    """Return a room's messages, oldest first."""
    room, found, more = await messages.history(actor, room_id, limit=limit, before=before)
    return struct_answer(HistoryOut(room.slug, room.epoch, tuple(map(MessageOut.of, found)), more))


@router.get(
    "/mesaj/ara",
    operation_id="search_messages",
    summary="İletilerde ara",
    tags=["mesaj"],
    responses=answers_with(FoundOut),
)
async def search_messages(
    actor: OptionalActor,
    come: From,
    messages: Messages,
    query: Annotated[str, Query(alias="q", max_length=200)],
    room_id: Annotated[str | None, Query(alias="oda_id", max_length=64)] = None,
    *,
    before: Annotated[str | None, Query(alias="once", pattern=r"^[A-Za-z0-9]{1,64}$")] = None,
    limit: Limit = 20,
) -> Response:
    """Return messages that hold all the words, newest first; `once` is the last page's last message."""
    found, more = await messages.find(actor, query, room=room_id, before=before, limit=limit, origin=come)
    return struct_answer(FoundOut(tuple(map(MessageOut.of, found)), more))


@router.post(
    "/mesaj/gonder",
    operation_id="send_message",
    summary="İleti gönder",
    status_code=status.HTTP_201_CREATED,
    tags=["mesaj"],
)
async def send_message(actor: KnownActor, messages: Messages, draft: schemas.SendIn) -> schemas.SentOut:
    """Say something in a room, at the cost of one message; the answer comes when it is stored."""
    stored = await messages.send(actor, draft.room, draft.content, client_id=draft.client_id, reply_to=draft.reply_to)
    return schemas.SentOut(message_id=stored.message_id, sira=stored.sira, client_id=draft.client_id)


@router.get(
    "/mesaj/{mesaj_id}",
    operation_id="get_message",
    summary="Bir ileti",
    tags=["mesaj"],
    responses=answers_with(MessageOut),
)
async def get_message(
    actor: OptionalActor, messages: Messages, message_id: Annotated[str, Path(alias="mesaj_id", max_length=64)]
) -> Response:
    """Return one message."""
    return struct_answer(MessageOut.of(await messages.message(actor, message_id)))


@router.get("/bildirimler", operation_id="list_notifications", summary="Bildirimler", tags=["bildirim"])
async def list_notifications(
    actor: CurrentActor,
    notices: Notices,
    unread_only: Annotated[bool, Query(alias="okunmamis")] = False,  # noqa: FBT002  # a query parameter
    before: Annotated[str | None, Query(alias="once", pattern=r"^[A-Za-z0-9]{1,64}$")] = None,
    limit: Limit = 50,
) -> schemas.NoticesOut:
    """Return the asker's notifications, newest first."""
    page, unread = await notices.page(actor, unread_only=unread_only, before=before, limit=limit)
    return schemas.NoticesOut.model_validate({"notices": page, "unread": unread})


@router.post(
    "/bildirimler/okundu",
    operation_id="mark_notifications_read",
    summary="Bildirimleri okundu say",
    status_code=status.HTTP_204_NO_CONTENT,
    response_class=Response,
    tags=["bildirim"],
)
async def mark_notifications_read(actor: CurrentActor, notices: Notices, marks: schemas.ReadIn) -> None:
    """Mark notifications as read."""
    await notices.mark_read(actor, marks.ids)


def _room(view: RoomView, hub: Hub) -> RoomOut:
    people = hub.presence.people(view.slug, limit=_PEOPLE_SHOWN)
    return RoomOut.of(view, people, hub.presence.count(view.slug))


def _member(view: MemberView, *, online: bool) -> schemas.MemberOut:
    return schemas.MemberOut(
        user_id=view.user_id, name=view.name, role=view.role, joined_at=view.joined_at, online=online
    )
