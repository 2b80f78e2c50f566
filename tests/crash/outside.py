"""The world around the house: a mailbox, a mail server, a Slack workspace, a model; each keeps its own ledger."""

import asyncio
import hashlib
import imaplib
import json
import re
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

from handlers.rehearsal.business import SampleBusiness, sample_business
from handlers.rehearsal.cast import cast_of
from handlers.rehearsal.mail_server import PracticeMail
from handlers.rehearsal.slack_limits import Rates, Timing
from handlers.rehearsal.slack_server import practice_slack
from handlers.rehearsal.stage import AUTHSERV_ID, PASSWORD, furnish, mailboxes, seed_of, write_home
from handlers.rehearsal.workspace import Workspace
from storage.channels import Channel
from storage.clients import Address, Client, Contact
from storage.engine import open_engines
from storage.migrate import migrate
from storage.store import Store
from tests.servers.model_server import ModelServer, Obedient
from tests.servers.smtp_sink import ACCEPTS, BEHAVIOURS, SmtpSink, Talk

CLIENTS = 400
"""How many clients there are to write: nobody gets two automatic replies in a day."""

_FIRST = {
    "lost": BEHAVIOURS["closes after the dot"],
    "proven": BEHAVIOURS["closes after the dot"],
    "refused": BEHAVIOURS["550 at RCPT"],
    "later": BEHAVIOURS["451 after the dot"],
    "silent": BEHAVIOURS["stalls after the dot"],
}
"""What the mail server does the first time, by how the recipient is called; then it takes everything."""


class Sink(SmtpSink):
    """Behaves as the recipient's name says, so that many mails at once each meet what they are to meet."""

    def __init__(self, world: "Outside") -> None:
        super().__init__(users={"hello.studio-hallberg": PASSWORD})
        self._world = world
        self._met: Counter[str] = Counter()

    async def _command(self, talk: Talk, line: str, reader, writer) -> None:
        if line[:4].upper() == "RCPT":
            recipient = line.partition("<")[2].partition(">")[0]
            self._met[recipient] += 1
            first = _FIRST.get(recipient.partition(".")[0], ACCEPTS)
            talk.behaviour = first if self._met[recipient] == 1 else ACCEPTS
        await super()._command(talk, line, reader, writer)

    async def _keep(self, talk: Talk) -> None:
        await super()._keep(talk)
        if talk.recipients[0].startswith("proven."):
            # this provider files what it takes, whether its answer arrives or not
            await self._world.mail.file(self._world.sample.address, "Sent", self.ledger[-1].raw)

    def to(self, address: str) -> int:
        """How often it took a mail for this address."""
        return sum(address in taken.recipients for taken in self.ledger)


@dataclass
class Sent:
    """A mail or a Slack message that a client sent."""

    token: str
    """Stands in its subject, so that its card and its reply can be told."""
    address: str
    uid: int = 0
    stamp: str = ""
    folder: str = "INBOX"
    message_id: str = ""
    old: bool = False
    """From before the house's time in that folder: context, and nobody is asked about it."""


