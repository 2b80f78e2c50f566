"""Put back: something that was filed becomes an inquiry after all."""

from dataclasses import dataclass

from bot.context import House
from bot.errors import Refused
from bot.ports import Clock
from bot.questions import Click, Told
from bot.rules.authority import approver_of, forbidden
from storage.decisions import Decision, DecisionKind
from storage.inquiries import InquiryState
from storage.jobs import Step
from storage.store import Store


@dataclass(frozen=True)
class PutBack:
    store: Store
    house: House
    clock: Clock

    async def __call__(self, click: Click) -> Told:
        """Sort it anew, as something that needs a reply; Refused when it is not filed. `click.subject` is the inquiry."""
        async with self.store.transaction("put_back") as tx:
            by = approver_of(click, self.house.people)
            if (why := forbidden(by, click.press, None)) is not None:
                raise Refused(why)
            assert by is not None
            try:
                inquiry = await tx.inquiries.hold(click.subject)
            except KeyError:
                raise Refused("This is not in my books any more. Nothing was changed.") from None
            if inquiry.state is not InquiryState.FILED:
                raise Refused("This is not filed any more; look for its card.")
            now = self.clock.now()
            inquiry.state, inquiry.changed_at, inquiry.closed_at = InquiryState.NEW, now, None
            assert inquiry.id is not None
            decision = Decision(kind=DecisionKind.PUT_BACK, inquiry_id=inquiry.id, by=by.name, by_id=click.by, at=now)
            decision = await tx.decisions.add(decision)
            await tx.jobs.add(Step.TRIAGE, inquiry.id, due_at=now, occasion=f"put back {decision.id}")
            tx.audit.add(at=now, actor=by.name, act="put back", subject=f"inquiry:{inquiry.id}")
            return Told("Put back: a card with a draft follows.")
