"""Digest, day, pages and notes: they fit, they add up, and they ping nobody."""

import json
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st
from slack_questions import harmful
from test_card_view import elements, texts

from bot.questions import Count, DayThread, Digest, FiledLine, Handled, Note, Page, Press, Row, Told, Verb
from handlers.rehearsal.slack_blocks import accept_blocks
from handlers.rehearsal.slack_views import accept_view
from handlers.slack import ids
from handlers.slack.home import home_view, stranger_view
from handlers.slack.page_view import page, told
from handlers.slack.views import draw

WORKSPACE = "https://studio.slack.example/"
words = st.one_of(harmful, st.just("w" * 600))
rows = st.builds(
    Row,
    st.sampled_from(Verb),
    words,
    words,
    words,
    st.integers(0, 9),
    words,
    st.sampled_from(["", "C1"]),
    st.sampled_from(["", "1.5"]),
)
filed = st.builds(FiledLine, st.integers(1, 10**9), words, words, words)


many_filed = st.one_of(
    st.lists(filed, max_size=9).map(tuple),
    st.builds(
        lambda one: (one,) * 130, st.builds(FiledLine, st.just(7), *[harmful.map(lambda t: t[:20])] * 3)
    ),
)


def several(kind, most):
    return st.lists(kind, max_size=most).map(tuple)


digests = st.builds(
    Digest, words, several(rows, 5), st.integers(0, 99), several(words, 14), many_filed, several(words, 14),
    st.integers(0, 99), several(st.builds(Count, words, st.integers(0, 99)), 6), several(words, 9),
)  # fmt: skip


def is_quiet(drawn) -> bool:
    found = [
        e
        for kind in ("user", "usergroup", "channel", "broadcast", "mrkdwn")
        for e in elements(drawn.blocks, kind)
    ]
    links = [e for e in elements(drawn.blocks, "link") if not e["url"].startswith(WORKSPACE)]
    return not found and not links and "<" not in drawn.text


@given(digests)
@settings(max_examples=25, deadline=None)
def test_a_digest_fits_and_mentions_nobody(digest):
    drawn = draw(digest, workspace=WORKSPACE)

    accept_blocks(drawn.blocks)
    assert is_quiet(drawn)
    offered = {o["value"] for e in elements(drawn.blocks, "static_select") for o in e["options"]}
    assert len(offered) + len(elements(drawn.blocks, "overflow")) >= min(len(digest.filed), 1)


def test_a_digest_shows_what_needs_you_and_adds_up():
    digest = Digest(
        "Monday 23 November", (Row(Verb.DECIDE, "Ana", "2 d", "A discount?", 41, "", "C1", "17.5"),), 2, ("Call moved for Jo",),
        (FiledLine(7, "News", "Sale", "a newsletter"),), ("Reminder to Lee",), 5,
        (Count("handled", 1), Count("filed", 1), Count("waiting", 3)), ("The budget is spent.",),
    )  # fmt: skip

    drawn = draw(digest, workspace=WORKSPACE)

    read = " ".join(texts(drawn.blocks))
    for expected in ("3 need you", "DECIDE", "A discount?", "and 2 more", "Call moved for Jo", "a newsletter", "Reminder to Lee",
                     "5 arrived = 1 handled + 1 filed + 3 waiting", "The budget is spent."):  # fmt: skip
        assert expected in read
    assert [e["url"] for e in elements(drawn.blocks, "link")] == [WORKSPACE + "archives/C1/p175"]


def test_counts_that_do_not_add_up_are_said():
    drawn = draw(Digest("Monday", (), 0, (), (), (), 3, (Count("handled", 1),)))

    assert "not accounted for" in " ".join(texts(drawn.blocks)) and "Nothing needs you" in drawn.text


@given(st.builds(Handled, st.integers(1, 9), words, words, words, st.one_of(words, st.just("b" * 40_000)), several(words, 9),
                 st.just(datetime(2026, 11, 23, 9, tzinfo=UTC)), st.sampled_from(["queued", "sent", "withdrawn"]),
                 st.sets(st.sampled_from(Press)).map(tuple), words))  # fmt: skip
@settings(max_examples=25, deadline=None)
def test_what_was_handled_fits_and_is_quiet(item):
    drawn = draw(item)

    accept_blocks(drawn.blocks)
    assert is_quiet(drawn)


def test_what_was_handled_says_when_it_leaves_in_the_business_zone():
    item = Handled(3, "calls", "Ana", "Re: Call", "Yes.", ("ana@client.example",), datetime(2026, 11, 23, 9, tzinfo=UTC),
                   "queued", (Press.UNDO, Press.SHOULD_HAVE_ASKED), zone="Europe/Berlin")  # fmt: skip

    drawn = draw(item)

    assert "leaves at 10:00" in " ".join(texts(drawn.blocks))
    assert [e["text"]["text"] for e in elements(drawn.blocks, "button")] == ["Undo", "Should have asked me"]


@given(st.builds(Page, words, several(words, 9), several(rows, 20), many_filed))
@settings(max_examples=20, deadline=None)
def test_a_page_fits_whatever_is_on_it(answer):
    drawn = page(answer, workspace=WORKSPACE)

    accept_blocks(drawn.blocks)
    assert is_quiet(drawn) and len(drawn.blocks) <= 50
    accept_view(home_view(answer, answer, workspace=WORKSPACE), kinds=("home",))


@given(words, st.sampled_from(["", "U0OWNER01", "<!channel>"]))
@settings(max_examples=20, deadline=None)
def test_a_note_mentions_at_most_the_one_person(text, mention):
    drawn = draw(Note(text, mention))

    accept_blocks(drawn.blocks)
    marked = [e["text"] for e in elements(drawn.blocks, "mrkdwn")]
    assert marked == (["<@U0OWNER01>"] if mention == "U0OWNER01" else [])


@given(words)
@settings(max_examples=20, deadline=None)
def test_a_private_answer_is_only_words(text):
    drawn = told(Told(text))

    accept_blocks(drawn.blocks)
    assert is_quiet(drawn)


def test_the_head_of_the_day_counts():
    assert "7, 2 of them still to leave" in " ".join(texts(draw(DayThread("Monday", 7, 2)).blocks))


def test_a_stranger_sees_nothing_of_the_desk():
    accept_view(stranger_view(), kinds=("home",))
    assert ids.BUTTONS not in json.dumps(stranger_view())
