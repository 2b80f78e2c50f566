"""The IMAP hand: bytes exact however they are cut, every wait bounded, every break noticed, UID commands only."""

import ast
import asyncio
import random
import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import handlers.mail
from bot.errors import Permanent, Transient
from handlers.mail.imap import ImapConnection, connect
from handlers.mail.imap_wire import LITERAL_CAP, HardenedProtocol
from handlers.mail.imap_words import (
    Fetched,
    Folder,
    imap_day,
    quote,
    quote_folder,
    read_fetch,
    read_folder_name,
    read_internal_date,
    read_list,
    uid_set,
)
from tests.servers.certificates import loopback_certificates
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.fault_proxy import Fault, FaultProxy, Spoil
from tests.servers.imap_stub import Hang, ImapStub

ODD = b'Subject: "* star" (\r\n\r\n* 9 FETCH (UID 9)\r\nA1 OK done\r\n{5}\r\n+ go\r\n\x00\xff'


def url(server: object, user: str = "anna") -> str:
    return f"imap://{user}@{server.host}:{server.port}"


async def open_inbox(server: object, deadline: float = 5.0) -> ImapConnection:
    connection = await connect(url(server), "word", deadline=deadline)
    await connection.examine("INBOX")
    return connection


# words


@pytest.mark.parametrize(
    ("name", "wire"),
    [
        ("INBOX", '"INBOX"'),
        ('a "b" \\ c', '"a \\"b\\" \\\\ c"'),
        ("Tom & Jerry", '"Tom &- Jerry"'),
        ("Entwürfe", '"Entw&APw-rfe"'),
        ("~peter/mail/台北/日本語", '"~peter/mail/&U,BTFw-/&ZeVnLIqe-"'),
    ],
)
def test_folder_names_travel_in_modified_utf7(name, wire):
    assert quote_folder(name) == wire
    assert read_folder_name(wire[1:-1].replace("\\\\", "\\").replace('\\"', '"').encode()) == name


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40))
def test_any_folder_name_comes_back(name):
    wire = quote_folder(name)

    assert wire.isascii()
    assert read_folder_name(wire[1:-1].replace('\\"', '"').replace("\\\\", "\\").encode()) == name


@pytest.mark.parametrize("text", ["a\r\nA2 DELETE INBOX", "a\x00", "ü"])
def test_nothing_that_would_be_another_command_can_be_quoted(text):
    with pytest.raises(ValueError, match="quoted"):
        quote(text)


@given(st.sets(st.integers(1, 500), min_size=1))
def test_a_uid_set_names_exactly_its_uids(uids):
    named: set[int] = set()
    for part in uid_set(uids).split(","):
        first, _, last = part.partition(":")
        named |= set(range(int(first), int(last or first) + 1))
    assert named == uids


def test_days_are_english_everywhere():
    assert imap_day(datetime(2026, 3, 5, tzinfo=UTC)) == "5-Mar-2026"
    assert read_internal_date(" 5-Mar-2026 23:30:00 -0100") == datetime(2026, 3, 6, 0, 30, tzinfo=UTC)
    assert read_internal_date("yesterday") is None


def test_fetch_answers_in_any_order_and_shape():
    lines = [
        b"1 FETCH (FLAGS (\\Seen $x) BODY[] {4}",
        bytearray(b"a)\r\n"),
        b" UID 7 RFC822.SIZE 4)",
        b"2 FETCH (FLAGS (\\Seen))",
        b'3 FETCH (UID 8 INTERNALDATE " 5-Mar-2026 10:00:00 +0000" BODY[] NIL RFC822.SIZE 99)',
        b'4 FETCH (UID 9 BODY[] "a \\"b\\"" ENVELOPE ("x" NIL ((NIL NIL "a" "b"))) RFC822.SIZE 5)',
        b"5 EXISTS",
    ]

    assert read_fetch(lines) == [
        Fetched(7, 4, None, b"a)\r\n"),
        Fetched(8, 99, datetime(2026, 3, 5, 10, tzinfo=UTC), None),
        Fetched(9, 5, None, b'a "b"'),
    ]


