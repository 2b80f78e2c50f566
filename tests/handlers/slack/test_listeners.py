"""Presses, forms, messages and commands over real Socket Mode: each is taken once and each is answered."""

import asyncio
import json
from datetime import UTC, datetime

import pytest
from slack_house import connected_house, until
from slack_questions import SIX, STAMP, question, with_body

from bot.questions import Handled, Press
from handlers.rehearsal.slack_limits import Timing
from handlers.slack import ids
from handlers.slack.day_view import handled
from handlers.slack.values import Value


async def opened(house, name: str):
    await until(lambda: house.workspace.modals(house.workspace.person(name).id))
    return house.workspace.modals(house.workspace.person(name).id)[-1]


async def test_send_is_decided_by_who_pressed_with_what_was_seen():
    async with connected_house() as (house, _):
        posted = await house.card()

        outcome = await house.press("olivia", posted, ids.PRESSES[Press.SEND])

        assert outcome.ok
        click = house.door.asked_for[-1]
        assert (click.press, click.stamp) == (Press.SEND, STAMP)
        assert (click.by, click.team) == (house.workspace.person("olivia").id, house.workspace.team.id)
        await house.answers.drain()
        assert not house.ephemerals("olivia")


async def test_a_late_press_gets_a_private_answer_and_changes_nothing():
    async with connected_house() as (house, _):
        posted = await house.card()
        await house.press("olivia", posted, ids.PRESSES[Press.SEND])

        outcome = await house.press("dan", posted, ids.PRESSES[Press.NO_REPLY])

        assert outcome.ok
        await until(lambda: house.ephemerals("dan"))
        assert house.ephemerals("dan") == ["Already decided."]
        assert house.door.settled_by == house.workspace.person("olivia").id


async def test_editing_opens_the_whole_reply_and_submitting_sends_it():
    async with connected_house() as (house, _):
        posted = await house.card()
        await house.press("olivia", posted, ids.PRESSES[Press.EDIT])
        form = await opened(house, "olivia")

        outcome = await house.workspace.submit_view(
            "olivia", form.id, {ids.INPUT: {ids.ENTRY: "Dear Ana,\n\nFriday."}}
        )

        assert outcome.ok and house.door.sent == "Dear Ana,\n\nFriday."
        assert house.door.asked_for[-1].stamp == STAMP
        assert not house.workspace.modals(house.workspace.person("olivia").id)


async def test_an_emptied_reply_is_not_sent_and_the_form_says_so():
    async with connected_house() as (house, _):
        posted = await house.card()
        await house.press("olivia", posted, ids.PRESSES[Press.EDIT])
        form = await opened(house, "olivia")

        await house.workspace.submit_view("olivia", form.id, {ids.INPUT: {ids.ENTRY: "  \n "}})

        assert house.workspace.view(form.id).errors == {ids.INPUT: "There is nothing to send."}
        assert not house.door.asked_for


async def test_a_form_that_came_too_late_keeps_what_was_typed_and_says_why():
    async with connected_house() as (house, _):
        posted = await house.card()
        await house.press("olivia", posted, ids.PRESSES[Press.EDIT])
        form = await opened(house, "olivia")
        house.door.settled_by = "somebody"

        await house.workspace.submit_view("olivia", form.id, {ids.INPUT: {ids.ENTRY: "my words"}})

        stack = house.workspace.modals(house.workspace.person("olivia").id)
        assert len(stack) == 2 and "Already decided." in json.dumps(stack[-1].body)
        assert "my words" in json.dumps(house.workspace.view(form.id).values)


@pytest.mark.parametrize(
    ("press", "entry", "field", "value"),
    [
        (Press.REDO, "warmer", "text", "warmer"),
        (Press.HAND_OVER, "Dan Reyes", "to", "Dan Reyes"),
        (Press.LATER, "tomorrow", "until", "tomorrow"),
        (Press.WRONG_PERSON, "Jo <jo@client.example>", "text", "Jo <jo@client.example>"),
    ],
)
async def test_every_form_carries_what_was_entered(press, entry, field, value):
    async with connected_house() as (house, _):
        posted = await house.card(presses=(*SIX, Press.WRONG_PERSON))
        await house.press("olivia", posted, ids.PRESSES[press])
        form = await opened(house, "olivia")

        outcome = await house.workspace.submit_view("olivia", form.id, {ids.INPUT: {ids.ENTRY: entry}})

        assert outcome.ok
        assert (house.door.asked_for[-1].press, getattr(house.door.asked_for[-1], field)) == (press, value)


