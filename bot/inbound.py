"""What a hand read in a message, before we know anything about who or why.

Values only: a hand makes them, the head reads them. `inspect --json` prints the same names.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What sort of message this is, read off its form; every kind but HUMAN comes with reasons."""

    HUMAN = "human"
    AUTO_REPLY = "auto_reply"
    BOUNCE = "bounce"
    LIST = "list"
    NOTIFICATION = "notification"
    CALENDAR = "calendar"
    FEEDBACK = "feedback"
    SPAM_SUSPECT = "spam_suspect"
    OWN = "own"


class Authenticated(StrEnum):
    """What the receiving server we trust says of the sender (RFC 8601); NONE: it says nothing."""

    PASS = "pass"  # noqa: S105  a verdict, not a secret
    FAIL = "fail"
    NONE = "none"


@dataclass(frozen=True)
class Person:
    """A name and an address: mail address (as written), or a Slack user id."""

    name: str
    address: str


@dataclass(frozen=True)
class Forwarded:
    """The original inside a forward; `note` is what the forwarder wrote above it, an instruction to us."""

    sender: Person | None
    to: tuple[Person, ...] = ()
    cc: tuple[Person, ...] = ()
    subject: str | None = None
    date: str | None = None
    """As the forward states it: a header line in any language is not always a date we can read."""
    text: str = ""
    note: str = ""


@dataclass(frozen=True)
class BouncedRecipient:
    """One recipient of a delivery report (RFC 3464): status like "5.1.1", action like "failed"."""

    recipient: str
    status: str
    action: str
    diagnostic: str


@dataclass(frozen=True)
class CalendarPart:
    """An invitation as it stood in the mail (RFC 5546); times are strings as icalendar gave them."""

    method: str | None
    events: tuple[dict[str, Any], ...] = ()
    errors: tuple[str, ...] = ()


@dataclass(frozen=True)
class Attachment:
    """A part not shown as words; never opened."""

    name: str
    type: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class ReadMessage:
    """A message as read: addresses, new words, quotes, and what the hand noticed.

    `text` holds the new words only (it may or may not hold the signature, which is also given apart);
    `date` is aware UTC or None; `flags` are snake_case names such as "hidden_text".
    """

    kind: Kind
    why: tuple[str, ...] = ()
    message_id: str | None = None
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    sender: Person | None = None
    reply_to: tuple[Person, ...] = ()
    to: tuple[Person, ...] = ()
    cc: tuple[Person, ...] = ()
    subject: str = ""
    date: datetime | None = None
    text: str = ""
    quoted: str = ""
    signature: str = ""
    forwarded: Forwarded | None = None
    bounce: tuple[BouncedRecipient, ...] | None = None
    calendar: CalendarPart | None = None
    attachments: tuple[Attachment, ...] = ()
    authenticated: Authenticated = Authenticated.NONE
    flags: tuple[str, ...] = ()
    headers: dict[str, str] = field(default_factory=dict)
    """A few headers the rules look at later (lower-case names), e.g. "auto-submitted"."""
