"""Recognises the line that clients write above a quote: "On 3 May 2024, Ann <ann@example.com> wrote:".

It looks at a bounded number of lines and characters, so a whole mail is read in linear time.
"""

import re
from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise

from handlers.mail.client_lines import bare
from handlers.mail.phrases import ATTRIBUTION_FILLERS, LEADS, WROTE, Field, plain_form

LONGEST_ATTRIBUTION = 500
MOST_ATTRIBUTION_LINES = 6

_DATE = re.compile(
    r"(?<!\d)(?:19|20)\d\d(?!\d)|(?<!\d)\d{1,2}[./-]\d{1,2}(?!\d)|\d{1,2}[:.h時시]\d{2}(?!\d)|\d{1,2}月"
    r"|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.? \d{1,2}\b",
    re.IGNORECASE,
)
_TIME = re.compile(r"(?<!\d)\d{1,2}[:.h時시] ?\d{2}(?!\d)|\d ?[ap]\.?m\b", re.IGNORECASE)
_ADDRESS = re.compile(r"[^\s<>()\[\]\"',;:]{1,64}@[^\s<>()\[\]\"',;]{1,190}")
_BRACKET_AT_END = re.compile(r"[>)\]][\s\"'”»]{0,3}$")
_LEAD = re.compile(rf"^(?:{LEADS})(?=[\s\d,])", re.IGNORECASE)
_MONTH_OR_DAY = (
    r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6}\.?,? )?"
    r"(?:\d|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.? \d)"
)
_LEAD_WITHIN = re.compile(
    rf"(?<=[\s\-–—.!?])on (?={_MONTH_OR_DAY})|(?<=[\s\-–—])(?:am|le|el|il|op|den|em) (?=(?:[^\s\d]{{2,12}},? )?\d)",
    re.IGNORECASE,
)
_VERB_UNKNOWN = re.compile(r"@[^\s<>]{1,190}>\)? {0,2}[^\s<>,.]{1,20}(?: [^\s<>,.]{1,20})?$")
_DATE_FIRST = re.compile(r"^[^\d<>@]{0,24}\d")
_WORD = re.compile(r"[^\s,;:<>\"“”„«»]+")
_NEVER_AMID = frozenset({"sent", "said", "מאת", "có", "wrote the following"})
_NAME_BEFORE_ADDRESS = re.compile(r"[\"„“«']\s?([^\"„“”«»]{1,120}?)\s?[\"”“»'],?\s{0,3}\(?<?$")
_EMAIL = re.compile(
    r"\(?<\s?([^<>\s]{3,320})\s?>\)?|\(([^()\s]{3,320}@[^()\s]{1,320})\)|([^\s<>()\[\]\"',;:]{1,64}@[^\s<>()\[\]\"',;:]{1,190})"
)
_VERBS_WITHIN = tuple(verb for verb in WROTE if verb[0] >= "\u3000" or "\u0e00" <= verb[0] <= "\u0e7f")
"""Verbs of scripts that put no blanks between words: looked for inside the line."""


class Strength(IntEnum):
    """How sure a line is an attribution: WEAK needs a quote below it, STRONG does not."""

    NONE = 0
    WEAK = 1
    STRONG = 2


@dataclass(frozen=True)
class Attribution:
    """An "On … wrote:" line, put together from the lines it was wrapped to; `end` is the line behind it."""

    text: str
    end: int
    strength: Strength


def attribution_at(lines: list[str], start: int) -> Attribution | None:
    """Read the attribution that starts at `lines[start]` (without quote marks), if one does."""
    first = bare(lines[start]).lstrip("-–—= ")
    if not first or len(first) > LONGEST_ATTRIBUTION:
        return None
    strength = attribution_strength(first)
    if strength:
        return Attribution(first, start + 1, strength)
    lead = bool(_LEAD.match(first)) and any(letter.isdigit() for letter in first)
    dated = lead or bool(_DATE_FIRST.match(first) and _DATE.search(first))
    if not dated and "@" not in first and not _name_wrapped(first, lines, start):
        return None
    most = MOST_ATTRIBUTION_LINES if dated else 3
    if first.endswith((":", "：")):
        return None
    text, blanks = first, 0
    for at in range(start + 1, min(len(lines), start + most)):
        line = bare(lines[at])
        if not line:
            blanks += 1
            if blanks > 1 or not lead or "@" in text:
                return None
            continue
        text = f"{text} {line}"
        if len(text) > LONGEST_ATTRIBUTION:
            return None
        ends = line.endswith((":", "："))
        if not ends and plain_form(line.rstrip("-–— ").rsplit(" ", 1)[-1]) not in WROTE:
            continue
        strength = attribution_strength(text)
        if strength:
            return Attribution(text, at + 1, strength)
        if ends:
            return None
    return None


