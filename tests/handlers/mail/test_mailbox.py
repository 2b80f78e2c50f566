"""Watching a mailbox: nothing lost, nothing twice, nothing old, whatever server and line do in between."""

import asyncio
import random
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from email.utils import format_datetime

import pytest

from bot.errors import Transient
from handlers.mail import folder as folder_module
from handlers.mail.folder import FolderReader, WatchedFolder
from handlers.mail.imap import connect
from handlers.mail.mailbox import MailAccount, MailboxWatcher
from tests.handlers.mail.memory_ledger import HandClock, MemoryLedger
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.fault_proxy import Fault, FaultProxy, Spoil
from tests.servers.imap_stub import Hang, ImapStub

INBOX = WatchedFolder("main")


def url(server: object, user: str = "anna") -> str:
    return f"imap://{user}@{server.host}:{server.port}"


@asynccontextmanager
async def reading(
    server: object, ledger: MemoryLedger, clock: HandClock, *, user: str = "anna", deadline: float = 5.0
):
    """A reader on a fresh line, as after a restart."""
    async with await connect(url(server, user), PASSWORD, deadline=deadline) as connection:
        reader = FolderReader(INBOX, connection, ledger, clock)
        await reader.open()
        yield reader


@asynccontextmanager
async def watching(server: object, ledger: MemoryLedger, *, user: str = "anna", **more: object):
    """A watcher at work; gives the list of its pulses."""
    pulses: list[tuple[str, bool, str]] = []
    account = MailAccount("main", url(server, user), PASSWORD, watch_sent=bool(more.pop("watch_sent", False)))
    watcher = MailboxWatcher(
        [account],
        ledger,
        HandClock(),
        pulse=lambda *pulse: pulses.append(pulse),
        **{"poll_seconds": 3600, **more},
    )
    run = asyncio.create_task(watcher.run())
    try:
        yield pulses
    finally:
        run.cancel()
        with suppress(asyncio.CancelledError):
            await run


def mail(number: int, *, size: int = 0) -> bytes:
    return b"Message-ID: <%d@x.example>\r\nSubject: %d\r\n\r\n%b\r\n" % (number, number, b"x" * size)


async def test_what_was_there_before_the_first_start_is_not_read():
    ledger, clock = MemoryLedger(), HandClock()
    async with ImapStub({1: mail(1), 2: mail(2)}) as stub:
        async with reading(stub, ledger, clock) as reader:
            assert await reader.poll() == 0
            stub.add(mail(3))
            assert await reader.poll() == 1
        stub.add(mail(4))
        async with reading(stub, ledger, clock) as reader:
            assert await reader.poll() == 1

    assert ledger.raws() == [mail(3), mail(4)]


async def test_an_empty_mailbox_gets_its_first_mail():
    ledger = MemoryLedger()
    async with ImapStub() as stub, reading(stub, ledger, HandClock()) as reader:
        stub.add(mail(1))
        assert await reader.poll() == 1


async def test_a_thousand_empty_polls_read_nothing_again():
    ledger = MemoryLedger()
    async with ImapStub({5: mail(5)}) as stub, reading(stub, ledger, HandClock()) as reader:
        stub.add(mail(6))
        await reader.poll()
        for _ in range(1000):
            assert await reader.poll() == 0

    assert ledger.raws() == [mail(6)]
    assert len(ledger.writes) == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"* 1 FETCH (UID 1 RFC822.SIZE 100 BODY[] NIL)\r\n",
        b'* 1 FETCH (UID 1 RFC822.SIZE 100 BODY[] "")\r\n',
        b"* 1 FETCH (UID 1 RFC822.SIZE 100 BODY[] {0}\r\n)\r\n",
        b"* 1 FETCH (UID 1 RFC822.SIZE 100)\r\n",
        b"* 1 FETCH (UID 1 RFC822.SIZE 100 BODY[] {3}\r\nab\r)\r\n",
        b"",
    ],
)
async def test_a_mail_without_its_body_is_a_hole_until_it_comes(answer):
    ledger, clock = MemoryLedger(), HandClock()
    overview = b"* 1 FETCH (UID 1 RFC822.SIZE 100)\r\n"
    async with ImapStub() as stub, reading(stub, ledger, clock) as reader:
        stub.add(mail(1, size=80))
        stub.add(mail(2))
        both = overview + b"* 2 FETCH (UID 2 RFC822.SIZE 43)\r\n"
        second = stub._fetched(2, "RFC822.SIZE INTERNALDATE BODY[]")
        stub.on("UID FETCH", both, answer + second, overview, answer)

        assert await reader.poll() == 1
        assert [hole.uid for hole in ledger.cursors["main", "INBOX"].holes] == [1]
        assert ledger.cursors["main", "INBOX"].last_uid == 2
        assert await reader.poll() == 0
        clock.advance(seconds=5)
        assert await reader.poll() == 0
        assert [hole.tries for hole in ledger.cursors["main", "INBOX"].holes] == [2]
        assert not reader.worry
        clock.advance(minutes=16)
        assert "cannot be fetched" in reader.worry
        assert await reader.poll() == 1

    assert ledger.raws() == [mail(2), mail(1, size=80)]
    assert all(kept.complete for kept in ledger.mails())
    assert not ledger.cursors["main", "INBOX"].holes
    assert not reader.worry


