"""Dates of mail headers, in UTC."""

from datetime import UTC, datetime

import pytest

from handlers.mail.dates import read_date


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Mon, 2 Mar 2026 10:00:00 +0100", datetime(2026, 3, 2, 9, tzinfo=UTC)),
        ("2 Mar 26 10:00 GMT", datetime(2026, 3, 2, 10, tzinfo=UTC)),
        ("Mon, 02 Mar 2026 10:00:00 (some comment) -0330", datetime(2026, 3, 2, 13, 30, tzinfo=UTC)),
        ("Mon, 2 Mar 2026 10:00:00 EST", datetime(2026, 3, 2, 15, tzinfo=UTC)),
        ("Mon Mar  2 10:00:00 2026", datetime(2026, 3, 2, 10, tzinfo=UTC)),
        ("2026-03-02T10:00:00Z", datetime(2026, 3, 2, 10, tzinfo=UTC)),
        (
            "by mx.example with SMTP id 7; Mon, 2 Mar 2026 10:00:00 +0000",
            datetime(2026, 3, 2, 10, tzinfo=UTC),
        ),
        ("Mon, 2 Mar 2026 23:59:60 +0000", datetime(2026, 3, 2, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_a_date_is_read_into_utc(written: str, read: datetime) -> None:
    assert read_date(written) == read


@pytest.mark.parametrize(
    "written",
    ["", "yesterday", "Mon, 99 Mar 2026 10:00:00 +0000", "Mon, 2 Bog 2026 10:00:00 +0000", "2 Mar 2026"],
)
def test_half_a_date_is_no_date(written: str) -> None:
    assert read_date(written) is None


def test_a_date_at_the_end_of_time_does_not_break_the_reader() -> None:
    assert read_date("Fri, 31 Dec 9999 23:59:59 -1200") is None
