"""The practice mail server, met by ordinary mail programs: smtplib, imaplib, aioimaplib."""

import asyncio
import imaplib
import smtplib
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from pathlib import Path

import aioimaplib
import pytest

from bot.errors import Permanent, Refused
from handlers.rehearsal.mail_server import PracticeMail, PracticePerson

STUDIO = PracticePerson(
    "Studio", "business", "hello@studio.example", "studio", "studio pass", ("bookings@studio.example",)
)
ANA = PracticePerson("Ana Perez", "client", "ana@client.example", "ana", "ana-pass")
BO = PracticePerson("Bo", "client", "bo@other.example", "bo", "bo-pass")
PEOPLE = (STUDIO, ANA, BO)

MAIL = (
    b"From: Ana Perez <ana@client.example>\r\nTo: hello@studio.example\r\nSubject: Friday\r\n"
    b"Message-ID: <1@client.example>\r\n\r\nCan we meet on Friday?\r\n"
)


def open_mail(path: Path) -> AbstractAsyncContextManager[PracticeMail]:
    return PracticeMail(PEOPLE, path / "practice-mail.db", smtp_port=0, imap_port=0)


@pytest.fixture
async def mail(tmp_path: Path) -> AsyncIterator[PracticeMail]:
    async with open_mail(tmp_path) as server:
        yield server


async def send(
    mail: PracticeMail, raw: bytes, *to: str, sender: str = ANA.address, login: PracticePerson | None = None
):
    def talk() -> dict:
        with smtplib.SMTP(*mail.smtp_address, timeout=10) as client:
            if login:
                client.login(login.user, login.password)
            return client.sendmail(sender, list(to), raw)

    return await asyncio.to_thread(talk)


async def with_imap(mail: PracticeMail, person: PracticePerson, act):
    def talk():
        with imaplib.IMAP4(*mail.imap_address, timeout=10) as client:
            client.login(person.user, person.password)
            return act(client)

    return await asyncio.to_thread(talk)


def header(raw: bytes, name: str) -> list[str]:
    lines = raw.partition(b"\r\n\r\n")[0].replace(b"\r\n\t", b" ").decode("utf-8", "replace").split("\r\n")
    return [line.partition(":")[2].strip() for line in lines if line.lower().startswith(name.lower() + ":")]


async def test_a_mail_sent_by_smtp_is_read_by_imap_byte_for_byte_under_its_postmark(mail):
    odd = MAIL + b".a dot\r\n..\r\n\xff\x00 bytes\r\n" + b"x" * 5000 + b"\r\n"

    await send(mail, odd, STUDIO.address)
    fetched = await with_imap(
        mail,
        STUDIO,
        lambda c: (c.select("INBOX"), c.uid("FETCH", "1:*", "(UID RFC822.SIZE BODY.PEEK[])"))[1][1][0],
    )

    assert fetched[1].endswith(odd)
    assert f"RFC822.SIZE {len(fetched[1])} ".encode() in fetched[0]
    stamps = fetched[1].removesuffix(odd).decode()
    assert stamps.startswith("Return-Path: <ana@client.example>\r\nReceived: from ")
    assert stamps.endswith(
        "Authentication-Results: practice.understudy.example; dmarc=pass header.from=client.example\r\n"
    )


async def test_submission_with_a_password_says_so_and_a_wrong_password_is_refused(mail):
    await send(mail, MAIL, STUDIO.address, login=ANA)

    assert " with ESMTPA id " in header(mail.messages(STUDIO.address)[0].raw, "Received")[0]
    with pytest.raises(smtplib.SMTPAuthenticationError):
        await send(mail, MAIL, STUDIO.address, login=PracticePerson("", "client", "", "ana", "wrong"))


