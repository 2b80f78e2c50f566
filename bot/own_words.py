"""What our own people wrote: an answer from their own mail or Slack settles the card that waits for it."""

from datetime import datetime

from bot.asking import note_under
from bot.context import House
from bot.inbound import Kind, Person, ReadMessage
from bot.outgoing import withdraw_routine
from bot.placing import Writer, write_message
from bot.rules.threading import base_subject, others
from storage.cards import CardState
from storage.channels import Channel
from storage.conversations import Conversation
from storage.decisions import Decision, DecisionKind
from storage.inbound_messages import InboundMessage, InboundState
from storage.inquiries import OPEN_STATES, Inquiry, InquiryState
from storage.messages import Direction, Message
from storage.store import Tx


async def take_own(tx: Tx, house: House, inbound: InboundMessage, read: ReadMessage, *, now: datetime) -> None:
    """A message that is certainly ours: the owner answered from their own mail client, or a machine of theirs did."""
    conversation = await answered_by(tx, read)
    if conversation is None and inbound.channel is Channel.SLACK:
        inbound.state, inbound.why = InboundState.SAME, ["our own message"]
        return
    if read.kind not in {Kind.HUMAN, Kind.OWN}:
        # The mailbox's own out-of-office answers nobody: to take it for the owner's word would close every card.
        inbound.state, inbound.why = InboundState.SAME, ["our own mailbox's machine wrote it; nobody was answered", *read.why]
        return
    if conversation is None:
        conversation = await tx.conversations.add(
            Conversation(
                channel=inbound.channel,
                subject=read.subject,
                base_subject=base_subject(read.subject),
                participants=others(_recipients(read), house.people.business_addresses),
                place=inbound.account,
                last_at=inbound.arrived_at,
            )
        )
    name = read.sender.name if read.sender and read.sender.name else house.people.owner.name
    writer = Writer(read.sender or Person(name, ""), verified=True, text=read.text, subject=read.subject)
    message = await write_message(tx, inbound, read, writer, conversation, claims=False)
    message.direction = Direction.OUT
    inbound.state, inbound.message_id = InboundState.READ, message.id
    await answered_elsewhere(tx, conversation, message, name, now=now)


async def answered_by(tx: Tx, read: ReadMessage) -> Conversation | None:
    """The conversation that this message of ours answers: it cites it, and goes to somebody in it."""
    cited = [i for i in (read.in_reply_to or "", *reversed(read.references)) if i]
    for earlier in await tx.messages.with_external_ids(cited):
        candidate = await tx.conversations.get(earlier.conversation_id)
        if _recipients(read) & set(candidate.participants):
            return candidate
    return None


def _recipients(read: ReadMessage) -> set[str]:
    return {p.address.lower() for p in (*read.to, *read.cc)}


async def answered_elsewhere(tx: Tx, conversation: Conversation, message: Message, name: str, *, now: datetime) -> None:
    """Settle what this message of ours answers: every open inquiry here of somebody it went to."""
    assert conversation.id is not None
    inquiries = await tx.inquiries.hold_all_of(conversation.id)
    conversation.last_at = max(conversation.last_at, message.at)
    for inquiry in inquiries:
        asked = await tx.messages.get(inquiry.message_id)
        if conversation.channel is Channel.EMAIL and asked.sender_address not in {a.lower() for a in (*message.to, *message.cc)}:
            continue
        message.inquiry_id = message.inquiry_id or inquiry.id
        if inquiry.state not in OPEN_STATES:
            continue
        if _answers(message, asked, conversation.channel):
            await _settle(tx, conversation, inquiry, message, name, now=now)
        elif (card := await tx.cards.open_for(inquiry.id or 0)) is not None:
            text = f"{name} answered an earlier message of this conversation themselves."
            await note_under(tx, card, text, key=f"own:{message.id}", now=now)


def _answers(message: Message, asked: Message, channel: Channel) -> bool:
    """Whether our message was written with the newest question known: folders are not read in the order of writing."""
    cited = {str(message.extra.get("in_reply_to") or ""), *message.references}
    return message.at >= asked.at or (channel is Channel.EMAIL and asked.external_id in cited)


async def _settle(
    tx: Tx, conversation: Conversation, inquiry: Inquiry, message: Message, name: str, *, now: datetime
) -> None:
    assert inquiry.id is not None
    if inquiry.state is InquiryState.SENDING and not await withdraw_routine(tx, inquiry, now=now):
        return  # a person's own approved reply, or one that is leaving at this moment
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
