"""Jobs: the row is the work; the queue is only the doorbell."""

from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any, cast

from sqlalchemy import Index, Table, UniqueConstraint, Update, bindparam, or_, update
from sqlalchemy.engine import CursorResult
from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.columns import choice


class Step(StrEnum):
    """One verb of the flow each; the file of that name under bot/steps does it."""

    INTAKE = "intake"          # subject: inbound message
    TRIAGE = "triage"          # subject: inquiry
    ROUTINE = "routine"        # subject: inquiry
    DRAFT = "draft"            # subject: inquiry
    POST = "post"              # subject: posting
    SEND = "send"              # subject: outbox item
    RECONCILE = "reconcile"    # subject: outbox item
    FILE_SENT = "file_sent"    # subject: outbox item
    WAKE = "wake"              # subject: card that was put off
    DIGEST = "digest"          # subject: the day as YYYYMMDD


class JobState(StrEnum):
    DUE = "due"      # waiting, or leased to a worker
    DONE = "done"
    DEAD = "dead"    # a person has to look


class Job(SQLModel, table=True):
    __tablename__ = "job"
    __table_args__ = (
        UniqueConstraint("step", "subject_id", "occasion"),
        Index("ix_job_due", "state", "due_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    step: Step = choice(Step)
    subject_id: int
    occasion: str = ""
    """Tells two jobs of the same step and subject apart, e.g. a draft revision."""
    state: JobState = choice(JobState, JobState.DUE)
    attempts: int = 0
    due_at: datetime
    leased_until: datetime | None = None
    last_error: str = ""
    """The error's kind and ids; never a client's words."""


# Every message claims, ends and adds jobs many times over: these statements are built once, for building one takes
# longer than running it.

_TABLE = cast("Table", Job.__table__)  # type: ignore[attr-defined]
_NAMED = select(Job).where(
    col(Job.step) == bindparam("step"), col(Job.subject_id) == bindparam("subject_id"), col(Job.occasion) == bindparam("occasion")
)
_CLAIM = (
    update(_TABLE)
    .where(_TABLE.c.id == bindparam("this"), _TABLE.c.state == JobState.DUE, _TABLE.c.due_at <= bindparam("now"))
    .where(or_(_TABLE.c.leased_until.is_(None), _TABLE.c.leased_until < bindparam("now")))
    .values(leased_until=bindparam("until"), attempts=_TABLE.c.attempts + 1)
    .returning(*_TABLE.c)
)


@cache
def _set(*names: str) -> Update:
    """Sets these columns of a job, if an attempt still holds it."""
    held = (_TABLE.c.id == bindparam("this"), _TABLE.c.state == JobState.DUE, _TABLE.c.attempts == bindparam("attempt"))
    return update(_TABLE).where(*held).values({name: bindparam(f"new_{name}") for name in names})


class Jobs:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self.added: list[Job] = []

    async def add(self, step: Step, subject_id: int, *, due_at: datetime, occasion: str = "") -> Job:
        """Cause work, once: asking again for the same step, subject and occasion gives the job that is there."""
        there = await self.named(step, subject_id, occasion)
        if there is not None:
            return there
        job = Job(step=step, subject_id=subject_id, due_at=due_at, occasion=occasion)
        self._session.add(job)
        await self._session.flush()
        self.added.append(job)
        return job

    async def named(self, step: Step, subject_id: int, occasion: str) -> Job | None:
        """The job of this step, subject and occasion, whatever became of it."""
        asked = {"step": step, "subject_id": subject_id, "occasion": occasion}
        return (await self._session.exec(_NAMED, params=asked)).first()

    async def get(self, job_id: int) -> Job | None:
        return await self._session.get(Job, job_id)

    async def claim(self, job_id: int, *, now: datetime, lease: timedelta) -> Job | None:
        """Take the job if it is due and nobody holds it; None means: not yours."""
        asked = {"this": job_id, "now": now, "until": now + lease}
        claimed = (await self._session.exec(_CLAIM, params=asked)).mappings().one_or_none()
        return Job(**claimed) if claimed is not None else None

    async def renew(self, job: Job, *, until: datetime) -> bool:
        """Hold it longer. False: this attempt holds it no more."""
        return await self._set(job, leased_until=until)

    async def finish(self, job: Job) -> bool:
        """End the job, if this attempt still holds it. False: someone else took over."""
        return await self._set(job, state=JobState.DONE, leased_until=None, last_error="")

    async def try_again(self, job: Job, *, due_at: datetime, error: str) -> bool:
        return await self._set(job, due_at=due_at, leased_until=None, last_error=error)

    async def give_up(self, job: Job, *, error: str) -> bool:
        return await self._set(job, state=JobState.DEAD, leased_until=None, last_error=error)

    async def revive(self, job_id: int, *, now: datetime) -> bool:
        """A person says: try the dead job once more."""
        revived = await self._session.exec(
            update(Job)
            .where(col(Job.id) == job_id, col(Job.state) == JobState.DEAD)
            .values(state=JobState.DUE, attempts=0, due_at=now, leased_until=None)
            .execution_options(synchronize_session="fetch")
        )
        done = cast("CursorResult[Any]", revived).rowcount == 1
        if done and (job := await self.get(job_id)) is not None:
            self.added.append(job)
        return done

    async def any_due(self, step: Step, subject_id: int, *, but: int) -> bool:
        """Whether another job of this step and subject is still to be done."""
        query = select(Job.id).where(
            col(Job.step) == step, col(Job.subject_id) == subject_id, col(Job.state) == JobState.DUE, col(Job.id) != but
        )
        return (await self._session.exec(query.limit(1))).first() is not None

    async def release_all(self) -> None:
        """Nobody holds anything any more: the one process there was is gone."""
        await self._session.exec(
            update(Job)
            .where(col(Job.state) == JobState.DUE, col(Job.leased_until).is_not(None))
            .values(leased_until=None)
            .execution_options(synchronize_session=False)
        )

    async def _set(self, job: Job, **values: Any) -> bool:
        asked = {"this": job.id, "attempt": job.attempts, **{f"new_{name}": value for name, value in values.items()}}
        ended = await self._session.exec(_set(*sorted(values)), params=asked)
        return cast("CursorResult[Any]", ended).rowcount == 1

    async def due(self, *, now: datetime, limit: int = 200) -> list[int]:
        """Ids of jobs that are due and held by nobody, oldest first."""
        free = or_(col(Job.leased_until).is_(None), col(Job.leased_until) < now)
        query = select(Job.id).where(col(Job.state) == JobState.DUE, col(Job.due_at) <= now, free)
        rows = (await self._session.exec(query.order_by(col(Job.due_at), col(Job.id)).limit(limit))).all()
        return [i for i in rows if i is not None]

    async def earlier(self, job: Job) -> bool:
        """Whether an older job of the same step and subject is still to be done."""
        query = select(Job.id).where(
            col(Job.step) == job.step, col(Job.subject_id) == job.subject_id,
            col(Job.state) == JobState.DUE, col(Job.id) < job.id,
        )
        return (await self._session.exec(query.limit(1))).first() is not None

    async def next_due(self) -> datetime | None:
        """When the next job that nobody holds is due."""
        query = select(Job.due_at).where(col(Job.state) == JobState.DUE)
        return (await self._session.exec(query.order_by(col(Job.due_at)).limit(1))).first()

    async def dead(self) -> list[Job]:
        query = select(Job).where(col(Job.state) == JobState.DEAD).order_by(col(Job.id))
        return list((await self._session.exec(query)).all())

    async def stuck(self, *, before: datetime) -> list[Job]:
        """Due for long and not done: for `verify`."""
        query = select(Job).where(col(Job.state) == JobState.DUE, col(Job.due_at) < before)
        return list((await self._session.exec(query.order_by(col(Job.id)))).all())
