"""What left and did not arrive, or may not have, is a card: nothing is sent twice, nothing is lost in silence."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest_asyncio

from tests.flows.house import House, open_house
from tests.servers.smtp_sink import BEHAVIOURS, SmtpSink

REPORT = """From: MAILER-DAEMON@relay.example
To: hello@studio-hallberg.example
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Auto-Submitted: auto-replied
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

--b1
Content-Type: text/plain

I could not deliver your message.

--b1
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.example

Final-Recipient: rfc822; nora@ekdahl-glass.example
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 User unknown

--b1
Content-Type: message/rfc822

{original}
--b1--
"""


@pytest_asyncio.fixture(loop_scope="package")
async def sink() -> AsyncIterator[SmtpSink]:
    async with SmtpSink() as sink:
        yield sink


@pytest_asyncio.fixture(loop_scope="package")
async def sunk(sink: SmtpSink, tmp_path: Path) -> AsyncIterator[House]:
    """A house whose mail leaves through the sink."""
    environ = {"UNDERSTUDY_MAIL__SMTP": f"smtp://{sink.host}:{sink.port}"}
    async with open_house(tmp_path / "home", environ=environ) as house:
        yield house
        await house.quiet()


async def answered(house: House) -> None:
    await house.post.send("Nora", "A logo", "Hello,\n\nhow do you usually work?\n\nNora")
    await (await house.desk.card("how do you usually work")).press("maren", "Send")


async def test_a_bounce_reopens_the_inquiry(own_house: House) -> None:
    asked = await own_house.post.send("Nora", "A logo", "Hello,\n\nhow do you usually work?\n\nNora")
    await (await own_house.desk.card("how do you usually work")).press("maren", "Send")
    answer = await own_house.post.answer("Nora", asked)

    report = REPORT.format(original=answer.raw.decode()).replace("\n", "\r\n").replace("\r\r", "\r")
    await own_house.post.hand_in(report.encode(), "")

    card = await own_house.desk.card("Your reply came back", "550 5.1.1 User unknown")
    assert "Send again, same Message-ID" in card.labels
    assert not own_house.post.letters("Maren")


async def test_an_unknown_delivery_is_not_repeated_and_becomes_a_card(sink: SmtpSink, sunk: House) -> None:
    sink.behave(BEHAVIOURS["closes after the dot"])
    await answered(sunk)
    await sink.accepted(1)
    await sunk.quiet()

    sunk.clock.ahead = timedelta(minutes=3)

    card = await sunk.desk.card("Delivery unknown", "It may have been delivered", "It has not been sent again")
    await card.press("maren", "It arrived, mark as sent")
    await card.until("Maren Hallberg knows that it arrived")
    await sunk.quiet()
    assert len(sink.ledger) == 1


async def test_send_again_is_a_persons_choice_with_the_same_bytes(sink: SmtpSink, sunk: House) -> None:
    sink.behave(BEHAVIOURS["resets after the dot"])
    await answered(sunk)
    await sink.accepted(1)
    await sunk.quiet()
    sunk.clock.ahead = timedelta(minutes=3)
    card = await sunk.desk.card("Delivery unknown")

    await card.press("maren", "Send again, same Message-ID")

    first, second = await sink.accepted(2)
    assert first.raw == second.raw
    await card.until("Maren Hallberg had it sent again")


async def test_a_greylisting_server_delays_and_loses_nothing(sink: SmtpSink, sunk: House) -> None:
    sink.behave(BEHAVIOURS["451 at RCPT"], BEHAVIOURS["closes in the middle of the body"])
    await answered(sunk)
    await sunk.quiet()

    for _ in range(2):
        sunk.clock.ahead += timedelta(minutes=2)
        await sunk.quiet()

    await sink.accepted(1)
    assert len(sink.ledger) == 1


async def test_a_refusal_for_good_becomes_a_card_with_the_servers_words(sink: SmtpSink, sunk: House) -> None:
    sink.behave(BEHAVIOURS["550 at RCPT"])
    await answered(sunk)

    card = await sunk.desk.card("Not delivered", "5.1.1 No such user")

    await card.press("maren", "Leave it")
    await card.until("Left as it is by Maren Hallberg")
    assert sink.ledger == []


async def test_proof_in_the_sent_folder_settles_an_unknown_delivery(sink: SmtpSink, tmp_path: Path) -> None:
    environ = {"UNDERSTUDY_MAIL__SMTP": f"smtp://{sink.host}:{sink.port}", "UNDERSTUDY_MAIL__SENT_COPY": "server"}
    async with open_house(tmp_path / "home", environ=environ) as house:
        sink.behave(BEHAVIOURS["closes after the dot"])
        await answered(house)
        [taken] = await sink.accepted(1)
        await house.quiet()
        house.clock.ahead = timedelta(minutes=1)
        card = await house.desk.card("Delivery unknown")

        await house.mail.file(house.post.business.address, "Sent", taken.raw)
        house.clock.ahead = timedelta(minutes=3)

        await card.until("It arrived")
        await house.quiet()
    assert len(sink.ledger) == 1
