"""Questions to draw: a full card, and Hypothesis strategies for texts that mean harm."""

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import strategies as st

from bot.questions import (
    CardKind,
    CardLook,
    Finding,
    Press,
    Proposal,
    Question,
    Reliance,
    Stamp,
    Who,
)

STAMP = Stamp(card=41, draft=97, revision=2, digest="3f9a" * 16)
SIX = (Press.SEND, Press.EDIT, Press.REDO, Press.HAND_OVER, Press.LATER, Press.NO_REPLY)
WHO = Who(
    "Ana Pérez",
    "ana@client.example",
    verified=True,
    client="Pérez Ltd",
    tier="gold",
    since=datetime(2024, 3, 1, tzinfo=UTC),
)


def question(**changes) -> Question:
    """A card with everything on it."""
    asked = "Could we move Thursday's call?\n\nAlso: <b>what</b> does it cost & when?"
    full = Question(
        stamp=STAMP,
        kind=CardKind.REPLY,
        look=CardLook.OPEN,
        title="Reply needed",
        who=WHO,
        subject="Thursday",
        asked=asked,
        files=("plan.pdf",),
        proposal=Proposal(
            sender="Maren Holt <maren@studio.example>",
            to=("Ana Pérez <ana@client.example>",),
            cc=("Jo <jo@client.example>",),
            subject="Re: Thursday",
            body="Dear Ana,\n\nThursday at 10 works.\n\nMaren",
            attachments=("price-list.pdf",),
        ),
        why=("no routine covers it",),
        relies_on=(Reliance("answer:calls", "Moving calls", "We move calls once."),),
        findings=(Finding("A time is promised that no source names.", "Thursday at 10", blocks=False),),
        presses=(*SIX, Press.ORIGINAL, Press.WRONG_PERSON),
    )
    return replace(full, **changes)


def with_body(body: str) -> Question:
    full = question()
    assert full.proposal
    return replace(full, proposal=replace(full.proposal, body=body))


HARM = (
    "<!channel>",
    "<!here|here>",
    "<@U0OWNER01>",
    "<#C0DESK001|desk>",
    "<https://evil.example|bank.example>",
    "https://evil.example/x",
    "www.evil.example",
    "0https://evil.example/x",
    "xwww.evil.example",
    "@channel",
    "@here",
    "*bold*",
    "_it_",
    "~no~",
    "`code`",
    "```\nblock\n```",
    "> quote",
    ":rotating_light:",
    "\u202eesrever",
    "&lt;!channel&gt;",
    "mailto:a@evil.example",
    "\n",
    " ",
)
harmful = st.lists(st.one_of(st.sampled_from(HARM), st.text(max_size=20)), max_size=8).map("".join)
long_text = st.builds(
    lambda unit, times: (unit * times)[:100_000],
    st.one_of(
        st.sampled_from(["word ", "line\n", "para\n\n", "x", "&", "🙂", " "]),
        st.text(min_size=1, max_size=30),
    ),
    st.integers(0, 20_000),
)
