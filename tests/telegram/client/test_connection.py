"""Connecting, staying connected, and knowing when to stop."""

import asyncio
import itertools
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from prometheus_client import CollectorRegistry
from telethon import errors

from meydan.accounts.vault import Vault
from meydan.platform.errors import RateLimited
from meydan.telegram.client.config import ClientConfig
from meydan.telegram.client.errors import (
    AccountOther,
    ConnectionMoveIllegal,
    ConnectRefused,
    NotConnected,
    NotSignedIn,
    RequestFailed,
    SessionInUse,
    SessionQuarantined,
)
from meydan.telegram.client.fake import fake_telethon
from meydan.telegram.client.fake_world import FakeWorld
from meydan.telegram.client.manager import TelegramClientManager
from meydan.telegram.client.results import name_of
from meydan.telegram.client.retry import ReconnectBudget, RetryConfig
from meydan.telegram.client.sessions import SessionStore
from meydan.telegram.client.status import MOVES, ConnectionStatus
from meydan.telegram.errors import TelegramAway
from tests.telegram.client.conftest import Desk, settle

S = ConnectionStatus
DEAD = [
    errors.AuthKeyDuplicatedError(None),
    errors.AuthKeyUnregisteredError(None),
    errors.SessionRevokedError(None),
    errors.UserDeactivatedError(None),
]


class TestOpening:
    async def test_a_session_that_is_signed_in_connects(self, desk: Desk) -> None:
        manager = await desk.start()
        assert manager.is_connected()
        states = [manager.connection_status]
        for _ in range(2):
            await manager.disconnect()
            states.append(manager.connection_status)
        assert states == [S.CONNECTED, S.DISCONNECTED, S.DISCONNECTED]

    async def test_a_session_that_nobody_signed_in_is_told_so_and_left_free(self, desk: Desk) -> None:
        manager = desk.manager(desk.config())
        for _ in range(2):
            with pytest.raises(NotSignedIn):
                await manager.initialize()
            assert manager.connection_status is S.FAILED
        desk.sign_in(desk.config())
        assert (await manager.initialize()).is_connected()

    async def test_a_bot_signs_in_by_its_token(self, desk: Desk) -> None:
        desk.world.add_bot("1:gizli-anahtar", username="deneme_bot")
        async with desk.manager(desk.config(bot_token="1:gizli-anahtar")) as manager:
            assert (await manager.send_message("borsa", "bir")).success
        with pytest.raises(ConnectRefused) as refused:
            await desk.manager(desk.config("iki", bot_token="1:yok")).initialize()
        assert refused.value.data == {"neden": "ACCESS_TOKEN_INVALID"}

    async def test_a_network_that_comes_back_is_waited_for(self, desk: Desk) -> None:
        config = desk.config()
        desk.sign_in(config)
        desk.world.order(ConnectionRefusedError(), on="connect", times=3)
        started = desk.clock.monotonic()
        await desk.passing(desk.manager(config).initialize())
        assert 5 + 10 + 20 <= desk.clock.monotonic() - started < 36

    async def test_a_network_that_stays_away_is_told(self, desk: Desk) -> None:
        config = desk.config(connection_retries=2)
        desk.sign_in(config)
        desk.world.order(ConnectionRefusedError(), on="connect", times=3)
        manager = desk.manager(config)
        with pytest.raises(TelegramAway) as away:
            await desk.passing(manager.initialize())
        assert away.value.data == {"neden": "CONNECTION_REFUSED"}
        assert desk.world.asked.count("connect") == 3
        assert (await desk.passing(manager.initialize())).is_connected()

    async def test_an_answer_that_never_comes_is_not_waited_for_without_end(self, desk: Desk) -> None:
        config = desk.config(connection_retries=0, timeout=7)
        desk.sign_in(config)
        desk.world.order(None, on="state")
        started = desk.clock.monotonic()
        with pytest.raises(TelegramAway):
            await desk.passing(desk.manager(config).initialize())
        assert 7 <= desk.clock.monotonic() - started < 8

    async def test_a_long_wait_is_told_and_a_short_one_waited_out(self, desk: Desk) -> None:
        desk.world.add_bot("1:anahtar")
        manager = desk.manager(desk.config(bot_token="1:anahtar"))
        desk.world.order(errors.FloodWaitError(None, 600), on="sign_in")
        with pytest.raises(RateLimited) as limited:
            await manager.initialize()
        assert limited.value.data == {"bekle": 600}
        desk.world.order(errors.FloodWaitError(None, 40), on="sign_in")
        started = desk.clock.monotonic()
        await desk.passing(manager.initialize())
        assert 40 <= desk.clock.monotonic() - started < 41

    async def test_what_telegram_refuses_for_good_is_not_tried_again(self, desk: Desk) -> None:
        config = desk.config()
        desk.sign_in(config)
        desk.world.order(errors.ApiIdInvalidError(None), on="state")
        with pytest.raises(ConnectRefused):
            await desk.manager(config).initialize()
        assert desk.world.asked.count("connect") == 1

    async def test_a_session_is_not_used_twice(self, desk: Desk) -> None:
        first = await desk.start()
        with pytest.raises(SessionInUse):
            await desk.manager(desk.config()).initialize()
        assert first.is_connected()
        await first.disconnect()
        assert (await desk.manager(desk.config()).initialize()).is_connected()

    async def test_opening_what_is_open_is_refused(self, desk: Desk) -> None:
        manager = await desk.start()
        with pytest.raises(ConnectionMoveIllegal) as illegal:
            await manager.initialize()
        assert (illegal.value.data["durum"], illegal.value.data["istenen"]) == ("connected", "connecting")
        assert manager.is_connected()


