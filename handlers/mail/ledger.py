"""What the watcher writes down, and the questions it asks of what was written: the ledger of a watched folder."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class FetchedMail:
    """One mail as it lay in the folder."""

    uid: int
    raw: bytes
    internal_date: datetime | None
    size: int
    """What the server says it weighs; more than `raw` holds when the mail is not `complete`."""
    complete: bool = True
    """False: larger than we take, or the server never gave the whole; `raw` is what there is."""
    history: bool = False
    """Older than our first start, though it turned up only now: to be filed, not answered."""
    ours: bool = False
    """From a folder of what the owner sent."""


@dataclass(frozen=True)
class Hole:
    """A mail that is there but could not be fetched; the cursor may pass it because it is written here."""

    uid: int
    since: datetime
    tried_at: datetime
    tries: int
    reason: str
    seen: int = 0
    """How many bytes came the last time."""


@dataclass(frozen=True)
class Cursor:
    """How far a folder has been read: every UID up to `last_uid` has a row, is a hole, is gone, or is history."""

    uidvalidity: int
    last_uid: int
    holes: tuple[Hole, ...]
    present_uid: int
    """Mails up to this UID were there when this numbering was first seen; of them, those older than `begun_at` are history."""
    begun_at: datetime
    """Our first start on this folder."""


class Ledger(Protocol):
    """Where a watcher writes. Each writing method is one transaction; Transient: it could not be written now."""

    async def cursor(self, account: str, folder: str) -> Cursor | None:
        """How far this folder was read; None: never seen."""
        ...

    async def begin(self, account: str, folder: str, cursor: Cursor) -> None:
        """Start on a folder, or start again under a new numbering (the cursor is replaced, the rows stay)."""
        ...

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
        """Write the mails' raw bytes and move the cursor, in ONE transaction; how many rows are new.

        A mail whose (account, folder, uidvalidity, uid) has a row is passed over. A mail whose raw bytes equal those of
        a row of this account and folder under ANOTHER uidvalidity is that row: it gets the new numbers and is not new
        (each row is taken up once, for a folder may hold the same bytes twice).
        """
        ...

    async def known_uids(self, account: str, folder: str, uidvalidity: int, low: int, high: int) -> set[int]:
        """UIDs from low to high, both included, that have a row (erased ones too)."""
        ...

    async def left(self, account: str, folder: str, uidvalidity: int, uids: Sequence[int]) -> None:
        """These had arrived and were moved or deleted before they could be fetched: to be told, not to be sought."""
        ...
