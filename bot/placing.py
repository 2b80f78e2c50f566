"""Places a message: is it new, which conversation does it belong to, and the row it becomes."""

from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from bot.inbound import Authenticated, Person, ReadMessage
from bot.people import People
from bot.rules.threading import Apart, Candidate, Joined, base_subject, others, place_message
from storage.channels import Channel
from storage.clients import Client
from storage.conversations import Conversation
from storage.inbound_messages import InboundMessage
from storage.messages import Direction, Message
from storage.store import Tx

SAME_TOPIC_FOR = timedelta(days=30)
BURST = timedelta(minutes=2)
"""Messages of one person in one Slack channel within this time are one inquiry."""


@dataclass(frozen=True)
class Writer:
    """Who a message is really from, and by whose hand it came."""

    person: Person
    verified: bool
    text: str
    subject: str
    forwarded_by: str = ""
    note: str = ""


def parties(people: People, read: ReadMessage, writer: Writer) -> list[str]:
    """Who takes part by this message. An unverified sender brings in nobody: a forged Cc must not open a thread."""
    ours = {*people.business_addresses, *(p.email for p in people.approvers)}
    addresses = [writer.person.address]
    if writer.verified and not writer.forwarded_by:
        addresses += [p.address for p in (*read.to, *read.cc)]
    return others([a for a in addresses if a], ours)


async def same_message(tx: Tx, inbound: InboundMessage, read: ReadMessage) -> int | None:
    """The message this is another copy of: same bytes, or same id, sender and words by another way."""
    assert inbound.id is not None
    twin = await tx.inbound.read_with_hash(inbound.raw_hash, but=inbound.id, history=inbound.history)
    if twin is not None:
        return twin.message_id
    if inbound.channel is Channel.EMAIL and read.message_id:
        for message in await tx.messages.with_external_ids([read.message_id]):
            if message.history and not inbound.history:
                continue  # read as context only: what arrives now still has to be handled
            # Of what we sent we keep the words, not their form: there the sender is compared, and the words are not.
            ours = message.direction is Direction.OUT
            same_words = message.extra.get("full_text") == _fingerprint(read) or ours
            address = read.sender.address.lower() if read.sender else ""
            if same_words and address in {message.extra.get("sender"), message.sender_address if ours else ""}:
                return message.id
    return None


async def place(
    tx: Tx, inbound: InboundMessage, read: ReadMessage, writer: Writer, client: Client | None
) -> tuple[Conversation, bool, int | None]:
    """Its conversation, whether it goes on with the same topic, and the conversation it only claims to belong to."""
    if inbound.channel is Channel.SLACK:
        return await _slack_conversation(tx, inbound, read, client), True, None
    sender = writer.person.address.lower()
    cited = await tx.messages.with_external_ids(
        [i for i in dict.fromkeys((read.in_reply_to or "", *reversed(read.references))) if i]
    )
    referenced = await _candidates(tx, [m.conversation_id for m in cited])
    recent: list[Candidate] = []
    if client is not None and client.id is not None:
        rows = await tx.conversations.recent_of_client(client.id, inbound.arrived_at - SAME_TOPIC_FOR)
        recent = [_candidate(row) for row in rows]
    placed = place_message(
        sender=sender,
        client_id=client.id if client else None,
        verified=writer.verified,
        subject=writer.subject,
        referenced=() if writer.forwarded_by else referenced,
        recent=recent,
    )
    match placed:
        case Joined(conversation_id, same_topic):
            return await tx.conversations.get(conversation_id), same_topic, None
        case Apart(claims=claims):
            conversation = Conversation(
                channel=Channel.EMAIL,
                client_id=client.id if client else None,
                subject=writer.subject,
                base_subject=base_subject(writer.subject),
                place=inbound.account,
                last_at=inbound.arrived_at,
            )
            return await tx.conversations.add(conversation), True, claims

async def _candidates(tx: Tx, ids: list[int]) -> list[Candidate]:
    return [_candidate(await tx.conversations.get(i)) for i in dict.fromkeys(ids)]

