"""Opens the database: SQLite for one process, PostgreSQL for many."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from storage.sqlite_in_loop import BEGIN, DRIVER


@dataclass(frozen=True)
class Engines:
    """One engine to write with and one to read with; on PostgreSQL they share their connections."""

    write: AsyncEngine
    read: AsyncEngine

    @property
    def is_sqlite(self) -> bool:
        return self.write.dialect.name == "sqlite"

    async def dispose(self) -> None:
        await self.write.dispose()
        await self.read.dispose()


def driver_url(url: str) -> str:
    """The URL as SQLAlchemy's async drivers take it.

    Takes "sqlite:///path" or "postgresql://…"; ValueError for anything else.
    """
    for plain, driven in (
        ("sqlite:///", f"{DRIVER}:///"),
        ("postgresql://", "postgresql+psycopg://"),
        ("postgresql+psycopg://", "postgresql+psycopg://"),
    ):
        if url.startswith(plain):
            return driven + url.removeprefix(plain)
    raise ValueError(f"storage url must start with sqlite:/// or postgresql://, not {url.split(':', 1)[0]!r}")


def open_engines(url: str) -> Engines:
    """Engines for this URL; nothing connects yet."""
    driven = driver_url(url)
    if not driven.startswith("sqlite"):
        engine = create_async_engine(driven, pool_size=10, max_overflow=10, pool_pre_ping=True, hide_parameters=True)
        # A reader sees one moment however many queries it asks: a digest or a check would otherwise contradict itself.
        return Engines(engine, engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True))
    # One writer: SQLite has a single writer anyway, and queueing for it in our own loop beats busy waiting.
    write = create_async_engine(driven, pool_size=1, max_overflow=0, hide_parameters=True, connect_args={"timeout": 10})
    read = create_async_engine(driven, pool_size=3, max_overflow=2, hide_parameters=True, connect_args={"timeout": 10})
    _prepare(write, begin=BEGIN)
    _prepare(read, begin="BEGIN")
    return Engines(write, read)


def _prepare(engine: AsyncEngine, *, begin: str) -> None:
    @event.listens_for(engine.sync_engine, "connect")
    def _pragmas(connection: Any, _record: Any) -> None:
        # The driver would open deferred transactions by itself; a deferred one that reads and then writes fails
        # at once with SQLITE_BUSY_SNAPSHOT, whatever the timeout.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA secure_delete=ON")
        # A busy writer is waited for in `sqlite_in_loop`, where the loop goes on; readers wait for nobody.
        cursor.execute(f"PRAGMA busy_timeout={0 if begin == BEGIN else 10_000}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql(begin)
