"""Search in messages: by folded words, the last of which may be a beginning. Each database has its own index."""

from typing import Protocol

from sqlalchemy import ColumnElement, Select, func, literal_column, select, text
from sqlalchemy.dialects.postgresql import TSVECTOR

from meydan.chat.models import Message


class SearchIndex(Protocol):
    """Finds messages by words that `platform.turkish.words` made; each word matches as a beginning."""

    def matches(self, words: list[str]) -> ColumnElement[bool]:
        """Return the condition on `Message` that all of `words` occur."""
        ...


class SqliteSearch:
    """FTS5 over the folded column."""

    def matches(self, words: list[str]) -> ColumnElement[bool]:
        """Return the condition as a look-up in the index."""
        query = " ".join(f'"{word}"*' for word in words)
        found: Select[int] = (
            select(literal_column("rowid"))
            .select_from(text("message_search"))
            .where(text("message_search MATCH :words").bindparams(words=query))
        )
        return Message.pk.in_(found)


class PostgresSearch:
    """A GIN index over the folded column's words."""

    def matches(self, words: list[str]) -> ColumnElement[bool]:
        """Return the condition as a text-search match."""
        vector = func.to_tsvector(literal_column("'simple'"), Message.folded, type_=TSVECTOR)
        query = " & ".join(f"'{word}':*" for word in words)
        return vector.bool_op("@@")(func.to_tsquery(literal_column("'simple'"), query))
