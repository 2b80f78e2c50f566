"""Wake: a card that was put off is open again."""

from dataclasses import dataclass

from bot.asking import note_under
from bot.ports import Clock
from storage.cards import CardState
from storage.jobs import Job
from storage.store import Store


@dataclass(frozen=True)
class Wake:
    store: Store
    clock: Clock

    async def run(self, job: Job) -> None:
        now = self.clock.now()
        async with self.store.finishing(job, "wake.open") as tx:
            card = await tx.cards.get(job.subject_id)
            if card is None or card.state is not CardState.SNOOZED:
                return
            if card.until is not None and card.until > now:  # put off once more, to a later time
                return
            card.state, card.until = CardState.OPEN, None
            await tx.repaint(f"card:{card.id}", now=now)
            await note_under(tx, card, "This was put off until now, and is open again.", key=f"wake:{job.occasion}", now=now)
