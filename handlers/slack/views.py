"""Everything the desk can show, drawn: one pure function from a post to a message."""

from typing import assert_never

from bot.questions import DayThread, Digest, Handled, Note, Post, Question
from handlers.slack import blocks, limits
from handlers.slack.blocks import Drawn
from handlers.slack.card_view import card
from handlers.slack.day_view import day_head, handled
from handlers.slack.digest_view import digest
from handlers.slack.words import visible


def draw(post: Post, *, workspace: str = "") -> Drawn:
    """The message for a post. `workspace` is Slack's address of ours ("https://name.slack.com/"), for links to cards."""
    match post:
        case Question():
            return card(post)
        case Note():
            return note(post)
        case DayThread():
            return day_head(post)
        case Handled():
            return handled(post)
        case Digest():
            return digest(post, workspace=workspace)
        case _:
            assert_never(post)


def note(line: Note) -> Drawn:
    """A line in a card's thread; mentions one person or nobody."""
    text = limits.clipped(visible(line.text), limits.CARD_TEXT)
    drawn = blocks.sections(text)
    if line.mention:
        drawn.insert(0, blocks.mentioning(line.mention, ""))
    return Drawn(blocks.fallback(line.text), drawn or [blocks.section("–")])
