"""Splits a mail into the new words its writer added and the older mail quoted with them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from handlers.mail.answered import SHINGLE, Answered, runs, words_in
from handlers.mail.attributions import (
    Attribution,
    Strength,
    attribution_at,
    attribution_within,
    bare,
    glued_fields,
    header_block,
    is_rule,
    quote_depth,
    starts_header_block,
    title_of,
)
from handlers.mail.phrases import Field
from handlers.mail.quoted_html import MarkedLine, marked_lines
from handlers.mail.signatures import certain_signature, sent_from

KNOWN = 0.75
"""From this share of its words on, a line counts as one of the answered message."""
WRAPPED_AT = 55
"""A quoted line at least this long may have lost its end to the next line."""
_LINK_PIECE = re.compile(r"^[ \t]*[(<\[]?https?:|[>)]$")


@dataclass(frozen=True)
class SplitText:
    """The words of one mail: new ones, quoted ones, and the signature under the new ones if it is certain.

    Every word of the mail is in exactly one of the three. `doubtful` asks a person to look at what was cut.
    """

    visible: str
    quoted: str
    doubtful: bool
    signature: str = ""


class _Is(Enum):
    NEW = "new"
    QUOTED = "quoted"
    SIGNATURE = "signature"


@dataclass(slots=True)
class _Line:
    raw: str
    inner: str
    """Without quote marks."""
    depth: int
    state: _Is
    maybe: int = 0
    indent: bool = False

    @property
    def blank(self) -> bool:
        return not self.inner.strip()


def split_reply(text: str, *, html: str | None = None, parent: str | None = None) -> SplitText:
    """Split a decoded body into new words, quote and signature, in linear time.

    `text` is the plain part ("" when there is none), `html` the HTML part: it decides when there is no plain
    part, or when the plain part shows no quote. `parent`, the text of the message this one answers, tells
    quoted lines that carry no mark. Answers between quoted lines stay visible.
    """
    split = (
        _Splitter(_plain_lines(text), parent).split() if text.strip() else SplitText("", "", doubtful=False)
    )
    if html and not split.quoted:
        marked = _Splitter(_html_lines(html), parent, html=True).split()
        if not text.strip() or marked.quoted:
            return marked
    return split


def _plain_lines(text: str) -> list[_Line]:
    lines = []
    for raw in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        depth, inner = quote_depth(raw)
        lines.append(_Line(raw, inner, depth, _Is.QUOTED if depth else _Is.NEW))
    return lines


def _html_lines(html: str) -> list[_Line]:
    return [_html_line(marked) for marked in marked_lines(html)]


def _html_line(marked: MarkedLine) -> _Line:
    depth, inner = quote_depth(marked.text)
    quoted = marked.quoted or marked.older or depth
    state = _Is.QUOTED if quoted else _Is.SIGNATURE if marked.signed else _Is.NEW
    return _Line(marked.text, inner, max(depth, int(marked.quoted)), state, marked.maybe, marked.indent)


def _without_shared_lines(lines: list[_Line]) -> Iterator[_Line]:
    """Break lines on which an attribution stands behind words ("fine On Wed, Apr 4, 2012 at 3:59 PM, … wrote:")."""
    for at, line in enumerate(lines):
        if line.state is _Is.NEW and line.raw.rstrip().endswith((":", "：")):
            start = attribution_within(line.raw)
            below = next((other for other in lines[at + 1 : at + 4] if not other.blank), None)
            if start and (below is None or below.depth or below.state is _Is.QUOTED or below.maybe):
                yield _Line(line.raw[:start], line.raw[:start], 0, _Is.NEW)
                line = _Line(line.raw[start:], line.raw[start:], 0, _Is.NEW)
        yield line


class _Splitter:
    def __init__(self, lines: list[_Line], parent: str | None, *, html: bool = False) -> None:
        self.lines = list(_without_shared_lines(lines))
        self.inner = [line.inner for line in self.lines]
        self.answered = Answered(parent) if parent and parent.strip() else None
        self.html = html
        self.doubtful = False
        self.explained = False
        """Whether some client line told that older mail follows."""

    def split(self) -> SplitText:
        if self.html:
            self._block_quotes()
        self._client_lines()
        if not self.html:
            self._wrapped_lines()
        if self.answered is not None:
            self._known_lines(self.answered)
        self._rules_above_quotes()
        self._signatures()
        return self._result()

    # -- what clients write above older mail

    def _client_lines(self) -> None:
        at = 0
        while at < len(self.lines):
            line = self.lines[at]
            if line.state is not _Is.NEW or line.blank:
                at += 1
                continue
            cut = self._older_mail_from(at)
            if cut:
                self._quote(at, len(self.lines))
                self.explained = True
                return
            at = self._attribution(at)

    def _older_mail_from(self, at: int) -> bool:
        """Whether a dashed title or a header block starts here: Outlook's way, the rest of the mail is older."""
        plain = bare(self.inner[at])
        title = title_of(plain)
        if title is not None:
            if plain.startswith(("-", "_", "=", "–", "—")):
                return True
            below = self._next_words(at + 1)
            if below is not None and (self.lines[below].depth or starts_header_block(self.inner[below])):
                return True
        if starts_header_block(plain):
            block = header_block(self.inner, at)
            if block is not None and block.certain:
                return True
            fields = glued_fields(plain) if plain.count(":") > 1 and "@" in plain else {}
            return Field.FROM in fields and len(fields) > 1
        return False

    def _attribution(self, at: int) -> int:
        """Quote an attribution that starts here, and what follows if it carries no marks; the next line to look at."""
        found = attribution_at(self.inner, at)
        if found is not None and any(self.lines[other].depth for other in range(at, found.end - 1)):
            found = None
        if found is not None:
            return self._attributed(at, found)
        return at + 1

    def _attributed(self, at: int, found: Attribution) -> int:
        below = self._next_words(found.end)
        if below is not None and (self.lines[below].state is _Is.QUOTED or self.lines[below].maybe):
            self._quote(at, found.end)
            self._quote_possible(self.lines[below].maybe)
            self.explained = True
            return found.end
        if found.strength is Strength.STRONG:
            end = found.end if below is None else len(self.lines)
            self._quote(at, end)
            self.explained = True
            return end
        return at + 1

    def _next_words(self, start: int) -> int | None:
        return next(
            (at for at in range(start, min(start + 30, len(self.lines))) if not self.lines[at].blank), None
        )

    def _quote(self, start: int, end: int) -> None:
        for line in self.lines[start:end]:
            line.state = _Is.QUOTED

    # -- quotes that HTML only hints at

    def _quote_possible(self, number: int) -> None:
        if number:
            for line in self.lines:
                if line.maybe == number:
                    line.state = _Is.QUOTED

    def _block_quotes(self) -> None:
        """Decide which plain block quotes are quoted mail: those with an attribution, else the last one."""
        certain: set[int] = set()
        loose: list[int] = []
        starts = self._block_quote_starts()
        for number, (above, first) in starts.items():
            if self._tells(first) or (above is not None and self._tells_above(above)):
                certain.add(number)
            elif not self.lines[first].indent:
                loose.append(number)
        if certain:
            # Below a quote, block quotes of the same mail go on quoting it, with answers between them.
            certain |= {number for number in starts if number > min(certain)}
        elif loose and any(not line.blank and line.maybe != loose[-1] for line in self.lines):
            certain = {loose[-1]}
            self.doubtful = True
        for line in self.lines:
            if line.maybe in certain:
                line.state = _Is.QUOTED
            elif line.maybe and line.state is _Is.NEW:
                line.maybe = 0

    def _block_quote_starts(self) -> dict[int, tuple[int | None, int]]:
        """For each possible quote the last line with words before it and its own first line with words."""
        starts: dict[int, tuple[int | None, int]] = {}
        above: int | None = None
        for at, line in enumerate(self.lines):
            if line.blank:
                continue
            if line.maybe and line.maybe not in starts:
                starts[line.maybe] = (above, at)
            above = at
        return starts

    def _tells(self, at: int) -> bool:
        """Whether one of the first lines of a block quote is an attribution or a header block."""
        for below in range(at, min(at + 4, len(self.lines))):
            if self.lines[below].blank or self.lines[below].maybe != self.lines[at].maybe:
                continue
            if attribution_at(self.inner, below) is not None or self._older_mail_from(below):
                return True
        return False

    def _tells_above(self, above: int) -> bool:
        """Whether the lines that end at `above` are an attribution."""
        for at in range(max(0, above - 3), above + 1):
            found = attribution_at(self.inner, at) if not self.lines[at].blank else None
            if found is not None and found.end > above:
                return True
        return False

    # -- quotes that plain text lost

    def _wrapped_lines(self) -> None:
        """Quoted lines whose end was wrapped to a line without a mark."""
        at = 1
        while at < len(self.lines) - 1:
            line = self.lines[at]
            if line.state is not _Is.NEW or line.blank or not self.lines[at - 1].depth:
                at += 1
                continue
            end = at
            while (
                end < len(self.lines)
                and end < at + 3
                and self.lines[end].state is _Is.NEW
                and not self.lines[end].blank
            ):
                end += 1
            if end < len(self.lines) and self.lines[end].depth and self._is_wrapped(at, end):
                self._quote(at, end)
            at = end

    def _is_wrapped(self, start: int, end: int) -> bool:
        above, first = self.lines[start - 1].inner.rstrip(), self.lines[start].raw
        if (
            _LINK_PIECE.search(first)
            or above.rfind("(") > above.rfind(")")
            or "http" in above.rsplit(" ", 1)[-1]
        ):
            return True
        ended = above.endswith((".", "!", "?", ":")) and not first.lstrip()[:1].islower()
        if end - start > 1 or len(above) < WRAPPED_AT or ended:
            return False
        self.doubtful = True
        return True

    def _known_lines(self, answered: Answered) -> None:
        """Lines of the message this one answers: quoted though nothing marks them, or new though they stand below."""
        shares = [answered.share(line.inner) if not line.blank else None for line in self.lines]
        for start, end in runs([None if share is None else share >= KNOWN for share in shares]):
            words = sum(words_in(self.inner[at]) for at in range(start, end))
            beside = any(
                0 <= at < len(self.lines) and self.lines[at].state is _Is.QUOTED for at in (start - 1, end)
            )
            if words >= 2 * SHINGLE or (beside and words >= SHINGLE):
                for line in self.lines[start:end]:
                    if line.state is _Is.NEW:
                        line.state = _Is.QUOTED
        self._answers_below(shares)

    def _answers_below(self, shares: list[float | None]) -> None:
        """In an unmarked quote that we know, words we never sent are answers between or below its lines."""
        said = [
            at
            for at, line in enumerate(self.lines)
            if line.state is _Is.QUOTED and not line.depth and not line.maybe and shares[at] is not None
        ]
        first = next((at for at in said if (shares[at] or 0) >= KNOWN), None)
        if first is None:
            return
        said = [at for at in said if at >= first]
        older = next(
            (at for at in said[1:] if self._older_mail_from(at) or attribution_at(self.inner, at)), None
        )
        said = [at for at in said if older is None or at < older]
        if sum((shares[at] or 0) >= KNOWN for at in said) * 2 < len(said):
            return
        for at in said:
            if shares[at] == 0 and not is_rule(self.inner[at]):
                self.lines[at].state = _Is.NEW
                self.doubtful = True

    # -- what is left

    def _rules_above_quotes(self) -> None:
        for at in range(len(self.lines) - 1, -1, -1):
            line = self.lines[at]
            below = self.lines[at + 1].state if at + 1 < len(self.lines) else None
            if line.state is _Is.NEW and below is _Is.QUOTED and (is_rule(self.inner[at]) or line.blank):
                line.state = _Is.QUOTED

    def _signatures(self) -> None:
        """Cut what is certainly a signature from the first and the last of the new passages."""
        passages = [
            (start, end)
            for start, end in runs([line.state is _Is.NEW for line in self.lines])
            if any(not self.lines[at].blank for at in range(start, end))
        ]
        for start, end in {passages[0], passages[-1]} if passages else ():
            at = start + certain_signature(self.inner[start:end], closings=not self.html)
            for line in self.lines[at:end]:
                line.state = _Is.SIGNATURE
        self._words_below_sent_from()

    def _words_below_sent_from(self) -> None:
        """Outlook on phones leaves older mail unmarked below its "Sent from" line."""
        for at, line in enumerate(self.lines):
            if line.state is _Is.NEW and not line.blank and sent_from(line.inner):
                alone = not self.explained and "<http" in line.inner
                line.state = _Is.SIGNATURE
                if alone and any(not other.blank for other in self.lines[:at]):
                    self.doubtful = self.doubtful or any(not other.blank for other in self.lines[at + 1 :])
                    self._quote(at + 1, len(self.lines))
                return

    def _result(self) -> SplitText:
        visible, quoted, signature = (
            "\n".join(line.raw for line in self.lines if line.state is state).strip()
            for state in (_Is.NEW, _Is.QUOTED, _Is.SIGNATURE)
        )
        if not visible and self.html and not self.explained:
            return SplitText("\n".join(line.raw for line in self.lines).strip(), "", doubtful=bool(quoted))
        if not visible and signature and not quoted:
            return SplitText(signature, "", doubtful=False)
        guessed = bool(quoted) and not self.explained and not self.html
        if (
            guessed
            and self.answered is None
            and sum(not line.blank for line in self.lines if line.state is _Is.QUOTED) == 1
        ):
            # A single line with a ">" that nothing explains ("> 50 chairs instead of 40") may well be new.
            visible, quoted = (
                "\n".join(line.raw for line in self.lines if line.state is not _Is.SIGNATURE).strip(),
                "",
            )
            return SplitText(visible, quoted, doubtful=True, signature=signature)
        return SplitText(
            visible, quoted, self.doubtful or guessed or (bool(quoted) and not visible), signature
        )
