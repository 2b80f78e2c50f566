"""What a person is shown and asked, in no channel's language; a hand draws it.

Everything here is frozen and plain: a card is drawn from it by deterministic code, so what was seen can be compared
with what is sent. Text that came from outside is marked as such by its field names and is never markup.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Press(StrEnum):
    """Every button there is. The value is the last part of the button's action id."""

    SEND = "send"
    EDIT = "edit"
    REDO = "redo"
    HAND_OVER = "hand_over"
    LATER = "later"
    NO_REPLY = "no_reply"
    WRONG_PERSON = "wrong_person"      # "I read this as from X": correct it
    ORIGINAL = "original"              # show the original mail, privately
    SOURCES = "sources"                # show what the draft relies on, each source's text, privately
    UNDO = "undo"                      # within the undo window
    SHOULD_HAVE_ASKED = "should_have_asked"
    PUT_BACK = "put_back"              # a filed message becomes an inquiry
    OPEN = "open"                      # show a filed message, privately
    MARK_SENT = "mark_sent"            # delivery unknown: it arrived
    SEND_AGAIN = "send_again"          # delivery unknown or failed: same bytes again
    LEAVE = "leave"                    # delivery unknown, failed, trouble: leave it
    SHOW_TEXT = "show_text"            # the exact text that was handed over
    RETRY = "retry"                    # a dead job or a quarantined message: try again


class CardKind(StrEnum):
    REPLY = "reply"                    # a draft to approve (or "no draft")
    JUDGMENT = "judgment"              # the same, and somebody has to decide something
    NOTICE = "notice"                  # tell only
    DELIVERY_UNKNOWN = "delivery_unknown"
    DELIVERY_FAILED = "delivery_failed"
    TROUBLE = "trouble"                # a dead job, a quarantined message, a spent budget


class CardLook(StrEnum):
    OPEN = "open"
    SNOOZED = "snoozed"
    SETTLED = "settled"                # buttons gone; outcome and name stay
    RETIRED = "retired"                # a newer card took its place


@dataclass(frozen=True)
class Stamp:
    """What a button carries: exactly which card, draft, revision and bytes were seen."""

    card: int
    draft: int = 0
    revision: int = 0
    digest: str = ""


@dataclass(frozen=True)
class Who:
    """The person who wrote. `verified` is the mail server's word or Slack's, never the From line's."""

    name: str
    address: str
    verified: bool
    client: str = ""
    tier: str = ""
    since: datetime | None = None
    last_contact: datetime | None = None
    flags: tuple[str, ...] = ()
    """Sentences: "Reply-To differs: …"."""
    read_as: str = ""
    """Set on forwards: "forwarded by Maren"; the card then says "I read this as from X" and offers a correction."""


@dataclass(frozen=True)
class Finding:
    """Something to look at in a draft: one plain sentence, and the exact words of the draft it is about."""

    text: str
    words: str = ""
    blocks: bool = False


@dataclass(frozen=True)
class Reliance:
    """One source of a draft: id, title, and its text for one press."""

    id: str
    title: str
    text: str = ""


@dataclass(frozen=True)
class Proposal:
    """The reply exactly as it would leave."""

    sender: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    subject: str
    body: str
    attachments: tuple[str, ...] = ()


@dataclass(frozen=True)
class Question:
    """A card. `mention` is the one person it concerns, only for judgment; None: nobody is pinged."""

    stamp: Stamp
    kind: CardKind
    look: CardLook
    title: str
    who: Who | None = None
    channel: str = "email"
    subject: str = ""
    asked: str = ""
    """The client's own words."""
    cut: str = ""
    """What was cut from them (quotes, signature), shown when in doubt."""
    files: tuple[str, ...] = ()
    """Names of files that came with the message."""
    decide: str = ""
    """One sentence on what has to be decided."""
    proposal: Proposal | None = None
    no_draft: str = ""
    """Why there is no draft."""
    why: tuple[str, ...] = ()
    """Why this is here."""
    relies_on: tuple[Reliance, ...] = ()
    findings: tuple[Finding, ...] = ()
    mention: str = ""
    """Slack id of the person to mention."""
    holder: str = ""
    presses: tuple[Press, ...] = ()
    outcome: str = ""
    """What became of it, with the person's name; set when settled or retired."""
    notes: tuple[str, ...] = ()
    """Facts of a delivery or trouble card, one line each."""


