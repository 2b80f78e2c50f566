"""The practice workspace refuses the blocks Slack refuses, in Slack's words, and takes the others."""

from typing import Any

import pytest
from slack_parts import button, card, corpus, modal, plain, section, text_input

from handlers.rehearsal.slack_blocks import accept_blocks, check_block, check_blocks, check_element
from handlers.rehearsal.slack_model import SlackError
from handlers.rehearsal.slack_views import accept_view, check_view


def test_agrees_with_every_case_of_the_corpus():
    checks = {"block": check_block, "view": check_view, "element_or_part": check_element}

    wrong = []
    for case in corpus("slack_blocks"):
        report = checks[case["expected"]["surface"]](case["input"]["payload"])
        if (not report) != case["expected"]["valid"]:
            wrong.append((case["id"], report))

    assert wrong == []


def options(count: int, size: int = 1) -> list[dict[str, Any]]:
    return [{"text": plain("x" * size), "value": f"v{number}"} for number in range(count)]


def select(**more: Any) -> dict[str, Any]:
    return {"type": "actions", "elements": [{"type": "static_select", "action_id": "a", **more}]}


@pytest.mark.parametrize(
    ("most", "too_much"),
    [
        (section("x" * 3000), section("x" * 3001)),
        ({"type": "header", "text": plain("x" * 150)}, {"type": "header", "text": plain("x" * 151)}),
        (section("a", fields=[plain("x" * 2000)]), section("a", fields=[plain("x" * 2001)])),
        (section("a", fields=[plain("x")] * 10), section("a", fields=[plain("x")] * 11)),
        (card(button("a" * 255, text=plain("x")))[1], card(button("a" * 256, text=plain("x")))[1]),
        (card(button(value="v" * 2000))[1], card(button(value="v" * 2001))[1]),
        (card(button(text=plain("x" * 75)))[1], card(button(text=plain("x" * 76)))[1]),
        (section("a", block_id="b" * 255), section("a", block_id="b" * 256)),
        (select(options=options(100)), select(options=options(101))),
        (select(options=options(1, 75)), select(options=options(1, 76))),
        (
            {"type": "context", "elements": [plain("x")] * 10},
            {"type": "context", "elements": [plain("x")] * 11},
        ),
        (
            {"type": "actions", "elements": [button(f"a{n}") for n in range(25)]},
            {"type": "actions", "elements": [button(f"a{n}") for n in range(26)]},
        ),
        (
            section("a", accessory={"type": "overflow", "action_id": "o", "options": options(5)}),
            section("a", accessory={"type": "overflow", "action_id": "o", "options": options(6)}),
        ),
        (text_input(label=plain("x" * 2000)), text_input(label=plain("x" * 2001))),
        ({"type": "markdown", "text": "x" * 12000}, {"type": "markdown", "text": "x" * 12001}),
        (section("a"), section("")),
        (section("a"), section("a", colour="red")),
        (section("a"), {"type": "sektion"}),
        (section("a"), {"text": plain("no type")}),
        (
            select(options=options(2), initial_option=options(2)[1]),
            select(options=options(1), initial_option=options(2)[1]),
        ),
    ],
)
def test_a_limit_is_kept_to_the_character(most, too_much):
    assert check_block(most) == []
    assert check_block(too_much) != []


def test_a_refusal_names_the_place_as_slack_does():
    with pytest.raises(SlackError) as refused:
        accept_blocks([section("fine"), section("x" * 3001)])

    assert refused.value.code == "invalid_blocks"
    (message,) = refused.value.more["response_metadata"]["messages"]
    assert message == "[ERROR] must be less than 3001 characters [json-pointer:/blocks/1/text/text]"


def test_ids_may_not_appear_twice():
    assert check_blocks([section("a", block_id="b"), section("c", block_id="b")])
    assert check_blocks(card(button("same"), button("same")))
    assert check_blocks([*card(button("same")), {"type": "actions", "elements": [button("same")]}]) == []


def test_fifty_blocks_in_a_message_and_a_hundred_in_a_window():
    assert check_blocks([section("a")] * 50) == []
    assert check_blocks([section("a")] * 51)
    assert check_view(modal(*[section("a")] * 100)) == []
    assert check_view(modal(*[section("a")] * 101))


def test_all_text_together_has_a_limit_of_its_own():
    accept_blocks([section("x" * 3000)] * 4)

    with pytest.raises(SlackError, match="msg_blocks_too_long"):
        accept_blocks([section("x" * 3000)] * 5)


def test_missing_ids_are_filled_in_and_different():
    filled = accept_blocks([section("a"), section("b", accessory={"type": "button", "text": plain("x")})])

    assert len({block["block_id"] for block in filled}) == 2
    assert filled[1]["accessory"]["action_id"]


@pytest.mark.parametrize(
    "view",
    [
        modal(title=plain("x" * 25)),
        modal(title=None),
        modal(submit=None),
        modal(submit=plain("x" * 25)),
        modal(private_metadata="x" * 3001),
        modal(callback_id="x" * 256),
        modal(section("a", block_id="b"), section("a", block_id="b")),
        {"type": "home", "blocks": []},
        "not a view",
    ],
)
def test_windows_that_slack_refuses(view):
    with pytest.raises(SlackError) as refused:
        accept_view(view)

    assert refused.value.code == "invalid_arguments"
    assert refused.value.more["response_metadata"]["messages"][0].startswith("[ERROR] ")
