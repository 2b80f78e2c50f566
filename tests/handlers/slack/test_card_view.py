"""A card shows everything that is decided about, within Slack's limits, and nothing from outside becomes markup."""

import json
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from slack_questions import SIX, STAMP, harmful, long_text, question, with_body

from bot.questions import CardKind, CardLook, Finding, Press, Proposal, Reliance, Who
from handlers.rehearsal.slack_blocks import accept_blocks
from handlers.slack import ids
from handlers.slack.card_view import card, weight
from handlers.slack.values import Value


def texts(value) -> list[str]:
    """Every text a person reads in these blocks."""
    if isinstance(value, list):
        return [t for v in value for t in texts(v)]
    if isinstance(value, dict):
        own = [value["text"]] if isinstance(value.get("text"), str) else []
        return own + [t for k, v in value.items() if k != "confirm" for t in texts(v)]
    return []


def elements(value, kind: str) -> list[dict]:
    if isinstance(value, list):
        return [e for v in value for e in elements(v, kind)]
    if isinstance(value, dict):
        own = [value] if value.get("type") == kind else []
        return own + [e for v in value.values() for e in elements(v, kind)]
    return []


def body_shown(blocks) -> str:
    return "".join(b["text"]["text"] for b in blocks if b["type"] == "section" and "accessory" not in b)


def test_a_card_holds_all_that_is_decided_about():
    drawn = card(question())

    read = "".join(texts(drawn.blocks))
    for expected in (
        "Reply needed", "Ana Pérez", "<ana@client.example>", "Pérez Ltd", "gold", "client since March 2024",
        "Could we move Thursday's call?", "Also: <b>what</b> does it cost & when?", "plan.pdf",
        "From: Maren Holt <maren@studio.example>", "To: Ana Pérez <ana@client.example>", "Cc: Jo <jo@client.example>",
        "Subject: Re: Thursday", "Attached: price-list.pdf", "Dear Ana,\n\nThursday at 10 works.\n\nMaren",
        "A time is promised", "Thursday at 10", "no routine covers it", "Moving calls", "3f9a3f9a",
    ):  # fmt: skip
        assert expected in read


def test_the_buttons_stand_in_their_order_and_carry_what_was_seen():
    row = card(question()).blocks[-1]

    names = [e["text"]["text"] for e in row["elements"] if e["type"] == "button"]
    assert names == ["Send", "Edit", "Redo", "Hand over", "Later", "No reply"]
    assert {Value.read(e["value"]).stamp for e in row["elements"] if "value" in e} == {STAMP}
    menu = row["elements"][-1]
    assert [o["text"]["text"] for o in menu["options"]] == ["Original mail", "Wrong person"]
    assert all(Value.read(o["value"]).stamp == STAMP and len(o["value"]) <= 150 for o in menu["options"])


def test_only_the_presses_of_the_question_are_drawn():
    row = card(question(presses=(Press.LATER, Press.SEND))).blocks[-1]

    assert [e["text"]["text"] for e in row["elements"]] == ["Send", "Later"]


def test_an_unverified_sender_is_said_plainly_in_the_first_line():
    first = card(question(who=Who("Ana", "ana@client.example", verified=False))).blocks[0]

    assert "Reply needed · Ana <ana@client.example> · sender not verified" in "".join(texts(first))


def test_a_settled_card_keeps_its_content_and_the_name_and_loses_its_buttons():
    drawn = card(question(look=CardLook.SETTLED, outcome="Sent by Maren Holt", presses=SIX))

    assert not elements(drawn.blocks, "button") and not elements(drawn.blocks, "overflow")
    assert "Sent by Maren Holt" in texts(drawn.blocks)
    assert "Dear Ana,\n\nThursday at 10 works.\n\nMaren" in texts(drawn.blocks)


def test_only_a_judgment_mentions_and_only_the_one_person():
    calm = card(question(mention="U0OWNER01"))
    asked = card(question(kind=CardKind.JUDGMENT, mention="U0OWNER01", decide="May we give a discount?"))

    assert "<@" not in json.dumps(calm.blocks)
    assert json.dumps(asked.blocks).count("<@U0OWNER01>") == 1
    assert "May we give a discount?" in texts(asked.blocks)


