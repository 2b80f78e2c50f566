"""The practice world: everything a business touches, on one machine; the house in it is the same as live."""

import asyncio
import json
import logging
import sys
import time
import webbrowser
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.errors import Permanent
from handlers.app import SystemClock, Tuning
from handlers.logs import set_up_logs
from handlers.processes import Running, keep_what_was_built, run_embedded, until_told
from handlers.rehearsal.business import SampleBusiness, sample_business
from handlers.rehearsal.cast import Business, cast_of
from handlers.rehearsal.mail_server import PracticeMail
from handlers.rehearsal.page import page_routes
from handlers.rehearsal.slack_api import routes as slack_routes
from handlers.rehearsal.slack_seed import sow
from handlers.rehearsal.stage import furnish, mailboxes, seed_of, write_home
from handlers.rehearsal.workspace import Workspace
from handlers.web.serving import served
from storage.engine import open_engines
from storage.migrate import migrate
from storage.store import Store

log = logging.getLogger(__name__)

FAST_UNDO = timedelta(seconds=5)
"""Long enough to read the line and press Undo."""
READY_WITHIN = 60.0
POLL_SECONDS = 5.0
"""A rehearsed owner who answers from their own mailbox wants to see the card settle at once."""


@dataclass(frozen=True)
class World:
    """A practice world that runs."""

    home: Path
    web: str
    mail: PracticeMail
    workspace: Workspace
    business: Business
    running: Running
    about: dict[str, object]


@asynccontextmanager
async def practice_world(
    home: Path, *, smtp_port: int = 2525, imap_port: int = 1143, web_port: int = 8025, tuning: Tuning | None = None
) -> AsyncIterator[World]:
    """Open it: mail server, workspace, page, then the house; ready when yielded. Permanent: a port is taken.

    `home` gets rehearsal.json; everything else is in its folder `rehearsal`, an ordinary home of the sample business.
    """
    inner = home / "rehearsal"
    inner.mkdir(parents=True, exist_ok=True)
    sample = sample_business(SystemClock().now().date())
    async with AsyncExitStack() as world:
        workspace = Workspace(inner / "practice.db")
        world.push_async_callback(workspace.close)
        sow(workspace, seed_of(sample))
        business = cast_of(sample, workspace)
        people = mailboxes(business)
        mail = await world.enter_async_context(
            PracticeMail(people, inner / "practice-mail.db", smtp_port=smtp_port, imap_port=imap_port)
        )
        await workspace.delivery.sockets.open("127.0.0.1")
        starting = Route("/readyz", _starting)
        web_app = Starlette(routes=[starting, *slack_routes(workspace), *page_routes(workspace, mail, business)])
        web = await world.enter_async_context(served(web_app, "127.0.0.1", web_port))
        workspace.address = web
        world.push_async_callback(workspace.delivery.close)
        settings = write_home(
            inner, sample, workspace, smtp=str(mail.smtp_address), imap=str(mail.imap_address), web=web
        )
        await _furnish(settings.storage.url, sample, workspace)
        running = await world.enter_async_context(run_embedded(settings, tuning=tuning, serve=False))
        web_app.router.routes[:1] = running.routes
        await _until_ready(running)
        about: dict[str, object] = {
            "web": web,
            "smtp": str(mail.smtp_address),
            "imap": str(mail.imap_address),
            "desk": "#desk",
            "slack": {"api": f"{web}/api/", "token": _script_token(workspace)},
            "mailboxes": [
                {"role": p.role, "name": p.name, "address": p.address, "user": p.user, "password": p.password} for p in people
            ],
        }
        _write_whole(home / "rehearsal.json", json.dumps(about, indent=2, ensure_ascii=False) + "\n")
        yield World(home, web, mail, workspace, business, running, about)


async def _furnish(url: str, sample: SampleBusiness, workspace: Workspace) -> None:
    engines = open_engines(url)
    try:
        await migrate(engines)
        await furnish(Store(engines), sample, workspace, now=SystemClock().now())
    finally:
        await engines.dispose()


async def _until_ready(running: Running) -> None:
    began = time.monotonic()
    while not (await running.health.state())[0]:
        if time.monotonic() - began > READY_WITHIN:
            _, lines = await running.health.state()
            raise Permanent("the practice world did not become ready: " + "; ".join(lines))
        await asyncio.sleep(0.05)


async def _starting(_request: Request) -> Response:
    return PlainTextResponse("the practice world is starting\n", status_code=503)


def _script_token(workspace: Workspace) -> str:
    return next(app.bot_token for app in workspace.apps.values() if app.practice)


def _write_whole(path: Path, text: str) -> None:
    """So that whoever waits for the file never reads half of it."""
    draft = path.with_suffix(".new")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


FIRST_STEPS = """
Ready.

  Page       {web}            a small Slack, with a mail pane beside it
  SMTP       {smtp}            send to {address} from any mail program
  IMAP       {imap}            every mailbox below; password "practice"
  Scripts    {json}

What to try first
  1. Open the page and press the scene "New inquiry": a card with a draft appears in #desk. Press Send.
  2. Open the client's mailbox in the mail pane: the reply is there.
  3. Press "Scheduling question": a routine answers by itself; Undo stands in the day's "Handled" thread.
  4. Type /understudy digest in #desk.

Stop with Ctrl-C; the next start goes on where this one ended.
"""


def rehearse(
    home: Path | None, smtp_port: int, imap_port: int, web_port: int, *, open_browser: bool, fast: bool
) -> None:
    """`understudy rehearse`: run the practice world until told to stop."""
    set_up_logs(level=logging.WARNING)
    where = home.expanduser().absolute() if home is not None else Path.home() / ".understudy"
    tuning = Tuning(undo=FAST_UNDO if fast else None, poll_seconds=POLL_SECONDS)

    async def until_stopped() -> None:
        async with practice_world(
            where, smtp_port=smtp_port, imap_port=imap_port, web_port=web_port, tuning=tuning
        ) as world:
            about = world.about
            address = world.business.address
            sys.stdout.write(FIRST_STEPS.format(**about, address=address, json=where / "rehearsal.json"))
            sys.stdout.flush()
            keep_what_was_built()
            if open_browser:
                webbrowser.open(world.web)
            await until_told()

    sys.stdout.write("Starting the practice world …\n")
    sys.stdout.flush()
    asyncio.run(until_stopped())
