"""Splits a mail into the new words its writer added and the older mail quoted with them."""

from dataclasses import dataclass

from handlers.mail.answered import Answered, runs
from handlers.mail.attributions import Strength, attribution_at
from handlers.mail.client_lines import bare, is_rule, title_of
from handlers.mail.header_blocks import glued_fields, header_block, starts_header_block
from handlers.mail.lost_marks import quote_known_lines, quote_wrapped_lines
from handlers.mail.phrases import Field
from handlers.mail.signatures import certain_signature, sent_from
from handlers.mail.split_lines import Line, Part, html_lines, plain_lines

EMPTY_LINES = 30
"""Empty lines that may stand between an attribution and its quote."""


@dataclass(frozen=True)
class SplitText:
    """The words of one mail: new ones, quoted ones, and the signature under the new ones if it is certain.

    Every word of the mail is in exactly one of the three. `doubtful` asks a person to look at what was cut.
    """

    visible: str
    quoted: str
    doubtful: bool
    signature: str = ""


def split_reply(text: str, *, html: str | None = None, parent: str | None = None) -> SplitText:
    """Split a decoded body into new words, quote and signature, in linear time.

    `text` is the plain part ("" when there is none), `html` the HTML part: it decides when there is no plain
    part, or when the plain part shows no quote. `parent`, the text of the message this one answers, tells
    quoted lines that carry no mark. Answers between quoted lines stay visible.
    """
    split = SplitText("", "", doubtful=False)
    if text.strip():
        split = _Splitter(plain_lines(text), parent).split()
    if html and not split.quoted:
        marked = _Splitter(html_lines(html), parent, html=True).split()
        if not text.strip() or marked.quoted:
            return marked
    return split


