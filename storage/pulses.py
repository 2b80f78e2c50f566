"""Pulses: when each part of the house last worked, seen by every process."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete
from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession


class Pulse(SQLModel, table=True):
    __tablename__ = "pulse"

    part: str = Field(primary_key=True, max_length=200)
    """"mailbox:NAME", "slack", "queue", "worker", "clock"."""
    worked_at: datetime | None = None
    failed_at: datetime | None = None
    detail: str = ""
    """What is wrong, in words for the owner; no addresses."""


class Pulses:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def beat(self, part: str, *, ok: bool, at: datetime, detail: str = "") -> None:
        pulse = await self._session.get(Pulse, part)
        if pulse is None:
            pulse = Pulse(part=part)
        if ok:
            pulse.worked_at = at
        else:
            pulse.failed_at = at
        pulse.detail = detail
        self._session.add(pulse)

    async def all(self) -> list[Pulse]:
        return list((await self._session.exec(select(Pulse))).all())

    async def forget(self, prefix: str, *, but: Collection[str]) -> None:
        """Drop the parts of this kind that are no more; the house would wait for their next beat for ever."""
        await self._session.exec(
            delete(Pulse).where(col(Pulse.part).startswith(prefix, autoescape=True), col(Pulse.part).not_in(but))
        )
