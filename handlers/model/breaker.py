"""A breaker before the model server: when it is down nobody waits for it, and one call at a time tries whether it is back."""

from datetime import datetime, timedelta

from bot.ports import Clock

FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(minutes=5)


class Breaker:
    """Opens after `after` failures in a row, for a pause that doubles with every failed try."""

    def __init__(self, clock: Clock, *, after: int = 2) -> None:
        self._clock, self._after = clock, after
        self._failures = 0
        self._pause = FIRST_PAUSE
        self._until: datetime | None = None
        self._trying = False

    def closed(self) -> bool:
        """Whether calls go through, or one may try; takes nothing."""
        return self._until is None or (not self._trying and self._clock.now() >= self._until)

    def enter(self) -> bool:
        """Whether this call may be made. While open one call may try after each pause; the others are turned away."""
        if not self.closed():
            return False
        self._trying = self._until is not None
        return True

    def worked(self) -> None:
        """The server answered, if only with nonsense."""
        self._failures, self._pause, self._until, self._trying = 0, FIRST_PAUSE, None, False

    def failed(self, wait: timedelta | None = None) -> None:
        """The server did not answer; `wait` is how long it asked us to stay away."""
        self._failures += 1
        if self._trying:
            self._pause = min(self._pause * 2, LONGEST_PAUSE)
        if self._trying or wait or self._failures >= self._after:
            self._until = self._clock.now() + min(wait or self._pause, LONGEST_PAUSE)
        self._trying = False

    def left(self) -> None:
        """The call ended before it could tell anything."""
        self._trying = False