async def test_a_hole_outlives_a_restart():
    ledger, clock = MemoryLedger(), HandClock()
    async with ImapStub() as stub:
        async with reading(stub, ledger, clock) as reader:
            stub.add(mail(1))
            stub.on("UID FETCH", b"* 1 FETCH (UID 1 RFC822.SIZE 9)\r\n", b"* 1 FETCH (UID 1 BODY[] NIL)\r\n")
            await reader.poll()
        clock.advance(minutes=1)
        async with reading(stub, ledger, clock) as reader:
            assert await reader.poll() == 1

    assert ledger.raws() == [mail(1)]


async def test_a_server_that_counts_sizes_wrong_is_believed_after_a_while():
    ledger, clock = MemoryLedger(), HandClock()
    body = b"* 1 FETCH (UID 1 RFC822.SIZE 999 BODY[] {3}\r\na\r\n)\r\n"
    async with ImapStub() as stub, reading(stub, ledger, clock) as reader:
        stub.add(mail(1))
        stub.always("UID FETCH", body)
        for _ in range(6):
            await reader.poll()
            clock.advance(minutes=10)

    assert [(kept.raw, kept.complete) for kept in ledger.mails()] == [(b"a\r\n", False)]


async def test_a_mail_that_never_comes_is_written_down_after_a_day():
    ledger, clock = MemoryLedger(), HandClock()
    async with ImapStub() as stub, reading(stub, ledger, clock) as reader:
        stub.add(mail(1))
        stub.always("UID FETCH", b"* 1 FETCH (UID 1 RFC822.SIZE 999 BODY[] NIL)\r\n")
        await reader.poll()
        clock.advance(hours=25)
        assert await reader.poll() == 1

    assert [(kept.raw, kept.complete) for kept in ledger.mails()] == [(b"", False)]


async def test_mail_that_left_before_it_was_fetched_is_told_and_not_sought():
    ledger, clock = MemoryLedger(), HandClock()
    async with ImapStub() as stub, reading(stub, ledger, clock) as reader:
        stub.add(mail(1))
        stub.add(mail(2))
        stub.on("UID SEARCH", b"* SEARCH 1 2\r\n")
        del stub.mails[1]
        assert await reader.poll() == 1
        clock.advance(hours=1)
        assert await reader.poll() == 0

    assert ledger.gone == [1]
    assert not ledger.cursors["main", "INBOX"].holes


VARIANTS = [b"", b"Message-ID:\r\n", b"Message-ID: <>\r\n", b"Message-ID: <a@x>\r\n", b"Message-ID: <a@x>\r\n",
            b"Message-ID: <a@x>\r\nMessage-ID: <b@x>\r\n", b"Message-ID: [broken\r\n", b"\xff\xfe\r\n",
            b"Message-ID: " + b"x" * 5000 + b"\r\n", b"Message-ID: <a@x>\r\nX: other bytes\r\n"]  # fmt: skip


async def test_no_message_id_is_a_reason_to_drop_a_mail():
    ledger = MemoryLedger()
    async with ImapStub() as stub, reading(stub, ledger, HandClock()) as reader:
        for variant in VARIANTS:
            stub.add(variant + b"\r\nhello\r\n")
        assert await reader.poll() == len(VARIANTS)

    assert ledger.raws() == [variant + b"\r\nhello\r\n" for variant in VARIANTS]


async def test_windows_and_batches_stay_small():
    ledger = MemoryLedger()
    async with ImapStub() as stub, reading(stub, ledger, HandClock()) as reader:
        for number in range(1000):
            stub.add(mail(number, size=100_000 if number % 50 == 0 else 10))
        assert await reader.poll() == 1000
        asked = [
            command.split()[2] for command in stub.sessions[0].commands if command.startswith("UID FETCH")
        ]

    assert max(map(len, map(stub._within, asked))) <= 200
    assert ledger.raws() == [mail(number, size=100_000 if number % 50 == 0 else 10) for number in range(1000)]


