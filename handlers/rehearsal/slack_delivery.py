"""Carries events and interactions to an app, over its sockets or signed HTTP, with Slack's patience and retries."""

from __future__ import annotations

import asyncio
import copy
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from handlers.rehearsal.slack_faults import Faults
from handlers.rehearsal.slack_http import HttpDoor
from handlers.rehearsal.slack_limits import Timing
from handlers.rehearsal.slack_model import App, Json, NotDelivered, Outcome, new_id
from handlers.rehearsal.slack_socket import SocketDoor

log = logging.getLogger(__name__)


class Delivery:
    """One for the whole workspace.

    Events are redelivered (at once, after a minute, after five) until acknowledged; interactions and commands are
    sent once, and the person who acted is told when no answer came in time.
    """

    def __init__(self, faults: Faults, timing: Timing, clock: Callable[[], float]) -> None:
        self.faults = faults
        self.timing = timing
        self.sockets = SocketDoor()
        self.http = HttpDoor(clock)
        self.lost: list[Json] = []
        """The last event payloads that never reached their app: nobody connected, or all retries failed."""
        self._running: set[asyncio.Task[None]] = set()

    def event(self, app: App, payload: Json) -> None:
        """Send an event in the background; the order of first attempts is the order of calls."""
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            self._lose(payload)
            return
        if self.faults.lose_event is not None and self.faults.lose_event(payload):
            self._lose(payload)
            return
        for number in range(max(1, self.faults.copies)):
            one = payload
            if number and self.faults.fresh_event_ids:
                one = {**copy.deepcopy(payload), "event_id": new_id("Ev")}
            marked = 0 if self.faults.fresh_event_ids else number
            self._start(self._deliver(app, one, marked))

    async def _deliver(self, app: App, payload: Json, attempt: int) -> None:
        reason = "timeout" if attempt else ""
        if self.faults.event_delay:
            await asyncio.sleep(self.faults.event_delay)
        waits = iter(self.timing.retry_waits)
        while True:
            try:
                await self._send_event(app, payload, attempt, reason)
                return
            except NotDelivered as error:
                reason = error.reason
                if error.final:
                    break
            wait = next(waits, None)
            if wait is None:
                break
            attempt += 1
            await asyncio.sleep(wait)
        log.info("event %s of %s was not delivered: %s", payload["event_id"], app.id, reason)
        self._lose(payload)

    async def _send_event(self, app: App, payload: Json, attempt: int, reason: str) -> None:
        if app.delivery == "http":
            await self.http.event(app, payload, self.timing.ack, attempt, reason)
        else:
            retry = {"retry_attempt": attempt, "retry_reason": reason}
            await self.sockets.send(app.id, "events_api", payload, self.timing.ack, accepts=False, **retry)

    async def ask(self, app: App, kind: str, payload: Json) -> Outcome:
        """Send an interaction ("interactive") or command ("slash_commands") once, and wait for its answer."""
        if self.faults.loses_press():
            return Outcome(ok=False, error="operation_timeout")
        try:
            if app.delivery == "http":
                return Outcome(ok=True, reply=await self.http.ask(app, kind, payload, self.timing.ack))
            reply = await self.sockets.send(app.id, kind, payload, self.timing.ack, accepts=True)
            return Outcome(ok=True, reply=reply)
        except NotDelivered as error:
            code = "operation_timeout" if error.reason in {"timeout", "http_timeout"} else "dispatch_failed"
            return Outcome(ok=False, error=code)

    def tell(self, app: App, kind: str, payload: Json) -> None:
        """Send an interaction whose answer nobody waits for, e.g. view_closed."""

        async def send() -> None:
            await self.ask(app, kind, payload)

        self._start(send())

    def _lose(self, payload: Json) -> None:
        self.lost.append(payload)
        del self.lost[:-1000]

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def settled(self) -> None:
        """Wait until every event under way is acknowledged or given up."""
        while self._running:
            await asyncio.wait(self._running)

    async def close(self) -> None:
        """Stop trying; close every connection."""
        for task in list(self._running):
            task.cancel()
        if self._running:
            await asyncio.gather(*self._running, return_exceptions=True)
        await self.sockets.close()
        await self.http.close()
