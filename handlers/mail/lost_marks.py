"""Finds quoted lines whose marks were lost: wrapped ends, and lines of the message that a mail answers."""

import re
from collections.abc import Callable

from handlers.mail.answered import SHINGLE, Answered, runs, words_in
from handlers.mail.client_lines import is_rule
from handlers.mail.split_lines import Line, Part

WRAPPED_AT = 55
"""A quoted line at least this long may have lost its end to the next line."""
KNOWN = 0.75
"""From this share of its words on, a line counts as one of the answered message."""
_LINK_PIECE = re.compile(r"^[ \t]*[(<\[]?https?:|[>)]$")


def quote_wrapped_lines(lines: list[Line]) -> bool:
    """Quote lines that are the wrapped ends of quoted ones; whether that was a guess."""
    guessed = False
    at = 1
    while at < len(lines) - 1:
        if lines[at].part is not Part.NEW or lines[at].blank or not lines[at - 1].depth:
            at += 1
            continue
        end = at
        while end < min(len(lines), at + 3) and lines[end].part is Part.NEW and not lines[end].blank:
            end += 1
        if end < len(lines) and lines[end].depth:
            certain, likely = _wrapped(lines[at - 1].inner.rstrip(), lines[at].raw, end - at)
            if certain or likely:
                guessed = guessed or not certain
                for line in lines[at:end]:
                    line.part = Part.QUOTED
        at = end
    return guessed


def _wrapped(above: str, first: str, count: int) -> tuple[bool, bool]:
    link = bool(_LINK_PIECE.search(first)) or "http" in above.rsplit(" ", 1)[-1]
    if link or above.rfind("(") > above.rfind(")"):
        return True, True
    ended = above.endswith((".", "!", "?", ":")) and not first.lstrip()[:1].islower()
    return False, count == 1 and len(above) >= WRAPPED_AT and not ended


def quote_known_lines(lines: list[Line], answered: Answered, starts_older: Callable[[int], bool]) -> bool:
    """Quote lines of the answered message, and free answers that stand in its unmarked quote; whether one was freed.

    `starts_older` tells whether a still older mail starts at a line: nothing below it is an answer.
    """
    shares = [answered.share(line.inner) if not line.blank else None for line in lines]
    for start, end in runs([None if share is None else share >= KNOWN for share in shares]):
        words = sum(words_in(line.inner) for line in lines[start:end])
        beside = any(0 <= at < len(lines) and lines[at].part is Part.QUOTED for at in (start - 1, end))
        if words >= 2 * SHINGLE or (beside and words >= SHINGLE):
            for line in lines[start:end]:
                if line.part is Part.NEW:
                    line.part = Part.QUOTED
    return _free_answers(lines, shares, starts_older)


def _free_answers(lines: list[Line], shares: list[float | None], starts_older: Callable[[int], bool]) -> bool:
    said = [
        at
        for at, line in enumerate(lines)
        if line.part is Part.QUOTED and not line.depth and not line.maybe and shares[at] is not None
    ]
    first = next((order for order, at in enumerate(said) if (shares[at] or 0) >= KNOWN), None)
    if first is None:
        return False
    older = next((order for order in range(first + 1, len(said)) if starts_older(said[order])), len(said))
    said = said[first:older]
    if sum((shares[at] or 0) >= KNOWN for at in said) * 2 < len(said):
        return False
    answers = [at for at in said if shares[at] == 0 and not is_rule(lines[at].inner)]
    for at in answers:
        lines[at].part = Part.NEW
    return bool(answers)
