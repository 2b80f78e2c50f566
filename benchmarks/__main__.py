"""`make bench`: every figure that was promised, measured from outside the house; ratios within one run."""

import argparse
import asyncio
import os
import sys
import tempfile
from pathlib import Path

from benchmarks.arrivals import arrivals
from benchmarks.outside import open_outside
from benchmarks.table import Figure, drawn


def _say(words: str) -> None:
    sys.stderr.write(f"{words}\n")
    sys.stderr.flush()


async def measure(parts: list[str], *, quick: bool, folder: Path) -> list[Figure]:
    figures: list[Figure] = []
    if "arrivals" in parts:
        _say("arrivals …")
        async with open_outside(folder / "arrivals") as outside:
            house = await outside.start_house()
            try:
                figures += await arrivals(outside, house, count=10 if quick else 40)
            finally:
                await house.stop()
    return figures


PARTS = ("arrivals",)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller numbers: a look, not a verdict")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"only these: {', '.join(PARTS)}")
    asked = parser.parse_args()
    if unknown := set(asked.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    with tempfile.TemporaryDirectory(prefix="understudy-bench-") as folder:
        figures = asyncio.run(measure(asked.parts or list(PARTS), quick=asked.quick, folder=Path(folder)))
    print(drawn(figures))
    print(f"\nLoad average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors at the end.")
    return 1 if any(figure.holds is False for figure in figures) else 0


if __name__ == "__main__":
    raise SystemExit(main())
