"""Intake: read a stored message, put it into its conversation, and say what becomes of it by its form alone."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.asking import note_under
from bot.coming_back import came_back
from bot.context import House
from bot.errors import Quarantined
from bot.inbound import Authenticated, Kind, Person, ReadMessage
from bot.outgoing import withdraw_routine
from bot.own_words import answered_by, answered_elsewhere, take_own
from bot.people import Approver
from bot.placing import Writer, parties, place, same_message, slack_conversation_of, take_back, write_message
from bot.ports import Clock, Reader
from bot.rules.filing import Filed, file_by_form
from bot.rules.threading import others, says_forwarded
from storage.cards import Card, CardAbout
from storage.channels import Channel
from storage.clients import Client
from storage.conversations import Conversation
from storage.inbound_messages import InboundMessage, InboundState
from storage.inquiries import OPEN_STATES, Inquiry, InquiryState, Track
from storage.jobs import Job, Step
from storage.messages import Direction, Message
from storage.store import Alone, Store, Tx

TRIES = 2
"""How often a message may be read before it is put aside: a message that kills its reader must not be tried for ever."""


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
        await tx.alone(Alone.PLACING)
        if same := await same_message(tx, inbound, read):
            inbound.state, inbound.message_id, inbound.why = InboundState.SAME, same, ["another copy of a message we have"]
            return
        if read.kind is Kind.OWN and (not inbound.ours or await tx.outbox.with_message_id(f"<{read.message_id}>") is not None):
            inbound.state, inbound.why = InboundState.SAME, ["an echo of our own message"]
            return
        if inbound.channel is Channel.SLACK and not await self._said_to_us(tx, read):
            inbound.state, inbound.why = InboundState.SAME, ["said in a channel that is no client's, not to us"]
            return
        if inbound.channel is Channel.SLACK and {"edited", "deleted"} & set(read.flags):
            before = await take_back(tx, read)
            if "deleted" in read.flags:
                await self._deleted(tx, inbound, before)
                return
        approver = self._approver(read)
        if self._from_us(inbound, read) or (approver is not None and await self._answers_a_client(tx, inbound, read)):
            await take_own(tx, self.house, inbound, read, now=self.clock.now())
            return
        writer = self._writer(read, approver)
        client = await self._client(tx, inbound, read, writer)
        conversation, same_topic, claims = await place(tx, inbound, read, writer, client)
        message = await write_message(tx, inbound, read, writer, conversation, claims=claims is not None)
        inbound.state, inbound.message_id = InboundState.READ, message.id
        conversation.last_at = max(conversation.last_at, inbound.arrived_at)
        known = set(conversation.participants)
        conversation.participants = [*conversation.participants, *(p for p in parties(self.house.people, read, writer) if p not in known)]
        if read.kind is Kind.BOUNCE and await came_back(tx, read, message, now=self.clock.now()):
            return
        await self._inquiry(tx, conversation, message, writer, client, approver, read, same_topic=same_topic, history=inbound.history)

    async def _deleted(self, tx: Tx, inbound: InboundMessage, message: Message | None) -> None:
        """The writer took it back: nobody is asked about that, and who holds the card is told."""
        inbound.state, inbound.why = InboundState.SAME, ["its writer deleted it"]
        if message is None or message.inquiry_id is None:
            return
        inbound.message_id = message.id
        await tx.inquiries.hold(message.inquiry_id)
        card = await tx.cards.open_for(message.inquiry_id)
        if card is not None:
            now, text = self.clock.now(), f"{message.sender_name or 'The client'} deleted a message that this card is about."
            await note_under(tx, card, text, key=f"deleted:{message.id}", now=now)
            await tx.repaint(f"card:{card.id}", now=now)

    # Who

    def _from_us(self, inbound: InboundMessage, read: ReadMessage) -> bool:
        """Whether it is certainly ours: filed among what the owner sent, or ours by the mail server's own word.

        Our address alone proves nothing, and a mail from it to itself answers nobody: many forms on websites send so.
        """
        outward = bool(others([p.address for p in (*read.to, *read.cc)], self.house.people.business_addresses))
        return inbound.ours or (outward and self._from_our_address(read) and read.authenticated is Authenticated.PASS)

    def _from_our_address(self, read: ReadMessage) -> bool:
        sender = read.sender.address.lower() if read.sender else ""
        return sender in self.house.people.business_addresses

    async def _answers_a_client(self, tx: Tx, inbound: InboundMessage, read: ReadMessage) -> bool:
        """Whether one of us wrote to a client from their own address, with us in copy."""
        if inbound.channel is not Channel.EMAIL or read.kind is not Kind.HUMAN or read.forwarded is not None:
            return False
        return await answered_by(tx, read) is not None

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

    async def _said_to_us(self, tx: Tx, read: ReadMessage) -> bool:
        """In Slack: a direct message, a client's own channel, a mention of us, or a thread we are in."""
        if read.headers.get("slack-channel-type") in {"im", "mpim"} or "mentions_us" in read.flags:
            return True
        channel = read.headers.get("slack-channel", "")
        if await tx.clients.with_slack_channel(channel) is not None:
            return True
        return await slack_conversation_of(tx, channel, read.headers.get("slack-thread", ""), read.message_id or "") is not None

    async def _client(self, tx: Tx, inbound: InboundMessage, read: ReadMessage, writer: Writer) -> Client | None:
        """The client this person belongs to; an unverified sender never binds to one.

        A reply into a channel is read by everybody there: it may rely on that channel's own client alone, and on a
        person's own rows only in a direct message.
        """
        if not writer.verified:
            return None
        found = await tx.clients.with_address(inbound.channel, writer.person.address)
        if inbound.channel is not Channel.SLACK or read.headers.get("slack-channel-type") == "im":
            return found[0] if found is not None else None
        of_channel = await tx.clients.with_slack_channel(read.headers.get("slack-channel", ""))
        stranger = of_channel is not None and found is not None and found[0].id != of_channel.id
        return None if stranger else of_channel

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
        if filed is None and self._from_our_address(read):
            filed = self._filed_as_ours(read)
        elder = await self._elder(tx, conversation, message, client)
        if filed is None and approver is not None and not writer.forwarded_by:
            if elder is not None and conversation.channel is Channel.SLACK:
                message.direction = Direction.OUT
                await answered_elsewhere(tx, conversation, message, approver.name, now=now)
                return
            if not says_forwarded(read.subject):
                filed = Filed(Track.NOTICE, (f"written by {approver.name}, and no client's message is in it",))
        # A robot's word in a running conversation changes nothing there; it is filed apart, so that a person's mail
        # taken for a robot's stands in the digest and can be put back.
        going_on = (
            elder is not None
            and filed is None
            and same_topic
            and elder.state in {InquiryState.NEW, InquiryState.SORTED, InquiryState.WAITING}
        )
        if going_on and elder is not None:
            inquiry = elder
            inquiry.message_id, inquiry.state, inquiry.changed_at = message.id, InquiryState.NEW, now
            inquiry.instruction = writer.note  # what was asked of the last draft is not asked of the next message's
            if client is not None and inquiry.client_id is None:
                inquiry.client_id = client.id
        else:
            sending = filed is None and elder is not None and elder.state is InquiryState.SENDING
            if sending and elder is not None and await withdraw_routine(tx, elder, now=now):  # it is looked at afresh
                elder.state, elder.outcome, elder.changed_at = InquiryState.CLOSED, "the client wrote again first", now
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

    def _filed_as_ours(self, read: ReadMessage) -> Filed | None:
        """What claims our own address is no word of ours; from us to us alone it may be a form's, unless it is forged."""
        if read.authenticated is Authenticated.FAIL:
            return Filed(Track.NOTICE, ("it claims our own address, and the mail server says that it is forged",))
        if others([p.address for p in (*read.to, *read.cc)], self.house.people.business_addresses):
            return Filed(Track.NOTICE, ("it claims our own address, and the mail server does not confirm it",))
        return None

    async def _elder(
        self, tx: Tx, conversation: Conversation, message: Message, client: Client | None
    ) -> Inquiry | None:
        """The inquiry of the same party that this message may go on with: one that is open before one that is over.

        Somebody who was copied in is no party to the client's own inquiry: that would answer them with the client's
        rows, and the client with nothing.
        """
        assert conversation.id is not None
        found = []
        for inquiry in await tx.inquiries.hold_all_of(conversation.id):
            about = await tx.messages.get(inquiry.message_id)
            same_client = client is not None and client.id == inquiry.client_id
            if conversation.channel is Channel.SLACK or same_client or about.sender_address == message.sender_address:
                found.append(inquiry)
        return next((i for i in found if i.state in OPEN_STATES), next(iter(found), None))
