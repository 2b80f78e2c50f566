"""Reading a mailbox's past: what lay there before our first start becomes context, day by day, oldest first.

All folders of a day are read together, so that a reply from Sent never comes before the question it answers.
"""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Protocol

from bot.errors import Transient
from bot.ports import Clock
from handlers.mail.folder import FIRST_BYTES, MAIL_CAP, WINDOW, WatchedFolder
from handlers.mail.imap import ImapConnection
from handlers.mail.imap_words import imap_day
from handlers.mail.ledger import FetchedMail, Ledger

BATCH = 25
BATCH_BYTES = 4 * 1024 * 1024
"""Mails, and bytes, that are read and written down at once: small, for live mail waits behind a batch."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LookedBack:
    """How far the past has been read: every day from `since` up to `read_to` (not included)."""

    since: date
    read_to: date
    stopped: bool = False


class Memory(Protocol):
    """Where the past is written down. Each writing method is one transaction; Transient: not now."""

    async def looked_back(self, account: str) -> LookedBack | None:
        """How far; None: not begun."""
        ...

    async def look(self, account: str, *, since: date, read_to: date, left: int, finished: bool) -> None:
        """Every day before `read_to` has been read; `left` mails are still to come."""
        ...

    async def known_uids(self, account: str, folder: str, uidvalidity: int, low: int, high: int) -> set[int]:
        """As `Ledger` has it."""
        ...

    async def remember(self, account: str, mails: Sequence["OldMail"]) -> None:
        """File these as context, in this order; what is here already is passed over."""
        ...

    async def rest(self) -> None:
        """Let go of what reading took; the next mail takes it up again."""
        ...


@dataclass(frozen=True)
class OldMail:
    """One mail of the past, and the folder it lies in."""

    folder: str
    uidvalidity: int
    mail: FetchedMail


@dataclass(frozen=True)
class _Seen:
    """A mail that is there, and not written down yet."""

    at: datetime
    watched: WatchedFolder
    uidvalidity: int
    uid: int
    size: int


class HistoryReader:
    """Reads one account's past over a line of its own. EXAMINE and PEEK only."""

    def __init__(
        self,
        account: str,
        folders: Sequence[WatchedFolder],
        connection: ImapConnection,
        ledger: Ledger,
        memory: Memory,
        clock: Clock,
        *,
        days: int,
        live_first: Callable[[], Awaitable[None]],
    ) -> None:
        """`live_first` returns when no live mail is being fetched; it is waited for before every batch."""
        self._account, self._folders, self._connection = account, tuple(folders), connection
        self._ledger, self._memory, self._clock = ledger, memory, clock
        self._days, self._live_first = days, live_first

    async def run(self) -> bool:
        """Read what has not been read; False: somebody said stop. Transient: the line or the server failed."""
        await self._live_first()
        begun = [c.begun_at for f in self._folders if (c := await self._ledger.cursor(f.account, f.folder))]
        if not begun:
            raise Transient("no folder has been opened yet")
        since = (min(begun) - timedelta(days=self._days)).astimezone(UTC).date()
        looked = await self._memory.looked_back(self._account)
        if looked is not None and looked.stopped:
            return False
        # a longer look back than before begins anew; what is here already is passed over
        start = looked.read_to if looked is not None and looked.since <= since else since
        seen = sorted([one async for one in self._survey(start)], key=lambda one: (one.at, one.uid))
        left = len(seen)
        if left:
            log.info("%s mails from before our time are to be read as context", left)
        await self._memory.look(self._account, since=since, read_to=start, left=left, finished=False)
        for day, mails in _by_day(seen):
            for batch in _batches(mails):
                await self._live_first()
                if (now := await self._memory.looked_back(self._account)) is not None and now.stopped:
                    return False
                there = [mail async for mail in self._fetched(batch)]
                if len(there) < len(batch):
                    log.info("%s old mails were gone, or had no body", len(batch) - len(there))
                await self._memory.remember(self._account, there)
                left -= len(batch)
                await self._memory.look(self._account, since=since, read_to=day, left=left, finished=False)
        end = self._clock.now().date()
        await self._memory.look(self._account, since=since, read_to=end, left=0, finished=True)
        return True

    async def _survey(self, start: date) -> AsyncIterator[_Seen]:
        """What lies in the folders since that day and before our first start, and has no row."""
        for watched in self._folders:
            cursor = await self._ledger.cursor(watched.account, watched.folder)
            examined = await self._connection.examine(watched.folder)
            if cursor is None or examined is None or not examined.exists:
                continue
            if examined.uidvalidity != cursor.uidvalidity:
                raise Transient("the folder's numbering changed; the live reader has to see it first")
            # a server counts days by the clock of each mail's own date; a day more holds them all
            first = datetime(start.year, start.month, start.day, tzinfo=UTC) - timedelta(days=1)
            criteria = f"SINCE {imap_day(first)}"
            uids = [uid for uid in await self._connection.uids(criteria) if uid <= cursor.present_uid]
            for start_at in range(0, len(uids), WINDOW):
                window = uids[start_at : start_at + WINDOW]
                known = await self._memory.known_uids(
                    watched.account, watched.folder, examined.uidvalidity, window[0], window[-1]
                )
                fresh = [uid for uid in window if uid not in known]
                for mail in await self._connection.overview(fresh) if fresh else ():
                    at = mail.internal_date
                    if at is not None and at < cursor.begun_at and mail.uid in fresh:
                        yield _Seen(at, watched, examined.uidvalidity, mail.uid, mail.size or 0)

    async def _fetched(self, batch: Sequence[_Seen]) -> AsyncIterator[OldMail]:
        """The bodies, in the batch's order; what is gone by now, or has no body, is left out."""
        found: dict[tuple[str, int], OldMail] = {}
        for watched in dict.fromkeys(one.watched for one in batch):
            mine = [one for one in batch if one.watched == watched]
            examined = await self._connection.examine(watched.folder)
            if examined is None or examined.uidvalidity != mine[0].uidvalidity:
                raise Transient("the folder changed while its past was read")
            by_uid = {one.uid: one for one in mine}
            large = any(one.size > MAIL_CAP for one in mine)
            weight = sum(min(one.size, MAIL_CAP) for one in mine)
            for answer in await self._connection.bodies(
                sorted(by_uid), expect=weight, first=FIRST_BYTES if large else None
            ):
                one = by_uid.get(answer.uid)
                if one is None or not answer.body:
                    continue
                mail = FetchedMail(
                    uid=one.uid, raw=answer.body, internal_date=one.at, size=one.size,
                    complete=len(answer.body) >= one.size, history=True, ours=watched.ours,
                )  # fmt: skip
                found[watched.folder, one.uid] = OldMail(watched.folder, one.uidvalidity, mail)
        for one in batch:
            if (mail_there := found.get((one.watched.folder, one.uid))) is not None:
                yield mail_there


def _by_day(seen: Sequence[_Seen]) -> Iterator[tuple[date, list[_Seen]]]:
    day: list[_Seen] = []
    for one in seen:
        if day and day[-1].at.astimezone(UTC).date() != one.at.astimezone(UTC).date():
            yield day[-1].at.astimezone(UTC).date(), day
            day = []
        day.append(one)
    if day:
        yield day[-1].at.astimezone(UTC).date(), day


def _batches(mails: Sequence[_Seen]) -> Iterator[list[_Seen]]:
    """In order, in groups of bounded number and weight; one over the cap goes alone."""
    batch: list[_Seen] = []
    weight = 0
    for one in mails:
        if batch and (len(batch) >= BATCH or weight + one.size > BATCH_BYTES):
            yield batch
            batch, weight = [], 0
        batch.append(one)
        weight += one.size
    if batch:
        yield batch
