"""`understudy import` and `understudy history`: mail from before our time, through the running house or beside none."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bot.errors import Refused
from handlers.control import ask, is_running, only_house
from handlers.mail.importing import Progress, import_mail
from handlers.mail.row_history import history_as_it_is
from handlers.settings import Settings
from storage.engine import open_engines
from storage.migrate import migrate
from storage.store import Store

BEAT = 0.5


def import_and_print(settings: Settings, path: Path) -> int:
    """Import, telling how far it is; 1 when it did not reach the end. Refused: there is no mail at this path."""
    path = path.expanduser().absolute()
    if not path.exists():
        raise Refused(f"there is nothing at {path}")
    progress = asyncio.run(_import(settings, path))
    print(
        f"{progress.done} of {progress.found} mails: {progress.new} new, {progress.known} known already, "
        f"{progress.unreadable} could not be read."
    )
    if progress.error:
        print(f"{progress.error[:1].upper()}{progress.error[1:]}.", file=sys.stderr)
    return 1 if progress.error else 0


def history_and_print(settings: Settings, *, stopped: bool | None, as_json: bool) -> int:
    """How far the past is read; always 0."""
    rows = asyncio.run(_history(settings, stopped))
    if as_json:
        print(json.dumps(rows))
        return 0
    for row in rows:
        state = "read" if row["finished"] else "stopped" if row["stopped"] else "being read"
        missed = f"; {row['unreadable']} could not be read" if row["unreadable"] else ""
        print(f"Mail since {row['since']}: {state}, {row['done']} of {row['found']}{missed}.")
    if not rows:
        print("Nothing has been read of the mailbox's past yet; it begins with the house, behind the live mail.")
    return 0


async def _import(settings: Settings, path: Path) -> Progress:
    if is_running(settings.home):
        return await _through_the_house(settings.home, path)
    progress = Progress()
    async with _beside_none(settings) as store:
        from bot.steps.remember import Remember
        from handlers.app import SystemClock, own_mail

        remember = Remember(store, settings.people(), SystemClock())
        account = settings.mail.address if settings.mail else settings.owner.email
        work = asyncio.create_task(import_mail(path, remember, own_mail(settings), account, progress))
        try:
            while not work.done():
                await asyncio.wait({work}, timeout=BEAT)
                _tell(progress)
        finally:
            work.cancel()
            await asyncio.wait({work})
        work.result()
    return progress


async def _through_the_house(home: Path, path: Path) -> Progress:
    progress = Progress(**await ask(home, "import", path=str(path)))
    try:
        while not progress.over:
            await asyncio.sleep(BEAT)
            progress = Progress(**await ask(home, "import_progress"))
            _tell(progress)
    except asyncio.CancelledError:
        await ask(home, "import_stop")
        raise
    return progress


async def _history(settings: Settings, stopped: bool | None) -> list[dict[str, Any]]:
    if is_running(settings.home):
        rows: list[dict[str, Any]] = await ask(settings.home, "history", stopped=stopped)
        return rows
    if settings.storage.file is not None and not settings.storage.file.exists():
        return []
    async with _beside_none(settings) as store:
        return await history_as_it_is(store, stopped)


@asynccontextmanager
async def _beside_none(settings: Settings) -> AsyncIterator[Store]:
    """The database, while no house of one process holds it, and none may begin to."""
    with only_house(settings.home):
        engines = open_engines(settings.storage.url)
        try:
            await migrate(engines)
            yield Store(engines)
        finally:
            await engines.dispose()


def _tell(progress: Progress) -> None:
    if sys.stderr.isatty():
        print(f"\r{progress.done} of {progress.found or '?'} ", end="", file=sys.stderr, flush=True)
