"""What apps receive has the shape of what Slack sends."""

from typing import Any

import pytest
from slack_parts import QUICK, bolt_app, card, client_of, connected, corpus, modal, practice_slack, text_input

# What real payloads carry only in an Enterprise Grid, in older times, or in a kind of message not made here.
ELSEWHERE = {
    "enterprise_id", "enterprise_name", "authed_users", "authed_teams", "enterprise", "files", "bot_id", "edited",
    "context_enterprise_id", "attachments", "root", "metadata", "accessory",
}  # fmt: skip
# Keys that only one of several cases of a kind has, and Slack's reference does not know.
WRITTEN_BY_HAND = ("/event/item/channel_type", "/workflow_step")
COMPARED = {
    ("event_callback", "app_mention", None),
    ("event_callback", "message", None),
    ("event_callback", "message", "message_changed"),
    ("event_callback", "message", "message_deleted"),
    ("event_callback", "reaction_added", None),
    ("event_callback", "member_joined_channel", None),
    ("event_callback", "member_left_channel", None),
    ("event_callback", "app_home_opened", None),
    ("event_callback", "tokens_revoked", None),
    ("block_actions", None, None),
    ("view_submission", None, None),
    ("shortcut", None, None),
}


def kind_of(payload: dict[str, Any]) -> tuple[str, Any, Any]:
    event = payload.get("event") or {}
    return payload["type"], event.get("type"), event.get("subtype")


def lacking(theirs: Any, ours: Any, at: str = "") -> list[str]:
    """Paths of keys that a real payload has and ours has not, or has with another JSON type."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        paths = []
        for name, value in theirs.items():
            if name in ELSEWHERE or (name in {"values", "blocks"} and at.startswith("/view")):
                continue
            if name not in ours:
                paths.append(f"{at}/{name}")
            elif value is not None and ours[name] is not None:
                paths += lacking(value, ours[name], f"{at}/{name}")
        return paths
    if isinstance(theirs, list) and isinstance(ours, list):
        same = (
            theirs and ours and isinstance(theirs[0], dict) and theirs[0].get("type") == ours[0].get("type")
        )
        return lacking(theirs[0], ours[0], f"{at}/0") if same else []
    numbers = (int, float)
    alike = (isinstance(theirs, numbers) and isinstance(ours, numbers)) or type(theirs) is type(ours)
    return [] if alike else [f"{at} is {type(ours).__name__}, theirs {type(theirs).__name__}"]


async def a_day_in_the_workspace() -> list[dict[str, Any]]:
    """Every payload an app receives while people do what people do."""
    received: list[dict[str, Any]] = []
    async with practice_slack(timing=QUICK) as slack:
        workspace, app = slack.workspace, bolt_app(slack)
        slack.app.shortcuts.append({"name": "Note", "type": "global", "callback_id": "note"})

        @app.middleware
        async def keep(body, next):
            received.append(body)
            await next()

        @app.action("send")
        async def send(ack, body, client):
            await client.views_open(trigger_id=body["trigger_id"], view=modal(text_input()))
            await ack()

        for listen in (app.view("window"), app.shortcut("note"), app.event("reaction_added")):

            @listen
            async def fine(ack):
                await ack()

        for name in ("member_left_channel", "app_home_opened", "tokens_revoked"):

            @app.event(name)
            async def heard():
                pass

        async with connected(slack, app):
            posted = await client_of(slack).chat_postMessage(channel="#desk", text="card", blocks=card())
            said = await workspace.post_message("olivia", "#desk", "Hello @understudy")
            await workspace.edit_message("olivia", "#desk", said.ts, "Hello again")
            await workspace.react("olivia", "#desk", said.ts, "heart_eyes")
            await workspace.delete_message("olivia", "#desk", said.ts)
            await workspace.invite("olivia", "#desk", "carla")
            await workspace.kick("olivia", "#desk", "carla")
            await workspace.open_home("olivia")
            await workspace.press("olivia", "#desk", posted["ts"], "acts", "send")
            (view,) = workspace.modals(workspace.person("olivia").id)
            await workspace.submit_view("olivia", view.id, {"words": {"typed": "Hi there!"}})
            await workspace.shortcut("olivia", "note")
            await workspace.delivery.settled()
            workspace.revoke(slack.app)
            await workspace.delivery.settled()
    return received


async def test_payloads_carry_every_key_that_real_ones_carry():
    cases = [case["input"]["payload"] for case in corpus("slack_events") if case["id"].startswith("bolt-")]
    ours: dict[Any, list[dict[str, Any]]] = {}
    for payload in await a_day_in_the_workspace():
        ours.setdefault(kind_of(payload), []).append(payload)

    wrong: dict[Any, list[str]] = {}
    for payload in cases:
        kind = kind_of(payload)
        if kind in COMPARED:
            assert kind in ours, kind
            best = min((lacking(payload, mine) for mine in ours[kind]), key=len)
            best = [path for path in best if path not in WRITTEN_BY_HAND]
            if best:
                wrong.setdefault(kind, []).extend(best)

    assert wrong == {}


async def test_a_client_from_another_workspace_is_shown_as_such():
    async with practice_slack(timing=QUICK) as slack:
        app, bodies = bolt_app(slack), []

        @app.event("message")
        async def heard(body):
            bodies.append(body)

        async with connected(slack, app):
            await slack.workspace.post_message("ben", "#client-okafor", "Is Thursday still fine?")
            await slack.workspace.delivery.settled()

        (body,) = bodies
        home = slack.workspace.team.id
        assert body["team_id"] == body["event"]["team"] == slack.workspace.person("ben").team_id != home
        assert body["context_team_id"] == body["authorizations"][0]["team_id"] == home
        assert body["is_ext_shared_channel"] is True


@pytest.mark.parametrize(("channel", "kind"), [("#desk", "channel"), ("dm", "im"), ("private", "group")])
async def test_a_message_event_says_what_kind_of_room_it_was(channel, kind):
    async with practice_slack(timing=QUICK) as slack:
        workspace, app, heard = slack.workspace, bolt_app(slack), []

        @app.event("message")
        async def message(event):
            heard.append(event)

        if channel == "dm":
            channel = await workspace.open_dm("olivia", "understudy")
        if channel == "private":
            channel = await workspace.create_channel("olivia", "quiet", private=True)
            await workspace.invite("olivia", channel, "understudy")
        async with connected(slack, app):
            await workspace.post_message("olivia", channel, "hello")
            await workspace.delivery.settled()

        assert [event["channel_type"] for event in heard] == [kind]


async def test_an_app_hears_nothing_from_rooms_it_is_not_in():
    async with practice_slack(timing=QUICK) as slack:
        workspace, app, heard = slack.workspace, bolt_app(slack), []

        @app.event("message")
        async def message(event):
            heard.append(event)

        room = await workspace.create_channel("olivia", "elsewhere")
        async with connected(slack, app):
            await workspace.post_message("olivia", room, "@understudy can you hear me?")
            await workspace.delivery.settled()

        assert heard == []
