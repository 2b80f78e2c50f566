"""The workspace itself: what people write, what stays after a restart, what the page hears."""

import pytest
from slack_parts import card, client_of, practice_slack

from handlers.rehearsal.slack_model import SlackError
from handlers.rehearsal.slack_seed import sow
from handlers.rehearsal.workspace import Workspace


@pytest.fixture
def workspace():
    workspace = Workspace()
    sow(workspace)
    yield workspace
    workspace.records.close()


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("a < b & c > d", "a &lt; b &amp; c &gt; d"),
        ("see https://studio.example/x?a=1&b=2.", "see <https://studio.example/x?a=1&amp;b=2>."),
        ("mail ana@client.example", "mail <mailto:ana@client.example|ana@client.example>"),
        ("@nobody @here", "@nobody <!here>"),
        ("#nowhere", "#nowhere"),
        ("<!channel> stays, <script> does not", "<!channel> stays, &lt;script&gt; does not"),
    ],
)
async def test_typed_words_are_stored_as_slack_stores_them(workspace, typed, stored):
    said = await workspace.post_message("olivia", "#desk", typed)

    assert said.text == stored


async def test_names_become_mentions(workspace):
    said = await workspace.post_message("olivia", "#desk", "@dan, look in #general")
    dan, general = workspace.person("dan").id, workspace.channel("#general").id

    assert said.text == f"<@{dan}>, look in <#{general}|general>"
    kinds = [part["type"] for part in said.blocks[0]["elements"][0]["elements"]]
    assert kinds == ["user", "text", "channel"]
    assert workspace.unread(dan, general) == (0, 0)
    assert workspace.unread(dan, said.channel) == (1, 1)


async def test_timestamps_rise_even_in_one_instant(workspace):
    workspace.clock = lambda: 1_760_000_000.0
    stamps = [(await workspace.post_message("olivia", "#desk", "x")).ts for _ in range(50)]

    assert stamps == sorted(set(stamps))


async def test_a_stranger_cannot_write_and_others_messages_cannot_be_edited(workspace):
    said = await workspace.post_message("olivia", "#desk", "mine")

    with pytest.raises(SlackError, match="not_in_channel"):
        await workspace.post_message("carla", "#desk", "let me in")
    with pytest.raises(SlackError, match="cant_update_message"):
        await workspace.edit_message("dan", "#desk", said.ts, "yours")


async def test_a_deleted_parent_leaves_a_stone_a_deleted_reply_nothing(workspace):
    parent = await workspace.post_message("olivia", "#desk", "parent")
    reply = await workspace.post_message("dan", "#desk", "reply", parent.ts)

    await workspace.delete_message("olivia", "#desk", parent.ts)
    stone, kept = workspace.thread(parent.channel, parent.ts)
    assert (stone.subtype, stone.text, kept.ts) == ("tombstone", "This message was deleted.", reply.ts)

    await workspace.delete_message("dan", "#desk", reply.ts)
    assert workspace.thread(parent.channel, parent.ts) == [stone]
    assert stone.reply_count == 0


async def test_the_page_hears_of_every_change_in_order(workspace):
    with workspace.subscribe() as changes:
        said = await workspace.post_message("olivia", "#desk", "hello")
        await workspace.edit_message("olivia", "#desk", said.ts, "hello!")
        await workspace.react("dan", "#desk", said.ts, ":+1:")
        workspace.mark(workspace.person("dan").id, "#desk", said.ts)
        await workspace.delete_message("olivia", "#desk", said.ts)
        heard = [await anext(changes) for _ in range(5)]

    assert [change.kind for change in heard] == [
        "message",
        "message_changed",
        "reaction",
        "read",
        "message_deleted",
    ]
    assert {change.ts for change in heard} == {said.ts}
    assert [change async for change in changes] == []


async def test_a_restart_continues_where_it_stopped(tmp_path):
    path = tmp_path / "practice.db"
    async with practice_slack(path) as slack:
        token = slack.app.bot_token
        posted = await client_of(slack).chat_postMessage(channel="#desk", text="card", blocks=card())
        await slack.workspace.post_message("olivia", "#desk", "in the thread", posted["ts"])
        await slack.workspace.react("olivia", "#desk", posted["ts"], "eyes")
        direct = await slack.workspace.open_dm("olivia", "understudy")

    async with practice_slack(path) as slack:
        (message,) = slack.workspace.history(posted["channel"])
        again = await client_of(slack, token).chat_postMessage(channel="#desk", text="later")

        assert message.blocks == posted["message"]["blocks"]
        assert (message.reply_count, list(message.reactions)) == (1, ["eyes"])
        assert again["ts"] > message.latest_reply
        assert await slack.workspace.open_dm("understudy", "olivia") == direct


async def test_a_second_app_reads_the_desk_and_speaks_for_people():
    async with practice_slack() as slack:
        script = client_of(slack, slack.script.bot_token)
        card_ts = (await client_of(slack).chat_postMessage(channel="#desk", text="card", blocks=card()))["ts"]

        channels = {one["name"]: one["id"] for one in (await script.conversations_list())["channels"]}
        history = await script.conversations_history(channel=channels["desk"])
        said = await script.api_call(
            "practice.post", json={"as": "carla", "channel": "#client-neumann", "text": "Hi"}
        )
        pressed = await script.api_call(
            "practice.press", json={"as": "olivia", "channel": "#desk", "ts": card_ts, "action_id": "send"}
        )
        people = (await script.api_call("practice.people"))["people"]
        dan = next(one for one in people if one["name"] == "dan")
        own = await client_of(slack, dan["token"]).chat_postMessage(channel="#desk", text="as myself")

        assert [one["ts"] for one in history["messages"]] == [card_ts]
        assert said["message"]["user"] == slack.workspace.person("carla").id
        assert pressed["outcome"]["error"] == "dispatch_failed"
        assert own["message"]["user"] == dan["id"] and "bot_id" not in own["message"]


async def test_the_products_own_token_may_not_speak_for_people():
    async with practice_slack() as slack:
        answer = client_of(slack).api_call(
            "practice.post", json={"as": "olivia", "channel": "#desk", "text": "x"}
        )

        with pytest.raises(Exception, match="not_allowed_token_type"):
            await answer
