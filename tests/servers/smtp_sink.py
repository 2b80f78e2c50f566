"""An SMTP server that fails where it is told to, and whose ledger alone says what was delivered.

    async with SmtpSink(BEHAVIOURS["closes after the dot"]) as sink:
        ...send to sink.address...
    sink.ledger    # every mail it took responsibility for, byte for byte

Connection n plays the n-th behaviour given (or queued with `behave`); when they are used up, `then`, which accepts.
"""

import asyncio
import base64
import binascii
import ssl
from asyncio import StreamReader, StreamWriter
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from tests.servers.lines import LoopbackServer, reset, until_gone
from tests.servers.smtp_behaviours import (
    ACCEPTS,
    ALL_BEFORE_THE_DOT,
    BEHAVIOURS,
    At,
    Behaviour,
    How,
    Trouble,
)

__all__ = [
    "ACCEPTS", "ALL_BEFORE_THE_DOT", "BEHAVIOURS", "Accepted", "At", "Behaviour", "How", "SmtpSink", "Talk", "Trouble",
]  # fmt: skip


@dataclass(frozen=True)
class Accepted:
    """A mail the sink answers for: what the envelope said, and the bytes with dots unstuffed."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes
    connection: int
    tls: bool
    user: str | None


@dataclass
class Talk:
    """What one client said."""

    number: int
    behaviour: Behaviour
    commands: list[str] = field(default_factory=list)
    sender: str | None = None
    recipients: list[str] = field(default_factory=list)
    tls: bool = False
    user: str | None = None
    body: bytes = b""

    def trouble(self, at: At, recipient: str | None = None) -> Trouble | None:
        return next(
            (t for t in self.behaviour.troubles if t.at is at and t.recipient in (None, recipient)), None
        )


class _Over(Exception):
    """The talk has ended, as scripted."""


class SmtpSink(LoopbackServer):
    """`tls`: offers STARTTLS (or speaks TLS at once with `implicit_tls`). `users`: asks for AUTH PLAIN or LOGIN."""

    def __init__(
        self,
        *behaviours: Behaviour,
        then: Behaviour = ACCEPTS,
        tls: ssl.SSLContext | None = None,
        implicit_tls: bool = False,
        users: Mapping[str, str] | None = None,
        takes: Callable[[str, str], bool] | None = None,
    ) -> None:
        super().__init__(tls=tls if implicit_tls else None)
        self._starttls = None if implicit_tls else tls
        self._queue, self.then, self._users = deque(behaviours), then, {} if takes and users is None else users
        self._takes = takes
        self.ledger: list[Accepted] = []
        self.talks: list[Talk] = []
        self._news = asyncio.Condition()

    def behave(self, *behaviours: Behaviour) -> None:
        """What the next connections will meet."""
        self._queue.extend(behaviours)

    async def accepted(self, count: int = 1) -> list[Accepted]:
        """Wait until the ledger has that many; all of it."""
        async with self._news:
            await self._news.wait_for(lambda: len(self.ledger) >= count)
        return list(self.ledger)

    async def talk(self, reader: StreamReader, writer: StreamWriter) -> None:
        talk = Talk(len(self.talks) + 1, self._queue.popleft() if self._queue else self.then)
        talk.tls = self._implicit_tls is not None
        self.talks.append(talk)
        with suppress(_Over):
            await self._answer(talk, At.CONNECT, "220 sink.example ESMTP", reader, writer)
            while line := await reader.readline():
                await self._command(
                    talk, line.decode("utf-8", "surrogateescape").rstrip("\r\n"), reader, writer
                )

    async def _command(self, talk: Talk, line: str, reader: StreamReader, writer: StreamWriter) -> None:
        verb, _, rest = line.partition(" ")
        verb = verb.upper()
        talk.commands.append("AUTH" if verb == "AUTH" else line)
        if verb in ("EHLO", "HELO"):
            await self._answer(talk, At.EHLO, self._extensions(talk), reader, writer)
        elif verb == "STARTTLS" and self._starttls and not talk.tls:
            await self._answer(talk, At.STARTTLS, "220 Go ahead", reader, writer)
            await writer.start_tls(self._starttls)
            talk.tls = True
        elif verb == "AUTH" and self._users is not None:
            await self._authenticate(talk, rest, reader, writer)
        elif verb == "MAIL" and (self._users is None or talk.user):
            talk.sender, talk.recipients = _path(rest), []
            await self._answer(talk, At.MAIL, "250 2.1.0 Ok", reader, writer)
        elif verb == "MAIL":
            await _say(writer, "530 5.7.0 Authentication required")
        elif verb == "RCPT" and talk.sender is not None:
            recipient = _path(rest)
            if await self._answer(talk, At.RCPT, "250 2.1.5 Ok", reader, writer, recipient=recipient):
                talk.recipients.append(recipient)
        elif verb == "DATA" and talk.recipients:
            if await self._answer(talk, At.DATA, "354 Go on", reader, writer):
                await self._data(talk, reader, writer)
        elif verb == "DATA":
            await _say(writer, "554 5.5.1 No valid recipients")
        elif verb in ("RSET", "NOOP"):
            talk.sender = None if verb == "RSET" else talk.sender
            await _say(writer, "250 2.0.0 Ok")
        elif verb == "QUIT":
            await self._answer(talk, At.QUIT, "221 2.0.0 Bye", reader, writer)
            raise _Over
        else:
            await _say(writer, "502 5.5.2 Not here")

    async def _data(self, talk: Talk, reader: StreamReader, writer: StreamWriter) -> None:
        data = bytearray()
        try:
            await self._read_body(talk, data, reader, writer)
        finally:
            talk.body = bytes(data)
        trouble = talk.trouble(At.AFTER_DOT)
        if trouble is None or trouble.delivers:
            await self._keep(talk)
        await self._answer(talk, At.AFTER_DOT, f"250 2.0.0 Ok: queued as {len(self.ledger)}", reader, writer)
        talk.sender, talk.recipients = None, []

    async def _read_body(
        self, talk: Talk, data: bytearray, reader: StreamReader, writer: StreamWriter
    ) -> None:
        in_body, before_dot = talk.trouble(At.BODY), talk.trouble(At.BEFORE_DOT)
        while not data.endswith(b"\r\n.\r\n") and data != b".\r\n":
            if in_body and len(data) >= in_body.after:
                await self._fail(in_body, reader, writer)
            if before_dot:
                data += await _all_that_comes(reader)
                await self._fail(before_dot, reader, writer)
            chunk = await reader.read(256 if in_body else 65536)
            if not chunk:
                raise _Over
            data += chunk
        if in_body:
            await self._fail(in_body, reader, writer)

    async def _keep(self, talk: Talk) -> None:
        raw = (b"\r\n" + talk.body.removesuffix(b".\r\n")).replace(b"\r\n.", b"\r\n")[2:]
        accepted = Accepted(talk.sender or "", tuple(talk.recipients), raw, talk.number, talk.tls, talk.user)
        async with self._news:
            self.ledger.append(accepted)
            self._news.notify_all()

    async def _answer(
        self,
        talk: Talk,
        at: At,
        reply: str,
        reader: StreamReader,
        writer: StreamWriter,
        *,
        recipient: str = "",
    ) -> bool:
        """Say the reply, or do what is scripted here instead; True if it was the reply."""
        trouble = talk.trouble(at, recipient)
        if trouble is None:
            await _say(writer, reply)
            return True
        await self._fail(trouble, reader, writer)
        return False

    async def _fail(self, trouble: Trouble, reader: StreamReader, writer: StreamWriter) -> None:
        """Returns only after a reply that leaves the line open."""
        if trouble.how is How.CLOSE:
            raise _Over
        if trouble.how is How.RESET:
            reset(writer)
            raise _Over
        if trouble.how is How.STALL:
            await until_gone(reader)
            raise _Over
        if trouble.how is How.MALFORMED:
            await _say(writer, "\xff\x00 what? {}")
            raise _Over
        await _say(writer, trouble.how)
        if trouble.how.startswith("421"):
            raise _Over

    def _extensions(self, talk: Talk) -> str:
        names = ["sink.example", "SIZE 52428800", "8BITMIME", "SMTPUTF8"]
        if self._starttls and not talk.tls:
            names.append("STARTTLS")
        if self._users is not None:
            names.append("AUTH PLAIN LOGIN XOAUTH2" if self._takes else "AUTH PLAIN LOGIN")
        return "\r\n".join(f"250{' ' if name is names[-1] else '-'}{name}" for name in names)

    async def _authenticate(self, talk: Talk, rest: str, reader: StreamReader, writer: StreamWriter) -> None:
        async def ask(challenge: str) -> str:
            await _say(writer, f"334 {base64.b64encode(challenge.encode()).decode()}")
            return (await reader.readline()).decode().strip()

        mechanism, _, initial = rest.partition(" ")
        if mechanism.upper() == "XOAUTH2" and self._takes is not None:
            user, _, bearer = base64.b64decode(initial).decode().partition("\x01")
            user = user.removeprefix("user=")
            if self._takes(user, bearer.removeprefix("auth=Bearer ").rstrip("\x01")):
                await _say(writer, "235 2.7.0 Welcome")
                talk.user = user
            else:
                await ask('{"status":"401"}')
                await _say(writer, "535 5.7.8 Bad token")
            return
        try:
            if mechanism.upper() == "PLAIN":
                _, user, password = base64.b64decode(initial or await ask("")).decode().split("\0")
            else:
                user = base64.b64decode(initial or await ask("Username:")).decode()
                password = base64.b64decode(await ask("Password:")).decode()
        except (binascii.Error, ValueError):
            await _say(writer, "501 5.5.2 Cannot read that")
            return
        if self._users is None or self._users.get(user) != password:
            await _say(writer, "535 5.7.8 Wrong user or password")
        elif await self._answer(talk, At.AUTH, "235 2.7.0 Welcome", reader, writer):
            talk.user = user


async def _say(writer: StreamWriter, reply: str) -> None:
    writer.write(reply.encode("latin-1") + b"\r\n")
    await writer.drain()


async def _all_that_comes(reader: StreamReader) -> bytes:
    """The body up to the pause a client makes that holds the dot back, or all of it."""
    data = b""
    with suppress(TimeoutError):
        while chunk := await asyncio.wait_for(reader.read(65536), 0.05):
            data += chunk
    return data


def _path(rest: str) -> str:
    return rest.partition(":")[2].strip().partition(">")[0].lstrip("<")