@pytest.mark.parametrize(
    ("sender", "extra", "verdict"),
    [
        ("ana@client.example", b"", "dmarc=pass header.from=client.example"),
        ("Ana@Client.Example", b"", "dmarc=pass header.from=client.example"),
        ("ana@client.example", b"X-Practice-Spoof: yes\r\n", "dmarc=fail header.from=client.example"),
        ("who@elsewhere.example", b"", "dmarc=none header.from=elsewhere.example"),
        ("ana@client.example", b"From: bo@other.example\r\n", "dmarc=none"),
        ("not an address", b"", "dmarc=none"),
        ("(" * 3000, b"", "dmarc=none"),
    ],
)
async def test_the_postmark_judges_the_one_from_header(mail, sender, extra, verdict):
    await mail.deliver(extra + b"From: " + sender.encode() + b"\r\nSubject: x\r\n\r\ny\r\n", [STUDIO.address])

    [kept] = mail.messages(STUDIO.address)

    assert header(kept.raw, "Authentication-Results") == [f"practice.understudy.example; {verdict}"]


async def test_a_verdict_forged_in_our_name_is_taken_out_and_others_stay(mail):
    forged = [
        b"Authentication-Results: practice.understudy.example; dmarc=pass\r\n",
        b"authentication-results : (hi) Practice.Understudy.EXAMPLE 1;\r\n\tdmarc=pass\r\n",
        b"Authentication-Results:\r\n practice.understudy.example;\n\tdmarc=pass\r\n",
    ]
    honest = b"Authentication-Results: mx.else.example; dmarc=fail\r\n"

    await mail.deliver(
        forged[0] + b"Subject: a\r\n" + forged[1] + honest + forged[2] + MAIL, [STUDIO.address]
    )

    [kept] = mail.messages(STUDIO.address)
    assert header(kept.raw, "Authentication-Results")[1:] == ["mx.else.example; dmarc=fail"]
    assert kept.raw.endswith(b"header.from=client.example\r\nSubject: a\r\n" + honest + MAIL)


async def test_unknown_people_here_and_people_elsewhere_are_refused_in_clear_words(mail):
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refusal:
        await send(mail, MAIL, "nobody@studio.example", "friend@gmail.example")

    here, elsewhere = refusal.value.recipients.values()
    assert here[0] == elsewhere[0] == 550
    assert b"no such practice mailbox" in here[1]
    assert b"sends nothing out" in elsewhere[1]
    with pytest.raises(Refused, match=r"friend@gmail\.example"):
        await mail.deliver(MAIL, [STUDIO.address, "friend@gmail.example"])
    assert mail.messages(STUDIO.address) == []


async def test_one_person_with_several_addresses_gets_one_copy_and_others_theirs(mail):
    refused = await send(
        mail, MAIL, "Bookings@studio.example", STUDIO.address, "bo+news@other.example", "nobody@other.example"
    )

    assert list(refused) == ["nobody@other.example"]
    assert len(mail.messages("bookings@studio.example")) == 1
    assert len(mail.messages(BO.address)) == 1
    assert mail.messages(ANA.address) == []


async def test_a_bounce_with_an_empty_sender_is_taken(mail):
    await send(mail, b"From: MAILER-DAEMON@else.example\r\n\r\nno\r\n", STUDIO.address, sender="")

    assert mail.messages(STUDIO.address)[0].raw.startswith(b"Return-Path: <>\r\n")


async def test_everybody_sees_only_their_own_mail(mail):
    await mail.deliver(MAIL, [STUDIO.address])

    assert await with_imap(mail, ANA, lambda c: c.select("INBOX")) == ("OK", [b"0"])
    with pytest.raises(imaplib.IMAP4.error):
        await with_imap(mail, PracticePerson("", "", "", "studio", "ana-pass"), lambda c: None)


