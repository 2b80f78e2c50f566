"""The past of a mailbox: read behind the live mail, as context only, stopped and gone on with, and never answered."""

import asyncio
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta

import pytest

from handlers.mail import history, mailbox
from handlers.mail.folder import FolderReader, WatchedFolder
from handlers.mail.history import HistoryReader
from handlers.mail.imap import connect
from handlers.mail.mailbox import MailAccount, MailboxWatcher
from handlers.mail.row_history import RowMemory, history_as_it_is
from handlers.mail.row_ledger import RowLedger
from storage.jobs import Step
from storage.messages import Direction
from storage.store import Store
from tests.flows.eventually import eventually
from tests.handlers.mail.kept import OWN, US, arrivals, caused, letter, messages, remembering, rows
from tests.handlers.mail.memory_ledger import HandClock
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.imap_stub import ImapStub

NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=1)


def ago(days: float) -> datetime:
    return NOON - timedelta(days=days)


class Past:
    """A mailbox with a past on a real server, and our rows."""

    def __init__(self, dovecot: Dovecot, user: str, store: Store) -> None:
        self.dovecot, self.user, self.store = dovecot, user, store
        self.clock = HandClock()
        self.ledger = RowLedger(store, self.clock)
        self.memory = RowMemory(store, remembering(store, self.clock), OWN, self.clock)

    def lay(self, number: int, days: float, **more: object) -> None:
        folder = "Sent Mail" if more.get("sender") == US else "INBOX"
        self.dovecot.deliver(
            self.user, letter(number, ago(days), **more), folder=folder, when=ago(days).timestamp()
        )

    @asynccontextmanager
    async def line(self):
        async with await connect(self.dovecot.url(self.user), PASSWORD, deadline=20) as connection:
            yield connection

    async def read(self, days: int = 90, *, after: int | None = None) -> bool:
        """Open the folders as the watcher does, then read the past; `after` batches the line breaks."""
        folders = [WatchedFolder(self.user)]
        if (self.dovecot.maildir(self.user) / ".Sent Mail").is_dir():
            folders.append(WatchedFolder(self.user, "Sent Mail", ours=True))
        asked = 0

        async def live_first() -> None:
            nonlocal asked
            asked += 1
            if after is not None and asked > after + 1:
                raise ConnectionResetError

        async with self.line() as connection:
            for folder in folders:
                await FolderReader(folder, connection, self.ledger, self.clock).open()
            past = HistoryReader(
                self.user, folders, connection, self.ledger, self.memory, self.clock, days=days, live_first=live_first
            )
            try:
                return await past.run()
            finally:
                await self.memory.rest()


@asynccontextmanager
async def a_past(dovecot: Dovecot, user: str, tmp_path):
    async with rows(tmp_path) as store:
        yield Past(dovecot, user, store)


async def test_the_past_becomes_context_in_the_order_it_happened(the_dovecot, tmp_path):
    async with a_past(the_dovecot, "past-order", tmp_path) as past:
        past.lay(3, 9.5, answers=2)
        past.lay(2, 10, sender=US, to="ana@client.example", answers=1, travelled=False)
        past.lay(1, 10.1)
        past.lay(4, 200)

        assert await past.read() is True
        kept, told = await messages(past.store), await history_as_it_is(past.store)
        causes = await caused(past.store)

    assert [m.external_id for m in kept] == ["1@mail.example", "2@mail.example", "3@mail.example"]
    assert [m.direction for m in kept] == [Direction.IN, Direction.OUT, Direction.IN]
    assert len({m.conversation_id for m in kept}) == 1
    assert all(m.history for m in kept)
    assert causes == 0
    assert [(one["found"], one["done"], one["finished"]) for one in told] == [(3, 3, True)]


async def test_reading_the_past_changes_nothing_in_the_mailbox(the_dovecot, tmp_path):
    async with a_past(the_dovecot, "past-peek", tmp_path) as past:
        past.lay(1, 3)
        await past.read()

    with the_dovecot.client("past-peek") as client:
        client.select("INBOX", readonly=True)
        assert client.uid("SEARCH", "UNSEEN")[1] == [b"1"]