@pytest.mark.parametrize("error", DEAD, ids=lambda error: type(error).__name__)
class TestDeath:
    async def test_a_session_that_is_dead_at_the_start_is_put_away(self, desk: Desk, error: Exception) -> None:
        config = desk.config()
        desk.sign_in(config)
        desk.world.order(error, on="state")
        manager = desk.manager(config)
        for _ in range(2):
            with pytest.raises(SessionQuarantined):
                await manager.initialize()
        assert desk.world.asked.count("connect") == 1
        assert manager.connection_status is S.FAILED
        assert not (desk.folder / "deneme.session").exists()
        desk.sign_in(config)
        assert (await manager.initialize()).is_connected()

    async def test_one_that_dies_by_a_send_is_put_away(self, desk: Desk, error: Exception) -> None:
        manager = await desk.start()
        told: asyncio.Queue[str] = asyncio.Queue()
        manager.add_disconnect_handler(told.put)
        desk.world.order(error, on="send")
        ended = await manager.send_message("borsa", "bir")
        assert not ended.success
        assert manager.connection_status is S.FAILED
        assert await told.get() == ended.code
        assert (await manager.send_message("borsa", "iki")).code == "NOT_CONNECTED"
        with pytest.raises(SessionQuarantined):
            await manager.reconnect()

    async def test_one_that_dies_while_away_is_put_away(self, desk: Desk, error: Exception) -> None:
        manager = await desk.start()
        told: list[tuple[str, str]] = []

        async def telling(reason: str) -> None:
            told.append((manager.connection_status, reason))

        manager.add_disconnect_handler(telling)
        desk.world.order(ConnectionRefusedError(), on="connect")
        desk.world.order(error, on="connect")
        desk.world.drop(ConnectionResetError())
        await desk.until(lambda: manager.connection_status is S.FAILED)
        await settle()
        assert told == [("reconnecting", "CONNECTION_RESET"), ("failed", name_of(error))]
        with pytest.raises(SessionQuarantined):
            await manager.initialize()

    async def test_one_that_dies_quietly_is_found_by_the_health_check(self, desk: Desk, error: Exception) -> None:
        manager = await desk.start()
        desk.world.order(error, on="ping")
        await desk.until(lambda: manager.connection_status is S.FAILED, step=10)
        with pytest.raises(SessionQuarantined):
            await manager.initialize()


