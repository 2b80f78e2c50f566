"""When a card that was put off comes back."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.rules.hours import at_local
from prompts.house_rules import HouseRules

CHOICES = ("1h", "today", "tomorrow", "monday")


def come_back(choice: str, *, now: datetime, zone: ZoneInfo, rules: HouseRules) -> datetime | None:
    """The moment for one of CHOICES, or for an ISO date; at the digest's hour for days. None: not a choice, or past."""
    today = now.astimezone(zone).date()
    match choice.strip().lower():
        case "" | "1h":
            return now + timedelta(hours=1)
        case "today" | "3h":
            return now + timedelta(hours=3)
        case "tomorrow":
            return at_local(today + timedelta(days=1), rules.digest_at, zone)
        case "monday":
            return at_local(today + timedelta(days=7 - today.weekday()), rules.digest_at, zone)
        case text:
            try:
                back = at_local(date.fromisoformat(text), rules.digest_at, zone)
            except ValueError:
                return None
            return back if back > now else None
