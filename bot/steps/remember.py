"""Remember: mail from before our time becomes context; nobody is asked about it, and nothing of it is answered."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.errors import Quarantined
from bot.inbound import Authenticated, Kind, Person, ReadMessage
from bot.people import People
from bot.placing import Writer, parties, place, same_message, write_message
from bot.ports import Clock
from bot.rules.threading import base_subject, others
from storage.channels import Channel
from storage.conversations import Conversation
from storage.inbound_messages import InboundMessage, InboundState
from storage.messages import Direction
from storage.store import Alone, Store, Tx


class Fate(StrEnum):
    """What became of one old message."""

    NEW = "new"
    KNOWN = "known"
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class OldMessage:
    """One message from the past: where it lay, its bytes, and what was read in it."""

    key: str
    """Transport identity, as of an inbound row."""
    account: str
    place: str
    raw: bytes
    read: ReadMessage | Quarantined
    at: datetime
    """When it came there, as far as that is known."""
    ours: bool = False
    """From a folder of what we sent."""
    travelled: bool = True
    """It came over the wire: somebody else may have written our name into it."""
    complete: bool = True


@dataclass(frozen=True)
class Remember:
    """Conversations and messages only: no inquiry, no client, no job comes of it."""

    store: Store
    people: People
    clock: Clock

    async def __call__(self, old: Sequence[OldMessage]) -> Counter[Fate]:
        """Write these down, oldest first, in one transaction; what is here already is passed over."""
        fates: Counter[Fate] = Counter()
        async with self.store.transaction("remember.batch") as tx:
            await tx.alone(Alone.PLACING)
            for one in old:
                fates[await self._one(tx, one)] += 1
            if fates[Fate.NEW] or fates[Fate.UNREADABLE]:
                counts = {fate.value: count for fate, count in fates.items()}
                tx.audit.add(
                    at=self.clock.now(), actor="understudy", act="remembered", subject=f"place:{old[0].place}", **counts
                )
        return fates

    async def _one(self, tx: Tx, old: OldMessage) -> Fate:
        now = self.clock.now()
        stated = None if isinstance(old.read, Quarantined) else old.read.date
        inbound = await tx.inbound.add(
            key=old.key, channel=Channel.EMAIL, account=old.account, place=old.place, raw=old.raw,
            arrived_at=min(now, old.at, stated or old.at), ours=old.ours, history=True, complete=old.complete,
        )  # fmt: skip
        if inbound is None:
            return Fate.KNOWN
        if isinstance(old.read, Quarantined):
            inbound.state, inbound.why = InboundState.QUARANTINED, [str(old.read)]
            return Fate.UNREADABLE
        if same := await same_message(tx, inbound, old.read):
            inbound.state, inbound.message_id = InboundState.SAME, same
            inbound.why = ["another copy of a message we have"]
            return Fate.KNOWN
        if self._from_us(old, old.read):
            await self._said_by_us(tx, inbound, old.read)
        else:
            await self._said_to_us(tx, inbound, old.read)
        return Fate.NEW

    def _from_us(self, old: OldMessage, read: ReadMessage) -> bool:
        """Whether we wrote it. A name alone proves nothing on what came over the wire."""
        if read.kind is Kind.OWN or old.ours:
            return True
        address = read.sender.address.lower() if read.sender else ""
        named = address in self.people.business_addresses or self.people.by_email(address) is not None
        return named and (read.authenticated is Authenticated.PASS or not old.travelled)

    async def _said_by_us(self, tx: Tx, inbound: InboundMessage, read: ReadMessage) -> None:
        to = {p.address.lower() for p in (*read.to, *read.cc)}
        conversation: Conversation | None = None
        for earlier in await tx.messages.with_external_ids([read.in_reply_to or "", *reversed(read.references)]):
            candidate = await tx.conversations.get(earlier.conversation_id)
            if to & set(candidate.participants):
                conversation = candidate
                break
        if conversation is None:
            ours = {*self.people.business_addresses, *(p.email for p in self.people.approvers)}
            conversation = await tx.conversations.add(
                Conversation(
                    channel=Channel.EMAIL,
                    subject=read.subject,
                    base_subject=base_subject(read.subject),
                    participants=others([p.address for p in (*read.to, *read.cc)], ours),
                    place=inbound.account,
                    last_at=inbound.arrived_at,
                )
            )
        sender = read.sender or Person(self.people.owner.name, "")
        writer = Writer(sender, verified=True, text=read.text, subject=read.subject)
        await self._write(tx, inbound, read, writer, conversation, claims=False, direction=Direction.OUT)

    async def _said_to_us(self, tx: Tx, inbound: InboundMessage, read: ReadMessage) -> None:
        sender = read.sender or Person("", "")
        writer = Writer(sender, read.authenticated is Authenticated.PASS, read.text, read.subject)
        found = await tx.clients.with_address(Channel.EMAIL, sender.address) if writer.verified else None
        conversation, _, claims = await place(tx, inbound, read, writer, found[0] if found else None)
        known = set(conversation.participants)
        new = [p for p in parties(self.people, read, writer) if p not in known]
        conversation.participants = [*conversation.participants, *new]
        await self._write(
            tx, inbound, read, writer, conversation, claims=claims is not None, direction=Direction.IN
        )

    async def _write(
        self, tx: Tx, inbound: InboundMessage, read: ReadMessage, writer: Writer, conversation: Conversation, *,
        claims: bool, direction: Direction,
    ) -> None:  # fmt: skip
        message = await write_message(tx, inbound, read, writer, conversation, claims=claims)
        message.direction = direction
        inbound.state, inbound.message_id = InboundState.READ, message.id
        conversation.last_at = max(conversation.last_at, inbound.arrived_at)
