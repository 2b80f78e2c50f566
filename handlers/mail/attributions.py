"""Recognises what clients write above quoted mail: "On … wrote:" lines, header blocks and dashed titles.

Every function looks at a bounded number of lines and characters, so a whole mail is read in linear time.
"""

import re
from dataclasses import dataclass, field
from enum import IntEnum

from handlers.mail.phrases import (
    FORWARD_LINES,
    FORWARD_STEMS,
    LABELS,
    LEADS,
    MESSAGE_STEMS,
    ORIGINAL_STEMS,
    WROTE,
    Field,
    plain_form,
    visible_form,
)

LONGEST_LINE = 2000
"""Characters of a line that are looked at; a client's own lines are far shorter."""
LONGEST_ATTRIBUTION = 500
MOST_ATTRIBUTION_LINES = 6
MOST_HEADER_LINES = 40
LONGEST_LABEL = 30
LONGEST_VALUE = 4000

QUOTE_MARK = re.compile(r"^[ \t\ufeff]{0,3}>[> \t]{0,200}")
_MESSAGE, _FORWARD, _ORIGINAL = (
    re.compile("|".join(re.escape(plain_form(stem)) for stem in stems.split("|") if stem.strip()))
    for stems in (MESSAGE_STEMS, FORWARD_STEMS, ORIGINAL_STEMS)
)
_BY = re.compile(r"\b(?:by|von|par|por|da|door|av|af)\b")
_DASHED = re.compile(r"^[-–—_=]{2,200} {0,3}(?![-–—_=])(.*)$")
_RULE = re.compile(r"^[-–—_=*~# ]{3,}$")
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
_DATE_FIRST = re.compile(r"^[^\d<>@]{0,24}\d")
_WORD = re.compile(r"[^\s,;:<>\"“”„«»]+")
_NEVER_AMID = frozenset({"sent", "said", "מאת", "có", "wrote the following"})
_VERBS_WITHIN = tuple(verb for verb in WROTE if verb[0] >= "\u3000" or "\u0e00" <= verb[0] <= "\u0e7f")
"""Verbs of scripts that put no blanks between words: looked for inside the line."""


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


def label_of(line: str) -> tuple[Field, str] | None:
    """Read "Label: value" if the label is one of a client's header block, in any language."""
    text = bare(line).lstrip("*_ ")
    at = min(
        (
            at
            for at in (text.find(":", 0, LONGEST_LABEL + 2), text.find("：", 0, LONGEST_LABEL + 2))
            if at > 0
        ),
        default=0,
    )
    if not at:
        return None
    name = LABELS.get(plain_form(text[:at].strip("*_ ")))
    if name is None:
        return None
    return name, text[at + 1 :].lstrip("*_ ")


@dataclass
class HeaderBlock:
    """A header block: what it says (labels folded into fields), and the number of the line behind it."""

    end: int
    fields: dict[Field, str] = field(default_factory=dict)

    @property
    def certain(self) -> bool:
        """Whether this is more than a list somebody typed ("From: London", "To: Paris")."""
        if Field.FROM not in self.fields:
            return False
        others = len(self.fields.keys() & {Field.TO, Field.DATE, Field.SUBJECT})
        if Field.SUBJECT in self.fields and others >= 2:
            return True
        return others >= 1 and any(
            "@" in self.fields.get(name, "") for name in (Field.FROM, Field.TO, Field.CC)
        )

    @property
    def full(self) -> bool:
        """Whether nothing that a block usually has is missing."""
        return self.fields.keys() >= {Field.FROM, Field.TO, Field.DATE, Field.SUBJECT}


def starts_header_block(line: str) -> bool:
    """Whether a line has a label that a header block starts with."""
    label = label_of(line)
    return label is not None and label[0] not in {Field.OTHER, Field.CC}


def header_block(lines: list[str], start: int) -> HeaderBlock | None:
    """Read the header block that starts at `lines[start]` (without quote marks); None when there is no label.

    A value may go on in the next lines as long as another label follows; one empty line between two labels
    is allowed, for HTML turned into text.
    """
    block = HeaderBlock(start)
    last = Field.OTHER
    at, limit = start, min(len(lines), start + MOST_HEADER_LINES)
    while at < limit:
        text = bare(lines[at])
        label = label_of(text) if text else None
        if label is not None:
            name, value = label
            if name in block.fields and name is not Field.OTHER:
                break
            block.fields[name] = value[:LONGEST_VALUE]
            last = name
        elif not block.fields:
            return None
        elif not text:
            if block.full or not _unseen_label(lines, at + 1, limit, block, reach=1):
                break
        elif _goes_on(lines, at, limit, block, last):
            block.fields[last] = f"{block.fields[last]} {text}"[:LONGEST_VALUE]
        else:
            break
        at += 1
        block.end = at
    _unglue(block)
    return block


def _unseen_label(lines: list[str], start: int, limit: int, block: HeaderBlock, *, reach: int) -> bool:
    for line in lines[start : min(limit, start + reach)]:
        text = bare(line)
        if not text:
            return False
        label = label_of(text)
        if label is not None:
            return label[0] not in block.fields
    return False


