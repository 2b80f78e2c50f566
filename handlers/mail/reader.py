"""MailReader: reads mail in a child process that may die of it; the house goes on."""

import asyncio
import contextlib
import json
import os
import struct
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from bot.errors import Quarantined
from bot.inbound import Kind, ReadMessage
from handlers.mail.own import NOBODY, Own
from handlers.mail.wire import HEAD, NO_PARENT, load

START_SECONDS = 30.0
FAREWELL_SECONDS = 2.0
IN_FLIGHT = 64
"""Mails given to the child before its answers are back: enough to keep it busy, few enough to lose."""

SOURCES = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Limits:
    """What one mail may take of the reading process."""

    cpu_seconds: int = 5
    wall_seconds: float = 10.0
    slow_seconds: float = 1.0
    """After this the mails behind a slow one are read elsewhere."""
    memory_growth: int = 512 * 1024 * 1024


@dataclass(frozen=True)
class RawMail:
    """A mail to read, and the text of the message it answers, when we know it."""

    raw: bytes
    parent: str | None = None


class MailReader:
    """Reads mail within limits: 5 s CPU, 10 s wall, 512 MB growth. Use as `async with MailReader(own) as reader`.

    Children are started when needed, kept warm, and replaced when a mail ends them. Two of them: a hostile
    mail holds up one, ordinary mail goes through the other.
    """

    def __init__(self, own: Own = NOBODY, *, children: int = 2, limits: Limits = Limits()) -> None:
        self._own = own
        self._limits = limits
        self._free: list[_Child] = []
        self._places = asyncio.Semaphore(children)
        self._closed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def read(self, raw: bytes, *, parent: str | None = None) -> ReadMessage:
        """Read one mail. Raises Quarantined when it cannot be read within its limits."""
        (result,) = await self.read_many([RawMail(raw, parent)])
        if isinstance(result, Quarantined):
            raise result
        return result

    async def read_many(self, mails: Sequence[RawMail]) -> list[ReadMessage | Quarantined]:
        """Read a batch in one go: the results in order, a Quarantined for each mail that could not be read."""
        results: list[ReadMessage | Quarantined] = []
        while len(results) < len(mails):
            child = await self._take()
            try:
                rest = mails[len(results) :]
                behind: asyncio.Task[list[ReadMessage | Quarantined]] | None = None
                feeder = asyncio.create_task(child.feed(rest))
                try:
                    for place in range(len(rest)):
                        answer = await child.answer(within=self._limits.slow_seconds)
                        if answer is None:
                            # Slow: what stands behind it goes another way, this child is not used again.
                            if place + 1 < len(rest):
                                behind = asyncio.create_task(self.read_many(rest[place + 1 :]))
                            answer = await child.answer(
                                within=max(0.0, self._limits.wall_seconds - self._limits.slow_seconds)
                            )
                            child.tired = True
                            results.append(
                                self._judged(
                                    answer or Quarantined(f"took longer than {self._limits.wall_seconds:g} s")
                                )
                            )
                            break
                        results.append(self._judged(answer))
                        if child.tired:
                            break
                    if behind is not None:
                        results += await behind
                        behind = None
                finally:
                    feeder.cancel()
                    with contextlib.suppress(asyncio.CancelledError, OSError):
                        await feeder
                    if behind is not None:
                        behind.cancel()
                        with contextlib.suppress(asyncio.CancelledError):
                            await behind
            except BaseException:
                child.tired = True  # an answer may be under way that nobody waits for
                raise
            finally:
                await self._give_back(child)
        return results

    def _judged(self, answer: ReadMessage | Quarantined) -> ReadMessage | Quarantined:
        if isinstance(answer, ReadMessage) and answer.message_id and self._own.is_own_id(answer.message_id):
            return replace(answer, kind=Kind.OWN, why=("Message-ID: our own",))
        return answer

    async def _take(self) -> "_Child":
        if self._closed:
            raise RuntimeError("the reader is closed")
        await self._places.acquire()
        try:
            while self._free:
                child = self._free.pop()
                if child.alive:
                    return child
                await child.end()
            return await _Child.start(self._own, self._limits)
        except BaseException:
            self._places.release()
            raise

    async def _give_back(self, child: "_Child") -> None:
        try:
            if child.tired or self._closed or not child.alive:
                await asyncio.shield(child.end())
            else:
                self._free.append(child)
        finally:
            self._places.release()

    async def aclose(self) -> None:
        """End the children that wait; those at work end when their mail is read."""
        self._closed = True
        while self._free:
            await self._free.pop().end()


