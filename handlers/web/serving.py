"""Serves an ASGI app in our own loop, quietly, and closes it without waiting for idle browsers."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn

from bot.errors import Permanent


@asynccontextmanager
async def served(app: Any, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
    """Serve an ASGI app in this loop, quietly; yields its address when it accepts, closes it without waiting."""
    # Named as TCP, or asyncio does not switch Nagle's delay off and every answer takes 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise Permanent(f"port {port} on {host} is taken; stop what listens there, or choose another one") from error
    listener.setblocking(False)
    config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", ws="none")
    server = uvicorn.Server(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[listener])
    ticking = asyncio.create_task(server.main_loop())
    try:
        yield f"http://{host}:{listener.getsockname()[1]}"
    finally:
        ticking.cancel()
        for door in server.servers:
            door.close()
        for connection in list(server.server_state.connections):
            connection.transport.close()
        running = set(server.server_state.tasks)
        if running:
            _, late = await asyncio.wait(running, timeout=0.5)
            for task in late:
                task.cancel()
        await asyncio.gather(ticking, *running, return_exceptions=True)
        for door in server.servers:
            await door.wait_closed()