@dataclass
class Outside:
    """Everything but the house. `ahead`: how far its time is ahead of the machine's."""

    home: Path
    sample: SampleBusiness
    mail: PracticeMail
    workspace: Workspace
    model: ModelServer
    environment: dict[str, str]
    ahead: float = 0.0
    sent: list[Sent] = field(default_factory=list)
    sink: Sink = None  # type: ignore[assignment]

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.ahead)

    @property
    def desk(self) -> str:
        return next(c.id for c in self.workspace.channels.values() if c.name == "desk")

    @property
    def owner(self) -> str:
        return self.workspace.person(self.sample.owner.slack).id

    def digest_in_sink(self, message_id: str) -> list[str]:
        """The bytes of each mail it took with this Message-ID, as hashes."""
        wanted = message_id.encode()
        return [
            hashlib.sha256(one.raw).hexdigest() for one in self.sink.ledger if wanted in one.raw.partition(b"\r\n\r\n")[0]
        ]

    def posts(self) -> Counter[str]:
        """How many messages carry each key, in all channels."""
        return Counter(
            str((m.metadata or {}).get("event_payload", {}).get("key"))
            for room in self.workspace.messages.values()
            for m in room.values()
            if m.metadata
        )

    async def write(
        self, text: str, *, kind: str = "ok", subject: str = "", sender: str = "", headers: str = "", folder: str = "INBOX",
        days_ago: int = 0,
    ) -> Sent:  # fmt: skip
        """A client's mail arrives in the mailbox, verified by the mail server; or lay there for days."""
        at = self.now() - timedelta(days=days_ago)
        number = len(self.sent) + 1
        token = f"K{number:04d}"
        address = sender or f"{kind}.{number}@c{number}.example"
        message_id = f"<{token.lower()}@{address.partition('@')[2]}>"
        raw = (
            f"Authentication-Results: {AUTHSERV_ID}; dmarc=pass header.from={address.partition('@')[2]}\r\n"
            f"From: Client Number{number} <{address}>\r\nTo: {self.sample.address}\r\n"
            f"Subject: {subject or 'About our work'} {token}\r\nMessage-ID: {message_id}\r\n"
            f"Date: {format_datetime(at)}\r\n{headers}\r\n{text}\r\n"
        ).encode()
        uid = await self.mail.file(self.sample.address, folder, raw, received_at=at)
        self.sent.append(Sent(token, address, uid, folder=folder, message_id=message_id.strip("<>"), old=days_ago > 0))
        return self.sent[-1]

    async def new_folder(self) -> str:
        """A further folder in the business's mailbox; its name."""
        name = f"More{len(self.sent)}"
        await asyncio.to_thread(self._create, name)
        return name

    def _create(self, name: str) -> None:
        with imaplib.IMAP4(*self.mail.imap_address) as line:
            line.login("hello.studio-hallberg", PASSWORD)
            line.create(name)

    async def say(self, text: str) -> Sent:
        """A client writes in the channel we share with them."""
        token = f"K{len(self.sent) + 1:04d}"
        client = next(c for c in self.sample.clients if c.channel and any(p.slack for p in c.contacts))
        person = next(p for p in client.contacts if p.slack)
        said = await self.workspace.post_message(person.slack, client.channel, f"{text} ({token})")
        self.sent.append(Sent(token, "", stamp=said.ts, message_id=said.ts))
        return self.sent[-1]


@asynccontextmanager
async def outside(folder: Path, url: str) -> AsyncIterator[Outside]:
    """Open all servers, write the home, and furnish the empty database at `url` with clients."""
    sample = sample_business(datetime.now(UTC).date())
    home = folder / "home"
    async with AsyncExitStack() as stack:
        time_of: list[Outside] = []

        def ahead() -> float:
            return time_of[0].ahead if time_of else 0.0

        slack = await stack.enter_async_context(
            practice_slack(
                seed=seed_of(sample), rates=Rates(enforced=False), timing=Timing(ack=10.0, retry_waits=()),
                clock=lambda: time.time() + ahead(),
            )
        )  # fmt: skip
        mail = await stack.enter_async_context(
            PracticeMail(
                mailboxes(cast_of(sample, slack.workspace)), folder / "mail.db", 0, 0,
                now=lambda: datetime.now(UTC) + timedelta(seconds=ahead()),
            )
        )  # fmt: skip
        model = await stack.enter_async_context(ModelServer(then=Obedient()))
        world = Outside(home, sample, mail, slack.workspace, model, {"UNDERSTUDY_STORAGE__URL": url})
        time_of.append(world)
        world.sink = await stack.enter_async_context(Sink(world))
        host, port = world.sink.address
        write_home(home, sample, slack.workspace, smtp=f"{host}:{port}", imap=str(mail.imap_address), web=slack.address)
        _loosen(home / "playbook")
        await _furnish(world, url)
        yield world


def _loosen(playbook: Path) -> None:
    """A long undo window, so that a person has time to undo, whatever happens to the house meanwhile."""
    for page in (playbook / "routines").glob("*.md"):
        text = page.read_text(encoding="utf-8")
        page.write_text(re.sub(r"undo_minutes = \d+", "undo_minutes = 60", text), encoding="utf-8")


async def _furnish(world: Outside, url: str) -> None:
    engines = open_engines(url)
    try:
        await migrate(engines)
        store = Store(engines)
        await furnish(store, world.sample, world.workspace, now=world.now())
        async with store.transaction("crash.furnish") as tx:
            numbers = range(1, CLIENTS)
            clients = [Client(name=f"Client {n}", since=world.now()) for n in numbers]
            tx.session.add_all(clients)
            await tx.session.flush()
            contacts = [Contact(client_id=c.id or 0, name=f"Client Number{n}") for n, c in zip(numbers, clients, strict=True)]
            tx.session.add_all(contacts)
            await tx.session.flush()
            tx.session.add_all(
                Address(contact_id=c.id or 0, channel=Channel.EMAIL, address=f"{kind}.{n}@c{n}.example")
                for n, c in zip(numbers, contacts, strict=True)
                for kind in ("ok", *_FIRST)
            )
    finally:
        await engines.dispose()


def text_of(blocks: object) -> str:
    return json.dumps(blocks, ensure_ascii=False)
