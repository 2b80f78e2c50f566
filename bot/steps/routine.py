"""Routine: what a playbook routine covers, within its limits, leaves by itself after its undo window; else it becomes a card."""

from dataclasses import dataclass
from datetime import timedelta

from bot.answers import Byline
from bot.asking import ask
from bot.context import House, known_of
from bot.outgoing import queue
from bot.ports import Clock, Composer
from bot.rules.replies import freeze
from bot.rules.slots import fill_slots
from bot.rules.tracks import RoutineLimits, routine_doubts
from prompts.routines import RoutineCard, SlotError, fill
from storage.channels import Channel
from storage.decisions import Decision, DecisionKind
from storage.inquiries import Inquiry, InquiryState, Track
from storage.jobs import Job, Step
from storage.messages import Message
from storage.postings import PostingKind
from storage.store import Alone, Store, Tx

DAY = timedelta(hours=24)
PER_PERSON_A_WEEK = 3
PER_DOMAIN_AN_HOUR = 2
OVERALL_AN_HOUR = 30


ODD = frozenset(
    {
        "hidden_text", "reply_to_differs", "reply_to_other_mailbox", "confusable_address", "punycode_address",
        "bidi_in_address", "bidi_control", "name_shows_other_address", "from_own_address", "several_senders",
        "address_unreadable", "message_id_twice", "message_id_reused", "claims_conversation", "authentication_failed",
        "incomplete",
        "too_large", "too_deep", "too_many_parts", "edited",
    }
)  # fmt: skip
"""Flags of a message that no routine answers alone."""


