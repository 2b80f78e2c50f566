r"""A small IMAP server that says what it is told to: for replies no healthy server would give.

    async with ImapStub({1: raw, 2: raw}) as stub:
        stub.on("UID FETCH", b"* 1 FETCH (UID 1 BODY[] NIL)\r\n")       # once; then it is honest again
        stub.always("NOOP", Hang.CLOSE)

Without orders it is a plain server with one mailbox: LOGIN, SELECT, EXAMINE, STATUS, UID SEARCH, UID FETCH, IDLE,
APPEND, NOOP, CAPABILITY, LOGOUT.
"""

import asyncio
import base64
import re
from asyncio import StreamReader, StreamWriter
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum

from tests.servers.lines import LoopbackServer, reset, until_gone


class Hang(StrEnum):
    CLOSE = "close"
    RESET = "reset"
    STALL = "stall"


Order = bytes | Hang | Callable[[str, str], bytes]
"""Untagged bytes before the usual OK; or a way to end; or a function of (tag, arguments) giving the whole reply."""


@dataclass
class Session:
    """What one client said, and whether it idles now."""

    commands: list[str] = field(default_factory=list)
    idle_tag: str = ""


class ImapStub(LoopbackServer):
    """One mailbox of UID → bytes; change `mails`, `uid_validity` and `uid_next` as you like, `push` to idlers."""

    def __init__(
        self,
        mails: Mapping[int, bytes] | None = None,
        *,
        uid_validity: int = 1,
        capability: str = "IMAP4rev1 IDLE UIDPLUS",
    ) -> None:
        super().__init__()
        self.mails: dict[int, bytes] = dict(mails or {})
        self.flags: dict[int, str] = {}
        self.appended: list[tuple[str, bytes]] = []
        self.uid_validity, self.capability = uid_validity, capability
        self.uid_next = max(self.mails, default=0) + 1
        self.greeting: bytes | Hang = b"* OK stub ready\r\n"
        self.sessions: list[Session] = []
        self._once: defaultdict[str, deque[Order]] = defaultdict(deque)
        self._always: dict[str, Order] = {}
        self._idlers: set[StreamWriter] = set()
        self._news = asyncio.Condition()
        self.takes: Callable[[str, str], bool] | None = None
        """Asked of every XOAUTH2 login: user, token."""

    def on(self, command: str, *orders: Order) -> None:
        """What the next calls of this command get, e.g. "UID FETCH"."""
        self._once[command].extend(orders)

    def always(self, command: str, order: Order) -> None:
        self._always[command] = order

    def add(self, raw: bytes) -> int:
        """Put a mail into the mailbox and tell whoever idles; its UID."""
        uid, self.uid_next = self.uid_next, self.uid_next + 1
        self.mails[uid] = raw
        self.push(f"* {len(self.mails)} EXISTS\r\n".encode())
        return uid

    def push(self, line: bytes) -> None:
        """Say something to everybody who idles."""
        for writer in self._idlers:
            writer.write(line)

    async def until(self, said: Callable[["ImapStub"], bool]) -> None:
        """Wait until the clients' commands make this true."""
        async with self._news:
            await self._news.wait_for(lambda: said(self))

    @property
    def idling(self) -> int:
        return len(self._idlers)

    async def talk(self, reader: StreamReader, writer: StreamWriter) -> None:
        session = Session()
        self.sessions.append(session)
        if isinstance(self.greeting, Hang):
            await _hang(self.greeting, reader, writer)
            return
        writer.write(self.greeting)
        try:
            while (line := await _command(reader, writer)) is not None:
                if not await self._reply(session, line, reader, writer):
                    return
        finally:
            self._idlers.discard(writer)

    async def _reply(self, session: Session, line: bytes, reader: StreamReader, writer: StreamWriter) -> bool:
        """Answer one command; False when the talk is over."""
        text = line.decode("latin-1")
        if text.upper() == "DONE":
            self._idlers.discard(writer)
            writer.write(f"{session.idle_tag} OK idled\r\n".encode())
            await self._note(session, "DONE")
            return True
        tag, _, rest = text.partition(" ")
        verb, _, arguments = rest.partition(" ")
        if verb.upper() == "UID":
            second, _, arguments = arguments.partition(" ")
            verb = f"UID {second}"
        verb = verb.upper()
        order = self._once[verb].popleft() if self._once[verb] else self._always.get(verb)
        over = False
        if isinstance(order, Hang):
            await self._note(session, rest)
            await _hang(order, reader, writer)
            return False
        if callable(order):
            writer.write(order(tag, arguments))
        elif order is not None:
            writer.write(order + f"{tag} OK done\r\n".encode())
        elif verb == "AUTHENTICATE":
            await self._authenticate(tag, reader, writer)
        elif verb == "IDLE":
            session.idle_tag = tag
            self._idlers.add(writer)
            writer.write(b"+ idling\r\n")
        else:
            writer.write(self._honest(verb, arguments) + f"{tag} OK done\r\n".encode())
            over = verb == "LOGOUT"
        with suppress(ConnectionError):
            await writer.drain()
        await self._note(session, rest)
        return not over

    async def _authenticate(self, tag: str, reader: StreamReader, writer: StreamWriter) -> None:
        """XOAUTH2: a refusal is a challenge first, and NO once that is answered."""
        writer.write(b"+ \r\n")
        user, _, bearer = base64.b64decode(await reader.readline()).decode().partition("\x01")
        token = bearer.removeprefix("auth=Bearer ").rstrip("\x01")
        if self.takes is not None and self.takes(user.removeprefix("user="), token):
            writer.write(f"{tag} OK in\r\n".encode())
            return
        writer.write(b"+ " + base64.b64encode(b'{"status":"401"}') + b"\r\n")
        await reader.readline()
        writer.write(f"{tag} NO [AUTHENTICATIONFAILED] Invalid credentials\r\n".encode())

    async def _note(self, session: Session, command: str) -> None:
        async with self._news:
            session.commands.append("LOGIN" if command.upper().startswith("LOGIN ") else command)
            self._news.notify_all()

    def _honest(self, verb: str, arguments: str) -> bytes:
        match verb:
            case "CAPABILITY":
                return f"* CAPABILITY {self.capability}\r\n".encode()
            case "SELECT" | "EXAMINE":
                return (
                    f"* FLAGS (\\Seen)\r\n* {len(self.mails)} EXISTS\r\n* 0 RECENT\r\n"
                    f"* OK [UIDVALIDITY {self.uid_validity}] valid\r\n* OK [UIDNEXT {self.uid_next}] next\r\n"
                ).encode()
            case "STATUS":
                name = arguments.partition("(")[0].strip()
                numbers = (
                    f"MESSAGES {len(self.mails)} UIDNEXT {self.uid_next} UIDVALIDITY {self.uid_validity}"
                )
                return f"* STATUS {name} ({numbers})\r\n".encode()
            case "UID SEARCH":
                return f"* SEARCH {' '.join(map(str, self._searched(arguments)))}".rstrip().encode() + b"\r\n"
            case "UID FETCH":
                uids, _, items = arguments.partition(" ")
                return b"".join(self._fetched(uid, items) for uid in self._within(uids))
            case "APPEND":
                mailbox, _, literal = arguments.partition("\r\n")
                self.appended.append((mailbox.split()[0].strip('"'), literal.encode("latin-1")))
                return b""
            case "LOGOUT":
                return b"* BYE\r\n"
            case _:
                return b""

    def _within(self, uid_set: str) -> list[int]:
        """The UIDs meant; `n:*` always holds the last one, as the protocol has it (RFC 9051, section 9)."""
        last, meant = max(self.mails, default=0), set[int]()
        for part in uid_set.split(","):
            ends = [last if end == "*" else int(end) for end in part.split(":")]
            meant.update(range(min(ends), max(ends) + 1))
        return sorted(meant & self.mails.keys())

    def _searched(self, arguments: str) -> list[int]:
        uids = re.search(r"UID ([\d:*,]+)", arguments)
        header = re.search(r'HEADER "?([\w-]+)"? "?([^"\s]+)"?', arguments)
        found = self._within(uids[1]) if uids else sorted(self.mails)
        return [uid for uid in found if not header or header[2].encode("latin-1") in self.mails[uid]]

    def _fetched(self, uid: int, items: str) -> bytes:
        raw, number = self.mails[uid], sorted(self.mails).index(uid) + 1
        said = [f"UID {uid}"]
        if "FLAGS" in items:
            said.append(f"FLAGS ({self.flags.get(uid, '')})")
        if "INTERNALDATE" in items:
            said.append('INTERNALDATE "22-Nov-2026 09:00:00 +0000"')
        if "RFC822.SIZE" in items:
            said.append(f"RFC822.SIZE {len(raw)}")
        head = f"* {number} FETCH ({' '.join(said)}".encode()
        if "BODY" not in items:
            return head + b")\r\n"
        return head + f" BODY[] {{{len(raw)}}}\r\n".encode() + raw + b")\r\n"


async def _command(reader: StreamReader, writer: StreamWriter) -> bytes | None:
    """One command with its literals; None when the client has gone."""
    whole = b""
    while line := await reader.readline():
        literal = re.search(rb"\{(\d+)(\+?)\}\r?\n\Z", line)
        if literal is None:
            return whole + line.rstrip(b"\r\n")
        if not literal[2]:
            writer.write(b"+ go on\r\n")
        whole += line[: literal.start()].rstrip() + b"\r\n" + await reader.readexactly(int(literal[1]))
    return None


async def _hang(how: Hang, reader: StreamReader, writer: StreamWriter) -> None:
    if how is Hang.RESET:
        reset(writer)
    elif how is Hang.STALL:
        await until_gone(reader)
