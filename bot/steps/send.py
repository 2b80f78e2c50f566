"""Send: take one outbox item out by the protocol of the final dot; before the dot anything may be retried, after it nothing is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.errors import NobodyTook, OutcomeUnknown, Permanent, Refused, Transient
from bot.outgoing import is_about, parcel_of, record_sent, repaint_handled
from bot.ports import Carrier, Clock, HandedOver
from bot.rules.retries import RECONCILE, SEND_GIVES_UP, send_again_after
from storage.cards import Card, CardAbout
from storage.channels import Channel
from storage.inquiries import InquiryState
from storage.jobs import Job, Step
from storage.outbox import OutboxItem, OutboxState
from storage.store import LeaseLost, Store, Tx

TALK = timedelta(seconds=90)
DOT = timedelta(minutes=11)
"""How long a sender may be silent after the dot: the ten minutes of RFC 5321 4.5.3.2.6 and a little."""
UNKNOWN_CARD_AFTER = timedelta(seconds=32)
"""The card about an unknown delivery waits for the first two look-ups."""


@dataclass(frozen=True)
class Send:
    store: Store
    carriers: Mapping[Channel, Carrier]
    clock: Clock

    async def run(self, job: Job) -> None:
        async with self.store.transaction("send.claim") as tx:
            item = await tx.outbox.claim(job.subject_id, now=self.clock.now(), lease=TALK)
            if item is not None and item.first_tried_at is None:
                item.first_tried_at = self.clock.now()
            there = item or await tx.outbox.get(job.subject_id)
        if item is None:
            await self._not_ours(job, there)
            return
        parcel = parcel_of(item)

        async def before_dot() -> bool:
            now = self.clock.now()
            async with self.store.transaction("send.dot") as tx:
                return await tx.outbox.move(
                    item.id or 0, tries=item.tries, before=OutboxState.TALKING, after=OutboxState.COMMITTED,
                    committed_at=now, leased_until=now + DOT,
                )

        try:
            handed = await self.carriers[item.channel].carry(parcel, before_dot=before_dot)
        except Refused as error:
            raise LeaseLost(f"outbox item {item.id}, try {item.tries}") from error
        except Transient as error:
            await self._again(job, item, error)
        except Permanent as error:
            either = (OutboxState.TALKING, OutboxState.COMMITTED)
            refused = error.refused if isinstance(error, NobodyTook) else {}
            await self._failed(job, item, str(error), before=either, refused=refused)
        except OutcomeUnknown as error:
            await self._unknown(job, item, str(error))
        else:
            await self._sent(job, item, handed)

    async def _not_ours(self, job: Job, item: OutboxItem) -> None:
        """Withdrawn, done, held by another sender, or found between dot and answer with a dead lease."""
        now = self.clock.now()
        if item.state is OutboxState.COMMITTED and item.leased_until is not None and item.leased_until < now:
            await self._unknown(job, item, "the program ended between the last byte and the server's answer")
            return
        if item.state in {OutboxState.TALKING, OutboxState.COMMITTED, OutboxState.QUEUED}:
            wait = max(item.due_at, item.leased_until or item.due_at)
            async with self.store.transaction("send.held") as tx:
                await tx.jobs.try_again(job, due_at=max(wait, now + timedelta(seconds=1)), error="held")
            return
        async with self.store.finishing(job, "send.nothing"):
            return

    # How it ended is fenced by the item's own try number, not by the job: a worker that slept past its lease while a
    # server thought still knows what the server said, and whoever took the job over finds it written down.

    async def _sent(self, job: Job, item: OutboxItem, handed: HandedOver) -> None:
        now = self.clock.now()
        async with self.store.transaction("send.sent") as tx:
            await tx.inquiries.hold(item.inquiry_id)
            moved = await tx.outbox.move(
                item.id or 0, tries=item.tries, before=OutboxState.COMMITTED, after=OutboxState.SENT,
                sent_at=now, reply=handed.reply[:500], refused=handed.refused, stamp=handed.stamp, leased_until=None,
            )
            if not moved:
                raise LeaseLost(f"outbox item {item.id}, try {item.tries}")
            await record_sent(tx, item, now=now, stamp=handed.stamp)
            await tx.jobs.finish(job)
            if handed.refused:
                await self._delivery_card(tx, item, now=now)

    async def _delivery_card(self, tx: Tx, item: OutboxItem, *, now: datetime, after: timedelta = timedelta()) -> None:
        there = await tx.cards.about_outbox(item.id or 0)
        if there is None or there.settled_at is not None:
            card = Card(
                about=CardAbout.DELIVERY, inquiry_id=item.inquiry_id, outbox_id=item.id, draft_id=item.draft_id, opened_at=now
            )
            await tx.open_card(card, now=now, after=after)

    async def _again(self, job: Job, item: OutboxItem, error: Transient) -> None:
        now = self.clock.now()
        if item.first_tried_at is not None and now - item.first_tried_at > SEND_GIVES_UP:
            either = (OutboxState.TALKING, OutboxState.COMMITTED)
            await self._failed(job, item, f"tried for 24 hours; the last time: {error}", before=either)
            return
        due = now + max(send_again_after(item.tries), error.retry_after or timedelta())
        async with self.store.transaction("send.again") as tx:
            for before in (OutboxState.TALKING, OutboxState.COMMITTED):
                # COMMITTED comes back only on the server's own explicit "not now" after the dot.
                await tx.outbox.move(
                    item.id or 0, tries=item.tries, before=before, after=OutboxState.QUEUED, due_at=due,
                    leased_until=None, error=str(error)[:300],
                )
            await tx.jobs.try_again(job, due_at=due, error=type(error).__name__)

    async def _failed(
        self, job: Job, item: OutboxItem, why: str, *, before: tuple[OutboxState, ...], refused: Mapping[str, str] | None = None
    ) -> None:
        now = self.clock.now()
        async with self.store.transaction("send.failed") as tx:
            inquiry = await tx.inquiries.hold(item.inquiry_id)
            moved = [
                await tx.outbox.move(
                    item.id or 0, tries=item.tries, before=state, after=OutboxState.REFUSED, error=why[:500],
                    refused=dict(refused or {}), leased_until=None,
                )
                for state in before
            ]
            if not any(moved):
                raise LeaseLost(f"outbox item {item.id}, try {item.tries}")
            await tx.jobs.finish(job)
            if await is_about(tx, item, inquiry):
                inquiry.state, inquiry.changed_at = InquiryState.WAITING, now
            await self._delivery_card(tx, item, now=now)
            await repaint_handled(tx, item, now=now)
            tx.audit.add(at=now, actor="understudy", act="not delivered", subject=f"outbox:{item.id}")

    async def _unknown(self, job: Job, item: OutboxItem, why: str) -> None:
        now = self.clock.now()
        async with self.store.transaction("send.unknown") as tx:
            inquiry = await tx.inquiries.hold(item.inquiry_id)
            moved = await tx.outbox.move(
                item.id or 0, tries=item.tries, before=OutboxState.COMMITTED, after=OutboxState.UNKNOWN,
                error=why[:500], leased_until=None,
            )
            if not moved:
                raise LeaseLost(f"outbox item {item.id}, try {item.tries}")
            await tx.jobs.finish(job)
            if await is_about(tx, item, inquiry):
                inquiry.state, inquiry.changed_at = InquiryState.WAITING, now
            await self._delivery_card(tx, item, now=now, after=UNKNOWN_CARD_AFTER)
            await tx.jobs.add(
                Step.RECONCILE, item.id or 0, due_at=(item.committed_at or now) + RECONCILE[0], occasion=f"t{item.tries}"
            )
            await repaint_handled(tx, item, now=now)
            tx.audit.add(at=now, actor="understudy", act="delivery unknown", subject=f"outbox:{item.id}")
