"""The only one who knows how jobs are claimed, run, ended and failed."""

import asyncio
import logging
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from bot.ports import Clock
from bot.rules.retries import GiveUp, TryAgain, after_failure
from storage.cards import Card, CardAbout
from storage.jobs import Job, Step
from storage.store import LeaseLost, Store

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


class Runs(Protocol):
    async def run(self, job: Job) -> None:
        """Do the job and end it in the same transaction as its result."""
        ...


@dataclass(frozen=True)
class Runner:
    store: Store
    steps: Mapping[Step, Runs]
    clock: Clock
    lease: timedelta = timedelta(seconds=90)
    leases: Mapping[Step, timedelta] | None = None
    ran: Callable[[Step, str], None] = lambda _step, _how: None
    """Told of each run for the metrics: "done", "again", "dead", "lost"."""

    async def run(self, job_id: int) -> None:
        """Claim the job and run it; returns quietly when it is not ours or not due."""
        async with self.store.transaction("job.claim") as tx:
            known = await tx.jobs.get(job_id)
            lease = (self.leases or {}).get(known.step, self.lease) if known is not None else self.lease
            job = await tx.jobs.claim(job_id, now=self.clock.now(), lease=lease)
        if job is None:
            return
        try:
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

    async def _after(self, error: Exception, job: Job) -> None:
        now = self.clock.now()
        what = after_failure(error, attempts=job.attempts)
        match what:
            case TryAgain(after):
                async with self.store.transaction("job.again") as tx:
                    await tx.jobs.try_again(job, due_at=now + after, error=type(error).__name__)
                self.ran(job.step, "again")
            case GiveUp(why):
                async with self.store.transaction("job.dead") as tx:
                    if await tx.jobs.give_up(job, error=why):
                        tx.audit.add(at=now, actor="understudy", act="job.dead", subject=f"job:{job.id}", step=job.step, why=why)
                        if job.step is not Step.POST:  # a card about a card that cannot be posted would be one too
                            lines = [f"The step “{job.step}” ended for good: {why}.", "Nothing was lost; it can be tried again."]
                            card = Card(about=CardAbout.DEAD_JOB, job_id=job.id, lines=lines, opened_at=now)
                            await tx.open_card(card, now=now)
                self.ran(job.step, "dead")
