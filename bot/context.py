"""What the head knows of its own house, and the dossier: what may be used for one reply."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from bot.answers import Source, Turn
from bot.people import People
from bot.rules.recipients import bare
from bot.rules.slots import Known
from prompts.playbooks import Playbook
from storage.channels import Channel
from storage.inquiries import Inquiry
from storage.messages import Direction, Message
from storage.store import Tx

HISTORY_BYTES = 32 * 1024
TEXT_BYTES = 32 * 1024


@dataclass(frozen=True)
class House:
    """The business as the settings and the playbook describe it; the same for every step."""

    business: str
    zone: ZoneInfo
    people: People
    playbook: Playbook
    address: str
    """The mailbox that clients write to."""
    sender: str
    """The From line of replies: "Maren Hallberg <hello@…>"."""
    signature: str
    secret: bytes
    """Signs our Message-IDs, so that our own echo is known."""
    domain: str
    epoch: str = "1"
    """Changes when a backup is restored: no Message-ID is ever used twice."""
    undo: timedelta | None = None
    """Shortens every undo window (rehearsal at speed); None: as the playbook says."""

    def holidays(self, day: date) -> frozenset[date]:
        """Public holidays of the house's country around this day."""
        return _holidays(self.playbook.house_rules.holidays, day.year)

    def local_day(self, at: datetime) -> str:
        """"Monday 2026-11-23", in the business's zone."""
        return at.astimezone(self.zone).strftime("%A %Y-%m-%d")


@lru_cache(maxsize=16)
def _holidays(country: str, year: int) -> frozenset[date]:
    if not country:
        return frozenset()
    import holidays  # a second to load, and only houses with a country need it

    name, _, region = country.partition("-")
    return frozenset(holidays.country_holidays(name, subdiv=region or None, years=(year, year + 1)))


@dataclass(frozen=True)
class Dossier:
    """Everything a reply to one inquiry may rely on."""

    client_name: str
    sources: tuple[Source, ...]
    history: tuple[Turn, ...]


async def gather(tx: Tx, house: House, inquiry: Inquiry, message: Message) -> Dossier:
    """The dossier for this inquiry: public playbook material, and this client's own rows if the client is known.

    Rows of another client are never read here; an unverified sender has no client, so gets public material only.
    """
    client_id = inquiry.client_id if message.verified else None
    sources = [
        Source(piece.id, piece.title, piece.text) for piece in house.playbook.material(public_only=client_id is None)
    ]
    client_name = ""
    if client_id is not None:
        client = await tx.clients.get(client_id)
        client_name = client.name
        sources += [
            Source(f"fact:{fact.id}", f"{fact.source}, {fact.dated:%Y-%m-%d}", fact.text)
            for fact in await tx.facts.usable(client_id)
        ]
        sources += [
            Source(f"engagement:{work.id}", f"Work: {work.name}", _engagement_text(work.name, work.status, work.milestones))
            for work in await tx.engagements.of(client_id)
        ]
    return Dossier(client_name, tuple(sources), await turns(tx, inquiry, message))


def _engagement_text(name: str, status: str, milestones: list[dict[str, object]]) -> str:
    dates = "; ".join(
        f"{m.get('name')}: {m.get('on') or 'no date'}{' (done)' if m.get('done') else ''}" for m in milestones
    )
    return ". ".join(part for part in (name, status, dates) if part)


async def turns(tx: Tx, inquiry: Inquiry, message: Message) -> tuple[Turn, ...]:
    """The conversation before this message, oldest first, cut to what a writer may be given.

    A verified client's conversation only: what an unverified sender joined is not quoted back to them. Somebody of
    another party, copied in by the client, is quoted only what they wrote or received themselves.
    """
    if not message.verified:
        return ()
    conversation = await tx.conversations.get(inquiry.conversation_id)
    whole = conversation.channel is Channel.SLACK or (
        inquiry.client_id is not None and inquiry.client_id == conversation.client_id
    )
    found: list[Turn] = []
    room = HISTORY_BYTES
    for earlier in reversed(await tx.messages.of_conversation(inquiry.conversation_id)):
        if earlier.id == message.id or not earlier.text or not (whole or _saw(message.sender_address, earlier)):
            continue
        room -= len(earlier.text.encode())
        if room < 0:
            break
        who = "us" if earlier.direction is Direction.OUT else "client"
        found.append(Turn("us" if who == "us" else "client", earlier.sender_name, earlier.at, earlier.text))
    return tuple(reversed(found))


def clipped(text: str, limit: int = TEXT_BYTES) -> str:
    """The text, cut at a character boundary to what a writer may be given."""
    raw = text.encode()
    return text if len(raw) <= limit else raw[:limit].decode(errors="ignore")


def _saw(address: str, item: Message) -> bool:
    """Whether this address wrote or received that message."""
    return address.lower() in {bare(a).lower() for a in (item.sender_address, *item.to, *item.cc)}


async def unanswered_words(tx: Tx, inquiry: Inquiry, message: Message) -> str:
    """The client's words since our last reply to them: several messages in a row are read together.

    In a mail conversation of several parties, each is read apart.
    """
    in_slack = inquiry.channel is Channel.SLACK
    words: list[str] = []
    for item in reversed(await tx.messages.of_conversation(inquiry.conversation_id)):
        theirs = in_slack or item.inquiry_id == inquiry.id or _saw(message.sender_address, item)
        if item.direction is Direction.OUT:
            if theirs:
                break
            continue
        theirs = theirs and (in_slack or item.inquiry_id == inquiry.id or item.sender_address == message.sender_address)
        up_to_it = item.id is not None and message.id is not None and item.id <= message.id
        if theirs and up_to_it and item.kind == "human" and not item.history:
            words.append(item.text)
    return clipped("\n\n".join(reversed(words)) or message.text)


def channel_name(channel: Channel) -> str:
    return "email" if channel is Channel.EMAIL else "Slack"


async def known_of(tx: Tx, house: House, inquiry: Inquiry, message: Message) -> Known:
    """What a routine's slots may be filled with: this client's own rows, and the house's."""
    first_work, facts, client_name = None, {}, ""
    if inquiry.client_id is not None and message.verified:
        client_name = (await tx.clients.get(inquiry.client_id)).name
        first_work = next(iter(await tx.engagements.of(inquiry.client_id)), None)
        facts = {f.name: f.text for f in reversed(await tx.facts.usable(inquiry.client_id)) if f.name}
    ahead = next((m for m in (first_work.milestones if first_work else []) if not m.get("done")), {})
    return Known(
        contact_name=message.sender_name,
        client_name=client_name,
        owner_name=house.people.owner.name,
        business=house.business,
        engagement=first_work.name if first_work else "",
        stage=first_work.status if first_work else "",
        starts=first_work.starts_on if first_work else None,
        ends=first_work.ends_on if first_work else None,
        next_milestone=str(ahead.get("name") or ""),
        next_date=date.fromisoformat(str(ahead["on"])) if ahead.get("on") else None,
        facts=facts,
    )
