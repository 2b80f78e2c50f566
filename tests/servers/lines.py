"""Loopback listening as all our test servers do it: port 0, every connection a task, nothing left at the end."""

import asyncio
import socket
import ssl
import struct
from abc import ABC, abstractmethod
from asyncio import StreamReader, StreamWriter
from contextlib import suppress
from typing import Self

LOOPBACK = "127.0.0.1"


def reset(writer: StreamWriter) -> None:
    """End the line with a TCP RST, as a crashed or rebooted machine does."""
    line = writer.get_extra_info("socket")
    with suppress(OSError):
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def until_gone(reader: StreamReader) -> None:
    """Swallow whatever comes until the other end hangs up."""
    with suppress(ConnectionError):
        while await reader.read(65536):
            pass


class LoopbackServer(ABC):
    """Listens from `async with` until its end; then every line is cut and every task awaited."""

    limit = 2**24

    def __init__(self, *, tls: ssl.SSLContext | None = None) -> None:
        self._implicit_tls = tls
        self._server: asyncio.Server | None = None
        self._talks: dict[asyncio.Task[None], StreamWriter] = {}
        self.host, self.port = LOOPBACK, 0
        self.failure: Exception | None = None

    @property
    def address(self) -> tuple[str, int]:
        return self.host, self.port

    async def __aenter__(self) -> Self:
        await self.listen()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.stop_listening()
        for task, writer in list(self._talks.items()):
            writer.transport.abort()
            task.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)
        # A mistake in the server itself must fail the test and not look like a fault it was asked for.
        if self.failure is not None and error[0] is None:
            raise self.failure

    async def listen(self) -> None:
        """Take connections, on the same port as before if there was one."""
        self._server = await asyncio.start_server(
            self._meet, self.host, self.port, limit=self.limit, ssl=self._implicit_tls
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop_listening(self) -> None:
        """Refuse new connections; the open ones go on."""
        if self._server is not None:
            self._server.close()
            self._server = None

    @property
    def open_lines(self) -> int:
        return len(self._talks)

    def cut_all(self, *, rst: bool = False) -> None:
        """Cut every open line now."""
        for writer in self._talks.values():
            if rst:
                reset(writer)
            else:
                writer.transport.abort()

    @abstractmethod
    async def talk(self, reader: StreamReader, writer: StreamWriter) -> None:
        """One connection, from greeting to end."""

    def _meet(self, reader: StreamReader, writer: StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._talk(reader, writer))
        self._talks[task] = writer
        task.add_done_callback(self._talks.pop)

    async def _talk(self, reader: StreamReader, writer: StreamWriter) -> None:
        try:
            await self.talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        except Exception as error:
            self.failure = error
        finally:
            writer.close()
            # after a failed STARTTLS the standard library's writer is never told that it has closed
            with suppress(Exception):
                await asyncio.wait_for(writer.wait_closed(), 0.5)
