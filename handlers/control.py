"""The control socket: while a house holds its database, commands go through it, never beside it."""

import asyncio
import contextlib
import fcntl
import json
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from bot.errors import Permanent, Transient

log = logging.getLogger(__name__)

SOCKET = "control.sock"
LOCK = "understudy.lock"
LARGEST = 1_000_000

Verb = Callable[[dict[str, Any]], Awaitable[Any]]


@contextmanager
def only_house(home: Path) -> Iterator[None]:
    """Hold this home for one running house. Permanent: another one holds it."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / LOCK).open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Permanent(f"a house is running on {home} already; stop it first, or choose another --home") from error
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield


def is_running(home: Path) -> bool:
    """Whether a house holds this home now."""
    try:
        with only_house(home):
            return False
    except Permanent:
        return True


@asynccontextmanager
async def answering(home: Path, verbs: Mapping[str, Verb]) -> AsyncIterator[None]:
    """Answer commands on the home's socket until left; only this machine's user can reach it."""
    path = home / SOCKET
    with contextlib.suppress(FileNotFoundError):
        path.unlink()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            asked = json.loads(await reader.readline())
            verb = verbs.get(asked.get("verb", ""))
            if verb is None:
                answer: dict[str, Any] = {"ok": False, "error": "this house does not know that command"}
            else:
                answer = {"ok": True, "answer": await verb(asked)}
        except Exception as error:
            log.warning("a command through the control socket failed: %s", type(error).__name__)
            answer = {"ok": False, "error": f"it failed: {type(error).__name__}"}
        with contextlib.suppress(ConnectionError):
            writer.write(json.dumps(answer).encode() + b"\n")
            await writer.drain()
            writer.close()
            await writer.wait_closed()

    mask = os.umask(0o177)
    try:
        server = await asyncio.start_unix_server(talk, path=path, limit=LARGEST)
    finally:
        os.umask(mask)
    try:
        yield
    finally:
        server.close()
        await server.wait_closed()
        with contextlib.suppress(FileNotFoundError):
            path.unlink()


async def ask(home: Path, verb: str, **what: Any) -> Any:
    """Have the running house do it. Transient: no house answers. Permanent: it could not do it."""
    try:
        reader, writer = await asyncio.open_unix_connection(home / SOCKET, limit=LARGEST)
    except OSError as error:
        raise Transient(f"no house answers on {home}") from error
    try:
        writer.write(json.dumps({"verb": verb, **what}).encode() + b"\n")
        await writer.drain()
        answer = json.loads(await reader.readline())
    finally:
        writer.close()
        await writer.wait_closed()
    if not answer.get("ok"):
        raise Permanent(str(answer.get("error")))
    return answer["answer"]
