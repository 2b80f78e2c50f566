"""What a practice person does with mail: write, answer, pass on; sent by real SMTP like any mail program's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid

import aiosmtplib

from bot.errors import Refused
from handlers.mail.addresses import is_address, read_mailboxes
from handlers.rehearsal.cast import Business
from handlers.rehearsal.mail_server import PracticeMail, PracticePerson
from handlers.rehearsal.mail_shown import ShownMail

_MOST_REFERENCES = 20


@dataclass(frozen=True)
class Sheet:
    """The compose window as it opens: everything can still be changed by hand."""

    to: str = ""
    cc: str = ""
    subject: str = ""
    text: str = ""
    in_reply_to: str = ""
    references: str = ""


@dataclass(frozen=True)
class File:
    name: str
    type: str
    content: bytes


def new_sheet(business: Business, writer: PracticePerson | None) -> Sheet:
    """An empty window: everybody writes to the business by default, the business to nobody yet."""
    ours = writer is not None and writer.role == "business"
    return Sheet(to="" if ours else f"{business.name} <{business.address}>")


def reply_sheet(mail: ShownMail, zone: tzinfo) -> Sheet:
    """An answer as an ordinary mail program begins it: Re:, threading headers, the whole mail quoted below."""
    quoted = "\n".join(
        f">{line}" if line.startswith(">") else f"> {line}".rstrip() for line in mail.text.split("\n")
    )
    when = mail.date.astimezone(zone)
    said = f"On {when:%a}, {when.day} {when:%b %Y} at {when:%H:%M}, {mail.sender} wrote:"
    references = [*mail.references, *([mail.message_id] if mail.message_id else [])][-_MOST_REFERENCES:]
    return Sheet(
        to=str(mail.reply_to),
        subject=_prefixed("Re: ", mail.subject),
        text=f"\n\n{said}\n{quoted}\n",
        in_reply_to=f"<{mail.message_id}>" if mail.message_id else "",
        references=" ".join(f"<{one}>" for one in references),
    )


def forward_sheet(mail: ShownMail, business: Business, zone: tzinfo) -> Sheet:
    """The mail passed on inside a new one, with the lines a web mail program puts above it."""
    when = mail.date.astimezone(zone)
    head = [
        "---------- Forwarded message ---------",
        f"From: {mail.sender}",
        f"Date: {when:%a}, {when.day} {when:%b %Y} at {when:%H:%M}",
        f"Subject: {mail.subject}",
        f"To: {', '.join(map(str, mail.to))}",
        *([f"Cc: {', '.join(map(str, mail.cc))}"] if mail.cc else []),
    ]
    return Sheet(
        to=f"{business.name} <{business.address}>",
        subject=_prefixed("Fwd: ", mail.subject),
        text="\n\n" + "\n".join(head) + f"\n\n\n{mail.text}\n",
    )


def written(sheet: Sheet, name: str, address: str, now: datetime, files: Sequence[File] = ()) -> EmailMessage:
    """The mail itself. Refused: nobody to send it to, or an address nobody could write to."""
    message = EmailMessage(policy=SMTP)
    message["From"] = _header_address(name, address)
    for field, value in (("To", sheet.to), ("Cc", sheet.cc)):
        boxes, _ = read_mailboxes(value)
        broken = [box.address or value for box in boxes if not box.address or not is_address(box.address)]
        if broken:
            raise Refused(f"nobody can be written to at {broken[0]!r}")
        if boxes:
            message[field] = [_header_address(box.name or "", str(box.address)) for box in boxes]
    if message["To"] is None:
        raise Refused("say who the mail is for")
    message["Subject"] = " ".join(sheet.subject.split())
    message["Date"] = format_datetime(now)
    message["Message-ID"] = make_msgid(domain=address.rpartition("@")[2])
    if sheet.in_reply_to:
        message["In-Reply-To"] = _ids(sheet.in_reply_to)
        message["References"] = _ids(sheet.references or sheet.in_reply_to)
    message.set_content(sheet.text.replace("\r\n", "\n"))
    for file in files:
        main, _, sub = file.type.partition("/")
        message.add_attachment(
            file.content, maintype=main or "application", subtype=sub or "octet-stream", filename=file.name
        )
    return message


async def send(message: EmailMessage, mail: PracticeMail) -> None:
    """Give the mail to the practice server by SMTP, and keep a copy in the writer's Sent folder.

    Refused, with the server's words, when it takes the mail for nobody or not at all.
    """
    sender = message["From"].addresses[0].addr_spec
    recipients = [
        one.addr_spec for field in ("To", "Cc") if message[field] for one in message[field].addresses
    ]
    raw = message.as_bytes()
    try:
        client = aiosmtplib.SMTP(hostname=mail.smtp_address.host, port=mail.smtp_address.port, timeout=10)
        async with client:
            refused, _ = await client.sendmail(sender, recipients, raw)
    except aiosmtplib.SMTPRecipientsRefused as error:
        raise Refused("; ".join(f"{one.recipient}: {one.message}" for one in error.recipients)) from error
    except aiosmtplib.SMTPResponseException as error:
        raise Refused(error.message) from error
    except (aiosmtplib.SMTPException, OSError) as error:
        raise Refused(f"the practice mail server does not answer: {error}") from error
    if any(person.address.casefold() == sender.casefold() for person in mail.people):
        await mail.file(sender, "Sent", raw, flags=["\\Seen"])
    if refused:
        raise Refused("not delivered to " + ", ".join(refused))


def _prefixed(prefix: str, subject: str) -> str:
    return subject if subject[: len(prefix)].casefold() == prefix.casefold() else prefix + subject


def _header_address(name: str, address: str) -> Address:
    return Address(" ".join(name.split()), addr_spec=address)


def _ids(text: str) -> str:
    return " ".join(
        word for word in text.split() if word.startswith("<") and word.endswith(">") and word.isascii()
    )
