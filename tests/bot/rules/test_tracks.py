"""Tracks: the writer proposes, the rule disposes; and every reason why a routine may not act alone."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.answers import TriageAnswer
from bot.rules.tracks import RoutineLimits, asks_something, choose_track, routine_doubts
from prompts.house_rules import HouseRules
from storage.inquiries import Track

RULES = HouseRules(sure=0.7, always_person_words=("journalist",), always_person_topics=("contract",))
ROUTINES = frozenset({"book-a-meeting"})


def answer(track: Track = Track.REPLY, **more: object) -> TriageAnswer:
    plain = {
        "track": track, "category": "other", "topics": [], "summary": "", "asks": [], "decision": "", "urgency": "normal",
        "mood": "calm", "asks_for_person": False, "confidence": 0.9, **more,
    }  # fmt: skip
    return TriageAnswer.model_validate(plain)


def chosen(proposed: TriageAnswer, text: str = "Hello", *, known_client: bool = True, open_case: bool = False):
    return choose_track(
        proposed, text=text, known_client=known_client, open_case=open_case, routines=ROUTINES, rules=RULES
    )


@pytest.mark.parametrize(
    ("proposed", "text", "track"),
    [
        (answer(Track.REPLY), "Hello", Track.REPLY),
        (answer(Track.ROUTINE, category="book-a-meeting"), "Could we meet?", Track.ROUTINE),
        (answer(Track.ROUTINE, category="book-a-meeting", confidence=0.69), "Could we meet?", Track.REPLY),
        (answer(Track.ROUTINE, category="pay-everybody"), "Could we meet?", Track.REPLY),
        (answer(Track.ROUTINE, category="book-a-meeting", mood="angry"), "Meet me!", Track.JUDGMENT),
        (answer(Track.ROUTINE, category="book-a-meeting", asks_for_person=True), "Call me", Track.JUDGMENT),
        (answer(Track.ROUTINE, category="book-a-meeting", topics=["contract"]), "Could we meet?", Track.JUDGMENT),
        (answer(Track.ROUTINE, category="book-a-meeting"), "I am a Journalist. Could we meet?", Track.JUDGMENT),
        (answer(Track.JUDGMENT), "Hello", Track.JUDGMENT),
        (answer(Track.NOTICE), "Thank you!", Track.NOTICE),
        (answer(Track.SILENT), "Thank you!", Track.NOTICE),
        (answer(Track.SILENT), "Thank you! Could you call?", Track.REPLY),
        (answer(Track.NOTICE), "ありがとう、いつですか？", Track.REPLY),
        (answer(Track.NOTICE), "شكرا، متى؟", Track.REPLY),
        (answer(Track.NOTICE), "x" * 281, Track.REPLY),
        (answer(Track.NOTICE, confidence=0.5), "Thank you!", Track.REPLY),
        (answer(Track.SILENT, mood="angry"), "Thank you!", Track.JUDGMENT),
    ],
)
def test_a_message_takes_the_track_that_is_safe(proposed, text, track):
    choice = chosen(proposed, text)

    assert choice.track is track
    assert choice.reasons
    assert bool(choice.decision) is (track is Track.JUDGMENT)


@given(
    st.builds(
        answer, st.sampled_from(Track), confidence=st.floats(0, 1), mood=st.sampled_from(["calm", "unhappy", "angry"]),
        category=st.sampled_from(["other", "book-a-meeting", "made-up"]), asks_for_person=st.booleans(),
        topics=st.lists(st.sampled_from(["contract", "scheduling"]), max_size=2),
    ),
    st.text(max_size=60),
)  # fmt: skip
def test_nothing_that_may_ask_something_is_ever_put_aside_by_the_writers_word(proposed, text):
    choice = chosen(proposed, text)

    if asks_something(text) or proposed.confidence < RULES.sure:
        assert choice.track not in {Track.NOTICE, Track.SILENT}
    if choice.track is Track.ROUTINE:
        assert proposed.category in ROUTINES
    if proposed.mood == "angry":
        assert choice.track is Track.JUDGMENT


def test_a_first_message_of_a_stranger_says_so():
    assert "first message from this sender" in chosen(answer(), known_client=False).reasons
    assert "first message from this sender" not in chosen(answer(), known_client=False, open_case=True).reasons


def test_what_has_to_be_decided_is_the_writers_sentence_or_a_plain_one():
    assert chosen(answer(Track.JUDGMENT, decision="15 percent?")).decision == "15 percent?"
    assert "complaint" in chosen(answer(mood="angry")).decision
    assert "speaks" in chosen(answer(asks_for_person=True)).decision


LIMITS = RoutineLimits(
    mode="on", known_client_only=True, per_client_per_day=1, not_moods=("unhappy",), not_topics=("money",), min_confidence=0.8,
    first_contact_ok=False,
)  # fmt: skip
FINE: dict[str, object] = {
    "known_client": True, "verified": True, "first_contact": False, "mood": "calm", "topics": (), "confidence": 0.8,
    "sent_today": 0, "missing_slots": (), "marked_against": "", "other_questions": False, "has_attachments": False,
}  # fmt: skip


def test_a_routine_within_all_its_limits_has_no_doubts():
    assert routine_doubts(LIMITS, **FINE) == ()


@pytest.mark.parametrize(
    ("limits", "state"),
    [
        ({"mode": "ask"}, {}),
        ({"mode": "off"}, {}),
        ({}, {"verified": False}),
        ({}, {"known_client": False}),
        ({}, {"first_contact": True}),
        ({}, {"mood": "unhappy"}),
        ({}, {"mood": "angry"}),
        ({}, {"topics": ("scheduling", "money")}),
        ({}, {"confidence": 0.79}),
        ({}, {"sent_today": 1}),
        ({"per_client_per_day": 2}, {"sent_today": 2}),
        ({}, {"missing_slots": ("name",)}),
        ({}, {"marked_against": "Maren"}),
        ({}, {"other_questions": True}),
        ({}, {"has_attachments": True}),
    ],
)
def test_each_limit_alone_holds_a_routine_back(limits, state):
    assert len(routine_doubts(replace(LIMITS, **limits), **{**FINE, **state})) == 1


@pytest.mark.parametrize(
    ("limits", "state"),
    [
        ({"known_client_only": False}, {"known_client": False}),
        ({"first_contact_ok": True}, {"first_contact": True}),
        ({"per_client_per_day": 2}, {"sent_today": 1}),
        ({"not_moods": ()}, {"mood": "unhappy"}),
    ],
)
def test_what_the_owner_allowed_is_no_doubt(limits, state):
    assert routine_doubts(replace(LIMITS, **limits), **{**FINE, **state}) == ()


def test_an_angry_client_is_never_answered_by_a_routine_whatever_the_playbook_says():
    assert routine_doubts(replace(LIMITS, not_moods=()), **{**FINE, "mood": "angry"})
