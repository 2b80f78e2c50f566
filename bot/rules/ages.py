"""How old something is, in the words people use."""

from datetime import datetime, timedelta


def age(since: datetime, now: datetime) -> str:
    """"just now", "12 min", "3 h", "2 days"."""
    passed = max(now - since, timedelta())
    minutes = int(passed.total_seconds() // 60)
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h"
    return f"{minutes // (24 * 60)} days"
