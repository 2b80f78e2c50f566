"""Puts an approved draft into the outbox: bytes built and checked once, one grant, one item, one job."""

from datetime import datetime, timedelta
from uuid import uuid4

from bot.context import House
from bot.ports import Composer, Letter
from bot.rules.message_ids import new_message_id
from bot.rules.recipients import bare
from storage.channels import Channel
from storage.drafts import Draft
from storage.inbound_messages import hash_of
from storage.inquiries import Inquiry, InquiryState
from storage.jobs import Step
from storage.outbox import OutboxItem
from storage.store import Tx


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
                in_reply_to=draft.in_reply_to,
                references=tuple(draft.references),
                automatic=automatic,
            )
        )
        recipients = [bare(a) for a in (*draft.to, *draft.cc)]
        sender = bare(draft.sender)
    else:
        raw, recipients, sender = draft.body.encode(), list(draft.to), house.people.owner.name
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
