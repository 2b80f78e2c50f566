"""Postings: what is shown at the desk, where, and in which version; a change asks for a repaint."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, cast

from sqlalchemy import or_, update
from sqlalchemy.engine import CursorResult
from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.columns import choice, json_object


class PostingKind(StrEnum):
    CARD = "card"
    NOTE = "note"        # a line in a card's thread
    DAY = "day"          # the head of the day's handled thread
    HANDLED = "handled"  # one thing handled, in that thread
    DIGEST = "digest"


class Posting(SQLModel, table=True):
    __tablename__ = "posting"

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True, max_length=200)
    """What it is, e.g. "card:12"; goes out with the post, so that an uncertain post can be looked for."""
    kind: PostingKind = choice(PostingKind)
    subject_id: int = 0
    under_key: str = Field(default="", index=True)
    """The posting in whose thread it stands."""
    content: dict[str, Any] = json_object()
    version: int = 1
    """Grows with each change; `shown` follows when it has been drawn."""
    shown: int = 0
    trying_since: datetime | None = None
    """Set before the first try to post: from then on, look before posting again."""
    trying_job: int | None = None
    """The one job that may post it; jobs of later versions wait until it stands somewhere."""
    place: str = ""
    stamp: str = ""
    made_at: datetime


class Postings:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, posting: Posting) -> Posting:
        self._session.add(posting)
        await self._session.flush()
        return posting

    async def get(self, posting_id: int) -> Posting:
        """The posting; KeyError if there is none."""
        found = await self._session.get(Posting, posting_id)
        if found is None:
            raise KeyError(f"posting {posting_id}")
        return found

    async def with_key(self, key: str) -> Posting | None:
        return (await self._session.exec(select(Posting).where(col(Posting.key) == key))).first()

    async def newest_before(self, kind: PostingKind, key: str) -> Posting | None:
        """The latest posting of this kind but the one with this key."""
        query = select(Posting).where(col(Posting.kind) == kind, col(Posting.key) != key)
        return (await self._session.exec(query.order_by(col(Posting.id).desc()).limit(1))).first()

    async def claim(self, posting_id: int, *, job_id: int, now: datetime, lease: timedelta) -> bool:
        """Take the right to post what stands nowhere yet; False: another job is posting it at this moment."""
        free = or_(
            col(Posting.trying_job).is_(None),
            col(Posting.trying_job) == job_id,
            col(Posting.trying_since) < now - lease,
        )
        taken = await self._session.exec(
            update(Posting)
            .where(col(Posting.id) == posting_id, col(Posting.stamp) == "", free)
            .values(trying_job=job_id, trying_since=now)
            .execution_options(synchronize_session=False)
        )
        return cast("CursorResult[Any]", taken).rowcount == 1

    async def bump(self, posting_id: int) -> int:
        """Ask for a repaint: the new version."""
        changed = await self._session.exec(
            update(Posting)
            .where(col(Posting.id) == posting_id)
            .values(version=col(Posting.version) + 1)
            .returning(col(Posting.version))
            .execution_options(synchronize_session="fetch")
        )
        return int(cast("Any", changed).scalar_one())

    async def forget(self, posting_id: int, *, stamp: str) -> None:
        """It does not stand there any more: it may be posted anew. Nothing happens if it stands elsewhere by now."""
        await self._session.exec(
            update(Posting)
            .where(col(Posting.id) == posting_id, col(Posting.stamp) == stamp)
            .values(stamp="", trying_job=None)
            .execution_options(synchronize_session=False)
        )

    async def was_shown(self, posting_id: int, *, version: int, place: str, stamp: str) -> bool:
        """Record what stands there now; False: a newer version was recorded before."""
        changed = await self._session.exec(
            update(Posting)
            .where(col(Posting.id) == posting_id, col(Posting.shown) < version)
            .values(shown=version, place=place, stamp=stamp)
            .execution_options(synchronize_session="fetch")
        )
        return cast("CursorResult[Any]", changed).rowcount == 1

    async def under(self, key: str) -> list[Posting]:
        """What stands in the thread of this posting."""
        query = select(Posting).where(col(Posting.under_key) == key)
        return list((await self._session.exec(query.order_by(col(Posting.id)))).all())

    async def on_day(self, kind: PostingKind, since: datetime) -> list[Posting]:
        query = select(Posting).where(col(Posting.kind) == kind, col(Posting.made_at) >= since)
        return list((await self._session.exec(query.order_by(col(Posting.id)))).all())
