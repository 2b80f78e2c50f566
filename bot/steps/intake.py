"""Intake: read a stored message, put it into its conversation, and say what becomes of it by its form alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from bot.context import House
from bot.errors import Quarantined
from bot.inbound import Authenticated, Kind, Person, ReadMessage
from bot.outgoing import repaint_handled
from bot.people import Approver
from bot.ports import Clock, Reader
from bot.rules.filing import Filed, file_by_form
from bot.rules.threading import Apart, Candidate, Joined, base_subject, others, place_message, says_forwarded
from storage.cards import Card, CardAbout, CardState
from storage.channels import Channel
from storage.clients import Client
from storage.conversations import Conversation
from storage.decisions import Decision, DecisionKind
from storage.inbound_messages import InboundMessage, InboundState
from storage.inquiries import Inquiry, InquiryState, Track
from storage.jobs import Job, Step
from storage.messages import Direction, Message
from storage.outbox import OutboxState
from storage.store import Store, Tx

TRIES = 2
"""How often a message may be read before it is put aside: a message that kills its reader must not be tried for ever."""
SAME_TOPIC_FOR = timedelta(days=30)
BURST = timedelta(minutes=2)


@dataclass(frozen=True)
class Writer:
    """Who a message is really from, and by whose hand it came."""

    person: Person
    verified: bool
    text: str
    subject: str
    forwarded_by: str = ""
    note: str = ""


@dataclass(frozen=True)
class Intake:
    store: Store
    readers: Mapping[Channel, Reader]
    house: House
    clock: Clock

    async def run(self, job: Job) -> None:
        async with self.store.transaction("intake.try") as tx:
            inbound = await tx.inbound.get(job.subject_id)
            if inbound.state is InboundState.NEW:
                inbound.attempts += 1
        if inbound.state is not InboundState.NEW:
            async with self.store.finishing(job, "intake.nothing"):
                return
        if inbound.attempts > TRIES:
            await self._quarantine(job, "reading it ended the reader twice")
            return

        try:
            read = await self.readers[inbound.channel].read(inbound.raw)
        except Quarantined as error:
            await self._quarantine(job, str(error))
            return

        async with self.store.finishing(job, "intake.file") as tx:
            inbound = await tx.inbound.get(job.subject_id)
            await self._file(tx, inbound, read)

    async def _quarantine(self, job: Job, why: str) -> None:
        now = self.clock.now()
        async with self.store.finishing(job, "intake.quarantine") as tx:
            inbound = await tx.inbound.get(job.subject_id)
            inbound.state, inbound.why = InboundState.QUARANTINED, [why]
            tx.audit.add(at=now, actor="understudy", act="quarantined", subject=f"inbound:{inbound.id}", why=why)
            lines = [
                f"A message in {inbound.place} (no. {inbound.id}) was put aside: {why}.",
                "It is kept as it came. Other messages go on.",
            ]
            card = Card(about=CardAbout.QUARANTINE, inbound_id=inbound.id, lines=lines, opened_at=now)
            await tx.open_card(card, now=now)

    async def _file(self, tx: Tx, inbound: InboundMessage, read: ReadMessage) -> None:
        assert inbound.id is not None
        if same := await self._same(tx, inbound, read):
            inbound.state, inbound.message_id, inbound.why = InboundState.SAME, same, ["another copy of a message we have"]
            return
        if inbound.channel is Channel.SLACK and "thread_talk" in read.flags:
            inbound.state, inbound.why = InboundState.SAME, ["talk at the desk"]
            return
        if self._from_us(inbound, read):
            await self._ours(tx, inbound, read)
            return
        approver = self._approver(read)
        writer = self._writer(read, approver)
        client = await self._client(tx, inbound, read, writer)
        conversation, same_topic, claims = await self._conversation(tx, inbound, read, writer, client)
        message = await self._message(tx, inbound, read, writer, conversation, claims=claims is not None)
        inbound.state, inbound.message_id = InboundState.READ, message.id
        conversation.last_at = max(conversation.last_at, inbound.arrived_at)
        known = set(conversation.participants)
        conversation.participants = [*conversation.participants, *(p for p in self._parties(read, writer) if p not in known)]
        if await self._bounced(tx, read, message):
            return
        await self._inquiry(tx, conversation, message, writer, client, approver, read, same_topic=same_topic, history=inbound.history)

    # Who

    def _from_us(self, inbound: InboundMessage, read: ReadMessage) -> bool:
        if read.kind is Kind.OWN or inbound.ours:
            return True
        sender = read.sender.address.lower() if read.sender else ""
        return sender in self.house.people.business_addresses

    def _approver(self, read: ReadMessage) -> Approver | None:
        """The owner or delegate who wrote it, if that is certain."""
        if read.sender is None or read.authenticated is not Authenticated.PASS:
            return None
        people = self.house.people
        return people.by_slack(read.sender.address) or people.by_email(read.sender.address)

    def _writer(self, read: ReadMessage, approver: Approver | None) -> Writer:
        sender = read.sender or Person("", "")
        if approver is not None and read.forwarded is not None and read.forwarded.sender is not None:
            inner = read.forwarded
            assert inner.sender is not None
            # A person we trust vouches for what they forward; the inner From line itself proves nothing, and the card
            # says whom we took it from.
            return Writer(
                inner.sender,
                verified=True,
                text=inner.text,
                subject=inner.subject or read.subject,
                forwarded_by=approver.name,
                note=inner.note,
            )
        return Writer(sender, read.authenticated is Authenticated.PASS, read.text, read.subject)

    async def _client(self, tx: Tx, inbound: InboundMessage, read: ReadMessage, writer: Writer) -> Client | None:
        """The client this person belongs to; an unverified sender never binds to one."""
        if not writer.verified:
            return None
        found = await tx.clients.with_address(inbound.channel, writer.person.address)
        if found is not None:
            return found[0]
        if inbound.channel is Channel.SLACK:
            return await tx.clients.with_slack_channel(read.headers.get("slack-channel", ""))
        return None

    def _parties(self, read: ReadMessage, writer: Writer) -> list[str]:
        ours = {*self.house.people.business_addresses, *(p.email for p in self.house.people.approvers)}
        addresses = [writer.person.address]
        if not writer.forwarded_by:
            addresses += [p.address for p in (*read.to, *read.cc)]
        return others([a for a in addresses if a], ours)

    # Where

    async def _same(self, tx: Tx, inbound: InboundMessage, read: ReadMessage) -> int | None:
        """The message this is another copy of: same bytes, or same id, sender and words by another way."""
        assert inbound.id is not None
        twin = await tx.inbound.read_with_hash(inbound.raw_hash, but=inbound.id)
        if twin is not None:
            return twin.message_id
        if inbound.channel is Channel.EMAIL and read.message_id:
            for message in await tx.messages.with_external_ids([read.message_id]):
                ours = message.direction is Direction.OUT
                same_words = message.extra.get("full_text") == _fingerprint(read) or ours
                address = read.sender.address.lower() if read.sender else ""
                if same_words and (ours or message.extra.get("sender") == address):
                    return message.id
        return None

    async def _conversation(
        self, tx: Tx, inbound: InboundMessage, read: ReadMessage, writer: Writer, client: Client | None
    ) -> tuple[Conversation, bool, int | None]:
        """Its conversation, whether it goes on with the same topic, and the conversation it only claims to belong to."""
        if inbound.channel is Channel.SLACK:
            return await self._slack_conversation(tx, inbound, read, client), True, None
        sender = writer.person.address.lower()
        cited = await tx.messages.with_external_ids(
            [i for i in dict.fromkeys((read.in_reply_to or "", *reversed(read.references))) if i]
        )
        referenced = await self._candidates(tx, [m.conversation_id for m in cited])
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

    async def _candidates(self, tx: Tx, ids: list[int]) -> list[Candidate]:
        return [_candidate(await tx.conversations.get(i)) for i in dict.fromkeys(ids)]

    async def _slack_conversation(
        self, tx: Tx, inbound: InboundMessage, read: ReadMessage, client: Client | None
    ) -> Conversation:
        place = read.headers.get("slack-channel", inbound.place)
        thread = read.headers.get("slack-thread", "") or read.in_reply_to or ""
        own_stamp = read.message_id or ""
        sender = read.sender.address if read.sender else ""
        if thread and (found := await tx.conversations.in_slack(place, thread)):
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

    async def _message(
        self, tx: Tx, inbound: InboundMessage, read: ReadMessage, writer: Writer, conversation: Conversation, *, claims: bool
    ) -> Message:
        assert conversation.id is not None
        flags = list(read.flags)
        if claims:
            flags.append("claims_conversation")
        if read.message_id and await tx.messages.with_external_ids([read.message_id]):
            flags.append("message_id_reused")
        if read.authenticated is Authenticated.FAIL:
            flags.append("authentication_failed")
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
                extra={
                    "full_text": _fingerprint(read),
                    "sender": read.sender.address.lower() if read.sender else "",
                    "in_reply_to": read.in_reply_to or "",
                    "stamp": read.message_id or "" if inbound.channel is Channel.SLACK else "",
                },
                at=read.date if read.date is not None and read.date <= inbound.arrived_at else inbound.arrived_at,
            )
        )

    # What becomes of it

    async def _inquiry(
        self,
        tx: Tx,
        conversation: Conversation,
        message: Message,
        writer: Writer,
        client: Client | None,
        approver: Approver | None,
        read: ReadMessage,
        *,
        same_topic: bool,
        history: bool,
    ) -> None:
        assert conversation.id is not None
        assert message.id is not None
        now = self.clock.now()
        filed: Filed | None = file_by_form(read, self.house.playbook.house_rules)
        if history:
            filed = Filed(Track.SILENT, ("older than our first start: read as context only",))
        elder = await tx.inquiries.newest_in(conversation.id)
        if filed is None and approver is not None and not writer.forwarded_by:
            if elder is not None:
                message.direction = Direction.OUT
                await self._answered_elsewhere(tx, conversation, message, approver.name, elder)
                return
            if not says_forwarded(read.subject):
                filed = Filed(Track.NOTICE, (f"written by {approver.name}, and no client's message is in it",))
        going_on = (
            elder is not None
            and same_topic
            and elder.state in {InquiryState.NEW, InquiryState.SORTED, InquiryState.WAITING}
        )
        if filed is not None and going_on and elder is not None:
            # A robot's word in a running conversation (out of office …) is noted there and changes nothing.
            message.inquiry_id = elder.id
            return
        if going_on and elder is not None:
            inquiry = elder
            inquiry.message_id, inquiry.state, inquiry.changed_at = message.id, InquiryState.NEW, now
            if client is not None and inquiry.client_id is None:
                inquiry.client_id = client.id
        else:
            if filed is None and elder is not None and elder.state is InquiryState.SENDING:
                await self._withdraw_routine(tx, elder)
            inquiry = tx.inquiries.add(
                Inquiry(
                    conversation_id=conversation.id,
                    client_id=client.id if client else None,
                    message_id=message.id,
                    channel=conversation.channel,
                    state=InquiryState.FILED if filed else InquiryState.NEW,
                    track=filed.track if filed else None,
                    reasons=list(filed.reasons) if filed else [],
                    summary=message.subject if filed else "",
                    instruction=writer.note,
                    follows_id=elder.id if elder is not None else None,
                    opened_at=now,
                    changed_at=now,
                    closed_at=now if filed else None,
                )
            )
            await tx.session.flush()
        assert inquiry.id is not None
        message.inquiry_id = inquiry.id
        if filed is None:
            await tx.jobs.add(Step.TRIAGE, inquiry.id, due_at=now, occasion=f"m{message.id}")
        tx.audit.add(
            at=now, actor="understudy", act="filed" if filed else "arrived", subject=f"inquiry:{inquiry.id}",
            message=message.id, kind=message.kind,
        )

    async def _withdraw_routine(self, tx: Tx, inquiry: Inquiry) -> None:
        """The client wrote again before a routine's message left: a person or the routine looks afresh."""
        now = self.clock.now()
        assert inquiry.id is not None
        for item in await tx.outbox.of_inquiry(inquiry.id):
            if item.routine and item.id is not None and await tx.outbox.withdraw(item.id):
                inquiry.state, inquiry.outcome, inquiry.changed_at = InquiryState.CLOSED, "the client wrote again first", now
                await repaint_handled(tx, item, now=now)

    async def _ours(self, tx: Tx, inbound: InboundMessage, read: ReadMessage) -> None:
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
                    participants=others(to, self.house.people.business_addresses),
                    place=inbound.account,
                    last_at=inbound.arrived_at,
                )
            )
        name = read.sender.name if read.sender and read.sender.name else self.house.people.owner.name
        writer = Writer(read.sender or Person(name, ""), verified=True, text=read.text, subject=read.subject)
        message = await self._message(tx, inbound, read, writer, conversation, claims=False)
        message.direction = Direction.OUT
        inbound.state, inbound.message_id = InboundState.READ, message.id
        assert conversation.id is not None
        elder = await tx.inquiries.newest_in(conversation.id)
        await self._answered_elsewhere(tx, conversation, message, name, elder)

    async def _answered_elsewhere(
        self, tx: Tx, conversation: Conversation, message: Message, name: str, inquiry: Inquiry | None
    ) -> None:
        now = self.clock.now()
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

    async def _bounced(self, tx: Tx, read: ReadMessage, message: Message) -> bool:
        """A delivery report on a message of ours: the inquiry comes back with a card; True when it was one."""
        if read.kind is not Kind.BOUNCE:
            return False
        failed = [b for b in read.bounce or () if b.action in {"failed", ""}]
        ids = [read.headers.get("failed-message-id", ""), read.in_reply_to or "", *read.references]
        for external in ids:
            item = await tx.outbox.with_message_id(f"<{external.strip('<>')}>") if external else None
            if item is None or item.id is None:
                continue
            now = self.clock.now()
            inquiry = await tx.inquiries.get(item.inquiry_id)
            message.inquiry_id = inquiry.id
            if not failed:
                return True
            item.refused = {**item.refused, **{b.recipient: f"{b.status} {b.diagnostic}"[:300] for b in failed}}
            item.error = "the message came back"
            if item.state is OutboxState.UNKNOWN:
                item.state = OutboxState.SENT
            inquiry.state, inquiry.changed_at = InquiryState.WAITING, now
            if await tx.cards.about_outbox(item.id) is None:
                card = Card(about=CardAbout.DELIVERY, inquiry_id=inquiry.id, outbox_id=item.id, draft_id=item.draft_id, opened_at=now)
                await tx.open_card(card, now=now)
            tx.audit.add(at=now, actor="understudy", act="bounced", subject=f"outbox:{item.id}", message=message.id)
            return True
        return False


def _candidate(row: Conversation) -> Candidate:
    assert row.id is not None
    return Candidate(row.id, row.client_id, row.base_subject, frozenset(row.participants))


def _fingerprint(read: ReadMessage) -> str:
    return sha256(f"{read.subject}\0{read.text}\0{read.quoted}".encode()).hexdigest()
