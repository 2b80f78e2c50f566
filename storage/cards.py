"""Cards: a question as posted. The first press settles it; a newer question retires it."""

from datetime import datetime
from enum import StrEnum
from typing import Any, cast

from sqlalchemy import update
from sqlalchemy.engine import CursorResult
from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.columns import choice, json_list


class CardAbout(StrEnum):
    INQUIRY = "inquiry"
    DELIVERY = "delivery"        # an outbox item that is unknown or failed
    DEAD_JOB = "dead_job"
    QUARANTINE = "quarantine"
    NOTE = "note"                # something to know, e.g. the budget is spent


class CardState(StrEnum):
    OPEN = "open"
    SNOOZED = "snoozed"
    SETTLED = "settled"
    RETIRED = "retired"


class Card(SQLModel, table=True):
    __tablename__ = "card"

    id: int | None = Field(default=None, primary_key=True)
    about: CardAbout = choice(CardAbout)
    inquiry_id: int | None = Field(default=None, foreign_key="inquiry.id", index=True)
    draft_id: int | None = Field(default=None, foreign_key="draft.id")
    """The revision it shows now; a press must carry exactly this one."""
    outbox_id: int | None = Field(default=None, foreign_key="outbox_item.id")
    job_id: int | None = Field(default=None, foreign_key="job.id")
    inbound_id: int | None = Field(default=None, foreign_key="inbound_message.id")
    state: CardState = choice(CardState, CardState.OPEN, index=True)
    mention: str = ""
    """Slack id of the one person it concerns (judgment only)."""
    lines: list[str] = json_list()
    """What a card without a draft says."""
    outcome: str = ""
    settled_by: str = ""
    opened_at: datetime
    until: datetime | None = None
    settled_at: datetime | None = None


class Cards:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, card: Card) -> Card:
        self._session.add(card)
        await self._session.flush()
        return card

    async def get(self, card_id: int) -> Card | None:
        return await self._session.get(Card, card_id)

    async def open_for(self, inquiry_id: int) -> Card | None:
        """The card that may be pressed for this inquiry, if there is one."""
        query = select(Card).where(
            col(Card.inquiry_id) == inquiry_id,
            col(Card.about) == CardAbout.INQUIRY,
            col(Card.state).in_((CardState.OPEN, CardState.SNOOZED)),
        )
        return (await self._session.exec(query.order_by(col(Card.id).desc()).limit(1))).first()

    async def latest_for(self, inquiry_id: int) -> Card | None:
        query = select(Card).where(col(Card.inquiry_id) == inquiry_id, col(Card.about) == CardAbout.INQUIRY)
        return (await self._session.exec(query.order_by(col(Card.id).desc()).limit(1))).first()

    async def about_outbox(self, outbox_id: int) -> Card | None:
        query = select(Card).where(col(Card.outbox_id) == outbox_id, col(Card.about) == CardAbout.DELIVERY)
        return (await self._session.exec(query.order_by(col(Card.id).desc()).limit(1))).first()

    async def about_row(self, about: CardAbout, *, job_id: int | None = None, inbound_id: int | None = None) -> Card | None:
        query = select(Card).where(col(Card.about) == about, col(Card.state) == CardState.OPEN)
        if job_id is not None:
            query = query.where(col(Card.job_id) == job_id)
        if inbound_id is not None:
            query = query.where(col(Card.inbound_id) == inbound_id)
        return (await self._session.exec(query.limit(1))).first()

    async def settle(self, card_id: int, *, state: CardState, outcome: str, by: str, at: datetime) -> bool:
        """End it, if it is still open; False: somebody was quicker."""
        ended = await self._session.exec(
            update(Card)
            .where(col(Card.id) == card_id, col(Card.state).in_((CardState.OPEN, CardState.SNOOZED)))
            .values(state=state, outcome=outcome, settled_by=by, settled_at=at, until=None)
            .execution_options(synchronize_session="fetch")
        )
        return cast("CursorResult[Any]", ended).rowcount == 1

    async def waiting(self) -> list[Card]:
        """Open cards, oldest first; snoozed ones are not among them."""
        query = select(Card).where(col(Card.state) == CardState.OPEN)
        return list((await self._session.exec(query.order_by(col(Card.opened_at), col(Card.id)))).all())
