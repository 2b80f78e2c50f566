"""The outbox: what leaves, and how far it got. An item leaves at most once."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, cast

from sqlalchemy import func, or_, update
from sqlalchemy.engine import CursorResult
from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.channels import Channel
from storage.columns import choice, json_list, json_object


class OutboxState(StrEnum):
    QUEUED = "queued"        # may leave from `due_at` on
    TALKING = "talking"      # a sender is speaking; nothing can have been accepted yet
    COMMITTED = "committed"  # the final dot may have been written; never repeated alone
    SENT = "sent"
    REFUSED = "refused"      # the other side said no for good, or we gave up before the dot
    UNKNOWN = "unknown"      # handed over, no clear answer; a person and proofs decide
    WITHDRAWN = "withdrawn"  # undone within its undo window


class OutboxItem(SQLModel, table=True):
    __tablename__ = "outbox_item"

    id: int | None = Field(default=None, primary_key=True)
    draft_id: int = Field(foreign_key="draft.id", unique=True)
    inquiry_id: int = Field(foreign_key="inquiry.id", index=True)
    channel: Channel = choice(Channel)
    message_id: str = Field(unique=True, max_length=200)
    sender: str
    recipients: list[str] = json_list()
    raw: bytes
    """The bytes as approved; every try sends exactly these."""
    digest: str = Field(max_length=64)
    """The draft's digest that was approved."""
    raw_hash: str = Field(max_length=64)
    thread: str = ""
    routine: str = ""
    approved_by: str = ""
    automatic: bool = False
    state: OutboxState = choice(OutboxState, OutboxState.QUEUED, index=True)
    due_at: datetime
    first_tried_at: datetime | None = None
    tries: int = 0
    leased_until: datetime | None = None
    committed_at: datetime | None = None
    sent_at: datetime | None = None
    reply: str = ""
    refused: dict[str, Any] = json_object()
    """Recipient → the server's words, for those it did not take."""
    error: str = ""
    checks: list[dict[str, Any]] = json_list()
    """What was looked at to find out about an unknown delivery: {"at", "what", "found"}."""
    stamp: str = ""
    copy_filed: bool = False
    made_at: datetime


class Outbox:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, item: OutboxItem) -> OutboxItem:
        self._session.add(item)
        await self._session.flush()
        return item

    async def get(self, item_id: int) -> OutboxItem:
        """The item; KeyError if there is none."""
        found = await self._session.get(OutboxItem, item_id)
        if found is None:
            raise KeyError(f"outbox item {item_id}")
        return found

    async def of_draft(self, draft_id: int) -> OutboxItem | None:
        return (await self._session.exec(select(OutboxItem).where(col(OutboxItem.draft_id) == draft_id))).first()

    async def of_inquiry(self, inquiry_id: int) -> list[OutboxItem]:
        query = select(OutboxItem).where(col(OutboxItem.inquiry_id) == inquiry_id)
        return list((await self._session.exec(query.order_by(col(OutboxItem.id)))).all())

    async def with_message_id(self, message_id: str) -> OutboxItem | None:
        query = select(OutboxItem).where(col(OutboxItem.message_id) == message_id)
        return (await self._session.exec(query)).first()

    async def claim(self, item_id: int, *, now: datetime, lease: timedelta) -> OutboxItem | None:
        """QUEUED and due (or TALKING with a dead lease: nothing can have been accepted) → TALKING; None: not ours."""
        free = or_(
            col(OutboxItem.state) == OutboxState.QUEUED,
            (col(OutboxItem.state) == OutboxState.TALKING) & (col(OutboxItem.leased_until) < now),
        )
        claimed = await self._session.exec(
            update(OutboxItem)
            .where(col(OutboxItem.id) == item_id, col(OutboxItem.due_at) <= now, free)
            .values(state=OutboxState.TALKING, tries=col(OutboxItem.tries) + 1, leased_until=now + lease)
            .returning(OutboxItem)
            .execution_options(synchronize_session="fetch", populate_existing=True)
        )
        return cast("OutboxItem | None", cast("Any", claimed).scalar_one_or_none())

    async def move(
        self, item_id: int, *, tries: int, before: OutboxState, after: OutboxState, **values: Any
    ) -> bool:
        """Compare and set, fenced by the try's number; False: somebody else took over."""
        moved = await self._session.exec(
            update(OutboxItem)
            .where(col(OutboxItem.id) == item_id, col(OutboxItem.state) == before)
            .where(col(OutboxItem.tries) == tries)
            .values(state=after, **values)
            .execution_options(synchronize_session="fetch")
        )
        return cast("CursorResult[Any]", moved).rowcount == 1

    async def expire_leases(self, *, now: datetime) -> None:
        """Whoever was sending is gone: TALKING may be tried again, COMMITTED becomes unknown."""
        await self._session.exec(
            update(OutboxItem)
            .where(col(OutboxItem.state).in_((OutboxState.TALKING, OutboxState.COMMITTED)))
            .values(leased_until=now - timedelta(seconds=1))
            .execution_options(synchronize_session=False)
        )

    async def withdraw(self, item_id: int) -> bool:
        """Undo before it leaves; False: it is on its way or gone."""
        moved = await self._session.exec(
            update(OutboxItem)
            .where(col(OutboxItem.id) == item_id, col(OutboxItem.state) == OutboxState.QUEUED)
            .values(state=OutboxState.WITHDRAWN)
            .execution_options(synchronize_session="fetch")
        )
        return cast("CursorResult[Any]", moved).rowcount == 1

    async def in_state(self, *states: OutboxState) -> list[OutboxItem]:
        query = select(OutboxItem).where(col(OutboxItem.state).in_(states))
        return list((await self._session.exec(query.order_by(col(OutboxItem.id)))).all())

    async def abandoned(self, now: datetime) -> list[OutboxItem]:
        """COMMITTED with a dead lease: the process died between the dot and the answer."""
        query = select(OutboxItem).where(
            col(OutboxItem.state) == OutboxState.COMMITTED, col(OutboxItem.leased_until) < now
        )
        return list((await self._session.exec(query)).all())

    async def made_since(self, since: datetime) -> list[OutboxItem]:
        query = select(OutboxItem).where(col(OutboxItem.made_at) >= since)
        return list((await self._session.exec(query.order_by(col(OutboxItem.id)))).all())

    async def count(self, state: OutboxState) -> int:
        query = select(func.count()).select_from(OutboxItem).where(col(OutboxItem.state) == state)
        return (await self._session.exec(query)).one()

    async def automatic_since(self, since: datetime) -> list[list[str]]:
        """The recipients of each automatic message queued since then (withdrawn ones do not count)."""
        query = select(OutboxItem.recipients).where(
            col(OutboxItem.automatic).is_(True),
            col(OutboxItem.made_at) >= since,
            col(OutboxItem.state) != OutboxState.WITHDRAWN,
        )
        return [list(recipients) for recipients in (await self._session.exec(query)).all()]

    async def automatic_to(self, address: str, since: datetime) -> int:
        """How many automatic messages were queued for this address since then."""
        wanted = address.lower()
        return sum(wanted in [r.lower() for r in row] for row in await self.automatic_since(since))
