"""Brings the database to this program's schema; refuses one that is newer."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, inspect, text
from sqlmodel import SQLModel

from storage.engine import Engines

if TYPE_CHECKING:
    from alembic.config import Config

_MIGRATE_LOCK = 0x554E444D
HERE = Path(__file__).parent / "migrations"


class SchemaTooNew(Exception):
    """The database was written by a newer Understudy."""


def config() -> "Config":
    from alembic.config import Config

    made = Config()
    made.set_main_option("script_location", str(HERE))
    return made


async def migrate(engines: Engines) -> None:
    """Apply what is missing. Several processes may start at once: one migrates, the others wait.

    SchemaTooNew when the database knows a revision that this program does not.
    """
    async with engines.write.begin() as connection:
        # Alembic costs a third of a start; a database that is up to date needs none of it.
        if await connection.run_sync(_revision) == head():
            return
        if not engines.is_sqlite:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATE_LOCK})
        await connection.run_sync(_upgrade)


def head() -> str:
    """The newest revision this program knows: the one no other builds upon."""
    pages = [page.read_text(encoding="utf-8") for page in sorted((HERE / "versions").glob("*.py"))]
    stated = [(_named("revision", page), _named("down_revision", page)) for page in pages]
    built_upon = {before for _, before in stated}
    [newest] = (revision for revision, _ in stated if revision not in built_upon)
    return newest


def _named(name: str, page: str) -> str:
    found = re.search(rf"^{name}\b[^=\n]*= *['\"]([^'\"]+)", page, re.MULTILINE)
    return found[1] if found else ""


def _revision(connection: Connection) -> str:
    """What the database was last brought to; "" for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or "")


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    settings = config()
    known = {revision.revision for revision in ScriptDirectory.from_config(settings).walk_revisions()}
    current = MigrationContext.configure(connection).get_current_revision()
    if current is not None and current not in known:
        raise SchemaTooNew(f"the database is at revision {current}, which this version does not know; install the newer one")
    settings.attributes["connection"] = connection
    command.upgrade(settings, "head")


def differences(connection: Connection) -> list[Any]:
    """What the rows in code and the migrated tables disagree on; empty when nothing is forgotten."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, SQLModel.metadata))
