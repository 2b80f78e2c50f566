"""What comes back: a delivery report on a message of ours brings its inquiry back, with a card."""

from datetime import datetime

from bot.inbound import BouncedRecipient, ReadMessage
from bot.outgoing import is_about
from bot.rules.recipients import bare
from storage.cards import Card, CardAbout
from storage.inquiries import InquiryState
from storage.messages import Message
from storage.outbox import OutboxItem, OutboxState
from storage.store import Tx


async def came_back(tx: Tx, read: ReadMessage, message: Message, *, now: datetime) -> bool:
    """Whether it reports on a message of ours; then whoever was not reached is noted and a card asks what to do."""
    failed = [b for b in read.bounce or () if b.action in {"failed", ""}]
    for external in (read.headers.get("failed-message-id", ""), read.in_reply_to or "", *read.references):
        item = await tx.outbox.with_message_id(f"<{external.strip('<>')}>") if external else None
        if item is None or item.id is None:
            continue
        inquiry = await tx.inquiries.hold(item.inquiry_id)
        message.inquiry_id = inquiry.id
        if not failed:
            return True
        item.refused = {**item.refused, **_refused(item, failed)}
        item.error = "the message came back"
        if item.state is OutboxState.UNKNOWN:
            item.state = OutboxState.SENT
        if await is_about(tx, item, inquiry):
            inquiry.state, inquiry.changed_at = InquiryState.WAITING, now
        card = await tx.cards.about_outbox(item.id)
        if card is None or card.settled_at is not None:  # an older card about it was answered; this is news
            card = Card(about=CardAbout.DELIVERY, inquiry_id=inquiry.id, outbox_id=item.id, draft_id=item.draft_id, opened_at=now)
            await tx.open_card(card, now=now)
        else:
            await tx.repaint(f"card:{card.id}", now=now)
        tx.audit.add(at=now, actor="understudy", act="bounced", subject=f"outbox:{item.id}", message=message.id)
        return True
    return False


def _refused(item: OutboxItem, failed: list[BouncedRecipient]) -> dict[str, str]:
    """Which of our own recipients a report names. Anybody can write a report: it never brings in an address of its own.

    A report may name the address that a single recipient forwards to; then it is about that recipient.
    """
    ours = {bare(r).lower(): r for r in item.recipients}
    named = {ours[b.recipient.lower()]: b for b in failed if b.recipient.lower() in ours}
    if not named and len(item.recipients) == 1:
        named = {item.recipients[0]: failed[0]}
    return {recipient: f"{b.status} {b.diagnostic}"[:300] for recipient, b in named.items()}