@dataclass(frozen=True)
class Note:
    """A line in a card's thread."""

    text: str
    mention: str = ""


@dataclass(frozen=True)
class DayThread:
    """The head of the day's "handled" thread."""

    day: str
    handled: int
    pending: int


@dataclass(frozen=True)
class Handled:
    """One thing the bot did by itself, in the day's thread, with its buttons."""

    outbox_id: int
    routine: str
    who: str
    subject: str
    body: str
    to: tuple[str, ...]
    leaves_at: datetime
    """When its undo window ends (UTC); people read it in `zone`."""
    state: str
    """"queued", "sent", "withdrawn", …"""
    presses: tuple[Press, ...]
    outcome: str = ""
    zone: str = "UTC"


class Verb(StrEnum):
    REPLY = "REPLY"
    DECIDE = "DECIDE"
    CHECK = "CHECK"
    DO = "DO"


@dataclass(frozen=True)
class Row:
    """One line of what needs a person: verb, how old, the real question, where to open it."""

    verb: Verb
    who: str
    age: str
    question: str
    card: int = 0
    holder: str = ""
    place: str = ""
    stamp: str = ""


@dataclass(frozen=True)
class FiledLine:
    inquiry_id: int
    who: str
    subject: str
    why: str


@dataclass(frozen=True)
class Count:
    label: str
    number: int


@dataclass(frozen=True)
class Digest:
    """The morning's page. `arrived` is split over `counts`, and the counts add up to it."""

    day: str
    needs: tuple[Row, ...]
    more: int
    """How many need somebody beyond the rows shown."""
    handled: tuple[str, ...]
    filed: tuple[FiledLine, ...]
    leaving: tuple[str, ...]
    arrived: int
    counts: tuple[Count, ...]
    warnings: tuple[str, ...] = ()
    """Plain sentences: budget spent, a part that is down, a message that could not be read."""


Post = Question | Note | DayThread | Handled | Digest
"""Everything the desk can show."""


@dataclass(frozen=True)
class Page:
    """An answer to a command, shown to the person who asked only: plain lines, and rows or filed mail to open."""

    title: str
    lines: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    filed: tuple[FiledLine, ...] = ()


@dataclass(frozen=True)
class Click:
    """A press, as it came in. `by` and `team` are Slack's own ids of the person, never what a payload's text says."""

    press: Press
    by: str
    team: str
    stamp: Stamp = Stamp(0)
    subject: int = 0
    """The row it is about when that is no card: outbox item (UNDO, SHOULD_HAVE_ASKED), inquiry (PUT_BACK, OPEN)."""
    text: str = ""
    """EDIT: the whole new body. REDO: what to change. WRONG_PERSON: the right "Name <address>"."""
    to: str = ""
    """HAND_OVER: the approver's name."""
    until: str = ""
    """LATER: "1h", "today", "tomorrow", "monday"."""


@dataclass(frozen=True)
class Told:
    """The private answer to a press; every press gets one. `done` is False when nothing was changed."""

    text: str
    done: bool = True
    exact: str = ""
    """Text to show whole (original mail, exact text), in a window, never as markup."""


@dataclass(frozen=True)
class Window:
    """What a press opens before anything is decided: a form with what it starts from."""

    press: Press
    stamp: Stamp
    title: str
    body: str = ""
    to: tuple[str, ...] = ()
    subject: str = ""
    choices: tuple[str, ...] = ()
    """Names to choose from (HAND_OVER)."""
