"""The digest: every arrival is in exactly one line, and what needs a person comes in the order of need."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.questions import Digest, Verb
from bot.rules.digest_content import digest_as_content, digest_from
from bot.rules.digests import (
    ANSWERED,
    CLOSED,
    FILED,
    NOWHERE,
    OURS,
    QUARANTINED,
    UNREAD,
    WORKED_ON,
    Arrival,
    Waiting,
    as_page,
    build_digest,
    fate,
    rows_of,
)
from storage.cards import Card, CardAbout
from storage.channels import Channel
from storage.inbound_messages import InboundState
from storage.inquiries import Inquiry, InquiryState, Track
from storage.messages import Direction, Message
from tests.storage.rows import NOON

ZONE = ZoneInfo("Europe/Stockholm")


def a_message(direction: Direction = Direction.IN) -> Message:
    return Message(id=1, conversation_id=1, direction=direction, sender_name="Ana", subject="Hello", at=NOON)


def an_inquiry(state: InquiryState, track: Track = Track.REPLY, **more: object) -> Inquiry:
    fields: dict[str, object] = {
        "id": 1, "conversation_id": 1, "message_id": 1, "channel": Channel.EMAIL, "opened_at": NOON, "changed_at": NOON,
    }  # fmt: skip
    return Inquiry(**{**fields, "state": state, "track": track, **more})


def a_digest(arrivals: list[Arrival], waiting: list[Waiting] | None = None, rows_shown: int = 5) -> Digest:
    return build_digest(
        day="2026-11-24", now=NOON, zone=ZONE, waiting=waiting or [], arrivals=arrivals, leaving=[], handled=[],
        rows_shown=rows_shown,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("arrival", "line"),
    [
        (Arrival(InboundState.NEW), UNREAD),
        (Arrival(InboundState.QUARANTINED), QUARANTINED),
        (Arrival(InboundState.SAME), OURS),
        (Arrival(InboundState.ERASED), OURS),
        (Arrival(InboundState.READ, a_message(Direction.OUT)), OURS),
        (Arrival(InboundState.READ, a_message()), NOWHERE),
        (Arrival(InboundState.READ, a_message(), an_inquiry(InquiryState.NEW)), WORKED_ON),
        (Arrival(InboundState.READ, a_message(), an_inquiry(InquiryState.SORTED)), WORKED_ON),
        (Arrival(InboundState.READ, a_message(), an_inquiry(InquiryState.WAITING)), WORKED_ON),
        (Arrival(InboundState.READ, a_message(), an_inquiry(InquiryState.SENDING)), ANSWERED),
        (Arrival(InboundState.READ, a_message(), an_inquiry(InquiryState.ANSWERED)), ANSWERED),
        (Arrival(InboundState.READ, a_message(), an_inquiry(InquiryState.CLOSED)), CLOSED),
        (Arrival(InboundState.READ, a_message(), an_inquiry(InquiryState.FILED)), FILED),
    ],
)
def test_what_became_of_a_message_is_one_line(arrival, line):
    assert fate(arrival) == line


arrivals = st.lists(
    st.builds(
        Arrival,
        state=st.sampled_from(InboundState),
        message=st.none() | st.builds(a_message, st.sampled_from(Direction)),
        inquiry=st.none() | st.builds(an_inquiry, st.sampled_from(InquiryState)),
        who=st.sampled_from(["", "Ana"]),
    ),
    max_size=30,
)


@given(arrivals)
def test_the_counts_add_up_to_what_arrived(came):
    digest = a_digest(came)

    assert sum(count.number for count in digest.counts) == digest.arrived == len(came)
    assert len({count.label for count in digest.counts}) == len(digest.counts)
    assert all(count.number for count in digest.counts)


@given(arrivals)
def test_a_digest_stays_what_it_was(came):
    digest = a_digest(came)

    assert digest_from(digest_as_content(digest)) == digest


@given(arrivals)
def test_what_led_nowhere_is_said_aloud(came):
    lost = any(fate(arrival) == NOWHERE for arrival in came)

    assert any("led nowhere" in line for line in as_page(a_digest(came)).lines) is lost


def waiting_for(number: int, about: CardAbout = CardAbout.INQUIRY, track: Track = Track.REPLY, minutes: int = 0) -> Waiting:
    card = Card(id=number, about=about, inquiry_id=1, opened_at=NOON - timedelta(minutes=minutes), lines=["look"])
    inquiry = an_inquiry(InquiryState.WAITING, track, decision="15 percent?", asks=["When?"])
    return Waiting(card, None, inquiry if about in {CardAbout.INQUIRY, CardAbout.DELIVERY} else None, a_message(), "Ana GmbH")


def test_decisions_come_first_then_checks_then_replies_then_the_rest_the_oldest_of_each_first():
    waiting = [
        waiting_for(1, CardAbout.QUARANTINE, minutes=90),
        waiting_for(2, minutes=5),
        waiting_for(3, minutes=60),
        waiting_for(4, CardAbout.DELIVERY, minutes=1),
        waiting_for(5, track=Track.JUDGMENT, minutes=2),
    ]

    rows = rows_of(waiting, now=NOON)

    assert [row.card for row in rows] == [5, 4, 3, 2, 1]
    assert [row.verb for row in rows] == [Verb.DECIDE, Verb.CHECK, Verb.REPLY, Verb.REPLY, Verb.DO]
    assert (rows[0].question, rows[2].question, rows[2].age, rows[2].who) == ("15 percent?", "When?", "1 h", "Ana GmbH")


@given(st.integers(0, 12), st.integers(1, 6))
def test_no_row_is_lost_between_what_is_shown_and_what_is_counted(waiting, shown):
    digest = a_digest([], [waiting_for(number) for number in range(waiting)], rows_shown=shown)

    assert len(digest.needs) + digest.more == waiting
    assert len(digest.needs) <= shown


def test_filed_mail_is_listed_with_its_reason():
    filed = an_inquiry(InquiryState.FILED, Track.SILENT, reasons=["list mail", "List-Id: news", "more"])

    message = a_message()
    message.sender_address = "news@x.example"

    [line] = a_digest([Arrival(InboundState.READ, message, filed, "")]).filed

    assert (line.who, line.subject, line.why) == ("news@x.example", "Hello", "list mail: List-Id: news")
