"""Composing: a frozen letter becomes the bytes that will leave, which are read again and compared before anyone may send."""

import base64
import binascii
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header
from email.message import Message
from email.utils import format_datetime, getaddresses

from bot.errors import Permanent
from bot.ports import Letter
from bot.rules.message_ids import is_ours, new_message_id
from handlers.mail.envelope import BadAddress, NamedAddress, named_address
from handlers.mail.header_lines import address_field, text_field, token_field

__all__ = ["MailComposer", "envelope_of", "header_injection_probe", "is_ours", "new_message_id"]

LONGEST_LINE = 998
"""Without its CRLF (RFC 5322 section 2.1.1)."""
MOST_REFERENCES = 21
LONGEST_ID = 900
_ID = re.compile(r"<[!-;=?-~]+>")
_BARE = re.compile(rb"\r(?!\n)|(?<!\r)\n")


class MailComposer:
    """Writes plain-text mails; deterministic: the same letter gives the same bytes."""

    def compose(self, draft: Letter) -> bytes:
        """RFC 5322 bytes with CRLF line ends, re-read and found to say what the letter says, header by header.

        Permanent: a bad address, a line break in a header, no recipient, a date without zone.
        """
        try:
            written = _read(draft)
            raw = b"".join([*_fields(written), *_body(written.body)])
        except BadAddress as error:
            raise Permanent(f"this cannot be a mail: {error}") from error
        except ValueError as error:
            raise Permanent(f"this cannot be a mail: {_why(error)}") from error
        _compare(raw, written)
        return raw


def envelope_of(draft: Letter) -> tuple[str, tuple[str, ...]]:
    """Sender and recipients as the envelope has them: bare, domains in ASCII, each once. Permanent: a bad address."""
    try:
        everyone = [named_address(text).address for text in (*draft.to, *draft.cc)]
        return named_address(draft.sender).address, tuple(dict.fromkeys(everyone))
    except BadAddress as error:
        raise Permanent(f"this cannot be a mail: {error}") from error


def header_injection_probe() -> None:
    """Try to break out of a header in the ways that have worked on some Pythons. Permanent: one of them works here.

    Version numbers do not tell (CVE-2024-6923 is fixed in some builds of the same version), so we try it.
    """
    hidden = "=?utf-8?q?hi=0ABcc:_stranger=40example.org?="
    letter = Letter(
        message_id="<probe@example.org>",
        date=datetime(2026, 1, 1, tzinfo=UTC),
        sender=f'"{hidden}" <bot@example.org>',
        to=(f"{hidden} <client@example.org>",),
        cc=(),
        subject=hidden,
        body="probe\r\n\r\n.\r\n",
        in_reply_to=f"<{hidden}@example.org>",
    )
    composer = MailComposer()
    composer.compose(letter)
    for broken in ("a\nBcc: s@example.org", "a\rb", "a\x00b", "a\u2028b"):
        try:
            composer.compose(replace(letter, subject=broken))
        except Permanent:
            continue
        raise Permanent("this Python lets a line break into a mail header; update Python before sending mail")


@dataclass(frozen=True)
class _Written:
    """A letter read and checked, as it will be written."""

    sender: NamedAddress
    to: tuple[NamedAddress, ...]
    cc: tuple[NamedAddress, ...]
    subject: str
    date: str
    message_id: str
    in_reply_to: str
    references: tuple[str, ...]
    automatic: str
    body: str

    @property
    def names(self) -> list[str]:
        """The header, name by name, in its order."""
        present = {
            "From": True,
            "To": bool(self.to),
            "Cc": bool(self.cc),
            "Subject": True,
            "Date": True,
            "Message-ID": True,
            "In-Reply-To": bool(self.in_reply_to),
            "References": bool(self.references),
            "Auto-Submitted": bool(self.automatic),
            "X-Auto-Response-Suppress": bool(self.automatic),
            "MIME-Version": True,
            "Content-Type": True,
            "Content-Transfer-Encoding": True,
        }
        return [name for name, is_there in present.items() if is_there]


def _read(draft: Letter) -> _Written:
    if not draft.to and not draft.cc:
        raise ValueError("it has no recipient")
    if draft.date.utcoffset() is None:
        raise ValueError("its date has no time zone")
    if not _usable_id(draft.message_id):
        raise ValueError("its Message-ID is none")
    # what the client's program wrote may be no id at all; then the thread is joined without it
    answered = draft.in_reply_to if _usable_id(draft.in_reply_to) else ""
    thread = [reference for reference in dict.fromkeys(draft.references) if _usable_id(reference)]
    if answered:
        thread = [*(reference for reference in thread if reference != answered), answered]
    if len(thread) > MOST_REFERENCES:
        thread = [thread[0], *thread[-MOST_REFERENCES + 1 :]]
    return _Written(
        sender=named_address(draft.sender),
        to=tuple(named_address(text) for text in draft.to),
        cc=tuple(named_address(text) for text in draft.cc),
        subject=draft.subject,
        date=format_datetime(draft.date),
        message_id=draft.message_id,
        in_reply_to=answered,
        references=tuple(thread),
        automatic=("auto-replied" if answered else "auto-generated") if draft.automatic else "",
        body=_canonical(draft.body),
    )


