"""Decisions: who decided what, on exactly which revision and bytes."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.columns import choice


class DecisionKind(StrEnum):
    APPROVE = "approve"
    EDIT = "edit"
    REDO = "redo"
    DISMISS = "dismiss"
    DELEGATE = "delegate"
    SNOOZE = "snooze"
    TAKE_OVER = "take_over"    # the owner answered from their own mail client
    ROUTINE = "routine"        # a routine the owner has switched on
    WITHDRAW = "withdraw"      # undone within its undo window
    SEND_AGAIN = "send_again"
    MARK_SENT = "mark_sent"
    LEAVE = "leave"
    PUT_BACK = "put_back"
    CORRECT = "correct"        # another person was meant
    RETRY = "retry"


GRANTS = (DecisionKind.APPROVE, DecisionKind.EDIT, DecisionKind.ROUTINE)
"""Decisions that let a draft leave; a draft has at most one of them, and the database sees to it."""


class Decision(SQLModel, table=True):
    __tablename__ = "decision"
    __table_args__ = (
        Index(
            "uq_decision_one_grant",
            "draft_id",
            unique=True,
            sqlite_where=text("kind IN ('approve', 'edit', 'routine')"),
            postgresql_where=text("kind IN ('approve', 'edit', 'routine')"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    kind: DecisionKind = choice(DecisionKind)
    inquiry_id: int | None = Field(default=None, foreign_key="inquiry.id", index=True)
    card_id: int | None = Field(default=None, foreign_key="card.id")
    draft_id: int | None = Field(default=None, foreign_key="draft.id")
    revision: int = 0
    digest: str = Field(default="", max_length=64)
    by: str
    """The approver's name, or "routine:NAME"."""
    by_id: str = ""
    note: str = ""
    at: datetime


class Decisions:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, decision: Decision) -> Decision:
        self._session.add(decision)
        await self._session.flush()
        return decision

    async def of_inquiry(self, inquiry_id: int) -> list[Decision]:
        query = select(Decision).where(col(Decision.inquiry_id) == inquiry_id)
        return list((await self._session.exec(query.order_by(col(Decision.id)))).all())

    async def since(self, since: datetime) -> list[Decision]:
        query = select(Decision).where(col(Decision.at) >= since)
        return list((await self._session.exec(query.order_by(col(Decision.id)))).all())
