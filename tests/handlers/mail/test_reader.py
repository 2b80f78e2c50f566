"""The child that reads for us may die of a mail; the house and the other mails go on."""

import asyncio
import signal

import pytest

from bot.errors import Quarantined
from bot.inbound import Kind, ReadMessage
from handlers.mail.reader import Limits, MailReader, RawMail
from handlers.mail.reading import Own, read_mail
from handlers.mail.wire import dump, load

SMALL = b"From: Ann <ann@lee.example>\r\nMessage-ID: <%d@lee.example>\r\nSubject: x\r\n\r\nHello %d\r\n\r\n> old\r\n"
HUNGRY = b"From: a@b.example\r\nContent-Type: text/html\r\n\r\n" + b"<i>a</i>" * 100_000
"""Takes a moment, and is harmless."""


async def test_a_batch_is_read_in_order_and_as_it_would_be_here() -> None:
    mails = [SMALL % (n, n) for n in range(200)]

    async with MailReader() as reader:
        results = await reader.read_many([RawMail(raw) for raw in mails])

    assert results == [read_mail(raw) for raw in mails]


async def test_the_parents_words_reach_the_child() -> None:
    raw = b"From: a@b.example\r\n\r\nYes.\r\nShall we meet on Tuesday at ten?\r\n"

    async with MailReader() as reader:
        read = await reader.read(raw, parent="Shall we meet on Tuesday at ten?")

    assert read == read_mail(raw, parent="Shall we meet on Tuesday at ten?")


async def test_a_mail_that_takes_too_much_memory_is_quarantined_and_the_next_is_read() -> None:
    async with MailReader(limits=Limits(memory_growth=24 * 1024 * 1024)) as reader:
        with pytest.raises(Quarantined):
            await reader.read(b"From: a@b.example\r\n\r\n" + b"x" * 20_000_000)

        assert (await reader.read(SMALL % (1, 1))).text.startswith("Hello 1")


async def test_a_mail_that_stops_the_child_is_quarantined_and_those_behind_it_are_read() -> None:
    async with MailReader(limits=Limits(wall_seconds=2.0, slow_seconds=0.3)) as reader:
        await reader.read(SMALL % (1, 1))
        reader._free[0]._process.send_signal(signal.SIGSTOP)

        results = await reader.read_many([RawMail(SMALL % (n, n)) for n in range(4)])

    assert [type(result) for result in results] == [Quarantined, ReadMessage, ReadMessage, ReadMessage]


async def test_a_mail_that_takes_too_much_time_of_the_machine_is_quarantined() -> None:
    async with MailReader(limits=Limits(cpu_seconds=0)) as reader:
        with pytest.raises(Quarantined):
            await reader.read(b"From: a@b.example\r\n\r\n" + b"-- \nBest,\n" * 200_000)


async def test_what_cannot_be_read_is_an_answer_not_an_end() -> None:
    bomb = b"".join(b"X-%d: a\r\n" % n for n in range(5000)) + b"\r\nhi"

    async with MailReader(children=1) as reader:
        results = await reader.read_many([RawMail(bomb), RawMail(SMALL % (1, 1))])

    assert isinstance(results[0], Quarantined)
    assert isinstance(results[1], ReadMessage)


async def test_a_child_that_was_ended_from_outside_is_replaced() -> None:
    async with MailReader(children=1) as reader:
        await reader.read(SMALL % (1, 1))
        reader._free[0]._process.kill()
        await reader._free[0]._process.wait()

        assert (await reader.read(SMALL % (2, 2))).text.startswith("Hello 2")


async def test_several_callers_at_once_get_their_own_answers() -> None:
    async with MailReader() as reader:
        results = await asyncio.gather(*(reader.read(SMALL % (n, n)) for n in range(20)))

    assert [read.message_id for read in results] == [f"{n}@lee.example" for n in range(20)]


async def test_our_own_ids_are_known_on_this_side_of_the_wire() -> None:
    async with MailReader(Own(is_own_id=lambda found: found.startswith("7@"))) as reader:
        assert (await reader.read(SMALL % (7, 7))).kind is Kind.OWN
        assert (await reader.read(SMALL % (8, 8))).kind is Kind.HUMAN


async def test_a_caller_that_gives_up_leaves_no_answer_for_the_next() -> None:
    async with MailReader(children=1) as reader:
        await reader.read(SMALL % (0, 0))
        waiting = asyncio.create_task(reader.read(HUNGRY))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

        assert (await reader.read(SMALL % (1, 1))).message_id == "1@lee.example"


async def test_a_closed_reader_refuses() -> None:
    reader = MailReader()
    await reader.aclose()

    with pytest.raises(RuntimeError):
        await reader.read(b"")


def test_a_message_survives_the_wire() -> None:
    raw = (b"From: a@b.example\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nx\n--b\n"
           b"Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822;c@d.example\nAction: failed\nStatus: 5.1.1\n--b--")  # fmt: skip

    for read in (
        read_mail(raw),
        read_mail(b""),
        read_mail(b"From: a\xff@b\nSubject: =?utf-8?q?=FF?=\n\n\xff"),
    ):
        assert load(dump(read)) == read
