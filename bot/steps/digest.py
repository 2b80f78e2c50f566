"""Digest: each morning one page, in the business's zone; writing it plans the next."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.context import House
from bot.gathering import digest_of_period
from bot.ports import Clock
from bot.rules.digest_content import digest_as_content
from bot.rules.hours import next_digest
from storage.jobs import Job, Step
from storage.postings import PostingKind
from storage.store import Store, Tx

AT_MOST = timedelta(days=7)
"""A house that was closed for longer does not list all that came since."""

Warnings = Callable[[], Awaitable[Sequence[str]]]
"""Plain sentences on what is wrong with the house now: a spent budget, a part that is down."""


@dataclass(frozen=True)
class MorningDigest:
    store: Store
    house: House
    clock: Clock
    warnings: Warnings

    async def run(self, job: Job) -> None:
        now = self.clock.now()
        warnings = await self.warnings()
        async with self.store.finishing(job, "digest.write") as tx:
            day = now.astimezone(self.house.zone).strftime("%Y-%m-%d")
            key = f"digest:{day}"
            last = await tx.postings.newest_before(PostingKind.DIGEST, key)
            # From one page to the next: a morning that came late leaves no hour of mail on no page.
            since = max(last.made_at, now - AT_MOST) if last is not None else now - timedelta(hours=24)
            digest = await digest_of_period(tx, self.house, since=since, now=now, warnings=warnings)
            await tx.show(
                PostingKind.DIGEST,
                int(day.replace("-", "")),
                key=key,
                now=now,
                content=digest_as_content(digest),
            )
            await plan_digest(tx, self.house, now=now)


async def plan_digest(tx: Tx, house: House, *, now: datetime) -> None:
    """See to it that the next morning's digest is due."""
    due = next_digest(now, house.playbook.house_rules, house.zone)
    day = int(due.astimezone(house.zone).strftime("%Y%m%d"))
    await tx.jobs.add(Step.DIGEST, day, due_at=due)
