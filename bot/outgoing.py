"""What goes out: an approved draft becomes one outbox item, and what left becomes part of its conversation."""

from datetime import datetime, timedelta
from uuid import uuid4

from bot.context import House
from bot.ports import Composer, Letter, Parcel
from bot.rules.message_ids import new_message_id
from bot.rules.recipients import bare
from storage.cards import CardState
from storage.channels import Channel
from storage.drafts import Draft
from storage.inbound_messages import hash_of
from storage.inquiries import Inquiry, InquiryState
from storage.jobs import Step
from storage.messages import Direction, Message
from storage.outbox import OutboxItem
from storage.store import Tx

ON_ITS_WAY = "it is on its way"
SENT = "it has left"


async def repaint_handled(tx: Tx, item: OutboxItem, *, now: datetime) -> None:
    """Redraw a routine's line in the day's thread, and the thread's head with its count."""
    posting = await tx.postings.with_key(f"handled:{item.id}")
    if posting is not None:
        await tx.repaint(posting.key, now=now)
        await tx.repaint(posting.under_key, now=now)


async def queue(
    tx: Tx,
    house: House,
    composer: Composer,
    inquiry: Inquiry,
    draft: Draft,
    *,
    approved_by: str,
    now: datetime,
    leaves_in: timedelta,
    automatic: bool = False,
) -> OutboxItem:
    """One outbox item for this draft. Permanent: it cannot be a mail (a bad address, a line break in a header).

    The bytes are made here, with the time of approval as their Date; every try sends exactly these.
    """
    assert draft.id is not None
    assert inquiry.id is not None
    message_id = new_message_id(house.secret, house.epoch, uuid4().hex, house.domain)
    if draft.channel is Channel.EMAIL:
        raw = composer.compose(
            Letter(
                message_id=message_id,
                date=now,
                sender=draft.sender,
                to=tuple(draft.to),
                cc=tuple(draft.cc),
                subject=draft.subject,
                body=draft.body,
                in_reply_to=_bracketed(draft.in_reply_to),
                references=tuple(_bracketed(r) for r in draft.references),
                automatic=automatic,
            )
        )
        recipients = [bare(a) for a in (*draft.to, *draft.cc)]
        sender = bare(draft.sender)
    else:
        raw, recipients, sender = draft.body.encode(), [draft.place], draft.sender
    item = await tx.outbox.add(
        OutboxItem(
            draft_id=draft.id,
            inquiry_id=inquiry.id,
            channel=draft.channel,
            message_id=message_id,
            sender=sender,
            recipients=recipients,
            raw=raw,
            digest=draft.digest,
            raw_hash=hash_of(raw),
            thread=draft.thread,
            routine=draft.routine,
            approved_by=approved_by,
            automatic=automatic,
            due_at=now + leaves_in,
            made_at=now,
        )
    )
    assert item.id is not None
    await tx.jobs.add(Step.SEND, item.id, due_at=item.due_at)
    inquiry.state, inquiry.changed_at = InquiryState.SENDING, now
    tx.audit.add(
        at=now, actor=approved_by, act="queued", subject=f"outbox:{item.id}", draft=draft.id, digest=draft.digest,
        raw=item.raw_hash,
    )
    return item


async def is_about(tx: Tx, item: OutboxItem, inquiry: Inquiry) -> bool:
    """Whether the inquiry still stands where this item's draft answers it; a client who wrote on moved it further."""
    return (await tx.drafts.get(item.draft_id)).message_id == inquiry.message_id


async def withdraw_routine(tx: Tx, inquiry: Inquiry, *, now: datetime) -> bool:
    """Hold back a routine's message that has not left yet; False: there was none, or it is leaving."""
    assert inquiry.id is not None
    held = False
    for item in await tx.outbox.of_inquiry(inquiry.id):
        if item.routine and item.id is not None and await tx.outbox.withdraw(item.id):
            await repaint_handled(tx, item, now=now)
            held = True
    return held


async def record_sent(tx: Tx, item: OutboxItem, *, now: datetime, stamp: str = "") -> None:
    """It left: the words join the conversation, the inquiry is answered, a copy is filed, what is shown is redrawn."""
    assert item.id is not None
    draft = await tx.drafts.get(item.draft_id)
    inquiry = await tx.inquiries.get(item.inquiry_id)
    conversation = await tx.conversations.get(inquiry.conversation_id)
    external = item.message_id.strip("<>") if item.channel is Channel.EMAIL else stamp
    await tx.messages.add(
        Message(
            conversation_id=inquiry.conversation_id,
            inquiry_id=inquiry.id,
            direction=Direction.OUT,
            external_id=external,
            sender_name=item.approved_by if not item.routine else "Understudy",
            sender_address=item.sender,
            to=list(item.recipients),
            subject=draft.subject,
            text=draft.body,
            kind="own",
            verified=True,
            at=now,
        )
    )
    conversation.last_at = now
    newer = await tx.messages.newest_in(inquiry.conversation_id, Direction.IN)
    if newer is None or draft.message_id in (newer.id, inquiry.message_id):
        inquiry.state, inquiry.outcome = InquiryState.ANSWERED, f"answered by {item.approved_by}"
        inquiry.changed_at = inquiry.closed_at = now
    if item.channel is Channel.EMAIL:
        await tx.jobs.add(Step.FILE_SENT, item.id, due_at=now)
    card = await tx.cards.latest_for(item.inquiry_id)
    if card is not None and card.draft_id == item.draft_id and card.state is CardState.SETTLED:
        card.outcome = card.outcome.replace(ON_ITS_WAY, SENT)
        await tx.repaint(f"card:{card.id}", now=now)
    await repaint_handled(tx, item, now=now)
    tx.audit.add(at=now, actor=item.approved_by, act="sent", subject=f"outbox:{item.id}", raw=item.raw_hash)


def _bracketed(message_id: str) -> str:
    return f"<{message_id.strip('<>')}>" if message_id else ""


def parcel_of(item: OutboxItem) -> Parcel:
    return Parcel(
        outbox_id=item.id or 0,
        channel=item.channel,
        message_id=item.message_id,
        sender=item.sender,
        recipients=tuple(item.recipients),
        raw=item.raw,
        thread=item.thread,
        committed_at=item.committed_at,
    )