async def test_many_large_mails_are_never_in_memory_together(monkeypatch):
    monkeypatch.setattr(folder_module, "BATCH_BYTES", 10_000)
    ledger = MemoryLedger()
    async with ImapStub() as stub, reading(stub, ledger, HandClock()) as reader:
        for number in range(60):
            stub.add(mail(number, size=number * 200))
        assert await reader.poll() == 60

    assert max(size for count, size in ledger.writes if count > 1) <= 10_000


async def test_a_mail_over_the_cap_is_kept_by_its_beginning(monkeypatch):
    monkeypatch.setattr(folder_module, "MAIL_CAP", 1000)
    monkeypatch.setattr(folder_module, "FIRST_BYTES", 100)
    ledger = MemoryLedger()
    async with ImapStub() as stub, reading(stub, ledger, HandClock()) as reader:
        stub.add(mail(1))
        stub.add(mail(2, size=5000))
        stub.add(mail(3))
        assert await reader.poll() == 3

    assert [kept.complete for kept in ledger.mails()] == [True, False, True]
    assert ledger.mails()[1].size == len(mail(2, size=5000))
    assert any("BODY.PEEK[]<0.100>" in command for command in stub.sessions[0].commands)


async def test_the_audit_finds_what_was_missed():
    ledger, clock = MemoryLedger(), HandClock()
    async with ImapStub({1: mail(1)}) as stub, reading(stub, ledger, clock) as reader:
        for number in range(2, 9):
            stub.add(mail(number))
        await reader.poll()
        validity = stub.uid_validity
        lost = [ledger.rows["main", "INBOX"].pop((validity, uid)) for uid in (3, 6)]

        assert await reader.audit() == 2
        assert await reader.poll() == 2
        assert await reader.audit() == 0

    assert {kept.uid for kept in ledger.mails()} == set(range(2, 9))
    assert [kept.raw for kept in lost] == [mail(3), mail(6)]


async def test_nothing_is_written_to_the_owners_mailbox():
    ledger = MemoryLedger()
    async with ImapStub() as stub, watching(stub, ledger):
        await stub.until(lambda s: s.idling)
        stub.add(mail(1))
        await ledger.until(1)

    said = {command.split()[0] for session in stub.sessions for command in session.commands}
    assert said <= {"CAPABILITY", "LOGIN", "EXAMINE", "NOOP", "UID", "IDLE", "DONE", "LOGOUT"}
    assert not any("BODY[" in command for session in stub.sessions for command in session.commands)


# the watcher


async def test_a_push_brings_the_mail_at_once():
    ledger = MemoryLedger()
    async with ImapStub() as stub, watching(stub, ledger) as pulses:
        await stub.until(lambda s: s.idling)
        await stub.until(lambda s: any("UID SEARCH" in c for session in s.sessions for c in session.commands))
        for number in range(5):
            stub.add(mail(number))
            await ledger.until(number + 1)

    assert ledger.raws() == [mail(number) for number in range(5)]
    assert ("main/INBOX", True, "") in pulses


async def test_without_idle_polling_brings_it():
    ledger = MemoryLedger()
    async with ImapStub(capability="IMAP4rev1") as stub, watching(stub, ledger, poll_seconds=0.01):
        await stub.until(lambda s: any("NOOP" in session.commands for session in s.sessions))
        stub.add(mail(1))
        await ledger.until(1)

    assert not any("IDLE" in session.commands for session in stub.sessions)


async def test_a_dead_idle_line_does_not_stop_polling():
    ledger = MemoryLedger()
    async with ImapStub() as stub, watching(stub, ledger, poll_seconds=0.01):
        stub.always("IDLE", lambda _tag, _arguments: b"+ idling, or so I say\r\n")
        await stub.until(lambda s: any("NOOP" in session.commands for session in s.sessions))
        stub.add(mail(1))
        await ledger.until(1)


async def test_a_listener_that_cannot_listen_leaves_the_folder_well():
    ledger = MemoryLedger()
    async with ImapStub() as stub:
        stub.always("IDLE", lambda tag, _: f"{tag} NO too many lines\r\n".encode())
        async with watching(stub, ledger, poll_seconds=0.01) as pulses:
            await stub.until(lambda s: any("NOOP" in session.commands for session in s.sessions))
            stub.add(mail(1))
            await ledger.until(1)

    assert all(ok for _, ok, _ in pulses)


