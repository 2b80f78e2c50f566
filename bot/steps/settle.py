"""Settle: what a press on a delivery or trouble card does."""

from dataclasses import dataclass
from datetime import datetime

from bot.context import House
from bot.errors import Refused
from bot.outgoing import is_about, record_sent
from bot.people import Approver
from bot.ports import Clock
from bot.questions import Click, Press, Told
from bot.rules.authority import approver_of, forbidden
from storage.cards import Card, CardAbout, CardState
from storage.decisions import Decision, DecisionKind
from storage.inbound_messages import InboundState
from storage.inquiries import InquiryState
from storage.jobs import Step
from storage.outbox import OutboxItem, OutboxState
from storage.store import Store, Tx

SETTLES = frozenset({Press.MARK_SENT, Press.SEND_AGAIN, Press.LEAVE, Press.RETRY})


@dataclass(frozen=True)
class Settle:
    store: Store
    house: House
    clock: Clock

    async def __call__(self, click: Click) -> Told:
        """Do it, or Refused with the reason in plain words."""
        async with self.store.transaction(f"settle.{click.press.value}") as tx:
            by = approver_of(click, self.house.people)
            if (why := forbidden(by, click.press, None)) is not None:
                raise Refused(why)
            assert by is not None
            card = await tx.cards.get(click.stamp.card)
            if card is None or card.about is CardAbout.INQUIRY:
                raise Refused("This card is not in my books any more. Nothing was changed.")
            if card.inquiry_id is not None:
                await tx.inquiries.hold(card.inquiry_id)
                await tx.session.refresh(card)
            if card.state is not CardState.OPEN:
                raise Refused(f"This was settled already: {card.outcome}. Nothing was changed by your press.")
            now = self.clock.now()
            match click.press:
                case Press.LEAVE:
                    return await self._leave(tx, card, by, click, now)
                case Press.RETRY:
                    return await self._retry(tx, card, by, click, now)
                case Press.MARK_SENT | Press.SEND_AGAIN if card.outbox_id is not None:
                    item = await tx.outbox.get(card.outbox_id)
                    if click.press is Press.MARK_SENT:
                        return await self._mark_sent(tx, card, item, by, click, now)
                    return await self._send_again(tx, card, item, by, click, now)
                case _:
                    raise Refused("That button does nothing here.")

    async def _end(
        self, tx: Tx, card: Card, by: Approver, click: Click, kind: DecisionKind, outcome: str, now: datetime
    ) -> None:
        if not await tx.close_card(card, state=CardState.SETTLED, outcome=outcome, by=by.name, now=now):
            raise Refused("Somebody else was quicker; nothing was changed by your press.")
        await tx.decisions.add(
            Decision(kind=kind, inquiry_id=card.inquiry_id, card_id=card.id, draft_id=card.draft_id, by=by.name, by_id=click.by, at=now)
        )
        tx.audit.add(at=now, actor=by.name, act=kind.value, subject=f"card:{card.id}", outbox=card.outbox_id, job=card.job_id)

    async def _leave(self, tx: Tx, card: Card, by: Approver, click: Click, now: datetime) -> Told:
        await self._end(tx, card, by, click, DecisionKind.LEAVE, f"Left as it is by {by.name}", now)
        inquiry = await tx.inquiries.get(card.inquiry_id) if card.inquiry_id is not None else None
        item = await tx.outbox.get(card.outbox_id) if card.outbox_id is not None else None
        if inquiry is not None and item is not None and await is_about(tx, item, inquiry):
            inquiry.state, inquiry.outcome = InquiryState.CLOSED, f"left as it is by {by.name}"
            inquiry.changed_at = inquiry.closed_at = now
        return Told("Left as it is.")

    async def _retry(self, tx: Tx, card: Card, by: Approver, click: Click, now: datetime) -> Told:
        await self._end(tx, card, by, click, DecisionKind.RETRY, f"{by.name} had it tried again", now)
        if card.job_id is not None:
            await tx.jobs.revive(card.job_id, now=now)
        if card.inbound_id is not None:
            inbound = await tx.inbound.get(card.inbound_id)
            inbound.state, inbound.attempts, inbound.why = InboundState.NEW, 0, []
            await tx.jobs.add(Step.INTAKE, card.inbound_id, due_at=now, occasion=f"again{card.id}")
        return Told("It is being tried again; you will hear if it fails once more.")

    async def _mark_sent(
        self, tx: Tx, card: Card, item: OutboxItem, by: Approver, click: Click, now: datetime
    ) -> Told:
        await self._end(tx, card, by, click, DecisionKind.MARK_SENT, f"{by.name} knows that it arrived", now)
        if await tx.outbox.move(item.id or 0, tries=item.tries, before=OutboxState.UNKNOWN, after=OutboxState.SENT, sent_at=now):
            await record_sent(tx, item, now=now)
        return Told("Noted as sent.")

    async def _send_again(
        self, tx: Tx, card: Card, item: OutboxItem, by: Approver, click: Click, now: datetime
    ) -> Told:
        """A person asks for it with the facts in view: the same bytes, the same Message-ID, one more time."""
        await self._end(tx, card, by, click, DecisionKind.SEND_AGAIN, f"{by.name} had it sent again", now)
        for before in (OutboxState.UNKNOWN, OutboxState.REFUSED, OutboxState.SENT):
            moved = await tx.outbox.move(
                item.id or 0, tries=item.tries, before=before, after=OutboxState.QUEUED, due_at=now,
                first_tried_at=None, error="", refused={}, leased_until=None,
                **({"recipients": list(item.refused)} if item.refused and before is OutboxState.SENT else {}),
            )
            if moved:
                await tx.jobs.add(Step.SEND, item.id or 0, due_at=now, occasion=f"again{card.id}")
                inquiry = await tx.inquiries.get(item.inquiry_id)
                if await is_about(tx, item, inquiry):
                    inquiry.state, inquiry.changed_at = InquiryState.SENDING, now
                return Told("It is being sent once more, with the same Message-ID.")
        raise Refused("It is on its way already.")
