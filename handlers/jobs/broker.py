"""The bell over a broker: dramatiq carries a job's id to whichever worker is free, and nothing else."""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from datetime import datetime
from hashlib import sha256
from typing import Any

import dramatiq
from dramatiq.middleware import AsyncIO, Callbacks, ShutdownNotifications, TimeLimit

from bot.ports import Clock

log = logging.getLogger(__name__)

TIME_LIMIT = 15 * 60 * 1000
"""Milliseconds; longer than the wait for a server's answer to the final dot."""


def queue_name(house_key: str) -> str:
    """A queue of the house's own: houses that share a broker must not answer each other's rings.

    Named from the key that all processes of a house share, so there is nothing to set.
    """
    return f"understudy.{sha256(b'queue' + house_key.encode()).hexdigest()[:12]}"


def open_broker(url: str) -> dramatiq.Broker:
    """A broker for redis:// or amqp://, without dramatiq's own retries: the row decides. Nothing connects yet.

    ValueError for any other scheme.
    """
    middleware: list[Any] = [TimeLimit(time_limit=TIME_LIMIT), ShutdownNotifications(), Callbacks()]
    scheme = url.partition(":")[0]
    if scheme in {"redis", "rediss", "unix"}:
        from dramatiq.brokers.redis import RedisBroker

        return RedisBroker(url=url, middleware=middleware, heartbeat_timeout=15_000, maintenance_chance=50_000)
    if scheme in {"amqp", "amqps"}:
        from dramatiq.brokers.rabbitmq import RabbitmqBroker

        return RabbitmqBroker(url=url, middleware=middleware, confirm_delivery=True)
    raise ValueError(f"queue url must start with memory://, redis:// or amqp://, not {scheme!r}")


class HouseLifetime(AsyncIO):  # type: ignore[misc]
    """Opens the house on the worker's event loop before the first job, and closes it after the last."""

    def __init__(self, opening: Callable[[], Any]) -> None:
        super().__init__()
        self._opening = opening
        self._house: Any = None
        self.run: Callable[[int], Awaitable[None]] | None = None

    def before_worker_boot(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        from dramatiq.asyncio import EventLoopThread, set_event_loop_thread

        # dramatiq's own loop thread is no daemon: a worker told twice to stop would wait for it for ever.
        thread = EventLoopThread(self.logger)
        thread.daemon = True
        thread.start(timeout=5.0)
        set_event_loop_thread(thread)
        try:
            self._on_loop(self._open())
        except Exception as error:
            # dramatiq would log this and go on without a house, failing every job.
            log.critical("the worker's house could not be opened (%s); ending", type(error).__name__)
            os._exit(os.EX_UNAVAILABLE)

    def after_worker_shutdown(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        self._on_loop(self._close())
        super().after_worker_shutdown(broker, worker)

    def _on_loop(self, coroutine: Any) -> None:
        from dramatiq.asyncio import get_event_loop_thread

        thread = get_event_loop_thread()
        assert thread is not None
        thread.run_coroutine(coroutine)

    async def _open(self) -> None:
        self._house = self._opening()
        self.run = await self._house.__aenter__()

    async def _close(self) -> None:
        if self._house is not None:
            await self._house.__aexit__(None, None, None)
            self._house, self.run = None, None


def declare_wake(
    broker: dramatiq.Broker, lifetime: HouseLifetime | None = None, *, queue: str
) -> "dramatiq.Actor[[int], Any]":
    """The one actor there is, on this house's queue. Without a lifetime it can only be sent to."""

    async def wake(job_id: int) -> None:
        if lifetime is None or lifetime.run is None:
            raise RuntimeError("this process rings, it does not answer")
        await lifetime.run(job_id)

    actor: dramatiq.Actor[[int], Any] = dramatiq.actor(wake, broker=broker, queue_name=queue)
    return actor


class BrokerBell:
    """Rings a worker. A lost ring costs seconds: the sweeper rings again."""

    def __init__(self, wake: "dramatiq.Actor[[int], Any]", clock: Clock) -> None:
        self._wake, self._clock = wake, clock
        self.rung_at: datetime | None = None
        self.failed: str = ""

    async def ring(self, job_id: int, due_at: datetime) -> None:
        now = self._clock.now()
        if due_at > now:
            return
        try:
            await asyncio.to_thread(self._wake.send, job_id)
            self.rung_at, self.failed = now, ""
        except Exception as error:
            self.failed = type(error).__name__
            log.warning("could not ring for job %s (%s); the sweeper will", job_id, type(error).__name__)

    async def problem(self) -> str:
        """What keeps the broker from being reached, in a few words; "" when it answers."""
        try:
            async with asyncio.timeout(8):
                await asyncio.to_thread(_reach, self._wake.broker, self._wake.queue_name)
        except Exception as error:
            return f"the broker does not answer ({type(error).__name__})"
        return ""


def _reach(broker: dramatiq.Broker, queue: str) -> None:
    client = getattr(broker, "client", None)
    if client is not None:
        client.ping()
    else:
        broker.get_queue_message_counts(queue)
