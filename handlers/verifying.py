"""`understudy verify`: the invariants of what is written down, asked of the running house, or of its rows."""

import asyncio

from bot.errors import Refused
from handlers.control import ask, is_running
from handlers.settings import Settings


def verify_and_print(settings: Settings) -> int:
    """Print what does not hold, a line each; 1 if there is any. Refused: there is nothing to look at yet."""
    file = settings.storage.file
    if file is not None and not file.exists():
        raise Refused(f"there is no database at {file} yet; `understudy run` makes it")
    broken = asyncio.run(_verify(settings))
    for one in broken:
        print(f"{one['row']}: {one['rule']}: {one['what']}")
    print(f"{len(broken)} to look at." if broken else "Everything holds.")
    return 1 if broken else 0


async def _verify(settings: Settings) -> list[dict[str, str]]:
    if settings.storage.file is not None and is_running(settings.home):
        found: list[dict[str, str]] = await ask(settings.home, "verify")
        return found
    from handlers.processes import verify_rows  # the whole house comes with it

    return await verify_rows(settings)
