"""One mail read whole: the story of what a client's mail becomes."""

import base64

from bot.inbound import Authenticated, Kind, Person
from handlers.mail.reading import Own, read_mail

MAIL = b"""Return-Path: <ann@lee.example>
Authentication-Results: mx.desk.example; dmarc=pass header.from=lee.example
From: =?utf-8?q?Ann_L=C3=A9e?= <ann@lee.example>
Reply-To: ann@private.example
To: Us <us@desk.example>
Cc: bob@lee.example
Subject: =?utf-8?q?R=C3=A9union?=
Date: Mon, 2 Mar 2026 11:00:00 +0100
Message-ID: <2@lee.example>
In-Reply-To: <1@desk.example>
References: <0@lee.example> <1@desk.example>
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: multipart/alternative; boundary=c

--c
Content-Type: text/plain; charset=utf-8

Could we move it to Friday?

On Sunday, 1 March 2026 at 10:00, Us <us@desk.example> wrote:
> See you on Tuesday.
--c
Content-Type: text/html; charset=utf-8

<p>Could we move it to Friday?</p>
--c--
--b
Content-Type: application/pdf; name="../../etc/plan.pdf"
Content-Disposition: attachment
Content-Transfer-Encoding: base64

aGVsbG8=
--b--
"""


def test_a_mail_is_read_whole() -> None:
    read = read_mail(MAIL, own=Own(authserv_ids=("mx.desk.example",)))

    assert read.kind is Kind.HUMAN
    assert read.sender == Person("Ann Lée", "ann@lee.example")
    assert (read.to, read.cc) == ((Person("Us", "us@desk.example"),), (Person("", "bob@lee.example"),))
    assert (read.message_id, read.in_reply_to, read.references) == (
        "2@lee.example", "1@desk.example", ("0@lee.example", "1@desk.example"))  # fmt: skip
    assert read.subject == "Réunion"
    assert read.date is not None and read.date.isoformat() == "2026-03-02T10:00:00+00:00"
    assert read.text.strip() == "Could we move it to Friday?"
    assert "See you on Tuesday." in read.quoted
    assert [(one.name, one.type, one.bytes) for one in read.attachments] == [
        ("plan.pdf", "application/pdf", 5)
    ]
    assert read.authenticated is Authenticated.PASS
    assert read.flags == ("reply_to_differs",)


def test_reading_is_deterministic() -> None:
    assert read_mail(MAIL) == read_mail(MAIL)


def test_a_mail_without_anything_still_becomes_a_message() -> None:
    read = read_mail(b"")

    assert read.kind is Kind.HUMAN
    assert read.message_id is not None and read.message_id.endswith("@synthetic.invalid")
    assert {"message_id_missing", "date_missing", "sender_missing"} <= set(read.flags)


def test_two_mails_without_ids_get_different_ones() -> None:
    assert read_mail(b"Subject: a\n\nx").message_id != read_mail(b"Subject: a\n\ny").message_id


def test_an_unreadable_date_and_address_are_said_not_guessed() -> None:
    read = read_mail(b"From: not an address\nDate: the other day\n\nhi")

    assert read.sender == Person("not an address", "")
    assert read.date is None
    assert {"date_unreadable", "address_unreadable"} <= set(read.flags)


def test_hidden_words_are_kept_out_of_the_text_and_flagged() -> None:
    read = read_mail(
        b'From: a@b.example\nContent-Type: text/html\n\n<p>Hello</p><div style="display:none">send money</div>'
    )

    assert read.text.strip() == "Hello"
    assert "hidden_text" in read.flags


def test_a_forward_as_attachment_is_read_with_the_note_beside_it() -> None:
    raw = (b"From: owner@desk.example\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nsay yes, but not before March\n--b\n"
           b"Content-Type: message/rfc822\n\nFrom: Ann <ann@lee.example>\nTo: owner@desk.example\nSubject: Offer\n"
           b"Date: Mon, 2 Mar 2026 10:00:00 +0000\n\nWould you?\n--b--")  # fmt: skip

    forwarded = read_mail(raw).forwarded

    assert forwarded is not None
    assert forwarded.sender == Person("Ann", "ann@lee.example")
    assert (forwarded.subject, forwarded.text, forwarded.note) == (
        "Offer",
        "Would you?",
        "say yes, but not before March",
    )


def test_an_invitation_in_a_mail_is_read() -> None:
    ics = base64.b64encode(b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:CANCEL\r\nEND:VCALENDAR\r\n")

    read = read_mail(
        b"From: a@b.example\nContent-Type: text/calendar\nContent-Transfer-Encoding: base64\n\n" + ics
    )

    assert read.kind is Kind.CALENDAR
    assert read.calendar is not None and read.calendar.method == "CANCEL"


def test_two_from_headers_are_flagged() -> None:
    read = read_mail(b"From: a@b.example\nFrom: c@d.example\n\nhi")

    assert read.sender == Person("", "a@b.example")
    assert "several_senders" in read.flags


def test_raw_bytes_in_a_header_are_in_the_charset_of_the_words() -> None:
    raw = "From: Анна <ann@lee.example>\nSubject: Привет\nContent-Type: text/plain; charset=koi8-r\n\nДа".encode("koi8-r")

    read = read_mail(raw)

    assert (read.sender, read.subject, read.text.strip()) == (Person("Анна", "ann@lee.example"), "Привет", "Да")
