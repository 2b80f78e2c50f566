"""The proposed reply as it would leave: recipients, subject, files and every word, or openly its first part."""

from dataclasses import dataclass

from bot.questions import CardKind, CardLook, Press, Proposal, Question
from handlers.slack import blocks, limits
from handlers.slack.blocks import Block, line, rich, t

_BLOCKS_FOR_REPLY = 20
_FIRST_PART_AT_LEAST = 1_200
CLOSED = (CardLook.SETTLED, CardLook.RETIRED)
_DELIVERY = (CardKind.DELIVERY_UNKNOWN, CardKind.DELIVERY_FAILED)


@dataclass(frozen=True)
class ReplyParts:
    """The drawn reply; `long` when the card holds only its beginning."""

    blocks: list[Block]
    long: bool = False


def reply_parts(question: Question, *, room: int) -> ReplyParts:
    """The reply within `room` characters: whole, or in part and saying so."""
    proposal = question.proposal
    if proposal is None:
        if not question.no_draft:
            return ReplyParts([])
        why = limits.clipped(question.no_draft, 400)
        return ReplyParts([blocks.divider(), rich(line(t("No draft. ", "bold"), t(why)))])
    if question.kind in _DELIVERY and Press.SHOW_TEXT in question.presses:
        return ReplyParts(_headed(_clipped(proposal), title="The reply"))
    head = envelope(proposal)
    if _cost(head) + limits.cost(proposal.body) + 100 <= room:
        drawn = [*_headed(head), *blocks.sections(proposal.body)]
        if len(drawn) <= _BLOCKS_FOR_REPLY:
            return ReplyParts(drawn)
    return _in_part(proposal, room=room, closed=question.look in CLOSED)


def envelope(proposal: Proposal) -> list[tuple[str, str]]:
    """From, To, Cc, Subject and attachments, word for word."""
    lines = [
        ("From: ", proposal.sender),
        ("To: ", ", ".join(proposal.to)),
        ("Cc: ", ", ".join(proposal.cc)),
        ("Subject: ", proposal.subject),
        ("Attached: ", ", ".join(proposal.attachments)),
    ]
    return [(name, text) for name, text in lines if text]


def _clipped(proposal: Proposal) -> list[tuple[str, str]]:
    return [(name, limits.clipped(text, 300)) for name, text in envelope(proposal)]


def envelope_lines(head: list[tuple[str, str]]) -> list[Block]:
    return [line(t(name, "bold"), t(text)) for name, text in head if text]


def _headed(head: list[tuple[str, str]], *, title: str = "Proposed reply") -> list[Block]:
    lines = envelope_lines(head)
    return [blocks.divider(), rich(line(t(title, "bold"))), *([rich(*lines)] if lines else [])]


def _in_part(proposal: Proposal, *, room: int, closed: bool) -> ReplyParts:
    head = _clipped(proposal)
    left = max(room - _cost(head) - 250, _FIRST_PART_AT_LEAST)
    shown: list[str] = []
    for part in limits.paged(proposal.body, limits.SECTION):
        if limits.cost(part) > left or len(shown) == 4:
            break
        shown.append(part)
        left -= limits.cost(part)
    if not shown:
        shown = [limits.paged(proposal.body, min(left, limits.SECTION))[0]] if proposal.body.strip() else []
    first = "".join(shown)
    note = f"This is the first part: {len(first)} of {len(proposal.body)} characters."
    if not closed:
        note += " Send opens the whole reply; it leaves only from its last page."
    return ReplyParts([*_headed(head), *blocks.sections(first), rich(line(t(note, "bold")))], long=True)


def _cost(head: list[tuple[str, str]]) -> int:
    return sum(limits.cost(name) + limits.cost(text) + 1 for name, text in head)
