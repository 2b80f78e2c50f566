"""The Web API: the answers, refusals and limits a Slack client meets."""

import json

import aiohttp
import pytest
from slack_parts import Clock, card, client_of, practice_slack, section
from slack_sdk.errors import SlackApiError

from handlers.rehearsal.slack_faults import Faults
from handlers.rehearsal.slack_limits import Rates


async def refusal(call):
    with pytest.raises(SlackApiError) as refused:
        await call
    return refused.value.response["error"]


async def test_posts_with_form_and_with_json_alike():
    async with practice_slack() as slack, aiohttp.ClientSession() as session:
        headers = {"Authorization": f"Bearer {slack.app.bot_token}"}
        said = {"channel": "#desk", "text": "card", "blocks": card()}
        form = {**said, "blocks": json.dumps(card()), "token": slack.app.bot_token}

        async with session.post(slack.api + "chat.postMessage", json=said, headers=headers) as answer:
            first = await answer.json()
        async with session.post(slack.api + "chat.postMessage", data=form) as answer:
            second = await answer.json()

        assert first["ok"] and second["ok"]
        assert first["message"]["blocks"][1] == second["message"]["blocks"][1]
        assert first["ts"] < second["ts"]
        assert first["message"]["bot_id"] == slack.app.bot_id


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"channel": "#nowhere", "text": "x"}, "channel_not_found"),
        ({"channel": "#desk", "text": ""}, "no_text"),
        ({"channel": "#desk", "text": "x", "blocks": [section("y" * 3001)]}, "invalid_blocks"),
        ({"channel": "#desk", "text": "x", "blocks": "not json"}, "invalid_blocks_format"),
        ({"channel": "#desk", "text": "x", "blocks": [section("y" * 3000)] * 5}, "msg_blocks_too_long"),
        ({"channel": "#desk", "text": "x", "thread_ts": "1.000001"}, "cannot_reply_to_message"),
        ({"channel": "#desk", "text": "x", "metadata": {"event_payload": {}}}, "invalid_metadata_format"),
        (
            {
                "channel": "#desk",
                "text": "x",
                "metadata": {"event_type": "t", "event_payload": {"a": "x" * 20000}},
            },
            "metadata_too_large",
        ),
        ({"channel": "#desk", "text": "x", "username": "Somebody"}, "missing_scope"),
    ],
)
async def test_a_post_that_slack_refuses(arguments, error):
    async with practice_slack() as slack:
        assert await refusal(client_of(slack).api_call("chat.postMessage", json=arguments)) == error
        assert not slack.workspace.ledger


async def test_long_text_is_cut_on_posting_and_refused_on_updating():
    async with practice_slack() as slack:
        client = client_of(slack)
        said = await client.chat_postMessage(channel="#desk", text="x" * 40_001)
        assert len(said["message"]["text"]) == 40_000

        update = client.chat_update(channel=said["channel"], ts=said["ts"], text="x" * 4_001)
        assert await refusal(update) == "msg_too_long"


@pytest.mark.parametrize(
    ("token", "error"),
    [("xoxb-unknown", "invalid_auth"), ("", "not_authed"), ("app", "not_allowed_token_type")],
)
async def test_a_wrong_token(token, error):
    async with practice_slack() as slack, aiohttp.ClientSession() as session:
        token = slack.app.app_token if token == "app" else token
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with session.post(slack.api + "auth.test", headers=headers) as answer:
            assert (await answer.json())["error"] == error


async def test_a_revoked_token_and_a_missing_scope():
    async with practice_slack() as slack:
        slack.app.scopes.remove("reactions:write")
        client = client_of(slack)
        said = await client.chat_postMessage(channel="#desk", text="x")
        react = client.reactions_add(channel=said["channel"], timestamp=said["ts"], name="eyes")
        with pytest.raises(SlackApiError) as refused:
            await react
        assert refused.value.response.data["needed"] == "reactions:write"

        await client.auth_revoke()
        assert await refusal(client.auth_test()) == "token_revoked"


async def test_only_ones_own_messages_are_updated_or_deleted():
    async with practice_slack() as slack:
        client, channel = client_of(slack), slack.workspace.channel("#desk").id
        theirs = await slack.workspace.post_message("olivia", "#desk", "mine")

        assert (
            await refusal(client.chat_update(channel=channel, ts=theirs.ts, text="x"))
            == "cant_update_message"
        )
        assert await refusal(client.chat_delete(channel=channel, ts=theirs.ts)) == "cant_delete_message"
        assert await refusal(client.chat_delete(channel=channel, ts="1.000001")) == "message_not_found"


