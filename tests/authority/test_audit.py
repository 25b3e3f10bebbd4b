"""What those who keep order do to others leaves a line, with the address and the program that it was done from."""

from typing import Any

from meydan.telegram.models import SendState
from tests.authority.world import OTHER, World

FAR = "203.0.113.7"
PROGRAM = "Deneme/7.1"


async def _lines(world: World) -> list[dict[str, Any]]:
    """Return the audit log, oldest first, without what the people of the table did to come in."""
    answer = await world.node.http.get("/audit", params={"limit": 200}, headers=world.people["owner"].headers)
    lines = [line for line in answer.json()["items"] if line["action"].startswith(("room.", "message.", "telegram."))]
    return lines[::-1]


async def test_what_moderators_do_in_rooms_is_audited_with_address_and_program(world: World) -> None:
    mert = world.people["moderator"]
    headers = {**mert.headers, "x-forwarded-for": FAR, "user-agent": PROGRAM}
    room = await world.room(mert, "public")
    message, own = await world.message(room), await world.message(room, mert.id)
    path = f"/sohbet/odalar/{room}"

    async def do(method: str, after: str, body: Any = None, *, base: str = path) -> Any:
        answer = await world.node.http.request(method, base + after, json=body, headers=headers)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    await do("PATCH", "", {"konu": "Başka konu"})
    await do("PUT", "/uyeler/uye", {"rol": "moderator"})
    await do("PUT", "/uyeler/uye", {"rol": "moderator"})  # changes nothing
    await do("DELETE", "/uyeler/uye")
    invitation = (await do("POST", "/davetler", {}))["davet_id"]
    await do("DELETE", f"/davetler/{invitation}")
    ticket = await world.node.http.post("/auth/ws-ticket", headers=mert.headers)
    talker = await world.node.knock(
        f"{mert.id}?bilet={ticket.json()['ticket']}",
        additional_headers={"X-Forwarded-For": FAR},
        user_agent_header=PROGRAM,
    )
    await talker.join(room)
    for tip, which in (("mesaj_sil", message), ("mesaj_geri_getir", message), ("mesaj_sil", own)):
        assert (await talker.ask(tip, oda_id=room, mesaj_id=which))["tip"] == "mesaj_onay"
    await do("DELETE", "")
    await do("POST", "/geri-yukle", base=f"/sohbet/arsiv/{room}")
    lines = await _lines(world)
    assert {(line["actor_id"], line["ip"], line["agent"]) for line in lines} == {(mert.id, FAR, PROGRAM)}
    assert [(line["action"], line["target"], line["data"]) for line in lines] == [
        ("room.change", room, {"fields": ["topic"]}),
        ("room.role", room, {"user": "uye", "before": "uye", "after": "moderator"}),
        ("room.expel", room, {"user": "uye"}),
        ("room.invite", room, {"invitation": invitation, "user": None}),
        ("room.uninvite", room, {"invitation": invitation}),
        ("message.delete", message, {"room": room, "sender": OTHER}),
        ("message.restore", message, {"room": room, "sender": OTHER}),
        ("room.archive", room, {}),
        ("room.restore", room, {}),
    ]


async def test_what_is_done_to_anothers_send_is_audited_and_ones_own_edit_is_not(world: World) -> None:
    admin = world.people["admin"]
    headers = {**admin.headers, "x-forwarded-for": FAR}
    expected = []
    for on in ("another's", "own"):
        for method, after, action in (("PATCH", "", "edit"), ("DELETE", "", "erase"), ("POST", "/pin", "pin")):
            send = await world.send(admin, on, SendState.SENT)
            body = {"text": "başka söz"} if method == "PATCH" else None
            path = f"/telegram/outbox/{send}{after}"
            assert (await world.node.http.request(method, path, json=body, headers=headers)).status_code < 300
            if on != "own":
                expected.append((admin.id, f"telegram.send_{action}", send, {"by": OTHER}, FAR))
    assert [
        (line["actor_id"], line["action"], line["target"], line["data"], line["ip"]) for line in await _lines(world)
    ] == expected
