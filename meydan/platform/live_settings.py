"""Settings an operator changes while the program runs: stored in the database, applied on every node at once.

A domain declares a frozen pydantic model and registers it under a section; whoever needs a value asks
`live.current(Model)` each time, which is a dictionary look-up.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import msgspec
import structlog
from pydantic import BaseModel, ValidationError
from sqlalchemy import JSON, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from meydan.platform.bus import Bus
from meydan.platform.clock import Clock
from meydan.platform.db import Base, Database
from meydan.platform.errors import InvalidInput, NotFound

log = structlog.get_logger(__name__)

M = TypeVar("M", bound=BaseModel)
Listener = Callable[[BaseModel], None]
_CHANNEL = "live-settings"


class StoredSettings(Base):
    """What was changed from the defaults of one section."""

    __tablename__ = "live_settings"

    section: Mapped[str] = mapped_column(String(64), primary_key=True)
    values: Mapped[dict[str, Any]] = mapped_column(JSON)
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(String(64))


class UnknownSection(NotFound):
    """No part of the program has settings under this name."""

    code = "ayar_bolumu_yok"

    def __init__(self, section: str) -> None:
        super().__init__(bolum=section)


class LiveSettings:
    """The current value of every section on this node."""

    def __init__(self, db: Database, bus: Bus, clock: Clock) -> None:
        self._db = db
        self._bus = bus
        self._clock = clock
        self._models: dict[str, type[BaseModel]] = {}
        self._current: dict[type[BaseModel], BaseModel] = {}
        self._listeners: list[Listener] = []

    def register(self, section: str, model: type[BaseModel]) -> None:
        """Give `section` the defaults of `model`."""
        self._models[section] = model
        self._current[model] = model()

    def current(self, model: type[M]) -> M:
        """Return the section's values as they are now."""
        value = self._current[model]
        assert isinstance(value, model)  # noqa: S101  # `register` stores nothing else
        return value

    def on_change(self, listener: Listener) -> None:
        """Call `listener` with the new values whenever a section changes."""
        self._listeners.append(listener)

    def sections(self) -> dict[str, BaseModel]:
        """Return every section's name and current values."""
        return {section: self._current[model] for section, model in self._models.items()}

    async def start(self) -> None:
        """Load what was changed before and follow changes made on any node."""
        await self._bus.subscribe(_CHANNEL, self._heard)
        for section, values in (await self._db.read(_stored)).items():
            if section in self._models:
                self._apply(section, values)

    async def change(self, section: str, changes: dict[str, Any], *, by: str) -> BaseModel:
        """Change some values of a section and return all of them; unknown names and bad values are `InvalidInput`."""
        if section not in self._models:
            raise UnknownSection(section)
        model = self._models[section]
        for name in changes:
            if name not in model.model_fields:
                raise InvalidInput(field=name, reason="unknown")

        def save(session: Session) -> dict[str, Any]:
            row = session.get(StoredSettings, section, with_for_update=True)
            values = {**(row.values if row else {}), **changes}
            value = _validated(model, values)
            stored = value.model_dump(mode="json", include=set(values))
            session.merge(StoredSettings(section=section, values=stored, changed_at=self._clock.now(), changed_by=by))
            return stored

        values = await self._db.write(save)
        self._apply(section, values)
        await self._bus.publish(_CHANNEL, msgspec.json.encode([section, values]))
        return self._current[model]

    def _heard(self, message: bytes) -> None:
        section, values = msgspec.json.decode(message)
        if section in self._models:
            self._apply(section, values)

    def _apply(self, section: str, values: dict[str, Any]) -> None:
        model = self._models[section]
        known = {name: value for name, value in values.items() if name in model.model_fields}
        try:
            value = model.model_validate(known)
        except ValidationError:
            log.warning("live_settings.ignored", section=section)  # written by a newer or older version
            return
        if value != self._current[model]:
            self._current[model] = value
            for listener in self._listeners:
                listener(value)


def _validated(model: type[M], values: dict[str, Any]) -> M:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        raise InvalidInput(field=".".join(map(str, first["loc"])), reason=first["msg"]) from None


def _stored(session: Session) -> dict[str, dict[str, Any]]:
    return {row.section: row.values for row in session.scalars(select(StoredSettings))}
