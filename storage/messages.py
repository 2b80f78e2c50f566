"""Messages: one item of a conversation, in or out."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.columns import choice, json_list, json_object


class Direction(StrEnum):
    IN = "in"
    OUT = "out"


class Message(SQLModel, table=True):
    __tablename__ = "message"

    id: int | None = Field(default=None, primary_key=True)
    conversation_id: int = Field(foreign_key="conversation.id", index=True)
    inquiry_id: int | None = Field(default=None, index=True)
    """The inquiry it opened or went on with; no foreign key, since inquiries point back here."""
    direction: Direction = choice(Direction)
    external_id: str = Field(default="", index=True, max_length=998)
    """Message-ID without angle brackets, or Slack's stamp. Evidence for threading, never an identity."""
    sender_name: str = ""
    sender_address: str = Field(default="", index=True)
    to: list[str] = json_list()
    cc: list[str] = json_list()
    reply_to: list[str] = json_list()
    subject: str = ""
    text: str = ""
    """New words only."""
    quoted: str = ""
    signature: str = ""
    kind: str = "human"
    why: list[str] = json_list()
    flags: list[str] = json_list()
    verified: bool = False
    """The sender is who they say they are (mail server's or Slack's word)."""
    forwarded_by: str = ""
    """Who forwarded it to us, if it was; then the sender is the original writer as we read it."""
    attachments: list[dict[str, Any]] = json_list()
    references: list[str] = json_list()
    history: bool = False
    """From before our first start: context, never answered."""
    extra: dict[str, Any] = json_object()
    """Bounce recipients, calendar part, headers that rules look at."""
    at: datetime


class Messages:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, message: Message) -> Message:
        self._session.add(message)
        await self._session.flush()
        return message

    async def get(self, message_id: int) -> Message:
        """The message; KeyError if there is none."""
        found = await self._session.get(Message, message_id)
        if found is None:
            raise KeyError(f"message {message_id}")
        return found

    async def with_external_ids(self, ids: list[str]) -> list[Message]:
        """Messages that carry one of these ids, newest first; ids can repeat across messages."""
        wanted = [i for i in ids if i]
        if not wanted:
            return []
        query = select(Message).where(col(Message.external_id).in_(wanted))
        return list((await self._session.exec(query.order_by(col(Message.id).desc()).limit(20))).all())

    async def of_conversation(self, conversation_id: int, *, last: int = 30) -> list[Message]:
        """The newest `last` messages, oldest first. What was read as history is older than all that came live."""
        query = select(Message).where(col(Message.conversation_id) == conversation_id)
        newest_first = (col(Message.history), col(Message.id).desc())
        rows = (await self._session.exec(query.order_by(*newest_first).limit(last))).all()
        return list(reversed(rows))

    async def newest_in(self, conversation_id: int, direction: Direction) -> Message | None:
        query = select(Message).where(
            col(Message.conversation_id) == conversation_id, col(Message.direction) == direction
        )
        return (await self._session.exec(query.order_by(col(Message.history), col(Message.id).desc()).limit(1))).first()

    async def last_from(self, address: str, before: datetime) -> datetime | None:
        """When this address last wrote to us before that moment."""
        query = select(Message.at).where(
            col(Message.sender_address) == address,
            col(Message.at) < before,
            col(Message.direction) == Direction.IN,
        )
        return (await self._session.exec(query.order_by(col(Message.at).desc()).limit(1))).first()