def test_folder_listings_in_any_shape():
    lines = [
        b'(\\HasNoChildren \\Sent) "/" "Gesendet &- mehr"',
        b'(\\Noselect) "." Archive',
        b"() NIL {5}",
        bytearray(b"a(b)c"),
        b"",
    ]

    assert read_list(lines) == [
        Folder("Gesendet & mehr", frozenset({"\\hasnochildren", "\\sent"})),
        Folder("Archive", frozenset({"\\noselect"})),
        Folder("a(b)c"),
    ]


# the wire


class Wire:
    """A transport that only remembers."""

    def __init__(self) -> None:
        self.aborted = False

    def write(self, data: bytes) -> None:
        pass

    def abort(self) -> None:
        self.aborted = True


async def fetched_through(pieces: list[bytes]) -> list[Fetched]:
    """What a FETCH gives when its answer comes in these pieces."""
    protocol = HardenedProtocol(asyncio.get_running_loop())
    protocol.connection_made(Wire())
    protocol.data_received(b"* OK hello\r\n")
    protocol.state = "SELECTED"
    fetch = asyncio.create_task(protocol.fetch("1:*", "(UID BODY.PEEK[])", by_uid=True))
    await asyncio.sleep(0)
    for piece in pieces:
        protocol.data_received(piece)
    protocol.data_received(f"{protocol.tagpre}0 OK done\r\n".encode())
    return read_fetch((await fetch).lines[:-1])


async def test_bodies_are_exact_however_the_line_cuts_them():
    bodies = [ODD, b"", b"\r\n", b")" * 9, bytes(range(256)) * 5]
    answer = b"".join(
        b"* %d FETCH (UID %d BODY[] {%d}\r\n%b FLAGS ())\r\n" % (n, n, len(body), body)
        for n, body in enumerate(bodies, 1)
    )
    answer += b"* 6 EXISTS\r\n* OK {7}\r\n"
    chance = random.Random(7)

    for _ in range(300):
        cuts = sorted(chance.sample(range(len(answer)), chance.randint(0, 40)))
        pieces = [answer[a:b] for a, b in zip([0, *cuts], [*cuts, len(answer)], strict=True)]
        got = await fetched_through(pieces)
        assert [(mail.uid, mail.body) for mail in got] == list(enumerate(bodies, 1))


async def test_ten_thousand_lines_in_one_read():
    answer = b"".join(b"* %d FETCH (UID %d)\r\n" % (n, n) for n in range(1, 10_001))

    assert len(await fetched_through([answer])) == 10_000


@pytest.mark.parametrize(
    "poison",
    [
        f"* 1 FETCH (BODY[] {{{LITERAL_CAP + 1}}}\r\n".encode(),
        b"no tag, no star\r\n",
        b"ZZZZ9 OK not ours\r\n",
        b"* BYE going down\r\n",
    ],
)
async def test_an_answer_that_cannot_be_trusted_ends_the_line(poison):
    protocol = HardenedProtocol(asyncio.get_running_loop())
    wire = Wire()
    protocol.connection_made(wire)
    protocol.data_received(b"* OK hello\r\n")

    protocol.data_received(poison)

    assert wire.aborted
    assert protocol.broken


# talks


@pytest.mark.parametrize("how", [Hang.CLOSE, Hang.RESET, Hang.STALL])
@pytest.mark.parametrize(
    "command", ["CAPABILITY", "LOGIN", "EXAMINE", "NOOP", "UID SEARCH", "UID FETCH", "LIST", "APPEND"]
)
async def test_a_line_that_breaks_at_any_command_is_noticed_and_thrown_away(command, how):
    async with ImapStub({1: b"a\r\n"}) as stub:
        stub.always(command, how)

        with pytest.raises(Transient):
            async with await connect(url(stub), "word", deadline=0.2) as connection:
                await connection.examine("INBOX")
                await connection.noop()
                await connection.uids("UID 1:*")
                await connection.bodies([1], expect=0)
                await connection.folders()
                await connection.append("INBOX", b"a\r\n")
        if command not in ("CAPABILITY", "LOGIN"):
            assert connection.closed
            with pytest.raises(Transient):
                await connection.noop()


