"""Undo: take back what a routine is about to send, or say that it should have asked."""

from dataclasses import dataclass

from bot.context import House
from bot.errors import Refused
from bot.outgoing import repaint_handled
from bot.ports import Clock
from bot.questions import Click, Press, Told
from bot.rules.authority import approver_of, forbidden
from storage.decisions import Decision, DecisionKind
from storage.inquiries import InquiryState, Track
from storage.jobs import Step
from storage.outbox import OutboxState
from storage.routine_marks import RoutineMark
from storage.store import Store

UNDOES = frozenset({Press.UNDO, Press.SHOULD_HAVE_ASKED})


@dataclass(frozen=True)
class Undo:
    store: Store
    house: House
    clock: Clock

    async def __call__(self, click: Click) -> Told:
        """Do it, or Refused with the reason in plain words. `click.subject` is the outbox item."""
        async with self.store.transaction(f"undo.{click.press.value}") as tx:
            by = approver_of(click, self.house.people)
            if (why := forbidden(by, click.press, None)) is not None:
                raise Refused(why)
            assert by is not None
            now = self.clock.now()
            try:
                item = await tx.outbox.get(click.subject)
            except KeyError:
                raise Refused("This is not in my books any more. Nothing was changed.") from None
            inquiry = await tx.inquiries.hold(item.inquiry_id)
            withdrawn = await tx.outbox.withdraw(click.subject)
            if click.press is Press.UNDO:
                if not withdrawn:
                    raise Refused(self._too_late(item.state))
                told = Told("Undone: it does not leave. The inquiry is being put on a card.")
            else:
                if await tx.routine_marks.of_outbox(click.subject) is not None:
                    raise Refused("That was noted already.")
                tx.routine_marks.add(
                    RoutineMark(routine=item.routine, client_id=inquiry.client_id, outbox_id=click.subject, by=by.name, at=now)
                )
                gone = "It had left already." if not withdrawn else "It does not leave; the inquiry is being put on a card."
                told = Told(f"Noted: next time this routine asks first for this client. {gone}")
            if withdrawn:
                inquiry.state, inquiry.track = InquiryState.SORTED, Track.REPLY
                inquiry.reasons = [f"{by.name} took back what the routine “{item.routine}” was about to send"]
                inquiry.changed_at, inquiry.closed_at = now, None
                assert inquiry.id is not None
                await tx.jobs.add(Step.DRAFT, inquiry.id, due_at=now, occasion=f"m{inquiry.message_id}cu{item.id}")
                await tx.decisions.add(
                    Decision(kind=DecisionKind.WITHDRAW, inquiry_id=inquiry.id, draft_id=item.draft_id, by=by.name, by_id=click.by, at=now)
                )
            await repaint_handled(tx, item, now=now)
            tx.audit.add(at=now, actor=by.name, act=click.press.value, subject=f"outbox:{item.id}", withdrawn=withdrawn)
            return told

    def _too_late(self, state: OutboxState) -> str:
        if state is OutboxState.WITHDRAWN:
            return "This was undone already."
        if state in {OutboxState.SENT, OutboxState.UNKNOWN}:
            return "Too late: it has left. You can say that it should have asked you."
        return "It is leaving at this moment and cannot be held any more."
