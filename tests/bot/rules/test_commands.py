"""Commands are read forgivingly, and never guessed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules.commands import Command, nearest, read_command


@pytest.mark.parametrize(
    ("words", "command", "rest"),
    [
        ("", Command.HELP, ""),
        ("   ", Command.HELP, ""),
        ("queue", Command.QUEUE, ""),
        (" Queue ", Command.QUEUE, ""),
        ("DIGEST!", Command.DIGEST, ""),
        ("/status", Command.STATUS, ""),
        ("why  12 ", Command.WHY, "12"),
        ("why #12 please", Command.WHY, "#12 please"),
        ("queu", None, ""),
        ("send everything", None, "everything"),
    ],
)
def test_a_command_is_its_first_word(words, command, rest):
    assert read_command(words) == (command, rest)


@pytest.mark.parametrize(("words", "meant"), [("queu", "queue"), ("digset", "digest"), ("stats", "status"), ("xyzzy", None), ("", None)])
def test_what_was_probably_meant_is_offered(words, meant):
    assert nearest(words) == meant


@given(st.text())
def test_any_words_are_read(words):
    command, rest = read_command(words)

    assert command is None or command in Command
    assert rest == rest.strip()