@pytest.mark.parametrize("greeting", [b"* BYE full\r\n", b"hello\r\n", Hang.CLOSE, Hang.RESET, Hang.STALL])
async def test_a_server_that_does_not_greet_as_it_should(greeting):
    async with ImapStub() as stub:
        stub.greeting = greeting
        with pytest.raises(Transient):
            await connect(url(stub), "word", deadline=0.2)


async def test_nobody_there_is_worth_another_try():
    async with ImapStub() as stub:
        gone = url(stub)
    with pytest.raises(Transient, match="no mail server"):
        await connect(gone, "word")


@pytest.mark.parametrize("how", list(Spoil))
@pytest.mark.parametrize("cut", [0, 5, 30, 120, 300])
async def test_a_line_cut_anywhere_ends_within_its_deadline(cut, how):
    mails = {uid: b"x" * 100 for uid in range(1, 20)}
    async with ImapStub(mails) as stub, FaultProxy(stub.address, Fault(down_after=cut, how=how)) as proxy:
        with pytest.raises(Transient):
            connection = await open_inbox(proxy, deadline=0.2)
            for _ in range(10):
                await connection.bodies(range(1, 20), expect=0)


async def test_a_late_answer_never_meets_the_next_command():
    async with ImapStub({1: b"a\r\n"}) as stub, FaultProxy(stub.address, Fault(delay=0.05)) as proxy:
        connection = await connect(url(proxy), "word", deadline=5)
        connection._deadline = 0.01
        with pytest.raises(Transient, match="did not answer"):
            await connection.noop()
        assert connection.closed


async def test_a_cancelled_command_takes_its_line_with_it():
    async with ImapStub() as stub:
        connection = await open_inbox(stub)
        stub.on("NOOP", Hang.STALL)
        noop = asyncio.create_task(connection.noop())
        await stub.until(lambda s: "NOOP" in s.sessions[0].commands)
        noop.cancel()
        with pytest.raises(asyncio.CancelledError):
            await noop
        assert connection.closed


async def test_commands_at_the_same_time_take_turns():
    async with (
        ImapStub({uid: b"%d\r\n" % uid for uid in range(1, 30)}) as stub,
        await open_inbox(stub) as connection,
    ):
        answers = await asyncio.gather(*(connection.bodies([uid], expect=0) for uid in range(1, 30)))

    assert [answer[0].body for answer in answers] == [b"%d\r\n" % uid for uid in range(1, 30)]


async def test_idle_wakes_at_a_push_and_stays_for_the_next():
    async with ImapStub() as stub, await open_inbox(stub) as connection:
        waiting = asyncio.create_task(connection.wait_push(30))
        await stub.until(lambda s: s.idling)
        stub.add(b"a\r\n")
        assert await waiting
        stub.add(b"b\r\n")
        assert await connection.wait_push(30)
        assert not await connection.wait_push(0.01)
        await connection.noop()

    assert stub.sessions[0].commands.count("IDLE") == 1


@pytest.mark.parametrize("end", ["cut", "reset", "bye"])
async def test_idle_wakes_when_the_server_goes(end):
    async with ImapStub() as stub:
        connection = await open_inbox(stub)
        waiting = asyncio.create_task(connection.wait_push(30))
        await stub.until(lambda s: s.idling)
        if end == "bye":
            stub.push(b"* BYE restarting\r\n")
        else:
            stub.cut_all(rst=end == "reset")
        with pytest.raises(Transient):
            await waiting
        await connection.close()


async def test_a_refused_idle_is_an_error_and_no_wait():
    async with ImapStub() as stub:
        stub.always("IDLE", lambda tag, _: f"{tag} NO not now\r\n".encode())
        async with await open_inbox(stub) as connection:
            with pytest.raises(Transient):
                await connection.wait_push(30)


async def test_a_wrong_password_is_for_a_person_and_names_the_cure():
    async with ImapStub() as stub:
        stub.always("LOGIN", lambda tag, _: f"{tag} NO [AUTHENTICATIONFAILED] no\r\n".encode())
        with pytest.raises(Permanent, match="UNDERSTUDY_IMAP_PASSWORD") as caught:
            await connect(url(stub, "secret-name"), "word")
    assert "secret-name" not in str(caught.value)


