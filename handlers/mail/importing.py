"""Importing kept mail as history: read in batches by a child process, filed as context, known again by its bytes."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bot.errors import Refused
from bot.steps.remember import Fate, OldMessage, Remember
from handlers.mail.archives import Found, find, read, travelled
from handlers.mail.own import Own
from handlers.mail.reader import MailReader, RawMail
from storage.inbound_messages import hash_of

BATCH = 25
BATCH_BYTES = 8 * 1024 * 1024
PLACE = "import"

log = logging.getLogger(__name__)


@dataclass
class Progress:
    """How far an import is. `over`: nothing more comes; `error` says why, when it did not reach the end."""

    found: int = 0
    done: int = 0
    new: int = 0
    known: int = 0
    unreadable: int = 0
    over: bool = False
    error: str = ""

    def plain(self) -> dict[str, Any]:
        return asdict(self)


async def import_mail(path: Path, remember: Remember, own: Own, account: str, progress: Progress) -> None:
    """Read everything at this path as history. Refused: there is no mail. Stopped midway, it goes on when run again.

    What is here already is passed over by its bytes, before anything is parsed.
    """
    try:
        mails = await asyncio.to_thread(find, path)
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror or type(error).__name__}") from error
    if not mails:
        raise Refused(f"there is no mail at {path}: give an mbox, a Maildir, or a folder of .eml files")
    progress.found = len(mails)
    async with MailReader(own, children=1) as reader:
        for batch in _batches(mails):
            old, broken = await asyncio.to_thread(_open, batch)
            hashes = [hash_of(raw) for raw, _, _ in old]
            async with remember.store.reading() as tx:
                known = await tx.inbound.known_hashes(hashes)
            fresh = [one for one, digest in zip(old, hashes, strict=True) if digest not in known]
            results = await reader.read_many([RawMail(raw) for raw, _, _ in fresh])
            fates = await remember(
                [
                    OldMessage(
                        key=f"import:{hash_of(raw)}",
                        account=account,
                        place=PLACE,
                        raw=raw,
                        read=result,
                        at=found.at,
                        travelled=travelled(raw),
                        complete=whole,
                    )
                    for (raw, whole, found), result in zip(fresh, results, strict=True)
                ]
            )
            progress.done += len(batch)
            progress.new += fates[Fate.NEW]
            progress.known += fates[Fate.KNOWN] + len(old) - len(fresh)
            progress.unreadable += fates[Fate.UNREADABLE] + broken


def _open(batch: Sequence[Found]) -> tuple[list[tuple[bytes, bool, Found]], int]:
    """The mails' bytes, and how many files could not be read."""
    opened, broken = [], 0
    for found in batch:
        try:
            raw, whole = read(found)
        except OSError:
            broken += 1
        else:
            opened.append((raw, whole, found))
    return opened, broken


def _batches(mails: Sequence[Found]) -> list[list[Found]]:
    batches: list[list[Found]] = []
    weight = 0
    for found in mails:
        if not batches or len(batches[-1]) >= BATCH or weight + found.size > BATCH_BYTES:
            batches.append([])
            weight = 0
        batches[-1].append(found)
        weight += found.size
    return batches


class ImportDesk:
    """One import at a time in a running house; asked and told through the control socket."""

    def __init__(self, remember: Remember, own: Own, account: str) -> None:
        self._remember, self._own, self._account = remember, own, account
        self._task: asyncio.Task[None] | None = None
        self.progress = Progress(over=True)

    async def start(self, path: Path) -> Progress:
        """Begin. Refused: another one is under way."""
        if self._task is not None and not self._task.done():
            raise Refused("an import is under way already")
        self.progress = Progress()
        self._task = asyncio.create_task(self._run(path, self.progress), name="import")
        return self.progress

    async def stop(self) -> Progress:
        """End it where it is; run again, it goes on there."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        return self.progress

    async def _run(self, path: Path, progress: Progress) -> None:
        try:
            await import_mail(path, self._remember, self._own, self._account, progress)
        except Refused as error:
            progress.error = str(error)
        except Exception as error:
            log.exception("an import ended")
            progress.error = f"it ended early ({type(error).__name__}); run it again to go on"
        except asyncio.CancelledError:
            progress.error = "it was stopped; run it again to go on"
            raise
        finally:
            progress.over = True

    def verbs(self) -> dict[str, Callable[[dict[str, Any]], Awaitable[Any]]]:
        """What the control socket may ask: "import" with a path, then "import_progress"; "import_stop"."""

        async def begin(asked: dict[str, Any]) -> Any:
            try:
                return (await self.start(Path(str(asked.get("path", ""))))).plain()
            except Refused as error:
                return Progress(over=True, error=str(error)).plain()

        async def progress(_asked: dict[str, Any]) -> Any:
            return self.progress.plain()

        async def stop(_asked: dict[str, Any]) -> Any:
            return (await self.stop()).plain()

        return {"import": begin, "import_progress": progress, "import_stop": stop}
