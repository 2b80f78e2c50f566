"""List mail, automatic replies and bounces disturb nobody, are listed with the reason, and can be put back."""

from tests.flows.house import House

LETTER = {"List-Id": "Paperhouse News <news.paperhouse.example>", "List-Unsubscribe": "<https://paperhouse.example/off>"}
AWAY = {"Auto-Submitted": "auto-replied", "X-Auto-Response-Suppress": "All"}


async def test_a_newsletter_is_filed_with_the_reason(house: House) -> None:
    await house.post.send(
        "Paperhouse", "Five papers for winter", "Frost, Pine and Slate", address="news@paperhouse.example", headers=LETTER
    )

    await house.quiet()

    filed = await house.desk.say("maren", "/understudy filed")
    assert "Five papers for winter" in filed
    assert "list" in filed.lower()
    assert not house.desk.cards("Five papers for winter")


async def test_filed_mail_can_be_put_back(own_house: House) -> None:
    await own_house.post.send(
        "Tom", "Packaging", "Hello, what does packaging for a small tea brand cost?", headers={"Precedence": "bulk"}
    )
    await own_house.quiet()
    assert not own_house.desk.cards("Packaging")
    await own_house.desk.say("maren", "/understudy filed")

    await own_house.desk.private("maren", "Packaging").press("maren", "Put back")

    card = await own_house.desk.card("what does packaging for a small tea brand cost", "a person put it back")
    assert card.holds("Tom Whitby")


async def test_an_out_of_office_reply_is_not_answered_and_changes_nothing(own_house: House) -> None:
    asked = await own_house.post.send("Dieter", "Broschüre", "Können Sie uns ein Angebot für den Katalog machen?")
    card = await own_house.desk.card("Angebot für den Katalog")
    await card.press("maren", "Send") if "Send" in card.labels else await card.fill("maren", "Edit", "Gern. Maren")
    answer = await own_house.post.answer("Dieter", asked)
    await card.until("it has left")
    before = own_house.desk.shown()

    await own_house.post.send(
        "Dieter", "Automatic reply: " + answer["Subject"], "I am away until Monday. Can it wait?",
        answers=answer["Message-ID"], headers=AWAY,
    )  # fmt: skip

    await own_house.quiet()
    assert own_house.desk.shown() == before
    assert len(own_house.post.letters("Dieter")) == 1
    assert "Automatic reply" in await own_house.desk.say("maren", "/understudy filed")


async def test_robots_that_answer_robots_get_silence(own_house: House) -> None:
    for number in range(3):
        await own_house.post.send(
            "Ticket", f"[#{number}] Your request", "Did we help? Please rate us.", address="noreply@desk.example",
            headers={"Auto-Submitted": "auto-generated"},
        )  # fmt: skip

    await own_house.quiet()

    assert own_house.desk.posts() == []
