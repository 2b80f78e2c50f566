"""Engagements: agreed pieces of work with their dates."""

from datetime import date
from typing import Any

from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.columns import json_list


class Engagement(SQLModel, table=True):
    __tablename__ = "engagement"

    id: int | None = Field(default=None, primary_key=True)
    client_id: int = Field(foreign_key="client.id", index=True)
    name: str
    starts_on: date | None = None
    ends_on: date | None = None
    milestones: list[dict[str, Any]] = json_list()
    """Each {"name", "on" (ISO date), "done"}."""
    status: str = ""
    """One sentence in the owner's words, as of the last change."""


class Engagements:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    def add(self, engagement: Engagement) -> Engagement:
        self._session.add(engagement)
        return engagement

    async def of(self, client_id: int) -> list[Engagement]:
        query = select(Engagement).where(col(Engagement.client_id) == client_id)
        return list((await self._session.exec(query.order_by(col(Engagement.id).desc()))).all())
