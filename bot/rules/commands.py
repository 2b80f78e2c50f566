"""Reads the words after the slash command, forgivingly. Pure."""

from difflib import get_close_matches
from enum import StrEnum


class Command(StrEnum):
    HELP = "help"
    QUEUE = "queue"
    DIGEST = "digest"
    STATUS = "status"
    FILED = "filed"
    WHY = "why"


def read_command(words: str) -> tuple[Command | None, str]:
    """The command and what follows it; no words mean help, None means unknown."""
    first, _, rest = words.strip().partition(" ")
    if not first:
        return Command.HELP, ""
    try:
        return Command(first.casefold().strip("/.!?,")), rest.strip()
    except ValueError:
        return None, rest.strip()


def nearest(words: str) -> str | None:
    """The command that was probably meant."""
    first = words.strip().partition(" ")[0].casefold()
    found = get_close_matches(first, [c.value for c in Command], n=1, cutoff=0.5)
    return found[0] if found else None
