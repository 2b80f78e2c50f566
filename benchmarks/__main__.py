"""`make bench`: every figure that was promised, measured from outside the house; ratios within one run."""

import argparse
import asyncio
import os
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from benchmarks.arrivals import arrivals
from benchmarks.backlog import backlog
from benchmarks.memory import memory
from benchmarks.outside import open_outside
from benchmarks.presses import presses
from benchmarks.starts import rehearsals, starts
from benchmarks.table import Figure, drawn
from benchmarks.thinking import thinking


async def of_starts(folder: Path, *, quick: bool) -> list[Figure]:
    async with open_outside(folder / "home") as outside:
        figures = await starts(outside, count=2 if quick else 5)
    (folder / "rehearsal").mkdir()
    return figures + await rehearsals(folder / "rehearsal", count=1 if quick else 3)


async def of_arrivals(folder: Path, *, quick: bool) -> list[Figure]:
    async with open_outside(folder) as outside:
        house = await outside.start_house()
        try:
            return await arrivals(outside, house, count=10 if quick else 40)
        finally:
            await house.stop()


async def of_model(folder: Path, *, quick: bool) -> list[Figure]:
    async with open_outside(folder) as outside:
        return await thinking(outside, ones=1 if quick else 3, together=50)


async def of_presses(folder: Path, *, quick: bool) -> list[Figure]:
    async with open_outside(folder) as outside:
        return await presses(outside, at_once=50, rounds=1 if quick else 3)


async def of_memory(folder: Path, *, quick: bool) -> list[Figure]:
    async with open_outside(folder) as outside:
        return await memory(outside, count=300 if quick else 2000)


async def of_backlog(folder: Path, *, quick: bool) -> list[Figure]:
    async with open_outside(folder) as outside:
        return await backlog(outside, count=500 if quick else 5000)


PARTS: dict[str, tuple[str, Callable[..., Awaitable[list[Figure]]]]] = {
    "starts": ("from the command to ready", of_starts),
    "arrivals": ("from the mail server's push to the card, offline writer", of_arrivals),
    "model": ("the same with a model server of two seconds, and fifty letters at once", of_model),
    "presses": ("fifty presses at once", of_presses),
    "memory": ("resident memory after two thousand letters", of_memory),
    "backlog": ("a mailbox full of letters, read and filed", of_backlog),
}


async def run(parts: list[str], *, quick: bool) -> list[Figure]:
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="understudy-bench-") as folder:
        for part in parts:
            where = Path(folder) / part
            where.mkdir()
            try:
                some = await PARTS[part][1](where, quick=quick)
            except (RuntimeError, TimeoutError) as error:
                some = [Figure(f"{part}: could not be measured", type(error).__name__, holds=False, note=str(error)[:200])]
            figures += some
            sys.stderr.write("".join(f"{figure.name}: {figure.measured}\n" for figure in some))
    return figures


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller numbers: a look, not a verdict")
    listed = "; ".join(f"{name}: {what}" for name, (what, _) in PARTS.items())
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
