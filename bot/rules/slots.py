"""What a routine's slots are filled with: code and records only, never the writer's words."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from bot.rules.hours import next_working_days
from prompts.house_rules import WEEKDAYS, HouseRules
from prompts.routines import RoutineCard


@dataclass(frozen=True)
class Known:
    """What the rows say about the person and the work; "" or None where nothing is known."""

    contact_name: str = ""
    client_name: str = ""
    owner_name: str = ""
    business: str = ""
    engagement: str = ""
    stage: str = ""
    starts: date | None = None
    ends: date | None = None
    next_milestone: str = ""
    next_date: date | None = None
    facts: Mapping[str, str] | None = None
    """Named facts of this client."""


@dataclass(frozen=True)
class Slots:
    values: dict[str, str]
    missing: tuple[str, ...]


def fill_slots(
    routine: RoutineCard, known: Known, *, today: date, rules: HouseRules, holidays: Collection[date] = ()
) -> Slots:
    """A value for each slot that is not the owner's own, and the names of those for which nothing is known."""
    values: dict[str, str] = {}
    missing: list[str] = []
    for slot in routine.slots:
        if slot.source == "value":
            continue
        value = _value(slot.source, known, today, rules, holidays)
        if value:
            values[slot.name] = value
        else:
            missing.append(slot.name)
    return Slots(values, tuple(missing))


def _value(source: str, known: Known, today: date, rules: HouseRules, holidays: Collection[date]) -> str:
    if source.startswith("fact."):
        return (known.facts or {}).get(source.removeprefix("fact."), "")
    days = next_working_days(today, rules, count=3, holidays=holidays)
    plain = {
        "contact.name": known.contact_name,
        "contact.first_name": first_name(known.contact_name),
        "client.name": known.client_name,
        "owner.name": known.owner_name,
        "owner.first_name": first_name(known.owner_name),
        "business.name": known.business,
        "engagement.title": known.engagement,
        "engagement.stage": known.stage,
        "engagement.start": _iso(known.starts),
        "engagement.end": _iso(known.ends),
        "engagement.next_milestone": known.next_milestone,
        "engagement.next_date": _iso(known.next_date),
        "today": today.isoformat(),
        "next_working_day": _iso(days[0] if days else None),
        "next_working_days": ",".join(day.isoformat() for day in days),
        "opening_days": ",".join(WEEKDAYS[n] for n in range(7) if rules.hours.get(n)),
    }
    return plain.get(source, "")


def first_name(name: str) -> str:
    """The first word of a name, without titles: "Dr. Ana Pérez" gives "Ana"."""
    words = [w for w in name.replace(",", " ").split() if not w.endswith(".")]
    return words[0] if words else ""


def _iso(day: date | None) -> str:
    return day.isoformat() if day is not None else ""