def test_an_unknown_delivery_says_that_nothing_is_sent_again_and_asks_before_it_is():
    drawn = card(
        question(
            kind=CardKind.DELIVERY_UNKNOWN,
            notes=("Handed to smtp.example.net at 14:09:48 UTC; no confirmation came.",),
            presses=(Press.MARK_SENT, Press.SEND_AGAIN, Press.LEAVE, Press.SHOW_TEXT),
        )
    )

    names = [
        e["text"]["text"]
        for e in elements(drawn.blocks, "button")
        if e["action_id"] != ids.PRESSES[Press.SOURCES]
    ]
    assert names == ["It arrived, mark as sent", "Send again, same Message-ID", "Leave it", "Show exact text"]
    assert "It has not been sent again and will not be unless you say so." in texts(drawn.blocks)
    assert [e["action_id"] for e in elements(drawn.blocks, "button") if "confirm" in e] == [
        ids.PRESSES[Press.SEND_AGAIN]
    ]


@given(long_text)
@settings(max_examples=60, deadline=None)
def test_a_reply_is_shown_whole_or_says_that_it_is_not(body):
    drawn = card(with_body(body))

    accept_blocks(drawn.blocks)
    assert weight(drawn.blocks) <= 13_000 and len(drawn.blocks) <= 48
    send = next(e for e in elements(drawn.blocks, "button") if e["text"]["text"] == "Send")
    shown = body_shown(drawn.blocks)
    if send["action_id"] == ids.PRESSES[Press.SEND]:
        assert shown == body or not body.strip()
    else:
        assert send["action_id"] == ids.READ_THEN_SEND
        assert body.startswith(shown) and "This is the first part" in "".join(texts(drawn.blocks))


@given(st.data())
@settings(max_examples=80, deadline=None)
def test_no_text_from_outside_becomes_a_mention_a_link_or_markup(data):
    def word() -> str:
        return data.draw(harmful)

    full = question(
        kind=data.draw(st.sampled_from(CardKind)),
        look=data.draw(st.sampled_from(CardLook)),
        mention=data.draw(st.sampled_from(["", "U0OWNER01", "<!channel>", "U0X> <!here"])),
        title=word(), subject=word(), asked=word(), cut=word(), files=(word(), word()), decide=word(), no_draft=word(),
        why=(word(), word()), outcome=word(), holder=word(), notes=(word(),) * 3,
        who=Who(word(), word(), verified=False, client=word(), tier=word(), flags=(word(),), read_as=word()),
        relies_on=(Reliance(word(), word(), word()),),
        findings=(Finding(word(), word()),),
        proposal=data.draw(st.sampled_from([None, Proposal(word(), (word(),), (word(),), word(), word(), (word(),))])),
    )  # fmt: skip

    drawn = card(full)

    accept_blocks(drawn.blocks)
    assert not [
        e
        for kind in ("link", "user", "usergroup", "channel", "broadcast")
        for e in elements(drawn.blocks, kind)
    ]
    for markup in elements(drawn.blocks, "mrkdwn"):
        assert markup["text"].startswith("<@U0OWNER01> please") and markup["text"].count("<") == 1
    assert "<" not in drawn.text and ">" not in drawn.text


@given(st.integers(1, 60), st.integers(0, 40_000), st.integers(0, 40_000))
@settings(max_examples=30, deadline=None)
def test_the_fullest_card_still_fits(many, asked, body):
    full = with_body("b" * body)
    assert full.proposal
    full = replace(
        full,
        title="t" * 900, subject="s" * 998, asked="é& " * asked, cut="c" * 5_000, decide="d" * 3_000,
        files=("f" * 200,) * many, why=("w" * 300,) * many, notes=("n" * 900,) * many,
        who=Who("N" * 500, "a" * 900, verified=False, client="c" * 500, flags=("f" * 900,) * many, read_as="r" * 900),
        findings=(Finding("f" * 900, "w" * 900, blocks=True),) * many,
        relies_on=(Reliance("i", "r" * 200, "x"),) * many,
        proposal=replace(full.proposal, to=("to@client.example",) * many * 5, cc=("cc@client.example",) * many * 5),
    )  # fmt: skip

    drawn = card(full)

    accept_blocks(drawn.blocks)
    assert weight(drawn.blocks) <= 13_000 and len(drawn.blocks) <= 48