def _name_wrapped(first: str, lines: list[str], start: int) -> bool:
    """Whether a line is a name alone, whose address was wrapped to the next line."""
    if len(first) > 80 or len(first.split()) > 8:
        return False
    below = bare(lines[start + 1]) if start + 1 < len(lines) else ""
    return "@" in below and (first.endswith("<") or below.startswith(("<", "(<")))


def attribution_strength(text: str) -> Strength:
    """Judge one unwrapped line by its parts: a date, an address, a verb such as "wrote", a colon at the end."""
    text = text.rstrip("-–—= *_")
    core = text.rstrip(":： *_")
    colon = len(core) < len(text)
    if not colon and not _LEAD.match(text):
        return Strength.NONE
    at_end, amid, early = _verbs(core)
    if not (colon or at_end):
        return Strength.NONE
    date, time = _DATE.search(text), _TIME.search(text)
    address = _ADDRESS.search(text)
    begins = _LEAD.match(text) or _DATE_FIRST.match(text)
    if not colon:
        return Strength.STRONG if _LEAD.match(text) and date and (time or address) else Strength.NONE
    if date and (at_end or early or (amid and (begins or address))):
        return Strength.STRONG if time or address else Strength.WEAK
    if date and address and begins and _BRACKET_AT_END.search(core):
        return Strength.STRONG
    if date and time and begins and _VERB_UNKNOWN.search(core):
        return Strength.STRONG
    if at_end and address and _BRACKET_AT_END.search(core[: core.rfind(" ")].rstrip() + core[-1]):
        return Strength.WEAK
    if at_end and len(core.split()) <= 8:
        return Strength.WEAK
    return Strength.NONE


def _verbs(core: str) -> tuple[bool, bool, bool]:
    """Whether a verb such as "wrote" ends the line, stands anywhere in it, and stands behind a name that opens it."""
    words = _WORD.findall(plain_form(core))[:100]
    at_end = any(" ".join(words[-count:]) in WROTE for count in (1, 2, 3))
    pairs = [*words, *(f"{one} {two}" for one, two in pairwise(words))]
    amid = any(pair in WROTE and pair not in _NEVER_AMID for pair in pairs)
    early = any(pair in WROTE and pair not in _NEVER_AMID for pair in pairs[1 : min(6, len(words))])
    if not (at_end and amid):
        within = [verb for verb in _VERBS_WITHIN if verb in core]
        amid = amid or bool(within)
        at_end = at_end or any(core.endswith(verb) for verb in within)
    return at_end, amid, early


def attribution_within(line: str) -> int | None:
    """Where an attribution starts that shares its line with words before it ("fine On 3 May 2024, Ann wrote:")."""
    if len(line) > LONGEST_ATTRIBUTION or not line.rstrip().endswith((":", "：")):
        return None
    for lead in _LEAD_WITHIN.finditer(line):
        if attribution_strength(bare(line[lead.start() :])):
            before = line[: lead.start()].rstrip()
            return len(before.rstrip("-–— ")) if before.endswith(("--", "–", "—")) else lead.start()
    return None


def said_by(attribution: Attribution) -> dict[Field, str]:
    """Who wrote and when, taken out of an attribution: the fields a header block would have."""
    text = attribution.text.rstrip(" :：")
    found = next((mail for mail in _EMAIL.finditer(text) if "@" in mail.group()), None)
    address = next((part for part in found.groups() if part), "") if found else ""
    before, after = (text[: found.start()], text[found.end() :]) if found else (text, "")
    quoted = _NAME_BEFORE_ADDRESS.search(before)
    words = before[: quoted.start()].split() if quoted else before.split()
    dated = max(
        (at + 1 for at, word in enumerate(words) if any(letter.isdigit() for letter in word)), default=0
    )
    while dated and dated < len(words) and _of_a_time(words[dated]):
        dated += 1
    name = quoted[1] if quoted else " ".join(_without_fillers(words[dated:]))
    date = " ".join(_without_fillers(words[:dated])) or " ".join(_without_fillers(after.split()))
    fields = {Field.FROM: f'"{name}" <{address}>' if address else name}
    if date:
        fields[Field.DATE] = date.strip(" ,;")
    return fields


def _of_a_time(word: str) -> bool:
    plain = word.strip(",.()").casefold()
    return plain in {"am", "pm", "a.m", "p.m", "uhr", "г", "år"} or (
        word.strip(",()").isupper() and word.isascii() and 3 <= len(plain) <= 5
    )


def _without_fillers(words: list[str]) -> list[str]:
    def filler(word: str) -> bool:
        plain = plain_form(word).strip(" ,;:.()")
        return not plain or plain in ATTRIBUTION_FILLERS or plain in WROTE

    first, last = 0, len(words)
    while first < last and filler(words[first]):
        first += 1
    while last > first and filler(words[last - 1]):
        last -= 1
    return words[first:last]
