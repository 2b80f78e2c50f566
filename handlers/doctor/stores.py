"""The doctor at the database, the queue and the web port."""

import socket
from datetime import UTC, datetime

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from handlers.control import is_running
from handlers.doctor.findings import Finding, fail, ok
from handlers.jobs.broker import BrokerBell, declare_wake, open_broker, queue_name
from handlers.settings import Settings
from storage.engine import open_engines
from storage.migrate import config


class _Now:
    def now(self) -> datetime:
        return datetime.now(UTC)


async def database(settings: Settings) -> list[Finding]:
    """Whether it opens, and whether its schema is one we know. A SQLite file is left alone while a house holds it."""
    file = settings.storage.file
    if file is not None:
        if is_running(settings.home):
            return [ok("database", f"SQLite, {file.name}: held by the running house")]
        if not file.parent.is_dir():
            return [
                fail("database", f"there is no folder {file.parent}", "Make it, or change [storage] url.")
            ]
        if not file.exists():
            return [ok("database", f"SQLite, {file.name}: it is made at the first start")]
    kind = "SQLite" if file is not None else "PostgreSQL"
    engines = open_engines(settings.storage.url)
    try:
        async with engines.read.connect() as connection:
            return [await connection.run_sync(_schema, kind)]
    except (SQLAlchemyError, OSError) as error:
        cause = error.__cause__ or error
        why = (str(getattr(error, "orig", None) or cause).strip().splitlines() or ["no reason given"])[0]
        cure = "Check [storage] url, and that the server takes connections from here."
        if file is not None:
            cure = f"Bring {file.name} back from a backup, or move it away."
        return [fail("database", f"{kind} cannot be used: {why}", cure)]
    finally:
        await engines.dispose()


def _schema(connection: Connection, kind: str) -> Finding:
    if connection.dialect.name == "sqlite":
        version = str(connection.execute(text("SELECT sqlite_version()")).scalar_one())
        sound = str(connection.execute(text("PRAGMA quick_check(1)")).scalar_one())
        if sound != "ok":
            return fail(
                "database", f"SQLite says the file is damaged: {sound[:120]}", "Bring it back from a backup."
            )
    else:
        version = str(connection.execute(text("SHOW server_version")).scalar_one()).split()[0]
        if not connection.execute(text("SELECT has_schema_privilege(current_schema(), 'CREATE')")).scalar():
            cure = "Let this database user create tables: GRANT CREATE ON SCHEMA public TO …"
            return fail("database", "PostgreSQL does not let us create tables", cure)
    scripts = ScriptDirectory.from_config(config())
    current, newest = (
        MigrationContext.configure(connection).get_current_revision(),
        scripts.get_current_head(),
    )
    if current is None:
        state = "empty; its tables are made at the first start"
    elif current == newest:
        state = f"schema {current}"
    elif current in {script.revision for script in scripts.walk_revisions()}:
        state = f"schema {current}; the next start brings it to {newest}"
    else:
        return fail(
            "database",
            f"its schema {current} is newer than this version",
            "Install the newer Understudy again.",
        )
    return ok("database", f"{kind} {version}, {state}")


async def queue(settings: Settings) -> list[Finding]:
    url = settings.queue.url
    if url.startswith("memory:"):
        return [ok("queue", "in the process; nothing to reach")]
    if settings.storage.file is not None:
        cure = 'Set [storage] url = "postgresql://…", or [queue] url = "memory://".'
        return [fail("queue", "a broker is for several processes, and SQLite belongs to one", cure)]
    broker = open_broker(url)
    try:
        name = queue_name(settings.secrets.secret_key.get_secret_value())
        problem = await BrokerBell(declare_wake(broker, queue=name), _Now()).problem()
    finally:
        broker.close()
    scheme = url.partition(":")[0]
    if problem:
        return [
            fail(
                "queue", f"{scheme}: {problem}", "Check [queue] url, and that the broker runs and lets us in."
            )
        ]
    return [ok("queue", f"{scheme}: the broker answers")]


async def web(settings: Settings) -> list[Finding]:
    """Whether our address is free to listen on, and in HTTP mode whether Slack knows where to knock."""
    found = []
    address = settings.web.address
    if is_running(settings.home):
        found.append(ok("web", f"the running house listens on {address}"))
    else:
        found.append(_free(address, settings.web.host, settings.web.port))
    if settings.slack is not None and settings.slack.mode == "http" and not settings.web.public_url:
        cure = 'Set [web] public_url = "https://…", where Slack reaches this machine; or [slack] mode = "socket".'
        found.append(fail("web", "Slack delivers by HTTP, and there is no public address", cure))
    return found


def _free(address: str, host: str, port: int) -> Finding:
    try:
        kind, _, _, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(kind, socket.SOCK_STREAM) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(place)
    except OSError as error:
        return fail(
            "web", f"{address} cannot be listened on ({error.strerror})", "Choose another [web] address."
        )
    return ok("web", f"{address} is free")
