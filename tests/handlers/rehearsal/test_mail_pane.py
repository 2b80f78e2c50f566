"""What a practice person writes, answers and passes on: read again by the product's own reader."""

from datetime import UTC, datetime
from email import message_from_bytes

import pytest

from bot.errors import Refused
from handlers.mail.reading import read_mail
from handlers.rehearsal.cast import Business
from handlers.rehearsal.mail_pane import File, Sheet, forward_sheet, reply_sheet, written
from handlers.rehearsal.mail_server import StoredMail
from handlers.rehearsal.mail_shown import shown_mail

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
BUSINESS = Business("Studio Hallberg", "hello@studio.example", ())
RECEIVED = b"""From: =?utf-8?q?J=C3=B8rgen?= Aas <jorgen@client.example>\r
Reply-To: office@client.example\r
To: Maren <maren@studio.example>\r
Subject: RE: The sign\r
Message-ID: <two@client.example>\r
References: <one@client.example>\r
Date: Fri, 20 Nov 2026 08:00:00 +0100\r
Content-Type: text/plain; charset=utf-8\r
\r
Is it <ready>?\r
\r
> On Thursday you said soon.\r
"""


def stored(raw):
    return StoredMail(1, raw, NOW, frozenset())


def test_a_reply_is_threaded_and_quotes_the_whole_mail_one_level_deeper():
    sheet = reply_sheet(shown_mail(stored(RECEIVED)), UTC)

    mail = message_from_bytes(written(sheet, "Maren", "maren@studio.example", NOW).as_bytes())

    assert mail["To"] == "office@client.example"
    assert mail["Subject"] == "RE: The sign"
    assert mail["In-Reply-To"] == "<two@client.example>"
    assert mail["References"] == "<one@client.example> <two@client.example>"
    assert sheet.text == (
        "\n\nOn Fri, 20 Nov 2026 at 07:00, Jørgen Aas <jorgen@client.example> wrote:\n"
        "> Is it <ready>?\n>\n>> On Thursday you said soon.\n"
    )


def test_the_product_credits_a_forward_to_its_writer():
    sheet = forward_sheet(shown_mail(stored(RECEIVED)), BUSINESS, UTC)
    noted = Sheet(sheet.to, sheet.cc, sheet.subject, "Yours, please." + sheet.text)

    read = read_mail(written(noted, "Maren", "maren@studio.example", NOW).as_bytes())

    assert read.forwarded.sender.address == "jorgen@client.example"
    assert read.forwarded.sender.name == "Jørgen Aas"
    assert (read.forwarded.note, read.forwarded.subject) == ("Yours, please.", "RE: The sign")


@pytest.mark.parametrize(
    "to", ["", "nobody", "a@b@c.example", "Jo <jo@client.example>, <x>", "a b@c.example"]
)
def test_a_mail_to_nobody_is_refused_before_it_is_sent(to):
    with pytest.raises(Refused):
        written(Sheet(to=to, text="x"), "Maren", "maren@studio.example", NOW)


def test_no_field_can_smuggle_in_a_header():
    sheet = Sheet("Jo\r\nBcc: spy@evil.example <jo@client.example>", "", "Hi\r\nBcc: spy@evil.example", "x",
                  "<a@b>\r\nBcc: spy@evil.example", "")  # fmt: skip

    mail = message_from_bytes(written(sheet, "Ma\nren", "maren@studio.example", NOW).as_bytes())

    assert mail["Bcc"] is None
    assert mail["In-Reply-To"] == "<a@b>"


def test_attachments_come_back_as_they_went():
    files = [File("preis <1>.txt", "text/plain", "Größe".encode()), File("x.bin", "nonsense", b"\x00\xff")]

    mail = shown_mail(
        stored(written(Sheet("jo@client.example"), "M", "m@studio.example", NOW, files).as_bytes())
    )

    assert [(part.name, part.content) for part in mail.enclosed] == [
        ("preis <1>.txt", "Größe".encode()),
        ("x.bin", b"\x00\xff"),
    ]


@pytest.mark.parametrize(
    "raw", [b"", b"\x00", b"no header at all", b"From: <<[]>\r\nDate: x\r\n\r\n", b"A: b\r\n" * 20_000]
)
def test_a_damaged_mail_is_still_shown_with_its_source(raw):
    mail = shown_mail(stored(raw))

    assert mail.source == raw.decode("utf-8", "replace")
    assert mail.subject == "(no subject)"


def test_a_mail_of_html_alone_is_shown_as_its_words():
    raw = b"From: a@b.example\r\nContent-Type: text/html\r\n\r\n<p>Hello</p><script>no()</script>"

    assert shown_mail(stored(raw)).text == "Hello"
