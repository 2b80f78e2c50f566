"""Post: have the desk show what the rows say now. A post is made once; what may have been posted is looked for first."""

from dataclasses import dataclass
from datetime import timedelta

from bot.context import House
from bot.errors import OutcomeUnknown, Permanent, Transient
from bot.gathering import handled_of, question_of
from bot.ports import Clock, Desk, Posted
from bot.questions import CardLook, DayThread, Note, Post, Question
from bot.rules.digest_content import digest_from
from storage.cards import CardState
from storage.jobs import Job, Step
from storage.outbox import OutboxState
from storage.postings import Posting, PostingKind
from storage.store import Store, Tx

POSTING = timedelta(seconds=90)
"""How long one job alone may be posting; as long as its lease."""
OVER = frozenset({CardLook.SETTLED, CardLook.RETIRED})
LOOK_BACK = timedelta(minutes=2)
"""Slack's clock and ours may differ a little when a post is looked for."""


@dataclass(frozen=True)
class PostIt:
    store: Store
    desk: Desk
    house: House
    clock: Clock

    async def run(self, job: Job) -> None:
        async with self.store.reading() as tx:
            posting = await tx.postings.get(job.subject_id)
            under = await tx.postings.with_key(posting.under_key) if posting.under_key else None
            post = await self._compose(tx, posting)
            earlier = await tx.jobs.earlier(job)
        if earlier:  # it draws what the rows say, and asks again if they changed under its hands; two at once would post twice
            async with self.store.finishing(job, "post.left_to_earlier") as tx:
                if not await tx.jobs.earlier(job):  # it ended in the meantime, and may not have seen what changed
                    await self._once_more(tx, job)
                return
        if posting.shown >= int(job.occasion or "1") or post is None:
            async with self.store.finishing(job, "post.nothing") as tx:
                if post is None:  # nobody needs it any more: it counts as shown
                    await tx.postings.was_shown(job.subject_id, version=posting.version, place="", stamp="")
                else:
                    await self._once_more(tx, job)
                return
        if under is not None and not under.stamp:
            raise Transient("what it belongs under is not posted yet", retry_after=timedelta(seconds=0.4))

        where = Posted(under.place, under.stamp) if under is not None else None
        if posting.stamp:
            posted = Posted(posting.place, posting.stamp)
            try:
                await self.desk.update(posted, post)
            except Permanent:  # somebody deleted it, or it is too old to be changed
                if not isinstance(post, Question) or post.look in OVER:
                    raise
                posted = await self._once(job, posting, post, where)
        else:
            posted = await self._once(job, posting, post, where)

        async with self.store.finishing(job, "post.shown") as tx:
            await tx.postings.was_shown(job.subject_id, version=posting.version, place=posted.place, stamp=posted.stamp)
            if (await tx.postings.get(job.subject_id)).version > posting.version:
                await tx.repaint(posting.key, now=self.clock.now())

    async def _once_more(self, tx: Tx, job: Job) -> None:
        """See to it that the newest version is drawn, when no job that is left would do it."""
        posting = await tx.postings.get(job.subject_id)
        if posting.version > posting.shown and not await tx.jobs.any_due(Step.POST, job.subject_id, but=job.id or 0):
            await tx.repaint(posting.key, now=self.clock.now())

    async def _once(self, job: Job, posting: Posting, post: Post, under: Posted | None) -> Posted:
        """Post it, unless an earlier attempt did and never learned of it; one job at a time may."""
        assert posting.id is not None
        assert job.id is not None
        async with self.store.transaction("post.trying") as tx:
            await tx.postings.forget(posting.id, stamp=posting.stamp)
            ours = await tx.postings.claim(posting.id, job_id=job.id, now=self.clock.now(), lease=POSTING)
        if not ours:
            raise Transient("another job is posting it", retry_after=timedelta(seconds=1))
        if posting.trying_since is not None and not posting.stamp:
            found = await self.desk.find(posting.key, since=posting.made_at - LOOK_BACK, under=under)
            if found is not None:
                await self.desk.update(found, post)  # as it was drawn then; it may have been pressed since
                return found
        try:
            return await self.desk.post(post, key=posting.key, under=under)
        except OutcomeUnknown as error:
            # Posting is checkable, so an unclear answer is no dead end: the next attempt looks first.
            raise Transient("the desk gave no clear answer; looking before posting again") from error

    async def _compose(self, tx: Tx, posting: Posting) -> Post | None:
        match posting.kind:
            case PostingKind.CARD:
                card = await tx.cards.get(posting.subject_id)
                return await question_of(tx, self.house, card) if card is not None else None
            case PostingKind.NOTE:
                about = await tx.cards.get(posting.subject_id)
                if posting.content.get("while_open") and (about is None or about.state is not CardState.OPEN):
                    return None
                return Note(posting.content["text"], posting.content.get("mention", ""))
            case PostingKind.DAY:
                items = [
                    await tx.outbox.get(p.subject_id)
                    for p in await tx.postings.under(posting.key)
                    if p.kind is PostingKind.HANDLED
                ]
                pending = sum(i.state is OutboxState.QUEUED for i in items)
                return DayThread(posting.content["day"], handled=len(items), pending=pending)
            case PostingKind.HANDLED:
                return await handled_of(tx, self.house, await tx.outbox.get(posting.subject_id))
            case PostingKind.DIGEST:
                return digest_from(posting.content)