@pytest.mark.parametrize("how", [Spoil.CLOSE, Spoil.RESET])
async def test_whatever_cuts_the_line_every_mail_comes_once(how):
    ledger, clock = MemoryLedger(), HandClock()
    chance = random.Random(3)
    mails = [mail(number, size=chance.randint(0, 2000)) for number in range(60)]
    async with ImapStub() as stub:
        async with reading(stub, ledger, clock):
            pass
        for raw in mails:
            stub.add(raw)
        cuts = [
            Fault(down_after=after, how=how) for after in (*range(150, 900, 37), *range(900, 60_000, 3001))
        ]
        async with FaultProxy(stub.address, *cuts) as proxy:
            failures = 0
            while True:
                try:
                    async with reading(proxy, ledger, clock) as reader:
                        await reader.poll()
                        break
                except Transient:
                    failures += 1

    assert failures > 20
    assert ledger.raws() == mails


@pytest.mark.parametrize("how", [Spoil.STALL, Spoil.HALF_OPEN])
@pytest.mark.parametrize("after", [150, 500, 900])
async def test_a_line_that_stalls_is_given_up_and_the_mail_still_comes(how, after):
    ledger, clock = MemoryLedger(), HandClock()
    async with ImapStub() as stub:
        async with reading(stub, ledger, clock):
            pass
        stub.add(mail(1, size=500))
        async with FaultProxy(stub.address, Fault(down_after=after, how=how)) as proxy:
            with pytest.raises(Transient):
                async with reading(proxy, ledger, clock, deadline=0.2) as reader:
                    await reader.poll()
            async with reading(proxy, ledger, clock, deadline=5) as reader:
                await reader.poll()

    assert ledger.raws() == [mail(1, size=500)]


async def test_the_watcher_opens_new_lines_after_the_server_went_away():
    ledger = MemoryLedger()
    async with ImapStub() as stub, watching(stub, ledger) as pulses:
        await stub.until(lambda s: s.idling)
        await stub.stop_listening()
        stub.cut_all(rst=True)
        await stub.listen()
        stub.add(mail(1))
        await ledger.until(1)

    assert any(not ok for _, ok, _ in pulses)
    assert pulses[-1][1]


async def test_a_ledger_that_fails_loses_nothing_and_stops_nothing():
    ledger = MemoryLedger()
    async with ImapStub() as stub, watching(stub, ledger) as pulses:
        await stub.until(lambda s: s.idling)
        ledger.failures = [OSError("disk full"), Transient("the database restarts")]
        stub.add(mail(1))
        await ledger.until(1)

    assert ledger.raws() == [mail(1)]
    assert [detail for _, ok, detail in pulses if not ok] == [
        "interrupted (OSError)",
        "the database restarts",
    ]


async def test_a_wrong_password_is_told_with_its_cure_and_not_tried_over_and_over():
    async with ImapStub() as stub:
        stub.always("LOGIN", lambda tag, _: f"{tag} NO [AUTHENTICATIONFAILED] no\r\n".encode())
        async with watching(stub, MemoryLedger()) as pulses:
            while not pulses or len(stub.sessions) < 2:  # noqa: ASYNC110
                await asyncio.sleep(0)
            for _ in range(100):
                await asyncio.sleep(0)

    assert len(stub.sessions) == 2
    assert all("UNDERSTUDY_IMAP_PASSWORD" in detail for _, _, detail in pulses)


async def test_a_folder_that_does_not_exist_is_told():
    async with ImapStub() as stub:
        stub.always("EXAMINE", lambda tag, _: f"{tag} NO no such mailbox\r\n".encode())
        async with watching(stub, MemoryLedger()) as pulses:
            while not pulses:  # noqa: ASYNC110
                await asyncio.sleep(0)

    assert "[mail] folders" in pulses[0][2]


async def test_hanging_servers_do_not_keep_the_watcher_from_ending():
    async with ImapStub() as stub:
        stub.always("NOOP", Hang.STALL)
        async with watching(stub, MemoryLedger()):
            await stub.until(lambda s: any("NOOP" in session.commands for session in s.sessions))


# against Dovecot


async def test_dovecot_pushes_and_the_watcher_keeps(the_dovecot: Dovecot):
    ledger = MemoryLedger()
    the_dovecot.deliver("push", mail(0))
    async with watching(the_dovecot, ledger, user="push") as pulses:
        while not pulses:  # noqa: ASYNC110
            await asyncio.sleep(0)
        for number in range(1, 4):
            await asyncio.to_thread(the_dovecot.append, "push", mail(number))
        await ledger.until(3)

    assert ledger.raws() == [mail(1), mail(2), mail(3)]


