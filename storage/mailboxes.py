"""Mailboxes: how far each watched folder has been read, and which messages in it are still owed."""

from datetime import datetime
from typing import Any

from sqlalchemy import UniqueConstraint, delete
from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.columns import json_list


class Mailbox(SQLModel, table=True):
    """One folder's cursor: highest UID stored, and the holes below it (UIDs announced but not yet had)."""

    __tablename__ = "mailbox"
    __table_args__ = (UniqueConstraint("account", "folder"),)

    id: int | None = Field(default=None, primary_key=True)
    account: str
    folder: str
    uidvalidity: int
    last_uid: int
    holes: list[dict[str, Any]] = json_list()
    """Each {"uid", "since", "tried_at", "tries", "reason", "seen"}."""
    present_uid: int = 0
    """Mails up to this UID were there when this numbering was first seen."""
    begun_at: datetime
    """Our first start on this folder."""


class Mailboxes:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    def add(self, mailbox: Mailbox) -> Mailbox:
        self._session.add(mailbox)
        return mailbox

    async def of(self, account: str, folder: str) -> Mailbox | None:
        query = select(Mailbox).where(col(Mailbox.account) == account, col(Mailbox.folder) == folder)
        return (await self._session.exec(query)).first()

    async def all(self) -> list[Mailbox]:
        return list((await self._session.exec(select(Mailbox).order_by(col(Mailbox.id)))).all())

    async def forget(self, account: str, folder: str) -> None:
        await self._session.exec(
            delete(Mailbox).where(col(Mailbox.account) == account, col(Mailbox.folder) == folder)
        )
