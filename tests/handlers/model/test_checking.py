"""What a model says is unwrapped, measured and cut down to what we gave it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.answers import DraftAnswer, DraftAsk, Source
from handlers.model.checking import Unusable, check_draft, parse, verbatim

MAIL = "Hello,\n\ncould you send\nthe “final” files?  And the\tinvoice, please!"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("could you send the “final” files?", "could you send the “final” files?"),
        ('"Could you send the “final” files?"', "could you send the “final” files?"),
        ("And the invoice, please…", "And the invoice, please"),
        ("could you send all files?", ""),
        ("ok", ""),
        ("", ""),
    ],
)
def test_an_ask_is_kept_only_in_the_clients_own_words(said: str, kept: str) -> None:
    assert verbatim(said, MAIL) == kept


@given(st.text(max_size=40), st.text(max_size=200))
def test_whatever_is_kept_stands_in_the_message(said: str, mail: str) -> None:
    kept = verbatim(said, mail)

    assert kept == "" or kept in " ".join(mail.split()) or len(kept) <= len(mail)


@given(st.text(max_size=200))
def test_any_text_is_an_answer_or_unusable(said: str) -> None:
    try:
        parse(said, DraftAnswer)
    except Unusable as problem:
        assert said.strip() == "" or len(said) < 12 or said not in str(problem)


def test_half_characters_and_controls_are_taken_out() -> None:
    said = r'{"body": "a\ud800b\u0000c\r\nd", "sources": [], "open_points": ["x\u202ey"], "no_draft": ""}'
    ask = DraftAsk(1, "", "", "", "", sources=(Source("fact:1", "", ""),))

    answer = check_draft(parse(said, DraftAnswer), ask)

    assert answer.body == "abc\nd"
    assert answer.open_points == ["xy"]
    answer.body.encode()


def test_a_reason_beside_a_body_becomes_an_open_point() -> None:
    both = DraftAnswer(body="Hi", sources=["fact:2"], open_points=[], no_draft="not sure")

    answer = check_draft(both, DraftAsk(1, "", "", "", ""))

    assert (answer.no_draft, answer.open_points, answer.sources) == ("", ["not sure"], [])