class _Splitter:
    def __init__(self, lines: list[Line], parent: str | None, *, html: bool = False) -> None:
        self.lines = lines
        self.inner = [line.inner for line in lines]
        self.answered = Answered(parent) if parent and parent.strip() else None
        self.html = html
        self.doubtful = False
        self.explained = False
        """Whether a client's line told that older mail follows."""

    def split(self) -> SplitText:
        if self.html:
            self._block_quotes()
        self._client_lines()
        if not self.html:
            self.doubtful |= quote_wrapped_lines(self.lines)
        if self.answered is not None:
            self.doubtful |= quote_known_lines(self.lines, self.answered, self._starts_older)
        self._unblock()
        self._rules_above_quotes()
        self._signatures()
        return self._result()

    # -- what clients write above older mail

    def _client_lines(self) -> None:
        at = 0
        while at < len(self.lines):
            line = self.lines[at]
            if line.part is not Part.NEW or line.blank:
                at += 1
            elif self._rest_is_older(at):
                self._quote(at, len(self.lines))
                self.explained = True
                return
            else:
                at = self._attribution(at)

    def _starts_older(self, at: int) -> bool:
        return self._rest_is_older(at) or attribution_at(self.inner, at) is not None

    def _rest_is_older(self, at: int) -> bool:
        """Whether a dashed title or a header block starts here: Outlook's way, the rest of the mail is older."""
        plain = bare(self.inner[at])
        if title_of(plain) is not None:
            if plain.startswith(("-", "_", "=", "–", "—")):
                return True
            below = self._next_words(at + 1)
            if below is not None and (self.lines[below].depth or starts_header_block(self.inner[below])):
                return True
        if not starts_header_block(plain):
            return False
        block = header_block(self.inner, at)
        if block is not None and block.certain:
            return True
        fields = glued_fields(plain) if plain.count(":") > 1 and "@" in plain else {}
        return Field.FROM in fields and len(fields) > 1

    def _attribution(self, at: int) -> int:
        """Quote an attribution that starts here, and what follows if it carries no marks; the next line to look at."""
        found = attribution_at(self.inner, at)
        if found is None or any(line.depth for line in self.lines[at : found.end - 1]):
            return at + 1
        below = self._next_words(found.end)
        if below is not None and self._is_quote(self.lines[below]):
            self._quote(at, found.end)
            self.explained = True
            return found.end
        if found.strength is Strength.STRONG:
            end = found.end if below is None else len(self.lines)
            self._quote(at, end)
            self.explained = True
            return end
        return at + 1

    @staticmethod
    def _is_quote(line: Line) -> bool:
        return line.part is Part.QUOTED or line.maybe > 0

    def _next_words(self, start: int) -> int | None:
        reach = range(start, min(start + EMPTY_LINES, len(self.lines)))
        return next((at for at in reach if not self.lines[at].blank), None)

    def _quote(self, start: int, end: int) -> None:
        for line in self.lines[start:end]:
            line.part = Part.QUOTED

    # -- quotes that HTML only hints at

    def _block_quotes(self) -> None:
        """Decide which plain block quotes are quoted mail: those with an attribution, else the last one."""
        starts = self._block_quote_starts()
        certain = {
            number
            for number, (above, first) in starts.items()
            if self._tells(first) or (above is not None and self._tells_above(above))
        }
        loose = [number for number, (_, first) in starts.items() if not self.lines[first].indent]
        if certain:
            # Below a quote, block quotes of the same mail go on quoting it, with answers between them.
            certain |= {number for number in starts if number > min(certain)}
        elif loose and any(not line.blank and line.maybe != loose[-1] for line in self.lines):
            certain = {loose[-1]}
            self.doubtful = True
        for line in self.lines:
            if line.maybe in certain:
                line.part = Part.QUOTED
            else:
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

    def _tells(self, first: int) -> bool:
        """Whether one of the first lines of a block quote is an attribution or a header block."""
        return any(
            self._starts_older(at)
            for at in range(first, min(first + 4, len(self.lines)))
            if not self.lines[at].blank and self.lines[at].maybe == self.lines[first].maybe
        )

    def _tells_above(self, above: int) -> bool:
        """Whether the lines that end at `above` are an attribution."""
        for at in range(max(0, above - 3), above + 1):
            found = attribution_at(self.inner, at) if not self.lines[at].blank else None
            if found is not None and found.end > above:
                return True
        return False

    # -- what is left

    def _unblock(self) -> None:
        """A mail that opens with a header block and says nothing else is one: a contact form writes such mail."""
        first = self._next_words(0)
        if first is None or self.lines[first].depth or any(self._is_new(line) for line in self.lines):
            return
        if starts_header_block(bare(self.inner[first])):
            self.doubtful = True
            for line in self.lines:
                line.part = Part.QUOTED if line.depth or line.maybe else Part.NEW

    @staticmethod
    def _is_new(line: Line) -> bool:
        return line.part is not Part.QUOTED and not line.blank

    def _rules_above_quotes(self) -> None:
        for line, below in zip(reversed(self.lines[:-1]), reversed(self.lines[1:]), strict=True):
            if line.part is Part.NEW and below.part is Part.QUOTED and (line.blank or is_rule(line.inner)):
                line.part = Part.QUOTED

    def _signatures(self) -> None:
        """Cut what is certainly a signature from the first and the last of the new passages."""
        passages = [
            (start, end)
            for start, end in runs([line.part is Part.NEW for line in self.lines])
            if any(not line.blank for line in self.lines[start:end])
        ]
        for start, end in {passages[0], passages[-1]} if passages else ():
            at = start + certain_signature(self.inner[start:end], closings=not self.html)
            for line in self.lines[at:end]:
                line.part = Part.SIGNATURE
        self._words_below_sent_from()

    def _words_below_sent_from(self) -> None:
        """Outlook on phones leaves older mail unmarked below its "Sent from" line."""
        for at, line in enumerate(self.lines):
            if line.part is not Part.NEW or line.blank or not sent_from(line.inner):
                continue
            line.part = Part.SIGNATURE
            if (
                not self.explained
                and "<http" in line.inner
                and any(not above.blank for above in self.lines[:at])
            ):
                self.doubtful |= any(not below.blank for below in self.lines[at + 1 :])
                self._quote(at + 1, len(self.lines))
            return

    def _result(self) -> SplitText:
        visible, quoted, signature = (self._words(part) for part in (Part.NEW, Part.QUOTED, Part.SIGNATURE))
        if not visible and not quoted:
            return SplitText(signature, "", doubtful=False)
        if not visible and self.html and not self.explained:
            return SplitText(self._words(*Part), "", doubtful=True)
        if quoted and not self.explained and not self.html:
            self.doubtful = True
            marked = [line for line in self.lines if line.part is Part.QUOTED and not line.blank]
            if len(marked) == 1 and marked[0].depth and self.answered is None:
                # One line with a ">" that nothing explains ("> 50 chairs instead of 40") may well be new.
                return SplitText(self._words(Part.NEW, Part.QUOTED), "", doubtful=True, signature=signature)
        return SplitText(visible, quoted, self.doubtful or not visible, signature)

    def _words(self, *parts: Part) -> str:
        return "\n".join(line.raw for line in self.lines if line.part in parts).strip()