async def _slack_conversation(
    tx: Tx, inbound: InboundMessage, read: ReadMessage, client: Client | None
) -> Conversation:
    place = read.headers.get("slack-channel", inbound.place)
    thread = read.headers.get("slack-thread", "") or read.in_reply_to or ""
    own_stamp = read.message_id or ""
    sender = read.sender.address if read.sender else ""
    if found := await slack_conversation_of(tx, place, thread, own_stamp):
        return found
    if not thread and (burst := await tx.conversations.latest_in_place(place)) is not None:
        same_person = sender.lower() in [p.lower() for p in burst.participants]
        if same_person and inbound.arrived_at - burst.last_at <= BURST:
            return burst
    return await tx.conversations.add(
        Conversation(
            channel=Channel.SLACK,
            client_id=client.id if client else None,
            place=place,
            thread=thread or own_stamp,
            last_at=inbound.arrived_at,
        )
    )


async def take_back(tx: Tx, read: ReadMessage) -> Message | None:
    """Blank what stood in Slack where this was edited or deleted: words taken back are not used any more. The newest such.

    The event as it came is kept with its arrival.
    """
    found = None
    for message in await tx.messages.with_external_ids([read.message_id or ""]):
        conversation = await tx.conversations.get(message.conversation_id)
        here = (conversation.channel, conversation.place) == (Channel.SLACK, read.headers.get("slack-channel", ""))
        if here and message.direction is Direction.IN:
            message.text, message.kind = "", "replaced"
            found = found or message
    return found


async def slack_conversation_of(tx: Tx, place: str, thread: str, stamp: str) -> Conversation | None:
    """The conversation of this thread, or of this message, in that channel. A thread may hang on any message of a burst."""
    if found := await tx.conversations.in_slack(place, thread or stamp):
        return found
    for message in await tx.messages.with_external_ids([thread or stamp]):
        conversation = await tx.conversations.get(message.conversation_id)
        if (conversation.channel, conversation.place) == (Channel.SLACK, place):
            return conversation
    return None


async def write_message(
    tx: Tx, inbound: InboundMessage, read: ReadMessage, writer: Writer, conversation: Conversation, *, claims: bool
) -> Message:
    assert conversation.id is not None
    flags = list(read.flags)
    if claims:
        flags.append("claims_conversation")
    twins = await tx.messages.with_external_ids([read.message_id or ""])
    if inbound.channel is Channel.EMAIL and any(not twin.history or inbound.history for twin in twins):
        flags.append("message_id_reused")
    if read.authenticated is Authenticated.FAIL:
        flags.append("authentication_failed")
    if not inbound.complete:
        flags.append("incomplete")
    return await tx.messages.add(
        Message(
            conversation_id=conversation.id,
            direction=Direction.IN,
            external_id=read.message_id or "",
            sender_name=writer.person.name,
            sender_address=writer.person.address.lower() if inbound.channel is Channel.EMAIL else writer.person.address,
            to=[p.address for p in read.to] if not writer.forwarded_by else [],
            cc=[p.address for p in read.cc] if not writer.forwarded_by else [],
            reply_to=[p.address for p in read.reply_to] if not writer.forwarded_by else [],
            subject=writer.subject,
            text=writer.text,
            quoted=read.quoted,
            signature=read.signature,
            kind=read.kind.value,
            why=list(read.why),
            flags=flags,
            verified=writer.verified,
            forwarded_by=writer.forwarded_by,
            attachments=[{"name": a.name, "type": a.type, "bytes": a.bytes, "sha256": a.sha256} for a in read.attachments],
            references=list(read.references),
            history=inbound.history,
            extra={
                "full_text": _fingerprint(read),
                "sender": read.sender.address.lower() if read.sender else "",
                "in_reply_to": read.in_reply_to or "",
                "stamp": read.message_id or "" if inbound.channel is Channel.SLACK else "",
            },
            at=read.date if read.date is not None and read.date <= inbound.arrived_at else inbound.arrived_at,
        )
    )


def _candidate(row: Conversation) -> Candidate:
    assert row.id is not None
    return Candidate(row.id, row.client_id, row.base_subject, frozenset(row.participants))


def _fingerprint(read: ReadMessage) -> str:
    return sha256(f"{read.subject}\0{read.text}\0{read.quoted}".encode()).hexdigest()
