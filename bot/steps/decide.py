"""Decide: what a press on an inquiry's card does, in one transaction, on exactly the revision that was seen."""

from dataclasses import dataclass
from datetime import datetime

from bot.answers import Byline
from bot.asking import note_under
from bot.context import House
from bot.errors import Permanent, Refused
from bot.outgoing import ON_ITS_WAY, queue
from bot.people import Approver
from bot.ports import Clock, Composer
from bot.questions import Click, Press, Told
from bot.rules.authority import approver_of, forbidden, may_hand_over
from bot.rules.later import come_back
from bot.rules.recipients import bare
from bot.rules.replies import freeze
from bot.rules.standing import still_as_seen
from storage.cards import Card, CardAbout, CardState
from storage.channels import Channel
from storage.conversations import Conversation
from storage.decisions import Decision, DecisionKind
from storage.drafts import Draft
from storage.inquiries import Inquiry, InquiryState
from storage.jobs import JobState, Step
from storage.messages import Message
from storage.store import Store, Tx

DECIDES = frozenset(
    {Press.SEND, Press.EDIT, Press.REDO, Press.HAND_OVER, Press.LATER, Press.NO_REPLY, Press.WRONG_PERSON}
)


@dataclass(frozen=True)
class _Seen:
    """A press that may be: who, on which card, about what, with the draft that was seen."""

    click: Click
    by: Approver
    card: Card
    inquiry: Inquiry
    draft: Draft | None
    now: datetime


