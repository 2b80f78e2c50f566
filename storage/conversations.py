"""Conversations: one thread with a client on one channel."""

from datetime import datetime

from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.channels import Channel
from storage.columns import choice, json_list


class Conversation(SQLModel, table=True):
    __tablename__ = "conversation"

    id: int | None = Field(default=None, primary_key=True)
    channel: Channel = choice(Channel)
    client_id: int | None = Field(default=None, foreign_key="client.id", index=True)
    subject: str = ""
    base_subject: str = Field(default="", index=True, max_length=300)
    """The subject without "Re:", "AW:" and the like, folded; for matching."""
    participants: list[str] = json_list()
    """Addresses (lower case) or Slack ids that took part; ours are left out."""
    place: str = ""
    """Slack channel id; the mailbox address for mail."""
    thread: str = Field(default="", index=True)
    """Slack thread stamp."""
    last_at: datetime


class Conversations:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, conversation: Conversation) -> Conversation:
        self._session.add(conversation)
        await self._session.flush()
        return conversation

    async def get(self, conversation_id: int) -> Conversation:
        """The conversation; KeyError if there is none."""
        found = await self._session.get(Conversation, conversation_id)
        if found is None:
            raise KeyError(f"conversation {conversation_id}")
        return found

    async def in_slack(self, place: str, thread: str) -> Conversation | None:
        query = select(Conversation).where(
            col(Conversation.channel) == Channel.SLACK,
            col(Conversation.place) == place,
            col(Conversation.thread) == thread,
        )
        return (await self._session.exec(query)).first()

    async def latest_in_place(self, place: str) -> Conversation | None:
        """The Slack conversation that was last talked in, in this channel."""
        query = select(Conversation).where(
            col(Conversation.channel) == Channel.SLACK, col(Conversation.place) == place
        )
        return (await self._session.exec(query.order_by(col(Conversation.last_at).desc()).limit(1))).first()

    async def recent_of_client(self, client_id: int, since: datetime) -> list[Conversation]:
        query = select(Conversation).where(
            col(Conversation.client_id) == client_id,
            col(Conversation.channel) == Channel.EMAIL,
            col(Conversation.last_at) >= since,
        )
        return list((await self._session.exec(query.order_by(col(Conversation.last_at).desc()).limit(50))).all())
