"""A ledger in memory that keeps the promises of the real one, and a clock that only moves when told."""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from handlers.mail.ledger import Cursor, FetchedMail, Hole


class HandClock:
    def __init__(self, now: datetime | None = None) -> None:
        self._now = now or datetime.now(UTC)

    def now(self) -> datetime:
        return self._now

    def advance(self, **amount: float) -> None:
        self._now += timedelta(**amount)


class MemoryLedger:
    """Rows and cursor change together. `failures`: what the next writes raise instead."""

    def __init__(self) -> None:
        self.cursors: dict[tuple[str, str], Cursor] = {}
        self.rows: dict[tuple[str, str], dict[tuple[int, int], FetchedMail]] = {}
        self.gone: list[int] = []
        self.failures: list[Exception] = []
        self.writes: list[tuple[int, int]] = []
        """How many mails, and how many bytes, each write carried."""
        self._news = asyncio.Condition()

    def mails(self, account: str = "main", folder: str = "INBOX") -> list[FetchedMail]:
        return list(self.rows.get((account, folder), {}).values())

    def raws(self, account: str = "main", folder: str = "INBOX") -> list[bytes]:
        return [mail.raw for mail in self.mails(account, folder)]

    async def until(self, count: int, account: str = "main", folder: str = "INBOX") -> list[FetchedMail]:
        """Wait until the folder has that many rows."""
        async with self._news:
            await self._news.wait_for(lambda: len(self.mails(account, folder)) >= count)
        return self.mails(account, folder)

    async def cursor(self, account: str, folder: str) -> Cursor | None:
        return self.cursors.get((account, folder))

    async def begin(self, account: str, folder: str, cursor: Cursor) -> None:
        self.cursors[account, folder] = cursor

    async def keep(
        self,
        account: str,
        folder: str,
        uidvalidity: int,
        mails: Sequence[FetchedMail],
        *,
        last_uid: int,
        holes: Sequence[Hole],
    ) -> int:
        if self.failures:
            raise self.failures.pop(0)
        cursor = self.cursors[account, folder]
        assert cursor.uidvalidity == uidvalidity
        rows = self.rows.setdefault((account, folder), {})
        new = 0
        for mail in mails:
            if (uidvalidity, mail.uid) in rows:
                continue
            twin = next((k for k, m in rows.items() if k[0] != uidvalidity and _same(m, mail)), None)
            if twin is None:
                rows[uidvalidity, mail.uid] = mail
                new += 1
            else:
                rows[uidvalidity, mail.uid] = replace(rows.pop(twin), uid=mail.uid)
        self.cursors[account, folder] = replace(cursor, last_uid=last_uid, holes=tuple(holes))
        self.writes.append((len(mails), sum(len(mail.raw) for mail in mails)))
        async with self._news:
            self._news.notify_all()
        return new

    async def known_uids(self, account: str, folder: str, uidvalidity: int, low: int, high: int) -> set[int]:
        rows = self.rows.get((account, folder), {})
        return {uid for validity, uid in rows if validity == uidvalidity and low <= uid <= high}

    async def left(self, account: str, folder: str, uidvalidity: int, uids: Sequence[int]) -> None:
        self.gone += uids


def _same(one: FetchedMail, other: FetchedMail) -> bool:
    return hashlib.sha256(one.raw).digest() == hashlib.sha256(other.raw).digest()
