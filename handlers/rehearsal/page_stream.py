"""Live updates: every change one viewer may see, as server-sent events."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

from handlers.rehearsal.mail_server import PracticeMail
from handlers.rehearsal.slack_model import Change, Json
from handlers.rehearsal.workspace import Workspace

_HEARTBEAT = 15.0
_END = None


async def changes(workspace: Workspace, mail: PracticeMail, viewer: str) -> AsyncIterator[bytes]:
    """Events until the reader goes or the world closes; a comment now and then keeps the line open."""
    waiting: asyncio.Queue[Json | None] = asyncio.Queue()
    with workspace.subscribe() as slack, mail.subscribe() as letters:

        async def from_slack() -> None:
            async for change in slack:
                if _concerns(workspace, change, viewer):
                    waiting.put_nowait(_event(change))
            waiting.put_nowait(_END)

        async def from_mail() -> None:
            async for address, folder in letters:
                waiting.put_nowait({"kind": "mail", "mailbox": address, "folder": folder})
            waiting.put_nowait(_END)

        readers = [asyncio.create_task(from_slack()), asyncio.create_task(from_mail())]
        try:
            yield b"retry: 1000\n\nevent: ready\ndata: {}\n\n"
            async for line in _lines(waiting):
                yield line
        finally:
            for reader in readers:
                reader.cancel()


async def _lines(waiting: asyncio.Queue[Json | None]) -> AsyncIterator[bytes]:
    while True:
        try:
            async with asyncio.timeout(_HEARTBEAT):
                event = await waiting.get()
        except TimeoutError:
            yield b": still here\n\n"
            continue
        if event is _END:
            return
        yield b"data: " + json.dumps(event).encode() + b"\n\n"


def _concerns(workspace: Workspace, change: Change, viewer: str) -> bool:
    if change.user:
        return change.user == viewer
    channel = workspace.channels.get(change.channel)
    return channel is None or viewer in channel.members or change.kind in {"channel", "person"}


def _event(change: Change) -> Json:
    event: Json = {
        "kind": change.kind,
        "channel": change.channel,
        "ts": change.ts,
        "thread": change.thread_ts,
    }
    if change.kind == "notice":
        event["words"] = str(
            change.body.get("words") or change.body.get("text") or change.body.get("error") or ""
        )
    return event
