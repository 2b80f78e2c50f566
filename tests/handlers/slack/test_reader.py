"""A stored Slack event is read as a message: who, what, where; and what is no person's word is said to be none."""

import contextlib
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_house import slack_house
from test_payloads import recorded

from bot.errors import Quarantined
from bot.inbound import Authenticated, Kind, Person
from handlers.slack.reader import SlackReader
from handlers.slack.unmarked import unmarked


def event(**fields) -> bytes:
    said = {
        "type": "message",
        "channel": "C0CLIENT01",
        "channel_type": "channel",
        "user": "U0BEN00001",
        "ts": "1700000000.000100",
    }
    return json.dumps({"type": "event_callback", "team_id": "T1", "event": said | fields}).encode()


@pytest.fixture
async def house():
    async with slack_house() as house:
        yield house


async def test_a_clients_message_is_read_with_name_place_and_plain_words(house):
    ben = house.workspace.person("ben")

    read = await SlackReader(house.client).read(
        event(
            user=ben.id,
            text=f"Tom &amp; I &lt;3 it, <@{ben.id}>: <https://a.example|see> <#C1|desk> <!here>",
            thread_ts="1699.1",
            user_team=ben.team_id,
        )
    )

    assert read.kind is Kind.HUMAN and read.sender == Person("Ben Okafor", ben.id)
    assert read.text == "Tom & I <3 it, @Ben Okafor: see (https://a.example) #desk @here"
    assert (read.message_id, read.in_reply_to) == ("1700000000.000100", "1699.1")
    assert read.date == datetime(2023, 11, 14, 22, 13, 20, 100, tzinfo=UTC)
    assert read.authenticated is Authenticated.PASS
    assert read.headers["slack-channel"] == "C0CLIENT01" and read.headers["slack-channel-type"] == "channel"
    assert read.headers["slack-team"] == "T1" and read.headers["slack-user-team"] == ben.team_id


async def test_our_own_words_and_other_apps_are_told_apart(house):
    reader = SlackReader(house.client)

    ours = await reader.read(event(user=house.slack.app.bot_user, bot_id=house.slack.app.bot_id, text="hi"))
    theirs = await reader.read(
        event(subtype="bot_message", bot_id="B0OTHER001", username="Buildbot", text="done", user=None)
    )
    joined = await reader.read(event(subtype="channel_join", text="joined"))

    assert ours.kind is Kind.OWN and theirs.kind is joined.kind is Kind.NOTIFICATION
    assert all(each.why for each in (ours, theirs, joined)) and theirs.sender == Person(
        "Buildbot", "B0OTHER001"
    )


async def test_edits_and_deletions_are_flagged(house):
    reader = SlackReader(house.client)
    message = {
        "user": "U0BEN00001",
        "text": "now",
        "ts": "1.1",
        "edited": {"user": "U0BEN00001", "ts": "2.2"},
    }

    edited = await reader.read(event(subtype="message_changed", message=message, user=None, ts="2.3"))
    deleted = await reader.read(event(subtype="message_deleted", previous_message=message, user=None))
    only_look = await reader.read(event(subtype="message_changed", message=message | {"edited": None}))

    assert (edited.kind, edited.text, edited.message_id, edited.flags) == (
        Kind.HUMAN,
        "now",
        "1.1",
        ("edited",),
    )
    assert deleted.kind is Kind.NOTIFICATION and "deleted" in deleted.flags
    assert only_look.kind is Kind.NOTIFICATION


async def test_files_are_named_and_never_opened(house):
    file = {"name": "plan.pdf", "mimetype": "application/pdf", "size": 1234, "url_private": "https://x"}

    read = await SlackReader(house.client).read(event(subtype="file_share", text="", files=[file, "?"]))

    assert read.kind is Kind.HUMAN
    assert [(a.name, a.type, a.bytes) for a in read.attachments] == [("plan.pdf", "application/pdf", 1234)]


async def test_words_that_stand_only_in_blocks_are_read(house):
    rich = {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [
        {"type": "text", "text": "See "}, {"type": "link", "url": "https://a.example"}, {"type": "emoji", "name": "tada"}]}]}  # fmt: skip

    assert (
        await SlackReader(house.client).read(event(text="", blocks=[rich]))
    ).text == "See https://a.example:tada:"


async def test_slack_away_does_not_stop_the_reading(house):
    house.client.base_url = "http://127.0.0.1:9/api/"

    read = await SlackReader(house.client).read(event(text="hello"))

    assert read.text == "hello" and read.sender == Person("", "U0BEN00001")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"\xff",
        b'{"event": {"type": "reaction_added"}}',
        b'{"event": []}',
        b"[" * 9_000,
    ],
)
async def test_what_is_no_message_is_quarantined(house, raw):
    with pytest.raises(Quarantined):
        await SlackReader(house.client).read(raw)


async def test_every_recorded_message_is_read_as_recorded(house):
    reader, seen = SlackReader(house.client), 0
    for payload in recorded():
        inner = payload.get("event", payload)
        if inner.get("type") not in {"message", "app_mention"}:
            continue
        seen += 1
        read = await reader.read(json.dumps(payload).encode())
        assert read.kind is not Kind.HUMAN or read.sender
    assert seen > 5


@given(
    st.dictionaries(
        st.sampled_from(
            [
                "text",
                "user",
                "ts",
                "subtype",
                "message",
                "files",
                "blocks",
                "edited",
                "bot_id",
                "user_profile",
            ]
        ),
        st.recursive(
            st.none() | st.integers() | st.text(max_size=8),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(["type", "text", "elements", "ts", "name"]), inner, max_size=3
                )
            ),
        ),
    )
)
async def test_no_field_of_any_kind_breaks_the_reader(fields):
    class Nobody:
        async def auth_test(self):
            raise OSError

        async def users_info(self, user):
            raise OSError

    with contextlib.suppress(Quarantined):
        await SlackReader(Nobody()).read(json.dumps({"event": {"type": "message", **fields}}).encode())


@pytest.mark.parametrize(
    ("marked", "plain"),
    [
        ("<mailto:a@b.example|a@b.example>", "a@b.example"), ("<https://a.example|a.example>", "a.example"),
        ("<!subteam^S1|@staff>", "@staff"), ("<!date^1^{date}|Monday>", "Monday"), ("<@U9>", "@U9"), ("a < b", "a < b"),
        ("&amp;lt;", "&lt;"), ("<>", ""),
    ],
)  # fmt: skip
def test_markup_becomes_what_a_person_sees(marked, plain):
    assert unmarked(marked, {}) == plain
