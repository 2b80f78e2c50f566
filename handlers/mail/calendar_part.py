"""Invitations in mail: text/calendar parts read with icalendar, what can't be read reported (RFC 5545, 5546)."""

import re
import warnings
from datetime import date, datetime
from typing import Any

from bot.inbound import CalendarPart
from handlers.mail.calendar_faults import MOST_FAULTS, faults_of, unfolded
from handlers.mail.charsets import decode

LARGEST_CALENDAR = 1024 * 1024
MOST_EVENTS = 200
METHOD = re.compile(r"(?im)^METHOD[ \t]*:[ \t]*([A-Za-z-]{1,40})")


def read_calendar(data: bytes, *, charset: str | None = None, method: str | None = None) -> CalendarPart:
    """What stands in an iCalendar object: method, events, and every fault found; never an exception.

    Times are given as icalendar reads them (ISO 8601, with offset when the zone is known, the TZID beside it).
    """
    import icalendar

    errors: list[str] = []
    if len(data) > LARGEST_CALENDAR:
        errors.append(f"larger than {LARGEST_CALENDAR} bytes; only the beginning was read")
        data = data[:LARGEST_CALENDAR]
    text, strange = decode(data, charset)
    if strange:
        errors.append("the characters could not be read as declared")
    text = text.lstrip("\ufeff \t\r\n")
    stated = METHOD.search(text)
    method = (stated[1] if stated else method or "").upper() or None
    errors += faults_of(text)
    events: list[dict[str, Any]] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library warns of every zone it had to guess
        text = without_blank_zones(text)
        try:
            calendars = icalendar.Calendar.from_ical(text, multiple=True)
        except Exception as error:  # the library raises whatever its value types raise
            errors.append(_said(error))
            calendars = _one_by_one(text)
        for component in (found for calendar in calendars for found in _components(calendar)):
            for name, fault in getattr(component, "errors", ()):
                errors.append(f"{name or component.name}: {fault}"[:300])
            if component.name in {"VEVENT", "VTODO"} and len(events) < MOST_EVENTS:
                events.append(_event(component, errors))
    return CalendarPart(method, tuple(events), tuple(dict.fromkeys(errors))[:MOST_FAULTS])


BLANK_ZONE = re.compile(r";TZID=(?=[:;])", re.IGNORECASE)


def without_blank_zones(text: str) -> str:
    """Exchange writes a nameless VTIMEZONE and refers to it: such times are floating, and said to be so."""
    if not re.search(r"(?im)^TZID:[ \t]*$", text):
        return text
    out: list[str] = []
    zone: list[str] | None = None
    for line in unfolded(text):
        if line.strip().upper() == "BEGIN:VTIMEZONE":
            zone = []
        if zone is None:
            out.append(BLANK_ZONE.sub("", line))
            continue
        zone.append(line)
        if line.strip().upper() == "END:VTIMEZONE":
            if not any(kept.strip().upper() == "TZID:" for kept in zone):
                out += zone
            zone = None
    return "\r\n".join(out + (zone or []))


def _one_by_one(text: str) -> list[Any]:
    """The events that can be read where the whole cannot: one broken line costs one event."""
    import icalendar

    found: list[Any] = []
    lines: list[str] | None = None
    for line in unfolded(text):
        name = line.strip().upper()
        if name in {"BEGIN:VEVENT", "BEGIN:VTODO"} and lines is None:
            lines = []
        if lines is None:
            continue
        lines.append(line)
        if name in {"END:VEVENT", "END:VTODO"}:
            try:
                found.append(icalendar.Component.from_ical("\r\n".join(lines) + "\r\n"))
            except Exception:  # its fault has been said by the reading of the whole
                found.append(None)
            lines = None
            if len(found) >= MOST_EVENTS:
                break
    return [component for component in found if component is not None]


def _said(error: Exception) -> str:
    return (str(error) or type(error).__name__)[:300]


def _components(calendar: Any) -> list[Any]:
    out: list[Any] = []
    waiting = [calendar]
    while waiting and len(out) < 5000:
        component = waiting.pop()
        out.append(component)
        waiting.extend(reversed(component.subcomponents))
    return out


def _event(component: Any, errors: list[str]) -> dict[str, Any]:
    event: dict[str, Any] = {"type": component.name}
    for key, name in (("uid", "UID"), ("summary", "SUMMARY"), ("location", "LOCATION"), ("status", "STATUS"),
                      ("description", "DESCRIPTION"), ("sequence", "SEQUENCE")):  # fmt: skip
        if (value := _first(component.get(name))) is not None:
            event[key] = str(value)
    for key, name in (
        ("start", "DTSTART"),
        ("end", "DTEND"),
        ("due", "DUE"),
        ("recurrence_id", "RECURRENCE-ID"),
    ):
        value = _first(component.get(name))
        if value is None:
            continue
        try:
            event[key] = _time(value.dt)
        except Exception as error:  # a broken value raises only when it is used
            errors.append(f"{name}: {_said(error)}")
            continue
        if zone := getattr(value, "params", {}).get("TZID"):
            event[f"{key}_zone"] = str(zone)
            if isinstance(value.dt, datetime) and value.dt.tzinfo is None:
                errors.append(f"{name}: unknown time zone {str(zone)[:60]}")
    if (rule := _first(component.get("RRULE"))) is not None:
        try:
            event["repeats"] = rule.to_ical().decode("utf-8", "replace")
        except Exception as error:
            errors.append(f"RRULE: {_said(error)}")
    if (duration := _first(component.get("DURATION"))) is not None:
        try:
            event["duration_seconds"] = int(duration.dt.total_seconds())
        except Exception as error:
            errors.append(f"DURATION: {_said(error)}")
    if organizer := _first(component.get("ORGANIZER")):
        event["organizer"] = _address(organizer)
    attendees = component.get("ATTENDEE")
    if attendees is not None:
        listed = attendees if isinstance(attendees, list) else [attendees]
        event["attendees"] = [
            {"address": _address(one), "status": str(getattr(one, "params", {}).get("PARTSTAT", ""))}
            for one in listed[:500]
        ]
    return event


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, list) and value else None if isinstance(value, list) else value


def _time(value: Any) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    raise ValueError(f"not a time: {value!r}"[:200])


def _address(value: Any) -> str:
    text = str(value)
    return text[7:] if text[:7].lower() == "mailto:" else text
