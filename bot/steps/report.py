"""Report: answers to commands; reads, and changes nothing."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from bot.context import House
from bot.gathering import digest_of_period, waiting_now
from bot.ports import Clock
from bot.questions import Click, FiledLine, Page, Press
from bot.rules.ages import age
from bot.rules.authority import approver_of
from bot.rules.commands import Command, nearest, read_command
from bot.rules.digests import as_page, rows_of
from bot.rules.filing import short_reason
from storage.pulses import Pulse
from storage.store import Store, Tx

HELP = (
    "/understudy queue: what needs somebody now",
    "/understudy digest: the day's page, as of now",
    "/understudy status: whether every part works, and what was spent",
    "/understudy filed: what was filed, and why; each can be put back",
    "/understudy why 12: why card 12 is there, and what was decided",
    "/understudy help: this list",
)


@dataclass(frozen=True)
class Report:
    store: Store
    house: House
    clock: Clock
    warnings: Callable[[], Awaitable[Sequence[str]]]
    budget: Decimal | None = None

    async def __call__(self, words: str, *, by: str, team: str) -> Page:
        """The page for `/understudy words`; strangers get a plain refusal."""
        if approver_of(Click(Press.OPEN, by=by, team=team), self.house.people) is None:
            return Page("This is for the owner and the delegates of this business.")
        command, rest = read_command(words)
        match command:
            case Command.HELP:
                return Page("What you can say", HELP)
            case Command.QUEUE:
                return await self._queue()
            case Command.DIGEST:
                return await self._digest()
            case Command.STATUS:
                return await self._status()
            case Command.FILED:
                return await self._filed()
            case Command.WHY:
                return await self._why(rest)
            case None:
                near = nearest(words)
                return Page(f"I do not know “{words.split(maxsplit=1)[0][:40]}”." + (f" Did you mean “{near}”?" if near else ""), HELP)

    async def _queue(self) -> Page:
        async with self.store.reading() as tx:
            rows = rows_of(await waiting_now(tx), now=self.clock.now())
        if not rows:
            return Page("Nothing needs anybody now", ("Everything that arrived was answered, filed, or is being worked on.",))
        return Page(f"{len(rows)} waiting", rows=tuple(rows[:20]), lines=(f"and {len(rows) - 20} more",) if len(rows) > 20 else ())

    async def _digest(self) -> Page:
        now = self.clock.now()
        warnings = await self.warnings()
        async with self.store.reading() as tx:
            digest = await digest_of_period(tx, self.house, since=now - timedelta(hours=24), now=now, warnings=warnings)
        return as_page(digest)

    async def _filed(self) -> Page:
        async with self.store.reading() as tx:
            lines = []
            for inquiry in await tx.inquiries.filed(20):
                message = await tx.messages.get(inquiry.message_id)
                who = message.sender_name or message.sender_address
                lines.append(FiledLine(inquiry.id or 0, who, message.subject, short_reason(inquiry.reasons)))
        return Page("Filed, newest first" if lines else "Nothing is filed", filed=tuple(lines))

    async def _status(self) -> Page:
        now = self.clock.now()
        warnings = await self.warnings()
        async with self.store.reading() as tx:
            pulses = await tx.pulses.all()
            counts = await tx.inquiries.counts()
            month = now.astimezone(self.house.zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
            spent = await tx.model_calls.spent_since(month)
            dead = await tx.jobs.dead()
        lines = [_pulse_line(pulse, now) for pulse in sorted(pulses, key=lambda p: p.part)]
        lines.append("Inquiries: " + (", ".join(f"{n} {state.value}" for state, n in counts.items()) or "none yet"))
        budget = f" of {self.budget}" if self.budget is not None else ""
        model = f"{spent:.2f}{budget} spent this month" if self.budget is not None else "none set; drafts come from the playbook"
        lines.append(f"Model: {model}")
        if dead:
            lines.append(f"{len(dead)} steps ended for good; each has a card")
        return Page("Status", (*lines, *warnings))

    async def _why(self, rest: str) -> Page:
        number = rest.strip().lstrip("#")
        if not number.isdigit():
            return Page("Say which card: /understudy why 12 (the number stands on the card)")
        async with self.store.reading() as tx:
            card = await tx.cards.get(int(number))
            if card is None:
                return Page(f"There is no card {number}.")
            lines = await self._history(tx, card.inquiry_id, card.lines)
        return Page(f"Card {number}", tuple(lines))

    async def _history(self, tx: Tx, inquiry_id: int | None, fallback: Sequence[str]) -> list[str]:
        if inquiry_id is None:
            return list(fallback)
        inquiry = await tx.inquiries.get(inquiry_id)
        lines = [f"Track: {inquiry.track.value if inquiry.track else 'not sorted yet'}"]
        lines += [f"because {reason}" for reason in inquiry.reasons]
        draft = await tx.drafts.latest(inquiry_id)
        if draft is not None:
            prompt = f", prompt {draft.prompt} v{draft.prompt_version} ({draft.fingerprint})" if draft.prompt else ""
            lines.append(f"Draft: revision {draft.revision}, written by {draft.written_by}{prompt}, digest {draft.digest[:8]}")
            lines += [f"relies on {s['id']}: {s['title']}" for s in draft.sources]
            if draft.because:
                lines.append(f"not by the model: {draft.because}")
        for decision in await tx.decisions.of_inquiry(inquiry_id):
            at = decision.at.astimezone(self.house.zone)
            lines.append(f"{at:%a %H:%M} {decision.kind.value} by {decision.by}, revision {decision.revision}")
        for item in await tx.outbox.of_inquiry(inquiry_id):
            lines.append(f"Outbox {item.id}: {item.state.value}, {item.tries} tries")
        return lines


def _pulse_line(pulse: Pulse, now: datetime) -> str:
    good = pulse.worked_at is not None and (pulse.failed_at is None or pulse.worked_at >= pulse.failed_at)
    when = f"last worked: {age(pulse.worked_at, now)}" if pulse.worked_at else "has not worked yet"
    return f"{'OK' if good else 'DOWN'} {pulse.part.replace(':', ' ')}, {when}" + (f" ({pulse.detail})" if pulse.detail and not good else "")
