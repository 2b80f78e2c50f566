"""Brings the database to this program's schema; refuses one that is newer."""

from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlmodel import SQLModel

from storage.engine import Engines

_MIGRATE_LOCK = 0x554E444D
HERE = Path(__file__).parent / "migrations"


class SchemaTooNew(Exception):
    """The database was written by a newer Understudy."""


def config() -> Config:
    made = Config()
    made.set_main_option("script_location", str(HERE))
    return made


async def migrate(engines: Engines) -> None:
    """Apply what is missing. Several processes may start at once: one migrates, the others wait.

    SchemaTooNew when the database knows a revision that this program does not.
    """
    async with engines.write.begin() as connection:
        if not engines.is_sqlite:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATE_LOCK})
        await connection.run_sync(_upgrade)


def _upgrade(connection: Connection) -> None:
    settings = config()
    known = {revision.revision for revision in ScriptDirectory.from_config(settings).walk_revisions()}
    current = MigrationContext.configure(connection).get_current_revision()
    if current is not None and current not in known:
        raise SchemaTooNew(f"the database is at revision {current}, which this version does not know; install the newer one")
    settings.attributes["connection"] = connection
    command.upgrade(settings, "head")


def differences(connection: Connection) -> list[Any]:
    """What the rows in code and the migrated tables disagree on; empty when nothing is forgotten."""
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, SQLModel.metadata))
