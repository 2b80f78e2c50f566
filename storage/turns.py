"""Who writes next: one at a time, and what a person waits for goes before what nobody waits for."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar

_hurried: ContextVar[bool] = ContextVar("hurried", default=False)


@contextmanager
def hurried() -> Iterator[None]:
    """What is written in this block is written before anything that only waits in a queue: somebody has pressed."""
    before = _hurried.set(True)
    try:
        yield
    finally:
        _hurried.reset(before)


class Turns:
    """Lets one in at a time: the hurried first, then the others, each in the order they came."""

    def __init__(self) -> None:
        self._taken = False
        self._first: deque[asyncio.Future[None]] = deque()
        self._others: deque[asyncio.Future[None]] = deque()

    @asynccontextmanager
    async def mine(self) -> AsyncIterator[None]:
        """Wait for the turn, and hold it until the block is left."""
        await self._wait()
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self) -> None:
        if not self._taken:
            self._taken = True
            return
        line = self._first if _hurried.get() else self._others
        turn = asyncio.get_running_loop().create_future()
        line.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._pass_on()  # it was our turn at the very moment we were told to stop
            elif turn in line:
                line.remove(turn)
            raise

    def _pass_on(self) -> None:
        for line in (self._first, self._others):
            while line:
                turn = line.popleft()
                if not turn.done():
                    turn.set_result(None)  # still taken: it goes from hand to hand
                    return
        self._taken = False
