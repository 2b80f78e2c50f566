"""A soak: kills at random moments while mail arrives, for as long as one likes; the ledgers outside judge.

For example: `python -m benchmarks.soak --kills 1000 --mails 20000 --seed 7`, or with `--postgresql`.
"""

import argparse
import asyncio
import random
import sys
import time
from contextlib import AsyncExitStack

from tests.crash.random_kills import random_kills
from tests.crash.town import town
from tests.storage.postgres import a_database

ONE_WORLD = 300
"""Mails to one house before a new one is opened: every one is answered by hand at the end."""


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Kill a house at random moments and compare it with the world outside.")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--mails", type=int, default=240)
    parser.add_argument("--seed", type=int, default=None, help="printed when it is drawn; the moments differ all the same")
    parser.add_argument("--postgresql", action="store_true", help="instead of SQLite; the server of the tests")
    return parser.parse_args()


async def soak(*, kills: int, mails: int, seed: int, postgresql: bool) -> list[str]:
    """As many houses as it takes, one after the other; every contradiction found."""
    rounds = max(1, -(-mails // ONE_WORLD))
    problems: list[str] = []
    for number in range(rounds):
        began = time.monotonic()
        async with AsyncExitStack() as stack:
            url = await stack.enter_async_context(a_database()) if postgresql else None
            here = await stack.enter_async_context(town(url))
            found = await random_kills(
                here, kills=max(1, kills // rounds), mails=max(1, mails // rounds), seed=seed + number
            )
            sys.stdout.write(
                f"house {number + 1} of {rounds}: {here.deaths} deaths, {len(here.world.sent)} mails in, "
                f"{len(here.world.sink.ledger)} out, {len(found)} problems, {time.monotonic() - began:.0f} s\n"
            )
            sys.stdout.flush()
        problems += [f"seed {seed + number}: {problem}" for problem in found]
    return problems


def main() -> int:
    asked = arguments()
    seed = asked.seed if asked.seed is not None else random.randrange(1_000_000)
    sys.stdout.write(f"seed {seed}\n")
    problems = asyncio.run(soak(kills=asked.kills, mails=asked.mails, seed=seed, postgresql=asked.postgresql))
    sys.stdout.write("".join(f"{problem}\n" for problem in problems) or "Nothing lost, nothing repeated.\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
