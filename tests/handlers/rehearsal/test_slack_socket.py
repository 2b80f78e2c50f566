"""Socket Mode as a real Bolt app lives through it: acknowledged, repeated, cut, refreshed, silent."""

import asyncio

import aiohttp
import pytest
from slack_parts import IMPATIENT, QUICK, bolt_app, button, card, client_of, connected, practice_slack

from handlers.rehearsal.slack_faults import Faults
from handlers.rehearsal.slack_limits import Timing


async def test_starts_answers_and_stops_within_a_blink_and_without_a_warning():
    async with practice_slack() as slack:
        answer = await client_of(slack).auth_test()

    assert answer["bot_id"] == slack.app.bot_id
    assert "chat:write" in answer.headers["x-oauth-scopes"]


async def test_an_event_that_failed_comes_again_with_its_retry_marks():
    async with practice_slack(timing=IMPATIENT) as slack:
        app, attempts = bolt_app(slack), []

        @app.event("message")
        async def write_down(req_attempt=None):
            attempts.append(len(attempts))
            if len(attempts) < 3:
                raise RuntimeError("the database is locked")

        frames = []
        async with connected(slack, app) as handler:
            handler.client.message_listeners.append(_keep(frames))
            await slack.workspace.post_message("carla", "#client-neumann", "Hello?")
            await slack.workspace.delivery.settled()

        events = [frame for frame in frames if frame.get("type") == "events_api"]
        assert attempts == [0, 1, 2]
        assert [frame["retry_attempt"] for frame in events] == [0, 1, 2]
        assert [frame["retry_reason"] for frame in events] == ["", "timeout", "timeout"]
        assert len({frame["payload"]["event_id"] for frame in events}) == 1
        assert slack.workspace.delivery.lost == []


def _keep(frames):
    async def listen(_client, message, _raw):
        frames.append(message)

    return listen


async def test_an_event_is_given_up_after_three_repetitions():
    async with practice_slack(timing=IMPATIENT) as slack:
        app, attempts = bolt_app(slack), []

        @app.event("message")
        async def never():
            attempts.append(1)
            raise RuntimeError

        async with connected(slack, app):
            await slack.workspace.post_message("carla", "#client-neumann", "Hello?")
            await slack.workspace.delivery.settled()

        assert len(attempts) == 4
        assert len(slack.workspace.delivery.lost) == 1


async def test_an_event_in_a_gap_is_gone_and_found_in_history():
    async with practice_slack(timing=QUICK) as slack:
        said = await slack.workspace.post_message("carla", "#client-neumann", "Anybody there?")
        await slack.workspace.delivery.settled()

        history = await client_of(slack).conversations_history(channel=said.channel, oldest="0")

        assert len(slack.workspace.delivery.lost) == 1
        assert [message["text"] for message in history["messages"]] == ["Anybody there?"]


@pytest.mark.parametrize("copies", [2, 11])
async def test_copies_of_one_event_may_have_ids_of_their_own(copies):
    faults = Faults(copies=copies, fresh_event_ids=True)
    async with practice_slack(timing=QUICK, faults=faults) as slack:
        app, ids = bolt_app(slack), []

        @app.event("message")
        async def heard(body):
            ids.append((body["event_id"], body["event"]["ts"]))

        async with connected(slack, app):
            await slack.workspace.post_message("carla", "#client-neumann", "Once")
            await slack.workspace.delivery.settled()

        assert len(ids) == len(set(ids)) == copies
        assert len({ts for _, ts in ids}) == 1


async def test_a_lost_press_is_not_repeated_and_the_person_is_told():
    faults = Faults(lose_press=lambda number: number == 1)
    async with practice_slack(timing=QUICK, faults=faults) as slack:
        app, presses = bolt_app(slack), []

        @app.action("send")
        async def send(ack):
            presses.append(1)
            await ack()

        async with connected(slack, app):
            said = await client_of(slack).chat_postMessage(channel="#desk", text="card", blocks=card())
            with slack.workspace.subscribe() as changes:
                first = await slack.workspace.press("olivia", "#desk", said["ts"], "acts", "send")
                told = [await anext(changes) for _ in range(3)]
            second = await slack.workspace.press("olivia", "#desk", said["ts"], "acts", "send")

        assert not first.ok
        assert first.words == "The app did not respond. Try again."
        assert [change.kind for change in told] == ["press", "press", "notice"]
        assert second.ok
        assert presses == [1]


