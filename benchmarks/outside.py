"""The world around the house: the practice mail server and workspace in this process, each behind a tap."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import socket

from starlette.applications import Starlette

from benchmarks.house import HouseProcess, start
from benchmarks.tap import Tap
from handlers.app import SystemClock
from handlers.rehearsal.business import sample_business
from handlers.rehearsal.cast import Business, cast_of
from handlers.rehearsal.mail_server import PracticeMail
from handlers.rehearsal.slack_api import routes
from handlers.rehearsal.slack_seed import sow
from handlers.rehearsal.stage import furnish, mailboxes, seed_of, write_home
from handlers.rehearsal.workspace import Workspace
from handlers.web.serving import served
from storage.engine import open_engines
from storage.migrate import migrate
from storage.store import Store


@dataclass
class Outside:
    """What stands around a house; `start_house` puts the house into it."""

    home: Path
    mail: PracticeMail
    workspace: Workspace
    business: Business
    imap: Tap
    slack: Tap
    environ: dict[str, str]
    web: str
    log: Path

    async def start_house(self, *, environ: Mapping[str, str] | None = None) -> HouseProcess:
        """`understudy run`, once it is ready."""
        words = ("-m", "handlers", "run", "--home", str(self.home))
        return await start(
            *words, ready=f"{self.web}/readyz", environ={**self.environ, **(environ or {})}, log=self.log
        )

    async def bring(self, raw: bytes) -> None:
        """A letter reaches the business's mailbox, as its mail server files it."""
        await self.mail.deliver(raw, [self.business.address])

    def clear(self) -> None:
        self.imap.clear()
        self.slack.clear()


@asynccontextmanager
async def open_outside(home: Path) -> AsyncIterator[Outside]:
    """The sample business with its mailboxes, its workspace and a home that holds nothing but its clients."""
    home.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240
    sample = sample_business(SystemClock().now().date())
    async with AsyncExitStack() as world:
        workspace = Workspace(home / "practice.db")
        world.push_async_callback(workspace.close)
        workspace.rates.enforced = False  # Slack takes one post a second; what is measured here is ours
        sow(workspace, seed_of(sample))
        business = cast_of(sample, workspace)
        mail = await world.enter_async_context(
            PracticeMail(mailboxes(business), home / "practice-mail.db", smtp_port=0, imap_port=0)
        )
        await workspace.delivery.sockets.open("127.0.0.1")
        web = await world.enter_async_context(served(Starlette(routes=routes(workspace)), "127.0.0.1", 0))
        workspace.address = web
        world.push_async_callback(workspace.delivery.close)
        imap = await world.enter_async_context(Tap(mail.imap_address))
        host, _, port = web.removeprefix("http://").partition(":")
        slack = await world.enter_async_context(Tap((host, int(port))))
        own = f"127.0.0.1:{free_port()}"
        settings = write_home(
            home, sample, workspace, smtp=str(mail.smtp_address), imap="{}:{}".format(*imap.address),
            web="http://{}:{}".format(*slack.address),
        )  # fmt: skip
        engines = open_engines(settings.storage.url)
        try:
            await migrate(engines)
            await furnish(Store(engines), sample, workspace, now=SystemClock().now())
        finally:
            await engines.dispose()
        environ = {"UNDERSTUDY_WEB__ADDRESS": own}
        yield Outside(home, mail, workspace, business, imap, slack, environ, f"http://{own}", home / "house.log")


async def rest(seconds: float) -> None:
    """Let the house finish what it does after a card is posted, so that the next measurement starts from quiet."""
    await asyncio.sleep(seconds)


def free_port() -> int:
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
