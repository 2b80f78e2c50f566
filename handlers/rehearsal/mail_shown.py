"""A practice mail as a mail program shows it: who, when, the words, the attachments, and its source."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from bot.errors import Quarantined
from handlers.mail import addresses, charsets, dates, headers, html_text, mime
from handlers.mail.prescan import prescan
from handlers.rehearsal.mail_server import StoredMail

_SNIPPET = 140


@dataclass(frozen=True)
class Who:
    name: str
    address: str

    def __str__(self) -> str:
        return f"{self.name} <{self.address}>" if self.name else self.address


@dataclass(frozen=True)
class Enclosed:
    """An attachment: its place among the mail's parts, and its bytes."""

    number: int
    name: str
    type: str
    content: bytes

    @property
    def size(self) -> str:
        kilobytes = len(self.content) / 1024
        return f"{kilobytes / 1024:.1f} MB" if kilobytes >= 1024 else f"{max(1, round(kilobytes))} KB"


@dataclass(frozen=True)
class ShownMail:
    """What a reader sees of one stored mail; nothing in it has been believed, only decoded."""

    uid: int
    received_at: datetime
    date: datetime
    seen: bool
    sender: Who
    reply_to: Who
    to: tuple[Who, ...]
    cc: tuple[Who, ...]
    subject: str
    text: str
    message_id: str | None
    references: tuple[str, ...]
    enclosed: tuple[Enclosed, ...]
    verdict: str
    """What the receiving server thought of the sender, e.g. "dmarc=pass"."""
    source: str

    @property
    def snippet(self) -> str:
        """The first words, for the list; quoted lines left out."""
        own = [line.strip() for line in self.text.split("\n") if line.strip() and not line.startswith(">")]
        return " ".join(own)[:_SNIPPET]


def shown_mail(stored: StoredMail) -> ShownMail:
    """One stored mail, read for display. A mail too damaged to read is shown as its source."""
    source = stored.raw.decode("utf-8", "replace")
    try:
        root = mime.parse(prescan(stored.raw)).root
    except Quarantined:
        root = mime.parse(b"\n").root
    words: list[str] = []
    html: list[str] = []
    enclosed: list[Enclosed] = []
    for number, part in enumerate(root.leaves()):
        text = (
            part.media in {"text/plain", "text/html"}
            and part.disposition != "attachment"
            and not part.filename
        )
        if text and part.media == "text/plain":
            words.append(charsets.decode(part.content(), part.parameters.get("charset"))[0])
        elif text:
            html.append(charsets.decode(part.content(), part.parameters.get("charset"))[0])
        else:
            enclosed.append(
                Enclosed(number, part.filename or _unnamed(part.media), part.media, part.content())
            )
    body = "\n".join(words) or "\n".join(html_text.read_html(one).visible for one in html)
    sender = next(iter(_people(root, "from")), Who("", "unknown sender"))
    date = root.first("date")
    return ShownMail(
        uid=stored.uid,
        received_at=stored.received_at,
        date=(dates.read_local_date(headers.unfold(date)) if date else None)
        or stored.received_at.astimezone(UTC),
        seen="\\Seen" in stored.flags,
        sender=sender,
        reply_to=next(iter(_people(root, "reply-to")), sender),
        to=_people(root, "to"),
        cc=_people(root, "cc"),
        subject=headers.text_of(root.first("subject") or b"").strip() or "(no subject)",
        text=body.replace("\r\n", "\n").strip("\n"),
        message_id=headers.message_id(root.first("message-id") or b""),
        references=headers.message_ids(root.first("references") or root.first("in-reply-to") or b""),
        enclosed=tuple(enclosed),
        verdict=headers.unfold(root.first("authentication-results") or b"").partition(";")[2].strip(),
        source=source,
    )


def _people(root: mime.Part, field: str) -> tuple[Who, ...]:
    boxes, _ = addresses.read_mailboxes(", ".join(headers.unfold(value) for value in root.all(field)))
    return tuple(Who(box.name or "", box.address or "?") for box in boxes)


def _unnamed(media: str) -> str:
    return {"message/rfc822": "forwarded mail.eml", "text/calendar": "invitation.ics"}.get(
        media, "attachment"
    )
