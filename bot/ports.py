"""What the head needs from the hands. A hand fits by shape; the roof puts it in.

Every method states the errors it may raise, in the words of `bot.errors`; library errors never come through.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from bot.answers import DraftAsk, Drafted, TriageAsk, Triaged
from bot.inbound import ReadMessage
from bot.questions import Click, Page, Post, Told, Window
from storage.channels import Channel


class Clock(Protocol):
    def now(self) -> datetime:
        """The present, aware, UTC."""
        ...


class Reader(Protocol):
    """Reads one channel's raw messages."""

    async def read(self, raw: bytes) -> ReadMessage:
        """What stands in the message. Quarantined: it cannot be read within its limits."""
        ...


class Writer(Protocol):
    """Sorts and drafts. Never raises for want of a model: an offline writer stands behind every other one."""

    async def triage(self, ask: TriageAsk) -> Triaged:
        """A proposal how to handle a message."""
        ...

    async def draft(self, ask: DraftAsk) -> Drafted:
        """A proposed reply, or the reason why there is none."""
        ...


@dataclass(frozen=True)
class Posted:
    """Where something stands at the desk: channel id and message stamp."""

    place: str
    stamp: str


class Desk(Protocol):
    """Where approvers are asked. Posts are checkable: each carries a key that can be looked for."""

    async def post(self, post: Post, *, key: str, under: Posted | None = None) -> Posted:
        """Show it as a new message (in the thread of `under`, if given).

        Transient: certainly not shown. OutcomeUnknown: perhaps shown, look with `find`. Permanent: the desk refuses it.
        """
        ...

    async def find(self, key: str, *, since: datetime, under: Posted | None = None) -> Posted | None:
        """The message that carries this key, if it was posted after `since`; None: it is not there. Transient."""
        ...

    async def update(self, posted: Posted, post: Post) -> None:
        """Draw it anew in its place. Repeatable. Transient; Permanent when the message is gone."""
        ...


@dataclass(frozen=True)
class Parcel:
    """One approved message as it leaves: bytes and envelope, or text and thread; frozen."""

    outbox_id: int
    channel: Channel
    message_id: str
    """RFC 5322 Message-ID (mail) or the metadata key (Slack)."""
    sender: str
    recipients: tuple[str, ...]
    """Mail addresses, or one Slack channel id."""
    raw: bytes
    """The whole message (mail), or the text (Slack), as approved."""
    thread: str = ""
    """Slack thread stamp; "" posts a new message."""
    committed_at: datetime | None = None


@dataclass(frozen=True)
class HandedOver:
    """The other side took it. `refused` maps a recipient to the server's words; the others were accepted."""

    reply: str
    refused: dict[str, str] = field(default_factory=dict)
    stamp: str = ""
    """Where it stands in Slack."""


BeforeDot = Callable[[], Awaitable[bool]]
"""Asked once, just before the point of no return; False: lost the lease, stop without handing over."""


class Carrier(Protocol):
    """Takes one approved message out, by the protocol of the final dot."""

    async def carry(self, parcel: Parcel, *, before_dot: BeforeDot) -> HandedOver:
        """Hand it over.

        Transient: certainly not accepted, may be tried again (same bytes). Permanent: refused for good.
        OutcomeUnknown: the dot was written and no clear answer came. Refused: `before_dot` said no.
        """
        ...

    async def find(self, parcel: Parcel) -> str | None:
        """A proof that it did leave ("in the Sent folder", "in the channel's history"), or None. Transient."""
        ...


class SentFolder(Protocol):
    """Where a copy of what left is filed."""

    async def file(self, raw: bytes, message_id: str) -> bool:
        """File it unless it is there already; False: the provider files it itself, nothing to do. Transient, Permanent."""
        ...


class Composer(Protocol):
    """Turns a frozen draft into the bytes that will leave; re-parses them and checks every header."""

    def compose(self, draft: "Letter") -> bytes:
        """RFC 5322 bytes with CRLF line ends. Permanent: the draft cannot be a mail (bad address, line break in a header)."""
        ...


@dataclass(frozen=True)
class Letter:
    """What a mail is composed from. Addresses are `Name <a@b>` or `a@b`; `date` is aware."""

    message_id: str
    date: datetime
    sender: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    subject: str
    body: str
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    automatic: bool = False
    """Adds Auto-Submitted and the suppress headers (RFC 3834)."""


class Door(Protocol):
    """What the head offers to a listener: each call is one short transaction, done before the listener answers."""

    async def arrive(self, *, channel: Channel, account: str, place: str, key: str, raw: bytes) -> bool:
        """Write a message down as it came. False: it was there already (same `key`)."""
        ...

    async def window(self, click: Click) -> Window | Told:
        """What to open for this press (EDIT, REDO, HAND_OVER, LATER, WRONG_PERSON), or why not. Changes nothing.

        SEND is asked for too, when a draft is too long for one card: the window's body is the whole reply, which is
        then read page by page, and only the last page has the button that sends.
        """
        ...

    async def click(self, click: Click) -> Told:
        """Decide. The answer is made from what was committed; a late, repeated or forbidden press changes nothing."""
        ...

    async def command(self, words: str, *, by: str, team: str) -> Page:
        """`/understudy words` from this person."""
        ...
