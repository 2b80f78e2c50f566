"""Show: what a press opens without changing anything: a form to fill in, or an exact text."""

from dataclasses import dataclass

from bot.context import House
from bot.errors import Refused
from bot.questions import Click, Press, Told, Window
from bot.rules.authority import approver_of, forbidden
from bot.rules.later import CHOICES
from bot.rules.standing import still_as_seen
from storage.inbound_messages import InboundMessage
from storage.store import Store, Tx

SHOWS = frozenset({Press.ORIGINAL, Press.SOURCES, Press.OPEN, Press.SHOW_TEXT})
SHOWN_BYTES = 60_000


@dataclass(frozen=True)
class Show:
    store: Store
    house: House

    async def window(self, click: Click) -> Window:
        """The form for this press; Refused when the card is no longer what was seen."""
        async with self.store.reading() as tx:
            by = approver_of(click, self.house.people)
            card = await tx.cards.get(click.stamp.card)
            inquiry = await tx.inquiries.get(card.inquiry_id) if card is not None and card.inquiry_id is not None else None
            draft = await tx.drafts.get(card.draft_id) if card is not None and card.draft_id is not None else None
            if (why := forbidden(by, click.press, inquiry)) is not None:
                raise Refused(why)
            if card is None or inquiry is None:
                raise Refused("This card is not in my books any more. Nothing was changed.")
            if (why := still_as_seen(card, draft, click.stamp)) is not None:
                raise Refused(why)
            message = await tx.messages.get(inquiry.message_id)
        to = tuple(draft.to) if draft is not None else ()
        subject = draft.subject if draft is not None else message.subject
        body = draft.body if draft is not None else ""
        stamp = click.stamp
        match click.press:
            case Press.EDIT:
                start = body or (f"\n\n{self.house.signature}" if self.house.signature else "")
                return Window(Press.EDIT, stamp, "Edit and send", body=start, to=to, subject=subject)
            case Press.SEND:
                return Window(Press.SEND, stamp, "Read and send", body=body, to=to, subject=subject)
            case Press.REDO:
                return Window(Press.REDO, stamp, "What should change?", to=to, subject=subject)
            case Press.HAND_OVER:
                names = tuple(p.name for p in self.house.people.approvers if by is None or p.name != by.name)
                return Window(Press.HAND_OVER, stamp, "Hand over", choices=names, subject=subject)
            case Press.LATER:
                return Window(Press.LATER, stamp, "Later", choices=CHOICES, subject=subject)
            case Press.WRONG_PERSON:
                who = f"{message.sender_name} <{message.sender_address}>" if message.sender_name else message.sender_address
                return Window(Press.WRONG_PERSON, stamp, "Who wrote this?", body=who, subject=subject)
            case _:
                raise Refused("That button opens nothing.")

    async def exact(self, click: Click) -> Told:
        """A text to read whole, for approvers only."""
        async with self.store.reading() as tx:
            if (why := forbidden(approver_of(click, self.house.people), click.press, None)) is not None:
                raise Refused(why)
            try:
                return await self._exact(tx, click)
            except KeyError:
                raise Refused("This is not in my books any more.") from None

    async def _exact(self, tx: Tx, click: Click) -> Told:
        if click.press is Press.OPEN:
            inquiry = await tx.inquiries.get(click.subject)
            return await self._original(tx, inquiry.message_id, "Filed: " + "; ".join(inquiry.reasons))
        card = await tx.cards.get(click.stamp.card)
        if card is None:
            raise KeyError(click.stamp.card)
        if click.press is Press.SHOW_TEXT and card.outbox_id is not None:
            item = await tx.outbox.get(card.outbox_id)
            return Told("Exactly what was handed over:", exact=_words(item.raw))
        if click.press is Press.SOURCES and card.draft_id is not None:
            draft = await tx.drafts.get(card.draft_id)
            text = "\n\n".join(f"[{s['id']}] {s['title']}\n{s.get('text', '')}" for s in draft.sources)
            return Told("What the draft relies on:", exact=text or "It names no source.")
        if card.inbound_id is not None:
            inbound = await tx.inbound.get(card.inbound_id)
            return Told("As it arrived:", exact=_words(inbound.raw))
        inquiry = await tx.inquiries.get(card.inquiry_id or 0)
        return await self._original(tx, inquiry.message_id, "As it arrived:")

    async def _original(self, tx: Tx, message_id: int, title: str) -> Told:
        inbound: InboundMessage | None = await tx.inbound.of_message(message_id)
        if inbound is None:
            message = await tx.messages.get(message_id)
            return Told(title, exact=message.text)
        return Told(title, exact=_words(inbound.raw))


def _words(raw: bytes) -> str:
    text = raw[:SHOWN_BYTES].decode(errors="replace").replace("\r\n", "\n")
    return text if len(raw) <= SHOWN_BYTES else f"{text}\n\n(… {len(raw) - SHOWN_BYTES} more bytes)"
