"""Invitations in mail: text/calendar parts read with icalendar, what can't be read reported (RFC 5545, 5546)."""

import re
import warnings
from datetime import date, datetime
from typing import Any

from bot.inbound import CalendarPart
from handlers.mail.charsets import decode

LARGEST_CALENDAR = 1024 * 1024
MOST_EVENTS = 200
MOST_ERRORS = 20
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
    errors += _shape(text)
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
    return CalendarPart(method, tuple(events), tuple(dict.fromkeys(errors))[:MOST_ERRORS])


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
    out, waiting = [], [calendar]
    while waiting and len(out) < 5000:
        component = waiting.pop()
        out.append(component)
        waiting.extend(reversed(component.subcomponents))
    return out


LINE = re.compile(r"^(?:[A-Za-z0-9-]+\.)?[A-Za-z0-9-]+(?:;[^:]*)?:", re.ASCII)


def _shape(text: str) -> list[str]:
    """Faults the library passes over: nesting that does not close, lines that are none, what RFC 5545 demands."""
    faults: list[str] = []
    if not text.strip():
        return ["empty"]
    open_names: list[str] = []
    seen: set[str] = set()
    properties: list[dict[str, int]] = []
    for line in unfolded(text):
        if not line.strip():
            continue
        name, _, value = line.partition(":")
        name = name.partition(";")[0].strip().upper()
        if name == "BEGIN":
            open_names.append(value.strip().upper())
            seen.add(value.strip().upper())
            properties.append({})
        elif name == "END":
            if not open_names or open_names[-1] != value.strip().upper():
                faults.append(f"END:{value.strip()[:40]} does not close what was begun")
                if value.strip().upper() in open_names:
                    while open_names and open_names.pop() != value.strip().upper():
                        properties.pop()
                    properties.pop()
                continue
            open_names.pop()
            faults += _required(value.strip().upper(), properties.pop())
        elif not LINE.match(line):
            faults.append(f"not a property: {line[:40]!r}")
        elif properties:
            properties[-1][name] = properties[-1].get(name, 0) + 1
            faults += _value_faults(name, line, value)
        if len(faults) >= MOST_ERRORS:
            break
    if open_names:
        faults.append(f"{open_names[-1][:40]} is never closed")
    if "VCALENDAR" not in seen:
        faults.append("no VCALENDAR")
    return faults


NEVER_EMPTY = frozenset({"CLASS", "STATUS", "TRANSP", "ACTION", "METHOD", "DTSTART", "DTSTAMP", "UID", "VERSION"})
ALWAYS_UTC = frozenset({"DTSTAMP", "CREATED", "LAST-MODIFIED", "COMPLETED"})
UNZONED = re.compile(r"\d{8}T\d{6}\s*")


def _value_faults(name: str, line: str, value: str) -> list[str]:
    """What RFC 5545 forbids in single values (3.8.7 times in UTC, 3.3.3 addresses) and the library lets pass."""
    if name in NEVER_EMPTY and not value.strip():
        return [f"{name} is empty"]
    if name in ALWAYS_UTC and UNZONED.fullmatch(value):
        return [f"{name} is not in UTC"]
    if name in {"ATTENDEE", "ORGANIZER"}:
        at = line.lower().rfind("mailto:")
        if at >= 0 and " " in line[at + 7 :].strip():
            return [f"{name} is not an address: {line[at + 7 :].strip()[:60]}"]
    return []


REQUIRED = {"VCALENDAR": ("VERSION",), "VTIMEZONE": ("TZID",), "STANDARD": ("DTSTART", "TZOFFSETTO", "TZOFFSETFROM"),
            "DAYLIGHT": ("DTSTART", "TZOFFSETTO", "TZOFFSETFROM")}  # fmt: skip
"""Without these nothing can be computed. UID, DTSTAMP and PRODID are demanded too, and often missing without harm."""


def _required(component: str, properties: dict[str, int]) -> list[str]:
    faults = [f"{component} without {name}" for name in REQUIRED.get(component, ()) if name not in properties]
    if component == "VEVENT" and "DTEND" in properties and "DURATION" in properties:
        faults.append("VEVENT with DTEND and DURATION")
    return faults


def unfolded(text: str) -> list[str]:
    """Content lines (RFC 5545 3.1)."""
    lines: list[str] = []
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        if line[:1] in {" ", "\t"} and lines:
            lines[-1] += line[1:]
        else:
            lines.append(line)
    return lines


def _event(component: Any, errors: list[str]) -> dict[str, Any]:
    event: dict[str, Any] = {"type": component.name}
    for key, name in (("uid", "UID"), ("summary", "SUMMARY"), ("location", "LOCATION"), ("status", "STATUS"),
                      ("description", "DESCRIPTION"), ("sequence", "SEQUENCE")):  # fmt: skip
        if (value := _first(component.get(name))) is not None:
            event[key] = str(value)
    for key, name in (("start", "DTSTART"), ("end", "DTEND"), ("due", "DUE"), ("recurrence_id", "RECURRENCE-ID")):
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
            {"address": _address(one), "status": str(getattr(one, "params", {}).get("PARTSTAT", ""))} for one in listed[:500]
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
