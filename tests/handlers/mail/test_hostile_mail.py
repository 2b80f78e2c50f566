"""Mail made to stop a reader: read or quarantined, never an exception, never a hang."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import Quarantined
from bot.inbound import ReadMessage
from handlers.mail.reading import read_mail
from handlers.mail.wire import dump, load

HEAD = b"From: a@b.example\r\nTo: c@d.example\r\n"
MIXED = HEAD + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n"
HTML = HEAD + b"Content-Type: text/html\r\n\r\n"
DAEMON = b"From: MAILER-DAEMON@b.example\r\n\r\n"

BOMBS = {
    "encoded words": HEAD + b"Subject: " + b"=?utf-8?q?a?= " * 15_000 + b"\r\n\r\nx",
    "open words": HEAD + b"Subject: " + b"=?a?q?" * 5_000 + b"\r\n\r\nx",
    "addresses": HEAD + b"Cc: " + b"a@b.example, " * 15_000 + b"\r\n\r\nx",
    "comments": b"From: " + b"(" * 30_000 + b"\r\n\r\nx",
    "quotes": b"From: " + b'"' * 30_000 + b"\r\n\r\nx",
    "angles": b"From: " + b"<" * 30_000 + b"\r\n\r\nx",
    "groups": b"To: " + b":;" * 15_000 + b"\r\n\r\nx",
    "references": HEAD + b"References: " + b"<" * 30_000 + b"\r\n\r\nx",
    "date": HEAD + b"Date: " + b"1 " * 15_000 + b"\r\n\r\nx",
    "parameters": HEAD + b"Content-Type: text/plain" + b"; a=b" * 6_000 + b"\r\n\r\nx",
    "sections": HEAD + b"Content-Type: text/plain" + b"; a*1=b" * 4_000 + b"\r\n\r\nx",
    "blanks in parameters": HEAD + b"Content-Type: text/plain; a=b" + b" x " * 10_000 + b"\r\n\r\nx",
    "nesting": HEAD + b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(900)),
    "parts": MIXED + b"--x\r\n\r\na\r\n" * 50_000,
    "almost boundaries": MIXED + b"--x\r\n" + b"--xx" * 200_000,
    "status": HEAD + b"Content-Type: message/delivery-status\r\n\r\n" + b"\n" * 300_000,
    "lines": HEAD + b"\r\n" + b"\n" * 500_000,
    "attributions": HEAD + b"\r\n" + b"On " * 100_000,
    "quote marks": HEAD + b"\r\n" + b"> " * 300_000,
    "headers in text": HEAD + b"\r\n" + b"From: a\n" * 4_000,
    "reports": DAEMON + b"could not be delivered to " * 20_000,
    "addresses in reports": DAEMON + (b"a.b" * 20_000 + b"@") * 10,
    "divs": HTML + b"<div>" * 100_000 + b"x",
    "bold paragraphs": HTML + b"<b><p>" * 40_000 + b"x",
    "styles": HTML + b"<style>/*" * 10_000,
    "media": HTML + b"<style>" + b"@media{" * 8_000 + b"</style>x",
    "style attribute": HTML + b"<p style='" + b"font-size:0" * 30_000 + b"'>x",
    "open tags": HTML + b"<" * 300_000,
    "calendar": HEAD + b"Content-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR\r\n" + b"BEGIN:VEVENT\r\n" * 5_000,
    "flowed": HEAD + b"Content-Type: text/plain; format=flowed\r\n\r\n" + b"a \n" * 200_000,
    "eight bit": HEAD + b"\r\n" + bytes(range(128, 256)) * 2_000,
}  # fmt: skip


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_read_or_quarantined(name: str) -> None:
    try:
        read = read_mail(BOMBS[name])
    except Quarantined:
        return

    assert isinstance(read, ReadMessage)


PIECES = st.sampled_from(
    [b"From: a@b.example", b"To: ", b"Subject: =?utf-8?b?", b"Content-Type: multipart/mixed; boundary=b", b"--b", b"--b--",
     b"Content-Type: text/html", b"Content-Type: message/rfc822", b"Content-Type: text/calendar", b"Content-Transfer-Encoding: base64",
     b"Content-Type: message/delivery-status", b"Final-Recipient: rfc822;", b"Auto-Submitted: auto-replied", b"\r\n", b"\n", b"\r\n\r\n",
     b"<div style='display:none'>", b"</div>", b"<blockquote>", b"On Monday Ann wrote:", b"> ", b"-- ", b"-----Original Message-----",
     b"BEGIN:VCALENDAR", b"BEGIN:VEVENT", b"DTSTART:", b"20260101T000000", b"=?=", b'"', b"(", b"<", b"@", b";", b"\x00", b"\xff", b"\xe2\x80\xae",
     b"charset=utf-16", b"Date: Mon, 2 Mar 2026", b"name*0*=utf-8''%FF"]
)  # fmt: skip


@given(st.lists(PIECES | st.binary(max_size=20), max_size=60))
@settings(max_examples=300, deadline=None)
def test_no_bytes_raise_anything_but_quarantined(pieces: list[bytes]) -> None:
    raw = b"".join(pieces)
    try:
        read = read_mail(raw)
    except Quarantined as refused:
        assert refused.__cause__ is None, f"an exception inside: {refused.__cause__!r}"
        return

    assert load(dump(read)) == read or "\ufffd" in dump(read).decode()
    assert read == read_mail(raw)
