"""Business hours: opening days and the next working days, in the business's own zone."""

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from prompts.house_rules import HouseRules


def is_working_day(day: date, rules: HouseRules, holidays: Collection[date] = ()) -> bool:
    """Whether the house is open on this local date."""
    if day in holidays or any(closed.first <= day <= closed.last for closed in rules.closed):
        return False
    return bool(rules.hours.get(day.weekday()))


def next_working_days(today: date, rules: HouseRules, *, count: int, holidays: Collection[date] = ()) -> tuple[date, ...]:
    """The next `count` working days after today; fewer when the house is closed for the coming sixty days."""
    days = (today + timedelta(days=n) for n in range(1, 61))
    return tuple(day for day in days if is_working_day(day, rules, holidays))[:count]


def at_local(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """That local time as an aware moment; a time that the clocks skip becomes the next one that exists (PEP 495)."""
    local = datetime.combine(day, clock, tzinfo=zone)
    return local.astimezone(ZoneInfo("UTC"))


def next_digest(now: datetime, rules: HouseRules, zone: ZoneInfo) -> datetime:
    """When the next morning digest is due: today's, if it is still to come, else tomorrow's."""
    today = now.astimezone(zone).date()
    due = at_local(today, rules.digest_at, zone)
    return due if due > now else at_local(today + timedelta(days=1), rules.digest_at, zone)


def is_quiet(moment: datetime, rules: HouseRules, zone: ZoneInfo, holidays: Collection[date] = ()) -> bool:
    """Whether nobody is to be mentioned then: in the quiet hours, and on days off if the house rules say so."""
    local = moment.astimezone(zone)
    quiet = rules.quiet
    if quiet.days_off and not is_working_day(local.date(), rules, holidays):
        return True
    if quiet.starts is None or quiet.ends is None:
        return False
    clock = local.time()
    if quiet.starts <= quiet.ends:
        return quiet.starts <= clock < quiet.ends
    return clock >= quiet.starts or clock < quiet.ends


def next_mention(now: datetime, rules: HouseRules, zone: ZoneInfo, holidays: Collection[date] = ()) -> datetime | None:
    """When somebody may be mentioned: now, else when the quiet ends, on a day off when the house opens again.

    None: not within sixty days; then nobody is.
    """
    if not is_quiet(now, rules, zone, holidays):
        return now
    today = now.astimezone(zone).date()
    for day in (today + timedelta(days=n) for n in range(61)):
        spans = rules.hours.get(day.weekday()) or ()
        opens = spans[0].opens if spans else time(9)
        clocks = sorted({opens, rules.quiet.ends or opens})
        for moment in (at_local(day, clock, zone) for clock in clocks):
            if moment > now and not is_quiet(moment, rules, zone, holidays):
                return moment
    return None
