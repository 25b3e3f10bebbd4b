"""One good request for every operation, as somebody of the table would make it of the thing that the row names."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from meydan.accounts.permissions import Permission, Role
from meydan.chat.models import RoomRole
from meydan.telegram.models import BotMode, SendState
from tests.accounts.conftest import PASSWORD
from tests.authority.world import OTHER, Who, World

V1: Final = "/api/v1"
NEW_PASSWORD: Final = "yeşil kayık gölde"
FAR: Final = "203.0.113.7"


@dataclass(frozen=True)
class Ask:
    """A request. `works` are answers besides 2xx that mean it was let through; `by` is who asks in a person's stead."""

    method: str
    path: str
    json: Any = None
    params: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    files: Any = None
    works: frozenset[int] = frozenset()
    by: Who | None = None
    address: str = "127.0.0.1"


Make = Callable[[World, Who, str], Awaitable[Ask]]
REQUESTS: dict[str, Make] = {}


def ask(operation: str, method: str, path: str, **fixed: Any) -> None:
    """Give an operation a request that is the same for everybody."""

    async def make(_world: World, _who: Who, _on: str) -> Ask:
        return Ask(method, path, **fixed)

    REQUESTS[operation] = make


def asks(*operations: str) -> Callable[[Make], Make]:
    """Give operations a request that is made for who asks."""

    def keep(make: Make) -> Make:
        REQUESTS.update(dict.fromkeys(operations, make))
        return make

    return keep


# -- signing in and oneself -------------------------------------------------------------------------------------------

ask("get_me", "GET", f"{V1}/auth/me")
ask("update_me", "PATCH", f"{V1}/auth/me", json={"locale": "tr"})
ask("list_sessions", "GET", f"{V1}/auth/sessions")
ask("create_ws_ticket", "POST", f"{V1}/auth/ws-ticket")
ask("check_owner_link", "POST", f"{V1}/auth/owner/check", json={"token": "x"})
ask("list_api_keys", "GET", f"{V1}/api-keys")
ask("create_api_key", "POST", f"{V1}/api-keys", json={"name": "anahtar", "scopes": ["keys:manage"]})


@asks("register_user")
async def _register(world: World, _who: Who, _on: str) -> Ask:
    return Ask("POST", f"{V1}/auth/register", {"username": world.name("kayit"), "password": PASSWORD})


@asks("create_guest")
async def _guest(world: World, _who: Who, _on: str) -> Ask:
    return Ask("POST", f"{V1}/auth/guest", {"name": world.name("konuk")})


@asks("create_session")
async def _login(world: World, _who: Who, _on: str) -> Ask:
    new = await world.person(world.name("giren"), Role.MEMBER)
    return Ask("POST", f"{V1}/auth/login", {"username": new.id, "password": PASSWORD})


@asks("refresh_session")
async def _refresh(world: World, _who: Who, _on: str) -> Ask:
    new = await world.person(world.name("tazeleyen"), Role.MEMBER)
    return Ask("POST", f"{V1}/auth/refresh", {"refresh_token": new.refresh})


@asks("claim_owner")
async def _claim(world: World, _who: Who, _on: str) -> Ask:
    return Ask("POST", f"{V1}/auth/owner", {"token": "x", "username": world.name("sahip"), "password": PASSWORD})


@asks("end_session")
async def _leave(world: World, who: Who, _on: str) -> Ask:
    return Ask("POST", f"{V1}/auth/logout", by=await world.like(who))


@asks("end_all_sessions")
async def _leave_everywhere(world: World, who: Who, _on: str) -> Ask:
    return Ask("POST", f"{V1}/auth/logout-all", by=await world.like(who))


@asks("change_password")
async def _password(world: World, who: Who, _on: str) -> Ask:
    body = {"current": PASSWORD, "new": NEW_PASSWORD}
    return Ask("POST", f"{V1}/auth/password", body, by=await world.like(who))


@asks("delete_session")
async def _end_session(world: World, who: Who, on: str) -> Ask:
    session = await world.sign_in(who.id if on == "own" and who.is_user else OTHER)
    return Ask("DELETE", f"{V1}/auth/sessions/{session}")


@asks("delete_api_key")
async def _delete_key(world: World, who: Who, on: str) -> Ask:
    key = await world.key(who.id if on == "own" and who.is_user else OTHER, [Permission.ROOMS_READ])
    return Ask("DELETE", f"{V1}/api-keys/{key.key_id}")


# -- people -----------------------------------------------------------------------------------------------------------

ask("list_users", "GET", f"{V1}/users")
ask("get_user", "GET", f"{V1}/users/{OTHER}")
ask("list_audit_entries", "GET", f"{V1}/audit")

_ROLES: Final = {"a member": Role.MEMBER, "an administrator": Role.ADMIN, "an owner": Role.OWNER}


@asks("create_user")
async def _add(world: World, _who: Who, on: str) -> Ask:
    body = {"username": world.name("eklenen"), "role": _ROLES[on], "password": PASSWORD}
    return Ask("POST", f"{V1}/users", body)


