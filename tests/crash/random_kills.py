"""Kills at moments nobody chose: mails arrive, the owner presses what there is to press, and the house dies in between."""

import asyncio
import os
import random
import signal

from bot.questions import Press
from tests.crash.house import Died
from tests.crash.ledgers import wrong
from tests.crash.situations import HOUR, QUESTION, SCHEDULING
from tests.crash.strikes import start_once_more
from tests.crash.town import SOON, Town

KINDS = ("ok", "ok", "ok", "lost", "later", "refused")


async def random_kills(town: Town, *, kills: int, mails: int, seed: int) -> list[str]:
    """Play it, let everything come to rest, answer what waits; every contradiction with the ledgers outside."""
    rng = random.Random(seed)
    await town.open()
    written = 0
    for number in range(kills):
        while written < mails * (number + 1) // kills:
            await _write(town, rng)
            written += 1
        await _die_while_pressing(town, rng)
    await town.settled()
    await town.advance(HOUR + SOON)  # routines leave
    for one in town.world.sent:
        await town.settled()
        if town.card(one.token, Press.SEND):
            await town.press(Press.SEND, one.token)
        if town.world.sink.to(one.address) or town.card(one.token, Press.SEND_AGAIN):
            await town.left(one)
    await town.settled(soon=10 * SOON)
    return await wrong(town) + await start_once_more(town)


async def _write(town: Town, rng: random.Random) -> None:
    what = rng.randrange(6)
    if what == 0:
        await town.world.write("News for you.", headers="List-Id: <news.example>\r\n")
    elif what == 1:
        await town.world.write(SCHEDULING)
    else:
        await town.world.write(QUESTION, kind=rng.choice(KINDS))


async def _die_while_pressing(town: Town, rng: random.Random) -> None:
    """The process is killed within a second, whatever it is doing; the owner goes on pressing Send meanwhile."""
    house = town.house

    async def killed() -> None:
        await asyncio.sleep(delay)
        os.kill(house.pid, signal.SIGKILL)

    delay = rng.uniform(0.02, 1.0)
    killing = asyncio.create_task(killed())
    try:
        while True:
            await house.ask("points")
            if waiting := town.waiting(Press.SEND):
                await town.act(*rng.choice(waiting), Press.SEND, None)
    except Died:
        await killing
        await town.revived()
