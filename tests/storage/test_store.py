"""The store: all or nothing, rings after the commit, crash points on either side of it."""

from datetime import datetime

import pytest
from sqlalchemy import text

from storage.clients import Client
from storage.jobs import Step
from storage.store import LeaseLost, Store
from tests.storage.rows import NOON


class Bell:
    def __init__(self) -> None:
        self.rings: list[int] = []

    async def ring(self, job_id: int, _due_at: datetime) -> None:
        self.rings.append(job_id)


async def test_a_rolled_back_transaction_leaves_nothing_and_rings_for_nothing(store: Store) -> None:
    bell = Bell()
    store.ring = bell.ring

    with pytest.raises(ZeroDivisionError):
        async with store.transaction("story.fails") as tx:
            await tx.clients.add(Client(name="Ana"))
            await tx.jobs.add(Step.DRAFT, 1, due_at=NOON)
            raise ZeroDivisionError

    async with store.reading() as tx:
        assert await tx.clients.count() == 0
        assert await tx.jobs.due(now=NOON) == []
    assert bell.rings == []


async def test_rings_follow_the_commit_and_name_each_new_job_once(store: Store) -> None:
    seen: list[list[int]] = []

    async def ring(_job_id: int, _due_at: datetime) -> None:
        async with store.reading() as tx:
            seen.append(await tx.jobs.due(now=NOON))

    store.ring = ring
    async with store.transaction("story.jobs") as tx:
        first = await tx.jobs.add(Step.DRAFT, 1, due_at=NOON)
        again = await tx.jobs.add(Step.DRAFT, 1, due_at=NOON)

    assert first.id == again.id
    assert seen == [[first.id]]


async def test_a_crash_point_lies_on_either_side_of_the_commit(store: Store) -> None:
    passed: list[tuple[str, int]] = []
    other = Store(store.engines)

    def reached(point: str) -> None:
        passed.append((point, len(passed)))
        if point == "before story.client":
            raise InterruptedError

    store.reached = reached
    with pytest.raises(InterruptedError):
        async with store.transaction("story.client") as tx:
            await tx.clients.add(Client(name="Ana"))
    async with other.reading() as tx:
        assert await tx.clients.count() == 0

    store.reached = lambda point: passed.append((point, 0))
    async with store.transaction("story.client") as tx:
        await tx.clients.add(Client(name="Ana"))

    assert [point for point, _ in passed] == ["before story.client", "before story.client", "after story.client"]
    async with other.reading() as tx:
        assert await tx.clients.count() == 1


async def test_what_a_reader_changes_is_never_written(store: Store) -> None:
    async with store.transaction("story.client") as tx:
        client = await tx.clients.add(Client(name="Ana"))

    async with store.reading() as tx:
        (await tx.clients.get(client.id or 0)).name = "Bo"

    async with store.reading() as tx:
        assert (await tx.clients.get(client.id or 0)).name == "Ana"


async def test_a_reader_keeps_its_view_while_others_write(store: Store) -> None:
    async with store.reading() as tx:
        before = await tx.clients.count()
        async with store.transaction("story.client") as other:
            await other.clients.add(Client(name="Ana"))
        after = await tx.clients.count()

    assert (before, after) == (0, 0)


async def test_the_result_of_a_job_that_was_taken_over_is_dropped(store: Store) -> None:
    async with store.transaction("story.job") as tx:
        job = await tx.jobs.add(Step.DRAFT, 1, due_at=NOON)
    job.attempts = 7  # what a worker remembers whose lease ran out long ago

    with pytest.raises(LeaseLost):
        async with store.finishing(job, "story.finished") as tx:
            await tx.clients.add(Client(name="Ana"))

    async with store.reading() as tx:
        assert await tx.clients.count() == 0


async def test_moments_come_back_aware_and_in_utc(store: Store) -> None:
    async with store.transaction("story.job") as tx:
        job = await tx.jobs.add(Step.DRAFT, 1, due_at=NOON)

    async with store.reading() as tx:
        found = await tx.jobs.get(job.id or 0)
        assert found is not None
        assert found.due_at == NOON
        assert found.due_at.utcoffset() is not None


async def test_the_database_refuses_a_state_that_is_none(store: Store) -> None:
    async with store.transaction("story.job") as tx:
        await tx.jobs.add(Step.DRAFT, 1, due_at=NOON)

    with pytest.raises(Exception, match=r"(?i)check"):
        async with store.transaction("story.wrong") as tx:
            await tx.session.exec(text("UPDATE job SET state = 'nearly'"))  # type: ignore[call-overload]
