"""Under which name a person is shown from the moment it changes, on connections that are open as well."""

from meydan.accounts.permissions import Role
from meydan.accounts.users import CONSOLE
from meydan.app.composition import open_accounts
from meydan.platform.settings import Settings
from tests.chat.node import Node, Person, Talker


async def shown(node: Node, person: Person, talker: Talker) -> set[str]:
    """Return the names over what a person says on an open socket and over HTTP."""
    await talker.send("selam")
    names = {(await talker.message())["gonderen_ad"]}
    sent = await node.http.post("/mesaj/gonder", headers=person.headers, json={"oda_id": "genel", "icerik": "merhaba"})
    assert sent.status_code == 201
    return names | {(await talker.message())["gonderen_ad"]}


async def test_a_name_that_imitates_is_marked_at_once_whatever_made_it_imitate(node: Node, settings: Settings) -> None:
    await node.generous()
    service = node.square.accounts.service
    ali, mehmet, ayse = await node.person("ali"), await node.person("mehmet"), await node.person("ayse")
    of_ali, of_mehmet = await node.enter(ali, "genel"), await node.enter(mehmet, "genel")
    await of_ali.settle()

    async def rename(person: Person, name: str) -> None:
        answer = await node.http.patch("/auth/me", json={"name": name}, headers=person.headers)
        assert answer.status_code == 200

    await rename(ali, "Yönetici")
    assert await shown(node, ali, of_ali) == {"Yönetici (@ali)"}
    await rename(ali, "Ali")
    assert await shown(node, ali, of_ali) == {"Ali"}
    await of_ali.leave()

    await rename(mehmet, "Işıl Şahin")
    await rename(ayse, "Işıl Şahin")
    await of_mehmet.settle()
    assert await shown(node, mehmet, of_mehmet) == {"Işıl Şahin"}
    await service.users.manage(CONSOLE, "ayse", role=Role.MODERATOR)
    assert await shown(node, mehmet, of_mehmet) == {"Işıl Şahin (@mehmet)"}, "ayse became a moderator"
    await service.users.manage(CONSOLE, "ayse", role=Role.MEMBER)
    assert await shown(node, mehmet, of_mehmet) == {"Işıl Şahin"}, "she is one no longer"
    await service.users.add(CONSOLE, "isil", name="Işıl Şahin", role=Role.ADMIN)
    assert await shown(node, mehmet, of_mehmet) == {"Işıl Şahin (@mehmet)"}, "an administrator of that name was added"
    await service.users.manage(CONSOLE, "isil", role=Role.MEMBER)
    assert await shown(node, mehmet, of_mehmet) == {"Işıl Şahin"}
    await service.console.look()
    async with open_accounts(settings) as command:  # a database and a bus of its own
        await command.service.users.manage(CONSOLE, "ayse", role=Role.OWNER)
    await service.console.look()
    assert await shown(node, mehmet, of_mehmet) == {"Işıl Şahin (@mehmet)"}, "a command made her an owner"
