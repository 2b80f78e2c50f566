"""The practice mail server: SMTP in, IMAP out, a mailbox for everybody in the practice world, all on loopback."""

import asyncio
import errno
import secrets
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple, Protocol, Self

from bot.errors import Permanent, Refused
from handlers.rehearsal.mail_folders import FolderSet
from handlers.rehearsal.mail_imap import PracticeImap
from handlers.rehearsal.mail_postmark import Arrival, postmark, sender_address
from handlers.rehearsal.mail_smtp import PracticeSmtp
from handlers.rehearsal.mail_store import MailStore, PracticePerson, StoredMail

__all__ = ["Address", "MailChanges", "PracticeMail", "PracticePerson", "StoredMail"]

LOOPBACK = "127.0.0.1"


class Address(NamedTuple):
    """Where a server listens; as text it is host:port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class MailChanges:
    """An endless iterator of (address, folder) that changed, for the page. It ends when the mail server closes.

    Changes are gathered from the moment of `subscribe()`; one folder waiting twice is told once, so a slow reader
    costs nothing. Leave with `close()`, or use it as a context manager.
    """

    def __init__(self, listeners: "set[MailChanges]") -> None:
        self._listeners, self._waiting, self._closed = listeners, dict[tuple[str, str], None](), False
        self._wake = asyncio.Event()
        listeners.add(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> tuple[str, str]:
        while not self._waiting:
            if self._closed:
                raise StopAsyncIteration
            self._wake.clear()
            await self._wake.wait()
        change = next(iter(self._waiting))
        del self._waiting[change]
        return change

    def close(self) -> None:
        self._listeners.discard(self)
        self._closed = True
        self._wake.set()

    def tell(self, address: str, folder: str) -> None:
        self._waiting[address, folder] = None
        self._wake.set()


class PracticeMail:
    """Everybody's mailbox. Open it with `async with`; what it holds is in `path` and is there again next time.

    On entry: Permanent if a port is taken (the message names the option that moves it) or the file cannot be used.
    """

    def __init__(
        self,
        people: Sequence[PracticePerson],
        path: Path,
        smtp_port: int = 2525,
        imap_port: int = 1143,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.people = tuple(people)
        self.smtp_address, self.imap_address = Address(LOOPBACK, smtp_port), Address(LOOPBACK, imap_port)
        self._path, self._now = path, now
        self._addresses = {address.lower(): person.user for person in people for address in person.addresses}
        self._main_address = {person.user: person.address for person in people}
        self._domains = {address.rpartition("@")[2] for address in self._addresses}
        self._listeners: set[MailChanges] = set()
        self._folders: dict[str, FolderSet] = {}
        self._exits = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as opened:
            self._store = MailStore(self._path, self._now)
            opened.callback(self._store.close)
            for person in self.people:
                self._folders[person.user] = FolderSet(self._store, person.user, self._teller(person.address))
            passwords = {person.user: person.password for person in self.people}
            self._smtp = PracticeSmtp(self._addresses, passwords, self._accept)
            imap = PracticeImap(self._folders, passwords)
            opened.callback(self._close_listeners)
            opened.push_async_callback(imap.close)
            self.imap_address = await _listen(imap, self.imap_address, "--imap-port")
            opened.push_async_callback(self._smtp.close)
            self.smtp_address = await _listen(self._smtp, self.smtp_address, "--smtp-port")
            self._exits = opened.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._exits.aclose()

    def messages(self, address: str, folder: str = "INBOX") -> list[StoredMail]:
        """What lies in a person's folder, oldest first. KeyError: no such person or folder."""
        kept = self._folders[self._addresses[address.lower()]][folder]
        return [
            StoredMail(row.uid, self._store.raw(kept.id, row.uid) or b"", row.received_at, row.flags)
            for row in self._store.mails(kept.id)
        ]

    async def deliver(self, raw: bytes, recipients: Sequence[str]) -> None:
        """Deliver a mail as if it had come by SMTP, postmark and all. Refused: a recipient has no mailbox here."""
        strangers = [address for address in recipients if self._smtp.home_of(address) is None]
        if strangers or not recipients:
            raise Refused(f"no practice mailbox for {', '.join(strangers) or 'nobody'}")
        await self._accept(raw, sender_address(raw) or "", list(recipients), "localhost", "LMTP")

    async def file(
        self,
        address: str,
        folder: str,
        raw: bytes,
        *,
        received_at: datetime | None = None,
        flags: Sequence[str] = (),
    ) -> int:
        """Put a mail into a person's folder as it is, as a mail program does with a sent copy; its UID.

        For a sample business with a past. KeyError: no such person or folder.
        """
        kept = self._folders[self._addresses[address.lower()]][folder]
        [row] = self._store.add([kept.id], raw, received_at=received_at, flags=flags)
        kept.filed(row)
        return row.uid

    def subscribe(self) -> MailChanges:
        """Every change in any mailbox from now on, as (the person's main address, folder)."""
        return MailChanges(self._listeners)

    async def _accept(
        self, raw: bytes, sender: str, recipients: list[str], greeted_as: str, protocol: str
    ) -> str:
        """File the mail once for every person addressed, all or none; its queue id."""
        arrival = Arrival(sender, greeted_as, protocol, secrets.token_hex(6).upper(), self._now())
        stamped = postmark(raw, arrival, known_domains=self._domains)
        users = dict.fromkeys(user for user in map(self._smtp.home_of, recipients) if user)
        inboxes = [self._folders[user]["INBOX"] for user in users]
        rows = self._store.add([inbox.id for inbox in inboxes], stamped, received_at=arrival.at)
        for inbox, row in zip(inboxes, rows, strict=True):
            inbox.filed(row)
        return arrival.queue_id

    def _teller(self, address: str) -> Callable[[str], None]:
        def tell(folder: str) -> None:
            for listener in tuple(self._listeners):
                listener.tell(address, folder)

        return tell

    def _close_listeners(self) -> None:
        for listener in tuple(self._listeners):
            listener.close()


class _Listens(Protocol):
    async def open(self, host: str, port: int) -> int: ...


async def _listen(server: _Listens, address: Address, option: str) -> Address:
    try:
        return Address(address.host, await server.open(address.host, address.port))
    except OSError as error:
        why = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
        raise Permanent(
            f"port {address.port} on {address.host} {why}; choose another with {option}"
        ) from error
