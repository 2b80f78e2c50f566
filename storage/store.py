"""The open database: one transaction with a drawer per noun, and the bell that is rung after it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cached_property

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.audit import Audit
from storage.cards import Cards
from storage.clients import Clients
from storage.conversations import Conversations
from storage.decisions import Decisions
from storage.drafts import Drafts
from storage.engagements import Engagements
from storage.engine import Engines
from storage.facts import Facts
from storage.inbound_messages import InboundMessages
from storage.inquiries import Inquiries
from storage.jobs import Job, Jobs
from storage.mailboxes import Mailboxes
from storage.messages import Messages
from storage.model_calls import ModelCalls
from storage.outbox import Outbox
from storage.postings import Postings
from storage.pulses import Pulses
from storage.routine_marks import RoutineMarks

Ring = Callable[[int], Awaitable[None]]
"""Wakes somebody for this job id. A lost ring costs seconds: the sweeper rings again."""

Reached = Callable[[str], None]
"""Told of every crash point as it is passed: "before NAME" and "after NAME" of each transaction."""

_AUDIT_LOCK = 0x554E4453
"""PostgreSQL advisory lock under which the audit chain grows."""


class LeaseLost(Exception):  # noqa: N818  an outcome, not an error of ours
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


async def _ring_nobody(_job_id: int) -> None:
    return


def _pass_by(_point: str) -> None:
    return


@dataclass
class Store:
    """The only way to the rows. Nobody else opens a session, nobody else commits."""

    engines: Engines
    ring: Ring = _ring_nobody
    reached: Reached = _pass_by
    _writing: asyncio.Lock = field(default_factory=asyncio.Lock)

    @asynccontextmanager
    async def transaction(self, name: str) -> AsyncIterator[Tx]:
        """Commit everything or nothing; then ring for the jobs that were added.

        `name` is this transition's name: its crash points are "before NAME" and "after NAME".
        """
        if self.engines.is_sqlite:
            await self._writing.acquire()
        try:
            async with AsyncSession(self.engines.write, expire_on_commit=False) as session:
                async with session.begin():
                    tx = Tx(session)
                    yield tx
                    await self._seal(tx)
                    self.reached(f"before {name}")
                self.reached(f"after {name}")
        finally:
            if self.engines.is_sqlite:
                self._writing.release()
        for job in tx.jobs.added:
            if job.id is not None:
                await self.ring(job.id)

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
            if not self.engines.is_sqlite:
                await tx.session.exec(text("SELECT pg_advisory_xact_lock(:key)"), params={"key": _AUDIT_LOCK})  # type: ignore[call-overload]
            await tx.audit.seal()
