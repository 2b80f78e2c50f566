"""What is wrong with an iCalendar object that a lenient library reads over (RFC 5545)."""

import re

MOST_FAULTS = 20
LINE = re.compile(r"^(?:[A-Za-z0-9-]+\.)?[A-Za-z0-9-]+(?:;[^:]*)?:", re.ASCII)


def faults_of(text: str) -> list[str]:
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
        if len(faults) >= MOST_FAULTS:
            break
    if open_names:
        faults.append(f"{open_names[-1][:40]} is never closed")
    if "VCALENDAR" not in seen:
        faults.append("no VCALENDAR")
    return faults


NEVER_EMPTY = frozenset(
    {"CLASS", "STATUS", "TRANSP", "ACTION", "METHOD", "DTSTART", "DTSTAMP", "UID", "VERSION"}
)
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