@dataclass(frozen=True)
class Decide:
    store: Store
    composer: Composer
    house: House
    clock: Clock

    async def __call__(self, click: Click) -> Told:
        """Do it, or Refused with the reason in plain words; nothing is changed then."""
        async with self.store.transaction(f"decide.{click.press.value}") as tx:
            seen = await self._seen(tx, click)
            match click.press:
                case Press.SEND:
                    return await self._send(tx, seen)
                case Press.EDIT:
                    return await self._edit(tx, seen)
                case Press.REDO:
                    return await self._redo(tx, seen)
                case Press.HAND_OVER:
                    return await self._hand_over(tx, seen)
                case Press.LATER:
                    return await self._later(tx, seen)
                case Press.NO_REPLY:
                    return await self._no_reply(tx, seen)
                case Press.WRONG_PERSON:
                    return await self._wrong_person(tx, seen)
                case _:
                    raise Refused("That button does nothing here.")

    async def _seen(self, tx: Tx, click: Click) -> _Seen:
        by, card, inquiry, draft = await seen_on_card(tx, self.house, click)
        return _Seen(click, by, card, inquiry, draft, self.clock.now())

    async def _send(self, tx: Tx, seen: _Seen) -> Told:
        draft = seen.draft
        if draft is None or not draft.body:
            raise Refused("There is no draft to send; use Edit to write one.")
        if any(f.get("blocks") for f in draft.findings):
            raise Refused("This draft holds something that may not leave (see the warnings); change it with Edit or Redo.")
        await self._not_overtaken(tx, seen, draft)
        return await self._leave(tx, seen, draft, DecisionKind.APPROVE)

    async def _edit(self, tx: Tx, seen: _Seen) -> Told:
        body = seen.click.text.strip()
        if not body:
            raise Refused("An empty reply cannot be sent. Use No reply to close this without one.")
        message = await tx.messages.get(seen.inquiry.message_id)
        if seen.draft is not None:
            await self._not_overtaken(tx, seen, seen.draft)
        conversation = await tx.conversations.get(seen.inquiry.conversation_id)
        assert seen.inquiry.id is not None
        draft = await tx.drafts.add(
            freeze(
                inquiry=seen.inquiry,
                conversation=conversation,
                message=message,
                sender=self.house.sender,
                ours=self.house.people.business_addresses,
                revision=await tx.drafts.next_revision(seen.inquiry.id),
                body=body,
                byline=Byline(writer=seen.by.name),
                now=seen.now,
                sources=list(seen.draft.sources) if seen.draft is not None else [],
            )
        )
        return await self._leave(tx, seen, draft, DecisionKind.EDIT)

    async def _not_overtaken(self, tx: Tx, seen: _Seen, draft: Draft) -> None:
        if seen.inquiry.message_id != draft.message_id:
            raise Refused("The client has written again since; a new draft is on its way. Nothing was sent.")

    async def _leave(self, tx: Tx, seen: _Seen, draft: Draft, kind: DecisionKind) -> Told:
        undo = self.house.playbook.house_rules.undo_after_send
        if self.house.undo is not None:
            undo = min(undo, self.house.undo)
        how = "Sent as drafted" if kind is DecisionKind.APPROVE else "Edited and sent"
        outcome = f"{how} by {seen.by.name}, {ON_ITS_WAY}"
        seen.card.draft_id = draft.id
        await self._settle(tx, seen, outcome)  # first: of two presses at once, one is told that the other was quicker
        await self._note_decision(tx, seen, kind, draft)
        try:
            item = await queue(
                tx, self.house, self.composer, seen.inquiry, draft, approved_by=seen.by.name, now=seen.now, leaves_in=undo
            )
        except Permanent as error:
            raise Refused(f"This cannot leave as it is: {error}. Nothing was sent; correct it and press again.") from error
        return Told(f"Your reply to {', '.join(item.recipients) if item.channel is Channel.EMAIL else 'the channel'} is on its way.")

    async def _redo(self, tx: Tx, seen: _Seen) -> Told:
        wish = seen.click.text.strip()[:2000]
        if not wish:
            raise Refused("Say in a few words what to change.")
        assert seen.inquiry.id is not None
        occasion = f"redo{seen.draft.revision if seen.draft is not None else 0}"
        asked_before = await tx.jobs.named(Step.DRAFT, seen.inquiry.id, occasion)
        if asked_before is not None and asked_before.state is JobState.DUE:
            raise Refused("A new version is being written already; say what else should change when it is there.")
        seen.inquiry.instruction = wish
        decision = await self._note_decision(tx, seen, DecisionKind.REDO, seen.draft)
        if asked_before is not None:  # that one came to nothing; a job is never done twice, so this is another
            occasion = f"{occasion}.{decision.id}"
        await tx.jobs.add(Step.DRAFT, seen.inquiry.id, due_at=seen.now, occasion=occasion)
        await note_under(tx, seen.card, f"{seen.by.name} asked for a new version: {wish}", key=occasion, now=seen.now)
        return Told("A new version is being written; this card will change when it is there.")

    async def _hand_over(self, tx: Tx, seen: _Seen) -> Told:
        to = self.house.people.named(seen.click.to)
        if to is None:
            names = ", ".join(p.name for p in self.house.people.approvers)
            raise Refused(f"Nobody here is called “{seen.click.to}”. It can be handed to: {names}.")
        if not may_hand_over(seen.by, to, seen.inquiry):
            raise Refused(f"Only {self.house.people.owner.name} can give this decision to {to.name}. Nothing was changed.")
        seen.inquiry.holder = to.name
        await self._note_decision(tx, seen, DecisionKind.DELEGATE, seen.draft, note=to.name)
        revision = seen.draft.revision if seen.draft is not None else 0
        text = f"{seen.by.name} handed this to {to.name}." + (f" {seen.click.text.strip()}" if seen.click.text.strip() else "")
        await note_under(tx, seen.card, text, key=f"hand:{to.name}:{revision}", now=seen.now, mention=to.slack)
        await tx.repaint(f"card:{seen.card.id}", now=seen.now)
        return Told(f"It is with {to.name} now.")

    async def _later(self, tx: Tx, seen: _Seen) -> Told:
        rules = self.house.playbook.house_rules
        back = come_back(seen.click.until, now=seen.now, zone=self.house.zone, rules=rules)
        if back is None:
            raise Refused(f"“{seen.click.until}” is no time to come back; choose one of the times offered.")
        seen.card.state, seen.card.until = CardState.SNOOZED, back
        local = back.astimezone(self.house.zone)
        seen.card.outcome = f"Put off by {seen.by.name} until {local:%A %H:%M}"
        await self._note_decision(tx, seen, DecisionKind.SNOOZE, seen.draft, note=back.isoformat())
        assert seen.card.id is not None
        await tx.jobs.add(Step.WAKE, seen.card.id, due_at=back, occasion=back.isoformat())
        await tx.repaint(f"card:{seen.card.id}", now=seen.now)
        return Told(f"This comes back on {local:%A} at {local:%H:%M}.")

    async def _no_reply(self, tx: Tx, seen: _Seen) -> Told:
        outcome = f"Closed without a reply by {seen.by.name}"
        await self._settle(tx, seen, outcome)
        await self._note_decision(tx, seen, DecisionKind.DISMISS, seen.draft)
        seen.inquiry.state, seen.inquiry.outcome = InquiryState.CLOSED, outcome
        seen.inquiry.changed_at = seen.inquiry.closed_at = seen.now
        return Told("Closed without a reply. It stays listed in the digest.")

    async def _wrong_person(self, tx: Tx, seen: _Seen) -> Told:
        """Somebody else was meant: bind to that person, and draft anew from their own dossier."""
        given = seen.click.text.strip()
        address = bare(given).lower()
        if "@" not in address or any(c.isspace() for c in address):
            raise Refused("Give the right person's mail address, or “Name <address>”.")
        if seen.inquiry.channel is Channel.SLACK:
            raise Refused("In Slack it is Slack that says who wrote, and the reply goes to where they wrote.")
        message = await tx.messages.get(seen.inquiry.message_id)
        name = given.partition("<")[0].strip().strip('"') if "<" in given else ""
        found = await tx.clients.with_address(Channel.EMAIL, address)
        await self._move_apart(tx, seen.inquiry, message, found[0].id if found else None, address)
        message.sender_address, message.sender_name = address, name or (found[1].name if found else "")
        message.reply_to, message.verified = [], True
        seen.inquiry.client_id = found[0].id if found else None
        seen.inquiry.state, seen.inquiry.changed_at = InquiryState.SORTED, seen.now
        await self._note_decision(tx, seen, DecisionKind.CORRECT, seen.draft)
        await self._settle(tx, seen, f"{seen.by.name} corrected who wrote this; a new card follows", state=CardState.RETIRED)
        assert seen.inquiry.id is not None
        await tx.jobs.add(Step.DRAFT, seen.inquiry.id, due_at=seen.now, occasion=f"m{message.id}c{seen.card.id}")
        return Told("Corrected. A new card with a draft for that person follows.")

    async def _move_apart(self, tx: Tx, inquiry: Inquiry, message: Message, client_id: int | None, address: str) -> None:
        """Give the inquiry a conversation of its own: the one it was taken for is somebody else's to read."""
        old = await tx.conversations.get(inquiry.conversation_id)
        new = await tx.conversations.add(
            Conversation(
                channel=old.channel, client_id=client_id, subject=old.subject, base_subject=old.base_subject,
                participants=[address], place=old.place, last_at=old.last_at,
            )
        )
        assert old.id is not None
        assert new.id is not None
        inquiry.conversation_id = new.id
        for item in await tx.messages.of_conversation(old.id):
            if item.inquiry_id == inquiry.id and item.sender_address == message.sender_address:
                item.conversation_id = new.id
        message.conversation_id = new.id

    async def _settle(self, tx: Tx, seen: _Seen, outcome: str, *, state: CardState = CardState.SETTLED) -> None:
        if not await tx.close_card(seen.card, state=state, outcome=outcome, by=seen.by.name, now=seen.now):
            raise Refused("Somebody else was quicker; nothing was changed by your press.")

    async def _note_decision(
        self, tx: Tx, seen: _Seen, kind: DecisionKind, draft: Draft | None, *, note: str = ""
    ) -> Decision:
        decision = await tx.decisions.add(
            Decision(
                kind=kind,
                inquiry_id=seen.inquiry.id,
                card_id=seen.card.id,
                draft_id=draft.id if draft is not None else None,
                revision=draft.revision if draft is not None else 0,
                digest=draft.digest if draft is not None else "",
                by=seen.by.name,
                by_id=seen.click.by,
                note=note,
                at=seen.now,
            )
        )
        tx.audit.add(
            at=seen.now, actor=seen.by.name, act=kind.value, subject=f"inquiry:{seen.inquiry.id}",
            card=seen.card.id, draft=draft.id if draft is not None else None, digest=draft.digest if draft is not None else "",
        )
        return decision


async def seen_on_card(tx: Tx, house: House, click: Click) -> tuple[Approver, Card, Inquiry, Draft | None]:
    """Who pressed on what, if that is still how things stand. Refused: late, repeated, forbidden, or another revision."""
    by = approver_of(click, house.people)
    card = await tx.cards.get(click.stamp.card)
    inquiry = await tx.inquiries.hold(card.inquiry_id) if card is not None and card.inquiry_id is not None else None
    if card is not None:
        await tx.session.refresh(card)  # whoever held the inquiry before us may have changed it
    if (why := forbidden(by, click.press, inquiry)) is not None:
        raise Refused(why)
    assert by is not None
    if card is None or inquiry is None or card.about is not CardAbout.INQUIRY:
        raise Refused("This card is not in my books any more. Nothing was changed.")
    draft = await tx.drafts.get(card.draft_id) if card.draft_id is not None else None
    if (why := still_as_seen(card, draft, click.stamp)) is not None:
        raise Refused(why)
    return by, card, inquiry, draft

