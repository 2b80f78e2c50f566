"""The main story: a mail becomes a card, one press sends exactly what it shows, threaded, with a copy in Sent."""

from tests.flows.house import House


async def test_a_mail_is_answered_after_one_press(house: House) -> None:
    asked = await house.post.send(
        "Nora Ekdahl", "A sign for our workshop", "Hello,\n\nhow do you usually work, and what would a sign cost?\n\nNora"
    )

    card = await house.desk.card("A sign for our workshop", "how do you usually work")
    assert {"Send", "Edit", "Redo", "Hand over", "Later", "No reply"} <= set(card.labels)
    assert not card.anybody_mentioned
    await card.press("maren", "Send")

    answer = await house.post.answer("Nora", asked)
    assert answer["From"] == "Maren Hallberg <hello@studio-hallberg.example>"
    assert answer["To"] == "Nora Ekdahl <nora@ekdahl-glass.example>"
    assert answer["Subject"] == "Re: A sign for our workshop"
    assert asked in answer["References"]
    assert card.holds(*answer.text.split("\n\n")), answer.text
    assert (await house.post.sent_copy(asked)).text == answer.text
    await card.until("Sent as drafted by Maren Hallberg", "it has left")
    assert not card.is_open
