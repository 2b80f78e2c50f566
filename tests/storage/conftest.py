"""Memory on both of its databases: every story here is told on SQLite and on PostgreSQL."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from storage.engine import open_engines
from storage.migrate import migrate
from storage.store import Store
from tests.storage.postgres import a_database


@pytest.fixture(scope="session")
def postgres_template() -> Iterator[str]:
    """The name of a migrated PostgreSQL database to copy; it stands as long as the tests run."""
    ready, over = threading.Event(), threading.Event()
    made: dict[str, Any] = {}

    async def stand() -> None:
        async with a_database() as url:
            engines = open_engines(url)
            await migrate(engines)
            await engines.dispose()
            made["name"] = url.rpartition("/")[2]
            ready.set()
            await asyncio.to_thread(over.wait)

    def run() -> None:
        try:
            asyncio.run(stand())
        except BaseException as error:
            made["error"] = error
        finally:
            ready.set()

    thread = threading.Thread(target=run)
    thread.start()
    ready.wait()
    try:
        if "error" in made:
            raise made["error"]
        yield made["name"]
    finally:
        over.set()
        thread.join()


@pytest.fixture(params=["sqlite", "postgresql"])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'house.db'}"
    else:
        async with a_database(like=request.getfixturevalue("postgres_template")) as own:
            yield own


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    engines = open_engines(url)
    await migrate(engines)
    yield Store(engines)
    await engines.dispose()
