"""A TCP proxy that spoils a connection on demand: cuts, stalls, half-open lines, slow lines, changed bytes.

async with FaultProxy(server.address, Fault(down_after=100, how=Spoil.RESET)) as proxy:
    ...talk to proxy.address; the first connection is reset after 100 bytes of answer, later ones are clean...
"""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

from tests.servers.lines import LoopbackServer, reset


class Spoil(StrEnum):
    CLOSE = "close"  # both ends see the end
    RESET = "reset"  # both ends see a TCP RST
    STALL = "stall"  # both lines stay open, nothing passes any more, either way
    HALF_OPEN = "half-open"  # the server is gone, the client is never told


@dataclass(frozen=True)
class Fault:
    """How one connection is spoilt. `up` is client to server, `down` server to client.

    The spoiling comes after that many bytes (None: never in that direction). `delay` is seconds one way, `rate` is
    bytes a second. `rewrite_up` and `rewrite_down` see each chunk as it passes and return what passes instead.
    """

    up_after: int | None = None
    down_after: int | None = None
    how: Spoil = Spoil.CLOSE
    delay: float = 0.0
    rate: float | None = None
    rewrite_up: Callable[[bytes], bytes] | None = None
    rewrite_down: Callable[[bytes], bytes] | None = None


CLEAN = Fault()


@dataclass
class Line:
    """One connection through the proxy, and how many bytes passed it."""

    fault: Fault
    up: int = 0
    down: int = 0
    spoilt: bool = False


class _Spoilt(Exception):
    """The fault that was ordered."""


class FaultProxy(LoopbackServer):
    """Stands before `target`. Connection n gets the n-th fault; when they are used up, `then`."""

    def __init__(self, target: tuple[str, int], *faults: Fault, then: Fault = CLEAN) -> None:
        super().__init__()
        self.target, self.then = target, then
        self._faults = deque(faults)
        self.lines: list[Line] = []

    def spoil(self, *faults: Fault) -> None:
        """What the next connections will meet."""
        self._faults.extend(faults)

    async def talk(self, reader: StreamReader, writer: StreamWriter) -> None:
        line = Line(self._faults.popleft() if self._faults else self.then)
        self.lines.append(line)
        try:
            far_reader, far_writer = await asyncio.open_connection(*self.target)
        except OSError:
            reset(writer)
            return
        ways = [
            asyncio.ensure_future(self._pass_on(line, reader, far_writer, up=True)),
            asyncio.ensure_future(self._pass_on(line, far_reader, writer, up=False)),
        ]
        try:
            await asyncio.gather(*ways)
        except _Spoilt:
            line.spoilt = True
            await self._spoil(line.fault.how, reader, writer, far_writer, ways)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            far_writer.close()
            with suppress(Exception):
                await far_writer.wait_closed()

    async def _pass_on(self, line: Line, source: StreamReader, sink: StreamWriter, *, up: bool) -> None:
        fault = line.fault
        rewrite = fault.rewrite_up if up else fault.rewrite_down
        room = fault.up_after if up else fault.down_after
        passing: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        clock = asyncio.get_running_loop().time

        async def deliver() -> None:
            while True:
                due, chunk = await passing.get()
                await asyncio.sleep(max(0.0, due - clock()))
                if not chunk:
                    if sink.can_write_eof():
                        sink.write_eof()
                    return
                sink.write(chunk)
                await sink.drain()
                if up:
                    line.up += len(chunk)
                else:
                    line.down += len(chunk)
                if room is not None and (line.up if up else line.down) >= room:
                    raise _Spoilt

        async def take() -> None:
            left = room
            if left == 0:
                raise _Spoilt
            while left is None or left > 0:
                size = 65536 if fault.rate is None else 1
                chunk = await source.read(size)
                chunk = rewrite(chunk) if rewrite and chunk else chunk
                if left is not None:
                    chunk, left = chunk[:left], left - len(chunk[:left])
                passing.put_nowait((clock() + fault.delay, chunk))
                if not chunk:
                    return
                if fault.rate is not None:
                    await asyncio.sleep(len(chunk) / fault.rate)

        halves = [asyncio.ensure_future(take()), asyncio.ensure_future(deliver())]
        try:
            await asyncio.gather(*halves)
        finally:
            for half in halves:
                half.cancel()
            await asyncio.gather(*halves, return_exceptions=True)

    async def _spoil(
        self,
        how: Spoil,
        reader: StreamReader,
        writer: StreamWriter,
        far_writer: StreamWriter,
        ways: list[asyncio.Future[None]],
    ) -> None:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        if how is Spoil.RESET:
            reset(far_writer)
            reset(writer)
        elif how is Spoil.HALF_OPEN:
            reset(far_writer)
        if how in (Spoil.STALL, Spoil.HALF_OPEN):
            # Bytes are taken from neither side, as when a line is dead but nobody has noticed.
            await asyncio.get_running_loop().create_future()
