"""Telegram's part of the composition root: the outbox and, in a process that works, the bots."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from meydan.accounts.vault import Vault
from meydan.app.engines import disk_room, telegram_limiter
from meydan.platform.settings import Settings
from meydan.platform.tasks import Service
from meydan.telegram.api import HttpBotApi
from meydan.telegram.bots import BotService
from meydan.telegram.budget import BudgetService
from meydan.telegram.client.files import SessionFolder
from meydan.telegram.client.listing import SessionListing
from meydan.telegram.client.sessions_service import SessionService
from meydan.telegram.client.state import RedisStates
from meydan.telegram.conversation import ConversationService
from meydan.telegram.fake.tokens import is_fake_token
from meydan.telegram.journal import Journal
from meydan.telegram.outbox import OutboxService
from meydan.telegram.runner import FleetRunner
from meydan.telegram.settings import TelegramSettings
from meydan.telegram.trial import TrialService, TrialWorld
from meydan.telegram.updates import Intake
from meydan.telegram.uploads import UploadService

if TYPE_CHECKING:
    from meydan.app.composition import Accounts


@dataclass(frozen=True)
class Fleet:
    """Everything of Telegram in one process."""

    api: HttpBotApi
    bots: BotService
    outbox: OutboxService
    uploads: UploadService
    budget: BudgetService
    conversations: ConversationService
    trial: TrialService
    sessions: SessionService
    intake: Intake
    journal: Journal
    runner: FleetRunner

    @property
    def parts(self) -> dict[str, Any]:
        """What HTTP's endpoints ask for by name."""
        return {
            "bots": self.bots,
            "outbox": self.outbox,
            "uploads": self.uploads,
            "budget": self.budget,
            "conversations": self.conversations,
            "trial": self.trial,
            "telegram_sessions": self.sessions,
            "intake": self.intake,
        }

    def services(self, *, worker: bool) -> list[Service]:
        """Return what is to run: everywhere the journal, with `worker` also the bots."""
        return [self.journal, self.runner] if worker else [self.journal]


@contextlib.asynccontextmanager
async def open_fleet(
    accounts: "Accounts", *, node: str, world: TrialWorld | None = None, lease: float = 10.0
) -> AsyncIterator[Fleet]:
    """Build Telegram's part of a process.

    `world` is the fake Telegram that runs in it, `lease` how many seconds its bots wait for it when it dies.
    """
    settings, engines, clock, live = accounts.settings, accounts.engines, accounts.clock, accounts.live
    vault = Vault.from_settings(settings)
    api = HttpBotApi(api_url=settings.telegram_api_url, trial_url=_trial_url(settings, world))
    limiter = telegram_limiter(engines, clock, lambda: live.current(TelegramSettings))
    journal = Journal(engines.db, clock, worker=node)
    intake = Intake(engines.db, clock)
    bots = BotService(
        db=engines.db,
        bus=engines.bus,
        clock=clock,
        vault=vault,
        api=api,
        public_url=settings.public_url,
        is_trial=is_fake_token,
    )
    fleet = Fleet(
        api=api,
        bots=bots,
        outbox=OutboxService(db=engines.db, bus=engines.bus, clock=clock, live=live, journal=journal, limiter=limiter),
        uploads=UploadService(db=engines.db, clock=clock, live=live, room=lambda: disk_room(settings)),
        budget=BudgetService(db=engines.db, bus=engines.bus, clock=clock, limiter=limiter),
        conversations=ConversationService(engines.db),
        trial=TrialService(bots, world),
        sessions=SessionService(
            db=engines.db,
            clock=clock,
            listing=SessionListing(
                SessionFolder(settings.data_dir / "sessions", vault),
                clock,
                shared=None if engines.redis is None else RedisStates(engines.redis),
            ),
        ),
        intake=intake,
        journal=journal,
        runner=FleetRunner(
            db=engines.db,
            bus=engines.bus,
            clock=clock,
            live=live,
            vault=vault,
            api=api,
            journal=journal,
            limiter=limiter,
            intake=intake,
            public_url=settings.public_url,
            lease=lease,
        ),
    )
    await fleet.outbox.start()
    try:
        yield fleet
    finally:
        await api.close()


def _trial_url(settings: Settings, world: TrialWorld | None) -> str:
    """Return where bots of a fake Telegram live: the one in this process, or one that runs by itself beside it."""
    if world is not None:
        return world.url
    own = urlsplit(settings.telegram_api_url).hostname in {"127.0.0.1", "localhost", "::1"}
    return settings.telegram_api_url if own else ""
