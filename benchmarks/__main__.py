"""`make bench`: every figure that was promised, measured from outside the house; ratios within one run."""

import argparse
import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from benchmarks.arrivals import arrivals
from benchmarks.backlog import backlog
from benchmarks.memory import memory
from benchmarks.outside import open_outside
from benchmarks.presses import presses
from benchmarks.starts import rehearsals, starts
from benchmarks.table import Figure, drawn
from benchmarks.thinking import more_cards, thinking

PARTS = {
    "starts": "from the command to ready",
    "arrivals": "from the mail server's push to the card, offline writer",
    "model": "the same with a model server of two seconds, and fifty letters at once",
    "presses": "fifty presses at once",
    "memory": "resident memory after two thousand letters",
    "backlog": "a mailbox full of letters, read and filed",
}


async def measured(parts: list[str], *, quick: bool, folder: Path) -> AsyncIterator[list[Figure]]:
    """The figures of each part, as they come."""
    if "starts" in parts:
        async with open_outside(folder / "starts") as outside:
            yield await starts(outside, count=2 if quick else 5)
        (folder / "rehearsal").mkdir()
        yield await rehearsals(folder / "rehearsal", count=1 if quick else 3)
    if "arrivals" in parts:
        async with open_outside(folder / "arrivals") as outside:
            house = await outside.start_house()
            try:
                yield await arrivals(outside, house, count=10 if quick else 40)
            finally:
                await house.stop()
    if "model" in parts or "presses" in parts:
        async with open_outside(folder / "cards") as outside:
            rounds = 1 if quick else 3
            figures = await thinking(outside, ones=1 if quick else 3, together=50)
            if "model" in parts:
                yield figures
            if "presses" in parts:
                if rounds > 1:
                    await more_cards(outside, 50 * (rounds - 1))
                yield await presses(outside, at_once=50, rounds=rounds)
    if "memory" in parts:
        async with open_outside(folder / "memory") as outside:
            yield await memory(outside, count=300 if quick else 2000)
    if "backlog" in parts:
        async with open_outside(folder / "backlog") as outside:
            yield await backlog(outside, count=500 if quick else 5000)


async def run(parts: list[str], *, quick: bool) -> list[Figure]:
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="understudy-bench-") as folder:
        async for some in measured(parts, quick=quick, folder=Path(folder)):
            figures += some
            sys.stderr.write("".join(f"{figure.name}: {figure.measured}\n" for figure in some))
    return figures


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller numbers: a look, not a verdict")
    listed = "; ".join(f"{name}: {what}" for name, what in PARTS.items())
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"only these ({listed})")
    asked = parser.parse_args()
    if unknown := set(asked.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    figures = asyncio.run(run(asked.parts or list(PARTS), quick=asked.quick))
    print(f"\n{drawn(figures)}")
    print(f"\nLoad average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors at the end.")
    return 1 if any(figure.holds is False for figure in figures) else 0


if __name__ == "__main__":
    raise SystemExit(main())
