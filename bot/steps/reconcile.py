"""Reconcile: look, read-only, for proof that an unknown delivery arrived; absence is never taken as proof."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.errors import Permanent, Transient
from bot.outgoing import parcel_of, record_sent
from bot.ports import Carrier, Clock
from bot.rules.retries import next_check
from storage.cards import CardState
from storage.channels import Channel
from storage.jobs import Job
from storage.outbox import OutboxState
from storage.store import Store


@dataclass(frozen=True)
class Reconcile:
    store: Store
    carriers: Mapping[Channel, Carrier]
    clock: Clock

    async def run(self, job: Job) -> None:
        async with self.store.reading() as tx:
            item = await tx.outbox.get(job.subject_id)
        if item.state is not OutboxState.UNKNOWN:
            async with self.store.finishing(job, "reconcile.nothing"):
                return
        try:
            proof = await self.carriers[item.channel].find(parcel_of(item))
            looked = proof or "nothing found"
        except (Transient, Permanent):
            proof, looked = None, "could not look"

        now = self.clock.now()
        check = {"at": now.isoformat(), "what": _where(item.channel), "found": proof is not None, "said": looked}
        if proof is not None:
            async with self.store.finishing(job, "reconcile.found") as tx:
                await tx.inquiries.hold(item.inquiry_id)
                item = await tx.outbox.get(job.subject_id)
                item.checks = [*item.checks, check]
                if await tx.outbox.move(item.id or 0, tries=item.tries, before=OutboxState.UNKNOWN, after=OutboxState.SENT, sent_at=now):
                    await record_sent(tx, item, now=now)
                    card = await tx.cards.about_outbox(item.id or 0)
                    if card is not None:
                        outcome = f"It arrived: {proof}"
                        await tx.close_card(card, state=CardState.SETTLED, outcome=outcome, by="understudy", now=now)
            return
        after = next_check(now - (item.committed_at or item.made_at))
        if after is None:
            async with self.store.finishing(job, "reconcile.ended") as tx:
                item = await tx.outbox.get(job.subject_id)
                item.checks = [*item.checks, check]
            return
        async with self.store.transaction("reconcile.later") as tx:
            item = await tx.outbox.get(job.subject_id)
            item.checks = [*item.checks, check]
            await tx.jobs.try_again(job, due_at=(item.committed_at or item.made_at) + after, error="")
            card = await tx.cards.about_outbox(item.id or 0)
            if card is not None:
                await tx.repaint(f"card:{card.id}", now=now)


def _where(channel: Channel) -> str:
    return "the Sent folder" if channel is Channel.EMAIL else "the channel's history"
