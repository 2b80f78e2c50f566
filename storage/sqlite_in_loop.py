"""SQLite in our own loop: a statement takes microseconds and runs at once; only a slow disk is waited for in a thread."""

import asyncio
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import URL, Pool
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.pool import AsyncAdaptedQueuePool
from sqlalchemy.util.concurrency import await_

T = TypeVar("T")

DRIVER = "sqlite+in_loop"
"""How a URL asks for it; `storage.engine` does."""
BEGIN = "BEGIN IMMEDIATE"
PATIENCE = 10.0
"""Seconds to wait for another process that is writing; there is one only while somebody looks in with a tool."""
BREATH = 0.005
"""Seconds after which the loop gets a turn between two statements."""

FAST = 0.002
"""Seconds of a usual commit below which the change of thread would cost more than it spares the loop."""

_breathed = 0.0
_threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="sqlite-disk")


@dataclass
class _Disk:
    """How long a commit takes lately. Slow until it has shown otherwise, and again after one slow commit."""

    seconds: float = 1.0

    def timed(self, commit: Callable[[], None]) -> None:
        began = time.perf_counter()
        commit()
        self.seconds += (time.perf_counter() - began - self.seconds) / 4


_disk = _Disk()


class _Cursor(sqlite3.Cursor):
    async def _async_soft_close(self) -> None:
        """SQLAlchemy asks this of every async driver's cursor; ours reads on without waiting, so nothing needs closing."""


class _Line(sqlite3.Connection):
    def cursor(self, _factory: Any = None) -> Any:
        return super().cursor(_Cursor)


class InLoop(SQLiteDialect_pysqlite):
    """The standard library's sqlite3 under SQLAlchemy's asyncio.

    A thread per connection, as the usual driver has it, costs four changes of thread per statement: most of the time
    a message takes through the house. Long queries would hold up the loop, so what reads much reads it in pages.
    """

    driver = "in_loop"
    is_async = True
    supports_statement_cache = True

    @classmethod
    def get_pool_class(cls, url: URL) -> type[Pool]:  # noqa: ARG003  every URL gets the same
        return AsyncAdaptedQueuePool

    def create_connect_args(self, url: URL) -> Any:
        words, options = super().create_connect_args(url)
        return words, {**options, "factory": _Line, "check_same_thread": False}  # commits run in a thread

    def do_commit(self, dbapi_connection: Any) -> None:
        """Commit, which waits for the disk: on a slow one in a thread, so that the loop goes on meanwhile."""
        if not dbapi_connection.in_transaction:
            return
        commit = partial(_disk.timed, dbapi_connection.commit)
        if _disk.seconds < FAST:
            commit()
        else:
            await_(_whole(commit))

    def do_execute(self, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        if statement == BEGIN:
            await_(_begin(cursor))
        else:
            await_(_at_once())
            cursor.execute(statement, parameters)

    def do_execute_no_params(self, cursor: Any, statement: str, context: Any = None) -> None:
        self.do_execute(cursor, statement, (), context)

    def do_executemany(self, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        await_(_at_once())
        cursor.executemany(statement, parameters)


async def _at_once() -> None:
    """Let the loop breathe now and then: a transaction of many statements must not keep a press from being heard.

    Otherwise nothing is waited for; SQLAlchemy insists that an async driver awaits something.
    """
    global _breathed  # noqa: PLW0603
    if time.monotonic() - _breathed > BREATH:
        await asyncio.sleep(0)
        _breathed = time.monotonic()


async def _begin(cursor: Any) -> None:
    """Take the one place of a writer; while another process has it, the loop goes on."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            cursor.execute(BEGIN)
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
        await asyncio.sleep(0.02)


async def _whole(work: Callable[[], T]) -> T:
    """Do this in a thread. Cancelled meanwhile, it is still waited for: a commit is over before anybody goes on."""
    done = asyncio.get_running_loop().run_in_executor(_threads, work)
    cancelled: asyncio.CancelledError | None = None
    while not done.done():
        try:
            await asyncio.shield(done)
        except asyncio.CancelledError as error:
            cancelled = error
        except Exception:
            break  # raised below, from the result
    if cancelled is not None:
        done.exception()  # marked as seen
        raise cancelled
    return done.result()


registry.register("sqlite.in_loop", __name__, InLoop.__name__)
