"""The bots and chats of the saturated runs, what keeps them saturated, and how a run is judged."""

import asyncio
import itertools

from benchmarks.telegram_limits import Outcome
from meydan.accounts.actor import Actor
from meydan.accounts.permissions import Role
from meydan.app.fleet import Fleet
from meydan.telegram.fake.limits import FakeLimits
from meydan.telegram.fake.server import FakeTelegram
from meydan.telegram.orders import Order

BOTS, GROUPS, PEOPLE = 20, 50, 500
WARM = 65.0
"""Seconds until every window has been full once."""

OWNER = Actor("olcum", "Ölçüm", Role.OWNER, "benchmark")
_AHEAD = 6  # messages that wait in every chat

Lane = tuple[str, int]
"""A bot, by its token or its id, and a chat."""


def people(fake: FakeTelegram) -> list[Lane]:
    """Make the bots and their chats, and return the lanes."""
    tokens = [fake.make_bot(name=f"B{number}", username=f"dolu{number}_bot") for number in range(BOTS)]
    lanes: list[Lane] = []
    for number in range(PEOPLE):
        token = tokens[number % BOTS]
        person = fake.people.make_person(f"Kişi {number}")
        fake.people.start(int(token.split(":")[0]), person.id)
        lanes.append((token, person.id))
    for number in range(GROUPS):
        token = tokens[number % BOTS]
        room = fake.people.make_chat("supergroup", f"Grup {number}")
        fake.people.set_member(room.key, int(token.split(":")[0]), "administrator")
        lanes.append((token, room.chat.id))
    return lanes


async def feed(fleet: Fleet, lanes: list[Lane], until: float) -> None:
    """Keep every chat's queue filled whose bot runs here; the fleet does the rest. Lanes name bots by their ids."""
    loop = asyncio.get_running_loop()
    numbers = itertools.count()

    async def fill(bot: str, chat: int) -> None:
        while loop.time() < until:
            runs = fleet.runner.bots.get(bot)
            for _ in range(_AHEAD - runs.sender.queue.depth(chat) if runs is not None else 0):
                text = f"{next(numbers):08d} " + "x" * 91
                await fleet.outbox.send(OWNER, Order(bot_ids=(bot,), chat_id=chat, text=text))
            await asyncio.sleep(1.0)

    await asyncio.gather(*(fill(bot, chat) for bot, chat in lanes))


def judged(fake: FakeTelegram, begin: float, end: float, cpu: float) -> Outcome:
    """Judge the time between two moments of the fake's clock by what it saw arrive; `cpu` was spent on all of it."""
    report = fake.report
    everything = sum(map(len, report.arrivals.values()))
    private, group = _longest(report.arrivals, begin, end)
    sent = sum(begin <= moment < end for moments in report.arrivals.values() for moment in moments)
    return Outcome(sent, _permitted(end - begin), report.refusals, private, group, cpu / everything)


def _longest(arrivals: dict[tuple[int, int], list[float]], begin: float, end: float) -> tuple[float, float]:
    longest = {True: 0.0, False: 0.0}
    for (_, chat), moments in arrivals.items():
        inside = [begin, *(moment for moment in moments if begin <= moment < end), end]
        gap = max(later - earlier for earlier, later in itertools.pairwise(inside))
        longest[chat < 0] = max(longest[chat < 0], gap)
    return longest[False], longest[True]


def _permitted(seconds: float) -> float:
    """Return how many sends the limits let through: each chat's own, and no bot more than thirty a second."""
    limits = FakeLimits()
    chat = limits.chat_count / limits.chat_seconds
    group = min(chat, limits.group_count / limits.group_seconds)
    per_bot = PEOPLE / BOTS * chat + GROUPS / BOTS * group
    return BOTS * min(per_bot, limits.bot_count / limits.bot_seconds) * seconds
