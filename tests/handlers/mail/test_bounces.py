"""Delivery reports: whom they are about, why, and which mail."""

from bot.inbound import BouncedRecipient, Kind
from handlers.mail.bounces import best_status
from handlers.mail.reading import read_mail

DSN = b"""From: Mail Delivery System <MAILER-DAEMON@mx.example>
To: us@desk.example
Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b

Your message could not be delivered.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; ann@lee.example
Action: failed
Status: 5.0.0
Diagnostic-Code: smtp; 550 5.1.1 no such user

Final-Recipient: rfc822;bob@lee.example
Action: delayed
Status: 4.4.1 (no route)

Final-Recipient: rfc822;cleo@lee.example
Action: delivered
Status: 2.0.0
--b
Content-Type: text/rfc822-headers

Message-ID: <77@desk.example>
To: ann@lee.example
--b--
"""


def worded(
    text: str, *, sender: str = "MAILER-DAEMON@mx.example", subject: str = "failure notice", extra: str = ""
) -> bytes:
    return f"From: {sender}\nTo: us@desk.example\nSubject: {subject}\n{extra}\n{text}".encode()


def test_a_report_by_the_book_gives_every_recipient_that_was_not_reached() -> None:
    read = read_mail(DSN)

    assert read.kind is Kind.BOUNCE
    assert read.bounce == (
        BouncedRecipient("ann@lee.example", "5.1.1", "failed", "550 5.1.1 no such user"),
        BouncedRecipient("bob@lee.example", "4.4.1", "delayed", ""),
    )
    assert read.headers["failed-message-id"] == read.in_reply_to == "77@desk.example"


def test_a_report_in_words_names_its_recipient_and_the_mail_it_returns() -> None:
    raw = worded("I wasn't able to deliver your message to the following addresses.\n\n<ann@lee.example>:\n"
                 "192.0.2.7 failed after I sent the message.\nRemote host said: 552 5.2.2 mailbox full\n\n"
                 "--- Below this line is a copy of the message.\n\nReturn-Path: <us@desk.example>\nReceived: from x by y\n"
                 "Message-ID: <78@desk.example>\nTo: ann@lee.example, other@lee.example\n\nsee me@elsewhere.example\n")  # fmt: skip

    read = read_mail(raw)

    assert [(one.recipient, one.status, one.action) for one in read.bounce or ()] == [
        ("ann@lee.example", "5.2.2", "failed")
    ]
    assert read.in_reply_to == "78@desk.example"


def test_a_transcript_names_each_refused_recipient_with_its_own_reason() -> None:
    raw = worded("----- Transcript of session follows -----\n>>> RCPT To:<ann@lee.example>\n<<< 550 5.1.1 unknown\n"
                 "550 <ann@lee.example>... User unknown\n452 4.2.2 <bob@lee.example>... Mailbox full\n")  # fmt: skip

    assert [(one.recipient, one.status) for one in read_mail(raw).bounce or ()] == [
        ("ann@lee.example", "5.1.1"), ("bob@lee.example", "4.2.2")]  # fmt: skip


def test_a_warning_is_delayed_not_failed() -> None:
    raw = worded("THIS IS A WARNING MESSAGE ONLY.\nDelivery to the following recipient has been delayed:\n\n  ann@lee.example\n\n"
                 "Message will be retried for 2 more days\n", subject="Delivery Status Notification (Delay)")  # fmt: skip

    assert [(one.status[:2], one.action) for one in read_mail(raw).bounce or ()] == [("4.", "delayed")]


def test_the_header_that_names_the_recipient_is_believed() -> None:
    raw = worded("A message that you sent could not be delivered.\n\n  ann@lee.example\n    retry timeout exceeded\n"
                 "For help write to help@mx.example\n", extra="X-Failed-Recipients: ann@lee.example\n")  # fmt: skip

    assert [one.recipient for one in read_mail(raw).bounce or ()] == ["ann@lee.example"]


def test_a_report_that_names_nobody_is_about_whom_we_wrote_to() -> None:
    raw = worded("421 lee.example (smtp)... Deferred: Connection timed out\n\n   ----- Unsent message follows -----\n"
                 "From: us@desk.example\nTo: ann@lee.example\nSubject: x\n\nhi\n")  # fmt: skip

    assert [(one.recipient, one.status[0]) for one in read_mail(raw).bounce or ()] == [
        ("ann@lee.example", "4")
    ]


def test_what_the_refusing_server_says_counts_more_than_the_reporters_reading() -> None:
    assert best_status("5.1.1", "550 5.7.1 blocked by policy", "", "") == "5.7.1"
    assert best_status("5.2.2", "mailbox full", "", "") == "5.2.2"
    assert best_status("", "550 Unknown user ann", "", "") == "5.1.1"
    assert best_status("", "host 192.0.2.1 said nothing", "", "Returned mail") == "5.0.0"
    assert best_status("", "message is still being retried", "", "Warning: could not send") == "4.4.7"


def test_a_report_that_breaks_off_in_the_middle_of_a_line_ends() -> None:
    raw = b"From: x@y.example\nContent-Type: message/delivery-status\n\nFinal-Recipient: rfc822;a@b.example\n\n no field"

    assert [one.recipient for one in read_mail(raw).bounce or ()] == ["a@b.example"]
