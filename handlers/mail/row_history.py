"""The past on rows: old mail is read in a child process of its own, and filed by the step that remembers."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from bot.errors import Transient
from bot.ports import Clock
from bot.steps.remember import Fate, OldMessage, Remember
from handlers.mail.history import LookedBack, OldMail
from handlers.mail.own import Own
from handlers.mail.reader import MailReader, RawMail
from handlers.mail.row_ledger import RowLedger, key_of
from storage.look_backs import LookBack
from storage.store import Store


@dataclass
class RowMemory:
    """Fits `handlers.mail.history.Memory`."""

    store: Store
    remember_step: Remember
    own: Own
    clock: Clock
    _reader: MailReader | None = field(default=None, init=False)
    _fates: Counter[Fate] = field(default_factory=Counter, init=False)

    async def looked_back(self, account: str) -> LookedBack | None:
        async with self.store.reading() as tx:
            row = await tx.look_backs.of(account)
        return None if row is None else LookedBack(row.since.date(), row.read_to.date(), row.stopped)

    async def look(self, account: str, *, since: date, read_to: date, left: int, finished: bool) -> None:
        async with self.store.transaction("history.look") as tx:
            row = await tx.look_backs.of(account)
            if row is None:
                row = tx.look_backs.add(LookBack(account=account, since=_at(since), read_to=_at(read_to)))
            row.since, row.read_to = _at(since), _at(read_to)
            row.done += self._fates.total()
            row.unreadable += self._fates[Fate.UNREADABLE]
            row.found = row.done + left
            row.finished_at = self.clock.now() if finished else None
        self._fates.clear()

    async def known_uids(self, account: str, folder: str, uidvalidity: int, low: int, high: int) -> set[int]:
        return await RowLedger(self.store, self.clock).known_uids(account, folder, uidvalidity, low, high)

    async def remember(self, account: str, mails: Sequence[OldMail]) -> None:
        if self._reader is None:
            # live mail keeps its own children: a hostile mail of years ago holds up nobody
            self._reader = MailReader(self.own, children=1)
        read = await self._reader.read_many([RawMail(one.mail.raw) for one in mails])
        old = [
            OldMessage(
                key=key_of(account, one.folder, one.uidvalidity, one.mail.uid),
                account=account,
                place=one.folder,
                raw=one.mail.raw,
                read=result,
                at=one.mail.internal_date or self.clock.now(),
                ours=one.mail.ours,
                complete=one.mail.complete,
            )
            for one, result in zip(mails, read, strict=True)
        ]
        if not old:
            return
        try:
            self._fates += await self.remember_step(old)
        except SQLAlchemyError as error:
            raise Transient("the database did not take the mail") from error

    async def rest(self) -> None:
        reader, self._reader = self._reader, None
        if reader is None:
            return
        closing = asyncio.ensure_future(reader.aclose())
        try:
            await asyncio.shield(closing)
        except asyncio.CancelledError:
            await closing  # a child process is not left behind, however soon we have to go
            raise


async def stop_looking_back(store: Store, *, stopped: bool) -> list[LookBack]:
    """Stop, or go on where it stopped; the rows as they are now. A running reader looks before every batch."""
    async with store.transaction("history.stop") as tx:
        rows = await tx.look_backs.all()
        for row in rows:
            row.stopped = stopped
    return rows


def history_verbs(store: Store) -> dict[str, Callable[[dict[str, Any]], Awaitable[Any]]]:
    """What the control socket may ask: how far the past is read; with "stopped" true or false, stop or go on."""

    async def history(asked: dict[str, Any]) -> Any:
        return await history_as_it_is(store, asked.get("stopped"))

    return {"history": history}


async def history_as_it_is(store: Store, stopped: object = None) -> list[dict[str, Any]]:
    """How far the past is read, after stopping it or letting it go on when `stopped` is true or false."""
    if isinstance(stopped, bool):
        rows = await stop_looking_back(store, stopped=stopped)
    else:
        async with store.reading() as tx:
            rows = await tx.look_backs.all()
    return [
        {
            "since": row.since.date().isoformat(),
            "found": row.found,
            "done": row.done,
            "unreadable": row.unreadable,
            "stopped": row.stopped,
            "finished": row.finished_at is not None,
        }
        for row in rows
    ]


def _at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
