"""The clients' side of the mail: letters sent by SMTP as any mail program does, and what lies in whose mailbox."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid

import aiosmtplib

from handlers.rehearsal.cast import Business, Somebody
from handlers.rehearsal.mail_server import PracticeMail
from tests.flows.eventually import eventually


@dataclass(frozen=True)
class Letter:
    """A mail as it lies in a mailbox."""

    raw: bytes
    parsed: EmailMessage

    def __getitem__(self, header: str) -> str:
        return str(self.parsed[header] or "")

    @property
    def text(self) -> str:
        body = self.parsed.get_body(("plain",))
        return body.get_content().replace("\r\n", "\n") if body is not None else ""


@dataclass
class PostOffice:
    mail: PracticeMail
    business: Business

    def person(self, name: str) -> Somebody:
        return next(p for p in self.business.people if name in (p.name, p.address, p.name.split()[0]))

    async def send(
        self,
        who: str,
        subject: str,
        text: str,
        *,
        to: Sequence[str] = (),
        cc: Sequence[str] = (),
        bcc: Sequence[str] = (),
        answers: str = "",
        headers: dict[str, str] | None = None,
        address: str = "",
    ) -> str:
        """A mail from somebody of the cast (or "Name" at `address`); its Message-ID."""
        name, address = (who, address) if address else (self.person(who).name, self.person(who).address)
        message = EmailMessage(policy=SMTP)
        message["From"] = f"{name} <{address}>"
        message["To"] = ", ".join(to or [f"{self.business.name} <{self.business.address}>"])
        if cc:
            message["Cc"] = ", ".join(cc)
        message["Subject"] = subject
        message["Date"] = format_datetime(datetime.now(UTC))
        message["Message-ID"] = make_msgid(domain=address.partition("@")[2])
        if answers:
            message["In-Reply-To"] = message["References"] = answers
        for header, value in (headers or {}).items():
            message[header] = value
        message.set_content(text)
        recipients = [a.addr_spec for h in ("To", "Cc") if message[h] for a in message[h].addresses] + list(bcc)
        await self.hand_in(message.as_bytes(), address, recipients)
        return str(message["Message-ID"])

    async def hand_in(self, raw: bytes, sender: str, recipients: Sequence[str] = ()) -> None:
        """These bytes, by SMTP, as they are."""
        host, port = self.mail.smtp_address
        async with aiosmtplib.SMTP(hostname=host, port=port) as smtp:
            await smtp.sendmail(sender, list(recipients) or [self.business.address], raw)

    async def file_sent(self, to: str, subject: str, text: str, *, answers: str, sender: str = "") -> None:
        """The owner answers from the business mailbox with a mail program: a copy lies in its Sent folder."""
        message = EmailMessage(policy=SMTP)
        message["From"] = sender or f"{self.business.name} <{self.business.address}>"
        message["To"], message["Subject"] = self.person(to).address, subject
        message["Date"], message["Message-ID"] = format_datetime(datetime.now(UTC)), make_msgid(domain="phone.example")
        message["In-Reply-To"] = message["References"] = answers
        message.set_content(text)
        await self.mail.file(self.business.address, "Sent", message.as_bytes(), flags=["\\Seen"])

    def letters(self, who: str, folder: str = "INBOX") -> list[Letter]:
        """What lies in a person's folder (or the business's own, by its name), oldest first."""
        address = self.business.address if who == self.business.name else self.person(who).address
        return [
            Letter(one.raw, message_from_bytes(one.raw, policy=SMTP))  # type: ignore[arg-type]
            for one in self.mail.messages(address, folder)
        ]

    def answers(self, who: str, message_id: str) -> list[Letter]:
        """The replies to this message in the person's inbox."""
        return [one for one in self.letters(who) if one["In-Reply-To"] == message_id]

    async def answer(self, who: str, message_id: str, *, seconds: float = 15) -> Letter:
        """The reply to this message, waited for; only ever one."""
        await eventually(
            lambda: self.answers(who, message_id),
            seconds=seconds,
            instead=lambda: f"no reply to {who}; the inbox holds {[one['Subject'] for one in self.letters(who)]}",
        )
        [letter] = self.answers(who, message_id)
        return letter

    async def sent_copy(self, message_id: str) -> Letter:
        """The copy of our reply to this message in the business's Sent folder."""

        def copies() -> list[Letter]:
            return [one for one in self.letters(self.business.name, "Sent") if one["In-Reply-To"] == message_id]

        await eventually(copies, instead=lambda: "no copy in Sent")
        [copy] = copies()
        return copy
