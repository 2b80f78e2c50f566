"""Windows: opened by a fresh trigger, stacked, checked, answered."""

from contextlib import asynccontextmanager

import pytest
from slack_parts import (
    QUICK,
    Clock,
    bolt_app,
    card,
    client_of,
    connected,
    modal,
    plain,
    practice_slack,
    section,
    text_input,
)
from slack_sdk.errors import SlackApiError

from handlers.rehearsal.slack_model import SlackError


@asynccontextmanager
async def with_window(answer, view=None, **options):
    """A workspace in which Olivia has a window open; `answer(ack, view, client, body)` handles its submit."""
    async with practice_slack(timing=QUICK, **options) as slack:
        app = bolt_app(slack)

        @app.action("send")
        async def send(ack, body, client):
            await client.views_open(trigger_id=body["trigger_id"], view=view or modal())
            await ack()

        @app.action("more")
        async def more(ack, body, client):
            await client.views_push(trigger_id=body["trigger_id"], view=view or modal())
            await ack()

        app.view("window")(answer)
        app.view_closed("window")(answer)
        async with connected(slack, app):
            said = await client_of(slack).chat_postMessage(channel="#desk", text="card", blocks=card())
            outcome = await slack.workspace.press("olivia", "#desk", said["ts"], "acts", "send")
            assert outcome.ok
            yield slack, slack.workspace.person("olivia").id


async def just_ack(ack):
    await ack()


def typed(words):
    return {"words": {"typed": words}}


async def test_a_submit_carries_what_was_typed_and_closes_the_window():
    seen = {}

    async def answer(ack, view):
        seen.update(view["state"]["values"], private=view["private_metadata"])
        await ack()

    async with with_window(answer, modal(private_metadata='{"draft": 7}')) as (slack, olivia):
        (view,) = slack.workspace.modals(olivia)
        outcome = await slack.workspace.submit_view(olivia, view.id, typed("Thursday"))

        assert outcome.ok
        assert slack.workspace.modals(olivia) == []
    assert seen == {
        "words": {"typed": {"type": "plain_text_input", "value": "Thursday"}},
        "private": '{"draft": 7}',
    }


async def test_an_empty_required_input_never_reaches_the_app():
    reached = []

    async def answer(ack):
        reached.append(1)
        await ack()

    async with with_window(answer) as (slack, olivia):
        (view,) = slack.workspace.modals(olivia)
        outcome = await slack.workspace.submit_view(olivia, view.id)

        assert outcome.error == "incomplete"
        assert view.errors == {"words": "Please complete this required field."}
    assert reached == []


async def test_errors_stay_on_the_window_until_the_next_submit():
    async def answer(ack, view):
        ok = view["state"]["values"]["words"]["typed"]["value"] == "good"
        await (ack() if ok else ack(response_action="errors", errors={"words": "Too short."}))

    async with with_window(answer) as (slack, olivia):
        (view,) = slack.workspace.modals(olivia)
        await slack.workspace.submit_view(olivia, view.id, typed("bad"))
        assert view.errors == {"words": "Too short."}

        await slack.workspace.submit_view(olivia, view.id, typed("good"))
        assert slack.workspace.modals(olivia) == []


async def test_update_keeps_the_window_push_stacks_one_clear_closes_all():
    async def answer(ack, view):
        match view["state"]["values"]["words"]["typed"]["value"]:
            case "update":
                await ack(response_action="update", view=modal(title=plain("Page 2")))
            case "push":
                await ack(response_action="push", view=modal(title=plain("On top")))
            case _:
                await ack(response_action="clear")

    async with with_window(answer) as (slack, olivia):
        workspace = slack.workspace
        (view,) = workspace.modals(olivia)

        await workspace.submit_view(olivia, view.id, typed("update"))
        assert [one.body["title"]["text"] for one in workspace.modals(olivia)] == ["Page 2"]

        await workspace.submit_view(olivia, view.id, typed("push"))
        bottom, top = workspace.modals(olivia)
        assert (top.body["title"]["text"], top.previous_id, top.root_id) == ("On top", bottom.id, bottom.id)

        await workspace.submit_view(olivia, top.id, typed("clear"))
        assert workspace.modals(olivia) == []


