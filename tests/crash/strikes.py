"""Plans which story is interrupted at which point, and carries it out."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.crash.ledgers import changed, wrong
from tests.crash.situations import SITUATIONS, Situation
from tests.crash.town import SOON, Town

SIDES = ("before", "after")
CHANCES = 4


@dataclass(frozen=True)
class Telling:
    """A story told without a crash: how often it passed each point, and how long it took."""

    situation: Situation
    passed: dict[str, int]
    seconds: float


@dataclass(frozen=True)
class Strike:
    """The process is to end at this point: in the first of these stories that comes by it, at the passing named."""

    point: str
    chances: tuple[tuple[Situation, int], ...]

    def __str__(self) -> str:
        return f"{self.point} in {self.chances[0][0].name}"


@dataclass
class Report:
    problems: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    """Strikes whose point was not reached this time."""
    struck: int = 0


async def tell_all(town: Town) -> list[Telling]:
    """Tell every story once, undisturbed; AssertionError names what went wrong."""
    told = []
    for situation in SITUATIONS:
        await _set_up(town, situation, None)
        before = {} if situation.starts else await town.ask("points")
        began = time.monotonic()
        await situation.play(town)
        await town.settled()
        seconds = time.monotonic() - began
        after = await town.ask("points")
        passed = {point: n - before.get(point, 0) for point, n in after.items() if n > before.get(point, 0)}
        told.append(Telling(situation, passed, seconds))
        assert not (problems := await wrong(town)), f"{situation.name}: {problems}"
    return told


def plan(told: Sequence[Telling], names: Sequence[str]) -> list[Strike]:
    """Every transition, before and after, in the stories that pass it, the quickest first ("after": the next quickest).

    "Before" strikes at the first passing, "after" at the last. What several things at once do differs from time to time, so
    a story may miss its point; then the next is told.
    """
    strikes = []
    for name in names:
        for last, side in enumerate(SIDES):
            point = f"{side} {name}"
            fit = sorted((t for t in told if t.passed.get(point)), key=lambda t: t.seconds)
            fit = fit[1:] + fit[:1] if last else fit
            chances = [(t.situation, t.passed[point] if last else 1) for t in fit]
            chances += [(t.situation, 1) for t in fit if last and t.passed[point] > 1]
            strikes.append(Strike(point, tuple(chances[:CHANCES])))
    return strikes


async def carry_out(town: Town, strikes: Sequence[Strike]) -> Report:
    """One after the other in the same world: crash, recover, compare with the ledgers outside, start once more."""
    report, known = Report(), set[str]()
    for strike in strikes:
        try:
            problems = await _strike(town, strike, report)
        except (AssertionError, KeyError) as error:
            problems = [f"{type(error).__name__}: {error}"]
        report.problems += [f"{strike}: {problem}" for problem in problems if problem not in known]
        known.update(problems)
    return report


async def _strike(town: Town, strike: Strike, report: Report) -> list[str]:
    for situation, times in strike.chances:
        deaths = town.deaths
        await _set_up(town, situation, (strike.point, times))
        if not situation.starts:
            await town.ask("arm", point=strike.point, times=times)
        await situation.play(town)
        await town.settled()
        if town.deaths > deaths:
            report.struck += 1
            break
        await town.ask("arm", point="", times=0)
    else:
        report.missed.append(str(strike))
    await town.settled(soon=10 * SOON)  # so that nothing falls due by itself while the house starts once more
    problems = await wrong(town)
    return problems + await start_once_more(town)


async def start_once_more(town: Town) -> list[str]:
    before, outside = await town.ask("dump"), _outside(town)
    await town.close()
    await town.open()
    await town.settled()
    problems = changed(before, await town.ask("dump"))
    if _outside(town) != outside:
        problems.append(f"a start sent or posted something: {outside} -> {_outside(town)}")
    return problems


def _outside(town: Town) -> dict[str, Any]:
    space = town.world.workspace
    calls = sum(call.method in {"chat.postMessage", "chat.update"} for call in space.ledger)
    return {"mails": len(town.world.sink.ledger), "calls": calls}


async def _set_up(town: Town, situation: Situation, kill: tuple[str, int] | None) -> None:
    """Have the house open as this story wants it."""
    wanted = await situation.settings(town) if situation.settings else {}
    if town.house is not None and not situation.starts and wanted == town.extra:
        return
    if town.house is not None:
        await town.close()
    town.extra = wanted
    await town.open(kill if situation.starts else None)
