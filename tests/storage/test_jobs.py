"""Jobs: claimed by one, fenced by the attempt's number, freed when their lease is over."""

import asyncio
from datetime import timedelta

from storage.jobs import Job, JobState, Step
from storage.store import Store
from tests.storage.rows import NOON

LEASE = timedelta(seconds=20)


async def a_job(store: Store) -> int:
    async with store.transaction("story.job") as tx:
        job = await tx.jobs.add(Step.DRAFT, 1, due_at=NOON)
    assert job.id is not None
    return job.id


async def claim(store: Store, job_id: int, *, after: float = 0) -> Job | None:
    async with store.transaction("story.claim") as tx:
        return await tx.jobs.claim(job_id, now=NOON + timedelta(seconds=after), lease=LEASE)


async def test_of_many_claimants_at_once_one_has_it(store: Store) -> None:
    job_id = await a_job(store)

    claimed = await asyncio.gather(*(claim(store, job_id) for _ in range(8)))

    assert [job.attempts for job in claimed if job is not None] == [1]


async def test_a_job_is_not_claimed_before_it_is_due(store: Store) -> None:
    job_id = await a_job(store)

    assert await claim(store, job_id, after=-1) is None


async def test_a_held_job_is_free_again_when_its_lease_is_over(store: Store) -> None:
    job_id = await a_job(store)
    await claim(store, job_id)

    assert await claim(store, job_id, after=19) is None
    second = await claim(store, job_id, after=21)

    assert second is not None
    assert second.attempts == 2


async def test_whoever_lost_the_lease_can_neither_end_nor_postpone_the_job(store: Store) -> None:
    job_id = await a_job(store)
    first = await claim(store, job_id)
    second = await claim(store, job_id, after=21)
    assert first is not None
    assert second is not None

    async with store.transaction("story.late") as tx:
        assert not await tx.jobs.finish(first)
        assert not await tx.jobs.try_again(first, due_at=NOON, error="Late")
        assert not await tx.jobs.give_up(first, error="late")
        assert not await tx.jobs.renew(first, until=NOON + LEASE)
        assert await tx.jobs.finish(second)


async def test_a_renewed_lease_holds_and_is_counted_from_the_renewal(store: Store) -> None:
    job_id = await a_job(store)
    job = await claim(store, job_id)
    assert job is not None

    async with store.transaction("story.renew") as tx:
        assert await tx.jobs.renew(job, until=NOON + timedelta(seconds=40))

    assert await claim(store, job_id, after=39) is None
    assert await claim(store, job_id, after=41) is not None


async def test_a_done_job_is_not_claimed_and_not_ended_twice(store: Store) -> None:
    job_id = await a_job(store)
    job = await claim(store, job_id)
    assert job is not None
    async with store.transaction("story.done") as tx:
        assert await tx.jobs.finish(job)

    async with store.transaction("story.again") as tx:
        assert not await tx.jobs.finish(job)
    assert await claim(store, job_id, after=1000) is None


async def test_the_sweep_finds_what_is_due_and_free_oldest_first(store: Store) -> None:
    async with store.transaction("story.jobs") as tx:
        later = await tx.jobs.add(Step.DRAFT, 1, due_at=NOON)
        sooner = await tx.jobs.add(Step.DRAFT, 2, due_at=NOON - timedelta(minutes=1))
        held = await tx.jobs.add(Step.DRAFT, 3, due_at=NOON)
        await tx.jobs.add(Step.DRAFT, 4, due_at=NOON + timedelta(minutes=1))
    await claim(store, held.id or 0)

    async with store.reading() as tx:
        assert await tx.jobs.due(now=NOON) == [sooner.id, later.id]


async def test_a_dead_job_comes_back_when_a_person_says_so_and_rings(store: Store) -> None:
    rung: list[int] = []

    async def ring(number: int, _due_at: object) -> None:
        rung.append(number)

    job_id = await a_job(store)
    job = await claim(store, job_id)
    assert job is not None
    async with store.transaction("story.dead") as tx:
        await tx.jobs.give_up(job, error="KeyError")
    assert await claim(store, job_id, after=1000) is None

    store.ring = ring
    async with store.transaction("story.revived") as tx:
        assert await tx.jobs.revive(job_id, now=NOON)
        assert not await tx.jobs.revive(job_id, now=NOON)

    revived = await claim(store, job_id)
    assert rung == [job_id]
    assert revived is not None
    assert (revived.state, revived.attempts) == (JobState.DUE, 1)


async def test_the_same_work_is_caused_once_and_another_occasion_is_other_work(store: Store) -> None:
    async with store.transaction("story.jobs") as tx:
        first = await tx.jobs.add(Step.DRAFT, 1, due_at=NOON, occasion="m1")
    async with store.transaction("story.jobs") as tx:
        same = await tx.jobs.add(Step.DRAFT, 1, due_at=NOON, occasion="m1")
        other = await tx.jobs.add(Step.DRAFT, 1, due_at=NOON, occasion="m2")

    assert same.id == first.id
    assert other.id != first.id


async def test_after_a_crash_of_the_only_process_everything_is_free(store: Store) -> None:
    job_id = await a_job(store)
    await claim(store, job_id)

    async with store.transaction("story.freed") as tx:
        await tx.jobs.release_all()

    assert await claim(store, job_id) is not None
