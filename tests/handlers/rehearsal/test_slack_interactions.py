"""Menus, shortcuts, rooms and pins, as a real Bolt app sees people use them."""

from slack_parts import (
    QUICK,
    bolt_app,
    button,
    client_of,
    connected,
    modal,
    plain,
    practice_slack,
    section,
    text_input,
)


def select(kind="static_select", **more):
    return {"type": kind, "action_id": "pick", **more}


def options(*values):
    return [{"text": plain(value), "value": value} for value in values]


async def test_a_choice_arrives_as_the_chosen_option_and_stays_in_the_state():
    async with practice_slack(timing=QUICK) as slack:
        app, bodies = bolt_app(slack), []

        @app.action("pick")
        @app.action("send")
        async def act(ack, body):
            bodies.append(body)
            await ack()

        menu = select(options=options("ann", "bea"), placeholder=plain("Who?"))
        blocks = [{"type": "actions", "block_id": "acts", "elements": [menu, button()]}]
        async with connected(slack, app):
            said = await client_of(slack).chat_postMessage(channel="#desk", text="x", blocks=blocks)
            await slack.workspace.press("olivia", "#desk", said["ts"], "acts", "pick", selected="bea")
            await slack.workspace.press("olivia", "#desk", said["ts"], "acts", "send")

        picked, sent = bodies
        assert picked["actions"][0]["selected_option"]["value"] == "bea"
        assert sent["state"]["values"]["acts"]["pick"]["selected_option"]["value"] == "bea"
        assert sent["actions"][0]["value"] == "1"


async def test_an_external_menu_asks_the_app_for_its_options():
    async with practice_slack(timing=QUICK) as slack:
        app = bolt_app(slack)

        @app.options("pick")
        async def offer(ack, payload):
            await ack(options=options(f"{payload['value']}-1", f"{payload['value']}-2"))

        row = section("Whose?", block_id="row", accessory=select("external_select", min_query_length=1))
        async with connected(slack, app):
            said = await client_of(slack).chat_postMessage(channel="#desk", text="x", blocks=[row])
            offered = await slack.workspace.suggest(
                "olivia", "row", "pick", "neu", channel="#desk", ts=said["ts"]
            )

        assert [option["value"] for option in offered] == ["neu-1", "neu-2"]


async def test_a_message_shortcut_carries_the_message_and_may_open_a_window():
    async with practice_slack(timing=QUICK) as slack:
        slack.app.shortcuts.append(
            {"name": "Make this an inquiry", "type": "message", "callback_id": "inquiry"}
        )
        app, bodies = bolt_app(slack), []

        @app.shortcut("inquiry")
        async def inquiry(ack, body, client):
            bodies.append(body)
            await client.views_open(trigger_id=body["trigger_id"], view=modal())
            await ack()

        async with connected(slack, app):
            said = await slack.workspace.post_message("carla", "#client-neumann", "Can we move Thursday?")
            outcome = await slack.workspace.shortcut(
                "olivia", "inquiry", channel="#client-neumann", ts=said.ts
            )

        (body,) = bodies
        assert outcome.ok
        assert (body["type"], body["message_ts"], body["message"]["text"]) == (
            "message_action", said.ts, "Can we move Thursday?",
        )  # fmt: skip
        assert len(slack.workspace.modals(slack.workspace.person("olivia").id)) == 1


async def test_an_input_that_dispatches_tells_the_app_while_typing():
    async with practice_slack(timing=QUICK) as slack:
        app, bodies = bolt_app(slack), []

        @app.action("typed")
        async def typed(ack, body):
            bodies.append(body)
            await ack()

        async with connected(slack, app):
            olivia = slack.workspace.person("olivia").id
            view = modal(text_input(dispatch_action=True), text_input("quiet"))
            trigger = slack.workspace.tickets.trigger(slack.app.id, olivia)
            opened = (await client_of(slack).views_open(trigger_id=trigger, view=view))["view"]
            await slack.workspace.fill(olivia, opened["id"], "words", "typed", "hello")
            await slack.workspace.fill(olivia, opened["id"], "quiet", "typed", "unheard")

        (body,) = bodies
        assert body["actions"][0]["value"] == "hello"
        assert body["container"] == {"type": "view", "view_id": opened["id"]}


async def test_a_bot_invited_to_a_room_hears_that_it_came_and_then_what_is_said():
    async with practice_slack(timing=QUICK) as slack:
        app, joined, heard = bolt_app(slack), [], []

        @app.event("member_joined_channel")
        async def came(event):
            joined.append((event["user"], event["inviter"]))

        @app.event("message")
        async def message(event):
            heard.append(event["text"])

        async with connected(slack, app):
            workspace = slack.workspace
            room = await workspace.create_channel("olivia", "client-new")
            await workspace.invite("olivia", room, "understudy")
            await workspace.post_message("olivia", room, "welcome")
            await workspace.delivery.settled()

        assert joined == [(slack.app.bot_user, workspace.person("olivia").id)]
        assert heard == ["welcome"]


async def test_a_pin_stays_and_comes_off():
    async with practice_slack() as slack:
        client = client_of(slack)
        said = await client.chat_postMessage(channel="#desk", text="rules")

        await client.pins_add(channel=said["channel"], timestamp=said["ts"])
        pinned = (await client.pins_list(channel=said["channel"]))["items"]
        await client.pins_remove(channel=said["channel"], timestamp=said["ts"])

        assert [item["message"]["ts"] for item in pinned] == [said["ts"]]
        assert (await client.pins_list(channel=said["channel"]))["items"] == []
