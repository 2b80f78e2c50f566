"""The live connection (Socket Mode): taken up again by itself, caught up after every gap, drained before it goes."""

import asyncio
import contextlib
import logging
import time
from typing import Any

from aiohttp import ClientWebSocketResponse
from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app, send_async_response
from slack_bolt.async_app import AsyncApp
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import BotError, Transient
from handlers.slack.answers import PrivateAnswers
from handlers.slack.catch_up import CatchUp
from handlers.slack.payloads import check
from handlers.slack.values import Unreadable
from handlers.slack.web_api import UNTIL_CURED, called, is_loopback

log = logging.getLogger(__name__)


class SlackConnection:
    """Slack's live line into the Bolt app.

    `connected` is true from Slack's hello on while the socket lives. A watchdog replaces a socket that does not come
    up, and one that is up but silent: every `sweep_every` seconds history is read back, and if that finds messages
    the socket should have brought, a new one is opened.
    """

    def __init__(
        self,
        app: AsyncApp,
        client: AsyncWebClient,
        app_token: str,
        *,
        catch_up: CatchUp,
        answers: PrivateAnswers,
        ping_interval: float = 3.0,
        patience: float = 30.0,
        sweep_every: float = 600.0,
    ) -> None:
        self._app = app
        self._client = client
        self._token = app_token
        self._catch_up = catch_up
        self._answers = answers
        self._ping_interval = ping_interval
        self._patience = patience
        self._sweep_every = sweep_every
        self._socket: _Socket | None = None
        self._greeted: ClientWebSocketResponse | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._under_way: set[asyncio.Task[Any]] = set()
        self._hello = asyncio.Event()
        self._gap = asyncio.Event()
        self._stopping = False
        self.connections = 0
        """How many connections Slack counts for our app, ours included; more than our processes means a stranger."""
        self.caught_up = 0
        """How many times the past was read back to the end."""

    @property
    def connected(self) -> bool:
        """Whether Slack has greeted us on a socket that is still alive."""
        socket = self._socket
        if socket is None or socket.stale or socket.current_session is None:
            return False
        return socket.current_session is self._greeted and not socket.current_session.closed

    async def start(self) -> None:
        """Begin to connect, and return at once: Slack may be away, the house goes on."""
        self._tasks = [asyncio.create_task(self._keep_line()), asyncio.create_task(self._keep_caught_up())]

    async def wait_connected(self, seconds: float) -> bool:
        """Wait for Slack's hello; False when it did not come in time."""
        if not self.connected:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._hello.wait(), seconds)
        return self.connected

    async def stop(self, *, grace: float = 10.0) -> None:
        """Take nothing new, finish what has begun, then close."""
        self._stopping = True
        if self._under_way:
            await asyncio.wait(set(self._under_way), timeout=grace)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._answers.drain(), grace)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._hang_up()

    async def _keep_line(self) -> None:
        """Open a socket; replace it when it stays without a hello for too long. The SDK mends shorter breaks itself."""
        while True:
            await self._hang_up()
            self._socket = self._new_socket()
            dialling = asyncio.create_task(self._socket.dial())
            try:
                await self._alive_for_long()
                log.warning("no live connection to Slack for %s seconds; opening a new one", self._patience)
            finally:
                dialling.cancel()
                await asyncio.gather(dialling, return_exceptions=True)

    async def _alive_for_long(self) -> None:
        """Return when there has been no live connection for the whole of our patience."""
        seen = time.monotonic()
        while time.monotonic() - seen < self._patience:
            self._hello.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._hello.wait(), self._patience / 4)
            if self.connected:
                seen = time.monotonic()

    async def _keep_caught_up(self) -> None:
        """Read the past back after every hello, and now and then between."""
        while True:
            swept = False
            try:
                await asyncio.wait_for(self._gap.wait(), self._sweep_every)
            except TimeoutError:
                swept = True
            self._gap.clear()
            try:
                found = await self._catch_up.run()
            except BotError as error:
                log.warning("the past could not be read back: %s", error)
                wait = error.retry_after if isinstance(error, Transient) else None
                await asyncio.sleep(wait.total_seconds() if wait else self._ping_interval)
                self._gap.set()
                continue
            self.caught_up += 1
            if swept and found and self._socket:
                log.warning("the socket was silent about %d messages; opening a new one", found)
                await self._socket.connect_to_new_endpoint(force=True)

    def _new_socket(self) -> "_Socket":
        socket = _Socket(self._token, web_client=self._client, ping_interval=self._ping_interval)
        if is_loopback(self._client.base_url):
            socket.proxy = None
        socket.message_listeners.append(self._on_message)
        socket.socket_mode_request_listeners.append(self._on_request)
        return socket

    async def _hang_up(self) -> None:
        socket, self._socket = self._socket, None
        if socket:
            await socket.hang_up()

    async def _on_message(
        self, socket: AsyncBaseSocketModeClient, message: dict[str, Any], _raw: str | None
    ) -> None:
        if message.get("type") == "hello" and isinstance(socket, _Socket):
            self._greeted = socket.current_session
            self.connections = int(message.get("num_connections") or 0)
            log.info("connected to Slack (%d connections)", self.connections)
            self._hello.set()
            self._gap.set()

    async def _on_request(self, socket: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        if self._stopping:
            return
        task = asyncio.current_task()
        if task:
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
        try:
            check(request.payload)
        except Unreadable as error:
            log.warning("an envelope was refused: %s", error)
            return
        began = time.time()
        said = await run_async_bolt_app(self._app, request)
        await send_async_response(socket, request, said, began)


class _Socket(SocketModeClient):
    """The SDK's client, patient while Slack cannot be asked for an address, and closed without leftovers."""

    async def issue_new_wss_url(self) -> str:
        """A fresh address. Waits longer after each refusal: the method may be called once a minute."""
        wait = self.ping_interval
        while not self.closed:
            try:
                said = await called(
                    self.web_client.apps_connections_open(app_token=self.app_token), repeatable=True
                )
                return str(said["url"])
            except BotError as error:
                asked = error.retry_after if isinstance(error, Transient) else UNTIL_CURED
                seconds = max(asked.total_seconds() if asked else 0.0, wait)
                log.warning("Slack gives no address to connect to: %s; again in %.0f s", error, seconds)
                await asyncio.sleep(seconds)
                wait = min(wait * 2, 60.0)
        raise Transient("closed")

    async def dial(self) -> None:
        self.wss_uri = await self.issue_new_wss_url()
        await self.connect()  # type: ignore[no-untyped-call]

    async def hang_up(self) -> None:
        """Close, and wait for what the SDK only cancels."""
        await self.close()  # type: ignore[no-untyped-call]
        tasks = [
            t for t in (self.message_processor, self.current_session_monitor, self.message_receiver) if t
        ]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
