"""Settings an operator changes while the program runs: stored in the database, applied on every node at once.

Each change of a section has a later moment than the one before it, whatever the clocks of the nodes say; a node goes by
the latest it has heard of, in whichever order they come. What it did not hear `reload` finds.

A domain declares a frozen pydantic model and registers it under a section; whoever needs a value asks
`live.current(Model)` each time, which is a dictionary look-up.
"""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

import msgspec
import structlog
from pydantic import BaseModel, ValidationError
from sqlalchemy import JSON, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from meydan.platform.bus import Bus
from meydan.platform.clock import Clock
from meydan.platform.db import Base, Database, insert_missing
from meydan.platform.errors import InvalidInput, NotFound, Unavailable
from meydan.platform.reasons import of_pydantic
from meydan.platform.texts import LANGUAGES, Language, catalogue

log = structlog.get_logger(__name__)

M = TypeVar("M", bound=BaseModel)
Listener = Callable[[BaseModel], None]
Also = Callable[[Session, dict[str, Any]], None]
_CHANNEL = "live-settings"
_INSTANT = timedelta(microseconds=1)
_EVERY = 30.0


class _Word(msgspec.Struct, frozen=True):
    """A change as the nodes tell each other."""

    section: str
    values: dict[str, Any]
    changed_at: datetime


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


class BadSetting(InvalidInput):
    """A value is not one that the setting takes; people are told the setting's title."""

    def __init__(self, section: str, model: type[BaseModel], error: Mapping[str, Any]) -> None:
        name = str(error["loc"][0])
        super().__init__(field=name, reason=of_pydantic(error))
        self._titles = setting_titles(section, model, name)

    def field(self, language: Language) -> str:
        """Return the setting's title."""
        return self._titles[language]


class LiveSettings:
    """The current value of every section on this node.

    It hears of changes when it has started; while it runs, it also finds those that no word came of: said while the bus
    was away, or by a command without one.
    """

    name = "live-settings"
    vital = False

    def __init__(self, db: Database, bus: Bus, clock: Clock, *, every: float = _EVERY) -> None:
        self._db = db
        self._bus = bus
        self._clock = clock
        self._models: dict[str, type[BaseModel]] = {}
        self._current: dict[type[BaseModel], BaseModel] = {}
        self._changed_at: dict[str, datetime] = {}
        self._listeners: list[Listener] = []
        self._every = every
        self._due = asyncio.Event()
        self._draining = False

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
        await self._bus.subscribe(_CHANNEL, self._heard, resync=self._due.set)
        await self.reload()

    async def run(self) -> None:
        """Look for changes every half minute, and at once when the bus is back, until drained."""
        while not self._draining:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._due.wait(), self._every)
            self._due.clear()
            try:
                await self.reload()
            except Unavailable:
                log.warning("live_settings.reload_put_off")

    async def drain(self) -> None:
        """Stop looking."""
        self._draining = True
        self._due.set()

    async def reload(self) -> None:
        """Take up what was changed without a word of it coming here."""
        for word in await self._db.read(_stored):
            self._apply(word)

    async def change(
        self, section: str, changes: dict[str, Any], *, by: str, also: Also = lambda _session, _values: None
    ) -> BaseModel:
        """Change some values of a section and return all of them; unknown names and bad values are `InvalidInput`.

        `also` is done in the same transaction, with the changed values as they are stored.
        """
        if section not in self._models:
            raise UnknownSection(section)
        model = self._models[section]
        for name in changes:
            if name not in model.model_fields:
                raise InvalidInput(field=name, reason="extra_forbidden")

        def save(session: Session) -> _Word:
            now = self._clock.now()
            first = {"section": section, "values": {}, "changed_at": now, "changed_by": by}
            session.execute(insert_missing(session, StoredSettings).values(first))
            row = session.get_one(StoredSettings, section, with_for_update=True)
            values = {**_sound(model, row.values), **changes}
            stored = _validated(section, model, values).model_dump(mode="json", include=set(values))
            row.values, row.changed_by = {**row.values, **stored}, by
            row.changed_at = max(now, row.changed_at + _INSTANT)
            also(session, {name: stored[name] for name in changes})
            return _Word(section, row.values, row.changed_at)

        word = await self._db.write(save)
        self._apply(word)
        await self._bus.publish(_CHANNEL, msgspec.json.encode(word))
        return self._current[model]

    def _heard(self, message: bytes) -> None:
        try:
            self._apply(msgspec.json.decode(message, type=_Word))
        except msgspec.MsgspecError:
            log.warning("live_settings.not_understood")  # said by a newer or older version

    def _apply(self, word: _Word) -> None:
        section, last = word.section, self._changed_at.get(word.section)
        if section not in self._models or (last is not None and word.changed_at <= last):
            return
        self._changed_at[section] = word.changed_at
        model = self._models[section]
        value = model.model_validate(_sound(model, word.values))
        if value != self._current[model]:
            self._current[model] = value
            for listener in self._listeners:
                listener(value)


def setting_titles(section: str, model: type[BaseModel], name: str) -> dict[Language, str]:
    """Return a setting's title by language; the Turkish one stands at the field, the others in the catalogues."""
    turkish = model.model_fields[name].title or name
    return {
        language: turkish if language == "tr" else catalogue(language)["setting"].get(section, {}).get(name, name)
        for language in LANGUAGES
    }


def _validated(section: str, model: type[M], values: dict[str, Any]) -> M:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise BadSetting(section, model, error.errors(include_url=False, include_input=False)[0]) from None


def _sound(model: type[BaseModel], stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the model takes of stored values; a newer or older version may have written others."""
    known = {name: value for name, value in stored.items() if name in model.model_fields}
    try:
        model.model_validate(known)
    except ValidationError as error:
        refused = {str(one["loc"][0]) for one in error.errors(include_url=False, include_input=False)}
        log.warning("live_settings.ignored", names=sorted(refused))
        return {name: value for name, value in known.items() if name not in refused}
    return known


def _stored(session: Session) -> list[_Word]:
    return [_Word(row.section, row.values, row.changed_at) for row in session.scalars(select(StoredSettings))]
