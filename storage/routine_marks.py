"""Routine marks: where a person said that a routine should have asked first."""

from datetime import datetime

from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession


class RoutineMark(SQLModel, table=True):
    __tablename__ = "routine_mark"

    id: int | None = Field(default=None, primary_key=True)
    routine: str = Field(index=True)
    client_id: int | None = Field(default=None, foreign_key="client.id")
    outbox_id: int = Field(foreign_key="outbox_item.id", unique=True)
    by: str
    at: datetime


class RoutineMarks:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    def add(self, mark: RoutineMark) -> RoutineMark:
        self._session.add(mark)
        return mark

    async def of_outbox(self, outbox_id: int) -> RoutineMark | None:
        query = select(RoutineMark).where(col(RoutineMark.outbox_id) == outbox_id)
        return (await self._session.exec(query)).first()

    async def against(self, routine: str, client_id: int | None) -> RoutineMark | None:
        """The newest mark against this routine for this client."""
        query = select(RoutineMark).where(
            col(RoutineMark.routine) == routine, col(RoutineMark.client_id) == client_id
        )
        return (await self._session.exec(query.order_by(col(RoutineMark.id).desc()).limit(1))).first()
