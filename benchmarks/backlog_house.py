"""A house that only takes in: mailbox to stored, threaded, screened inquiries; what comes after is put off by a day."""

import argparse
import asyncio
import os
from datetime import datetime, timedelta
from pathlib import Path

import storage.store
from handlers.processes import run_embedded, until_told
from handlers.settings import read_settings
from storage.jobs import Job, Jobs, Step


class _OnlyIntake(Jobs):
    async def add(self, step: Step, subject_id: int, *, due_at: datetime, occasion: str = "") -> Job:
        later = timedelta() if step is Step.INTAKE else timedelta(days=1)
        return await super().add(step, subject_id, due_at=due_at + later, occasion=occasion)


async def _run(home: Path) -> None:
    async with run_embedded(read_settings(home, os.environ)):
        await until_told()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--home", type=Path, required=True)
    storage.store.Jobs = _OnlyIntake  # type: ignore[misc]
    asyncio.run(_run(parser.parse_args().home))
