"""One house a story on SQLite and memory; one house for all core stories on each of the split backends."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.flows.backends import BACKENDS, backend_settings
from tests.flows.house import House, open_house

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All stories share one loop, for a split house lives longer than one of them."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.asyncio(loop_scope="package"), append=False)


@pytest_asyncio.fixture(scope="package", loop_scope="package", params=BACKENDS)
async def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House | None]:
    """The split house of this backend; None for SQLite, where each story has a house of its own."""
    if request.param == "sqlite":
        yield None
        return
    with backend_settings(request.param) as environ:
        home = tmp_path_factory.mktemp(request.param)
        async with open_house(home, backend=request.param, environ=environ) as house:
            yield house


@pytest_asyncio.fixture(loop_scope="package")
async def house(shared: House | None, tmp_path: Path) -> AsyncIterator[House]:
    """A house on every backend. What a story leaves behind must hold together."""
    if shared is not None:
        yield shared
        await shared.quiet()
        return
    async with open_house(tmp_path / "home") as own:
        yield own
        await own.quiet()


@pytest_asyncio.fixture(loop_scope="package")
async def own_house(tmp_path: Path) -> AsyncIterator[House]:
    """A house on SQLite and memory that is this story's alone."""
    async with open_house(tmp_path / "home") as own:
        yield own
        await own.quiet()
