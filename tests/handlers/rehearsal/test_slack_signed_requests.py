"""HTTP mode: requests signed as Slack signs them, to a real Bolt app behind a real server."""

from contextlib import asynccontextmanager

from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_parts import QUICK, bolt_app, card, client_of, modal, practice_slack
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from handlers.rehearsal.slack_seed import PRACTICE_MANIFEST, Seed, SeedChannel, SeedPerson
from handlers.rehearsal.slack_server import served

HTTP_APP = {**PRACTICE_MANIFEST, "settings": {**PRACTICE_MANIFEST["settings"], "socket_mode_enabled": False}}
SEED = Seed(
    people=(SeedPerson("olivia", "Olivia Hart", "owner"),),
    channels=(SeedChannel("desk", ("olivia", "understudy")),),
    apps=(HTTP_APP,),
)


@asynccontextmanager
async def over_http(slack, app, requests):
    handler = AsyncSlackRequestHandler(app)

    async def endpoint(request):
        requests.append(request.headers)
        return await handler.handle(request)

    async with served(Starlette(routes=[Route("/slack/events", endpoint, methods=["POST"])])) as address:
        slack.app.request_url = f"{address}/slack/events"
        yield


async def test_events_presses_windows_and_commands_arrive_signed():
    async with practice_slack(seed=SEED, timing=QUICK) as slack:
        app, heard, requests = bolt_app(slack), [], []

        @app.event("message")
        async def message(event):
            heard.append(event["text"])

        @app.action("send")
        async def send(ack, body, client):
            await client.views_open(trigger_id=body["trigger_id"], view=modal())
            await ack()

        @app.view("window")
        async def window(ack):
            await ack(response_action="errors", errors={"words": "Not like this."})

        @app.command("/understudy")
        async def command(ack, command):
            await ack(f"You asked: {command['text']}")

        async with over_http(slack, app, requests):
            workspace = slack.workspace
            assert await workspace.delivery.http.verify(slack.app)
            await workspace.post_message("olivia", "#desk", "hello")
            await workspace.delivery.settled()
            said = await client_of(slack).chat_postMessage(channel="#desk", text="card", blocks=card())
            pressed = await workspace.press("olivia", "#desk", said["ts"], "acts", "send")
            olivia = workspace.person("olivia").id
            (view,) = workspace.modals(olivia)
            submitted = await workspace.submit_view("olivia", view.id, {"words": {"typed": "x"}})
            asked = await workspace.slash("olivia", "#desk", "/understudy queue")
            await workspace.delivery.settled()

        assert "hello" in heard
        assert pressed.ok
        assert view.errors == {"words": "Not like this."}
        assert submitted.error == "errors"
        assert asked.ok
        assert workspace.history(workspace.channel("#desk").id, viewer=olivia)[-1].text == "You asked: queue"
        assert all(headers["x-slack-signature"].startswith("v0=") for headers in requests)


async def test_a_failing_endpoint_gets_the_event_again_with_number_and_reason():
    async with practice_slack(seed=SEED, timing=QUICK) as slack:
        app, requests = bolt_app(slack), []

        @app.event("message")
        async def fails_twice():
            if len(requests) < 3:
                raise RuntimeError

        async with over_http(slack, app, requests):
            await slack.workspace.post_message("olivia", "#desk", "hello")
            await slack.workspace.delivery.settled()

        marks = [(one.get("x-slack-retry-num"), one.get("x-slack-retry-reason")) for one in requests]
        assert marks == [(None, None), ("1", "http_error"), ("2", "http_error")]


async def test_an_endpoint_may_ask_for_no_more_of_this():
    async with practice_slack(seed=SEED, timing=QUICK) as slack:
        asked = []

        async def refuse(request):
            asked.append(await request.json())
            return PlainTextResponse("no", status_code=500, headers={"X-Slack-No-Retry": "1"})

        async with served(Starlette(routes=[Route("/", refuse, methods=["POST"])])) as address:
            slack.app.request_url = f"{address}/"
            await slack.workspace.post_message("olivia", "#desk", "hello")
            await slack.workspace.delivery.settled()

        assert len(asked) == 1


async def test_a_wrong_secret_is_refused_by_the_app():
    async with practice_slack(seed=SEED, timing=QUICK) as slack:
        app, heard, requests = bolt_app(slack), [], []

        @app.event("message")
        async def message(event):
            heard.append(event)

        async with over_http(slack, app, requests):
            slack.app.signing_secret = "0" * 32
            assert not await slack.workspace.delivery.http.verify(slack.app)
            await slack.workspace.post_message("olivia", "#desk", "hello")
            await slack.workspace.delivery.settled()

        assert heard == []
        assert len(slack.workspace.delivery.lost) == 1
