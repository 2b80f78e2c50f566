"""Draws a question from rows: what a person sees of an inquiry, a delivery or a trouble. Pure."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.questions import CardKind, CardLook, Finding, Press, Proposal, Question, Reliance, Stamp, Who
from storage.cards import Card, CardAbout, CardState
from storage.channels import Channel
from storage.clients import Client
from storage.drafts import Draft
from storage.inquiries import Inquiry, Track
from storage.messages import Message
from storage.outbox import OutboxItem, OutboxState

_LOOKS = {
    CardState.OPEN: CardLook.OPEN,
    CardState.SNOOZED: CardLook.SNOOZED,
    CardState.SETTLED: CardLook.SETTLED,
    CardState.RETIRED: CardLook.RETIRED,
}
WITH_DRAFT = (Press.SEND, Press.EDIT, Press.REDO, Press.HAND_OVER, Press.LATER, Press.NO_REPLY)
WITHOUT_DRAFT = (Press.EDIT, Press.REDO, Press.HAND_OVER, Press.LATER, Press.NO_REPLY)

FLAG_WORDS = {
    "hidden_text": "The message holds text that a reader does not see; it was left out",
    "reply_to_differs": "Replies are asked to go to another address than the sender's",
    "reply_to_other_mailbox": "Replies are asked to go to another provider's mailbox",
    "confusable_address": "The address mixes letters that look alike",
    "punycode_address": "The address uses letters of another alphabet",
    "bidi_in_address": "The address holds marks that turn its letters around",
    "bidi_control": "The text holds marks that turn its letters around",
    "name_shows_other_address": "The sender's name shows another address than the real one",
    "from_own_address": "It claims to come from your own address",
    "several_senders": "It names several senders",
    "address_unreadable": "An address in it could not be read",
    "message_id_twice": "It carries two Message-IDs",
    "message_id_reused": "Its Message-ID was used by another message before",
    "claims_conversation": "It cites a conversation that its sender has no part in; it was not joined",
    "incomplete": "Only the first part of this message was taken; the whole is in the mailbox",
    "authentication_failed": "The mail server says that the sender is forged",
    "too_large": "It is too large to be read whole; look at the original",
    "too_deep": "Parts of it lie too deep to be read; look at the original",
    "too_many_parts": "It has too many parts to be read whole; look at the original",
    "edited": "The client changed this message after writing it",
}
"""What the mail hand noticed, in words for the card; what a person need not know is not here."""


def who_wrote(message: Message, client: Client | None, *, last_contact: datetime | None, notes: Sequence[str]) -> Who:
    flags = [FLAG_WORDS[flag] for flag in message.flags if flag in FLAG_WORDS]
    return Who(
        name=message.sender_name,
        address=message.sender_address if "@" in message.sender_address else "in Slack",
        verified=message.verified,
        client=client.name if client else "",
        tier=client.tier if client else "",
        since=client.since if client else None,
        last_contact=last_contact,
        flags=(*flags, *notes),
        read_as=f"forwarded by {message.forwarded_by}" if message.forwarded_by else "",
    )


def inquiry_card(
    card: Card,
    inquiry: Inquiry,
    message: Message,
    *,
    asked: str,
    who: Who,
    draft: Draft | None,
    presses_allowed: bool = True,
) -> Question:
    """The card of an inquiry: words, proposal, reasons, and the buttons that fit."""
    kind = CardKind.JUDGMENT if inquiry.track is Track.JUDGMENT else CardKind.REPLY
    has_text = draft is not None and bool(draft.body)
    over = card.state in {CardState.SETTLED, CardState.RETIRED}
    presses: tuple[Press, ...] = ()
    if not over and presses_allowed:
        presses = WITH_DRAFT if has_text else WITHOUT_DRAFT
        presses = (*presses, Press.ORIGINAL)
        if inquiry.channel is Channel.EMAIL:
            presses = (*presses, Press.WRONG_PERSON)
        if draft is not None and draft.sources:
            presses = (*presses, Press.SOURCES)
    return Question(
        stamp=stamp_of(card, draft),
        kind=kind,
        look=_LOOKS[card.state],
        title=capital(inquiry.summary.removeprefix(f"{message.sender_name}: ")) or message.subject or "A message",
        who=who,
        channel=inquiry.channel.value,
        subject=message.subject,
        asked=asked,
        cut=message.quoted if "split_doubtful" in message.flags else "",
        files=tuple(str(a.get("name") or a.get("type") or "file") for a in message.attachments),
        decide=inquiry.decision if kind is CardKind.JUDGMENT else "",
        proposal=proposal_of(draft) if draft is not None and has_text else None,
        no_draft=(draft.no_draft or "No draft was written.") if draft is not None and not has_text else "",
        why=tuple(inquiry.reasons) + ((draft.because,) if draft is not None and draft.because else ()),
        relies_on=tuple(Reliance(s["id"], s["title"], s.get("text", "")) for s in (draft.sources if draft else ())),
        findings=findings_of(draft),
        mention=card.mention,
        holder=inquiry.holder,
        presses=presses,
        outcome=card.outcome,
    )


def capital(text: str) -> str:
    """The text with its first letter large, as a line of its own begins."""
    return text[:1].upper() + text[1:]


def stamp_of(card: Card, draft: Draft | None) -> Stamp:
    assert card.id is not None
    if draft is None or draft.id is None:
        return Stamp(card.id)
    return Stamp(card.id, draft.id, draft.revision, draft.digest)


def proposal_of(draft: Draft) -> Proposal:
    return Proposal(draft.sender, tuple(draft.to), tuple(draft.cc), draft.subject, draft.body)


def findings_of(draft: Draft | None) -> tuple[Finding, ...]:
    if draft is None:
        return ()
    found = [Finding(f["text"], f.get("words", ""), bool(f.get("blocks"))) for f in draft.findings]
    return (*found, *(Finding(f"To check or fill in: {point}") for point in draft.open_points))


def delivery_card(card: Card, item: OutboxItem, draft: Draft, *, zone: ZoneInfo) -> Question:
    """A delivery that failed, or of which nobody can know (`reliability`: what the owner sees)."""
    unknown = item.state is OutboxState.UNKNOWN or (card.state is CardState.SETTLED and item.state is OutboxState.SENT)
    over = card.state is not CardState.OPEN
    notes: list[str] = []
    if unknown and item.committed_at is not None:
        handed = item.committed_at.astimezone(zone)
        notes.append(f"Handed over at {handed:%H:%M:%S} ({zone.key}); no confirmation came back.")
        looked = [f"{c['what']}: {'found' if c.get('found') else 'not found'}" for c in item.checks[-3:]]
        if looked:
            notes.append("Checked so far: " + "; ".join(looked) + ".")
    elif not unknown:
        notes.append("Your reply did not leave." if not item.sent_at else "Your reply came back.")
        if item.error:
            notes.append(f"The reason given: {item.error[:300]}")
    notes += [f"{who} did not take it: {words}" for who, words in list(item.refused.items())[:5]]
    presses = () if over else ((Press.MARK_SENT,) if unknown else ()) + (Press.SEND_AGAIN, Press.LEAVE, Press.SHOW_TEXT)
    assert card.id is not None
    return Question(
        stamp=Stamp(card.id, draft.id or 0, draft.revision, draft.digest),
        kind=CardKind.DELIVERY_UNKNOWN if unknown else CardKind.DELIVERY_FAILED,
        look=_LOOKS[card.state],
        title=f"Delivery unknown: {draft.subject}" if unknown else f"Not delivered: {draft.subject}",
        channel=item.channel.value,
        subject=draft.subject,
        proposal=proposal_of(draft),
        mention=card.mention,
        presses=presses,
        outcome=card.outcome,
        notes=tuple(notes),
    )


def trouble_card(card: Card) -> Question:
    """Something that needs a person, without a client's words: a dead job, a message that could not be read, a note."""
    over = card.state is not CardState.OPEN
    titles = {
        CardAbout.DEAD_JOB: "A step could not be finished",
        CardAbout.QUARANTINE: "A message could not be read",
        CardAbout.NOTE: "For your information",
    }
    retry = (Press.RETRY, Press.LEAVE) if card.about is not CardAbout.NOTE else (Press.LEAVE,)
    presses = retry if card.about is not CardAbout.QUARANTINE else (Press.RETRY, Press.ORIGINAL, Press.LEAVE)
    assert card.id is not None
    return Question(
        stamp=Stamp(card.id),
        kind=CardKind.TROUBLE,
        look=_LOOKS[card.state],
        title=titles.get(card.about, "Trouble"),
        presses=() if over else presses,
        outcome=card.outcome,
        notes=tuple(card.lines),
    )

