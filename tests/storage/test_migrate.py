"""Migrations: the rows in code and the tables agree, a start costs nothing when there is nothing to do."""

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import text

from storage.engine import Engines, open_engines
from storage.migrate import SchemaTooNew, config, differences, head, migrate


@pytest.fixture
async def engines(tmp_path: Path):
    engines = open_engines(f"sqlite:///{tmp_path / 'some.db'}")
    yield engines
    await engines.dispose()


async def test_migrating_makes_the_tables_that_the_rows_describe(engines: Engines) -> None:
    await migrate(engines)

    async with engines.write.begin() as connection:
        assert await connection.run_sync(differences) == []


def test_the_newest_revision_is_the_one_alembic_means() -> None:
    assert head() == ScriptDirectory.from_config(config()).get_current_head()


async def test_a_database_that_is_up_to_date_starts_without_alembic(engines: Engines, tmp_path: Path) -> None:
    await migrate(engines)
    program = (
        "import asyncio, sys\n"
        "from storage.engine import open_engines\n"
        "from storage.migrate import migrate\n"
        "async def main():\n"
        f"    engines = open_engines({f'sqlite:///{tmp_path}/some.db'!r})\n"
        "    await migrate(engines)\n"
        "    await engines.dispose()\n"
        "asyncio.run(main())\n"
        "print('alembic' in sys.modules)\n"
    )

    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: ASYNC221

    assert ran.stdout == "False\n"


async def test_a_database_of_a_newer_program_is_refused(engines: Engines) -> None:
    await migrate(engines)
    async with engines.write.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = 'ffff'"))

    with pytest.raises(SchemaTooNew, match="ffff"):
        await migrate(engines)


async def test_migrating_twice_changes_nothing(engines: Engines) -> None:
    await migrate(engines)
    async with engines.write.begin() as connection:
        before = (await connection.execute(text("SELECT sql FROM sqlite_master ORDER BY name"))).all()

    await migrate(engines)

    async with engines.write.begin() as connection:
        assert (await connection.execute(text("SELECT sql FROM sqlite_master ORDER BY name"))).all() == before