async def test_a_mail_program_finds_the_folders_and_files_flags_moves_and_expunges(mail):
    await mail.deliver(MAIL, [STUDIO.address])
    await mail.deliver(MAIL, [STUDIO.address])

    def work(c: imaplib.IMAP4):
        folders = c.list()[1]
        c.append("Sent", r"(\Seen)", None, MAIL)
        c.select("INBOX")
        c.uid("STORE", "1", "+FLAGS", r"(\Flagged $Forwarded)")
        c.uid("MOVE", "1", "Archive")
        c.uid("STORE", "2", "+FLAGS", r"(\Deleted)")
        c.expunge()
        c.create("Clients/Ana")
        c.rename("Clients/Ana", "Clients/Perez")
        c.uid("COPY", "1", "INBOX")
        found = c.uid("SEARCH", None, "HEADER", "Message-ID", "<1@client.example>")
        c.select("Sent", readonly=True)
        sent = c.uid("SEARCH", None, "HEADER", "Message-ID", "1@client.example")
        return folders, found, sent, c.close(), [line.split()[-1] for line in c.list()[1]]

    folders, found, sent, closed, later = await with_imap(mail, STUDIO, work)

    assert [line.split(b'"/" ') for line in folders][:2] == [
        [b"(\\HasNoChildren) ", b"INBOX"], [b"(\\HasNoChildren \\Sent) ", b"Sent"],
    ]  # fmt: skip
    assert mail.messages(STUDIO.address) == []
    assert [(m.uid, m.flags) for m in mail.messages(STUDIO.address, "Archive")] == [
        (1, {r"\Flagged", "$Forwarded"})
    ]
    assert [(m.raw, m.flags) for m in mail.messages(STUDIO.address, "Sent")] == [(MAIL, {r"\Seen"})]
    assert (found, sent, closed[0]) == (("OK", [b""]), ("OK", [b"1"]), "OK")
    assert b"Clients/Perez" in later


async def test_a_restart_continues_with_the_same_mails_uids_and_flags(tmp_path):
    def look(c: imaplib.IMAP4):
        c.select("INBOX", readonly=True)
        return (
            c.untagged_responses["UIDVALIDITY"],
            c.untagged_responses["UIDNEXT"],
            c.uid("FETCH", "1:*", "(FLAGS BODY.PEEK[])"),
        )

    async with open_mail(tmp_path) as before:
        for _ in range(3):
            await before.deliver(MAIL, [STUDIO.address])
        await before.file(STUDIO.address, "Sent", MAIL, received_at=datetime(2026, 1, 2, tzinfo=UTC))
        await with_imap(
            before, STUDIO, lambda c: (c.select("INBOX"), c.uid("STORE", "2", "+FLAGS", r"\Seen"))
        )
        await with_imap(
            before,
            STUDIO,
            lambda c: (c.select("INBOX"), c.uid("STORE", "3", "+FLAGS", r"\Deleted"), c.expunge()),
        )
        seen_before = await with_imap(before, STUDIO, look)
        kept_before = [before.messages(STUDIO.address, name) for name in ("INBOX", "Sent")]

    async with open_mail(tmp_path) as after:
        assert await with_imap(after, STUDIO, look) == seen_before
        assert [after.messages(STUDIO.address, name) for name in ("INBOX", "Sent")] == kept_before
        await after.deliver(MAIL, [STUDIO.address])
        assert [m.uid for m in after.messages(STUDIO.address)] == [1, 2, 4]
    assert [path.name for path in tmp_path.iterdir()] == ["practice-mail.db"]


async def idle_client(mail: PracticeMail) -> aioimaplib.IMAP4:
    client = aioimaplib.IMAP4(*mail.imap_address, timeout=10)
    await client.wait_hello_from_server()
    await client.login(STUDIO.user, STUDIO.password)
    await client.select("INBOX")
    return client


async def test_every_delivery_is_pushed_to_whoever_idles(mail):
    client = await idle_client(mail)

    for number in range(1, 21):
        idle = await client.idle_start(timeout=30)
        await mail.deliver(MAIL, [STUDIO.address])
        assert f"{number} EXISTS".encode() in await client.wait_server_push()
        client.idle_done()
        await idle

    await client.logout()