async def test_a_broken_answer_shows_trouble_and_keeps_what_was_typed():
    async def answer(ack):
        await ack(response_action="update", view=modal(title=plain("x" * 30)))

    async with with_window(answer) as (slack, olivia):
        (view,) = slack.workspace.modals(olivia)
        outcome = await slack.workspace.submit_view(olivia, view.id, typed("kept"))

        assert not outcome.ok
        assert view.trouble == "We had some trouble connecting. Try again?"
        assert view.values["words"]["typed"]["value"] == "kept"


async def test_closing_is_told_to_an_app_that_asked():
    told = []

    async def answer(ack, body):
        told.append((body["type"], body.get("is_cleared")))
        await ack()

    async with with_window(answer, modal(notify_on_close=True)) as (slack, olivia):
        (view,) = slack.workspace.modals(olivia)
        await slack.workspace.close_view(olivia, view.id)
        await slack.workspace.delivery.settled()

    assert told == [("view_closed", False)]


async def test_a_stack_holds_three():
    window = modal(
        text_input(),
        {
            "type": "actions",
            "block_id": "acts",
            "elements": [card()[1]["elements"][0] | {"action_id": "more"}],
        },
    )
    async with with_window(just_ack, window) as (slack, olivia):
        for _ in range(2):
            top = slack.workspace.modals(olivia)[-1]
            assert (await slack.workspace.press_view(olivia, top.id, "acts", "more")).ok
        top = slack.workspace.modals(olivia)[-1]
        outcome = await slack.workspace.press_view(olivia, top.id, "acts", "more")

        assert len(slack.workspace.modals(olivia)) == 3
        assert not outcome.ok


@pytest.mark.parametrize(("later", "error"), [(0.0, "exchanged_trigger_id"), (3.5, "expired_trigger_id")])
async def test_a_trigger_lives_three_seconds_and_opens_once(later, error):
    clock = Clock()
    async with practice_slack(clock=clock) as slack:
        client, olivia = client_of(slack), slack.workspace.person("olivia").id
        trigger = slack.workspace.tickets.trigger(slack.app.id, olivia)
        if later:
            clock.now += later
        else:
            await client.views_open(trigger_id=trigger, view=modal())

        with pytest.raises(SlackApiError) as refused:
            await client.views_open(trigger_id=trigger, view=modal())

        assert refused.value.response["error"] == error


async def test_an_old_hash_does_not_overwrite_a_newer_view():
    async with practice_slack() as slack:
        client, olivia = client_of(slack), slack.workspace.person("olivia").id
        trigger = slack.workspace.tickets.trigger(slack.app.id, olivia)
        first = (await client.views_open(trigger_id=trigger, view=modal()))["view"]
        await client.views_update(view_id=first["id"], view=modal(title=plain("New")), hash=first["hash"])

        with pytest.raises(SlackApiError) as refused:
            await client.views_update(
                view_id=first["id"], view=modal(title=plain("Late")), hash=first["hash"]
            )

        assert refused.value.response["error"] == "hash_conflict"


async def test_a_home_tab_is_published_for_one_person_and_survives_a_restart(tmp_path):
    home = {"type": "home", "blocks": [section("What needs you")]}
    async with practice_slack(tmp_path / "practice.db") as slack:
        olivia, dan = slack.workspace.person("olivia").id, slack.workspace.person("dan").id
        await client_of(slack).views_publish(user_id=olivia, view=home)
        assert slack.workspace.home(dan) is None

    async with practice_slack(tmp_path / "practice.db") as slack:
        assert slack.workspace.home(olivia).body["blocks"][0]["text"]["text"] == "What needs you"


async def test_one_person_cannot_act_in_anothers_window():
    async with with_window(just_ack) as (slack, olivia):
        (view,) = slack.workspace.modals(olivia)

        with pytest.raises(SlackError, match="not_found"):
            await slack.workspace.submit_view("dan", view.id, typed("mine"))