async def test_an_update_without_blocks_keeps_them_and_an_empty_list_takes_them_away():
    async with practice_slack() as slack:
        client = client_of(slack)
        said = await client.chat_postMessage(channel="#desk", text="a", blocks=card())

        kept = await client.chat_update(channel=said["channel"], ts=said["ts"], text="b")
        gone = await client.chat_update(channel=said["channel"], ts=said["ts"], text="c", blocks=[])

        assert kept["message"]["blocks"] == said["message"]["blocks"]
        assert "blocks" not in gone["message"]
        assert gone["message"]["edited"]["user"] == slack.app.bot_user


async def test_history_is_paged_newest_first_and_metadata_comes_when_asked_for():
    async with practice_slack() as slack:
        client, channel = client_of(slack), slack.workspace.channel("#desk").id
        for number in range(5):
            metadata = {"event_type": "card", "event_payload": {"n": number}}
            await client.chat_postMessage(channel="#desk", text=f"m{number}", metadata=metadata)

        seen = []
        async for page in await client.conversations_history(
            channel=channel, limit=2, include_all_metadata=True
        ):
            seen += [(one["text"], one["metadata"]["event_payload"]["n"]) for one in page["messages"]]
        plain = await client.conversations_history(channel=channel, limit=1)

        assert seen == [(f"m{number}", number) for number in (4, 3, 2, 1, 0)]
        assert "metadata" not in plain["messages"][0]
        assert plain["has_more"]
        assert await refusal(client.conversations_history(channel=channel, cursor="?")) == "invalid_cursor"


async def test_history_since_a_mark_leaves_out_what_was_seen():
    async with practice_slack() as slack:
        client, workspace = client_of(slack), slack.workspace
        first = await workspace.post_message("olivia", "#desk", "one")
        second = await workspace.post_message("olivia", "#desk", "two")

        since = await client.conversations_history(channel=first.channel, oldest=first.ts)
        both = await client.conversations_history(channel=first.channel, oldest=first.ts, inclusive=True)

        assert [one["ts"] for one in since["messages"]] == [second.ts]
        assert len(both["messages"]) == 2


async def test_a_thread_has_its_parent_first_and_counts_its_replies():
    async with practice_slack() as slack:
        client, channel = client_of(slack), slack.workspace.channel("#desk").id
        parent = await client.chat_postMessage(channel="#desk", text="parent")
        reply = await slack.workspace.post_message("olivia", "#desk", "reply", thread_ts=parent["ts"])
        await client.chat_postMessage(channel="#desk", text="answer to a reply", thread_ts=reply.ts)

        thread = (await client.conversations_replies(channel=channel, ts=parent["ts"]))["messages"]
        top = (await client.conversations_history(channel=channel))["messages"]

        assert [one["text"] for one in thread] == ["parent", "reply", "answer to a reply"]
        assert [one["text"] for one in top] == ["parent"]
        assert thread[0]["reply_count"] == 2
        assert {one["thread_ts"] for one in thread} == {parent["ts"]}
        assert (
            await refusal(client.conversations_replies(channel=channel, ts="1.000001")) == "thread_not_found"
        )


async def test_an_ephemeral_reaches_one_person_and_no_history():
    async with practice_slack() as slack:
        client, workspace = client_of(slack), slack.workspace
        channel, olivia, dan = (
            workspace.channel("#desk").id,
            workspace.person("olivia").id,
            workspace.person("dan").id,
        )
        await client.chat_postEphemeral(channel=channel, user=olivia, text="for your eyes")

        assert [one.text for one in workspace.history(channel, viewer=olivia)] == ["for your eyes"]
        assert workspace.history(channel, viewer=dan) == []
        assert (await client.conversations_history(channel=channel))["messages"] == []
        carla = workspace.person("carla").id
        call = client.chat_postEphemeral(channel=channel, user=carla, text="x")
        assert await refusal(call) == "user_not_in_channel"


async def test_private_rooms_are_unknown_to_outsiders_and_public_ones_closed():
    async with practice_slack() as slack:
        client, workspace = client_of(slack), slack.workspace
        private = await workspace.create_channel("olivia", "quiet", private=True)
        public = await workspace.create_channel("olivia", "loud")

        assert await refusal(client.conversations_history(channel=private)) == "channel_not_found"
        assert await refusal(client.conversations_history(channel=public)) == "not_in_channel"
        names = [one["name"] for one in (await client.conversations_list())["channels"]]
        assert "loud" in names and "quiet" not in names


