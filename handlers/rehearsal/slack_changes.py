"""The change feed: what a page has to redraw, as it happens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from types import TracebackType

from handlers.rehearsal.slack_model import Change

_BACKLOG = 2_000


class Subscription(AsyncIterator[Change]):
    """Changes from the moment of subscribing on; iterate it, and close it (or use `with`).

    A reader that falls far behind gets one Change("resync") in place of what it missed.
    """

    def __init__(self, feed: ChangeFeed) -> None:
        self._feed = feed
        self._waiting: asyncio.Queue[Change | None] = asyncio.Queue()

    def __enter__(self) -> Subscription:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __aiter__(self) -> Subscription:
        return self

    async def __anext__(self) -> Change:
        change = await self._waiting.get()
        if change is None:
            raise StopAsyncIteration
        return change

    def give(self, change: Change | None) -> None:
        if self._waiting.qsize() >= _BACKLOG:
            while not self._waiting.empty():
                self._waiting.get_nowait()
            self._waiting.put_nowait(Change("resync"))
        self._waiting.put_nowait(change)

    def close(self) -> None:
        """End the iteration; safe to call twice."""
        self._feed.leave(self)
        self.give(None)


class ChangeFeed:
    """Hands every change to everyone who has subscribed."""

    def __init__(self) -> None:
        self._readers: set[Subscription] = set()

    def subscribe(self) -> Subscription:
        reader = Subscription(self)
        self._readers.add(reader)
        return reader

    def leave(self, reader: Subscription) -> None:
        self._readers.discard(reader)

    def tell(self, change: Change) -> None:
        for reader in list(self._readers):
            reader.give(change)

    def close(self) -> None:
        for reader in list(self._readers):
            reader.close()
