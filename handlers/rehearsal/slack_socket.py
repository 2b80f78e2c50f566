"""Socket Mode: the websockets apps hold open, and the envelopes that travel over them."""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import uuid
from typing import Any

import aiohttp
from aiohttp import web

from handlers.rehearsal.slack_limits import SOCKETS
from handlers.rehearsal.slack_model import Json, NotDelivered

log = logging.getLogger(__name__)


class _Line:
    """One open connection of one app."""

    def __init__(self, app_id: str, socket: web.WebSocketResponse, wire: asyncio.Transport | None) -> None:
        self.app_id = app_id
        self.socket = socket
        self.wire = wire
        self.waiting: dict[str, asyncio.Future[Json]] = {}
        self.leaving = False
        self.silent = False

    async def send(self, frame: Json) -> None:
        await self.socket.send_str(json.dumps(frame))

    def heard(self, text: str) -> None:
        try:
            answer = json.loads(text)
        except ValueError:
            return
        if isinstance(answer, dict) and (waiting := self.waiting.get(str(answer.get("envelope_id")))):
            payload = answer.get("payload")
            if not waiting.done():
                waiting.set_result(payload if isinstance(payload, dict) else {})

    def broke(self) -> None:
        for waiting in self.waiting.values():
            if not waiting.done():
                waiting.set_exception(NotDelivered("disconnected"))


class SocketDoor:
    """All Socket Mode connections, and the small server that accepts them (Slack, too, has it on another host)."""

    def __init__(self) -> None:
        self._lines: list[_Line] = []
        self._tickets: dict[str, str] = {}
        self._turn = 0
        self._runner: web.AppRunner | None = None
        self._address = ""
        self._changed = asyncio.Event()

    async def open(self, host: str = "127.0.0.1") -> None:
        """Start accepting connections on a free port."""
        app = web.Application()
        app.router.add_get("/link/", self._connected)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, 0)
        await site.start()
        port = self._runner.addresses[0][1]
        self._address = f"ws://{host}:{port}/link/"

    def ticket(self, app_id: str) -> str:
        """The address at which this app may connect once."""
        ticket = secrets.token_hex(16)
        self._tickets[ticket] = app_id
        return f"{self._address}?ticket={ticket}&app_id={app_id}"

    def connections(self, app_id: str) -> int:
        """How many connections an app has open."""
        return sum(line.app_id == app_id and not line.socket.closed for line in self._lines)

    def _usable(self, app_id: str) -> list[_Line]:
        mine = (line for line in self._lines if line.app_id == app_id)
        return [line for line in mine if not line.leaving and not line.socket.closed]

    async def connected(self, app_id: str, least: int = 1) -> None:
        """Wait until an app has at least so many connections over which something would reach it."""
        while len(self._usable(app_id)) < least:
            self._changed.clear()
            await self._changed.wait()

    async def _connected(self, request: web.Request) -> web.StreamResponse:
        app_id = self._tickets.pop(request.query.get("ticket", ""), None)
        if app_id is None:
            raise web.HTTPUnauthorized
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        line = _Line(app_id, socket, request.transport)
        if self.connections(app_id) >= SOCKETS:
            await line.send(
                {"type": "disconnect", "reason": "too_many_websockets", "debug_info": {"host": "practice"}}
            )
            await socket.close()
            return socket
        self._lines.append(line)
        try:
            about: Json = {"host": "practice", "build_number": 1, "approximate_connection_time": 18060}
            hello: Json = {"type": "hello", "num_connections": self.connections(app_id), "debug_info": about}
            await line.send(hello | {"connection_info": {"app_id": app_id}})
            self._changed.set()
            async for message in socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    line.heard(message.data)
        finally:
            self._lines.remove(line)
            line.broke()
            self._changed.set()
        return socket

    async def send(
        self, app_id: str, kind: str, payload: Json, patience: float, *, accepts: bool, **more: Any
    ) -> Json:
        """Send one envelope over one of the app's connections; the payload of its acknowledgement.

        Raises NotDelivered: no_connection (final), disconnected, or timeout.
        """
        lines = [
            line
            for line in self._lines
            if line.app_id == app_id and not line.leaving and not line.socket.closed
        ]
        if not lines:
            raise NotDelivered("no_connection", final=True)
        self._turn += 1
        line = lines[self._turn % len(lines)]
        envelope = str(uuid.uuid4())
        answer = asyncio.get_running_loop().create_future()
        line.waiting[envelope] = answer
        frame = {
            "envelope_id": envelope,
            "payload": payload,
            "type": kind,
            "accepts_response_payload": accepts,
            **more,
        }
        try:
            if not line.silent:
                await line.send(frame)
            async with asyncio.timeout(patience):
                reply: Json = await answer
                return reply
        except TimeoutError as error:
            raise NotDelivered("timeout") from error
        except (ConnectionError, RuntimeError) as error:
            raise NotDelivered("disconnected") from error
        finally:
            line.waiting.pop(envelope, None)

    async def refresh(self, app_id: str, reason: str = "refresh_requested") -> None:
        """Tell the app's connections to renew themselves; they get nothing more, acknowledgements still count."""
        for line in [line for line in self._lines if line.app_id == app_id]:
            line.leaving = reason != "warning"
            await line.send({"type": "disconnect", "reason": reason, "debug_info": {"host": "practice"}})

    def cut(self, app_id: str) -> None:
        """Break the app's connections without a word, as a dying network does."""
        for line in [line for line in self._lines if line.app_id == app_id]:
            line.leaving = True
            if line.wire is not None:
                line.wire.abort()

    def silence(self, app_id: str, *, silent: bool = True) -> None:
        """Let the connections look alive while nothing travels over them (half-open)."""
        for line in self._lines:
            if line.app_id == app_id:
                line.silent = silent

    async def close(self) -> None:
        for line in list(self._lines):
            await line.socket.close()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
