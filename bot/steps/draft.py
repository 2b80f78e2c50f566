"""Draft: gather this client's dossier, have a reply proposed, freeze it, and put it on a card."""

from dataclasses import dataclass

from bot.answers import DraftAsk, Source
from bot.asking import ask
from bot.context import Dossier, House, gather, unanswered_words
from bot.ports import Clock, Writer
from bot.rules.findings import find
from bot.rules.replies import freeze
from bot.rules.slots import first_name
from storage.inquiries import Inquiry, InquiryState
from storage.jobs import Job
from storage.messages import Message
from storage.store import Store


@dataclass(frozen=True)
class WriteDraft:
    store: Store
    writer: Writer
    house: House
    clock: Clock

    async def run(self, job: Job) -> None:
        async with self.store.reading() as tx:
            inquiry = await tx.inquiries.get(job.subject_id)
            message = await tx.messages.get(inquiry.message_id)
            dossier = await gather(tx, self.house, inquiry, message)
            text = await unanswered_words(tx, inquiry, message)
            previous = await tx.drafts.latest(job.subject_id)
        redo = job.occasion.startswith("redo")
        if not _still_wanted(job, inquiry, message, redo=redo):
            async with self.store.finishing(job, "draft.nothing"):
                return

        drafted = await self.writer.draft(
            DraftAsk(
                inquiry_id=job.subject_id,
                subject=message.subject,
                text=text,
                sender=message.sender_name,
                client_name=first_name(message.sender_name) if inquiry.client_id is not None else "",
                sources=dossier.sources,
                history=dossier.history,
                summary=inquiry.summary,
                asks=tuple(inquiry.asks),
                category=inquiry.category,
                topics=tuple(inquiry.topics),
                instruction=inquiry.instruction,
                previous=_without(previous.body, self.house.signature) if previous is not None and redo else "",
                owner_name=self.house.people.owner.name,
                today=self.house.local_day(self.clock.now()),
            )
        )

        now = self.clock.now()
        async with self.store.finishing(job, "draft.freeze") as tx:
            inquiry = await tx.inquiries.hold(job.subject_id)
            if not _still_wanted(job, inquiry, message, redo=redo):
                return
            conversation = await tx.conversations.get(inquiry.conversation_id)
            answer = drafted.answer
            draft = freeze(
                inquiry=inquiry,
                conversation=conversation,
                message=message,
                sender=self.house.sender,
                ours=self.house.people.business_addresses,
                revision=await tx.drafts.next_revision(job.subject_id),
                body=answer.body,
                byline=drafted.byline,
                now=now,
                signature=self.house.signature,
                no_draft="" if answer.body.strip() else (answer.no_draft or "The writer proposed no reply."),
                sources=_cited(answer.sources, dossier),
                open_points=list(answer.open_points),
                findings=self._findings(answer.body, dossier, text, inquiry),
                instruction=inquiry.instruction,
            )
            draft = await tx.drafts.add(draft)
            await ask(tx, self.house, inquiry, draft, now=now, in_place=redo)
            tx.audit.add(
                at=now, actor="understudy", act="drafted", subject=f"inquiry:{inquiry.id}", revision=draft.revision,
                digest=draft.digest, writer=draft.written_by, prompt=draft.prompt, fingerprint=draft.fingerprint,
            )

    def _findings(self, body: str, dossier: Dossier, text: str, inquiry: Inquiry) -> list[dict[str, object]]:
        if not body.strip():
            return []
        own_words = (self.house.signature, self.house.business, inquiry.instruction)
        grounds = [*(s.text for s in dossier.sources), *(t.text for t in dossier.history), text, *own_words]
        hosts = [*self.house.playbook.house_rules.links, self.house.domain]
        return [{"text": f.text, "words": f.words, "blocks": f.blocks} for f in find(body, grounds=grounds, hosts=hosts)]


def _still_wanted(job: Job, inquiry: Inquiry, message: Message, *, redo: bool) -> bool:
    if inquiry.message_id != message.id:
        return False
    if redo:
        return inquiry.state is InquiryState.WAITING
    return inquiry.state is InquiryState.SORTED and job.occasion.partition("c")[0] == f"m{message.id}"


def _cited(ids: list[str], dossier: Dossier) -> list[dict[str, str]]:
    by_id: dict[str, Source] = {s.id: s for s in dossier.sources}
    return [{"id": s.id, "title": s.title, "text": s.text} for i in dict.fromkeys(ids) if (s := by_id.get(i))]


def _without(body: str, signature: str) -> str:
    return body.removesuffix(signature.strip()).rstrip() if signature.strip() else body

