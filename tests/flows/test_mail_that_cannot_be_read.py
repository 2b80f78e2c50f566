"""Broken mail is put aside with its reason while its neighbours go on, and can be tried again."""

from tests.flows.house import House

ENDLESS_HEADER = b"Subject: A thousand hops\r\n" + b"Received: from relay.example\r\n" * 1_200 + b"\r\nHello\r\n"


async def test_broken_mail_is_put_aside_and_its_neighbours_go_on(own_house: House) -> None:
    await own_house.post.hand_in(b"From: Tom <tom.whitby@leafandladle.example>\r\n" + ENDLESS_HEADER, "tom@x.example")
    await own_house.post.send("Nora", "A logo", "Hello,\n\nhow do you usually work?\n\nNora")

    await own_house.desk.card("how do you usually work")
    trouble = await own_house.desk.card("A message could not be read", "was put aside")
    assert {"Try again", "Original mail", "Leave it"} <= set(trouble.labels)

    await trouble.press("maren", "Try again")

    await trouble.until("Maren Hallberg had it tried again")
    await own_house.desk.card("A message could not be read")
    assert "could not be read" in await own_house.desk.say("maren", "/understudy digest")


async def test_the_same_mail_twice_is_one_card(own_house: House) -> None:
    asked = await own_house.post.send(
        "Nora", "A logo", "Hello,\n\nhow do you usually work?\n\nNora",
        to=["hello@studio-hallberg.example"], cc=["hello+copy@studio-hallberg.example"],
    )  # fmt: skip
    card = await own_house.desk.card("how do you usually work")
    [letter] = own_house.post.letters("Studio Hallberg")

    await own_house.mail.file(own_house.post.business.address, "INBOX", letter.raw)
    await own_house.post.hand_in(letter.raw.partition(b"From: ")[1] + letter.raw.partition(b"From: ")[2], "nora@ekdahl-glass.example")

    await own_house.quiet()
    assert [one.ts for one in own_house.desk.cards()] == [card.ts]
    await card.press("maren", "Send")
    await own_house.post.answer("Nora", asked)
    await own_house.quiet()
    assert len(own_house.post.letters("Nora")) == 1
