"""Dates in mail headers (RFC 5322 3.3, obsolete and merely common forms) as aware times in UTC."""

import re
from datetime import UTC, datetime, timedelta, timezone

from handlers.mail.headers import without_comments

MONTHS = {name: number for number, name in enumerate(
    ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1)}  # fmt: skip
ZONES = {"ut": 0, "utc": 0, "gmt": 0, "z": 0, "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6,
         "pst": -8, "pdt": -7, "bst": 1, "wet": 0, "west": 1, "cet": 1, "cest": 2, "met": 1, "mest": 2, "mez": 1,
         "mesz": 2, "eet": 2, "eest": 3, "msk": 3, "jst": 9, "kst": 9, "hkt": 8, "sgt": 8, "aest": 10, "aedt": 11,
         "nzst": 12, "nzdt": 13, "hst": -10, "akst": -9, "akdt": -8, "est5edt": -5, "cst6cdt": -6, "mst7mdt": -7,
         "pst8pdt": -8}  # fmt: skip
"""Names that mean one thing in mail; others say nothing sure, and RFC 5322 4.3 reads them as "no zone known"."""

ISO = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*(Z|[+-]\d{2}:?\d{2})?",
    re.IGNORECASE,
)
MAIL = re.compile(
    r"(?:[A-Za-z]{2,9}\.?\s*,?\s*)?(\d{1,2})[\s.-]+([A-Za-z]{3,9}\.?|\d{1,2})[\s.-]+(\d{2,4}),?\s+"
    r"(\d{1,2})[:.\s](\d{1,2})(?:[:.\s](\d{1,2}))?(?:[.,]\d+)?\s*([AaPp]\.?[Mm]\.?)?\s*,?\s*"
    r"([+-]\s?\d{1,4}(?::\d{2})?|[A-Za-z]+(?:[+-]?\d{1,4}[A-Za-z]*)?)?"
)
ASCTIME = re.compile(
    r"(?:[A-Za-z]{3,9},?\s+)?([A-Za-z]{3,9})\.?\s+(\d{1,2}),?\s+(?:(\d{4}),?\s+)?(\d{1,2}):(\d{2})(?::(\d{2}))?\s*([AaPp][Mm])?"
    r"\s*([+-]\d{4}|[A-Z]{2,5}(?![A-Za-z]))?\s*(\d{4})?"
)


def read_date(text: str) -> datetime | None:
    """A date header as aware UTC; None when no day and time can be read off it (never a guess at half of it)."""
    local = read_local_date(text)
    if local is None:
        return None
    try:
        return local.astimezone(UTC)
    except (OverflowError, ValueError):
        return None


def read_local_date(text: str) -> datetime | None:
    """The same in the zone the header names; a zone that says nothing sure is taken as UTC (RFC 5322 4.3)."""
    if "(" in text:
        text = without_comments(text[:2048])
    text = " ".join(text[:2048].split())
    if ";" in text:  # a Received header: the date stands behind the last semicolon
        text = text.rsplit(";", 1)[1].strip()
    try:
        if found := MAIL.match(text):
            return _from_mail(found)
        if found := ISO.match(text):
            return _from_iso(found)
        if found := ASCTIME.match(text):
            return _from_asctime(found)
    except (ValueError, OverflowError):
        return None
    return None


def _from_mail(found: re.Match[str]) -> datetime | None:
    day, month_word, year, hour, minute, second, half, zone = found.groups()
    month = int(month_word) if month_word.isdigit() else MONTHS.get(month_word[:3].lower(), 0)
    stated = (int(year), month, int(day))
    return _build(stated, digits=len(year), hour=hour, minute=minute, second=second, half=half, zone=zone)


def _from_iso(found: re.Match[str]) -> datetime | None:
    year, month, day, hour, minute, second, zone = found.groups()
    stated = (int(year), int(month), int(day))
    return _build(stated, digits=4, hour=hour, minute=minute, second=second, half=None, zone=zone)


def _from_asctime(found: re.Match[str]) -> datetime | None:
    month_word, day, year, hour, minute, second, half, zone, late_year = found.groups()
    if not (year or late_year):
        return None
    stated = (int(year or late_year), MONTHS.get(month_word[:3].lower(), 0), int(day))
    return _build(stated, digits=4, hour=hour, minute=minute, second=second, half=half, zone=zone)


def _build(
    day: tuple[int, int, int], *, digits: int, hour: str, minute: str, second: str | None, half: str | None,
    zone: str | None,
) -> datetime | None:  # fmt: skip
    year, month, number = day
    if month == 0:
        return None
    if digits == 2:  # RFC 5322 4.3
        year += 2000 if year < 50 else 1900
    elif digits == 3:
        year += 1900
    hours = int(hour)
    if half and 1 <= hours <= 12:
        hours = hours % 12 + (12 if half[0] in "pP" else 0)
    seconds = min(int(second or 0), 59)  # a leap second is written :60
    return datetime(year, month, number, hours, int(minute), seconds, tzinfo=_zone(zone))


def _zone(text: str | None) -> timezone:
    if not text:
        return UTC
    text = text.strip()
    if text[0] in "+-":
        digits = text[1:].replace(":", "").strip()
        digits = digits if len(digits) > 2 else f"{digits}00"
        hours, minutes = int(digits[:-2] or 0), int(digits[-2:])
        if hours > 23 or minutes > 59:
            return UTC
        offset = timedelta(hours=hours, minutes=minutes)
        return timezone(-offset if text[0] == "-" else offset)
    name = text.lower()
    if found := re.fullmatch(r"(?:utc|gmt)?([+-]\d{1,2})(?::?(\d{2}))?", name):
        hours = int(found[1])
        return timezone(timedelta(hours=hours, minutes=int(found[2] or 0) * (1 if hours >= 0 else -1)))
    return timezone(timedelta(hours=ZONES.get(name, 0)))