class TestStaying:
    async def test_a_lost_connection_is_told_and_made_anew(self, desk: Desk) -> None:
        manager = await desk.start()
        told: list[str] = []

        async def failing(reason: str) -> None:
            raise RuntimeError(reason)

        async def telling(reason: str) -> None:
            told.append(reason)

        silent: list[str] = []

        async def asking_nothing() -> None:
            silent.append("told")

        manager.add_disconnect_handler(failing)
        manager.add_disconnect_handler(telling)
        manager.add_disconnect_handler(asking_nothing)
        desk.world.order(ConnectionRefusedError(), on="connect", times=2)
        desk.world.drop(ConnectionResetError())
        await settle()
        assert manager.connection_status is S.RECONNECTING
        assert not manager.is_connected()
        assert told == ["CONNECTION_RESET"]
        assert silent == ["told"]
        await desk.until(manager.is_connected)
        assert manager.get_stats()["reconnections"] == 1
        assert (await desk.passing(manager.send_message("borsa", "bir"))).success
        assert told == ["CONNECTION_RESET"]

    async def test_it_is_tried_for_as_long_as_it_takes(self, desk: Desk) -> None:
        manager = await desk.start()
        desk.world.order(ConnectionRefusedError(), on="connect", times=40)
        desk.world.drop(None)
        await desk.until(manager.is_connected, step=5)
        tries = [at for on, at in zip(desk.world.asked, desk.world.asked_at, strict=True) if on == "connect"]
        assert len(tries) == 42
        assert max(late - early for early, late in itertools.pairwise(tries[1:])) <= 65

    async def test_pauses_are_those_that_are_wished_for_now(self, desk: Desk) -> None:
        config = desk.config(retry_delay=1)
        desk.sign_in(config)
        manager = desk.manager(config, retry_config=RetryConfig())
        manager.retry_config = RetryConfig(max_delay=3, jitter=False)
        desk.world.order(ConnectionRefusedError(), on="connect", times=4)
        await desk.passing(manager.initialize())
        manager.retry_config = RetryConfig(exponential_base=1, jitter=False)
        desk.world.order(ConnectionRefusedError(), on="connect", times=3)
        desk.world.drop(None)
        await desk.until(manager.is_connected)
        await desk.until(lambda: manager.get_stats()["reconnections"])
        tries = [at for on, at in zip(desk.world.asked, desk.world.asked_at, strict=True) if on == "connect"]
        assert [late - early for early, late in itertools.pairwise(tries)] == [1, 2, 3, 3, 0, 1, 1, 1]

    async def test_not_at_all_if_so_wished(self, desk: Desk) -> None:
        manager = await desk.start(auto_reconnect=False)
        desk.world.drop(ConnectionResetError())
        await settle()
        assert manager.connection_status is S.FAILED
        assert desk.world.asked.count("connect") == 1
        await manager.reconnect()
        assert manager.is_connected()

    async def test_a_send_waits_for_the_connection(self, desk: Desk) -> None:
        manager = await desk.start()
        desk.world.order(ConnectionRefusedError(), on="connect", times=2)
        desk.world.drop(None)
        await settle()
        assert (await desk.passing(manager.send_message("borsa", "bir"))).success

    async def test_a_send_does_not_wait_without_end(self, desk: Desk) -> None:
        manager = await desk.start(timeout=10)
        manager.retry_config = RetryConfig(max_retries=1, jitter=False)
        desk.world.order(ConnectionRefusedError(), on="connect", times=1_000)
        desk.world.drop(None)
        await settle()
        ended = await desk.passing(manager.send_message("borsa", "bir"))
        assert (ended.success, ended.code) == (False, "NOT_CONNECTED")
        assert ended.retry_after

    async def test_a_line_that_is_dead_without_saying_so_is_noticed(self, desk: Desk) -> None:
        manager = await desk.start()
        desk.world.order(None, on="ping")
        await desk.until(lambda: manager.get_stats()["reconnections"], step=5)
        assert manager.is_connected()
        assert desk.clock.monotonic() < 100

    async def test_a_line_that_lives_is_left_alone(self, desk: Desk) -> None:
        manager = await desk.start()
        desk.world.asked.clear()
        await desk.until(lambda: desk.world.asked.count("ping") == 9, step=10)
        assert desk.world.asked.count("state") == 2  # every fifth time: does the session still count?
        assert manager.get_stats()["reconnections"] == 0

    async def test_connecting_anew_on_demand_is_no_loss(self, desk: Desk) -> None:
        manager = await desk.start()
        told: list[str] = []

        async def telling(reason: str) -> None:
            told.append(reason)

        manager.add_disconnect_handler(telling)
        await manager.reconnect()
        await settle()
        assert manager.is_connected()
        assert (told, manager.get_stats()["reconnections"]) == ([], 1)
        desk.world.order(ConnectionRefusedError(), on="connect", times=6)
        assert await desk.passing(manager.reconnect()) is False
        assert manager.connection_status is S.FAILED
        assert await desk.passing(manager.reconnect()) is True
        assert manager.is_connected()

    @pytest.mark.parametrize("error", [errors.SecurityError(), errors.TypeNotFoundError(1, b""), IndexError()])
    async def test_an_answer_that_makes_no_sense_is_no_end(self, desk: Desk, error: Exception) -> None:
        manager = await desk.start()
        desk.world.order(error, on="connect", times=2)
        desk.world.order(error, on="state")
        desk.world.drop(None)
        await desk.until(manager.is_connected)
        assert manager.get_stats()["reconnections"] == 1

    async def test_a_line_that_is_lost_as_soon_as_it_is_made_is_made_less_and_less_often(self, desk: Desk) -> None:
        manager = await desk.start()

        async def lose() -> None:
            made = manager.get_stats()["reconnections"]
            desk.world.drop(None)
            await desk.until(lambda: manager.get_stats()["reconnections"] > made)

        for _ in range(8):
            await lose()
        tries = [at for on, at in zip(desk.world.asked, desk.world.asked_at, strict=True) if on == "connect"]
        pauses = [late - early for early, late in itertools.pairwise(tries)]
        assert pauses[0] < 1
        assert pauses[1:4] == [5, 10, 20]
        assert pauses[-1] == 60
        desk.clock.advance(10)
        for _ in range(2):
            await lose()
        assert desk.clock.monotonic() - tries[-1] == 70

    async def test_leaving_while_it_is_away_is_possible(self, desk: Desk) -> None:
        manager = await desk.start()
        desk.world.order(ConnectionRefusedError(), on="connect", times=1_000)
        desk.world.drop(None)
        await settle()
        await manager.disconnect()
        assert manager.connection_status is S.DISCONNECTED
        with pytest.raises(NotConnected):
            await manager.get_entity("borsa")


