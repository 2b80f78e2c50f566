"""Puts a draft on a card: one open card an inquiry, the right person mentioned, the older card retired."""

from datetime import datetime, timedelta

from bot.context import House
from bot.people import Approver
from bot.rules.hours import next_mention
from storage.cards import Card, CardAbout, CardState
from storage.drafts import Draft
from storage.inquiries import Inquiry, InquiryState, Track
from storage.postings import PostingKind
from storage.store import Tx

RETIRED = "The client wrote again: a newer card has taken this one's place."


def who_decides(house: House, inquiry: Inquiry) -> Approver:
    """The person it was given to, else the delegate who covers a topic of it, else the owner."""
    given = house.people.named(inquiry.holder) if inquiry.holder else None
    return given or house.people.covering(frozenset(inquiry.topics))


async def ask(tx: Tx, house: House, inquiry: Inquiry, draft: Draft, *, now: datetime, in_place: bool) -> Card:
    """Show this draft for approval.

    In place: the open card takes the new revision (somebody asked for it there). Otherwise a new card is posted, and
    one that is still open is retired, so that nobody approves what the client has overtaken.
    """
    assert inquiry.id is not None
    inquiry.state, inquiry.changed_at = InquiryState.WAITING, now
    there = await tx.cards.open_for(inquiry.id)
    if there is not None and in_place:
        there.draft_id = draft.id
        await tx.repaint(f"card:{there.id}", now=now)
        return there
    if there is not None:
        await tx.close_card(there, state=CardState.RETIRED, outcome=RETIRED, by="understudy", now=now)
    mention = who_decides(house, inquiry).slack if inquiry.track is Track.JUDGMENT else ""
    from_when = _mention_from(house, inquiry, now) if mention else now
    card = Card(
        about=CardAbout.INQUIRY,
        inquiry_id=inquiry.id,
        draft_id=draft.id,
        mention=mention if from_when == now else "",
        opened_at=now,
    )
    card = await tx.open_card(card, now=now)
    if from_when is not None and from_when > now:
        # Slack tells nobody of a mention that is put into a message later, so it comes in a line of its own.
        text = f"Please decide: {inquiry.decision}" if inquiry.decision else "Please have a look: this one needs you."
        await note_under(tx, card, text, key="mention", now=now, mention=mention, after=from_when - now, while_open=True)
    return card


def _mention_from(house: House, inquiry: Inquiry, now: datetime) -> datetime | None:
    """From when on somebody may be mentioned for this: at once if it is urgent and the house rules let it be."""
    rules = house.playbook.house_rules
    if inquiry.urgency == "high" and rules.quiet.urgent_breaks:
        return now
    return next_mention(now, rules, house.zone, house.holidays(now.astimezone(house.zone).date()))


async def note_under(
    tx: Tx, card: Card, text: str, *, key: str, now: datetime, mention: str = "", after: timedelta = timedelta(),
    while_open: bool = False,
) -> None:
    """Say something in a card's thread, once per key; later with `after`, and then only if the card is open still."""
    await tx.show(
        PostingKind.NOTE,
        card.id or 0,
        key=f"note:{card.id}:{key}",
        now=now,
        under_key=f"card:{card.id}",
        content={"text": text, "mention": mention, "while_open": while_open},
        after=after,
    )