async def test_dovecot_what_the_owner_sent_is_watched_as_ours(the_dovecot: Dovecot):
    ledger = MemoryLedger()
    with the_dovecot.client("owner") as client:
        client.create('"Sent Mail"')
    async with watching(the_dovecot, ledger, user="owner", watch_sent=True, poll_seconds=0.05) as pulses:
        while ("main/(sent)", True, "") not in pulses:  # noqa: ASYNC110
            await asyncio.sleep(0)
        await asyncio.to_thread(the_dovecot.append, "owner", mail(1), folder='"Sent Mail"')
        [kept] = await ledger.until(1, folder="Sent Mail")

    assert (kept.raw, kept.ours) == (mail(1), True)


async def test_dovecot_a_mailbox_without_a_sent_folder_is_well_and_watched_once_it_has_one(
    the_dovecot: Dovecot,
):
    ledger = MemoryLedger()
    async with watching(the_dovecot, ledger, user="newcomer", watch_sent=True, poll_seconds=0.05) as pulses:
        while not any(detail == "there is no Sent folder yet" for _, _, detail in pulses):  # noqa: ASYNC110
            await asyncio.sleep(0)
        assert all(ok for _, ok, _ in pulses)
        with the_dovecot.client("newcomer") as client:
            client.create("Sent")
        while ("main/(sent)", True, "") not in pulses:  # noqa: ASYNC110
            await asyncio.sleep(0)


async def test_dovecot_new_numbers_lose_nothing_and_repeat_nothing(the_dovecot: Dovecot):
    ledger, clock = MemoryLedger(), HandClock()
    long_ago = (clock.now() - timedelta(days=400)).timestamp()
    old = format_datetime(clock.now() - timedelta(days=400)).encode()
    for number in range(20):
        the_dovecot.deliver("moved", mail(number), when=long_ago)
    async with reading(the_dovecot, ledger, clock, user="moved") as reader:
        for number in range(20, 30):
            the_dovecot.deliver("moved", mail(number), when=clock.now().timestamp() + 5)
        assert await reader.poll() == 10

    the_dovecot.renumber("moved")
    the_dovecot.deliver("moved", mail(30), when=clock.now().timestamp() + 6)
    the_dovecot.deliver("moved", b"Date: " + old + b"\r\n" + mail(31), when=clock.now().timestamp() + 7)
    async with reading(the_dovecot, ledger, clock, user="moved") as reader:
        assert await reader.poll() == 2
        assert await reader.audit() == 0
        the_dovecot.deliver("moved", mail(32))
        assert await reader.poll() == 1

    assert sorted(kept.raw for kept in ledger.mails() if not kept.history) == sorted(
        mail(n) for n in (*range(20, 31), 32)
    )
    assert [kept.raw for kept in ledger.mails() if kept.history] == [b"Date: " + old + b"\r\n" + mail(31)]
    assert len({validity for validity, _ in ledger.rows["main", "INBOX"]}) == 1


async def test_dovecot_somebody_deletes_and_reads_while_we_fetch(the_dovecot: Dovecot):
    ledger, clock, chance = MemoryLedger(), HandClock(), random.Random(5)
    async with reading(the_dovecot, ledger, clock, user="busy"):
        pass
    for number in range(600):
        the_dovecot.deliver("busy", mail(number, size=200))
    expunged: set[int] = set()

    def meddle() -> None:
        with the_dovecot.client("busy") as client:
            client.select()
            for _ in range(15):
                uid = str(chance.randint(1, 600))
                client.uid("STORE", uid, "+FLAGS", "(\\Seen \\Deleted)")
                client.uid("STORE", str(chance.randint(1, 600)), "+FLAGS", "(\\Seen)")
                client.expunge()
                expunged.add(int(uid))

    async with reading(the_dovecot, ledger, clock, user="busy") as reader:
        meddling = asyncio.create_task(asyncio.to_thread(meddle))
        await reader.poll()
        await meddling
        clock.advance(minutes=5)
        await reader.poll()
        assert await reader.audit() == 0

    uids = [kept.uid for kept in ledger.mails()]
    assert len(uids) == len(set(uids))
    assert set(range(1, 601)) - set(uids) <= expunged
    assert {kept.raw for kept in ledger.mails()} <= {mail(number, size=200) for number in range(600)}
    assert len({kept.raw for kept in ledger.mails()}) == len(uids)
    assert not ledger.cursors["main", "INBOX"].holes