@asks("update_user")
async def _manage(world: World, who: Who, on: str) -> Ask:
    if on.startswith("an owner whom"):
        return Ask("PATCH", f"{V1}/users/{await world.made_owner(who.id)}", {"role": "member"})
    person = await world.person(world.name("kisi"), _ROLES[on])
    return Ask("PATCH", f"{V1}/users/{person.id}", {"active": False})


@asks("reset_user_password")
async def _reset(world: World, _who: Who, on: str) -> Ask:
    person = await world.person(world.name("kisi"), _ROLES[on])
    return Ask("POST", f"{V1}/users/{person.id}/password-reset")


@asks("list_user_api_keys")
async def _keys_of(world: World, _who: Who, on: str) -> Ask:
    person = await world.person(world.name("kisi"), _ROLES[on])
    return Ask("GET", f"{V1}/users/{person.id}/api-keys")


@asks("delete_user_api_key")
async def _delete_key_of(world: World, _who: Who, on: str) -> Ask:
    person = await world.person(world.name("kisi"), _ROLES[on])
    key = await world.key(person.id, [Permission.ROOMS_READ])
    return Ask("DELETE", f"{V1}/users/{person.id}/api-keys/{key.key_id}")


# -- rooms ------------------------------------------------------------------------------------------------------------

_ROOMS: Final = f"{V1}/sohbet/odalar"
ask("list_rooms", "GET", _ROOMS)


@asks("create_room")
async def _open(world: World, _who: Who, _on: str) -> Ask:
    return Ask("POST", f"{V1}/sohbet/oda-olustur", {"oda_id": world.name("yeni-oda-"), "baslik": "Yeni"})


def of_a_room(operation: str, method: str, path: str, body: Any = None) -> None:
    """Give an operation on a room its request; `path` follows the room's."""

    async def make(world: World, who: Who, on: str) -> Ask:
        return Ask(method, f"{_ROOMS}/{await world.room(who, on)}{path}", body)

    REQUESTS[operation] = make


of_a_room("get_room", "GET", "")
of_a_room("change_room", "PATCH", "", {"baslik": "Başka"})
of_a_room("archive_room", "DELETE", "")
of_a_room("join_room", "POST", "/uyelik")
of_a_room("leave_room", "DELETE", "/uyelik")
of_a_room("list_members", "GET", "/uyeler")
of_a_room("set_member_role", "PUT", "/uyeler/uye", {"rol": RoomRole.MODERATOR})
of_a_room("remove_member", "DELETE", "/uyeler/uye")
of_a_room("create_invitation", "POST", "/davetler", {})
of_a_room("list_invitations", "GET", "/davetler")


ask("list_archive", "GET", f"{V1}/sohbet/arsiv")


@asks("read_archived_room")
async def _read_archived(world: World, who: Who, on: str) -> Ask:
    return Ask("GET", f"{V1}/sohbet/arsiv/{await world.room(who, on, archived=True)}/gecmis")


@asks("restore_room")
async def _restore(world: World, who: Who, on: str) -> Ask:
    return Ask("POST", f"{V1}/sohbet/arsiv/{await world.room(who, on, archived=True)}/geri-yukle")


@asks("revoke_invitation")
async def _revoke(world: World, who: Who, on: str) -> Ask:
    room = await world.room(who, on)
    invitation, _ = await world.invitation(room)
    return Ask("DELETE", f"{_ROOMS}/{room}/davetler/{invitation}")


@asks("look_at_invitation")
async def _look(world: World, who: Who, on: str) -> Ask:
    _, code = await world.invitation(await world.room(who, "private"), who.id if on == "own" else "baskasi")
    return Ask("POST", f"{V1}/sohbet/davet-bak", {"kod": code}, address=world.name("elsewhere"))


@asks("accept_invitation")
async def _accept(world: World, who: Who, on: str) -> Ask:
    _, code = await world.invitation(await world.room(who, "private"), who.id if on == "own" else "baskasi")
    return Ask("POST", f"{V1}/sohbet/davet-kabul", {"kod": code})


# -- messages ---------------------------------------------------------------------------------------------------------


@asks("get_history")
async def _history(world: World, who: Who, on: str) -> Ask:
    return Ask("GET", f"{V1}/mesaj/gecmis/{await world.room(who, on)}")


@asks("search_messages")
async def _search(world: World, who: Who, on: str) -> Ask:
    where = {"oda_id": await world.room(who, on)} if on else {}
    return Ask("GET", f"{V1}/mesaj/ara", params={"q": "söz", **where})


@asks("get_message")
async def _message(world: World, who: Who, on: str) -> Ask:
    return Ask("GET", f"{V1}/mesaj/{await world.message(await world.room(who, on))}")


@asks("send_message")
async def _say(world: World, who: Who, on: str) -> Ask:
    return Ask("POST", f"{V1}/mesaj/gonder", {"oda_id": await world.room(who, on), "icerik": "söz"})