async def test_broken_off_it_goes_on_without_fetching_again(the_dovecot, tmp_path, monkeypatch):
    monkeypatch.setattr(history, "BATCH", 2)
    async with a_past(the_dovecot, "past-again", tmp_path) as past:
        for number in range(1, 8):
            past.lay(number, 20 - number)
        with pytest.raises(ConnectionResetError):
            await past.read(after=3)
        halfway = len(await messages(past.store))
        await past.read()
        await past.read()
        kept, told = await messages(past.store), await history_as_it_is(past.store)

    assert 0 < halfway < 7
    assert [m.external_id for m in kept] == [f"{n}@mail.example" for n in range(1, 8)]
    assert (told[0]["done"], told[0]["found"]) == (7, 7)


async def test_a_longer_look_back_reads_only_what_is_older(the_dovecot, tmp_path):
    async with a_past(the_dovecot, "past-longer", tmp_path) as past:
        past.lay(1, 200)
        past.lay(2, 20)
        await past.read(days=30)
        first = [m.external_id for m in await messages(past.store)]
        await past.read(days=365)
        second = [m.external_id for m in await messages(past.store)]

    assert first == ["2@mail.example"]
    assert second == ["2@mail.example", "1@mail.example"]


async def test_a_watcher_reads_live_mail_first_and_stops_and_goes_on_when_told(the_dovecot, tmp_path, monkeypatch):
    monkeypatch.setattr(history, "BATCH", 1)
    monkeypatch.setattr(mailbox, "STOPPED_SECONDS", 0.05)
    async with a_past(the_dovecot, "past-watch", tmp_path) as past:
        for number in range(1, 13):
            past.lay(number, 20 - number)
        account = MailAccount("past-watch", the_dovecot.url("past-watch"), PASSWORD, watch_sent=False, history_days=90)
        halted = asyncio.Event()

        def reached(point: str) -> None:
            if point == "after remember.batch" and not halted.is_set():
                halted.set()

        past.store.reached = reached
        watcher = MailboxWatcher([account], past.ledger, past.clock, memory=past.memory, poll_seconds=0.1)
        run = asyncio.create_task(watcher.run())
        try:
            await eventually(halted.is_set)
            await history_as_it_is(past.store, stopped=True)
            await asyncio.to_thread(the_dovecot.append, "past-watch", letter(9, datetime.now(UTC)))

            async def came() -> bool:
                return any(not row.history for row in await arrivals(past.store))

            async def finished() -> bool:
                return bool((await history_as_it_is(past.store))[0]["finished"])

            await eventually(came)
            stopped_at = len(await messages(past.store))
            stopped = await history_as_it_is(past.store)
            await history_as_it_is(past.store, stopped=False)
            await eventually(finished)
        finally:
            run.cancel()
            with suppress(asyncio.CancelledError):
                await run
        arrived, kept = await arrivals(past.store), await messages(past.store)

    assert stopped[0]["stopped"] is True
    assert stopped_at < 12
    assert [m.external_id for m in kept] == [f"{n}@mail.example" for n in range(1, 13)]
    assert [row.history for row in arrived].count(False) == 1


async def test_what_was_only_context_is_still_handled_when_it_arrives(tmp_path):
    raw = letter(1, ago(1))
    async with rows(tmp_path) as store, ImapStub() as stub:
        clock = HandClock()
        memory = RowMemory(store, remembering(store, clock), OWN, clock)
        ledger = RowLedger(store, clock)
        async with await connect(f"imap://anna@{stub.host}:{stub.port}", PASSWORD) as connection:
            reader = FolderReader(WatchedFolder("anna"), connection, ledger, clock)
            await reader.open()
            stub.add(raw)
            old = history.OldMail("import", 1, history.FetchedMail(1, raw, ago(1), len(raw), history=True))
            await memory.remember("anna", [old])
            await memory.rest()
            assert await reader.poll() == 1
        async with store.transaction("test.twin") as tx:
            (live,) = [row for row in await arrivals(store) if not row.history]
            assert await tx.inbound.read_with_hash(live.raw_hash, but=live.id, history=False) is None
            jobs = [await tx.jobs.get(n) for n in (1,)]

    assert jobs[0].step is Step.INTAKE
