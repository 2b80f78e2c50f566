"""The lines of a mail while it is being split: what each is so far, from plain text or from HTML."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from handlers.mail.attributions import attribution_within
from handlers.mail.client_lines import quote_depth
from handlers.mail.quoted_html import MarkedLine, marked_lines


class Part(Enum):
    """Which part of the mail a line belongs to."""

    NEW = "new"
    QUOTED = "quoted"
    SIGNATURE = "signature"


@dataclass(slots=True)
class Line:
    """One line; `inner` is without its quote marks, `maybe` and `indent` as in MarkedLine."""

    raw: str
    inner: str
    depth: int
    part: Part
    maybe: int = 0
    indent: bool = False

    @property
    def blank(self) -> bool:
        return not self.inner.strip()


def plain_lines(text: str) -> list[Line]:
    """Lines of a plain body; those with ">" are quoted."""
    raws = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return list(_without_shared_lines([_plain_line(raw) for raw in raws]))


def html_lines(html: str) -> list[Line]:
    """Lines of an HTML body; those in quote containers or below a client's marker are quoted."""
    return list(_without_shared_lines([_html_line(marked) for marked in marked_lines(html)]))


def _plain_line(raw: str) -> Line:
    depth, inner = quote_depth(raw)
    return Line(raw, inner, depth, Part.QUOTED if depth else Part.NEW)


def _html_line(marked: MarkedLine) -> Line:
    depth, inner = quote_depth(marked.text)
    quoted = marked.quoted or marked.older or depth
    part = Part.QUOTED if quoted else Part.SIGNATURE if marked.signed else Part.NEW
    return Line(marked.text, inner, max(depth, int(marked.quoted)), part, marked.maybe, marked.indent)


def _without_shared_lines(lines: list[Line]) -> Iterator[Line]:
    """Break lines on which an attribution stands behind words ("fine On 3 May 2024, Ann wrote:")."""
    for at, line in enumerate(lines):
        start = None
        if line.part is Part.NEW and line.raw.rstrip().endswith((":", "：")):
            below = next((other for other in lines[at + 1 : at + 4] if not other.blank), None)
            if below is None or below.depth or below.part is Part.QUOTED or below.maybe:
                start = attribution_within(line.raw)
        if start:
            yield Line(line.raw[:start], line.raw[:start], 0, Part.NEW)
            yield Line(line.raw[start:], line.raw[start:], 0, Part.NEW)
        else:
            yield line
