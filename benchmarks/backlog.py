"""A backlog: letters per second from a mailbox to stored, threaded, screened inquiries, beside what the parts alone can do."""

import asyncio
import imaplib
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack
from email import message_from_bytes
from email.policy import compat32
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from benchmarks.house import start
from benchmarks.letters import post
from benchmarks.outside import Outside
from benchmarks.table import Figure, at_least, told
from tests.servers.dovecot import EXECUTABLE, PASSWORD, Dovecot

BATCH = 200
USER = "studio"


async def backlog(outside: Outside, *, count: int) -> list[Figure]:
    """The house is down while the letters come, and reads them when it is started again."""
    with ExitStack() as servers:
        environ = dict(outside.environ)
        if EXECUTABLE:
            dovecot = servers.enter_context(Dovecot(Path(servers.enter_context(TemporaryDirectory())) / "dovecot"))
            environ |= {"UNDERSTUDY_MAIL__IMAP": dovecot.url(USER), "UNDERSTUDY_IMAP_PASSWORD": PASSWORD}
            dovecot.append(USER, b"Subject: the first\r\nFrom: a@b.example\r\n\r\nHello\r\n")
        await _until_stored(outside, environ, 0)
        for raw in post(count):
            if EXECUTABLE:
                dovecot.deliver(USER, raw)
            else:
                await outside.bring(raw)
        bare = await asyncio.to_thread(_bare, dovecot.port, outside.home / "bare.db") if EXECUTABLE else 0.0
        seconds, cpu = await _until_stored(outside, environ, count)
    rate = count / seconds
    where = "Dovecot" if EXECUTABLE else "the practice mail server"
    note = f"{count:,} letters from {where}, embedded, durable; {1000 * cpu / count:.1f} ms of a processor each in the house"
    figures = [told("backlog: read, threaded, screened, stored", rate, "/s", note=note)]
    if bare:
        figures.append(at_least("… ÷ bare fetch, stdlib parse, one transaction a batch", rate / bare, 1 / 3, "×",
                                note=f"the bare parts: {bare:,.0f} /s on the same letters in the same run"))  # fmt: skip
    return figures


def _bare(port: int, path: Path) -> float:
    """Letters per second of the parts alone: fetched in batches, parsed by the standard library, stored batch by batch."""
    began, stored = perf_counter(), 0
    rows = sqlite3.connect(path, isolation_level=None)
    rows.execute("PRAGMA journal_mode=WAL")
    rows.execute("PRAGMA synchronous=FULL")
    rows.execute("CREATE TABLE letter (id INTEGER PRIMARY KEY, message_id TEXT, subject TEXT, sender TEXT, text TEXT, raw BLOB)")
    client = imaplib.IMAP4("127.0.0.1", port)
    client.login(USER, PASSWORD)
    client.select("INBOX", readonly=True)
    numbers = client.uid("SEARCH", "ALL")[1][0].split()
    for begin in range(0, len(numbers), BATCH):
        _, answer = client.uid("FETCH", b",".join(numbers[begin : begin + BATCH]).decode(), "(BODY.PEEK[])")
        found = list(_parsed(answer))
        rows.execute("BEGIN IMMEDIATE")
        rows.executemany("INSERT INTO letter (message_id, subject, sender, text, raw) VALUES (?, ?, ?, ?, ?)", found)
        rows.execute("COMMIT")
        stored += len(found)
    client.logout()
    rows.close()
    return stored / (perf_counter() - began)


def _parsed(answer: list[object]) -> Iterator[tuple[str, str, str, str, bytes]]:
    for part in answer:
        if isinstance(part, tuple):
            mail = message_from_bytes(part[1], policy=compat32)
            text = mail.get_payload(decode=True)
            said = text.decode("utf-8", "replace") if isinstance(text, bytes) else ""
            yield str(mail["Message-ID"]), str(mail["Subject"]), str(mail["From"]), said, part[1]


async def _until_stored(outside: Outside, environ: dict[str, str], count: int) -> tuple[float, float]:
    """Start the house, wait until so many are read, stop it: seconds from the first row, CPU seconds of the house.

    With none to wait for it only finds its place in the mailbox.
    """
    words = ("-m", "benchmarks.backlog_house", "--home", str(outside.home))
    before = _read(outside.home)
    house = await start(*words, ready=f"{outside.web}/{'healthz' if count else 'readyz'}", environ=environ, log=outside.log)
    try:
        began, used = perf_counter(), house.cpu_used
        while count and _read(outside.home) == before:
            began, used = perf_counter(), house.cpu_used
            await asyncio.sleep(0.02)
        while _read(outside.home) < before + count:  # noqa: ASYNC110  another process writes the rows
            await asyncio.sleep(0.05)
        took, used = perf_counter() - began, house.cpu_used - used
        return took, used
    finally:
        await house.stop()


def _read(home: Path) -> int:
    rows = sqlite3.connect(f"file:{home / 'understudy.db'}?mode=ro", uri=True)
    try:
        return int(rows.execute("SELECT count(*) FROM inbound_message WHERE state != 'new'").fetchone()[0])
    finally:
        rows.close()
