"""The sample business of the practice world: its people, its clients, and what was written before today."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Literal

SAMPLE = Path(__file__).with_name("business.toml")


@dataclass(frozen=True)
class SamplePerson:
    """Owner or delegate; `slack` is a handle, the workspace gives the id."""

    name: str
    email: str
    slack: str
    covers: tuple[str, ...] = ()
    limit: str = "standard"


@dataclass(frozen=True)
class SampleContact:
    name: str
    email: str
    role: str
    language: str
    slack: str = ""


@dataclass(frozen=True)
class SampleFact:
    name: str
    text: str
    told: date
    source: str


@dataclass(frozen=True)
class SampleEngagement:
    """A piece of work; `next_milestone` is "" when nothing is to come."""

    title: str
    service: str
    start: date
    end: date
    stage: str
    next_milestone: str
    next_date: date | None


@dataclass(frozen=True)
class PastMessage:
    """A message from before the bot came; `contact` is the client's person in it."""

    day: date
    who: Literal["client", "us"]
    contact: SampleContact
    subject: str
    text: str


@dataclass(frozen=True)
class SampleClient:
    name: str
    tier: str
    since: date
    contacts: tuple[SampleContact, ...]
    facts: tuple[SampleFact, ...] = ()
    engagements: tuple[SampleEngagement, ...] = ()
    history: tuple[PastMessage, ...] = ()
    """Oldest first."""
    channel: str = ""
    """Name of the Slack channel shared with them; "" for none."""


@dataclass(frozen=True)
class SampleBusiness:
    name: str
    timezone: str
    address: str
    """The mailbox clients write to."""
    signature: str
    owner: SamplePerson
    delegates: tuple[SamplePerson, ...]
    clients: tuple[SampleClient, ...]


def sample_business(today: date) -> SampleBusiness:
    """The sample, with its dates counted from `today`."""
    table = tomllib.loads(SAMPLE.read_text(encoding="utf-8"))
    return SampleBusiness(
        name=table["name"],
        timezone=table["timezone"],
        address=table["address"],
        signature=table["signature"],
        owner=_person(table["owner"]),
        delegates=tuple(_person(entry) for entry in table["delegate"]),
        clients=tuple(_client(entry, today) for entry in table["client"]),
    )


def _person(entry: Mapping[str, Any]) -> SamplePerson:
    return SamplePerson(**{**entry, "covers": tuple(entry.get("covers", ()))})


def _client(entry: Mapping[str, Any], today: date) -> SampleClient:
    contacts = tuple(SampleContact(**contact) for contact in entry["contacts"])
    history = [_past(past, contacts, today) for past in entry.get("history", ())]
    return SampleClient(
        name=entry["name"],
        tier=entry["tier"],
        since=today + timedelta(days=entry["since"]),
        contacts=contacts,
        facts=tuple(_fact(fact, today) for fact in entry.get("facts", ())),
        engagements=tuple(_engagement(work, today) for work in entry.get("engagements", ())),
        history=tuple(sorted(history, key=lambda past: past.day)),
        channel=entry.get("channel", ""),
    )


def _fact(entry: Mapping[str, Any], today: date) -> SampleFact:
    return SampleFact(entry["name"], entry["text"], today + timedelta(days=entry["told"]), entry["source"])


def _engagement(entry: Mapping[str, Any], today: date) -> SampleEngagement:
    coming = bool(entry["next_milestone"])
    return SampleEngagement(
        title=entry["title"],
        service=entry["service"],
        start=today + timedelta(days=entry["start"]),
        end=today + timedelta(days=entry["end"]),
        stage=entry["stage"],
        next_milestone=entry["next_milestone"],
        next_date=today + timedelta(days=entry["next_in"]) if coming else None,
    )


def _past(entry: Mapping[str, Any], contacts: tuple[SampleContact, ...], today: date) -> PastMessage:
    signed = [contact for contact in contacts if contact.name.split()[0] in entry["text"]]
    contact = signed[0] if signed and len(contacts) > 1 else contacts[0]
    return PastMessage(
        today + timedelta(days=entry["days"]), entry["from"], contact, entry["subject"], entry["text"]
    )
