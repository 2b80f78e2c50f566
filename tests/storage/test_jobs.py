"""A job is claimed once, held for as long as its lease, and ended only by the attempt that holds it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from storage.engine import open_engines
from storage.jobs import JobState, Step
from storage.migrate import migrate
from storage.store import Store

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LEASE = timedelta(seconds=20)


@pytest.fixture
async def store(tmp_path: Path):
    engines = open_engines(f"sqlite:///{tmp_path / 'some.db'}")
    await migrate(engines)
    yield Store(engines)
    await engines.dispose()


async def added(store: Store, *, due_at: datetime = NOW) -> int:
    async with store.transaction("test.add") as tx:
        job = await tx.jobs.add(Step.DRAFT, 7, due_at=due_at, occasion="m1")
    assert job.id is not None
    return job.id


async def claimed(store: Store, job_id: int, *, now: datetime = NOW):
    async with store.transaction("test.claim") as tx:
        return await tx.jobs.claim(job_id, now=now, lease=LEASE)


async def test_a_claimed_job_says_what_is_to_be_done(store: Store) -> None:
    job = await claimed(store, await added(store))

    assert (job.step, job.subject_id, job.occasion, job.attempts) == (Step.DRAFT, 7, "m1", 1)
    assert (job.due_at, job.leased_until, job.state) == (NOW, NOW + LEASE, JobState.DUE)


async def test_a_job_is_claimed_by_one_until_its_lease_is_over(store: Store) -> None:
    job_id = await added(store)
    await claimed(store, job_id)

    assert await claimed(store, job_id, now=NOW + LEASE / 2) is None
    again = await claimed(store, job_id, now=NOW + LEASE * 2)

    assert again.attempts == 2


async def test_a_job_that_is_not_due_is_nobodys(store: Store) -> None:
    job_id = await added(store, due_at=NOW + timedelta(hours=1))

    assert await claimed(store, job_id) is None
    assert await claimed(store, job_id, now=NOW + timedelta(hours=1)) is not None


async def test_only_the_attempt_that_holds_a_job_ends_it(store: Store) -> None:
    job_id = await added(store)
    first = await claimed(store, job_id)
    second = await claimed(store, job_id, now=NOW + LEASE * 2)

    async with store.transaction("test.finish") as tx:
        assert not await tx.jobs.renew(first, until=NOW)
        assert not await tx.jobs.finish(first)
        assert await tx.jobs.renew(second, until=NOW + LEASE * 3)
        assert await tx.jobs.finish(second)
        assert not await tx.jobs.give_up(second, error="too late")

    async with store.reading() as tx:
        ended = await tx.jobs.get(job_id)
    assert (ended.state, ended.leased_until, ended.last_error) == (JobState.DONE, None, "")


async def test_a_job_that_failed_comes_back_when_it_is_due_again(store: Store) -> None:
    job_id = await added(store)
    job = await claimed(store, job_id)

    async with store.transaction("test.again") as tx:
        assert await tx.jobs.try_again(job, due_at=NOW + timedelta(minutes=1), error="Transient")

    assert await claimed(store, job_id) is None
    again = await claimed(store, job_id, now=NOW + timedelta(minutes=1))
    assert (again.attempts, again.last_error) == (2, "Transient")


async def test_the_same_work_is_caused_once(store: Store) -> None:
    assert await added(store) == await added(store)
