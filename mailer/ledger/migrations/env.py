"""Alembic's entry: runs the numbered migrations on the connection the ledger hands over, in its transaction."""

from __future__ import annotations

from alembic import context

from mailer.ledger.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
