"""Triage: the writer proposes how an inquiry is handled; a rule decides, and the next step's row is left."""

from dataclasses import dataclass, replace

from bot.answers import TriageAsk
from bot.context import House, turns, unanswered_words
from bot.ports import Clock, Writer
from bot.rules.tracks import choose_track
from storage.inquiries import InquiryState, Track
from storage.jobs import Job, Step
from storage.store import Store


@dataclass(frozen=True)
class Triage:
    store: Store
    writer: Writer
    house: House
    clock: Clock

    async def run(self, job: Job) -> None:
        async with self.store.reading() as tx:
            inquiry = await tx.inquiries.get(job.subject_id)
            message = await tx.messages.get(inquiry.message_id)
            text = await unanswered_words(tx, inquiry, message)
            history = await turns(tx, inquiry, message)
        put_back = job.occasion.startswith("put back")
        if inquiry.state is not InquiryState.NEW or not (put_back or job.occasion == f"m{message.id}"):
            async with self.store.finishing(job, "triage.nothing"):
                return

        triaged = await self.writer.triage(
            TriageAsk(
                inquiry_id=job.subject_id,
                subject=message.subject,
                text=text,
                sender=message.sender_name or "the sender",
                known_client=inquiry.client_id is not None,
                history=history,
                today=self.house.local_day(self.clock.now()),
            )
        )
        answer = triaged.answer
        playbook = self.house.playbook
        choice = choose_track(
            answer,
            text=text,
            known_client=inquiry.client_id is not None,
            open_case=bool(history),
            routines=frozenset(r.name for r in playbook.routines if r.mode != "off"),
            rules=playbook.house_rules,
        )
        if put_back:
            reasons = () if choice.track in {Track.NOTICE, Track.SILENT} else choice.reasons
            track = choice.track if reasons else Track.REPLY
            choice = replace(choice, track=track, reasons=("a person put it back", *reasons))

        now = self.clock.now()
        async with self.store.finishing(job, "triage.decide") as tx:
            inquiry = await tx.inquiries.hold(job.subject_id)
            if inquiry.state is not InquiryState.NEW or inquiry.message_id != message.id:
                return
            folded = " ".join(text.split()).casefold()
            inquiry.track, inquiry.reasons = choice.track, list(choice.reasons)
            inquiry.decision = choice.decision
            inquiry.category, inquiry.topics = answer.category, [t for t in answer.topics if t in playbook.topics]
            inquiry.summary = answer.summary or message.subject
            inquiry.asks = [a for a in answer.asks if " ".join(a.split()).casefold() in folded]
            inquiry.urgency, inquiry.mood = answer.urgency, answer.mood
            inquiry.slots = {"confidence": answer.confidence, "asks": len(answer.asks), "because": triaged.byline.because}
            inquiry.changed_at = now
            assert inquiry.id is not None
            if choice.track in {Track.NOTICE, Track.SILENT}:
                card = await tx.cards.open_for(inquiry.id)
                if card is None:
                    inquiry.state, inquiry.closed_at = InquiryState.FILED, now
                else:  # a person is at it already: a "thanks" does not take the card away, it is read with it
                    inquiry.track, inquiry.state = Track.REPLY, InquiryState.SORTED
                    await tx.jobs.add(Step.DRAFT, inquiry.id, due_at=now, occasion=f"m{message.id}")
            else:
                inquiry.state = InquiryState.SORTED
                step = Step.ROUTINE if choice.track is Track.ROUTINE else Step.DRAFT
                await tx.jobs.add(step, inquiry.id, due_at=now, occasion=f"m{message.id}")
            tx.audit.add(
                at=now, actor="understudy", act="sorted", subject=f"inquiry:{inquiry.id}",
                track=inquiry.track.value, writer=triaged.byline.writer, fingerprint=triaged.byline.fingerprint,
            )

