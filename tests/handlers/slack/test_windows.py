"""Forms and pages fit Slack's windows and lose no letter."""

import json

import pytest
from hypothesis import given, settings
from slack_questions import STAMP, harmful, long_text

from bot.questions import Press, Window
from handlers.rehearsal.slack_views import accept_view
from handlers.slack import ids, windows
from handlers.slack.values import Memory, Value

MEMORY = Memory(
    press=Press.EDIT, value=Value(card=41, draft=97, revision=2, digest="f" * 64), place="C0DESK00001"
)


def inputs(view) -> list[dict]:
    return [b for b in view["blocks"] if b["type"] == "input"]


@given(long_text)
@settings(max_examples=60, deadline=None)
def test_an_untouched_form_gives_back_the_whole_reply(body):
    view = windows.form(
        Window(Press.EDIT, STAMP, "Reply", body=body, to=("a@b.example",), subject="Re"), MEMORY
    )

    accept_view(view)
    memory = Memory.read(view["private_metadata"])
    parts = [b["element"].get("initial_value", "") for b in inputs(view)]
    assert windows.joined(parts, memory) == body
    assert next(b["block_id"] for b in inputs(view)) == ids.INPUT and memory.parts == len(parts)
    assert all(len(part) <= 3_000 for part in parts)


@given(long_text)
@settings(max_examples=60, deadline=None)
def test_the_pages_together_are_the_text_and_only_the_last_can_be_submitted(body):
    read, page, shown = "", 0, {}
    while page == 0 or not shown.get("submit"):
        shown = windows.reading_to_send(
            Window(Press.SEND, STAMP, "Reply", body=body),
            MEMORY.model_copy(update={"press": Press.SEND, "page": page}),
        )
        accept_view(shown)
        read += "".join(b["text"]["text"] for b in shown["blocks"] if b["type"] == "section")
        page += 1

    assert read == body or not read.strip() or not body.strip()


@pytest.mark.parametrize("press", list(ids.FORMS))
@given(harmful)
@settings(max_examples=15, deadline=None)
def test_no_word_from_outside_is_markup_in_a_form(press, text):
    window = Window(press, STAMP, text, body=text, to=(text,), subject=text, choices=(text or "Dan",))

    view = windows.form(window, MEMORY.model_copy(update={"press": press}))

    accept_view(view)
    assert '"mrkdwn"' not in json.dumps(view) and '"link"' not in json.dumps(view)


@given(harmful)
@settings(max_examples=30, deadline=None)
def test_texts_and_refusals_fit_whatever_they_say(text):
    accept_view(windows.refusal(text))
    accept_view(
        windows.reading(text, MEMORY.model_copy(update={"press": Press.OPEN}), title=text, put_back=3)
    )


def test_a_part_that_was_emptied_leaves_no_gap():
    memory = MEMORY.model_copy(update={"parts": 3, "joints": "pn"})

    assert windows.joined(["a", "", "c"], memory) == "a\nc"
    assert windows.joined(["", "b", "c"], memory) == "b\nc"
