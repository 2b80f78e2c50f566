"""PostgreSQL databases of one's own; a test that wants one is skipped where no server listens."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import psycopg

from tests.needed import missing

SERVER = os.environ.get("UNDERSTUDY_TEST_POSTGRES") or "postgresql://postgres@127.0.0.1:5432/postgres"


@asynccontextmanager
async def a_database(*, like: str = "template1") -> AsyncIterator[str]:
    """The URL of a new database, empty or a copy of the one named; it is dropped at the end."""
    name = f"understudy_{uuid4().hex[:12]}"
    try:
        server = await psycopg.AsyncConnection.connect(SERVER, autocommit=True, connect_timeout=3)
    except psycopg.OperationalError:
        missing("PostgreSQL does not listen on 127.0.0.1:5432")
    async with server:
        await server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{like}"')
        try:
            yield f"{SERVER.rpartition('/')[0]}/{name}"
        finally:
            await server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
