"""One conversation with an IMAP server: a login, an open folder, one command at a time, and no second chances.

Every wait has a deadline. After any error, timeout or cancellation the connection is discarded, for its stream can no
longer be trusted; the next attempt opens a new one. Only UID commands are spoken: sequence numbers shift under expunge.
"""

import asyncio
import contextlib
import re
import ssl
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Self

from aioimaplib.aioimaplib import AioImapException

from bot.errors import Permanent, Transient
from handlers.mail.imap_wire import HardenedIMAP
from handlers.mail.imap_words import (
    Fetched,
    Folder,
    quote,
    quote_folder,
    read_code,
    read_fetch,
    read_list,
    read_numbers,
    uid_set,
)
from handlers.mail.server_url import MailServer, read_server_url
from handlers.mail.way_in import TokenSource, WayIn, no_tokens_here, not_taken

DEADLINE = 30.0
SLOWEST_BYTES_A_SECOND = 20_000
"""A body may take its deadline plus what it needs on a line this slow."""
PASSING = ("UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG")
"""Response codes (RFC 5530) of a refused login that trying again may cure."""


_EXISTS = re.compile(rb"([0-9]+) EXISTS ?")


@dataclass(frozen=True)
class Examined:
    """A folder as it was opened: its numbering, how many mails, the UID the next gets (None: the server does not say)."""

    uidvalidity: int
    exists: int
    uidnext: int | None


