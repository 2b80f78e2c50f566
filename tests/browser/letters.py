"""What any mail program does, with nothing but the standard library: send by SMTP, read by IMAP."""

import imaplib
import smtplib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import format_datetime, localtime, make_msgid
from typing import Any

from tests.flows.eventually import eventually


@dataclass(frozen=True)
class Letters:
    """The practice world's mail, known only by what its `rehearsal.json` says."""

    about: Mapping[str, Any]

    @property
    def business(self) -> Mapping[str, str]:
        return next(box for box in self.about["mailboxes"] if box["role"] == "business")

    def mailbox(self, name: str) -> Mapping[str, str]:
        return next(box for box in self.about["mailboxes"] if box["name"] == name)

    def send(self, name: str, subject: str, text: str) -> str:
        """A mail from this person to the business; its Message-ID."""
        writer = self.mailbox(name)
        mail = EmailMessage()
        mail["From"] = f"{name} <{writer['address']}>"
        mail["To"] = self.business["address"]
        mail["Subject"] = subject
        mail["Date"] = format_datetime(localtime())
        mail["Message-ID"] = make_msgid(domain=writer["address"].partition("@")[2])
        mail.set_content(text)
        host, _, port = self.about["smtp"].rpartition(":")
        with smtplib.SMTP(host, int(port), timeout=10) as smtp:
            smtp.send_message(mail)
        return str(mail["Message-ID"])

    def read(self, name: str, folder: str = "INBOX") -> list[EmailMessage]:
        """Everything in this person's folder, oldest first."""
        with self._imap(self.mailbox(name)) as imap:
            imap.select(folder, readonly=True)
            numbers = imap.search(None, "ALL")[1][0].split()
            found = [imap.fetch(number, "(RFC822)")[1][0] for number in numbers]
        return [message_from_bytes(part[1].replace(b"\r\n", b"\n"), policy=policy.default) for part in found]  # type: ignore[misc,index,union-attr]

    async def arrived(self, name: str, folder: str = "INBOX", **headers: str) -> EmailMessage:
        """The mail with these headers (In_Reply_To="<…>"), waited for; only ever one."""
        wanted = {header.replace("_", "-"): value for header, value in headers.items()}

        def there() -> list[EmailMessage]:
            return [mail for mail in self.read(name, folder) if all(mail[h] == v for h, v in wanted.items())]

        await eventually(there, instead=lambda: f"{name}/{folder} holds {[m['Subject'] for m in self.read(name, folder)]}")
        [mail] = there()
        return mail

    @contextmanager
    def _imap(self, box: Mapping[str, str]) -> Iterator[imaplib.IMAP4]:
        host, _, port = self.about["imap"].rpartition(":")
        imap = imaplib.IMAP4(host, int(port), timeout=10)
        imap.login(box["user"], box["password"])
        try:
            yield imap
        finally:
            imap.logout()
