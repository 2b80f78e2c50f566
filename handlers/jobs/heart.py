"""Heartbeats: each part says when it worked or failed; rows keep it for every process to see."""

import asyncio
import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.ports import Clock
from storage.store import Store

log = logging.getLogger(__name__)

AGAIN = timedelta(seconds=20)
"""A beat that says nothing new is written down at most this often."""


@dataclass
class Beat:
    worked_at: datetime | None = None
    failed_at: datetime | None = None
    detail: str = ""

    @property
    def well(self) -> bool:
        return self.worked_at is not None and (self.failed_at is None or self.worked_at >= self.failed_at)


@dataclass
class Heart:
    """`beat` is called from anywhere in the loop and never waits; `run` writes what is new."""

    store: Store
    clock: Clock
    beats: dict[str, Beat] = field(default_factory=dict)
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _unwritten: set[str] = field(default_factory=set)
    _written_at: dict[str, datetime] = field(default_factory=dict)

    def beat(self, part: str, ok: bool, detail: str = "") -> None:
        now = self.clock.now()
        beat = self.beats.setdefault(part, Beat())
        was_well, said = beat.well, beat.detail
        if ok:
            beat.worked_at = now
        else:
            beat.failed_at = now
        beat.detail = detail
        written = self._written_at.get(part)
        if written is None or beat.well is not was_well or detail != said or now - written > AGAIN:
            self._written_at[part] = now
            self._unwritten.add(part)
            self._news.set()

    async def run(self) -> None:
        """Write beats down until cancelled; a database that is away loses none that matters, for they come again."""
        while True:
            await self._news.wait()
            self._news.clear()
            parts, self._unwritten = self._unwritten, set()
            try:
                async with self.store.transaction("heart.beat") as tx:
                    for part in sorted(parts):
                        beat = self.beats[part]
                        await tx.pulses.beat(part, ok=beat.well, at=self.clock.now(), detail=beat.detail)
            except asyncio.CancelledError:
                raise
            except Exception as error:
                log.warning("could not write heartbeats: %s", type(error).__name__)
