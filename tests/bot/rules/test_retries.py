"""Retries: what is tried again and when, and when a person has to look."""

from datetime import timedelta

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import OperationalError

from bot.errors import OutcomeUnknown, Permanent, Quarantined, Refused, Transient
from bot.rules.retries import (
    LADDER,
    RECONCILE_GIVES_UP,
    GiveUp,
    TryAgain,
    after_failure,
    next_check,
    send_again_after,
)

HICCUP = OperationalError("select", {}, Exception("gone"))


@pytest.mark.parametrize(
    ("error", "attempts", "again"),
    [
        (Transient("busy"), 1, True),
        (Transient("busy"), len(LADDER), True),
        (Transient("busy"), len(LADDER) + 1, False),
        (OutcomeUnknown("perhaps"), 1, False),
        (Permanent("no"), 1, False),
        (Quarantined("no"), 1, False),
        (Refused("no"), 1, False),
        (KeyError("row"), 1, False),
        (HICCUP, 1, True),
        (HICCUP, 5, False),
        (psycopg.OperationalError("gone"), 4, True),
    ],
)
def test_only_what_may_pass_is_tried_again(error, attempts, again):
    assert isinstance(after_failure(error, attempts=attempts), TryAgain) is again


@given(st.integers(1, 500))
def test_a_desk_that_is_away_is_waited_for_however_long(attempts):
    assert isinstance(after_failure(Transient("away"), attempts=attempts, patient=True), TryAgain)


@given(st.integers(1, 500), st.booleans())
def test_an_unknown_outcome_is_never_tried_again_alone(attempts, patient):
    assert isinstance(after_failure(OutcomeUnknown("perhaps"), attempts=attempts, patient=patient), GiveUp)


def test_whoever_knows_when_is_listened_to_at_first_and_never_hurried():
    soon, long = timedelta(milliseconds=200), timedelta(hours=5)

    assert after_failure(Transient("x", retry_after=soon), attempts=1) == TryAgain(soon)
    assert after_failure(Transient("x", retry_after=soon), attempts=8) == TryAgain(LADDER[7])
    assert after_failure(Transient("x", retry_after=long), attempts=8) == TryAgain(long)


def test_a_reason_for_giving_up_holds_no_words_of_a_client():
    given_up = after_failure(ValueError("Ana Pérez <ana@client.example>"), attempts=1)

    assert given_up == GiveUp("ValueError")


@pytest.mark.parametrize(("tries", "seconds"), [(1, 15), (2, 30), (3, 60), (9, 3600), (10_000, 3600)])
def test_a_mail_that_could_not_leave_waits_twice_as_long_each_time(tries, seconds):
    assert send_again_after(tries) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("since", "after"),
    [
        (timedelta(0), timedelta(seconds=5)),
        (timedelta(seconds=5), timedelta(seconds=30)),
        (timedelta(seconds=31), timedelta(minutes=2)),
        (timedelta(minutes=2), timedelta(minutes=10)),
        (timedelta(minutes=10), timedelta(hours=1)),
        (timedelta(hours=1), timedelta(hours=2)),
        (timedelta(hours=47, minutes=59), timedelta(hours=48)),
        (timedelta(hours=48), None),
    ],
)
def test_an_unknown_delivery_is_looked_into_soon_and_then_hourly_for_two_days(since, after):
    assert next_check(since) == after


@given(st.timedeltas(timedelta(0), timedelta(days=4)))
def test_the_next_look_is_always_ahead_and_the_looking_ends(since):
    after = next_check(since)

    assert after is None or since < after <= RECONCILE_GIVES_UP
