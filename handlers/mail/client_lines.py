"""Reads single lines of a mail: quote marks, drawn rules, and dashed titles above older mail."""

import re
from dataclasses import dataclass

from handlers.mail.phrases import (
    FORWARD_LINES,
    FORWARD_STEMS,
    MESSAGE_STEMS,
    ORIGINAL_STEMS,
    plain_form,
    visible_form,
)

LONGEST_LINE = 2000
"""Characters of a line that are looked at; a client's own lines are far shorter."""
QUOTE_MARK = re.compile(r"^[ \t\ufeff]{0,3}>[> \t]{0,200}")
_MESSAGE, _FORWARD, _ORIGINAL = (
    re.compile(
        "|".join(re.escape(plain_form(stem)) for stem in stems.replace("\n", "|").split("|") if stem.strip())
    )
    for stems in (MESSAGE_STEMS, FORWARD_STEMS, ORIGINAL_STEMS)
)
_BY = re.compile(r"\b(?:by|von|par|por|da|door|av|af)\b")
_DASHED = re.compile(r"^[-–—_=]{2,200} {0,3}(?![-–—_=])(.*)$")
_RULE = re.compile(r"^[-–—_=*~# ]{3,}$")


def quote_depth(line: str) -> tuple[int, str]:
    """How many ">" stand before a line (none before ">>> NEWS <<<"), and the line without them."""
    found = QUOTE_MARK.match(line)
    if not found or line.rstrip().endswith("<<"):
        return 0, line
    return found.group().count(">"), line[found.end() :]


def bare(line: str) -> str:
    """What a line says: no marks that nobody sees, no blanks around it."""
    return visible_form(line[:LONGEST_LINE]).strip()


def is_rule(line: str) -> bool:
    """Whether a line is only drawn: dashes, underscores, equal signs."""
    return len(line) <= 300 and bool(_RULE.match(bare(line)))


@dataclass(frozen=True)
class Title:
    """A line such as "---------- Forwarded message ---------"; `rest` is what stands behind it on the line."""

    forward: bool
    rest: str = ""


def title_of(line: str) -> Title | None:
    """Read a dashed title, or the "Begin forwarded message:" that Apple Mail writes; None if it is neither."""
    text = bare(line)
    if len(text) < 5:
        return None
    dashed = _DASHED.match(text)
    if dashed:
        return _dashed_title(*_cut_at_dashes(dashed[1]))
    if len(text) > 90:
        return None
    words = plain_form(text.strip("*_ ")).rstrip(" :：")
    ends = text.rstrip("*_ ").endswith((":", "："))
    if ends and words in FORWARD_LINES:
        return Title(forward=True)
    if ends and len(words.split()) <= 8 and _FORWARD.search(words) and _MESSAGE.search(words):
        return Title(forward=True)
    return None


def _cut_at_dashes(text: str) -> tuple[str, str]:
    """Cut "Forwarded Message ----- From: …" behind the words; a title in two languages has dashes within."""
    run = re.search(r"[-–—_=]{2,}", text[:200])
    if run is None:
        return text, ""
    rest = text[run.end() :].strip()
    second = rest.rstrip("-–—_= ")
    if second != rest and len(second) < 60 and _MESSAGE.search(plain_form(second)):
        rest = ""
    return text[: run.start()], rest


def _dashed_title(core: str, rest: str) -> Title | None:
    words = plain_form(core.strip(" *:-"))
    if not 3 <= len(words) <= 90 or len(words.split()) > 12:
        return None
    if _FORWARD.search(words) and (_MESSAGE.search(words) or _BY.search(words)):
        return Title(forward=True, rest=rest)
    if _MESSAGE.search(words) and _ORIGINAL.search(words):
        return Title(forward=False, rest=rest)
    return None