def _fields(written: _Written) -> list[bytes]:
    fields = [address_field("From", [written.sender])]
    fields += [address_field(name, who) for name, who in (("To", written.to), ("Cc", written.cc)) if who]
    fields += [
        text_field("Subject", written.subject),
        token_field("Date", written.date.split(" ")),
        token_field("Message-ID", [written.message_id]),
    ]
    if written.in_reply_to:
        fields.append(token_field("In-Reply-To", [written.in_reply_to]))
    if written.references:
        fields.append(token_field("References", written.references))
    if written.automatic:
        fields += [
            token_field("Auto-Submitted", [written.automatic]),
            token_field("X-Auto-Response-Suppress", ["All"]),
        ]
    return fields


def _body(text: str) -> list[bytes]:
    """The MIME fields, the empty line and the encoded text. Long lines arrive long: the encoding breaks them softly."""
    raw = text.encode("utf-8")
    lines = raw.split(b"\n")
    charset = "us-ascii" if raw.isascii() else "utf-8"
    if raw.isascii() and all(_stands_as_it_is(line) for line in lines):
        encoding, encoded = "7bit", raw.replace(b"\n", b"\r\n")
    elif sum(byte > 126 for byte in raw) * 5 <= len(raw):
        encoding, encoded = "quoted-printable", b"\r\n".join(_quoted_printable(line) for line in lines)
    else:
        encoding, encoded = "base64", base64.encodebytes(raw.replace(b"\n", b"\r\n")).replace(b"\n", b"\r\n")
    return [
        token_field("MIME-Version", ["1.0"]),
        token_field("Content-Type", ["text/plain;", f"charset={charset}"]),
        token_field("Content-Transfer-Encoding", [encoding]),
        b"\r\n",
        encoded,
    ]


def _stands_as_it_is(line: bytes) -> bool:
    """Short, nothing a relay may strip, and no "From " that an mbox would change."""
    controls = any((byte < 32 and byte != 9) or byte == 127 for byte in line)
    return len(line) <= 78 and line == line.rstrip() and not line.startswith(b"From ") and not controls


def _quoted_printable(line: bytes) -> bytes:
    encoded = binascii.b2a_qp(line, quotetabs=False, istext=True).replace(b"=\n", b"=\r\n")
    return b"=46" + encoded[1:] if encoded.startswith(b"From ") else encoded


def _canonical(text: str) -> str:
    """One kind of line end, and one at the very end. ValueError: half a surrogate pair in it."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text.encode("utf-8")
    return text if text.endswith("\n") else text + "\n"


def _compare(raw: bytes, written: _Written) -> None:
    """Read the bytes as a stranger would, and accept them only if they say what was meant. Permanent: they do not."""
    head, _, _ = raw.partition(b"\r\n\r\n")
    names = [line.partition(b":")[0].decode("ascii", "replace") for line in re.split(rb"\r\n(?![ \t])", head)]
    message = message_from_bytes(raw)
    body = message.get_payload(decode=True)
    said = (
        names,
        message.keys(),
        _words(message, "Subject"),
        _people(message, "From"),
        _people(message, "To"),
        _people(message, "Cc"),
        _plain(message, "Message-ID"),
        _plain(message, "References"),
        body.replace(b"\r\n", b"\n") if isinstance(body, bytes) else None,
    )
    meant = (
        written.names,
        written.names,
        written.subject,
        [(written.sender.name, written.sender.address)],
        [(who.name, who.address) for who in written.to],
        [(who.name, who.address) for who in written.cc],
        written.message_id,
        " ".join(written.references),
        written.body.encode("utf-8"),
    )
    if said != meant or _BARE.search(raw) or any(len(line) > LONGEST_LINE for line in raw.split(b"\r\n")):
        raise Permanent("the composed mail does not read as it was meant, so it was not made")


def _plain(message: Message, name: str) -> str:
    return re.sub(r"\s+", " ", str(message.get(name, ""))).strip()


def _words(message: Message, name: str) -> str:
    return _decoded(re.sub(r"\r?\n", "", str(message.get(name, ""))))


def _people(message: Message, name: str) -> list[tuple[str, str]]:
    raw = re.sub(r"\r?\n", "", _unescaped(message, name))
    return [(_decoded(who), address) for who, address in getaddresses([raw])] if raw else []


def _unescaped(message: Message, name: str) -> str:
    """A field as text; addresses that need SMTPUTF8 stand in it as UTF-8."""
    value = dict(message.raw_items()).get(name, "")
    return str(value).encode("ascii", "surrogateescape").decode("utf-8", "replace")


def _decoded(text: str) -> str:
    if "=?" not in text:
        return text
    return "".join(
        part if isinstance(part, str) else part.decode(charset or "ascii", "replace")
        for part, charset in decode_header(text)
    )


def _usable_id(text: str) -> bool:
    """One id and nothing that any reader might decode into something else."""
    return len(text) <= LONGEST_ID and "=?" not in text and _ID.fullmatch(text) is not None


def _why(error: ValueError) -> str:
    return "half a character in its text" if isinstance(error, UnicodeError) else str(error)
