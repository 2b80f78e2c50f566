"""Invitations: what they say, and what is wrong with them."""

from handlers.mail.calendar_part import MOST_EVENTS, read_calendar

EVENT = """BEGIN:VEVENT
UID:1@lee.example
DTSTAMP:20260302T100000Z
DTSTART;TZID=Europe/Berlin:20260310T150000
DTEND;TZID=Europe/Berlin:20260310T160000
SUMMARY:Meeting
ORGANIZER;CN=Ann:mailto:ann@lee.example
ATTENDEE;PARTSTAT=NEEDS-ACTION:MAILTO:us@desk.example
SEQUENCE:2
END:VEVENT
"""


def calendar(*inside: str, method: str = "METHOD:REQUEST\n") -> bytes:
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\n{method}{''.join(inside)}END:VCALENDAR\n".replace(
        "\n", "\r\n"
    ).encode()


def test_an_invitation_says_what_when_and_who() -> None:
    read = read_calendar(calendar(EVENT))

    assert (read.method, read.errors) == ("REQUEST", ())
    assert read.events == (
        {"type": "VEVENT", "uid": "1@lee.example", "summary": "Meeting", "sequence": "2",
         "start": "2026-03-10T15:00:00+01:00", "start_zone": "Europe/Berlin", "end": "2026-03-10T16:00:00+01:00",
         "end_zone": "Europe/Berlin", "organizer": "ann@lee.example",
         "attendees": [{"address": "us@desk.example", "status": "NEEDS-ACTION"}]},
    )  # fmt: skip


def test_the_method_of_the_part_counts_when_the_object_has_none() -> None:
    assert read_calendar(calendar(EVENT, method=""), method="reply").method == "REPLY"


def test_a_broken_time_is_said_and_the_rest_is_read() -> None:
    read = read_calendar(calendar(EVENT.replace("20260310T150000", "soon"), EVENT.replace("1@lee", "2@lee")))

    assert len(read.events) == 2
    assert any("DTSTART" in error for error in read.errors)


def test_an_unknown_zone_is_said() -> None:
    read = read_calendar(calendar(EVENT.replace("Europe/Berlin", "Middle-earth/Shire")))

    assert any("Middle-earth/Shire" in error for error in read.errors)


def test_what_is_no_calendar_is_said() -> None:
    for data in (b"", b"hello", b"BEGIN:VCALENDAR\r\n", b"\x00\xff" * 100):
        read = read_calendar(data)

        assert read.errors
        assert read.events == ()


def test_a_flood_of_events_is_cut() -> None:
    assert len(read_calendar(calendar(EVENT * (MOST_EVENTS + 50))).events) == MOST_EVENTS
