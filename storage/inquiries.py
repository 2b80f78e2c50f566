"""Inquiries: one thing a client wants, from its first message to its end."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import func
from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.channels import Channel
from storage.columns import choice, json_list, json_object


class Track(StrEnum):
    """What happens to an inquiry."""

    ROUTINE = "routine"
    REPLY = "reply"
    JUDGMENT = "judgment"
    NOTICE = "notice"
    SILENT = "silent"


class InquiryState(StrEnum):
    NEW = "new"            # waits for triage
    SORTED = "sorted"      # has a track; a draft, routine or card is on its way
    WAITING = "waiting"    # a card is open
    SENDING = "sending"    # something is in the outbox
    ANSWERED = "answered"  # a reply left
    FILED = "filed"        # needs no answer: notice or silent; can be put back
    CLOSED = "closed"      # ended without a reply of ours (No reply, answered elsewhere)


OPEN_STATES = (InquiryState.NEW, InquiryState.SORTED, InquiryState.WAITING, InquiryState.SENDING)


class Inquiry(SQLModel, table=True):
    __tablename__ = "inquiry"

    id: int | None = Field(default=None, primary_key=True)
    conversation_id: int = Field(foreign_key="conversation.id", index=True)
    client_id: int | None = Field(default=None, foreign_key="client.id", index=True)
    message_id: int = Field(foreign_key="message.id")
    """The newest message it is about; earlier ones are in the conversation."""
    channel: Channel = choice(Channel)
    state: InquiryState = choice(InquiryState, InquiryState.NEW, index=True)
    track: Track | None = choice(Track, nullable=True, default=None)
    reasons: list[str] = json_list()
    """Why this track; shown on the card or in the digest."""
    category: str = ""
    topics: list[str] = json_list()
    summary: str = ""
    asks: list[str] = json_list()
    decision: str = ""
    """What a person has to decide, one sentence; only for judgment."""
    urgency: str = "normal"
    mood: str = "calm"
    routine: str = ""
    slots: dict[str, Any] = json_object()
    holder: str = ""
    """Name of the approver it was given to; "": whoever comes first."""
    instruction: str = ""
    """The forwarder's note or what Redo asked for; for the next draft."""
    follows_id: int | None = Field(default=None, foreign_key="inquiry.id")
    """The older inquiry it grew out of (changed subject)."""
    outcome: str = ""
    opened_at: datetime
    changed_at: datetime
    closed_at: datetime | None = None


class Inquiries:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    def add(self, inquiry: Inquiry) -> Inquiry:
        self._session.add(inquiry)
        return inquiry

    async def get(self, inquiry_id: int) -> Inquiry:
        """The inquiry; KeyError if there is none."""
        found = await self._session.get(Inquiry, inquiry_id)
        if found is None:
            raise KeyError(f"inquiry {inquiry_id}")
        return found

    async def hold(self, inquiry_id: int) -> Inquiry:
        """The inquiry as it stands now, and nobody else changes it until this transaction ends. KeyError.

        Take it before anything of the inquiry's is written, outbox and cards too: who takes locks in one order
        never waits in a circle. On SQLite there is one writer anyway.
        """
        query = select(Inquiry).where(col(Inquiry.id) == inquiry_id).with_for_update(key_share=True)
        found = (await self._session.exec(query.execution_options(populate_existing=True))).first()
        if found is None:
            raise KeyError(f"inquiry {inquiry_id}")
        return found

    async def hold_all_of(self, conversation_id: int) -> list[Inquiry]:
        """All inquiries of a conversation, newest first, held as by `hold`."""
        query = select(Inquiry).where(col(Inquiry.conversation_id) == conversation_id).order_by(col(Inquiry.id))
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
        return list(reversed((await self._session.exec(query)).all()))

    async def newest_in(self, conversation_id: int) -> Inquiry | None:
        """The latest inquiry of a conversation, whatever its state."""
        query = select(Inquiry).where(col(Inquiry.conversation_id) == conversation_id)
        return (await self._session.exec(query.order_by(col(Inquiry.id).desc()).limit(1))).first()

    async def open(self) -> list[Inquiry]:
        """Everything that still needs somebody or something, oldest first."""
        query = select(Inquiry).where(col(Inquiry.state).in_(OPEN_STATES))
        return list((await self._session.exec(query.order_by(col(Inquiry.opened_at), col(Inquiry.id)))).all())

    async def changed_since(self, since: datetime) -> list[Inquiry]:
        query = select(Inquiry).where(col(Inquiry.changed_at) >= since)
        return list((await self._session.exec(query.order_by(col(Inquiry.id)))).all())

    async def filed(self, limit: int = 100) -> list[Inquiry]:
        query = select(Inquiry).where(col(Inquiry.state) == InquiryState.FILED)
        return list((await self._session.exec(query.order_by(col(Inquiry.id).desc()).limit(limit))).all())

    async def counts(self) -> dict[InquiryState, int]:
        rows = await self._session.exec(select(Inquiry.state, func.count()).group_by(col(Inquiry.state)))
        return {InquiryState(state): count for state, count in rows.all()}
