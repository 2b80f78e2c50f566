"""Times: coming back later, the morning's digest, working days and quiet hours, over every change of the clocks."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules.ages import age
from bot.rules.hours import at_local, is_quiet, is_working_day, next_digest, next_mention, next_working_days
from bot.rules.later import CHOICES, come_back
from handlers.slack.windows import LATER_CHOICES
from prompts.house_rules import ClosedDays, HouseRules, Quiet

STOCKHOLM = ZoneInfo("Europe/Stockholm")
RULES = HouseRules(quiet=Quiet(starts=time(18, 30), ends=time(8), days_off=True))
TUESDAY = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
ZONES = [ZoneInfo(name) for name in ("Europe/Stockholm", "America/New_York", "Pacific/Apia", "Asia/Kolkata", "Australia/Lord_Howe", "UTC")]


@pytest.mark.parametrize(
    ("choice", "back"),
    [
        ("1h", datetime(2026, 11, 24, 11, 0, tzinfo=UTC)),
        ("", datetime(2026, 11, 24, 11, 0, tzinfo=UTC)),
        ("today", datetime(2026, 11, 24, 13, 0, tzinfo=UTC)),
        ("tomorrow", datetime(2026, 11, 25, 7, 0, tzinfo=UTC)),
        (" Tomorrow ", datetime(2026, 11, 25, 7, 0, tzinfo=UTC)),
        ("monday", datetime(2026, 11, 30, 7, 0, tzinfo=UTC)),
        ("2026-12-24", datetime(2026, 12, 24, 7, 0, tzinfo=UTC)),
        ("2026-11-23", None),
        ("someday", None),
        ("2026-13-01", None),
    ],
)
def test_a_card_comes_back_when_it_was_said(choice, back):
    assert come_back(choice, now=TUESDAY, zone=STOCKHOLM, rules=RULES) == back


def test_monday_said_on_a_monday_is_the_next_one():
    monday = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)

    assert come_back("monday", now=monday, zone=STOCKHOLM, rules=RULES) == datetime(2026, 11, 30, 7, 0, tzinfo=UTC)


def test_every_time_the_window_offers_is_one_to_come_back():
    assert set(LATER_CHOICES) == set(CHOICES)
    assert all(come_back(choice, now=TUESDAY, zone=STOCKHOLM, rules=RULES) for choice in LATER_CHOICES)


@pytest.mark.parametrize(
    ("day", "clock", "moment"),
    [
        (date(2026, 1, 15), time(8), datetime(2026, 1, 15, 7, tzinfo=UTC)),
        (date(2026, 7, 15), time(8), datetime(2026, 7, 15, 6, tzinfo=UTC)),
        (date(2026, 3, 29), time(2, 30), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),  # skipped: 03:30 by the clocks
        (date(2026, 10, 25), time(2, 30), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),  # twice: the first
    ],
)
def test_a_local_time_is_one_moment(day, clock, moment):
    assert at_local(day, clock, STOCKHOLM) == moment


@given(
    st.datetimes(min_value=datetime(2024, 1, 1), max_value=datetime(2030, 1, 1), timezones=st.just(UTC)),
    st.sampled_from(ZONES),
    st.times().map(lambda t: t.replace(second=0, microsecond=0)),
)
def test_the_next_digest_is_ahead_and_within_a_day_and_the_hour_the_clocks_may_give(now, zone, at):
    due = next_digest(now, HouseRules(digest_at=at), zone)

    assert timedelta() < due - now <= timedelta(hours=49 if zone.key == "Pacific/Apia" else 25)


@given(
    st.dates(min_value=date(2024, 1, 1), max_value=date(2029, 1, 1)), st.sampled_from(ZONES), st.sampled_from([time(8), time(2, 30)])
)
def test_a_year_of_mornings_has_one_digest_a_day(first, zone, at):
    rules, now = HouseRules(digest_at=at), at_local(first, time(0), zone)
    days = []
    for _ in range(40):
        now = next_digest(now, rules, zone)
        days.append(now.astimezone(zone).date())

    assert len(days) == len(set(days))
    assert days == sorted(days)


CLOSED = HouseRules(closed=(ClosedDays(date(2026, 12, 23), date(2027, 1, 2)),))


@pytest.mark.parametrize(
    ("day", "rules", "holidays", "open_"),
    [
        (date(2026, 11, 24), RULES, (), True),
        (date(2026, 11, 28), RULES, (), False),
        (date(2026, 11, 24), RULES, (date(2026, 11, 24),), False),
        (date(2026, 12, 22), CLOSED, (), True),
        (date(2026, 12, 23), CLOSED, (), False),
        (date(2027, 1, 2), CLOSED, (), False),
        (date(2027, 1, 4), CLOSED, (), True),
    ],
)
def test_a_working_day_is_open_and_no_holiday(day, rules, holidays, open_):
    assert is_working_day(day, rules, holidays) is open_


def test_the_next_working_days_pass_over_weekends_and_closed_days():
    days = next_working_days(date(2026, 12, 21), CLOSED, count=3, holidays=(date(2027, 1, 6),))

    assert days == (date(2026, 12, 22), date(2027, 1, 4), date(2027, 1, 5))


def test_a_house_that_is_closed_for_long_has_no_next_working_day():
    closed = HouseRules(closed=(ClosedDays(date(2026, 1, 1), date(2026, 12, 31)),))

    assert next_working_days(date(2026, 5, 1), closed, count=3) == ()


@pytest.mark.parametrize(
    ("moment", "quiet"),
    [
        (datetime(2026, 11, 24, 7, 0, tzinfo=UTC), False),  # 08:00 in Stockholm
        (datetime(2026, 11, 24, 6, 59, tzinfo=UTC), True),
        (datetime(2026, 11, 24, 17, 29, tzinfo=UTC), False),
        (datetime(2026, 11, 24, 17, 30, tzinfo=UTC), True),
        (datetime(2026, 11, 28, 10, 0, tzinfo=UTC), True),  # a Saturday
    ],
)
def test_nobody_is_mentioned_in_quiet_hours_and_on_days_off(moment, quiet):
    assert is_quiet(moment, RULES, STOCKHOLM) is quiet


@given(st.datetimes(min_value=datetime(2025, 1, 1), max_value=datetime(2028, 1, 1), timezones=st.just(UTC)), st.sampled_from(ZONES))
def test_the_next_mention_is_never_in_the_quiet(now, zone):
    moment = next_mention(now, RULES, zone)

    assert moment is not None
    assert moment >= now
    assert not is_quiet(moment, RULES, zone)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-5, "just now"), (59, "just now"), (60, "1 min"), (3599, "59 min"), (3600, "1 h"), (47 * 3600, "47 h"), (48 * 3600, "2 days")],
)
def test_ages_are_told_as_people_tell_them(seconds, words):
    assert age(TUESDAY, TUESDAY + timedelta(seconds=seconds)) == words
