"""Arrive: write a message down exactly as it came, before anything else happens."""

from dataclasses import dataclass

from bot.ports import Clock
from storage.channels import Channel
from storage.jobs import Step
from storage.store import Store, Tx


@dataclass(frozen=True)
class Arrive:
    store: Store
    clock: Clock

    async def message(self, *, channel: Channel, account: str, place: str, key: str, raw: bytes) -> bool:
        """Store it and cause its reading; False: it was there already."""
        async with self.store.transaction("arrive.message") as tx:
            return await write_down(tx, self.clock, channel=channel, account=account, place=place, key=key, raw=raw)


async def write_down(
    tx: Tx, clock: Clock, *, channel: Channel, account: str, place: str, key: str, raw: bytes, **more: bool
) -> bool:
    """The same within a transaction that is already open; False: it was there already."""
    now = clock.now()
    row = await tx.inbound.add(key=key, channel=channel, account=account, place=place, raw=raw, arrived_at=now, **more)
    if row is None:
        return False
    assert row.id is not None
    await tx.jobs.add(Step.INTAKE, row.id, due_at=now)
    return True
