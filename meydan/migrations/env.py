"""Alembic's entry: runs migrations on the connection that `platform.migrate` opened."""

from alembic import context

from meydan.platform.db import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transaction_per_migration=True,
    render_as_batch=True,
)
context.run_migrations()