async def test_people_are_found_by_id_and_mail_and_shown_for_what_they_are():
    async with practice_slack() as slack:
        client, workspace = client_of(slack), slack.workspace
        found = (await client.users_lookupByEmail(email="OLIVIA@studio.example"))["user"]
        carla = (await client.users_info(user=workspace.person("carla").id))["user"]
        ben = (await client.users_info(user=workspace.person("ben").id))["user"]

        assert found["is_owner"] and found["id"] == workspace.person("olivia").id
        assert carla["is_restricted"] and not ben["is_restricted"]
        assert ben["is_stranger"] and ben["team_id"] != workspace.team.id
        assert await refusal(client.users_lookupByEmail(email="no@body.example")) == "users_not_found"


async def test_a_post_a_second_in_one_channel_then_429_with_the_seconds_to_wait():
    clock = Clock()
    async with practice_slack(clock=clock, rates=Rates(post_burst=3)) as slack:
        client = client_of(slack)
        for _ in range(3):
            await client.chat_postMessage(channel="#desk", text="x")

        with pytest.raises(SlackApiError) as refused:
            await client.chat_postMessage(channel="#desk", text="x")
        await client.chat_postMessage(channel="#general", text="another room")
        clock.now += 1
        await client.chat_postMessage(channel="#desk", text="x")

        assert refused.value.response.status_code == 429
        assert refused.value.response["error"] == "ratelimited"
        assert refused.value.response.headers["Retry-After"] == "1"


async def test_an_answer_lost_on_its_way_leaves_a_message_that_was_posted():
    faults = Faults()
    faults.on_call("chat.postMessage", accept_then_reset=True)
    async with practice_slack(faults=faults) as slack:
        client = client_of(slack)

        with pytest.raises(aiohttp.ClientError):
            await client.chat_postMessage(channel="#desk", text="once")

        history = await client.conversations_history(channel=slack.workspace.channel("#desk").id)
        assert [one["text"] for one in history["messages"]] == ["once"]
        assert [call.method for call in slack.workspace.ledger] == [
            "chat.postMessage",
            "conversations.history",
        ]


@pytest.mark.parametrize(
    ("fault", "seen"), [({"error": "fatal_error"}, "fatal_error"), ({"error": "ratelimited"}, "ratelimited")]
)
async def test_a_method_fails_on_demand_and_then_works(fault, seen):
    faults = Faults()
    faults.on_call("chat.postMessage", **fault, times=2)
    async with practice_slack(faults=faults) as slack:
        client = client_of(slack)

        assert await refusal(client.chat_postMessage(channel="#desk", text="x")) == seen
        assert await refusal(client.chat_postMessage(channel="#desk", text="x")) == seen
        assert (await client.chat_postMessage(channel="#desk", text="x"))["ok"]


async def test_a_response_address_works_five_times_for_half_an_hour():
    clock = Clock()
    async with practice_slack(clock=clock) as slack, aiohttp.ClientSession() as session:
        workspace = slack.workspace
        olivia, desk = workspace.person("olivia").id, workspace.channel("#desk")
        url, late = (workspace._response_url("actions", slack.app, olivia, desk, "") for _ in range(2))

        answers = []
        for number in range(6):
            async with session.post(url, json={"text": f"n{number}"}) as answer:
                answers.append((answer.status, await answer.text()))
        clock.now += 1801
        async with session.post(late, json={"text": "too late"}) as answer:
            expired = await answer.json()

        assert answers[:5] == [(200, "ok")] * 5
        assert answers[5][0] == 404 and "used_url" in answers[5][1]
        assert expired["error"] == "expired_url"
        assert len(workspace.history(desk.id, viewer=olivia)) == 5


async def test_a_file_goes_up_in_three_steps_and_comes_down_as_it_was():
    picture = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
    async with practice_slack() as slack, aiohttp.ClientSession() as session:
        channel = slack.workspace.channel("#desk").id
        sent = await client_of(slack).files_upload_v2(
            channel=channel, filename="week.png", content=picture, initial_comment="The week"
        )

        (said,) = slack.workspace.history(channel)
        async with session.get(said.files[0]["url_private"]) as answer:
            content = await answer.read()

        assert sent["files"][0]["id"] == said.files[0]["id"]
        assert (said.text, said.subtype) == ("The week", "file_share")
        assert content == picture


async def test_an_unknown_method_says_so():
    async with practice_slack() as slack:
        assert await refusal(client_of(slack).api_call("chat.sing")) == "unknown_method"
