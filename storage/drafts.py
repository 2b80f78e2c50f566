"""Drafts: one revision of a proposed reply, frozen when it is written."""

import json
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import UniqueConstraint, func
from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.channels import Channel
from storage.columns import choice, json_list


class Draft(SQLModel, table=True):
    __tablename__ = "draft"
    __table_args__ = (UniqueConstraint("inquiry_id", "revision"),)

    id: int | None = Field(default=None, primary_key=True)
    inquiry_id: int = Field(foreign_key="inquiry.id", index=True)
    revision: int
    message_id: int = Field(foreign_key="message.id")
    """The newest message it answers; a newer one makes it stale."""
    channel: Channel = choice(Channel)
    sender: str
    to: list[str] = json_list()
    cc: list[str] = json_list()
    subject: str
    body: str
    """"" when there is no draft; then `no_draft` says why."""
    in_reply_to: str = ""
    references: list[str] = json_list()
    place: str = ""
    """Slack channel."""
    thread: str = ""
    digest: str = Field(max_length=64)
    no_draft: str = ""
    sources: list[dict[str, Any]] = json_list()
    """Each {"id", "title", "text"} that it relies on."""
    findings: list[dict[str, Any]] = json_list()
    """Each {"text", "words", "blocks"}."""
    open_points: list[str] = json_list()
    routine: str = ""
    written_by: str = ""
    """"openai", "offline", a person's name after an edit, or "routine"."""
    model: str = ""
    prompt: str = ""
    prompt_version: int = 0
    fingerprint: str = ""
    because: str = ""
    """Why it was not the model that wrote it."""
    instruction: str = ""
    written_at: datetime


def digest_of(draft: Draft) -> str:
    """SHA-256 over everything that would leave: any change makes another digest."""
    frozen = [
        draft.channel.value,
        draft.sender,
        draft.to,
        draft.cc,
        draft.subject,
        draft.body,
        draft.in_reply_to,
        draft.references,
        draft.place,
        draft.thread,
    ]
    return sha256(json.dumps(frozen, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


class Drafts:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, draft: Draft) -> Draft:
        """Freeze it: the digest is taken here, and nothing of it is changed afterwards."""
        draft.digest = digest_of(draft)
        self._session.add(draft)
        await self._session.flush()
        return draft

    async def get(self, draft_id: int) -> Draft:
        """The draft; KeyError if there is none."""
        found = await self._session.get(Draft, draft_id)
        if found is None:
            raise KeyError(f"draft {draft_id}")
        return found

    async def latest(self, inquiry_id: int) -> Draft | None:
        query = select(Draft).where(col(Draft.inquiry_id) == inquiry_id)
        return (await self._session.exec(query.order_by(col(Draft.revision).desc()).limit(1))).first()

    async def next_revision(self, inquiry_id: int) -> int:
        query = select(func.max(Draft.revision)).where(col(Draft.inquiry_id) == inquiry_id)
        return ((await self._session.exec(query)).one() or 0) + 1
