"""What our own people wrote: an answer from their own mail or Slack settles the card that waits for it."""

from datetime import datetime

from bot.context import House
from bot.inbound import Person, ReadMessage
from bot.placing import Writer, write_message
from bot.rules.threading import base_subject, others
from storage.cards import CardState
from storage.channels import Channel
from storage.conversations import Conversation
from storage.decisions import Decision, DecisionKind
from storage.inbound_messages import InboundMessage, InboundState
from storage.inquiries import Inquiry, InquiryState
from storage.messages import Direction, Message
from storage.store import Tx


async def take_own(tx: Tx, house: House, inbound: InboundMessage, read: ReadMessage, *, now: datetime) -> None:
    """A message from our own address: the owner answered from their own mail client, or our own echo."""
    cited = await tx.messages.with_external_ids([i for i in (read.in_reply_to or "", *reversed(read.references)) if i])
    to = {p.address.lower() for p in (*read.to, *read.cc)}
    conversation: Conversation | None = None
    for earlier in cited:
        candidate = await tx.conversations.get(earlier.conversation_id)
        if to & set(candidate.participants):
            conversation = candidate
            break
    if conversation is None and inbound.channel is Channel.SLACK:
        inbound.state, inbound.why = InboundState.SAME, ["our own message"]
        return
    if conversation is None:
        conversation = await tx.conversations.add(
            Conversation(
                channel=inbound.channel,
                subject=read.subject,
                base_subject=base_subject(read.subject),
                participants=others(to, house.people.business_addresses),
                place=inbound.account,
                last_at=inbound.arrived_at,
            )
        )
    name = read.sender.name if read.sender and read.sender.name else house.people.owner.name
    writer = Writer(read.sender or Person(name, ""), verified=True, text=read.text, subject=read.subject)
    message = await write_message(tx, inbound, read, writer, conversation, claims=False)
    message.direction = Direction.OUT
    inbound.state, inbound.message_id = InboundState.READ, message.id
    assert conversation.id is not None
    elder = await tx.inquiries.newest_in(conversation.id)
    await answered_elsewhere(tx, conversation, message, name, elder, now=now)


async def answered_elsewhere(
    tx: Tx, conversation: Conversation, message: Message, name: str, inquiry: Inquiry | None, *, now: datetime
) -> None:
    conversation.last_at = max(conversation.last_at, message.at)
    if inquiry is None or inquiry.id is None:
        return
    message.inquiry_id = inquiry.id
    if inquiry.state not in {InquiryState.NEW, InquiryState.SORTED, InquiryState.WAITING}:
        return
    outcome = f"{name} answered from their own {'mail' if conversation.channel is Channel.EMAIL else 'Slack'}"
    card = await tx.cards.open_for(inquiry.id)
    if card is not None:
        await tx.close_card(card, state=CardState.SETTLED, outcome=outcome, by=name, now=now)
    inquiry.state, inquiry.outcome = InquiryState.ANSWERED, outcome
    inquiry.changed_at = inquiry.closed_at = now
    await tx.decisions.add(
        Decision(kind=DecisionKind.TAKE_OVER, inquiry_id=inquiry.id, card_id=card.id if card else None, by=name, at=now)
    )
    tx.audit.add(at=now, actor=name, act="answered elsewhere", subject=f"inquiry:{inquiry.id}", message=message.id)