async def test_all_clients_together_keep_within_the_budget(desk: Desk) -> None:
    budget = ReconnectBudget(desk.clock, attempts=3, seconds=10)
    clients = []
    for number in range(8):
        config = desk.config(f"s{number}")
        desk.sign_in(config)
        clients.append(desk.manager(config, budget=budget))
    await desk.passing(asyncio.gather(*(client.initialize() for client in clients)))
    desk.world.drop(ConnectionResetError())
    await desk.until(lambda: all(client.get_stats()["reconnections"] for client in clients))
    tries = [at for on, at in zip(desk.world.asked, desk.world.asked_at, strict=True) if on == "connect"]
    assert len(tries) == 16
    assert all(late - early >= 10 for early, late in zip(tries, tries[3:], strict=False))


def test_no_state_is_left_but_by_its_arrows() -> None:
    assert set(MOVES) == set(S)
    assert all(S.DISCONNECTED in after for state, after in MOVES.items() if state is not S.DISCONNECTED)
    assert [state for state, after in MOVES.items() if S.CONNECTED in after] == [S.CONNECTING, S.RECONNECTING]


async def test_the_session_must_be_of_the_phone_that_is_configured(desk: Desk) -> None:
    right, wrong = desk.config(phone="+90 555 000 00 01"), desk.config(phone="+905550000002")
    desk.sign_in(right)
    async with desk.manager(right) as manager:
        assert manager.is_connected()
    manager = desk.manager(wrong)
    with pytest.raises(AccountOther) as other:
        await manager.initialize()
    assert manager.connection_status is S.DISCONNECTED
    assert "555" not in other.value.detail()


def test_one_event_loop_is_told_from_another(tmp_path: Path) -> None:
    """Whoever calls `asyncio.run` for each step is told what is wrong, and can leave."""
    world = FakeWorld()
    world.add_bot("1:anahtar")
    world.add_group("Borsa", username="borsa")
    config = ClientConfig("bot", 1, "x", bot_token="1:anahtar", sessions_dir=tmp_path)
    store = SessionStore(tmp_path, Vault([Fernet.generate_key().decode()]))
    manager = TelegramClientManager(config, telethon=fake_telethon(world), sessions=store, registry=CollectorRegistry())
    asyncio.run(manager.initialize())
    assert asyncio.run(manager.send_message("borsa", "bir")).code == "OTHER_EVENT_LOOP"
    with pytest.raises(RequestFailed):
        asyncio.run(manager.get_messages("borsa"))
    asyncio.run(manager.disconnect())
    store.open(config).close()
