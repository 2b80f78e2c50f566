"""What a writer is asked and what it may answer; the answer is a proposal, checked by schema and by rules."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from storage.inquiries import Track

Short = Annotated[str, StringConstraints(max_length=300)]
Name = Annotated[str, StringConstraints(max_length=80)]


class TriageAnswer(BaseModel):
    """How a message is to be handled, as the writer sees it; a proposal."""

    model_config = ConfigDict(extra="forbid")

    track: Track
    category: Name = Field(description="name of the playbook routine or answer that fits best, else 'other'")
    topics: list[Name] = Field(max_length=6, description="topics from the playbook's list that it touches")
    summary: Short = Field(description="one sentence: who wants what")
    asks: list[Short] = Field(max_length=6, description="each thing the client wants, copied word for word")
    decision: Short = Field(description="what a person would have to decide, as one sentence; '' if nothing")
    urgency: Literal["low", "normal", "high"]
    mood: Literal["calm", "unhappy", "angry"]
    asks_for_person: bool = Field(description="the client insists on a human being instead of a machine")
    confidence: float = Field(ge=0, le=1)


class DraftAnswer(BaseModel):
    """A proposed reply: words only. Recipients, subject and dates are never the writer's."""

    model_config = ConfigDict(extra="forbid")

    body: Annotated[str, StringConstraints(max_length=12_000)] = Field(
        description="the reply in plain text, greeting included, without signature; '' if you cannot"
    )
    sources: list[Name] = Field(max_length=20, description="ids of the sources the reply relies on")
    open_points: list[Short] = Field(max_length=6, description="what a person should check or fill in")
    no_draft: Short = Field(description="why there is no reply to propose; '' when body is given")


@dataclass(frozen=True)
class Turn:
    """One earlier message of the conversation, for the writer."""

    who: Literal["client", "us"]
    name: str
    at: datetime
    text: str


@dataclass(frozen=True)
class Source:
    """One thing a reply may rely on, with the id the writer cites ("answer:opening-hours", "fact:12")."""

    id: str
    title: str
    text: str


@dataclass(frozen=True)
class TriageAsk:
    """A message to be sorted. Text is what a person would see, at most 32 KB (newest first)."""

    inquiry_id: int
    subject: str
    text: str
    sender: str
    known_client: bool
    history: tuple[Turn, ...] = ()
    today: str = ""
    """The business's local date and weekday, e.g. "Monday 2026-11-23"."""


@dataclass(frozen=True)
class DraftAsk:
    """A reply to be drafted, from these sources alone."""

    inquiry_id: int
    subject: str
    text: str
    sender: str
    client_name: str
    """The person's name if they are a known client's, for the greeting; "" otherwise."""
    sources: tuple[Source, ...] = ()
    history: tuple[Turn, ...] = ()
    summary: str = ""
    asks: tuple[str, ...] = ()
    category: str = "other"
    topics: tuple[str, ...] = ()
    instruction: str = ""
    """What the approver (or the forwarder's note) told us to say; trusted, unlike `text`."""
    previous: str = ""
    """The body of the revision that the instruction wants changed."""
    owner_name: str = ""
    today: str = ""


@dataclass(frozen=True)
class Byline:
    """Who wrote an answer: writer ("openai", "offline"), model and prompt; `because` says why it was not the model."""

    writer: str
    model: str = ""
    prompt: str = ""
    version: int = 0
    fingerprint: str = ""
    because: str = ""


@dataclass(frozen=True)
class Triaged:
    answer: TriageAnswer
    byline: Byline


@dataclass(frozen=True)
class Drafted:
    """`answer.body` is "" and `answer.no_draft` says why when there is no draft."""

    answer: DraftAnswer
    byline: Byline
