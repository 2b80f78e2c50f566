"""When a failed attempt is tried again, and when a person has to look."""

from dataclasses import dataclass
from datetime import timedelta

from bot.errors import OutcomeUnknown, Transient

LADDER = tuple(timedelta(seconds=s) for s in (2, 5, 15, 60, 300, 900, 1800, 3600, 3600, 3600))
"""Waits between attempts of an ordinary job: about four hours in all."""

SOON = 5
"""How many attempts may follow one another as quickly as an error says."""

SEND_FIRST = timedelta(seconds=15)
SEND_LONGEST = timedelta(hours=1)
SEND_GIVES_UP = timedelta(hours=24)

RECONCILE = tuple(timedelta(seconds=s) for s in (5, 30, 120, 600))
"""When an unknown delivery is looked into after the hand-over; hourly from then on."""
RECONCILE_GIVES_UP = timedelta(hours=48)


@dataclass(frozen=True)
class TryAgain:
    after: timedelta


@dataclass(frozen=True)
class GiveUp:
    why: str


def after_failure(error: Exception, *, attempts: int, patient: bool = False) -> TryAgain | GiveUp:
    """What to do with a job whose attempt number `attempts` (from 1) ended in this error.

    `patient`: what is passing is waited for however long it takes; what is to be shown at a desk that is away waits.
    """
    match error:
        case OutcomeUnknown():
            return GiveUp("the outcome is unknown; a person must check before anything is done again")
        case Transient(retry_after=timedelta() as wait) if attempts <= SOON:
            return TryAgain(wait)  # whoever raised it knows when; a few times that may be almost at once
        case Transient() if patient or attempts <= len(LADDER):
            return TryAgain(max(LADDER[min(attempts, len(LADDER)) - 1], error.retry_after or timedelta()))
        case Transient():
            return GiveUp(f"still failing after {attempts} attempts")
        case _ if attempts < 5 and _may_pass(error):
            return TryAgain(LADDER[attempts - 1])
        case _:
            return GiveUp(type(error).__name__)


def _may_pass(error: Exception) -> bool:
    """Database hiccups (a restart, a deadlock) come as library errors and pass."""
    return type(error).__module__.split(".")[0] in {"sqlalchemy", "psycopg", "sqlite3", "aiosqlite"}


def send_again_after(tries: int) -> timedelta:
    """How long an outbox item waits after its try number `tries` (from 1) failed before the dot."""
    return min(SEND_FIRST * float(2 ** min(tries - 1, 20)), SEND_LONGEST)


def next_check(since_handover: timedelta) -> timedelta | None:
    """How long after the hand-over an unknown delivery is looked into next; None: no more."""
    for point in RECONCILE:
        if since_handover < point:
            return point
    later = timedelta(hours=int(since_handover / timedelta(hours=1)) + 1)
    return later if later <= RECONCILE_GIVES_UP else None
