"""Gathers the rows behind what is shown at the desk, and has the rules draw them."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.context import House, unanswered_words
from bot.questions import Digest, Handled, Press, Question
from bot.rules.cards import delivery_card, inquiry_card, trouble_card, who_wrote
from bot.rules.digests import Arrival, Left, Waiting, build_digest
from bot.rules.recipients import bare
from bot.rules.replies import envelope_notes
from storage.cards import Card, CardAbout
from storage.channels import Channel
from storage.inbound_messages import InboundState
from storage.outbox import OutboxItem, OutboxState
from storage.store import Tx

OUTCOMES = {
    OutboxState.TALKING: "leaving now",
    OutboxState.COMMITTED: "leaving now",
    OutboxState.SENT: "sent",
    OutboxState.REFUSED: "was not taken; see its card",
    OutboxState.UNKNOWN: "delivery unknown; see its card",
    OutboxState.WITHDRAWN: "undone, it did not leave",
}


async def question_of(tx: Tx, house: House, card: Card) -> Question:
    """The card as it should look now."""
    if card.about is CardAbout.INQUIRY and card.inquiry_id is not None:
        inquiry = await tx.inquiries.get(card.inquiry_id)
        draft = await tx.drafts.get(card.draft_id) if card.draft_id is not None else None
        message = await tx.messages.get(draft.message_id if draft is not None else inquiry.message_id)
        client = await tx.clients.get(inquiry.client_id) if inquiry.client_id is not None else None
        conversation = await tx.conversations.get(inquiry.conversation_id)
        notes = envelope_notes(message, house.people.business_addresses, conversation.participants)
        if inquiry.channel is Channel.EMAIL and not message.verified:
            notes = ("Not verified: the mail server did not confirm this sender, so nothing of a client's was used", *notes)
        if inquiry.channel is Channel.EMAIL and message.sender_address in house.people.business_addresses:
            notes = ("It came from our own address, as forms on websites do; give the writer's with “Wrong person”", *notes)
        elif inquiry.channel is Channel.EMAIL and "@" not in message.sender_address:
            notes = ("I could not read the writer's address; give it with “Wrong person” before you send", *notes)
        last = await tx.messages.last_from(message.sender_address, message.at)
        return inquiry_card(
            card,
            inquiry,
            message,
            asked=await unanswered_words(tx, inquiry, message),
            who=who_wrote(message, client, last_contact=last, notes=notes),
            draft=draft,
        )
    if card.about is CardAbout.DELIVERY and card.outbox_id is not None:
        item = await tx.outbox.get(card.outbox_id)
        return delivery_card(card, item, await tx.drafts.get(item.draft_id), zone=house.zone)
    return trouble_card(card)


async def handled_of(tx: Tx, house: House, item: OutboxItem) -> Handled:
    """One routine message as it stands in the day's thread."""
    draft = await tx.drafts.get(item.draft_id)
    mark = await tx.routine_marks.of_outbox(item.id or 0)
    presses: tuple[Press, ...] = ()
    if item.state is OutboxState.QUEUED:
        presses = (Press.UNDO,)
    if mark is None and item.state is not OutboxState.WITHDRAWN:
        presses = (*presses, Press.SHOULD_HAVE_ASKED)
    outcome = OUTCOMES.get(item.state, "")
    if mark is not None:
        outcome = f"{outcome}; {mark.by}: this should have asked me".strip("; ")
    routine = house.playbook.routine(item.routine)
    return Handled(
        outbox_id=item.id or 0,
        routine=routine.title if routine is not None else item.routine,
        who=await _who(tx, item),
        subject=draft.subject,
        body=draft.body,
        to=tuple(draft.to),
        leaves_at=item.due_at,
        state=item.state.value,
        presses=presses,
        outcome=outcome,
        zone=house.zone.key,
    )


async def _who(tx: Tx, item: OutboxItem) -> str:
    inquiry = await tx.inquiries.get(item.inquiry_id)
    if inquiry.client_id is not None:
        return (await tx.clients.get(inquiry.client_id)).name
    return bare(item.recipients[0]) if item.recipients else ""


async def waiting_now(tx: Tx) -> list[Waiting]:
    """Every open card with what belongs to it."""
    found = []
    for card in await tx.cards.waiting():
        posting = await tx.postings.with_key(f"card:{card.id}")
        inquiry = await tx.inquiries.get(card.inquiry_id) if card.inquiry_id is not None else None
        message = await tx.messages.get(inquiry.message_id) if inquiry is not None else None
        name = ""
        if inquiry is not None and inquiry.client_id is not None:
            name = (await tx.clients.get(inquiry.client_id)).name
        found.append(Waiting(card, posting, inquiry, message, name))
    return found


async def left_of(tx: Tx, house: House, items: Sequence[OutboxItem]) -> list[Left]:
    return [
        Left(item, await tx.drafts.get(item.draft_id), await _who(tx, item), _title(house, item.routine)) for item in items
    ]


def _title(house: House, routine: str) -> str:
    card = house.playbook.routine(routine)
    return card.title if card is not None else routine


async def digest_of_period(tx: Tx, house: House, *, since: datetime, now: datetime, warnings: Sequence[str]) -> Digest:
    """The digest for what arrived since, and for what waits and leaves now."""
    arrivals = []
    for _, state, message_id in await tx.inbound.rows_since(since):
        if state is not InboundState.READ or message_id is None:
            arrivals.append(Arrival(state))
            continue
        message = await tx.messages.get(message_id)
        inquiry = await tx.inquiries.get(message.inquiry_id) if message.inquiry_id is not None else None
        client = await tx.clients.get(inquiry.client_id) if inquiry is not None and inquiry.client_id is not None else None
        who = client.name if client is not None else message.sender_name or message.sender_address
        arrivals.append(Arrival(state, message, inquiry, who))
    queued = [i for i in await tx.outbox.in_state(OutboxState.QUEUED) if i.due_at < now + timedelta(hours=24)]
    handled = [i for i in await tx.outbox.made_since(since) if i.routine and i.state is not OutboxState.WITHDRAWN]
    return build_digest(
        day=now.astimezone(house.zone).strftime("%Y-%m-%d"),
        now=now,
        zone=house.zone,
        waiting=await waiting_now(tx),
        arrivals=arrivals,
        leaving=await left_of(tx, house, queued),
        handled=await left_of(tx, house, handled),
        rows_shown=house.playbook.house_rules.digest_rows,
        warnings=warnings,
    )
