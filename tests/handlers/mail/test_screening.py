"""What sort of mail it is, and the words that say so."""

import pytest

from bot.inbound import Kind
from handlers.mail.reading import Own, read_mail


def mail(
    *fields: str,
    subject: str = "About Tuesday",
    sender: str = "Ann Lee <ann@lee.example>",
    text: str = "Hello.",
) -> bytes:
    head = [
        f"From: {sender}",
        "To: us@desk.example",
        f"Subject: {subject}",
        "Date: Mon, 2 Mar 2026 10:00:00 +0000",
        *fields,
    ]
    return "\r\n".join([*head, "Content-Type: text/plain; charset=utf-8", "", text]).encode()


@pytest.mark.parametrize(
    ("fields", "kind", "why"),
    [
        (["Auto-Submitted: auto-replied"], Kind.AUTO_REPLY, "Auto-Submitted: auto-replied"),
        (["Auto-Submitted: auto-replied (vacation)"], Kind.AUTO_REPLY, "Auto-Submitted: auto-replied (vacation)"),
        (["Auto-Submitted: auto-generated"], Kind.NOTIFICATION, "Auto-Submitted: auto-generated"),
        (["Auto-Submitted: auto-generated", "In-Reply-To: <1@desk.example>"], Kind.AUTO_REPLY, "Auto-Submitted: auto-generated, in reply to a message"),
        (["X-Autoreply: yes"], Kind.AUTO_REPLY, "X-Autoreply: yes"),
        (["Precedence: auto_reply"], Kind.AUTO_REPLY, "Precedence: auto_reply"),
        (["Precedence: bulk"], Kind.LIST, "Precedence: bulk"),
        (["List-Id: News <news.lee.example>"], Kind.LIST, "List-Id: News <news.lee.example>"),
        (["X-Spam-Flag: YES"], Kind.SPAM_SUSPECT, "X-Spam-Flag: YES"),
        (["X-Failed-Recipients: bob@b.example"], Kind.BOUNCE, "X-Failed-Recipients: bob@b.example"),
    ],
)  # fmt: skip
def test_a_robot_is_known_by_its_header_and_the_header_is_said(
    fields: list[str], kind: Kind, why: str
) -> None:
    read = read_mail(mail(*fields))

    assert (read.kind, read.why) == (kind, (why,))


@pytest.mark.parametrize(
    "subject",
    [
        "Automatic reply: About Tuesday",
        "Abwesenheitsnotiz",
        "Réponse automatique : bonjour",
        "自动回复: 你好",
    ],
)
def test_an_absence_is_known_by_its_subject_in_many_languages(subject: str) -> None:
    assert read_mail(mail(subject=subject)).kind is Kind.AUTO_REPLY


@pytest.mark.parametrize(
    "raw",
    [
        mail(),
        mail("Auto-Submitted: no"),
        mail(subject="Re: Automatic door, out of order"),
        mail(
            subject="Fwd: Undelivered Mail Returned to Sender",
            text="Look what came back. It could not be delivered to Bob.",
        ),
        mail(subject="Delivery failed?", text="Your parcel could not be delivered to us, can you check?"),
        mail(sender="Postmaster Pat <postmaster@lee.example>", text="Can we meet?"),
        mail("X-Auto-Response-Suppress: OOF"),
        mail("Return-Path: <>", text="A person whose server sends no return path."),
    ],
)
def test_a_person_is_not_taken_for_a_robot(raw: bytes) -> None:
    read = read_mail(raw)

    assert (read.kind, read.why) == (Kind.HUMAN, ())


def test_a_group_address_of_ours_does_not_make_people_a_list() -> None:
    raw = mail("List-Id: <us.desk.example>", "List-Post: <mailto:us@desk.example>", "Precedence: list")

    assert read_mail(raw).kind is Kind.LIST
    assert read_mail(raw, own=Own(addresses=frozenset({"us@desk.example"}))).kind is Kind.HUMAN


def test_our_own_mail_coming_back_is_known_by_its_id() -> None:
    raw = mail("Message-ID: <7.understudy@desk.example>")

    assert read_mail(raw, own=Own(is_own_id=lambda found: "understudy" in found)).kind is Kind.OWN


def test_a_complaint_is_feedback() -> None:
    raw = (b"From: fbl@isp.example\r\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\r\n\r\n--b\r\n\r\n"
           b"abuse\r\n--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\n--b--")  # fmt: skip

    assert read_mail(raw).kind is Kind.FEEDBACK


def test_a_read_receipt_is_a_notification() -> None:
    raw = (b"From: a@b.example\r\nContent-Type: multipart/report; report-type=disposition-notification; boundary=b\r\n\r\n--b\r\n\r\n"
           b"read\r\n--b\r\nContent-Type: message/disposition-notification\r\n\r\nDisposition: x\r\n--b--")  # fmt: skip

    assert read_mail(raw).kind is Kind.NOTIFICATION


def test_a_calendar_file_sent_along_does_not_make_the_mail_an_invitation() -> None:
    head = b"From: ann@lee.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nSee when I am free.\r\n--b\r\n"
    part = b"Content-Disposition: attachment; filename=free.ics\r\n\r\nBEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n--b--"

    assert read_mail(head + b"Content-Type: text/calendar\r\n" + part).kind is Kind.HUMAN
    assert read_mail(head + b"Content-Type: text/calendar; method=REQUEST\r\n" + part).kind is Kind.CALENDAR