class ImapConnection:
    """An open, logged-in connection. Its methods raise Transient when the line, the server or the answer fails."""

    def __init__(self, client: HardenedIMAP, place: str, deadline: float) -> None:
        self._client, self._place, self._deadline = client, place, deadline
        self._lock = asyncio.Lock()
        self._idle: asyncio.Task[Any] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def closed(self) -> bool:
        return self._client.protocol.broken is not None

    def can(self, capability: str) -> bool:
        """Whether the server announced it."""
        return capability in self._client.protocol.capabilities

    async def close(self) -> None:
        """Say goodbye without waiting for an answer, and let go."""
        if not self.closed:
            with contextlib.suppress(AioImapException, OSError):
                self._client.protocol.send(f"{self._client.protocol.new_tag()} LOGOUT")
            self._client.discard("we said goodbye")
        if self._idle is not None:
            await asyncio.wait([self._idle])
            self._idle.cancelled() or self._idle.exception()  # marked as seen
        await asyncio.sleep(0)  # one turn, in which the transport closes its socket

    async def login(self, user: str, password: str) -> None:
        """Permanent: the server knows us and says no. Transient: it cannot say just now."""
        async with self._talking("LOGIN"):
            answer = await self._client.protocol.enter(user, password)
        if await self._let_in(answer):
            return
        raise Permanent(
            f"{self._place} refused the login: check the user in [mail] imap and UNDERSTUDY_IMAP_PASSWORD "
            "(many providers want an app password made for this purpose)"
        )

    async def sign_in(self, user: str, token: str, source: TokenSource) -> None:
        """The same with a token. LoginNeeded: a person has to sign in anew. Transient: another token may do."""
        if not self.can("AUTH=XOAUTH2"):
            self._client.discard("no login by token here")
            raise no_tokens_here(self._place, "imap")
        async with self._talking("AUTHENTICATE"):
            answer = await self._client.protocol.enter_with_token(user, token)
        if not await self._let_in(answer):
            raise not_taken(source, token, self._place, "imap")

    async def _let_in(self, answer: Any) -> bool:
        """After a login: learn what the server can do now. False: it said no. Transient: it cannot say just now."""
        if answer.result == "OK":
            async with self._talking("CAPABILITY"):
                await self._client.protocol.capability()
            return True
        self._client.discard("the login was refused")
        if any(read_code(answer.lines, code) is not None for code in PASSING):
            raise Transient(f"{self._place} takes no logins at the moment")
        return False

    async def examine(self, folder: str) -> Examined | None:
        """Open a folder read-only; None: there is none of this name."""
        async with self._talking("EXAMINE"):
            answer = await self._client.protocol.examine(folder)
        if answer.result != "OK":
            return None
        uidvalidity, uidnext = read_code(answer.lines, "UIDVALIDITY"), read_code(answer.lines, "UIDNEXT")
        if not uidvalidity or not uidvalidity.isdigit():
            raise self._nonsense("EXAMINE")
        exists = next((int(m[1]) for line in answer.lines if (m := _EXISTS.fullmatch(line))), 0)
        return Examined(int(uidvalidity), exists, int(uidnext) if uidnext and uidnext.isdigit() else None)

    async def noop(self) -> None:
        """Let the server show what has arrived."""
        async with self._talking("NOOP"):
            self._ok("NOOP", await self._client.protocol.simple_command("NOOP"))

    async def uids(self, criteria: str) -> list[int]:
        """UIDs that match, in order, each once."""
        async with self._talking("UID SEARCH"):
            answer = await self._client.protocol.search(criteria, charset=None, by_uid=True)
            found = sorted(set(read_numbers(answer.lines[:-1])))
        self._ok("UID SEARCH", answer)
        return found

    async def overview(self, uids: Iterable[int] | str) -> list[Fetched]:
        """Size and day of these mails (a set such as "7:*" may be given as it stands); gone ones are left out."""
        chosen = uids if isinstance(uids, str) else uid_set(uids)
        return await self._fetch(chosen, "(UID RFC822.SIZE INTERNALDATE)", 0)

    async def bodies(self, uids: Iterable[int], *, expect: int, first: int | None = None) -> list[Fetched]:
        """Whole mails as they lie there (or only their `first` bytes), unread stays unread; gone ones are left out.

        `expect` is how many bytes may come: the deadline grows with it.
        """
        part = "BODY.PEEK[]" if first is None else f"BODY.PEEK[]<0.{first}>"
        return await self._fetch(uid_set(uids), f"(UID RFC822.SIZE INTERNALDATE {part})", expect)

    async def folders(self) -> list[Folder]:
        """All folders with their flags (RFC 6154 special uses among them)."""
        async with self._talking("LIST"):
            answer = await self._client.protocol.simple_command("LIST", '""', '"*"')
        self._ok("LIST", answer)
        return read_list(answer.lines[:-1])

    async def create(self, folder: str) -> bool:
        """Make a folder. False: the server would not (perhaps it is there already)."""
        async with self._talking("CREATE"):
            answer = await self._client.protocol.simple_command("CREATE", quote_folder(folder))
        return bool(answer.result == "OK")

    async def append(self, folder: str, raw: bytes, *, flags: str = "\\Seen") -> None:
        """File a mail. Permanent: the mailbox is full. Transient: refused, or the line broke (look before repeating)."""
        async with self._talking("APPEND", len(raw)):
            answer = await self._client.protocol.append(raw, quote_folder(folder), flags)
        if answer.result == "OK":
            return
        if read_code(answer.lines, "OVERQUOTA") is not None:
            raise Permanent("the mailbox is full, so no copy could be filed: make room in it")
        raise Transient(f"{self._place} would not file the mail")

    async def wait_push(self, seconds: float) -> bool:
        """Idle (RFC 2177) until the server speaks; False: it stayed silent. Stays idle after a push."""
        protocol = self._client.protocol
        if self._idle is None:
            async with self._talking("IDLE"):
                self._idle = asyncio.create_task(protocol.idle())
                started = asyncio.create_task(protocol.wait_for_idle_response())
                try:
                    await asyncio.wait({self._idle, started}, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    started.cancel()
                if self._idle.done():
                    self._idle.exception()
                    raise self._nonsense("IDLE")
        try:
            async with asyncio.timeout(seconds):
                pushed = await protocol.idle_queue.get()
        except TimeoutError:
            await self._end_idle()
            return False
        if pushed is None:
            raise Transient(f"{self._place}: {protocol.broken}")
        return True

    async def _end_idle(self) -> None:
        idle, self._idle = self._idle, None
        async with self._talking("DONE"):
            self._client.protocol.idle_done()
            assert idle is not None
            await idle

    async def _fetch(self, chosen: str, items: str, expect: int) -> list[Fetched]:
        async with self._talking("UID FETCH", expect):
            answer = await self._client.protocol.fetch(chosen, items, by_uid=True)
            found = read_fetch(answer.lines[:-1])
        if answer.result == "BAD":
            raise self._nonsense("UID FETCH")
        # NO: some were expunged meanwhile (RFC 2180); what did come is good
        return found

    @asynccontextmanager
    async def _talking(self, what: str, size: int = 0) -> AsyncIterator[None]:
        """Hold the line for one command, under its deadline; whatever interrupts it ends the connection."""
        seconds = self._deadline + size / SLOWEST_BYTES_A_SECOND
        async with self._lock:
            if self.closed:
                raise Transient(f"{self._place}: {self._client.protocol.broken}")
            try:
                async with asyncio.timeout(seconds):
                    yield
            except TimeoutError as error:
                self._client.discard(f"no answer to {what}")
                raise Transient(f"{self._place} did not answer {what} within {seconds:.0f} s") from error
            except (AioImapException, OSError, UnicodeError, ValueError) as error:
                self._client.discard(f"{what} failed")
                raise Transient(f"{self._place}: {what} failed: {self._client.protocol.broken}") from error
            except BaseException:
                self._client.discard(f"{what} was broken off")
                raise

    def _ok(self, what: str, answer: Any) -> None:
        if answer.result != "OK":
            raise self._nonsense(what)

    def _nonsense(self, what: str) -> Transient:
        self._client.discard(f"{what} was not answered as it should be")
        return Transient(f"{self._place} did not answer {what} as it should")


async def connect(
    url: str, way_in: WayIn, *, ssl_context: ssl.SSLContext | None = None, deadline: float = DEADLINE
) -> ImapConnection:
    """Open a connection and log in, with a password or a token. `imaps://user@host:993`, or `imap://` on this machine.

    Permanent: the address is wrong, the certificate does not hold, or the login is refused; the text says the cure.
    Transient: nobody there, or too slow.
    """
    server = read_server_url(url, schemes=("imaps", "imap"))
    secret = way_in if isinstance(way_in, str) else await way_in.token()
    context = None
    if server.scheme == "imaps":
        context = ssl_context or await asyncio.to_thread(ssl.create_default_context)
    client = HardenedIMAP(host=server.host, port=server.port, ssl_context=context)
    try:
        async with asyncio.timeout(deadline):
            await client.connected()
    except ssl.SSLError as error:
        client.discard("no encrypted line")
        raise _unencrypted(server, error) from error
    except TimeoutError as error:
        client.discard("no greeting")
        raise Transient(f"{server.place} did not greet within {deadline:.0f} s") from error
    except (AioImapException, OSError, IndexError) as error:
        client.discard("no greeting")
        raise Transient(f"no mail server at {server.place} ({type(error).__name__})") from error
    except BaseException:
        client.discard("broken off")
        raise
    connection = ImapConnection(client, server.place, deadline)
    if isinstance(way_in, str):
        await connection.login(server.user, secret)
    else:
        await connection.sign_in(server.user, secret, way_in)
    return connection


def _unencrypted(server: MailServer, error: ssl.SSLError) -> Permanent | Transient:
    if isinstance(error, ssl.SSLCertVerificationError):
        return Permanent(
            f"the certificate of {server.place} does not hold ({error.verify_message}): check the host in [mail] imap"
        )
    if error.reason == "WRONG_VERSION_NUMBER":
        return Permanent(f"{server.place} does not speak TLS: check the port in [mail] imap (usually 993)")
    return Transient(f"no encrypted line to {server.place} ({error.reason})")


def header_criterion(name: str, value: str) -> str:
    """A SEARCH criterion for a header. ValueError: the value cannot be asked for."""
    return f"HEADER {quote(name)} {quote(value)}"
