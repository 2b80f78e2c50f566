"""Routines: what the bot may answer alone, the limits that have to hold, and the owner's own text with typed slots."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from string import Template
from typing import Literal, assert_never, get_args

from prompts.heads import listed
from prompts.languages import Language, languages
from prompts.links import allowed, clickable

Mode = Literal["off", "ask", "on"]
SlotType = Literal["name", "words", "service", "date", "dates", "time", "weekdays", "number", "link"]

MODES: tuple[str, ...] = get_args(Mode)
SLOT_TYPES: tuple[str, ...] = get_args(SlotType)
MOODS = ("unhappy", "angry")

ANSWERING = ("scheduling", "information", "document", "status_update", "confirmation")
"""Kinds that answer a message, found by their words."""
STARTING = ("welcome", "follow_up", "reminder", "review_request")
"""Kinds that begin without a message: a date or a stage of the work starts them."""
KINDS = ANSWERING + STARTING

SOURCES: Mapping[str, tuple[str, ...]] = {
    "contact.name": ("name",),
    "contact.first_name": ("name",),
    "client.name": ("name",),
    "owner.name": ("name",),
    "owner.first_name": ("name",),
    "business.name": ("name",),
    "engagement.title": ("words", "service"),
    "engagement.stage": ("words",),
    "engagement.start": ("date",),
    "engagement.end": ("date",),
    "engagement.next_milestone": ("words",),
    "engagement.next_date": ("date",),
    "today": ("date",),
    "next_working_day": ("date",),
    "next_working_days": ("dates",),
    "opening_days": ("weekdays",),
}
"""Where a slot's value may come from, and the types it fits. Besides these: "fact.<name>" of the client's record (any type)
and "constant.<name>" of the house rules, which is resolved to "value" when the playbook is read."""

_NAME = re.compile(r"[^\W\d_][\w .'’&,/()+-]{0,79}\Z")
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class SlotError(ValueError):
    """A routine cannot be filled: a slot is missing, not its own, or ill-typed. Its text never repeats a value."""


@dataclass(frozen=True)
class Slot:
    """A gap in a routine's text. `source` is one of SOURCES, "fact.<name>", or "value": then `value` is the owner's own."""

    name: str
    type: SlotType
    source: str
    value: str = ""


@dataclass(frozen=True)
class Limits:
    """All of them have to hold before a routine answers alone."""

    known_client_only: bool = True
    per_client_per_day: int = 1
    not_moods: tuple[str, ...] = MOODS
    not_topics: tuple[str, ...] = ()
    min_confidence: float = 0.8
    first_contact_ok: bool = False
    """Whether it may answer somebody's very first message."""
    max_asks: int = 2
    """A message that asks for more than this is hardly answered by one routine text."""


@dataclass(frozen=True)
class RoutineCard:
    """One routine of the playbook. `name` is its file's name without ending; `links` are the hosts its text may link to."""

    name: str
    title: str
    kind: str
    words: tuple[str, ...]
    mode: Mode
    undo: timedelta
    limits: Limits
    slots: tuple[Slot, ...]
    body: str
    subject: str | None = None
    """None: the client's own subject is kept."""
    language: str = ""
    """Language code of its text; a message in another language goes to a person. "": said nowhere."""
    topics: tuple[str, ...] = ()
    links: tuple[str, ...] = field(default=(), repr=False)


def fill(routine: RoutineCard, values: Mapping[str, str]) -> str:
    """The message, with every slot filled from `values` (the owner's own values are there already).

    Dates are given as ISO ("2026-11-24", several with commas), times as "14:30", weekdays as English names with commas;
    they are written out in the routine's language. SlotError for a missing, superfluous or ill-typed value.
    """
    own = {slot.name: slot.value for slot in routine.slots if slot.source == "value"}
    needed = {slot.name for slot in routine.slots} - own.keys()
    if missing := needed - values.keys():
        raise SlotError(f"routine {routine.name!r}: no value for {listed(tuple(sorted(missing)))}")
    if extra := values.keys() - needed:
        raise SlotError(f"routine {routine.name!r} has no slot {listed(tuple(sorted(extra)))} to fill")
    tongue = languages()[routine.language or "en"]
    given = {**values, **own}
    filled = {slot.name: shown(slot, given[slot.name], routine.links, tongue) for slot in routine.slots}
    return Template(routine.body).substitute(filled)


def shown(slot: Slot, value: str, hosts: tuple[str, ...], tongue: Language) -> str:
    """The value as it stands in the message; SlotError when it is not of the slot's type."""
    value = value.strip()
    if not value or len(value) > 300 or not value.isprintable():
        raise SlotError(f"slot {slot.name!r} is empty, too long, or has a line break or control character")
    if slot.type != "link" and clickable(value):
        raise SlotError(f"slot {slot.name!r} holds something like a link or an address")
    try:
        return _typed(slot, value, hosts, tongue)
    except ValueError as error:
        raise SlotError(f"slot {slot.name!r} is no {slot.type}") from error


def _typed(slot: Slot, value: str, hosts: tuple[str, ...], tongue: Language) -> str:
    match slot.type:
        case "name":
            good = _NAME.match(value) is not None
        case "words" | "service":
            good = len(value) <= 200
        case "number":
            float(value.replace(",", "."))
            good = len(value) <= 20
        case "link":
            good = allowed(value, hosts) and value.isascii()
        case "time":
            return time.fromisoformat(value).strftime("%H:%M")
        case "date":
            return tongue.long_date(date.fromisoformat(value))
        case "dates":
            return tongue.series(
                [tongue.long_date(date.fromisoformat(day.strip())) for day in value.split(",")]
            )
        case "weekdays":
            return tongue.series(
                [tongue.weekdays[_DAYS.index(day.strip().lower())] for day in value.split(",")]
            )
        case _:
            assert_never(slot.type)
    if not good:
        raise ValueError(slot.type)
    return value
