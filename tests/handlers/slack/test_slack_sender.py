"""An approved reply leaves for a client's channel once, word for word, or says how it ended."""

import pytest
from slack_house import Clock, slack_house

from bot.errors import OutcomeUnknown, Permanent, Refused, Transient
from bot.ports import Parcel
from handlers.rehearsal.slack_text import mentions
from handlers.slack.sender import SlackCarrier
from handlers.slack.unmarked import unmarked
from storage.channels import Channel

TEXT = "Hello *Ben* <!channel> & <@U0OWNER01>,\nhttps://studio.example/book works.\n"


def parcel(place: str, text: str = TEXT, thread: str = "") -> Parcel:
    return Parcel(5, Channel.SLACK, "m-5", "", (place,), text.encode(), thread, Clock().now())


async def yes() -> bool:
    return True


async def no() -> bool:
    return False


async def test_the_client_reads_exactly_what_was_approved():
    async with slack_house() as house:
        room = house.workspace.channel("client-okafor").id
        asked = await house.workspace.post_message("ben", room, "When?")

        handed = await SlackCarrier(house.client, Clock()).carry(
            parcel(room, thread=asked.ts), before_dot=yes
        )

        said = house.workspace.message(room, handed.stamp)
        assert unmarked(said.text, {}) == TEXT and not mentions(said.text)
        assert said.mrkdwn is False and said.thread_ts == asked.ts and not said.blocks
        assert said.unfurl_links is False and said.unfurl_media is False


async def test_nothing_is_posted_when_the_lease_is_lost():
    async with slack_house() as house:
        room = house.workspace.channel("client-okafor").id

        with pytest.raises(Refused):
            await SlackCarrier(house.client, Clock()).carry(parcel(room), before_dot=no)

        assert not house.workspace.messages.get(room)


async def test_a_lost_answer_is_settled_by_one_look_into_the_history():
    async with slack_house() as house:
        room = house.workspace.channel("client-okafor").id
        house.workspace.delivery.faults.on_call("chat.postMessage", accept_then_reset=True)

        handed = await SlackCarrier(house.client, Clock()).carry(parcel(room), before_dot=yes)

        assert list(house.workspace.messages[room]) == [handed.stamp]


async def test_a_reply_in_a_thread_is_found_in_the_thread():
    async with slack_house() as house:
        room = house.workspace.channel("client-okafor").id
        asked = await house.workspace.post_message("ben", room, "When?")
        carrier = SlackCarrier(house.client, Clock())
        handed = await carrier.carry(parcel(room, thread=asked.ts), before_dot=yes)

        proof = await carrier.find(parcel(room, thread=asked.ts))

        assert proof and handed.stamp in proof


async def test_what_cannot_be_found_stays_unknown():
    async with slack_house() as house:
        room = house.workspace.channel("client-okafor").id
        house.workspace.delivery.faults.on_call("chat.postMessage", reset=True)

        with pytest.raises(OutcomeUnknown):
            await SlackCarrier(house.client, Clock()).carry(parcel(room), before_dot=yes)
        assert await SlackCarrier(house.client, Clock()).find(parcel(room)) is None


async def test_the_same_key_written_by_somebody_else_proves_nothing():
    async with slack_house() as house:
        room = house.workspace.channel("client-okafor").id
        script = type(house.client)(house.slack.script.bot_token, base_url=house.slack.api)
        metadata = {"event_type": "understudy_post", "event_payload": {"key": "m-5"}}
        await script.chat_postMessage(channel=room, text="hi", metadata=metadata)

        assert await SlackCarrier(house.client, Clock()).find(parcel(room)) is None


@pytest.mark.parametrize(
    ("code", "kind"),
    [("ratelimited", Transient), ("not_in_channel", Permanent), ("token_revoked", Transient)],
)
async def test_a_clear_refusal_is_a_clear_end(code, kind):
    async with slack_house() as house:
        room = house.workspace.channel("client-okafor").id
        house.workspace.delivery.faults.on_call("chat.postMessage", error=code)

        with pytest.raises(kind):
            await SlackCarrier(house.client, Clock()).carry(parcel(room), before_dot=yes)


async def test_a_text_that_slack_would_cut_is_never_handed_over():
    async with slack_house() as house:
        room = house.workspace.channel("client-okafor").id

        with pytest.raises(Permanent, match="longer"):
            await SlackCarrier(house.client, Clock()).carry(parcel(room, "x" * 40_001), before_dot=yes)
