"""Serves a practice workspace on loopback, inside the running event loop."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.routing import BaseRoute

from handlers.rehearsal.slack_api import routes
from handlers.rehearsal.slack_model import App
from handlers.rehearsal.slack_seed import PRACTICE_SEED, Seed, sow
from handlers.rehearsal.workspace import Workspace
from handlers.web.serving import served


@dataclass(frozen=True)
class PracticeSlack:
    """A running practice workspace."""

    workspace: Workspace
    address: str
    """http://127.0.0.1:PORT"""

    @property
    def api(self) -> str:
        """The base URL for a Slack client: `AsyncWebClient(token, base_url=…)`."""
        return f"{self.address}/api/"

    @property
    def app(self) -> App:
        """The first installed app, which is the product's."""
        return next(iter(self.workspace.apps.values()))

    @property
    def script(self) -> App:
        """The foreign client whose token scripts use."""
        return next(app for app in self.workspace.apps.values() if app.practice)


@asynccontextmanager
async def practice_slack(
    path: Path | str = ":memory:",
    port: int = 0,
    *,
    host: str = "127.0.0.1",
    seed: Seed = PRACTICE_SEED,
    more_routes: Sequence[BaseRoute] = (),
    **options: Any,
) -> AsyncIterator[PracticeSlack]:
    """A practice workspace that answers: its file at `path`, its Web API at http://host:port/api/.

    A new file is sown with `seed`; an old one continues.  Options go to `Workspace` (faults, rates, timing, clock).
    more_routes: what else to serve on this port, e.g. the page.
    """
    workspace = Workspace(path, **options)
    try:
        sow(workspace, seed)
        await workspace.delivery.sockets.open(host)
        web = Starlette(routes=[*routes(workspace), *more_routes])
        async with served(web, host, port) as address:
            workspace.address = address
            yield PracticeSlack(workspace, address)
            await workspace.delivery.close()
    finally:
        await workspace.close()
