"""The world around the house: the practice mail server and workspace in this process, each behind a tap."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import socket
from urllib.parse import urlsplit

from benchmarks.house import HouseProcess, start
from benchmarks.tap import Tap
from tests.flows.desk import Desk
from tests.flows.house import open_house
from tests.flows.post_office import PostOffice


@dataclass
class Outside:
    """What stands around a house; `start_house` puts the house into it."""

    home: Path
    post: PostOffice
    desk: Desk
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

    async def bring(self, sender: str, raw: bytes) -> None:
        """A letter reaches the business's mailbox, as its mail server files it."""
        del sender
        await self.post.mail.deliver(raw, [self.post.business.address])

    def clear(self) -> None:
        self.imap.clear()
        self.slack.clear()


@asynccontextmanager
async def open_outside(home: Path) -> AsyncIterator[Outside]:
    home.mkdir(parents=True, exist_ok=True)
    async with AsyncExitStack() as world:
        staged = await world.enter_async_context(open_house(home, start=False))
        settings = staged.settings
        assert settings.mail is not None
        assert settings.slack is not None
        api = urlsplit(settings.slack.api)
        assert api.hostname is not None
        assert api.port is not None
        imap = await world.enter_async_context(Tap(staged.mail.imap_address))
        slack = await world.enter_async_context(Tap((api.hostname, api.port)))
        user = urlsplit(settings.mail.imap).username
        port = _free_port()
        environ = {
            "UNDERSTUDY_MAIL__IMAP": f"imap://{user}@{imap.address[0]}:{imap.address[1]}",
            "UNDERSTUDY_SLACK__API": f"http://{slack.address[0]}:{slack.address[1]}/api/",
            "UNDERSTUDY_WEB__ADDRESS": f"127.0.0.1:{port}",
        }
        yield Outside(
            home, staged.post, staged.desk, imap, slack, environ, f"http://127.0.0.1:{port}", home / "house.log"
        )


async def rest(seconds: float) -> None:
    """Let the house finish what it does after a card is posted, so that the next measurement starts from quiet."""
    await asyncio.sleep(seconds)


def _free_port() -> int:
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
