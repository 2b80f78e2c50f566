"""Verify: the invariants of the house, checked against the rows; for operators, and after every crash test."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from bot.ports import Clock
from storage.cards import Card, CardAbout
from storage.decisions import GRANTS, Decision
from storage.drafts import Draft, digest_of
from storage.inbound_messages import InboundMessage, InboundState, hash_of
from storage.inquiries import Inquiry, InquiryState
from storage.jobs import Job, JobState
from storage.messages import Direction, Message
from storage.outbox import OutboxItem, OutboxState
from storage.postings import Posting
from storage.store import Store, Tx

QUIET = timedelta(minutes=5)
"""How long an intermediate state may last before it counts as stuck."""


@dataclass(frozen=True)
class Broken:
    """One invariant that does not hold: its name, the row, and what to do."""

    rule: str
    row: str
    what: str


@dataclass(frozen=True)
class Verify:
    store: Store
    clock: Clock

    async def __call__(self, *, settled: bool = False) -> list[Broken]:
        """Everything that does not hold; empty when all does. `settled`: nothing may be on its way any more."""
        now = self.clock.now()
        async with self.store.reading() as tx:
            return [
                *await self._inbound(tx, now, settled=settled),
                *await self._inquiries(tx, now, settled=settled),
                *await self._outbox(tx),
                *await self._unknown(tx),
                *await self._drafts(tx),
                *await self._postings(tx),
                *await self._jobs(tx, now, settled=settled),
                *await self._audit(tx),
            ]

    async def _inbound(self, tx: Tx, now: datetime, *, settled: bool) -> list[Broken]:
        limit = now if settled else now - QUIET
        late = select(InboundMessage.id).where(
            col(InboundMessage.state) == InboundState.NEW, col(InboundMessage.arrived_at) < limit
        )
        pending = set((await tx.session.exec(_due_subjects("intake"))).all())
        stuck = [i for i in (await tx.session.exec(late)).all() if settled or i not in pending]
        nowhere = select(InboundMessage.id).where(
            col(InboundMessage.state) == InboundState.READ, col(InboundMessage.message_id).is_(None)
        )
        lost = (
            select(Message.id)
            .where(col(Message.direction) == Direction.IN, col(Message.inquiry_id).is_(None), col(Message.history).is_(False))
        )
        return [
            *(Broken("every message is read or on its way", f"inbound:{i}", "no job reads it; run the sweeper") for i in stuck),
            *(Broken("a read message is somewhere", f"inbound:{i}", "it was read but is in no conversation") for i in (await tx.session.exec(nowhere)).all()),
            *(Broken("every message belongs to an inquiry", f"message:{i}", "nobody is asked about it") for i in (await tx.session.exec(lost)).all()),
        ]

    async def _inquiries(self, tx: Tx, now: datetime, *, settled: bool) -> list[Broken]:
        found = []
        open_cards = select(Card.inquiry_id).where(col(Card.state).in_(("open", "snoozed")))
        carded = set((await tx.session.exec(open_cards)).all())
        in_transit = set((await tx.session.exec(select(OutboxItem.inquiry_id).where(col(OutboxItem.state).in_(("queued", "talking", "committed"))))).all())
        working = {*(await tx.session.exec(_due_subjects("triage", "routine", "draft"))).all()}
        for inquiry in (await tx.session.exec(select(Inquiry).where(col(Inquiry.state).in_(("new", "sorted", "waiting", "sending"))))).all():
            match inquiry.state:
                case InquiryState.WAITING if inquiry.id not in carded:
                    found.append(Broken("what waits has a card", f"inquiry:{inquiry.id}", "nobody can see it"))
                case InquiryState.SENDING if inquiry.id not in in_transit:
                    found.append(Broken("what is being sent is in the outbox", f"inquiry:{inquiry.id}", "nothing is on its way"))
                case InquiryState.NEW | InquiryState.SORTED if inquiry.id not in working and (settled or inquiry.changed_at < now - QUIET):
                    found.append(Broken("what is being worked on has a job", f"inquiry:{inquiry.id}", "no step will take it up"))
                case _:
                    pass
        return found

    async def _outbox(self, tx: Tx) -> list[Broken]:
        found = []
        grants = Counter(
            (await tx.session.exec(select(Decision.draft_id).where(col(Decision.kind).in_(GRANTS)))).all()
        )
        for item in (await tx.session.exec(select(OutboxItem))).all():
            row = f"outbox:{item.id}"
            if grants[item.draft_id] != 1:
                found.append(Broken("one grant for each thing that leaves", row, f"{grants[item.draft_id]} grants"))
            if hash_of(item.raw) != item.raw_hash:
                found.append(Broken("what leaves is what was approved", row, "its bytes changed after approval"))
            draft = await tx.drafts.get(item.draft_id)
            if draft.digest != item.digest:
                found.append(Broken("what leaves is what was approved", row, "its draft is another one"))
        return found

    async def _unknown(self, tx: Tx) -> list[Broken]:
        query = select(OutboxItem.id).where(col(OutboxItem.state).in_((OutboxState.UNKNOWN, OutboxState.REFUSED)))
        carded = set((await tx.session.exec(select(Card.outbox_id).where(col(Card.about) == CardAbout.DELIVERY))).all())
        return [
            Broken("an unknown or failed delivery has a card", f"outbox:{i}", "nobody was told")
            for i in (await tx.session.exec(query)).all()
            if i not in carded
        ]

    async def _drafts(self, tx: Tx) -> list[Broken]:
        return [
            Broken("a draft is never changed", f"draft:{draft.id}", "its words do not fit its digest")
            for draft in (await tx.session.exec(select(Draft))).all()
            if draft.digest != digest_of(draft)
        ]

    async def _postings(self, tx: Tx) -> list[Broken]:
        behind = select(Posting.id).where(col(Posting.shown) < col(Posting.version))
        waiting = set((await tx.session.exec(_due_subjects("post"))).all())
        dead = set((await tx.session.exec(select(Job.subject_id).where(col(Job.step) == "post", col(Job.state) == JobState.DEAD))).all())
        return [
            Broken("what is shown is what is true", f"posting:{i}", "the desk refuses it" if i in dead else "no job redraws it")
            for i in (await tx.session.exec(behind)).all()
            if i not in waiting
        ]

    async def _jobs(self, tx: Tx, now: datetime, *, settled: bool) -> list[Broken]:
        if not settled:
            return [
                Broken("due work is done", f"job:{job.id}", f"{job.step.value} is due since {now - job.due_at}")
                for job in await tx.jobs.stuck(before=now - QUIET)
                if job.leased_until is None or job.leased_until < now
            ]
        count = (await tx.session.exec(select(func.count()).select_from(Job).where(col(Job.state) == JobState.DUE, col(Job.due_at) <= now))).one()
        return [Broken("due work is done", "jobs", f"{count} jobs are due")] if count else []

    async def _audit(self, tx: Tx) -> list[Broken]:
        broken = await tx.audit.broken_at()
        return [Broken("the audit chain holds", f"audit:{broken}", "it was edited, removed or reordered")] if broken else []


def _due_subjects(*steps: str) -> SelectOfScalar[int]:
    return select(Job.subject_id).where(col(Job.step).in_(steps), col(Job.state) == JobState.DUE)
