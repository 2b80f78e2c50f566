"""SQLite in our own loop: commits are durable and whole, writers wait without stopping the loop, readers see what was committed."""

import asyncio
import sqlite3
import threading
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError

from storage import sqlite_in_loop
from storage.engine import Engines, open_engines


@pytest.fixture
async def engines(tmp_path: Path):
    engines = open_engines(f"sqlite:///{tmp_path / 'some.db'}")
    async with engines.write.begin() as connection:
        await connection.execute(text("CREATE TABLE thing (id INTEGER PRIMARY KEY, name TEXT UNIQUE)"))
    yield engines
    await engines.dispose()


async def add(engines: Engines, name: str) -> None:
    async with engines.write.begin() as connection:
        await connection.execute(text("INSERT INTO thing (name) VALUES (:name)"), {"name": name})


async def names(engines: Engines) -> list[str]:
    async with engines.read.connect() as connection:
        return list((await connection.execute(text("SELECT name FROM thing ORDER BY id"))).scalars())


async def test_what_is_committed_is_read_and_what_is_not_is_gone(engines: Engines) -> None:
    await add(engines, "kept")
    with pytest.raises(IntegrityError):
        async with engines.write.begin() as connection:
            await connection.execute(text("INSERT INTO thing (name) VALUES ('lost')"))
            await connection.execute(text("INSERT INTO thing (name) VALUES ('kept')"))

    assert await names(engines) == ["kept"]


async def test_a_reader_keeps_its_view_while_others_write(engines: Engines) -> None:
    await add(engines, "first")
    async with engines.read.connect() as reader:
        count = text("SELECT count(*) FROM thing")
        assert (await reader.execute(count)).scalar() == 1

        await add(engines, "second")

        assert (await reader.execute(count)).scalar() == 1
    assert await names(engines) == ["first", "second"]


async def test_many_rows_go_in_at_once(engines: Engines) -> None:
    async with engines.write.begin() as connection:
        rows = [{"name": f"no. {n}"} for n in range(1000)]
        await connection.execute(text("INSERT INTO thing (name) VALUES (:name)"), rows)

    assert len(await names(engines)) == 1000


async def test_a_writer_waits_for_another_program_and_the_loop_goes_on(engines: Engines, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "some.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    writing = asyncio.create_task(add(engines, "in the end"))
    assert await names(engines) == []  # the loop answers, and readers wait for nobody
    other.execute("COMMIT")
    other.close()
    await writing

    assert await names(engines) == ["in the end"]


async def test_a_writer_waits_only_so_long(engines: Engines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_in_loop, "PATIENCE", 0.0)
    other = sqlite3.connect(tmp_path / "some.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(OperationalError, match="locked"):
        await add(engines, "never")

    other.close()


async def test_a_commit_that_is_interrupted_is_over_before_anybody_goes_on(
    engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_in_loop, "FAST", 0.0)  # as on a slow disk
    begun, go_on = threading.Event(), threading.Event()
    whole = sqlite_in_loop._whole

    async def slowly(work):
        def slow() -> None:
            begun.set()
            go_on.wait(10)
            work()

        await whole(slow)

    monkeypatch.setattr(sqlite_in_loop, "_whole", slowly)
    writing = asyncio.create_task(add(engines, "written"))
    await asyncio.to_thread(begun.wait, 10)

    writing.cancel()
    await asyncio.sleep(0)
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await writing

    monkeypatch.undo()
    assert await names(engines) == ["written"]
    await add(engines, "and the line still works")


async def test_others_get_their_turn_during_a_long_transaction(engines: Engines) -> None:
    turns, over = 0, asyncio.Event()

    async def other() -> None:
        nonlocal turns
        while not over.is_set():
            turns += 1
            await asyncio.sleep(0)

    beside = asyncio.create_task(other())
    async with engines.write.begin() as connection:
        for number in range(2000):
            await connection.execute(text("INSERT INTO thing (name) VALUES (:name)"), {"name": f"no. {number}"})
        turns_before_commit = turns
    over.set()
    await beside

    assert turns_before_commit > 5


@pytest.mark.parametrize(("fast", "in_a_thread"), [(0.0, True), (3600.0, False)])
async def test_a_commit_goes_to_a_thread_only_where_the_disk_is_slow(
    engines: Engines, monkeypatch: pytest.MonkeyPatch, *, fast: float, in_a_thread: bool
) -> None:
    threads: list[threading.Thread] = []
    timed = sqlite_in_loop._disk.timed
    monkeypatch.setattr(sqlite_in_loop, "FAST", fast)
    monkeypatch.setattr(
        sqlite_in_loop._disk, "timed", lambda commit: (threads.append(threading.current_thread()), timed(commit))
    )

    await add(engines, "written")

    assert [thread is not threading.current_thread() for thread in threads] == [in_a_thread]
    assert await names(engines) == ["written"]


def test_one_slow_commit_makes_a_disk_slow_and_many_fast_ones_fast_again() -> None:
    disk, never = sqlite_in_loop._Disk(seconds=0.0), threading.Event()

    disk.timed(lambda: never.wait(4 * sqlite_in_loop.FAST + 0.01))
    assert disk.seconds > sqlite_in_loop.FAST

    for _ in range(100):
        disk.timed(lambda: None)
    assert disk.seconds < sqlite_in_loop.FAST
