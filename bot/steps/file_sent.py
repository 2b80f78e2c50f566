"""File sent: put a copy of what left into the Sent folder, once; its failure never sends anything again."""

from dataclasses import dataclass

from bot.ports import SentFolder
from storage.jobs import Job
from storage.outbox import OutboxState
from storage.store import Store


@dataclass(frozen=True)
class FileSent:
    store: Store
    sent: SentFolder

    async def run(self, job: Job) -> None:
        async with self.store.reading() as tx:
            item = await tx.outbox.get(job.subject_id)
        if item.copy_filed or item.state is not OutboxState.SENT:
            async with self.store.finishing(job, "file_sent.nothing"):
                return

        await self.sent.file(item.raw, item.message_id)

        async with self.store.finishing(job, "file_sent.filed") as tx:
            item = await tx.outbox.get(job.subject_id)
            item.copy_filed = True