def _goes_on(lines: list[str], at: int, limit: int, block: HeaderBlock, last: Field) -> bool:
    said = block.fields[last].rstrip()
    if last in {Field.FROM, Field.TO, Field.CC} and (
        said.endswith((",", ";", "<", "[mailto:")) or (not said and "@" in lines[at])
    ):
        return True
    return _unseen_label(lines, at + 1, limit, block, reach=3)


def glued_fields(text: str) -> dict[Field, str]:
    """Read a header block that lost its line breaks: "From: A <a@b.c>To: …Subject: …" (Yahoo as plain text)."""
    text = visible_form(text[:LONGEST_LINE])
    found: list[tuple[int, int, Field]] = []
    seen: set[Field] = set()
    for colon in re.finditer("[:：]", text):
        mark = _label_before(text, colon.start(), seen)
        if mark is not None:
            found.append((mark[0], colon.end(), mark[1]))
            seen.add(mark[1])
    if not found or text[: found[0][0]].strip(" *_"):
        return {}
    ends = [start for start, _, _ in found[1:]] + [len(text)]
    fields = {name: text[begin:end].strip(" *_") for (_, begin, name), end in zip(found, ends, strict=True)}
    if Field.SUBJECT not in fields and Field.DATE in fields:
        _subject_without_colon(fields)
    return fields


def _label_before(text: str, colon: int, seen: set[Field]) -> tuple[int, Field] | None:
    first = max(0, colon - LONGEST_LABEL)
    for start in range(first, colon):
        before = text[start - 1] if start else " "
        word = text[start:colon].strip(" *_")
        if (
            not word
            or text[start] in " *_"
            or not (text[start].isupper() or not text[start].isascii() or before in " *_")
        ):
            continue
        if before not in " >*_" and not (
            len(word) > 2 and (before.isupper() or before.isdigit() or before == ".")
        ):
            continue
        name = LABELS.get(plain_form(word))
        if name is not None and name not in seen:
            return start, name
    return None


def _subject_without_colon(fields: dict[Field, str]) -> None:
    date = fields[Field.DATE]
    for at in range(1, len(date)):
        if date[at].isupper() and (date[at - 1].isupper() or date[at - 1].isdigit()):
            word = date[at:].split(" ", 1)
            if len(word) == 2 and LABELS.get(plain_form(word[0])) is Field.SUBJECT:
                fields[Field.DATE], fields[Field.SUBJECT] = date[:at].strip(), word[1].strip()
                return


def _unglue(block: HeaderBlock) -> None:
    """Some clients put two or three fields on a line: "To: a@b.c Subject: …"."""
    for name in (Field.FROM, Field.TO):
        value = block.fields.get(name, "")
        at = value.find("@")
        if at < 0 or not (":" in value[at:] or "：" in value[at:]):
            continue
        fields = glued_fields(f"{name.capitalize()}: {value}")
        if len(fields) > 1 and name in fields:
            block.fields = {
                **fields,
                **{key: text for key, text in block.fields.items() if key != name},
                name: fields[name],
            }


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
    if not dated and "@" not in first:
        return None
    most = MOST_ATTRIBUTION_LINES if dated else 2
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
        if not ends and plain_form(line.rsplit(" ", 1)[-1]).strip("-–— ") not in WROTE:
            continue
        strength = attribution_strength(text)
        if strength:
            return Attribution(text, at + 1, strength)
        if ends:
            return None
    return None


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
    if at_end and address and _BRACKET_AT_END.search(core[: core.rfind(" ")].rstrip() + core[-1]):
        return Strength.WEAK
    if at_end and len(core.split()) <= 8:
        return Strength.WEAK
    return Strength.NONE


def _verbs(core: str) -> tuple[bool, bool, bool]:
    """Whether a verb such as "wrote" ends the line, stands anywhere in it, and stands behind a name that opens it."""
    words = _WORD.findall(plain_form(core))[:100]
    at_end = any(" ".join(words[-count:]) in WROTE for count in (1, 2, 3))
    pairs = [*words, *(f"{one} {two}" for one, two in zip(words, words[1:], strict=False))]
    amid = any(pair in WROTE and pair not in _NEVER_AMID for pair in pairs)
    early = any(pair in WROTE and pair not in _NEVER_AMID for pair in pairs[1 : min(6, len(words))])
    if not (at_end and amid):
        within = [verb for verb in _VERBS_WITHIN if verb in core]
        amid = amid or bool(within)
        at_end = at_end or any(core.endswith(verb) for verb in within)
    return at_end, amid, early


def attribution_within(line: str) -> int | None:
    """Where an attribution starts that shares its line with words before it ("fine On Wed, Apr 4 … wrote:")."""
    if len(line) > LONGEST_ATTRIBUTION or not line.rstrip().endswith((":", "：")):
        return None
    for lead in _LEAD_WITHIN.finditer(line):
        if attribution_strength(bare(line[lead.start() :])):
            before = line[: lead.start()].rstrip()
            return len(before.rstrip("-–— ")) if before.endswith(("--", "–", "—")) else lead.start()
    return None
