"""The parent's side of a house that may die: fork it, ask it, see it end."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from asyncio import StreamReader, StreamWriter
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[2]

OPENS_WITHIN = 30.0


class Died(Exception):
    """The house ended before it answered."""


class Zygote:
    """One fork server; it runs one house at a time."""

    def __init__(self, folder: Path) -> None:
        self._socket = folder / "test.sock"
        self._lines: asyncio.Queue[tuple[StreamReader, StreamWriter]] = asyncio.Queue()

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.crash.zygote", cwd=ROOT,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        self._server = await asyncio.start_unix_server(self._met, path=self._socket, limit=2**24)
        assert (await self.said())["ready"]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._process.wait()
        self._server.close()
        await self._server.wait_closed()

    async def _met(self, reader: StreamReader, writer: StreamWriter) -> None:
        await self._lines.put((reader, writer))

    async def said(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        said: dict[str, Any] = json.loads(await self._process.stdout.readline() or '{"exit": "the zygote is gone"}')
        return said

    async def fork(self, spec: dict[str, Any]) -> "House":
        """A house that is open. Died: it ended while it opened."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({**spec, "socket": str(self._socket)}).encode() + b"\n")
        await self._process.stdin.drain()
        pid = (await self.said())["pid"]
        ended = asyncio.create_task(self.said())
        opened = asyncio.create_task(self._lines.get())
        await asyncio.wait({ended, opened}, return_when=asyncio.FIRST_COMPLETED, timeout=OPENS_WITHIN)
        if not opened.done():
            opened.cancel()
            if not ended.done():
                os.kill(pid, signal.SIGABRT)  # its log then says where it stood
                await ended
                raise AssertionError("the house does not open")
            raise Died(f"while it opened: {ended.result()['exit']}")
        house = House(pid, ended, *opened.result())
        with contextlib.suppress(Died):
            await house.answered()
        return house


class House:
    """One life."""

    def __init__(
        self, pid: int, ended: "asyncio.Task[dict[str, Any]]", reader: StreamReader, writer: StreamWriter
    ) -> None:
        self.pid, self._ended = pid, ended
        self._reader, self._writer = reader, writer

    async def ask(self, what: str, **more: Any) -> Any:
        """Its answer. Died: there will be none."""
        with contextlib.suppress(ConnectionError):
            self._writer.write(json.dumps({"do": what, **more}).encode() + b"\n")
            await self._writer.drain()
        return await self.answered()

    async def answered(self) -> Any:
        try:
            line = await self._reader.readline()
        except ConnectionError:
            line = b""
        if not line:
            await self.over()
            raise Died(str(self._ended.result()["exit"]))
        return json.loads(line)

    async def over(self) -> int:
        """Wait for its end: its exit code, or minus the signal that ended it."""
        code: int = (await self._ended)["exit"]
        self._writer.close()
        return code

    async def stop(self) -> int:
        """Have it close in good order."""
        with contextlib.suppress(ConnectionError):
            self._writer.write(b'{"do": "stop"}\n')
            await self._writer.drain()
        return await self.over()

    async def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        await self.over()
