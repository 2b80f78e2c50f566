"""The live line: whatever is said arrives once, through refreshes, gaps, duplicates and a stop in the middle."""

import asyncio
import json

from slack_house import connected_house, slack_house, until

from handlers.slack import ids
from handlers.slack.connection import SlackConnection


def texts(house) -> list[str]:
    return [json.loads(raw)["event"].get("text", "") for raw in house.door.arrived.values()]


def addresses(house) -> int:
    """How often the app asked for an address to connect to."""
    return sum(call.method == "apps.connections.open" for call in house.workspace.ledger)


async def test_a_message_during_a_gap_is_read_back_after_it():
    async with connected_house() as (house, line):
        await house.workspace.post_message("ben", "client-okafor", "before")
        await until(lambda: texts(house) == ["before"])
        house.workspace.delivery.faults.lose_event = lambda _payload: True
        root = await house.workspace.post_message("ben", "client-okafor", "in the gap")
        await house.workspace.post_message("ben", "client-okafor", "and in a thread", root.ts)
        house.workspace.delivery.faults.lose_event = None

        seen = line.caught_up
        await house.workspace.delivery.sockets.refresh(house.slack.app.id)

        await until(lambda: line.caught_up > seen and line.connected)
        assert sorted(texts(house)) == ["and in a thread", "before", "in the gap"]


async def test_a_reply_to_an_old_thread_is_read_back_too():
    async with connected_house() as (house, _):
        root = await house.workspace.post_message("ben", "client-okafor", "root")
        await house.workspace.post_message("ben", "client-okafor", "later")
        await until(lambda: len(texts(house)) == 2)
        house.workspace.delivery.faults.lose_event = lambda _payload: True
        await house.workspace.post_message("ben", "client-okafor", "reply", root.ts)

        found = await house.catch_up().run()

        assert found == 1 and "reply" in texts(house)
        assert await house.catch_up().run() == 0


async def test_an_edit_in_the_gap_is_read_back_under_the_key_its_event_would_have():
    async with connected_house() as (house, _):
        said = await house.workspace.post_message("ben", "client-okafor", "one")
        await until(lambda: texts(house))
        house.workspace.delivery.faults.lose_event = lambda _payload: True
        await house.workspace.edit_message("ben", "client-okafor", said.ts, "two")

        assert await house.catch_up().run() == 1
        edited = house.workspace.message(house.workspace.channel("client-okafor").id, said.ts).edited
        assert any(f":{said.ts}:{edited['ts']}:" in key for key in house.door.arrived)


async def test_the_past_of_a_channel_nothing_was_stored_for_is_not_ours():
    async with slack_house() as house:
        await house.workspace.post_message("ben", "client-okafor", "long ago")
        await asyncio.sleep(0)

        assert await house.catch_up().run() == 0


async def test_copies_of_an_event_are_one_message():
    async with connected_house() as (house, _):
        house.workspace.delivery.faults.copies = 11
        house.workspace.delivery.faults.fresh_event_ids = True

        await house.workspace.post_message("ben", "client-okafor", "@understudy hello")
        await house.workspace.post_message("ben", "client-okafor", "the last")

        await until(lambda: len(house.door.arrived) == 2)
        assert len(set(house.door.arrived)) == 2


async def test_stopping_waits_for_a_press_that_has_begun():
    async with slack_house() as house:
        line = SlackConnection(
            house.app,
            house.client,
            house.slack.app.app_token,
            catch_up=house.catch_up(),
            answers=house.answers,
        )
        await line.start()
        assert await line.wait_connected(10)
        posted = await house.card()
        begun, go_on = asyncio.Event(), asyncio.Event()
        decide = house.door.click

        async def slow(click):
            begun.set()
            await go_on.wait()
            return await decide(click)

        house.door.click = slow
        pressing = asyncio.create_task(house.press("olivia", posted, ids.PRESSES[ids.Press.SEND]))
        await begun.wait()
        stopping = asyncio.create_task(line.stop())
        go_on.set()
        await stopping

        assert (await pressing).ok and house.door.settled_by
        assert not line.connected


async def test_a_slack_that_gives_no_address_is_asked_again():
    async with slack_house() as house:
        house.workspace.delivery.faults.on_call("apps.connections.open", error="internal_error")
        line = SlackConnection(
            house.app,
            house.client,
            house.slack.app.app_token,
            catch_up=house.catch_up(),
            answers=house.answers,
            ping_interval=0.1,
        )
        await line.start()

        assert await line.wait_connected(10)
        await line.stop()


async def test_a_silent_socket_is_found_out_by_reading_back_and_replaced():
    async with slack_house() as house:
        line = SlackConnection(
            house.app,
            house.client,
            house.slack.app.app_token,
            catch_up=house.catch_up(),
            answers=house.answers,
            sweep_every=0.2,
        )
        await line.start()
        await until(lambda: line.caught_up > 0)
        first = addresses(house)
        house.workspace.delivery.faults.lose_event = lambda _payload: True
        await house.workspace.post_message("ben", "client-okafor", "does anybody hear me?")

        await until(lambda: texts(house) and line.connected and addresses(house) > first)
        await line.stop()


async def test_a_cut_line_is_taken_up_again():
    async with connected_house() as (house, line):
        first = line.caught_up
        house.workspace.delivery.sockets.cut(house.slack.app.id)

        await until(lambda: line.caught_up > first and line.connected)
        await house.workspace.post_message("ben", "client-okafor", "still there?")
        await until(lambda: texts(house))
