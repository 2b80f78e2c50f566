"""The open database: one transaction with a drawer per noun, and the bell that is rung after it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum
from functools import cached_property
from typing import Any

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.audit import Audit
from storage.cards import Card, Cards, CardState
from storage.clients import Clients
from storage.conversations import Conversations
from storage.decisions import Decisions
from storage.drafts import Drafts
from storage.engagements import Engagements
from storage.engine import Engines
from storage.facts import Facts
from storage.inbound_messages import InboundMessages
from storage.inquiries import Inquiries
from storage.jobs import Job, Jobs, Step
from storage.look_backs import LookBacks
from storage.mailboxes import Mailboxes
from storage.messages import Messages
from storage.model_calls import ModelCalls
from storage.outbox import Outbox
from storage.postings import Posting, PostingKind, Postings
from storage.pulses import Pulses
from storage.routine_marks import RoutineMarks
from storage.turns import Turns

Ring = Callable[[int, datetime], Awaitable[None]]
"""Wakes somebody for this job id, due then. A lost ring costs seconds: the sweeper rings again."""

Reached = Callable[[str], None]
"""Told of every crash point as it is passed: "before NAME" and "after NAME" of each transaction."""


class Alone(IntEnum):
    """What only one transaction at a time may do; PostgreSQL's advisory locks, taken in this order."""

    PLACING = 0x554E4450
    """Two copies of a message, or two of a burst, must see each other, or each opens an inquiry."""
    BUDGET = 0x554E4452
    """Two automatic messages must see each other, or both are within the budget."""
    AUDIT = 0x554E4453
    """The audit chain grows; last of all."""



class LeaseLost(Exception):
    """Somebody else holds the job now; this attempt's result is dropped."""


class Tx:
    """One transaction: a drawer per noun."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    @cached_property
    def audit(self) -> Audit:
        return Audit(self.session)

    @cached_property
    def cards(self) -> Cards:
        return Cards(self.session)

    @cached_property
    def clients(self) -> Clients:
        return Clients(self.session)

    @cached_property
    def conversations(self) -> Conversations:
        return Conversations(self.session)

    @cached_property
    def decisions(self) -> Decisions:
        return Decisions(self.session)

    @cached_property
    def drafts(self) -> Drafts:
        return Drafts(self.session)

    @cached_property
    def engagements(self) -> Engagements:
        return Engagements(self.session)

    @cached_property
    def facts(self) -> Facts:
        return Facts(self.session)

    @cached_property
    def inbound(self) -> InboundMessages:
        return InboundMessages(self.session)

    @cached_property
    def inquiries(self) -> Inquiries:
        return Inquiries(self.session)

    @cached_property
    def jobs(self) -> Jobs:
        return Jobs(self.session)

    @cached_property
    def look_backs(self) -> LookBacks:
        return LookBacks(self.session)

    @cached_property
    def mailboxes(self) -> Mailboxes:
        return Mailboxes(self.session)

    @cached_property
    def messages(self) -> Messages:
        return Messages(self.session)

    @cached_property
    def model_calls(self) -> ModelCalls:
        return ModelCalls(self.session)

    @cached_property
    def outbox(self) -> Outbox:
        return Outbox(self.session)

    @cached_property
    def postings(self) -> Postings:
        return Postings(self.session)

    @cached_property
    def pulses(self) -> Pulses:
        return Pulses(self.session)

    @cached_property
    def routine_marks(self) -> RoutineMarks:
        return RoutineMarks(self.session)


    async def alone(self, doing: Alone) -> None:
        """Until this transaction ends, nobody else does the same. SQLite has one writer anyway."""
        if self.session.get_bind().dialect.name == "postgresql":
            await self.session.exec(text("SELECT pg_advisory_xact_lock(:key)"), params={"key": int(doing)})  # type: ignore[call-overload]

    async def show(
        self, kind: PostingKind, subject_id: int, *, key: str, now: datetime, under_key: str = "",
        content: dict[str, Any] | None = None, after: timedelta = timedelta()
    ) -> Posting:
        """Have something shown at the desk, once per key; a step posts it from `now + after` on."""
        there = await self.postings.with_key(key)
        if there is not None:
            return there
        posting = await self.postings.add(
            Posting(key=key, kind=kind, subject_id=subject_id, under_key=under_key, content=content or {}, made_at=now)
        )
        assert posting.id is not None
        await self.jobs.add(Step.POST, posting.id, due_at=now + after, occasion=str(posting.version))
        return posting

    async def repaint(self, key: str, *, now: datetime) -> None:
        """Have what is shown under this key drawn anew; nothing happens if it was never to be shown."""
        posting = await self.postings.with_key(key)
        if posting is None or posting.id is None:
            return
        version = await self.postings.bump(posting.id)
        await self.jobs.add(Step.POST, posting.id, due_at=now, occasion=str(version))

    async def open_card(self, card: Card, *, now: datetime, after: timedelta = timedelta()) -> Card:
        """Add a card and have it shown."""
        card = await self.cards.add(card)
        assert card.id is not None
        await self.show(PostingKind.CARD, card.id, key=f"card:{card.id}", now=now, after=after)
        return card

    async def close_card(self, card: Card, *, state: CardState, outcome: str, by: str, now: datetime) -> bool:
        """Settle or retire a card and have it redrawn; False: it was over already."""
        assert card.id is not None
        ended = await self.cards.settle(card.id, state=state, outcome=outcome, by=by, at=now)
        if ended:
            await self.repaint(f"card:{card.id}", now=now)
        return ended


async def _ring_nobody(_job_id: int, _due_at: datetime) -> None:
    return


def _pass_by(_point: str) -> None:
    return


@dataclass
class Store:
    """The only way to the rows. Nobody else opens a session, nobody else commits."""

    engines: Engines
    ring: Ring = _ring_nobody
    reached: Reached = _pass_by
    _turns: Turns = field(default_factory=Turns)

    @asynccontextmanager
    async def transaction(self, name: str) -> AsyncIterator[Tx]:
        """Commit everything or nothing; then ring for the jobs that were added.

        `name` is this transition's name: its crash points are "before NAME" and "after NAME".
        """
        turn = self._turns.mine() if self.engines.is_sqlite else nullcontext()
        async with turn, AsyncSession(self.engines.write, expire_on_commit=False) as session:
            async with session.begin():
                tx = Tx(session)
                yield tx
                await self._seal(tx)
                self.reached(f"before {name}")
            self.reached(f"after {name}")
        for job in tx.jobs.added:
            if job.id is not None:
                await self.ring(job.id, job.due_at)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Tx]:
        """A consistent view; what is changed in it is never written."""
        async with AsyncSession(self.engines.read, expire_on_commit=False, autoflush=False) as session:
            yield Tx(session)

    @asynccontextmanager
    async def finishing(self, job: Job, name: str) -> AsyncIterator[Tx]:
        """The result of a job and its end: both are written, or neither. LeaseLost: somebody took over."""
        async with self.transaction(name) as tx:
            if not await tx.jobs.finish(job):
                raise LeaseLost(f"job {job.id}, attempt {job.attempts}")
            yield tx

    async def _seal(self, tx: Tx) -> None:
        await tx.session.flush()
        if tx.audit.waiting:
            await tx.alone(Alone.AUDIT)
            await tx.audit.seal()