class _Child:
    """One reading process. `tired` means: end it, do not use it again."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None and process.stdout is not None
        self._process = process
        self._stdin, self._stdout = process.stdin, process.stdout
        self._window = asyncio.Semaphore(IN_FLIGHT)
        self._pending: asyncio.Task[bytes | Quarantined | None] | None = None
        self.tired = False

    @classmethod
    async def start(cls, own: Own, limits: Limits) -> "_Child":
        """A warm child. It gets no part of our environment but where Python and its sources are: no secret to leak."""
        environment = {"PYTHONPATH": os.pathsep.join([str(SOURCES), *(p for p in sys.path if p)]), "PYTHONUTF8": "1",
                       "PATH": os.defpath, "PYTHONDONTWRITEBYTECODE": "1"}  # fmt: skip
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "handlers.mail.reading_child",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
            env=environment, limit=1024 * 1024,
        )  # fmt: skip
        child = cls(process)
        try:
            stated = json.dumps({
                "addresses": sorted(own.addresses), "authserv_ids": own.authserv_ids,
                "cpu_seconds": limits.cpu_seconds, "memory_growth": limits.memory_growth,
            }).encode()  # fmt: skip
            child._stdin.write(struct.pack("!I", len(stated)) + stated)
            async with asyncio.timeout(START_SECONDS):
                await child._stdin.drain()
                await child._stdout.readexactly(HEAD.size)
        except (asyncio.IncompleteReadError, TimeoutError, OSError) as error:
            await child.end()
            raise RuntimeError("the reading process does not start") from error
        except BaseException:
            await child.end()
            raise
        return child

    @property
    def alive(self) -> bool:
        return self._process.returncode is None

    async def feed(self, mails: Sequence[RawMail]) -> None:
        """Write the mails, at most IN_FLIGHT ahead of the answers. A broken pipe is the answers' to tell."""
        with contextlib.suppress(ConnectionError, RuntimeError):
            for mail in mails:
                await self._window.acquire()
                parent = b"" if mail.parent is None else mail.parent.encode("utf-8", "replace")
                size = NO_PARENT if mail.parent is None else len(parent)
                self._stdin.write(HEAD.pack(size, len(mail.raw)) + parent + mail.raw)
                await self._stdin.drain()

    async def answer(self, *, within: float) -> ReadMessage | Quarantined | None:
        """The next answer; None when it has not come yet (ask again). A dead child answers Quarantined."""
        if self._pending is None:
            self._pending = asyncio.create_task(self._next())
        done, _ = await asyncio.wait({self._pending}, timeout=within)
        if not done:
            return None
        frame, self._pending = self._pending.result(), None
        self._window.release()
        if frame is None:
            self.tired = True
            return Quarantined("reading it went beyond the limits of time or memory")
        if isinstance(frame, Quarantined):
            return frame
        try:
            return load(frame)
        except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
            self.tired = True
            return Quarantined(f"the reading process answered nonsense: {type(error).__name__}")

    async def _next(self) -> bytes | Quarantined | None:
        try:
            refused, size = HEAD.unpack(await self._stdout.readexactly(HEAD.size))
            data = await self._stdout.readexactly(size)
        except (asyncio.IncompleteReadError, ConnectionError):
            return None
        return Quarantined(data.decode("utf-8", "replace")) if refused else data

    async def end(self) -> None:
        """End the process: a tired one at once, a rested one by closing its input."""
        if self._pending is not None:
            self._pending.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._pending
            self._pending = None
        if self.tired and self.alive:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
        self._stdin.close()
        try:
            async with asyncio.timeout(FAREWELL_SECONDS):
                await self._process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
        with contextlib.suppress(OSError):
            await self._stdin.wait_closed()
