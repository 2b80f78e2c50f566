"""Slack's own example payloads are understood; what is broken is said to be unreadable, and nothing else happens."""

import contextlib
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_questions import STAMP, question

from bot.questions import Press
from handlers.slack import ids
from handlers.slack.arrivals import arrival, from_history
from handlers.slack.card_view import card
from handlers.slack.payloads import check, pressed, submitted
from handlers.slack.values import Memory, Unreadable, Value, value_of

CORPORA = Path(os.environ.get("UNDERSTUDY_CORPORA") or Path(__file__).parents[4] / "shared" / "corpora")


def recorded() -> list[dict]:
    path = CORPORA / "slack_events" / "cases.jsonl"
    if not path.exists():
        if os.environ.get("UNDERSTUDY_REQUIRE") == "all":
            pytest.fail("the recorded Slack events are missing")
        pytest.skip("the recorded Slack events are not here")
    return [json.loads(line)["input"]["payload"] for line in path.read_text().splitlines()]


def test_every_recorded_payload_with_a_type_has_a_known_shape():
    payloads = [p for p in recorded() if p.get("type")]

    assert len(payloads) > 50
    for payload in payloads:
        check(payload)


def test_no_recorded_payload_breaks_the_way_to_a_row():
    for payload in recorded():
        if isinstance(payload.get("event"), dict):
            came = arrival(payload, "T1")
            assert came is None or (came.place and came.stamp and json.loads(came.raw))


def body(action: dict, **more) -> dict:
    return {"type": "block_actions", "user": {"id": "U1", "team_id": "T1"}, "actions": [action], **more}


def test_every_button_of_a_card_reads_back_as_its_press_and_stamp():
    row = card(question(presses=tuple(Press))).blocks[-1]["elements"]

    for element in row:
        if element["type"] == "overflow":
            choices = [
                {"action_id": element["action_id"], "selected_option": option}
                for option in element["options"]
            ]
        else:
            choices = [element]
        for choice in choices:
            assert pressed(body(choice)).click.stamp == STAMP
    read = {pressed(body(e)).click.press for e in row if e["type"] == "button"}
    assert read == set(Press) - {Press.ORIGINAL, Press.WRONG_PERSON, Press.SOURCES}


@pytest.mark.parametrize(
    "value", ["", "{", "[]", '{"c":"x"}', '{"c":1.5}', '{"p":"fly"}', '{"g":"' + "a" * 200 + '"}']
)
def test_a_value_we_never_wrote_is_unreadable(value):
    action = {"action_id": ids.PRESSES[Press.SEND], "value": value or "null"}

    with pytest.raises(Unreadable):
        pressed(body(action))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=9),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["type", "user", "id", "actions", "view", "state", "values", "event", "command", "x"]
                ),
                inner,
                max_size=5,
            )
        ),
    )
)
def test_whatever_comes_in_is_read_or_unreadable(payload):
    for reader in (check, pressed, submitted):
        with contextlib.suppress(Unreadable):
            reader(payload)


@given(st.integers(0, 2**40), st.integers(0, 2**40), st.integers(0, 9_999))
def test_a_value_fits_where_slack_keeps_it_and_comes_back(card_id, draft, revision):
    stamp = type(STAMP)(card_id, draft, revision, "f" * 64)

    assert Value.read(value_of(stamp, press=Press.WRONG_PERSON)).stamp == stamp
    assert len(value_of(stamp, press=Press.WRONG_PERSON)) <= 150 or card_id + draft > 10**12


def test_an_event_and_the_same_message_in_history_have_one_key():
    message = {"type": "message", "user": "U1", "text": "hi", "ts": "1700000000.000100"}
    live = {"type": "event_callback", "event": message | {"channel": "C1", "channel_type": "channel"}}
    mention = {"type": "event_callback", "event": message | {"channel": "C1", "type": "app_mention"}}
    read_back = from_history(message, place="C1", channel_type="channel", team="T1")

    keys = {arrival(each, "T1").key for each in (live, mention, read_back)}

    assert keys == {"slack:T1:C1:1700000000.000100::"}


def test_an_edit_and_its_message_in_history_have_one_key_of_their_own():
    message = {"user": "U1", "text": "hi", "ts": "1.1", "edited": {"user": "U1", "ts": "2.2"}}
    changed = {
        "event": {
            "type": "message",
            "subtype": "message_changed",
            "channel": "C1",
            "ts": "2.3",
            "message": message,
        }
    }
    unfurled = {"event": changed["event"] | {"message": {"user": "U1", "text": "hi", "ts": "1.1"}}}
    deleted = {
        "event": {"type": "message", "subtype": "message_deleted", "channel": "C1", "deleted_ts": "1.1"}
    }

    assert (
        arrival(changed, "T1").key
        == arrival(from_history(message, place="C1", channel_type="im", team="T1"), "T1").key
    )
    assert arrival(unfurled, "T1") is None
    assert arrival(deleted, "T1").key == "slack:T1:C1:1.1::deleted"


def test_a_window_remembers_what_it_was_opened_for():
    memory = Memory(press=Press.EDIT, value=Value(card=1, digest="f" * 64), place="C1", parts=3, joints="pn")

    assert Memory.read(memory.write()) == memory