@dataclass(frozen=True)
class RunRoutine:
    store: Store
    composer: Composer
    house: House
    clock: Clock

    async def run(self, job: Job) -> None:
        async with self.store.finishing(job, "routine.decide") as tx:
            inquiry = await tx.inquiries.hold(job.subject_id)
            message = await tx.messages.get(inquiry.message_id)
            if inquiry.state is not InquiryState.SORTED or job.occasion != f"m{message.id}":
                return
            now = self.clock.now()
            routine = self.house.playbook.routine(inquiry.category)
            if routine is None:
                await self._to_writer(tx, inquiry, message, ("the routine is no longer in the playbook",))
                return
            today = now.astimezone(self.house.zone).date()
            slots = fill_slots(
                routine,
                await known_of(tx, self.house, inquiry, message),
                today=today,
                rules=self.house.playbook.house_rules,
                holidays=self.house.holidays(today),
            )
            await tx.alone(Alone.BUDGET)
            doubts = await self._doubts(tx, routine, inquiry, message, slots.missing)
            try:
                body = fill(routine, slots.values) if not slots.missing else ""
            except SlotError as error:
                body, doubts = "", (*doubts, str(error))
            if not body:
                await self._to_writer(tx, inquiry, message, doubts)
                return
            await self._write(tx, routine, inquiry, message, body, doubts)

    async def _to_writer(self, tx: Tx, inquiry: Inquiry, message: Message, doubts: tuple[str, ...]) -> None:
        """The routine cannot speak; a reply is drafted as for any other inquiry."""
        inquiry.track, inquiry.reasons = Track.REPLY, [*inquiry.reasons, *doubts]
        assert inquiry.id is not None
        await tx.jobs.add(Step.DRAFT, inquiry.id, due_at=self.clock.now(), occasion=f"m{message.id}")

    async def _write(
        self, tx: Tx, routine: RoutineCard, inquiry: Inquiry, message: Message, body: str, doubts: tuple[str, ...]
    ) -> None:
        now = self.clock.now()
        assert inquiry.id is not None
        conversation = await tx.conversations.get(inquiry.conversation_id)
        draft = await tx.drafts.add(
            freeze(
                inquiry=inquiry,
                conversation=conversation,
                message=message,
                sender=self.house.sender,
                ours=self.house.people.business_addresses,
                revision=await tx.drafts.next_revision(inquiry.id),
                body=body,
                byline=Byline(writer="routine"),
                now=now,
                signature=self.house.signature,
                subject=routine.subject,
                routine=routine.name,
                sources=[{"id": f"routine:{routine.name}", "title": routine.title, "text": routine.body}],
            )
        )
        inquiry.routine = routine.name
        if doubts or await tx.cards.open_for(inquiry.id) is not None:
            inquiry.track = Track.REPLY
            inquiry.reasons = [f"the routine “{routine.title}” has an answer, but: " + "; ".join(doubts or ("a card is open",))]
            await ask(tx, self.house, inquiry, draft, now=now, in_place=False)
            return
        by = f"routine:{routine.name}"
        await tx.decisions.add(
            Decision(
                kind=DecisionKind.ROUTINE, inquiry_id=inquiry.id, draft_id=draft.id, revision=draft.revision,
                digest=draft.digest, by=by, at=now,
            )
        )
        undo = routine.undo if self.house.undo is None else min(self.house.undo, routine.undo)
        item = await queue(
            tx, self.house, self.composer, inquiry, draft, approved_by=by, now=now, leaves_in=undo, automatic=True
        )
        day = now.astimezone(self.house.zone).strftime("%Y-%m-%d")
        if await tx.postings.with_key(f"day:{day}") is None:
            await tx.show(PostingKind.DAY, int(day.replace("-", "")), key=f"day:{day}", now=now, content={"day": day})
        else:
            await tx.repaint(f"day:{day}", now=now)
        await tx.show(
            PostingKind.HANDLED, item.id or 0, key=f"handled:{item.id}", now=now, under_key=f"day:{day}"
        )

    async def _doubts(
        self, tx: Tx, routine: RoutineCard, inquiry: Inquiry, message: Message, missing: tuple[str, ...]
    ) -> tuple[str, ...]:
        now = self.clock.now()
        whom = message.sender_address  # counted by where it goes: in Slack that is the channel
        if inquiry.channel is Channel.SLACK:
            whom = (await tx.conversations.get(inquiry.conversation_id)).place
        earlier = await tx.messages.last_from(message.sender_address, message.at)
        mark = await tx.routine_marks.against(routine.name, inquiry.client_id)
        asks = int(inquiry.slots.get("asks", 0))
        limits = routine.limits
        doubts = routine_doubts(
            RoutineLimits(
                mode=routine.mode,
                known_client_only=limits.known_client_only,
                per_client_per_day=limits.per_client_per_day,
                not_moods=limits.not_moods,
                not_topics=limits.not_topics,
                min_confidence=limits.min_confidence,
                first_contact_ok=limits.first_contact_ok,
            ),
            known_client=inquiry.client_id is not None,
            verified=message.verified,
            first_contact=earlier is None and inquiry.client_id is None,
            mood=inquiry.mood,
            topics=tuple(inquiry.topics),
            confidence=float(inquiry.slots.get("confidence", 0.0)),
            sent_today=await tx.outbox.automatic_to(whom, now - DAY),
            missing_slots=missing,
            marked_against=mark.by if mark else "",
            other_questions=asks > limits.max_asks,
            has_attachments=bool(message.attachments),
        )
        budget = await self._budget_doubts(tx, whom)
        forwarded = ("it was forwarded, not written to us",) if message.forwarded_by else ()
        flagged = ("the message has something odd about it",) if set(message.flags) & ODD else ()
        told = ("a person gave an instruction with it",) if inquiry.instruction else ()
        return (*doubts, *budget, *forwarded, *flagged, *told)

    async def _budget_doubts(self, tx: Tx, address: str) -> tuple[str, ...]:
        """The wider budgets of automatic mail: a person in seven days, a domain and everybody in an hour."""
        now = self.clock.now()
        domain = address.rpartition("@")[2] if "@" in address else ""
        week = await tx.outbox.automatic_to(address, now - timedelta(days=7))
        hour = [r.lower() for row in await tx.outbox.automatic_since(now - timedelta(hours=1)) for r in row]
        if week >= PER_PERSON_A_WEEK:
            return (f"{week} automatic messages went there within a week",)
        if domain and sum(r.endswith("@" + domain) for r in hour) >= PER_DOMAIN_AN_HOUR:
            return ("enough automatic messages went to that domain within the hour",)
        if len(hour) >= OVERALL_AN_HOUR:
            return ("enough automatic messages left within the hour",)
        return ()
