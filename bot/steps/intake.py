"""Intake: read a stored message, put it into its conversation, and say what becomes of it by its form alone."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.context import House
from bot.errors import Quarantined
from bot.inbound import Authenticated, Kind, Person, ReadMessage
from bot.outgoing import repaint_handled
from bot.own_words import answered_elsewhere, take_own
from bot.people import Approver
from bot.placing import Writer, parties, place, same_message, write_message
from bot.ports import Clock, Reader
from bot.rules.filing import Filed, file_by_form
from bot.rules.threading import says_forwarded
from storage.cards import Card, CardAbout
from storage.channels import Channel
from storage.clients import Client
from storage.conversations import Conversation
from storage.inbound_messages import InboundMessage, InboundState
from storage.inquiries import Inquiry, InquiryState, Track
from storage.jobs import Job, Step
from storage.messages import Direction, Message
from storage.outbox import OutboxState
from storage.store import Store, Tx

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
        if same := await same_message(tx, inbound, read):
            inbound.state, inbound.message_id, inbound.why = InboundState.SAME, same, ["another copy of a message we have"]
            return
        if inbound.channel is Channel.SLACK and not await self._said_to_us(tx, read):
            inbound.state, inbound.why = InboundState.SAME, ["said in a channel that is no client's, not to us"]
            return
        if self._from_us(inbound, read):
            await take_own(tx, self.house, inbound, read, now=self.clock.now())
            return
        approver = self._approver(read)
        writer = self._writer(read, approver)
        client = await self._client(tx, inbound, read, writer)
        conversation, same_topic, claims = await place(tx, inbound, read, writer, client)
        message = await write_message(tx, inbound, read, writer, conversation, claims=claims is not None)
        inbound.state, inbound.message_id = InboundState.READ, message.id
        conversation.last_at = max(conversation.last_at, inbound.arrived_at)
        known = set(conversation.participants)
        conversation.participants = [*conversation.participants, *(p for p in parties(self.house.people, read, writer) if p not in known)]
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

    async def _said_to_us(self, tx: Tx, read: ReadMessage) -> bool:
        """In Slack: a direct message, a client's own channel, or a mention of us."""
        if read.headers.get("slack-channel-type") in {"im", "mpim"} or "mentions_us" in read.flags:
            return True
        return await tx.clients.with_slack_channel(read.headers.get("slack-channel", "")) is not None

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
                await answered_elsewhere(tx, conversation, message, approver.name, elder, now=now)
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
            inquiry.instruction = writer.note  # what was asked of the last draft is not asked of the next message's
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

