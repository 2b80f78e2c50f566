"""A client's question in a shared channel gets a card at the desk, and the answer in the client's own thread."""

from tests.flows.house import House


async def test_a_slack_question_is_answered_in_its_thread(house: House) -> None:
    asked = await house.workspace.post_message(
        "kajsa", "client-boman", "Hi! Which files do we get at the end, and will there be an SVG?"
    )

    card = await house.desk.card("Which files do we get at the end", "Kajsa Boman")
    await card.fill("petra", "Edit", "Hi Kajsa, you get SVG, PDF and PNG. Maren")

    await card.until("Edited and sent by Petra Nyström", "it has left")
    thread = house.workspace.thread(asked.channel, asked.ts)
    assert [one.text for one in thread[1:]] == ["Hi Kajsa, you get SVG, PDF and PNG. Maren"]


async def test_talk_among_ourselves_in_a_client_channel_is_no_inquiry(own_house: House) -> None:
    asked = await own_house.workspace.post_message("kajsa", "client-boman", "When is the first sketch ready?")
    card = await own_house.desk.card("When is the first sketch ready?")

    await own_house.workspace.post_message("maren", "client-boman", "On Tuesday!", asked.ts)

    await card.until("Maren Hallberg answered from their own Slack")
    assert not card.is_open


async def test_a_direct_message_is_a_question_too(own_house: House) -> None:
    bot = next(app for app in own_house.workspace.apps.values() if not app.practice).bot_user
    room = await own_house.workspace.open_dm("liv", bot)

    await own_house.workspace.post_message("liv", room, "Could you send us the price list once more?")

    card = await own_house.desk.card("send us the price list once more", "Liv Aune")
    await card.fill("jonas", "Edit", "Hi Liv, here it is.")
    await card.until("it has left")
    assert "Hi Liv, here it is." in [one.text for one in own_house.workspace.history(room)] + [
        one.text for m in own_house.workspace.history(room) for one in own_house.workspace.thread(room, m.ts)[1:]
    ]
