"""From the command to ready, on a home that has been started before."""

from pathlib import Path
from statistics import median

from benchmarks.house import start
from benchmarks.outside import Outside, free_port
from benchmarks.table import Figure, at_most


async def starts(outside: Outside, *, count: int) -> list[Figure]:
    """`understudy run` until /readyz answers 200, mailbox and Slack included."""
    await (await outside.start_house()).stop()
    seconds, cpu = [], []
    for _ in range(count):
        house = await outside.start_house()
        seconds.append(house.seconds)
        cpu.append(house.cpu)
        await house.stop()
    return [_figure("`understudy run`, warm, to ready", seconds, cpu, 3)]


async def rehearsals(folder: Path, *, count: int) -> list[Figure]:
    """The practice world until its /readyz answers 200, the second and later times."""
    seconds, cpu = [], []
    for number in range(count + 1):
        web = free_port()
        words = ["-m", "handlers", "rehearse", "--home", str(folder), "--no-browser"]
        ports = ["--smtp-port", str(free_port()), "--imap-port", str(free_port()), "--web-port", str(web)]
        house = await start(*words, *ports, ready=f"http://127.0.0.1:{web}/readyz", log=folder / "rehearse.log")
        if number:
            seconds.append(house.seconds)
            cpu.append(house.cpu)
        await house.stop()
    return [_figure("`understudy rehearse`, second start, to ready", seconds, cpu, 5)]


def _figure(name: str, seconds: list[float], cpu: list[float], limit: float) -> Figure:
    note = f"median of {len(seconds)}, best {min(seconds):.2f} s; the process itself used {min(cpu):.2f} s of a processor"
    return at_most(name, median(seconds), limit, "s", note=note)
