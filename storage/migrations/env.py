"""Alembic's entry: runs the migrations on the connection that `storage.migrate` hands over."""

from alembic import context
from sqlmodel import SQLModel

import storage.store

assert storage.store  # imported so that every row is known

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
