"""A tap on a line: passes bytes on unchanged and remembers when they passed; the clock of every figure taken from outside."""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from time import perf_counter
from typing import Self


@dataclass
class Passed:
    """One chunk: when, which connection of the tap, towards the server (`up`) or from it, and the bytes."""

    at: float
    line: int
    up: bool
    data: bytes


@dataclass
class Tap:
    """Stands before a server on loopback. `passed` grows until it is cleared."""

    target: tuple[str, int]
    passed: list[Passed] = field(default_factory=list)
    _lines: int = 0
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._meet, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def address(self) -> tuple[str, int]:
        host, port = self._server.sockets[0].getsockname()[:2]
        return str(host), int(port)

    def clear(self) -> None:
        self.passed.clear()

    async def until(self, word: bytes, *, up: bool, times: int = 1, within: float = 60.0) -> list[Passed]:
        """Wait until so many chunks with this word have passed that way; those chunks."""
        async with asyncio.timeout(within):
            while len(found := self.saw(word, up=up)) < times:
                self._news.clear()
                await self._news.wait()
        return found

    def saw(self, word: bytes, *, up: bool) -> list[Passed]:
        return [one for one in self.passed if one.up is up and word in one.data]

    async def _meet(self, reader: StreamReader, writer: StreamWriter) -> None:
        self._lines += 1
        line = self._lines
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        far: StreamWriter | None = None
        try:
            far_reader, far = await asyncio.open_connection(*self.target)
            await asyncio.gather(
                self._pass_on(line, reader, far, up=True), self._pass_on(line, far_reader, writer, up=False)
            )
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            for end in (writer, far):
                if end is not None:
                    end.close()
                    with suppress(OSError, asyncio.CancelledError):
                        await end.wait_closed()

    async def _pass_on(self, line: int, source: StreamReader, sink: StreamWriter, *, up: bool) -> None:
        while data := await source.read(65536):
            sink.write(data)
            self.passed.append(Passed(perf_counter(), line, up, data))
            self._news.set()
            await sink.drain()
        if sink.can_write_eof():
            sink.write_eof()


def waited(taps: Iterable[Tap], begin: float, end: float) -> float:
    """Seconds between two moments in which some server owed an answer: from our last word on a line to its answer's end."""
    spans: list[tuple[float, float]] = []
    for tap in taps:
        for line in {one.line for one in tap.passed}:
            asked: float | None = None
            answered = 0.0
            for one in (one for one in tap.passed if one.line == line):
                if one.up:
                    if asked is not None and answered:
                        spans.append((asked, answered))
                        asked, answered = None, 0.0
                    if asked is None:
                        asked = one.at
                elif asked is not None:
                    answered = one.at
            if asked is not None and answered:
                spans.append((asked, answered))
    total, reached = 0.0, begin
    for asked_at, answered_at in sorted(spans):
        start, stop = max(asked_at, reached), min(answered_at, end)
        if stop > start:
            total, reached = total + stop - start, stop
    return total
