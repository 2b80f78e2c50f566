"""Tells words of the message that a mail answers from words that are new."""

import re
from collections.abc import Sequence

SHINGLE = 4
"""Words in a row that make a line recognisable however it was wrapped anew."""
MOST_WORDS = 100_000
_WORD = re.compile(r"\w{1,100}")


def words_in(line: str) -> int:
    return len(_WORD.findall(line))


class Answered:
    """The words of the answered message."""

    def __init__(self, text: str) -> None:
        words = [word.casefold() for word in _WORD.findall(text)][:MOST_WORDS]
        self._shingles = {tuple(words[at : at + SHINGLE]) for at in range(max(0, len(words) - SHINGLE + 1))}
        self._lines = {tuple(word.casefold() for word in _WORD.findall(line)) for line in text.splitlines()}

    def share(self, line: str) -> float:
        """How much of a line stands in the answered message, from 0 to 1; a short line only as a whole."""
        words = tuple(word.casefold() for word in _WORD.findall(line))[:MOST_WORDS]
        if len(words) < SHINGLE:
            return float(not words or words in self._lines)
        count = len(words) - SHINGLE + 1
        return sum(words[at : at + SHINGLE] in self._shingles for at in range(count)) / count


def runs(hits: Sequence[bool | None]) -> list[tuple[int, int]]:
    """Stretches of true values; None (an empty line) neither starts nor ends one."""
    found: list[tuple[int, int]] = []
    start: int | None = None
    last = 0
    for at, hit in enumerate(hits):
        if hit:
            start, last = (at if start is None else start), at + 1
        elif hit is False and start is not None:
            found.append((start, last))
            start = None
    if start is not None:
        found.append((start, last))
    return found
