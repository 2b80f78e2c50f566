"""The morning's page and the queue, from rows; its counts add up by construction. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never
from zoneinfo import ZoneInfo

from bot.questions import Count, Digest, FiledLine, Page, Row, Verb
from bot.rules.ages import age
from bot.rules.filing import short_reason
from storage.cards import Card, CardAbout
from storage.drafts import Draft
from storage.inbound_messages import InboundState
from storage.inquiries import Inquiry, InquiryState, Track
from storage.messages import Direction, Message
from storage.outbox import OutboxItem, OutboxState
from storage.postings import Posting


@dataclass(frozen=True)
class Waiting:
    """An open card with what belongs to it."""

    card: Card
    posting: Posting | None
    inquiry: Inquiry | None = None
    message: Message | None = None
    client_name: str = ""


@dataclass(frozen=True)
class Left:
    """An outbox item with what belongs to it."""

    item: OutboxItem
    draft: Draft
    who: str
    routine: str = ""
    """The routine's title, if it was one."""


def rows_of(waiting: Sequence[Waiting], *, now: datetime) -> list[Row]:
    """What needs a person: decisions first, then replies, checks, and things to do; older before younger."""
    rows = [_row(w, now) for w in sorted(waiting, key=lambda w: (w.card.opened_at, w.card.id or 0))]
    order = {Verb.DECIDE: 0, Verb.CHECK: 1, Verb.REPLY: 2, Verb.DO: 3}
    return sorted(rows, key=lambda row: order[row.verb])


def _row(waiting: Waiting, now: datetime) -> Row:
    card, inquiry, message = waiting.card, waiting.inquiry, waiting.message
    verb, question = Verb.DO, (card.lines or ["Something needs a look"])[0]
    if inquiry is not None and card.about is CardAbout.INQUIRY:
        if inquiry.track is Track.JUDGMENT:
            verb, question = Verb.DECIDE, inquiry.decision or inquiry.summary
        else:
            verb, question = Verb.REPLY, (inquiry.asks or [inquiry.summary or (message.subject if message else "")])[0]
    elif card.about is CardAbout.DELIVERY:
        verb, question = Verb.CHECK, "A reply was handed over, or refused; see whether it arrived"
    who = waiting.client_name or (message.sender_name or message.sender_address if message else "")
    return Row(
        verb=verb,
        who=who,
        age=age(card.opened_at, now),
        question=question,
        card=card.id or 0,
        holder=inquiry.holder if inquiry else "",
        place=waiting.posting.place if waiting.posting else "",
        stamp=waiting.posting.stamp if waiting.posting else "",
    )


@dataclass(frozen=True)
class Arrival:
    """One inbound message of the period and what became of it."""

    state: InboundState
    message: Message | None = None
    inquiry: Inquiry | None = None
    who: str = ""


WORKED_ON = "waiting for a person or being worked on"
ANSWERED = "answered or about to leave"
CLOSED = "closed without a reply"
FILED = "filed"
OURS = "our own, or copies of one we had"
UNREAD = "still being read"
QUARANTINED = "put aside, could not be read"
NOWHERE = "accounted for nowhere"


def fate(arrival: Arrival) -> str:
    """The one line of the digest that counts this message."""
    match arrival.state:
        case InboundState.NEW:
            return UNREAD
        case InboundState.QUARANTINED:
            return QUARANTINED
        case InboundState.SAME | InboundState.ERASED:
            return OURS
        case InboundState.READ:
            pass
        case _:
            assert_never(arrival.state)
    if arrival.message is not None and arrival.message.direction is Direction.OUT:
        return OURS
    if arrival.inquiry is None:
        return NOWHERE
    match arrival.inquiry.state:
        case InquiryState.NEW | InquiryState.SORTED | InquiryState.WAITING:
            return WORKED_ON
        case InquiryState.SENDING | InquiryState.ANSWERED:
            return ANSWERED
        case InquiryState.CLOSED:
            return CLOSED
        case InquiryState.FILED:
            return FILED
        case _:
            assert_never(arrival.inquiry.state)


def build_digest(
    *,
    day: str,
    now: datetime,
    zone: ZoneInfo,
    waiting: Sequence[Waiting],
    arrivals: Sequence[Arrival],
    leaving: Sequence[Left],
    handled: Sequence[Left],
    rows_shown: int,
    warnings: Sequence[str] = (),
) -> Digest:
    """The page. Every arrival of the period is counted in exactly one line, so the lines add up to `arrived`."""
    rows = rows_of(waiting, now=now)
    fates = Counter(fate(arrival) for arrival in arrivals)
    lost = (f"{fates[NOWHERE]} messages were read but led nowhere; run `understudy verify`.",) if fates[NOWHERE] else ()
    return Digest(
        day=day,
        needs=tuple(rows[:rows_shown]),
        more=max(0, len(rows) - rows_shown),
        handled=tuple(f"{left.routine or left.draft.routine}: {left.draft.subject} → {left.who}" for left in handled),
        filed=tuple(_filed(a.inquiry, a.message, a.who) for a in arrivals if fate(a) == FILED and a.inquiry and a.message),
        leaving=tuple(
            f"{left.item.due_at.astimezone(zone):%H:%M} {left.draft.subject} → {left.who}"
            for left in leaving
            if left.item.state is OutboxState.QUEUED
        ),
        arrived=len(arrivals),
        counts=tuple(
            Count(label, fates[label])
            for label in (WORKED_ON, ANSWERED, CLOSED, FILED, OURS, UNREAD, QUARANTINED, NOWHERE)
            if fates[label]
        ),
        warnings=(*lost, *warnings),
    )


def _filed(inquiry: Inquiry, message: Message, who: str) -> FiledLine:
    return FiledLine(inquiry.id or 0, who or message.sender_address, message.subject, short_reason(inquiry.reasons))


def as_page(digest: Digest) -> Page:
    """The same as a private page, for whoever asks during the day."""
    lines = [f"Arrived in the last 24 hours: {digest.arrived}"]
    lines += [f"{count.number} {count.label}" for count in digest.counts]
    lines += [f"Handled: {line}" for line in digest.handled]
    lines += [f"Leaves: {line}" for line in digest.leaving]
    if digest.more:
        lines.append(f"{digest.more} more below these: /understudy queue")
    if not digest.needs:
        lines.append("Nothing needs anybody now.")
    return Page(f"Digest of {digest.day}", (*lines, *digest.warnings), rows=digest.needs, filed=digest.filed)
