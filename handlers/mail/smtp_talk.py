"""One talk with an SMTP server, split where it matters: everything before the final dot, and the dot itself.

aiosmtplib sends body and dot in one write, and its exceptions do not tell before from after; so the last step is ours.
"""

import asyncio
import re
import ssl

import aiosmtplib
from aiosmtplib.protocol import SMTPProtocol
from aiosmtplib.response import SMTPResponse

_LINE_START_DOT = re.compile(rb"(?m)^\.")
_BARE = re.compile(rb"\r(?!\n)|(?<!\r)\n")
CHUNK = 256 * 1024


class SmtpTalk(aiosmtplib.SMTP):
    """A connection for one message. Errors are aiosmtplib's and OSError; the caller knows the phase and translates."""

    async def body_without_dot(self, raw: bytes, *, stall: float) -> None:
        """After 354: write the message, dot-stuffed (RFC 5321 section 4.5.2), and wait until it has left this process.

        The server cannot have accepted anything when this returns. `stall`: the longest wait for one chunk.
        ValueError: line ends are not CRLF throughout, so where the message ends would be open to interpretation.
        """
        if _BARE.search(raw) or not raw.endswith(b"\r\n"):
            raise ValueError("line ends are not CRLF throughout")
        protocol = self._live()
        assert self.transport is not None
        # so that drain waits for an empty buffer: before the dot everything else has gone out
        self.transport.set_write_buffer_limits(high=0)  # type: ignore[attr-defined]
        stuffed = _LINE_START_DOT.sub(b"..", raw)
        for start in range(0, len(stuffed), CHUNK):
            protocol.write(stuffed[start : start + CHUNK])
            async with asyncio.timeout(stall):
                await protocol._drain_helper()  # noqa: SLF001  the protocol is its own StreamWriter

    async def in_step(self) -> bool:
        """Whether the line stands and the server has said nothing out of turn, so that the next reply is the dot's."""
        for _ in range(3):  # let the loop look at the line: a hang-up may be waiting there unread
            await asyncio.sleep(0)
        return self.is_connected and self.protocol is not None and not self.protocol._buffer  # noqa: SLF001

    async def dot(self, *, wait: float) -> SMTPResponse:
        """Write the terminator and read the answer. SMTPServerDisconnected before anything was written: see `in_step`."""
        protocol = self._live()
        protocol._response_pending = True  # noqa: SLF001  an answer that comes at once belongs to this dot
        protocol.write(b".\r\n")
        return await protocol.read_response(timeout=wait)

    async def leave(self) -> None:
        """Say QUIT without waiting for the answer, and close; never raises."""
        if self.is_connected and self.protocol is not None:
            try:
                self.protocol.write(b"QUIT\r\n")
            except (aiosmtplib.SMTPException, OSError):
                self.abort()
        self.close()
        await asyncio.sleep(0)

    def abort(self) -> None:
        """Cut the line now; what was written and not ended with the dot is discarded by the server."""
        if self.transport is not None:
            self.transport.abort()  # type: ignore[attr-defined]
        self.close()

    def _live(self) -> SMTPProtocol:
        if self.protocol is None or not self.is_connected:
            raise aiosmtplib.SMTPServerDisconnected("Connection lost")
        return self.protocol


def certificate_error(error: BaseException | None) -> ssl.SSLError | None:
    """The TLS error behind an aiosmtplib error, if that is what it was."""
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return error
        error = error.__cause__
    return None
