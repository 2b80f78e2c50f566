"""Finds the original message inside a forward, and whom it really came from."""

import re
import textwrap
from dataclasses import dataclass, replace
from enum import Enum

from bot.inbound import Forwarded
from handlers.mail.attributions import (
    Attribution,
    Strength,
    Title,
    attribution_at,
    bare,
    glued_fields,
    header_block,
    is_rule,
    quote_depth,
    starts_header_block,
    title_of,
)
from handlers.mail.html_text import read_html
from handlers.mail.people import people_of
from handlers.mail.phrases import (
    ATTRIBUTION_FILLERS,
    FORWARD_PREFIXES,
    REPLY_PREFIXES,
    WROTE,
    Field,
    plain_form,
    visible_form,
)

DEEPEST = 10
"""Forwards within forwards that are opened."""
MOST_LINES = 20_000
_PREFIX = re.compile(r"^\s*\[?([^\s:：\[\]][^:：\[\]]{0,17}?)(?:[\[(]\d{1,3}[\])])?\s?[:：]\]?\s*")
_NAME_BEFORE_ADDRESS = re.compile(r"[\"„“«']\s?([^\"„“”«»]{1,120}?)\s?[\"”“»'],?\s{0,3}\(?<?$")
_EMAIL = re.compile(
    r"\(?<\s?([^<>\s]{3,320})\s?>\)?|\(([^()\s]{3,320}@[^()\s]{1,320})\)|([^\s<>()\[\]\"',;:]{1,64}@[^\s<>()\[\]\"',;:]{1,190})"
)


_DASHED_BOTH = re.compile(r"^[-–—_=]{3,40} ?[^\W\d_].{1,80}[-–—_=]{3,40}$")
_END = re.compile(r"^-{2,40} ?(?:end|ende|fin|fine|einde|slut|koniec|konec) ", re.IGNORECASE)


class Subject(Enum):
    """What the prefix of a subject says about a mail."""

    FORWARD = "forward"
    REPLY = "reply"
    PLAIN = "plain"
    UNKNOWN = "unknown"


def subject_kind(subject: str) -> tuple[Subject, str]:
    """Read the first prefix of a subject ("WG:", "Re:", in any language): its kind, and the subject behind it."""
    text = " ".join(visible_form(subject[:1000]).split())
    if not text:
        return Subject.UNKNOWN, ""
    found = _PREFIX.match(text)
    if found:
        prefix = plain_form(found[1]).rstrip(".")
        if prefix in FORWARD_PREFIXES or f"{prefix}." in FORWARD_PREFIXES:
            return Subject.FORWARD, text[found.end() :]
        if prefix in REPLY_PREFIXES:
            return Subject.REPLY, text[found.end() :]
    return Subject.PLAIN, text


@dataclass(frozen=True)
class _Start:
    """Where a forward starts: the lines of its own, what they say, and how deep they are quoted."""

    first: int
    end: int
    fields: dict[Field, str]
    depth: int
    titled: bool


def find_forward(
    text: str, *, subject: str = "", html: str | None = None, ours: frozenset[str] = frozenset()
) -> Forwarded | None:
    """Read the mail inside an inline forward; None when this is no forward (a reply with quoted headers is none).

    `text` is the plain body ("" when there is none; then `html` is read). `ours` are addresses of the house: a
    forward of a forward is opened until its sender is somebody else. `note` is what the forwarders wrote above.
    Costs linear time in the length of the text.
    """
    found = _forward_in(text, subject) if text.strip() else None
    if found is None and html:
        found = _forward_in(read_html(html).visible, subject)
    if found is None:
        return None
    kind, _ = subject_kind(subject)
    lowered = frozenset(address.casefold() for address in ours)
    if kind is Subject.PLAIN and not found.titled and _is_ours(found.mail, lowered):
        return None
    mail = found.mail
    for _ in range(DEEPEST):
        if not _is_ours(mail, lowered):
            break
        inner = _forward_in(mail.text, mail.subject or "", within=True)
        if inner is None or inner.mail.sender is None:
            break
        mail = replace(inner.mail, note="\n\n".join(part for part in (mail.note, inner.mail.note) if part))
    return mail


@dataclass(frozen=True)
class _Found:
    mail: Forwarded
    titled: bool


def _is_ours(mail: Forwarded, ours: frozenset[str]) -> bool:
    return mail.sender is not None and mail.sender.address.casefold() in ours


def _forward_in(text: str, subject: str, *, within: bool = False) -> _Found | None:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n", MOST_LINES)
    kind, plain_subject = subject_kind(subject)
    start = _first_start(lines, Subject.FORWARD if within else kind)
    if start is None:
        return None
    fields = start.fields
    senders = people_of(fields.get(Field.FROM, ""))
    return _Found(
        Forwarded(
            sender=senders[0] if senders else None,
            to=people_of(fields.get(Field.TO, "")),
            cc=people_of(fields.get(Field.CC, "")),
            subject=fields.get(Field.SUBJECT) or (plain_subject or None),
            date=fields.get(Field.DATE) or None,
            text=_original(lines, start),
            note=_note(lines[: start.first]),
        ),
        titled=start.titled,
    )


