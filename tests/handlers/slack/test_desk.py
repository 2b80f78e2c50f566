"""The desk posts what can be found again, and says honestly how it ended."""

import pytest
from slack_house import SOON, Clock, slack_house
from slack_questions import question

from bot.errors import OutcomeUnknown, Permanent, Transient
from bot.ports import Posted
from bot.questions import CardLook, Note
from handlers.slack import ids
from handlers.slack.channels import ChannelByName
from handlers.slack.desk import SlackDesk


def since():
    return Clock().now() - SOON


async def test_a_card_stands_in_the_desk_channel_and_is_found_by_its_key():
    async with slack_house() as house:
        posted = await house.desk.post(question(), key="card-41-1")

        assert posted.place == house.workspace.channel("desk").id
        assert await house.desk.find("card-41-1", since=since()) == posted
        assert await house.desk.find("card-41-2", since=since()) is None


async def test_every_post_carries_its_key_and_unfurls_nothing():
    async with slack_house() as house:
        posted = await house.desk.post(question(), key="k")

        message = house.workspace.message(posted.place, posted.stamp)
        assert message.metadata == {"event_type": ids.METADATA_EVENT, "event_payload": {"key": "k"}}
        assert message.unfurl_links is False and message.unfurl_media is False


async def test_a_note_stands_in_the_thread_and_is_found_there():
    async with slack_house() as house:
        card = await house.desk.post(question(), key="card")
        note = await house.desk.post(Note("Ana wrote again."), key="note", under=card)

        assert house.workspace.message(note.place, note.stamp).thread_ts == card.stamp
        assert await house.desk.find("note", since=since(), under=card) == note


async def test_an_update_draws_the_card_anew_in_its_place():
    async with slack_house() as house:
        posted = await house.desk.post(question(), key="card")

        await house.desk.update(posted, question(look=CardLook.SETTLED, outcome="Sent by Olivia Hart"))

        message = house.workspace.message(posted.place, posted.stamp)
        assert "Sent by Olivia Hart" in str(message.blocks) and "actions" not in {
            b["type"] for b in message.blocks
        }


async def test_a_busy_slack_says_when_to_come_back():
    async with slack_house() as house:
        house.workspace.delivery.faults.on_call("chat.postMessage", error="ratelimited", retry_after=7)

        with pytest.raises(Transient) as stopped:
            await house.desk.post(question(), key="k")

        assert stopped.value.retry_after.total_seconds() == 7


async def test_a_post_whose_answer_is_lost_is_unknown_and_then_found():
    async with slack_house() as house:
        house.workspace.delivery.faults.on_call("chat.postMessage", accept_then_reset=True)

        with pytest.raises(OutcomeUnknown):
            await house.desk.post(question(), key="k")

        assert await house.desk.find("k", since=since()) is not None
        assert len(house.workspace.messages[house.workspace.channel("desk").id]) == 1


async def test_a_desk_that_cannot_be_reached_was_certainly_not_told():
    async with slack_house() as house:
        await house.desk.channel.id()
        posted = await house.desk.post(question(), key="k")
        house.client.base_url = "http://127.0.0.1:9/api/"

        with pytest.raises(Transient):
            await house.desk.post(question(), key="k2")
        with pytest.raises(Transient):
            await house.desk.update(posted, question())


@pytest.mark.parametrize(
    "code", ["token_revoked", "not_in_channel", "is_archived", "channel_not_found", "missing_scope"]
)
async def test_what_a_person_can_cure_waits_and_names_the_cure(code):
    async with slack_house() as house:
        house.workspace.delivery.faults.on_call("chat.postMessage", error=code)

        with pytest.raises(Transient, match=r"\(.+\)") as stopped:
            await house.desk.post(question(), key="k")

        assert stopped.value.retry_after


async def test_a_refused_message_is_for_good():
    async with slack_house() as house:
        house.workspace.delivery.faults.on_call("chat.postMessage", error="invalid_blocks")
        with pytest.raises(Permanent):
            await house.desk.post(question(), key="k")

        with pytest.raises(Permanent):
            await house.desk.update(Posted(house.workspace.channel("desk").id, "1.000001"), question())


async def test_an_error_inside_slack_may_have_posted():
    async with slack_house() as house:
        house.workspace.delivery.faults.on_call("chat.postMessage", error="internal_error")

        with pytest.raises(OutcomeUnknown):
            await house.desk.post(question(), key="k")


async def test_a_desk_that_does_not_exist_is_named_with_its_cure():
    async with slack_house() as house:
        with pytest.raises(Transient, match="no channel #nowhere"):
            await SlackDesk(house.client, "#nowhere").post(question(), key="k")


async def test_a_public_channel_is_joined():
    async with slack_house() as house:
        place = await house.workspace.create_channel("olivia", "backstage")

        assert await ChannelByName(house.client, "#Backstage").id() == place
        assert house.slack.app.bot_user in house.workspace.channel(place).members