ask("list_notifications", "GET", f"{V1}/bildirimler")
ask("mark_notifications_read", "POST", f"{V1}/bildirimler/okundu", json={})

# -- Telegram ---------------------------------------------------------------------------------------------------------

_TELEGRAM: Final = f"{V1}/telegram"
_AWAY: Final = frozenset({502, 503})  # nothing answers where Telegram would be
ask("list_bots", "GET", f"{_TELEGRAM}/bots")
ask("add_bot", "POST", f"{_TELEGRAM}/bots", json={"token": f"{10**9}:{'a' * 35}"}, works=_AWAY)
ask(
    "add_trial_bot",
    "POST",
    f"{_TELEGRAM}/trial-bots",
    json={"name": "Deneme", "username": "deneme_bot"},
    works=frozenset({409}),  # no fake Telegram runs
)
ask("list_telegram_chats", "GET", f"{_TELEGRAM}/chats")


@asks("change_telegram_chat")
async def _chat(world: World, _who: Who, _on: str) -> Ask:
    return Ask("PATCH", f"{_TELEGRAM}/chats/{await world.chat()}", {"shared": True})


@asks("list_telegram_messages")
async def _said(world: World, _who: Who, _on: str) -> Ask:
    return Ask("GET", f"{_TELEGRAM}/chats/{await world.chat()}/messages")


ask("upload_telegram_media", "POST", f"{_TELEGRAM}/media", files={"file": ("a.png", b"1", "image/png")})
ask("list_sends", "GET", f"{_TELEGRAM}/outbox")
ask("count_sends", "GET", f"{_TELEGRAM}/outbox/counts")
ask("list_telegram_sessions", "GET", f"{_TELEGRAM}/sessions")
ask(
    "put_away_telegram_session",
    "DELETE",
    f"{_TELEGRAM}/sessions/ana",
    params={"confirm": "baska"},
    works=frozenset({422}),  # the name was not repeated
)


def of_a_bot(operation: str, method: str, path: str, body: Any = None, works: frozenset[int] = frozenset()) -> None:
    """Give an operation on a bot its request."""

    async def make(world: World, _who: Who, _on: str) -> Ask:
        return Ask(method, f"{_TELEGRAM}/bots/{await world.bot()}{path}", body, works=works)

    REQUESTS[operation] = make


of_a_bot("get_bot", "GET", "")
of_a_bot("change_bot", "PATCH", "", {"enabled": False})
of_a_bot("verify_bot", "POST", "/verify", works=_AWAY)
of_a_bot("remove_bot", "DELETE", "")
of_a_bot("get_bot_budget", "GET", "/budget")
of_a_bot("lift_bot_hold", "DELETE", "/hold")


def of_a_send(operation: str, method: str, path: str, body: Any = None, state: SendState = SendState.SENT) -> None:
    """Give an operation on a send its request."""

    async def make(world: World, who: Who, on: str) -> Ask:
        return Ask(method, f"{_TELEGRAM}/outbox/{await world.send(who, on, state)}{path}", body)

    REQUESTS[operation] = make


of_a_send("get_send", "GET", "")
of_a_send("edit_send", "PATCH", "", {"text": "başka söz"})
of_a_send("erase_send", "DELETE", "")
of_a_send("pin_send", "POST", "/pin")
of_a_send("cancel_send", "POST", "/cancel", state=SendState.QUEUED)
of_a_send("retry_send", "POST", "/retry", state=SendState.FAILED)
of_a_send("decide_send", "POST", "/decision", {"decision": "sent"}, state=SendState.MAYBE_SENT)


@asks("send_to_telegram")
async def _telegram(world: World, who: Who, on: str) -> Ask:
    body: dict[str, Any] = {"bot_ids": [await world.bot()], "chat_id": 77, "text": "söz"}
    if on:
        body |= {"attachment": "photo", "media": await world.file(who.id if "one's own" in on else OTHER)}
    return Ask("POST", f"{_TELEGRAM}/outbox", body)


@asks("receive_update")
async def _webhook(world: World, _who: Who, on: str) -> Ask:
    path = f"{_TELEGRAM}/webhook/{await world.bot(mode=BotMode.WEBHOOK)}"
    secret = "sir" if on == "with the bot's secret" else "baska"
    return Ask("POST", path, {"update_id": 1}, headers={"x-telegram-bot-api-secret-token": secret})


# -- the service itself -----------------------------------------------------------------------------------------------

ask("get_root", "GET", "/")
ask("get_health", "GET", "/saglik")
ask("get_liveness", "GET", "/saglik/canli")
ask("get_abilities", "GET", "/yetenekler")
ask("get_metrics", "GET", "/metrics", address=FAR)
ask("get_system_overview", "GET", f"{V1}/system/overview")
ask("list_system_samples", "GET", f"{V1}/system/samples")
ask("list_settings", "GET", f"{V1}/settings")
ask("update_settings", "PATCH", f"{V1}/settings/chat", json={"typing_limit": 100})
