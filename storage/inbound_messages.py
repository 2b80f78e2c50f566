"""Inbound messages: every message exactly as it arrived, before we know anything about it."""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any

from sqlalchemy import String, func
from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.channels import Channel
from storage.columns import choice, json_list


class InboundState(StrEnum):
    NEW = "new"                  # written down, not read yet
    READ = "read"                # became a message of a conversation
    SAME = "same"                # another copy of a message we have (two mailboxes, a list copy)
    QUARANTINED = "quarantined"  # could not be read within its limits; listed, can be read again
    ERASED = "erased"


class InboundMessage(SQLModel, table=True):
    __tablename__ = "inbound_message"

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True, sa_type=String(500).with_variant(String(500, collation="C"), "postgresql"))
    """Transport identity: "imap:account:folder:uidvalidity:uid" or "slack:team:channel:ts:edited"."""
    channel: Channel = choice(Channel)
    account: str
    place: str
    """Folder or Slack channel."""
    raw: bytes
    raw_hash: str = Field(index=True, max_length=64)
    arrived_at: datetime
    state: InboundState = choice(InboundState, InboundState.NEW, index=True)
    attempts: int = 0
    """Counted before each try to read it, so that a message that kills the reader is not tried for ever."""
    why: list[str] = json_list()
    message_id: int | None = Field(default=None, foreign_key="message.id")
    ours: bool = False
    """From a folder of what the owner sent."""
    history: bool = False
    """Older than our first start: filed as context, never answered."""
    complete: bool = True
    """False: larger than we take, or the server never gave the whole."""


def hash_of(raw: bytes) -> str:
    return sha256(raw).hexdigest()


class InboundMessages:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(
        self, *, key: str, channel: Channel, account: str, place: str, raw: bytes, arrived_at: datetime, **more: Any
    ) -> InboundMessage | None:
        """Write it down; None: this key was here already, nothing changed."""
        known = await self._session.exec(select(InboundMessage.id).where(col(InboundMessage.key) == key))
        if known.first() is not None:
            return None
        row = InboundMessage(
            key=key,
            channel=channel,
            account=account,
            place=place,
            raw=raw,
            raw_hash=hash_of(raw),
            arrived_at=arrived_at,
            **more,
        )
        self._session.add(row)
        await self._session.flush()
        return row

    async def get(self, inbound_id: int) -> InboundMessage:
        """The row; KeyError if there is none."""
        found = await self._session.get(InboundMessage, inbound_id)
        if found is None:
            raise KeyError(f"inbound message {inbound_id}")
        return found

    async def of_message(self, message_id: int) -> InboundMessage | None:
        query = select(InboundMessage).where(col(InboundMessage.message_id) == message_id)
        return (await self._session.exec(query.order_by(col(InboundMessage.id)).limit(1))).first()

    async def read_with_hash(self, raw_hash: str, *, but: int, history: bool) -> InboundMessage | None:
        """An earlier arrival of the same bytes that already became a message.

        For a live one history does not count: what was only read as context has not been handled yet.
        """
        query = select(InboundMessage).where(
            col(InboundMessage.raw_hash) == raw_hash,
            col(InboundMessage.id) != but,
            col(InboundMessage.message_id).is_not(None),
        )
        if not history:
            query = query.where(col(InboundMessage.history).is_(False))
        return (await self._session.exec(query.limit(1))).first()

    async def known_hashes(self, hashes: Collection[str]) -> set[str]:
        """Those of these hashes that some row has, whatever became of it."""
        query = select(InboundMessage.raw_hash).where(col(InboundMessage.raw_hash).in_(hashes))
        return set((await self._session.exec(query)).all())

    async def keys_between(self, low: str, high: str) -> list[str]:
        """Keys from `low` to `high`, both included, as text."""
        query = select(InboundMessage.key).where(col(InboundMessage.key) >= low, col(InboundMessage.key) <= high)
        return list((await self._session.exec(query)).all())

    async def under_other_key(self, account: str, place: str, raw_hash: str, *, not_prefix: str) -> InboundMessage | None:
        """A row of this folder with these bytes whose key has another prefix (the folder was renumbered)."""
        query = select(InboundMessage).where(
            col(InboundMessage.account) == account,
            col(InboundMessage.place) == place,
            col(InboundMessage.raw_hash) == raw_hash,
            ~col(InboundMessage.key).startswith(not_prefix, autoescape=True),
        )
        return (await self._session.exec(query.order_by(col(InboundMessage.id)).limit(1))).first()

    async def newest_key(self, account: str, place: str) -> str | None:
        """The key of the newest arrival of a place; for Slack it ends in the stamp."""
        query = select(InboundMessage.key).where(
            col(InboundMessage.account) == account, col(InboundMessage.place) == place
        )
        return (await self._session.exec(query.order_by(col(InboundMessage.key).desc()).limit(1))).first()

    async def quarantined(self) -> list[InboundMessage]:
        """What arrived and could not be read; old mail read as context is counted with its look-back or import."""
        query = select(InboundMessage).where(
            col(InboundMessage.state) == InboundState.QUARANTINED, col(InboundMessage.history).is_(False)
        )
        return list((await self._session.exec(query.order_by(col(InboundMessage.id)))).all())

    async def arrived_since(self, since: datetime) -> dict[InboundState, int]:
        """How many arrived, by state."""
        query = (
            select(InboundMessage.state, func.count())
            .where(col(InboundMessage.arrived_at) >= since)
            .group_by(col(InboundMessage.state))
        )
        rows: Any = await self._session.exec(query)
        return dict(rows.all())

    async def rows_since(self, since: datetime, *, limit: int = 5000) -> list[tuple[int, InboundState, int | None]]:
        """(id, state, message id) of what arrived since, oldest first; the raw bytes are left where they are."""
        query = select(InboundMessage.id, InboundMessage.state, InboundMessage.message_id).where(
            col(InboundMessage.arrived_at) >= since
        )
        rows: Any = await self._session.exec(query.order_by(col(InboundMessage.id)).limit(limit))
        return [(row[0], row[1], row[2]) for row in rows.all()]
