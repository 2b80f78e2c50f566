"""Reading one folder: what is new, what could not be fetched, what was missed. EXAMINE, PEEK and UID commands only."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.parser import BytesHeaderParser
from email.utils import parsedate_to_datetime

from bot.errors import Permanent
from bot.ports import Clock
from handlers.mail.imap import ImapConnection
from handlers.mail.imap_words import Fetched, imap_day
from handlers.mail.ledger import Cursor, FetchedMail, Hole, Ledger

WINDOW = 200
BATCH = 50
"""Mails kept in one transaction: few enough that a press does not wait long for its turn to be written."""
BATCH_BYTES = 4 * 1024 * 1024
MAIL_CAP = 25 * 1024 * 1024
FIRST_BYTES = 256 * 1024
"""How much is fetched of a mail larger than the cap: its headers, and what a person would look at."""
LADDER = tuple(timedelta(seconds=s) for s in (0, 2, 10, 60, 300, 900))
SETTLED_TRIES = 4
"""A server that gives the same short body this often has no more of it: some count their sizes wrong."""
ALARM_AFTER = timedelta(minutes=15)
GIVE_UP_AFTER = timedelta(hours=24)
LOOK_BACK = timedelta(days=30)
STALE = timedelta(days=2)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class WatchedFolder:
    """A folder to watch. `account` is our own short name for the mailbox; `ours`: it holds what the owner sent."""

    account: str
    folder: str = "INBOX"
    ours: bool = False

    @property
    def name(self) -> str:
        return f"{self.account}/{self.folder}"


class FolderReader:
    """Brings a folder's new mail into the ledger over one connection; a new connection takes a new reader."""

    def __init__(
        self, watched: WatchedFolder, connection: ImapConnection, ledger: Ledger, clock: Clock
    ) -> None:
        self._watched, self._connection, self._ledger, self._clock = watched, connection, ledger, clock
        self._cursor: Cursor

    async def open(self) -> None:
        """Open the folder and find our place in it. Transient; Permanent: there is no such folder."""
        account, folder = self._watched.account, self._watched.folder
        examined = await self._connection.examine(folder)
        if examined is None:
            raise Permanent(f"there is no folder {folder!r} in the mailbox {account!r}: check [mail] folders")
        cursor = await self._ledger.cursor(account, folder)
        newest: list[Fetched] = []
        if examined.exists and (cursor is None or examined.uidnext is None):
            newest = await self._connection.overview("*")
        uidnext = examined.uidnext or max((mail.uid for mail in newest), default=0) + 1
        if cursor is None:
            now = self._clock.now().replace(microsecond=0)
            dates = [mail.internal_date + timedelta(seconds=1) for mail in newest if mail.internal_date]
            cursor = Cursor(examined.uidvalidity, uidnext - 1, (), uidnext - 1, max([now, *dates]))
            await self._ledger.begin(account, folder, cursor)
            log.info("%s: first sight, reading from UID %s", self._watched.name, uidnext)
        elif cursor.uidvalidity != examined.uidvalidity:
            log.warning("%s: UIDs were given anew, reading it all again", self._watched.name)
            cursor = Cursor(examined.uidvalidity, 0, (), uidnext - 1, cursor.begun_at)
            await self._ledger.begin(account, folder, cursor)
        self._cursor = cursor

    async def poll(self) -> int:
        """Fetch what came since, and what could not be fetched before; how many rows are new. Transient."""
        await self._connection.noop()
        # "n:*" names the last mail even when its UID is below n (RFC 3501 section 6.4.8)
        start = self._cursor.last_uid + 1
        fresh = [uid for uid in await self._connection.uids(f"UID {start}:*") if uid >= start]
        new = 0
        for window in _windows(fresh):
            new += await self._take(window)
        due = [hole.uid for hole in self._cursor.holes if self._due(hole)]
        for window in _windows(due):
            new += await self._take(window)
        return new

    async def audit(self) -> int:
        """Compare the last 30 days with the rows; what is missing becomes a hole, due now. How many were missing."""
        cursor, now = self._cursor, self._clock.now()
        since = max(now - LOOK_BACK, cursor.begun_at - timedelta(days=1))
        listed = [
            uid for uid in await self._connection.uids(f"SINCE {imap_day(since)}") if uid <= cursor.last_uid
        ]
        if not listed:
            return 0
        known = await self._ledger.known_uids(
            self._watched.account, self._watched.folder, cursor.uidvalidity, listed[0], listed[-1]
        )
        missing = sorted(set(listed) - known - {hole.uid for hole in cursor.holes})
        found: list[Hole] = []
        for window in _windows(missing):
            there = await self._connection.overview(window)
            found += [
                Hole(m.uid, now, now, 0, "missed")
                for m in there
                if m.uid in window and not self._older_than_us(m)
            ]
        if found:
            log.error("%s: %s mails had been missed", self._watched.name, len(found))
            await self._keep([], cursor.last_uid, [*cursor.holes, *found])
        return len(found)

    @property
    def worry(self) -> str:
        """What a person should know of this folder; "" when all is well."""
        limit = self._clock.now() - ALARM_AFTER
        stuck = sum(1 for hole in self._cursor.holes if hole.since <= limit)
        return f"{stuck} mails are there but cannot be fetched for 15 minutes" if stuck else ""

    @property
    def next_retry(self) -> timedelta | None:
        """How long until a hole is due again; None: there is none."""
        now = self._clock.now()
        return min((_due_at(hole) - now for hole in self._cursor.holes), default=None)

    async def _take(self, uids: Sequence[int]) -> int:
        """Fetch up to a window of mails, in batches of bounded weight, each kept before the next is fetched."""
        wanted = set(uids)
        seen = {mail.uid: mail for mail in await self._connection.overview(uids) if mail.uid in wanted}
        gone = sorted(wanted - seen.keys())
        if gone:
            log.info("%s: %s mails left before they were fetched", self._watched.name, len(gone))
            await self._ledger.left(
                self._watched.account, self._watched.folder, self._cursor.uidvalidity, gone
            )
        new = 0
        for batch in _batches([seen[uid] for uid in sorted(seen) if not self._older_than_us(seen[uid])]):
            new += await self._take_batch(batch)
        remaining = [hole for hole in self._cursor.holes if hole.uid not in gone]
        if (last := max(uids)) > self._cursor.last_uid or len(remaining) < len(self._cursor.holes):
            new += await self._keep([], max(last, self._cursor.last_uid), remaining)
        return new

    async def _take_batch(self, batch: Sequence[Fetched]) -> int:
        weight = sum(mail.size or 0 for mail in batch)
        large = (batch[0].size or 0) > MAIL_CAP
        answers = await self._connection.bodies(
            [mail.uid for mail in batch], expect=weight, first=FIRST_BYTES if large else None
        )
        bodies = {mail.uid: mail.body for mail in answers if mail.body is not None}
        holes = {hole.uid: hole for hole in self._cursor.holes}
        mails: list[FetchedMail] = []
        for mail in batch:
            raw = bodies.get(mail.uid, b"")
            hole = self._judge(mail, raw, holes.pop(mail.uid, None), large=large)
            if hole is None:
                mails.append(self._fetched(mail, raw, large=large))
            elif self._clock.now() - hole.since >= GIVE_UP_AFTER or (raw and hole.tries >= SETTLED_TRIES):
                mails.append(replace(self._fetched(mail, raw, large=large), complete=False))
            else:
                holes[mail.uid] = hole
        last = max(self._cursor.last_uid, *(mail.uid for mail in batch))
        return await self._keep(mails, last, [holes[uid] for uid in sorted(holes)])

    def _judge(self, mail: Fetched, raw: bytes, before: Hole | None, *, large: bool) -> Hole | None:
        """None: the body is whole (or as much of it as was asked for); else the hole it leaves."""
        expected = min(mail.size or 0, FIRST_BYTES) if large else mail.size or 0
        if raw and len(raw) >= expected:
            return None
        now = self._clock.now()
        if before is None:
            before = Hole(mail.uid, now, now, 0, "")
        same = before.seen == len(raw)
        reason = "short" if raw else "empty"
        tries = before.tries + 1 if same or not before.seen else 1
        return replace(before, tried_at=now, tries=tries, reason=reason, seen=len(raw))

    def _fetched(self, mail: Fetched, raw: bytes, *, large: bool) -> FetchedMail:
        old = mail.uid <= self._cursor.present_uid and _written_before(raw, self._cursor.begun_at - STALE)
        return FetchedMail(
            uid=mail.uid,
            raw=raw,
            internal_date=mail.internal_date,
            size=mail.size or len(raw),
            complete=not large,
            history=old,
            ours=self._watched.ours,
        )

    def _older_than_us(self, mail: Fetched) -> bool:
        """Whether it was there before our first start; only mails that came with a numbering can be."""
        if mail.uid > self._cursor.present_uid or mail.internal_date is None:
            return False
        return mail.internal_date < self._cursor.begun_at

    def _due(self, hole: Hole) -> bool:
        return _due_at(hole) <= self._clock.now()

    async def _keep(self, mails: Sequence[FetchedMail], last_uid: int, holes: Sequence[Hole]) -> int:
        cursor = self._cursor
        new = await self._ledger.keep(
            self._watched.account,
            self._watched.folder,
            cursor.uidvalidity,
            mails,
            last_uid=last_uid,
            holes=holes,
        )
        self._cursor = replace(cursor, last_uid=last_uid, holes=tuple(holes))
        return new


def _due_at(hole: Hole) -> datetime:
    return hole.tried_at + LADDER[min(hole.tries, len(LADDER) - 1)]


def _windows(uids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(uids), WINDOW):
        yield uids[start : start + WINDOW]


def _batches(mails: Sequence[Fetched]) -> Iterator[list[Fetched]]:
    """Mails in order, in groups of bounded number and weight; one over the cap goes alone."""
    batch: list[Fetched] = []
    weight = 0
    for mail in mails:
        size = mail.size or 0
        if batch and (len(batch) == BATCH or weight + size > BATCH_BYTES or max(weight, size) > MAIL_CAP):
            yield batch
            batch, weight = [], 0
        batch.append(mail)
        weight += size
    if batch:
        yield batch


def _written_before(raw: bytes, moment: datetime) -> bool:
    """Whether the Date header names an earlier moment; an unreadable one does not."""
    try:
        written = parsedate_to_datetime(BytesHeaderParser().parsebytes(raw[:65536]).get("Date", ""))
        return written.tzinfo is not None and written < moment
    except (ValueError, TypeError, IndexError, OverflowError):
        return False