@pytest.mark.parametrize("code", ["UNAVAILABLE", "LIMIT", "INUSE"])
async def test_a_server_that_takes_no_logins_just_now_is_tried_again(code):
    async with ImapStub() as stub:
        stub.always("LOGIN", lambda tag, _: f"{tag} NO [{code}] later\r\n".encode())
        with pytest.raises(Transient):
            await connect(url(stub), "word")


@pytest.mark.parametrize(
    "address", ["imap://a@mail.example", "pop3://a@127.0.0.1", "imaps://", "imap://a@127.0.0.1:99999"]
)
async def test_an_address_we_may_not_use_is_refused_before_anything_is_sent(address):
    with pytest.raises(Permanent):
        await connect(address, "word")


async def test_an_encrypted_line_to_whom_we_trust_and_to_nobody_else():
    class TlsStub(ImapStub):
        def __init__(self) -> None:
            super().__init__({1: b"a\r\n"})
            self._implicit_tls = loopback_certificates().server()

    async with TlsStub() as stub:
        secure = f"imaps://anna@{stub.host}:{stub.port}"
        async with await connect(secure, "word", ssl_context=loopback_certificates().client()) as connection:
            assert (await connection.examine("INBOX")).exists == 1
        with pytest.raises(Permanent, match="certificate"):
            await connect(secure, "word", ssl_context=ssl.create_default_context())
    async with ImapStub() as stub:
        with pytest.raises(Permanent, match="TLS"):
            await connect(f"imaps://anna@{stub.host}:{stub.port}", "word")


async def test_dovecot_takes_names_folders_and_bytes_in_any_script(the_dovecot: Dovecot):
    name, folder = "zoë müller@studio.example", 'Größe & "Maß" 台北'
    async with await connect(
        f"imap://{name.replace(' ', '%20')}@127.0.0.1:{the_dovecot.port}", PASSWORD
    ) as connection:
        assert await connection.examine(folder) is None
        assert await connection.create(folder)
        await connection.append(folder, ODD.replace(b"\x00", b"0").replace(b"\xff", b"f"))
        assert (await connection.examine(folder)).exists == 1
        assert folder in [found.name for found in await connection.folders()]
        assert await connection.uids("SEEN") == [1]
        [mail] = await connection.bodies([1], expect=0)

    assert mail.body == ODD.replace(b"\x00", b"0").replace(b"\xff", b"f")
    assert mail.size == len(mail.body)


async def test_dovecot_three_thousand_mails_in_one_answer(the_dovecot: Dovecot):
    for number in range(3000):
        the_dovecot.deliver("many", b"Subject: %d\r\n\r\n" % number)
    async with await connect(the_dovecot.url("many"), PASSWORD) as connection:
        assert (await connection.examine("INBOX")).exists == 3000
        assert len(await connection.overview("1:*")) == 3000


def test_only_commands_by_uid_are_in_the_code():
    numbered = {"fetch", "search", "store", "copy", "move", "expunge", "thread", "sort"}
    writing = {"select", "store", "expunge", "delete", "rename", "copy", "move"}
    for path in Path(handlers.mail.__file__).parent.glob("*.py"):
        source = path.read_text(encoding="utf-8")
        if "aioimaplib" not in source and "handlers.mail.imap" not in source:
            continue
        for call in ast.walk(ast.parse(source)):
            if (
                isinstance(call, ast.Call)
                and isinstance(call.func, ast.Attribute)
                and "protocol" in ast.dump(call.func)
            ):
                asked = {k.arg: k.value for k in call.keywords}
                by_uid = isinstance(asked.get("by_uid"), ast.Constant) and asked["by_uid"].value is True
                assert call.func.attr not in writing, (
                    f"{path.name}: the owner's mailbox is not ours to change"
                )
                assert call.func.attr not in numbered or by_uid, (
                    f"{path.name}: sequence numbers shift under expunge"
                )