async def test_a_long_reply_is_read_to_its_last_page_before_it_can_be_sent():
    async with connected_house() as (house, _):
        house.door.body = "".join(f"Line {number} of a long reply.\n" for number in range(1_000))
        posted = await house.desk.post(with_body(house.door.body), key="long")
        await house.press("olivia", posted, ids.READ_THEN_SEND)
        view, read = await opened(house, "olivia"), ""

        for _ in range(10):
            body = house.workspace.view(view.id).body
            read += "".join(b["text"]["text"] for b in body["blocks"] if b["type"] == "section")
            if body.get("submit"):
                break
            assert not house.door.asked_for
            turning = body["blocks"][-1]
            await house.workspace.press_view("olivia", view.id, turning["block_id"], ids.PAGE_ON)
        outcome = await house.workspace.submit_view("olivia", view.id)

        assert outcome.ok and read == house.door.body
        assert [c.press for c in house.door.asked_for] == [Press.SEND] and house.door.sent == house.door.body


@pytest.mark.parametrize("press", [Press.ORIGINAL, Press.SOURCES])
async def test_a_text_to_look_at_is_shown_exactly_page_by_page(press):
    async with connected_house() as (house, _):
        posted = await house.card(presses=(*SIX, Press.ORIGINAL))
        await house.press("dan", posted, ids.PRESSES[press])
        view, read = await opened(house, "dan"), ""

        while True:
            blocks = house.workspace.view(view.id).body["blocks"]
            read += "".join(b["text"]["text"] for b in blocks if b["type"] == "section")
            turning = blocks[-1]
            if ids.PAGE_ON not in json.dumps(turning):
                break
            await house.workspace.press_view("dan", view.id, turning["block_id"], ids.PAGE_ON)

        assert read == "line <!channel>\n" * 2_000


async def test_the_menu_of_a_card_knows_its_presses():
    async with connected_house() as (house, _):
        posted = await house.card()
        menu = house.workspace.message(posted.place, posted.stamp).blocks[-1]["elements"][-1]

        await house.press("olivia", posted, ids.MORE, selected=menu["options"][0]["value"])

        await opened(house, "olivia")
        assert house.door.asked_for[-1].press is Press.ORIGINAL


async def test_undo_in_the_days_thread_names_the_outbox_item():
    async with connected_house() as (house, _):
        item = Handled(
            9, "calls", "Ana", "Re: Call", "Yes.", ("ana@client.example",),
            leaves_at=datetime.now(UTC), state="queued", presses=(Press.UNDO, Press.SHOULD_HAVE_ASKED),
        )  # fmt: skip
        posted = await house.desk.post(item, key="handled-9")

        await house.press("olivia", posted, ids.PRESSES[Press.SHOULD_HAVE_ASKED])

        assert house.door.asked_for[-1].subject == 9
        await until(lambda: house.ephemerals("olivia"))
        assert house.ephemerals("olivia") == ["Noted: next time I ask."]
        assert handled(item).blocks


async def test_a_button_of_an_older_version_gets_a_polite_answer():
    async with connected_house() as (house, _):
        desk = house.workspace.channel("desk").id
        old = {
            "type": "button",
            "text": {"type": "plain_text", "text": "Go"},
            "action_id": "old.id",
            "value": "?",
        }
        broken = old | {"action_id": ids.PRESSES[Press.SEND], "value": '{"c": "x"}'}
        said = await house.client.chat_postMessage(
            channel=desk, text="old", blocks=[{"type": "actions", "block_id": "b", "elements": [old, broken]}]
        )

        for action_id in ("old.id", ids.PRESSES[Press.SEND]):
            outcome = await house.workspace.press("olivia", desk, said["ts"], "b", action_id)
            assert outcome.ok

        await until(lambda: len(house.ephemerals("olivia")) == 2)
        assert all("earlier version" in text for text in house.ephemerals("olivia"))
        assert not house.door.asked_for


