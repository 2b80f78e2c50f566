"""Slots: filled by code and records only; what is not known is named, and nothing is made up."""

from datetime import date, timedelta

import pytest

from bot.rules.slots import Known, fill_slots, first_name
from prompts.house_rules import HouseRules
from prompts.routines import Limits, RoutineCard, Slot

TUESDAY = date(2026, 11, 24)
KNOWN = Known(
    contact_name="Dr. Ana Pérez", client_name="Pérez & Co", owner_name="Maren Berg", business="The Studio", engagement="Logo",
    stage="first drafts are with you", starts=date(2026, 11, 2), ends=date(2026, 12, 18), next_milestone="final files",
    next_date=date(2026, 12, 11), facts={"next_visit": "2 December"},
)  # fmt: skip


def routine(**sources: str) -> RoutineCard:
    slots = tuple(Slot(name, "words", source) for name, source in sources.items())
    return RoutineCard("r", "R", "information", (), "on", timedelta(minutes=5), Limits(), slots, body="")


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("contact.name", "Dr. Ana Pérez"),
        ("contact.first_name", "Ana"),
        ("client.name", "Pérez & Co"),
        ("owner.first_name", "Maren"),
        ("business.name", "The Studio"),
        ("engagement.title", "Logo"),
        ("engagement.stage", "first drafts are with you"),
        ("engagement.start", "2026-11-02"),
        ("engagement.end", "2026-12-18"),
        ("engagement.next_milestone", "final files"),
        ("engagement.next_date", "2026-12-11"),
        ("fact.next_visit", "2 December"),
        ("today", "2026-11-24"),
        ("next_working_day", "2026-11-25"),
        ("next_working_days", "2026-11-25,2026-11-26,2026-11-27"),
        ("opening_days", "monday,tuesday,wednesday,thursday,friday"),
    ],
)
def test_each_source_gives_what_the_rows_say(source, value):
    filled = fill_slots(routine(x=source), KNOWN, today=TUESDAY, rules=HouseRules())

    assert filled.values == {"x": value}
    assert filled.missing == ()


@pytest.mark.parametrize("source", ["contact.first_name", "engagement.stage", "engagement.next_date", "fact.next_visit", "fact.other", "made.up"])
def test_what_is_not_known_is_missing_and_not_made_up(source):
    filled = fill_slots(routine(x=source), Known(), today=TUESDAY, rules=HouseRules())

    assert filled.values == {}
    assert filled.missing == ("x",)


def test_a_holiday_is_no_next_working_day():
    filled = fill_slots(routine(x="next_working_day"), KNOWN, today=TUESDAY, rules=HouseRules(), holidays={date(2026, 11, 25)})

    assert filled.values == {"x": "2026-11-26"}


@pytest.mark.parametrize(
    ("name", "first"),
    [("Ana Pérez", "Ana"), ("Dr. Ana Pérez", "Ana"), ("Prof. Dr. A. Berg", "Berg"), ("", ""), ("Dr.", ""), ("Anne-Marie B", "Anne-Marie")],
)
def test_a_first_name_is_the_first_word_that_is_no_title(name, first):
    assert first_name(name) == first