def _first_start(lines: list[str], kind: Subject) -> _Start | None:
    """The first thing in the mail that a client wrote above older mail decides: a forward starts there, or none does."""
    depths = [quote_depth(line) for line in lines]
    inner = [text for _, text in depths]
    quoted_before = False
    above: int | None = None
    for at, (depth, text) in enumerate(depths):
        plain = bare(text)
        if not plain:
            continue
        if depth and quoted_before:
            # Quoted words stand above: whatever follows belongs to the quoted mail.
            continue
        title = title_of(plain)
        if title is not None:
            start = _titled(depths, inner, at, title)
            if start is not None:
                return start if title.forward or kind is not Subject.REPLY else None
            if kind is not Subject.FORWARD:
                return None
            continue
        if starts_header_block(plain):
            block = header_block(inner, at)
            if block is not None and block.certain:
                if kind is Subject.REPLY:
                    return None
                return _Start(
                    at if above is None else above, block.end, block.fields, depth, titled=above is not None
                )
        attribution = attribution_at(inner, at)
        if attribution is not None and (
            attribution.strength is Strength.STRONG or _quote_follows(depths, attribution.end, depth)
        ):
            if kind is not Subject.FORWARD:
                return None
            return _Start(at, attribution.end, _said(attribution), depth, titled=False)
        above = at if _like_a_title(plain, depth) else None
        quoted_before = quoted_before or (depth > 0 and above is None)
    return None


def _like_a_title(plain: str, depth: int) -> bool:
    """Whether a line right above a header block is its title, in words we do not know."""
    if len(plain) > 90 or len(plain.split()) > 10 or is_rule(plain):
        return False
    return bool(_DASHED_BOTH.match(plain)) or (depth > 0 and plain.endswith((":", "：")))


def _quote_follows(depths: list[tuple[int, str]], start: int, depth: int) -> bool:
    for other, text in depths[start : start + 4]:
        if text.strip():
            return other > depth
    return False


def _titled(depths: list[tuple[int, str]], inner: list[str], at: int, title: Title) -> _Start | None:
    depth = depths[at][0]
    if title.rest:
        fields = glued_fields(title.rest)
        if Field.FROM in fields:
            return _Start(at, at + 1, fields, depth, titled=True)
    for below in range(at + 1, min(at + 5, len(inner))):
        plain = bare(inner[below])
        if not plain:
            continue
        block = header_block(inner, below) if starts_header_block(plain) else None
        if block is not None and (Field.FROM in block.fields or block.certain):
            return _Start(at, block.end, block.fields, depths[below][0], titled=True)
        attribution = attribution_at(inner, below)
        if attribution is not None and title.forward:
            return _Start(at, attribution.end, _said(attribution), depths[below][0], titled=True)
        break
    return _Start(at, at + 1, {}, depth, titled=True) if title.forward else None


def _said(attribution: Attribution) -> dict[Field, str]:
    """Take name, address and date out of an "On … wrote:" line."""
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


def _original(lines: list[str], start: _Start) -> str:
    """The words of the forwarded mail, without the marks that the forward put before them."""
    depths = [quote_depth(line) for line in lines[start.end :]]
    if start.depth:
        taken = _still_quoted(depths)
        return "\n".join(
            _less_quoted(line, start.depth) for line in lines[start.end : start.end + taken]
        ).strip(" \n\ufeff")
    body = lines[start.end :]
    for at, line in enumerate(body):
        title = bare(line)
        if title.startswith("--") and _END.match(title):
            body = body[:at]
            break
    said = [depth for (depth, text), line in zip(depths, body, strict=False) if line.strip()]
    if said and min(said) > 0:
        body = [_less_quoted(line, 1) for line in body]
    return textwrap.dedent("\n".join(body)).strip(" \t\n\ufeff")


def _still_quoted(depths: list[tuple[int, str]]) -> int:
    """How many lines the quote goes on: what stands below it after an empty line is the forwarder's again."""
    taken = 0
    for at, (depth, text) in enumerate(depths):
        if depth:
            taken = at + 1
        elif not text.strip():
            if taken != at:
                break
        elif at and not depths[at - 1][0] and not depths[at - 1][1].strip():
            break
    return taken


def _less_quoted(line: str, levels: int) -> str:
    for _ in range(levels):
        stripped = line.lstrip(" \ufeff")
        if not stripped.startswith(">"):
            break
        line = stripped[1:].removeprefix(" ")
    return line.strip("\ufeff") if line.strip() else ""


def _note(lines: list[str]) -> str:
    end = len(lines)
    while end and (not lines[end - 1].strip() or is_rule(lines[end - 1])):
        end -= 1
    return "\n".join(lines[:end]).strip(" \n\ufeff")
