"""The only one who knows how jobs are claimed, run, ended and failed."""

import asyncio
import logging
import traceback
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from bot.ports import Clock
from bot.rules.retries import GiveUp, TryAgain, after_failure
from storage.cards import Card, CardAbout
from storage.jobs import Job, Step
from storage.postings import PostingKind
from storage.store import LeaseLost, Store, Tx

log = logging.getLogger(__name__)


def where(error: BaseException) -> str:
    """The error's type and the last line of ours it passed; its words may hold a client's, so they are left out."""
    place = ""
    for frame, line in traceback.walk_tb(error.__traceback__):
        name = frame.f_globals.get("__name__", "")
        if name.split(".")[0] in {"bot", "handlers", "storage", "prompts"}:
            place = f" at {name}:{line}"
    cause = f" from {type(error.__cause__).__name__}" if error.__cause__ is not None else ""
    return f"{type(error).__name__}{cause}{place}"


async def _what_ended(tx: Tx, job: Job) -> str | None:
    """What a person is told of a job that ended for good; None: the telling itself cannot be shown."""
    if job.step is not Step.POST:
        return f"The step “{job.step}” ended for good"
    posting = await tx.postings.get(job.subject_id)
    if posting.kind is PostingKind.NOTE:
        return None
    if posting.kind is not PostingKind.CARD:
        return f"The page “{posting.key}” cannot be shown here"
    card = await tx.cards.get(posting.subject_id)
    if card is None or card.about is CardAbout.DEAD_JOB:
        return None
    return f"I cannot show you card {card.id} here; `/understudy why {card.id}` says what it is about"


class Runs(Protocol):
    async def run(self, job: Job) -> None:
        """Do the job and end it in the same transaction as its result."""
        ...


@dataclass(frozen=True)
class Runner:
    store: Store
    steps: Mapping[Step, Runs]
    clock: Clock
    lease: timedelta = timedelta(seconds=12)
    """How long a job stays taken after its worker was last heard of; renewed while the step works."""
    ran: Callable[[Step, str], None] = lambda _step, _how: None
    """Told of each run for the metrics: "done", "again", "dead", "lost"."""

    async def run(self, job_id: int) -> None:
        """Claim the job and run it; returns quietly when it is not ours or not due."""
        async with self.store.transaction("job.claim") as tx:
            job = await tx.jobs.claim(job_id, now=self.clock.now(), lease=self.lease)
        if job is None:
            return
        try:
            async with self._held(job):
                await self.steps[job.step].run(job)
            self.ran(job.step, "done")
        except LeaseLost:
            log.warning("job %s was taken over", job_id)
            self.ran(job.step, "lost")
        except asyncio.CancelledError:
            log.info("job %s was interrupted; its lease runs out", job_id)
            raise
        except Exception as error:
            log.warning("job %s (%s) failed: %s", job_id, job.step, where(error))
            await self._after(error, job)

    @asynccontextmanager
    async def _held(self, job: Job) -> AsyncIterator[None]:
        """Keep the job while its step works: a lease may then be short, and a killed worker's jobs are soon free."""
        over = asyncio.Event()
        renewing = asyncio.create_task(self._renew(job, over))
        try:
            yield
        finally:
            over.set()  # told, not cancelled: it may be in the middle of a commit
            await renewing

    async def _renew(self, job: Job, over: asyncio.Event) -> None:
        while True:
            try:
                async with asyncio.timeout(self.lease.total_seconds() / 3):
                    await over.wait()
                return
            except TimeoutError:
                pass
            try:
                async with self.store.transaction("job.renew") as tx:
                    if not await tx.jobs.renew(job, until=self.clock.now() + self.lease):
                        return
            except Exception as error:
                log.warning("the lease of job %s could not be renewed: %s", job.id, where(error))

    async def _after(self, error: Exception, job: Job) -> None:
        now = self.clock.now()
        what = after_failure(error, attempts=job.attempts, patient=job.step is Step.POST)
        match what:
            case TryAgain(after):
                async with self.store.transaction("job.again") as tx:
                    await tx.jobs.try_again(job, due_at=now + after, error=type(error).__name__)
                self.ran(job.step, "again")
            case GiveUp(why):
                async with self.store.transaction("job.dead") as tx:
                    if await tx.jobs.give_up(job, error=why):
                        tx.audit.add(at=now, actor="understudy", act="job.dead", subject=f"job:{job.id}", step=job.step, why=why)
                        if (what_ended := await _what_ended(tx, job)) is not None:
                            lines = [f"{what_ended}: {why}.", "Nothing was lost; it can be tried again."]
                            card = Card(about=CardAbout.DEAD_JOB, job_id=job.id, lines=lines, opened_at=now)
                            await tx.open_card(card, now=now)
                self.ran(job.step, "dead")