async def test_a_mail_that_came_just_before_idle_is_not_slept_through(mail):
    client = await idle_client(mail)
    await mail.deliver(MAIL, [STUDIO.address])

    idle = await client.idle_start(timeout=30)

    assert b"1 EXISTS" in await client.wait_server_push()
    client.idle_done()
    await idle
    await client.logout()


async def test_the_page_hears_of_every_changed_folder_once_until_the_server_closes(tmp_path):
    async with open_mail(tmp_path) as mail:
        changes = mail.subscribe()
        await mail.deliver(MAIL, ["bookings@studio.example", BO.address])
        await mail.deliver(MAIL, [STUDIO.address])
        await mail.file(ANA.address, "Sent", MAIL)

    heard = [change async for change in changes]

    assert heard == [(STUDIO.address, "INBOX"), (BO.address, "INBOX"), (ANA.address, "Sent")]


async def test_a_taken_port_is_named_with_the_option_that_moves_it(mail, tmp_path):
    smtp_taken = PracticeMail(PEOPLE, tmp_path / "two.db", mail.smtp_address.port, 0)
    imap_taken = PracticeMail(PEOPLE, tmp_path / "two.db", 0, mail.imap_address.port)

    with pytest.raises(Permanent, match=rf"port {mail.smtp_address.port} .* is taken; .* --smtp-port"):
        await smtp_taken.__aenter__()
    with pytest.raises(Permanent, match=rf"port {mail.imap_address.port} .* is taken; .* --imap-port"):
        await imap_taken.__aenter__()


async def test_a_file_in_use_or_of_another_kind_is_refused(mail, tmp_path):
    (tmp_path / "letter.txt").write_text("not a database, but long enough to be looked at as one" * 50)

    for name in ("practice-mail.db", "letter.txt"):
        with pytest.raises(Permanent, match=name):
            await PracticeMail(PEOPLE, tmp_path / name, 0, 0).__aenter__()


async def test_closing_ends_clients_in_the_middle_of_something(tmp_path):
    async with open_mail(tmp_path) as mail:
        idler = await idle_client(mail)
        await idler.idle_start(timeout=30)
        reader, writer = await asyncio.open_connection(*mail.smtp_address)
        writer.write(
            b"EHLO x\r\nMAIL FROM:<ana@client.example>\r\nRCPT TO:<hello@studio.example>\r\nDATA\r\nSubject: half"
        )
        while not (await reader.readline()).startswith(b"354"):
            pass

    assert b"421" in await reader.read()
    assert await idler.wait_server_push()
    writer.close()
    with sqlite3.connect(tmp_path / "practice-mail.db") as db:
        assert db.execute("SELECT count(*) FROM mails").fetchone() == (0,)
    db.close()


@pytest.mark.parametrize(
    "hostile",
    [
        b"Message-ID: <[x]>\r\nFrom: (((((\r\n\r\nx\r\n",
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + b'--b\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n' * 2000,
        b"\r\n",
        b"no header at all",
        b"From: " + b"(" * 2000 + b'\r\nContent-Type: text/plain; charset="\xff\r\n\r\n\x00',
    ],
)  # fmt: skip
async def test_hostile_mail_is_fetched_whole_and_the_connection_survives_asking_for_its_structure(
    mail, hostile
):
    await mail.file(STUDIO.address, "INBOX", hostile)

    def read(c: imaplib.IMAP4):
        c.select("INBOX")
        whole = c.uid("FETCH", "1", "(BODY.PEEK[])")[1][0][1]
        structure = c.uid("FETCH", "1", "(ENVELOPE BODYSTRUCTURE)")[0]
        return whole, structure, c.uid("SEARCH", None, "HEADER", "From", "nobody")[0], c.noop()[0]

    assert await with_imap(mail, STUDIO, read) == (hostile, "OK", "OK", "OK")
