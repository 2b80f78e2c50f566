"""The bell within one process: rings are ids in a queue of our own loop, answered by a handful of tasks."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime

from bot.ports import Clock

log = logging.getLogger(__name__)

AT_ONCE = 64
"""How many jobs run at the same time; most of them wait for a model or a server."""


class LocalBell:
    """Rings in the process. Its queue may be lost at any moment: the rows are the work, and the sweeper rings again."""

    def __init__(self, clock: Clock, *, at_once: int = AT_ONCE) -> None:
        self._clock, self._at_once = clock, at_once
        self._queue: asyncio.Queue[int] = asyncio.Queue()
        self._waiting: set[int] = set()
        self._running: set[int] = set()
        self._quiet = asyncio.Event()

    async def ring(self, job_id: int, due_at: datetime) -> None:
        """Have the job run soon; one that is due later is left to the sweeper."""
        if due_at <= self._clock.now():
            self.ring_now(job_id)

    def ring_now(self, job_id: int) -> None:
        if job_id not in self._waiting and job_id not in self._running:
            self._waiting.add(job_id)
            self._queue.put_nowait(job_id)

    @property
    def idle(self) -> bool:
        """Whether nothing is rung for and nothing runs."""
        return not self._waiting and not self._running

    @asynccontextmanager
    async def answering(self, run: Callable[[int], Awaitable[None]], *, patience: float = 20.0) -> AsyncIterator[None]:
        """Answer rings with `run` until left; what runs then may end within `patience` seconds, and is cancelled after."""
        hands = [asyncio.create_task(self._hand(run), name=f"job-hand-{n}") for n in range(self._at_once)]
        try:
            yield
        finally:
            self._queue = asyncio.Queue()
            if self._running:
                self._quiet.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._quiet.wait(), patience)
            for hand in hands:
                hand.cancel()
            await asyncio.gather(*hands, return_exceptions=True)

    async def _hand(self, run: Callable[[int], Awaitable[None]]) -> None:
        me = asyncio.current_task()
        assert me is not None
        while not me.cancelling():  # a sender told to stop after the dot first writes down how it ended, and returns
            queue = self._queue
            job_id = await queue.get()
            self._waiting.discard(job_id)
            self._running.add(job_id)
            try:
                await run(job_id)
            except asyncio.CancelledError:
                raise
            except Exception:
                # The runner records what jobs do; what reaches here is the database itself failing.
                log.warning("job %s could not be claimed or ended; the sweeper will ring again", job_id)
            finally:
                self._running.discard(job_id)
                if not self._running:
                    self._quiet.set()
