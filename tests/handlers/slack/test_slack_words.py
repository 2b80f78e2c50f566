"""Text from outside in Slack's markup shows itself and does nothing."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_questions import HARM, harmful, long_text

from handlers.rehearsal.mrkdwn_html import mrkdwn
from handlers.rehearsal.slack_text import mentions
from handlers.slack import limits, words


@pytest.mark.parametrize("text", HARM)
def test_markup_from_outside_is_only_text(text):
    drawn = str(mrkdwn(words.quoted(f"a {text} b")))

    assert not re.search(r"<(a|b|i|s|em|strong|del|code|pre|blockquote|span)\b", drawn)
    assert not mentions(words.quoted(text))


@given(harmful)
def test_quoted_text_never_makes_an_element(text):
    drawn = str(mrkdwn(words.quoted(text)))

    assert not re.sub(r"<br\s*/?>|</?p>", "", drawn).count("<")


@given(st.text())
def test_escaping_loses_nothing(text):
    back = words.escaped(text).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")

    assert back == text


@given(long_text, st.integers(50, 3_000))
def test_a_parted_text_is_the_same_text(text, size):
    parts = limits.paged(text, size)

    assert "".join(parts) == text
    assert all(limits.cost(part) <= size for part in parts)


def test_a_page_breaks_at_a_paragraph_when_it_can():
    assert limits.paged("one two\n\nthree four", 14) == ("one two\n\n", "three four")