async def test_an_app_that_does_not_answer_in_time_is_named_to_the_person():
    async with practice_slack(timing=Timing(ack=0.05)) as slack:
        app, release = bolt_app(slack), asyncio.Event()

        @app.command("/understudy")
        async def slow(ack):
            await release.wait()
            await ack()

        async with connected(slack, app):
            outcome = await slack.workspace.slash("olivia", "#desk", "/understudy queue")
            release.set()

        assert outcome.error == "operation_timeout"
        olivia = slack.workspace.person("olivia").id
        (whisper,) = slack.workspace.history(slack.workspace.channel("#desk").id, viewer=olivia)
        assert whisper.text == "/understudy failed because the app did not respond."


async def test_nobody_connected_is_a_dispatch_failure_at_once():
    async with practice_slack() as slack:
        outcome = await slack.workspace.slash("olivia", "#desk", "/understudy queue")

        assert outcome.error == "dispatch_failed"


async def test_a_refresh_brings_a_new_connection_that_hears_again():
    async with practice_slack(timing=QUICK) as slack:
        app, heard = bolt_app(slack), []
        door = slack.workspace.delivery.sockets

        @app.event("message")
        async def keep(event):
            heard.append(event["text"])

        async with connected(slack, app):
            await door.refresh(slack.app.id)
            await door.connected(slack.app.id)
            await slack.workspace.post_message("carla", "#client-neumann", "After")
            await slack.workspace.delivery.settled()

        assert heard == ["After"]


async def test_a_cut_line_in_the_middle_of_a_press_is_a_failure_for_the_person():
    async with practice_slack() as slack:
        app = bolt_app(slack)

        @app.action("send")
        async def send(ack):
            slack.workspace.delivery.sockets.cut(slack.app.id)

        async with connected(slack, app):
            said = await client_of(slack).chat_postMessage(
                channel="#desk", text="card", blocks=card(button())
            )
            outcome = await slack.workspace.press("olivia", "#desk", said["ts"], "acts", "send")

        assert outcome.error == "dispatch_failed"


async def test_a_half_open_line_swallows_events_without_a_word():
    async with practice_slack(timing=Timing(ack=0.02, retry_waits=())) as slack:
        app, heard = bolt_app(slack), []

        @app.event("message")
        async def keep(event):
            heard.append(event["text"])

        async with connected(slack, app):
            slack.workspace.delivery.sockets.silence(slack.app.id)
            await slack.workspace.post_message("carla", "#client-neumann", "Lost")
            await slack.workspace.delivery.settled()
            slack.workspace.delivery.sockets.silence(slack.app.id, silent=False)
            await slack.workspace.post_message("carla", "#client-neumann", "Heard")
            await slack.workspace.delivery.settled()

        assert heard == ["Heard"]


async def test_an_eleventh_connection_is_turned_away():
    async with practice_slack() as slack, aiohttp.ClientSession() as session:
        client = client_of(slack, slack.app.app_token)
        lines = []
        for number in range(1, 11):
            opened = await client.apps_connections_open(app_token=slack.app.app_token)
            line = await session.ws_connect(opened["url"])
            hello = await line.receive_json()
            assert (hello["type"], hello["num_connections"]) == ("hello", number)
            lines.append(line)

        opened = await client.apps_connections_open(app_token=slack.app.app_token)
        surplus = await session.ws_connect(opened["url"])

        assert (await surplus.receive_json())["reason"] == "too_many_websockets"
        for line in [*lines, surplus]:
            await line.close()


async def test_a_ticket_opens_one_connection_only():
    async with practice_slack() as slack, aiohttp.ClientSession() as session:
        opened = await client_of(slack).apps_connections_open(app_token=slack.app.app_token)
        line = await session.ws_connect(opened["url"])

        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(opened["url"])

        await line.close()
