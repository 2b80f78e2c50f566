"""Look-backs: how far the mail from before our first start has been read as context, mailbox by mailbox."""

from datetime import datetime

from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession


class LookBack(SQLModel, table=True):
    """One mailbox's past. It is read day by day, oldest first, so that a reply never comes before its question."""

    __tablename__ = "look_back"

    account: str = Field(primary_key=True)
    since: datetime
    """Mail older than this day is left alone."""
    read_to: datetime
    """Every day before this one has been read."""
    found: int = 0
    """How many mails there were to read, as far as is known."""
    done: int = 0
    unreadable: int = 0
    stopped: bool = False
    """A person said: no further, until told."""
    finished_at: datetime | None = None


class LookBacks:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def of(self, account: str) -> LookBack | None:
        return await self._session.get(LookBack, account)

    def add(self, look_back: LookBack) -> LookBack:
        self._session.add(look_back)
        return look_back

    async def unfinished(self) -> list[LookBack]:
        query = select(LookBack).where(col(LookBack.finished_at).is_(None)).order_by(col(LookBack.account))
        return list((await self._session.exec(query)).all())

    async def all(self) -> list[LookBack]:
        return list((await self._session.exec(select(LookBack).order_by(col(LookBack.account)))).all())
