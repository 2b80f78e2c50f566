"""Finds the original message inside a forward, and whom it really came from."""

import re
import textwrap
from dataclasses import dataclass, replace

from bot.inbound import Forwarded
from handlers.mail.attributions import Strength, attribution_at, said_by
from handlers.mail.client_lines import Title, bare, is_rule, quote_depth, title_of
from handlers.mail.header_blocks import glued_fields, header_block, starts_header_block
from handlers.mail.html_text import read_html
from handlers.mail.people import people_of
from handlers.mail.phrases import Field
from handlers.mail.subjects import Subject, subject_kind

DEEPEST = 10
"""Forwards within forwards that are opened."""
MOST_LINES = 20_000
_DASHED_BOTH = re.compile(r"^[-–—_=]{3,40} ?[^\W\d_].{1,80}[-–—_=]{3,40}$")
_END = re.compile(r"^-{2,40} ?(?:end|ende|fin|fine|einde|slut|koniec|konec) ", re.IGNORECASE)


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
    lowered = frozenset(address.casefold() for address in ours)
    mail = found.mail
    if not found.meant and _is_ours(mail, lowered):
        return None  # our own words below a header block: an answer to us
    for _ in range(DEEPEST):
        if not _is_ours(mail, lowered):
            break
        inner = _forward_in(mail.text, mail.subject or "", within=True)
        if inner is None or inner.mail.sender is None:
            break
        notes = (mail.note, inner.mail.note) if inner.meant else (mail.note,)
        mail = replace(inner.mail, note="\n\n".join(note for note in notes if note))
    return mail


@dataclass(frozen=True)
class _Found:
    mail: Forwarded
    meant: bool
    """A title or the subject says that this is a forward; a header block alone may also stand under a reply."""


def _is_ours(mail: Forwarded, ours: frozenset[str]) -> bool:
    return mail.sender is not None and mail.sender.address.casefold() in ours


def _forward_in(text: str, subject: str, *, within: bool = False) -> _Found | None:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n", MOST_LINES)
    kind, plain_subject = subject_kind(subject, text)
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
        meant=start.titled or kind is Subject.FORWARD,
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
            return _Start(at, attribution.end, said_by(attribution), depth, titled=False)
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
            return _Start(at, attribution.end, said_by(attribution), depths[below][0], titled=True)
        break
    return _Start(at, at + 1, {}, depth, titled=True) if title.forward else None


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
