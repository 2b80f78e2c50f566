"""From the server's push to the card, with the offline writer: the whole time, and our own share of it."""

from dataclasses import dataclass
from statistics import median

from benchmarks.house import HouseProcess
from benchmarks.letters import inquiries
from benchmarks.outside import Outside, rest
from benchmarks.pace import Pace
from benchmarks.table import Figure, at_most, told
from benchmarks.tap import waited

POST = b"/api/chat.postMessage"


@dataclass(frozen=True)
class Arrival:
    """Seconds from the push reaching our socket: until the card was posted, and what of it was ours."""

    posted: float
    ours: float


async def one_arrival(outside: Outside, raw: bytes) -> Arrival:
    outside.clear()
    await outside.bring(raw)
    [push, *_] = await outside.imap.until(b" EXISTS", up=False)
    [asked, *_] = await outside.slack.until(POST, up=True)
    [answer, *_] = await _answers(outside, asked.line, asked.at)
    share = asked.at - push.at - waited([outside.imap, outside.slack], push.at, asked.at)
    return Arrival(answer - push.at, share)


async def _answers(outside: Outside, line: int, after: float) -> list[float]:
    while True:
        found = [p.at for p in outside.slack.passed if p.line == line and not p.up and p.at > after]
        if found:
            return found
        await rest(0.005)


async def arrivals(outside: Outside, house: HouseProcess, *, count: int) -> list[Figure]:
    letters = inquiries(seed=11)
    for _ in range(3):  # the first start the reading process and the first connections
        await one_arrival(outside, next(letters))
        await rest(0.3)
    seen, pace = [], Pace()
    used = house.cpu_used
    for _ in range(count):
        seen.append(await one_arrival(outside, next(letters)))
        await rest(0.3)
        pace.look()
    used = (house.cpu_used - used) / count
    return [
        at_most("arrival → card, offline writer, median", median(a.posted for a in seen), 0.5, "s",
                note=f"from the push at our socket to Slack's answer, {count} letters one by one"),
        at_most("… our own share of it, median", 1000 * median(a.ours for a in seen), 60, "ms",
                note="to chat.postMessage leaving, less every moment in which a server owed us an answer; meanwhile the machine "
                     f"was {pace.slower:.1f} × slower than at its best"),
        told("… our own share, best", 1000 * min(a.ours for a in seen), "ms"),
        told("… CPU per letter, all its steps and its post", 1000 * used, "ms"),
    ]  # fmt: skip
