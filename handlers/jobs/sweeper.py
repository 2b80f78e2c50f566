"""The sweeper: rings for every row that is due, whoever forgot to; no broker's memory is needed."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from bot.ports import Clock
from storage.store import Store

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sweeper:
    store: Store
    clock: Clock
    ring: Callable[[int, datetime], Awaitable[None]]
    every: float = 0.5
    """Seconds between sweeps; a broker between us and the workers wants more."""

    async def run(self) -> None:
        """Sweep until cancelled; a database that is away is waited for."""
        while True:
            try:
                await self.sweep()
            except asyncio.CancelledError:
                raise
            except Exception as error:
                log.warning("could not sweep for due jobs: %s", type(error).__name__)
            await asyncio.sleep(self.every)

    async def sweep(self) -> int:
        """Ring for what is due now; how many."""
        now = self.clock.now()
        async with self.store.reading() as tx:
            due = await tx.jobs.due(now=now)
        for job_id in due:
            await self.ring(job_id, now)
        return len(due)
