"""What the house holds in memory after a good deal of mail."""

import asyncio
import sqlite3
from time import perf_counter

from benchmarks.letters import post
from benchmarks.outside import Outside
from benchmarks.table import Figure, at_most, told

WAVE = 100


async def memory(outside: Outside, *, count: int) -> list[Figure]:
    """Let so many letters go all the way, with the offline writer, and look."""
    house = await outside.start_house()
    try:
        began, used = perf_counter(), house.cpu_used
        letters = post(count)
        for _ in range(0, count, WAVE):
            for _ in range(WAVE):
                await outside.bring(next(letters))
            await asyncio.sleep(0)
            outside.clear()
        while _unfinished(outside):
            await asyncio.sleep(0.5)
            outside.clear()
        took = perf_counter() - began
        return [
            at_most(f"resident memory after {count:,} messages", house.resident, 200, "MB",
                    note=f"the house's own process; the processes that read mail for it hold {house.resident_children:.0f} MB more"),
            told("… all of them all the way to card, routine or file", count / took, "/s",
                 note=f"{1000 * (house.cpu_used - used) / count:.0f} ms of a processor each; the practice Slack takes its share"),
        ]  # fmt: skip
    finally:
        await house.stop()


def _unfinished(outside: Outside) -> int:
    """Letters not yet read and jobs due now, as the rows say."""
    rows = sqlite3.connect(f"file:{outside.home / 'understudy.db'}?mode=ro", uri=True)
    try:
        [(waiting,)] = rows.execute(
            "SELECT (SELECT count(*) FROM job WHERE state = 'due' AND due_at <= datetime('now', '+1 second')) "
            "+ (SELECT count(*) FROM inbound_message WHERE state = 'new')"
        )
    finally:
        rows.close()
    here = len(outside.mail.messages(outside.business.address))
    return int(waiting) or here - _fetched(outside)


def _fetched(outside: Outside) -> int:
    rows = sqlite3.connect(f"file:{outside.home / 'understudy.db'}?mode=ro", uri=True)
    try:
        [(fetched,)] = rows.execute("SELECT count(*) FROM inbound_message WHERE place = 'INBOX'")
    finally:
        rows.close()
    return int(fetched)