async def test_a_press_that_cannot_be_written_down_is_said_so_and_not_acknowledged():
    async with connected_house(timing=Timing(ack=0.3)) as (house, _):
        posted = await house.card()
        house.door.trouble = RuntimeError("disk full")

        outcome = await house.press("olivia", posted, ids.PRESSES[Press.SEND])

        assert not outcome.ok
        await until(lambda: house.ephemerals("olivia"))
        assert "could not be written down" in house.ephemerals("olivia")[0]


async def test_a_clients_message_is_written_down_and_the_desks_own_talk_is_not():
    async with connected_house() as (house, _):
        await house.workspace.post_message("dan", "desk", "shall we?")
        said = await house.workspace.post_message("ben", "client-okafor", "When can we start? @understudy")

        await until(lambda: house.door.arrived)
        await house.workspace.edit_message("ben", "client-okafor", said.ts, "When can we start, please?")
        await until(lambda: len(house.door.arrived) == 2)

        first, second = (json.loads(raw)["event"] for raw in house.door.arrived.values())
        assert first["text"].startswith("When can we start?") and second["subtype"] == "message_changed"
        assert all("token" not in json.loads(raw) for raw in house.door.arrived.values())


async def test_an_event_that_could_not_be_written_down_comes_again():
    async with connected_house(timing=Timing(retry_waits=(0.05, 0.05, 0.05))) as (house, _):
        house.door.trouble = OSError("locked")
        await house.workspace.post_message("ben", "client-okafor", "Hello?")
        house.door.trouble = None

        await until(lambda: house.door.arrived)


async def test_a_command_is_answered_privately_and_says_nothing_in_markup():
    async with connected_house() as (house, _):
        outcome = await house.workspace.slash("olivia", "desk", "/understudy queue")

        assert outcome.ok
        read = json.dumps(outcome.reply["blocks"])
        assert "You said queue" in read and "Could we move <!here>?" in read and "mrkdwn" not in read
        assert outcome.reply["response_type"] == "ephemeral"
        refused = await house.workspace.slash("dan", "desk", "/understudy explode")
        assert "Only the owner may do that." in json.dumps(refused.reply)


async def test_app_home_shows_the_queue_to_who_may_answer_and_nothing_to_others():
    async with connected_house() as (house, _):
        for name in ("olivia", "carla"):
            await house.workspace.open_home(name)
            await until(lambda name=name: house.workspace.home(house.workspace.person(name).id))

        mine = json.dumps(house.workspace.home(house.workspace.person("olivia").id).body)
        theirs = json.dumps(house.workspace.home(house.workspace.person("carla").id).body)
        assert "You said queue" in mine and "You said status" in mine and "You said" not in theirs


async def test_a_filed_message_can_be_opened_and_put_back_from_its_window():
    async with connected_house() as (house, _):
        await house.workspace.slash("olivia", "general", "/understudy queue")
        room = house.workspace.channel("general").id
        page = next(iter(house.workspace.ephemerals[room].values()))
        block = next(b for b in page.blocks if b.get("accessory"))
        options = block["accessory"]["options"]

        await house.workspace.press(
            "olivia", room, page.ts, block["block_id"], ids.FILED_MENU, selected=options[0]["value"]
        )
        view = await opened(house, "olivia")
        back = next(b for b in view.body["blocks"] if ids.PRESSES[Press.PUT_BACK] in json.dumps(b))
        await house.workspace.press_view("olivia", view.id, back["block_id"], ids.PRESSES[Press.PUT_BACK])

        assert [(c.press, c.subject) for c in house.door.asked_for] == [(Press.OPEN, 7), (Press.PUT_BACK, 7)]
        assert "It is an inquiry now." in json.dumps(house.workspace.view(view.id).body)
        assert Value.read(options[1]["value"]).press is Press.PUT_BACK


async def test_one_of_many_presses_at_once_decides():
    async with connected_house() as (house, _):
        posted = await house.card()
        presses = [house.press(name, posted, ids.PRESSES[Press.SEND]) for name in ("olivia", "dan") * 10]

        outcomes = await asyncio.gather(*presses)

        assert all(outcome.ok for outcome in outcomes)
        await house.answers.drain()
        assert len(house.ephemerals("olivia") + house.ephemerals("dan")) == 19


def test_the_question_of_these_tests_has_all_six_buttons():
    assert set(SIX) <= set(question().presses)
