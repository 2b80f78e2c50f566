"""aioimaplib's protocol, hardened: lines are read in a loop, literals byte for byte, and a lost line wakes everyone.

Upstream recurses once per line, leaves commands hanging when the connection dies, deletes "* " inside lines, and
formats every chunk for a debug log. What it does well (tags, states, one command of a kind at a time) stays.
"""

import asyncio
import base64
import re
import ssl
from collections import deque
from typing import Any

from aioimaplib.aioimaplib import (
    AUTH,
    IMAP4,
    LOGOUT,
    NONAUTH,
    SELECTED,
    Abort,
    Command,
    Error,
    IMAP4ClientProtocol,
)

from handlers.mail.imap_words import Line, quote, quote_folder

LITERAL_CAP = 32 * 1024 * 1024
LINE_CAP = 16 * 1024 * 1024

_LITERAL = re.compile(rb"\{([0-9]{1,10})\+?\}$")
_STATUS = re.compile(rb"\* (?:OK|NO|BAD|BYE|PREAUTH)\b", re.IGNORECASE)
_TAGGED = re.compile(rb"[A-Z0-9]+ (?:OK|NO|BAD)\b")


class HardenedProtocol(IMAP4ClientProtocol):  # type: ignore[misc]  # upstream has no types
    """One IMAP connection. Whatever goes wrong on it ends it: `broken` then says why, and every waiter is woken."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self.greeting: asyncio.Future[bytes] = loop.create_future()
        self.pending_sync_command: Any
        self.literal_data: bytes | None
        self.broken: str | None = None
        self.sasl: deque[bytes] = deque()
        """What to answer to the server's challenges, in order; after the last, empty lines."""
        self._buffer = bytearray()
        self._scanned = 0
        self._parts: list[Line] = []
        self._literal: int | None = None

    def data_received(self, data: bytes) -> None:
        if self.broken is not None:
            return
        self._buffer += data
        try:
            self._read_responses()
        except (Abort, Error, UnicodeError) as error:
            self.fail(f"the server's answer made no sense ({type(error).__name__})")
            return
        if self.pending_sync_command is not None:
            self.pending_sync_command.flush()

    def connection_lost(self, exc: Exception | None) -> None:
        self.fail(
            "the server closed the connection"
            if exc is None
            else f"the connection broke ({type(exc).__name__})"
        )

    def fail(self, why: str) -> None:
        """End this connection: pending commands and whoever waits for the greeting or a push get the error now."""
        if self.broken is not None:
            return
        self.broken, self.state = why, LOGOUT
        error = Abort(why)
        if not self.greeting.done():
            self.greeting.set_exception(error)
            self.greeting.exception()  # marked as seen: perhaps nobody waits for it any more
        waiting = [self.pending_sync_command, *self.pending_async_commands.values()]
        self.pending_sync_command = None
        self.pending_async_commands.clear()
        for command in waiting:
            if command is not None:
                _break_off(command, error)
        self.idle_queue.put_nowait(None)
        self._buffer.clear()
        self._parts.clear()
        if self.transport is not None:
            self.transport.abort()

    def send(self, line: str, scrub: str | None = None) -> None:
        """Write one line; upstream also formats it for a log, where it does not belong."""
        if self.broken is not None:
            raise Abort(self.broken)
        self.transport.write(f"{line}\r\n".encode("ascii"))

    def _read_responses(self) -> None:
        while self.broken is None:
            if self._literal is not None:
                if len(self._buffer) < self._literal:
                    return
                self._parts.append(self._buffer[: self._literal])
                del self._buffer[: self._literal]
                self._literal, self._scanned = None, 0
            end = self._buffer.find(b"\r\n", self._scanned)
            if end < 0:
                if len(self._buffer) > LINE_CAP:
                    raise Abort("a line without end")
                self._scanned = max(0, len(self._buffer) - 1)
                return
            line = bytes(self._buffer[:end])
            del self._buffer[: end + 2]
            self._scanned = 0
            self._parts.append(line)
            self._literal = self._announced(line)
            if self._literal is None:
                parts, self._parts = self._parts, []
                self._deliver(parts)

    def _announced(self, line: bytes) -> int | None:
        """The length of the literal that follows this line, if one does; a status text may end in braces too."""
        match = _LITERAL.search(line)
        first = self._parts[0]
        if match is None or not first.startswith(b"* ") or _STATUS.match(first):
            return None
        size = int(match[1])
        if size > LITERAL_CAP:
            raise Abort("a literal larger than we take")
        return size

    def _deliver(self, parts: list[Line]) -> None:
        first = bytes(parts[0])
        if not self.greeting.done():
            self.greeting.set_result(first)
        elif first.startswith(b"* BYE") and not self._leaving():
            self.fail("the server said goodbye")
        elif first.startswith(b"* "):
            self._untagged(first[2:], parts[1:])
        elif first.startswith(b"+"):
            self._continuation(first)
        elif _TAGGED.match(first):
            self._response_done(first)
        elif first:
            raise Abort("neither tagged nor untagged")

    def _leaving(self) -> bool:
        return self.pending_async_commands.get("LOGOUT") is not None

    def _untagged(self, text: bytes, rest: list[Line]) -> None:
        """Hand an untagged response to the command it can belong to; others are news we learn by asking."""
        command = self.pending_sync_command
        if command is None:
            word, _, tail = text.partition(b" ")
            numbered = word.isdigit()
            name = tail.partition(b" ")[0] if numbered else word
            command = self.pending_async_commands.get(name.decode("ascii", "replace").upper())
            text = text if numbered else tail
        if command is None:
            return
        command.append_to_resp(text)
        for part in rest:
            command.append_to_resp(part)

    def _continuation(self, line: bytes) -> None:
        command = self.pending_sync_command
        if command is None:
            return
        if command.name == "APPEND" and self.literal_data is not None:
            self.transport.write(self.literal_data + b"\r\n")
            self.literal_data = None
        elif command.name == "IDLE":
            self._idle_event.set()
        elif command.name == "AUTHENTICATE":
            self.transport.write((self.sasl.popleft() if self.sasl else b"") + b"\r\n")

    async def enter(self, user: str, password: str) -> Any:
        """Log in with LOGIN, or with AUTHENTICATE PLAIN where a quoted string cannot hold the words (RFC 4616)."""
        try:
            if "LOGINDISABLED" in self.capabilities:
                raise ValueError
            command = Command("LOGIN", self.new_tag(), quote(user), quote(password), loop=self.loop)
        except ValueError:
            self.sasl = deque([base64.b64encode(f"\0{user}\0{password}".encode())])
            command = Command("AUTHENTICATE", self.new_tag(), "PLAIN", loop=self.loop)
        answer = await self.execute(command)
        if answer.result == "OK":
            self.state = AUTH
        return answer

    async def enter_with_token(self, user: str, token: str) -> Any:
        """Log in with AUTHENTICATE XOAUTH2. A refusal comes as a challenge, which an empty line answers."""
        self.sasl = deque([base64.b64encode(f"user={user}\x01auth=Bearer {token}\x01\x01".encode())])
        answer = await self.execute(Command("AUTHENTICATE", self.new_tag(), "XOAUTH2", loop=self.loop))
        if answer.result == "OK":
            self.state = AUTH
        return answer

    async def examine(self, folder: str) -> Any:
        """Open a folder read-only; upstream's own `examine` leaves the state where no UID command is allowed."""
        self.state = AUTH
        answer = await self.simple_command("EXAMINE", quote_folder(folder))
        if answer.result == "OK":
            self.state = SELECTED
        return answer

    async def welcome_read(self) -> None:
        """Wait for the greeting and learn the capabilities. Abort: no greeting that lets us in."""
        greeting = await self.greeting
        if greeting.startswith(b"* PREAUTH"):
            self.state = AUTH
        elif greeting.startswith(b"* OK"):
            self.state = NONAUTH
        else:
            raise Abort("the server did not let us in")
        await self.capability()


class HardenedIMAP(IMAP4):  # type: ignore[misc]  # upstream has no types
    """aioimaplib's client over the hardened protocol."""

    protocol: HardenedProtocol

    def create_client(
        self,
        host: str,
        port: int,
        loop: asyncio.AbstractEventLoop | None,
        conn_lost_cb: Any = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        own = loop or asyncio.get_running_loop()
        self.protocol = HardenedProtocol(own)
        self._client_task = own.create_task(
            own.create_connection(lambda: self.protocol, host, port, ssl=ssl_context)
        )

    async def connected(self) -> None:
        """Wait until the line stands and the server has greeted. OSError, Abort."""
        await self._client_task
        await self.protocol.welcome_read()

    def discard(self, why: str) -> None:
        """Drop the line at once, in whatever state it is."""
        self._client_task.cancel()
        self.protocol.fail(why)


def _break_off(command: Any, error: Exception) -> None:
    """End a command from outside: upstream offers no way, so its three fields are set as its own timeout does."""
    command._exception = error  # noqa: SLF001
    command._timer.cancel()  # noqa: SLF001
    command._event.set()  # noqa: SLF001
