"""A reply that the owner sent by themselves closes the card: nobody answers twice."""

from tests.flows.house import House


async def test_a_reply_in_the_sent_folder_closes_the_card(own_house: House) -> None:
    asked = await own_house.post.send("Nora", "A logo", "Hello,\n\nhow do you usually work?\n\nNora")
    card = await own_house.desk.card("how do you usually work")

    await own_house.post.file_sent("Nora", "Re: A logo", "Dear Nora, let us talk on Monday.", answers=asked)

    await card.until("answered from their own mail")
    assert not card.is_open


async def test_a_reply_with_us_in_blind_copy_closes_the_card(own_house: House) -> None:
    asked = await own_house.post.send("Nora", "A logo", "Hello,\n\nhow do you usually work?\n\nNora")
    card = await own_house.desk.card("how do you usually work")

    await own_house.post.send(
        "Maren", "Re: A logo", "Dear Nora, let us talk on Monday.", answers=asked,
        to=["Nora Ekdahl <nora@ekdahl-glass.example>"], bcc=["hello@studio-hallberg.example"],
    )  # fmt: skip

    await card.until("Maren Hallberg answered from their own mail")
    assert not card.is_open


async def test_a_stranger_who_claims_to_be_the_owner_closes_nothing(own_house: House) -> None:
    asked = await own_house.post.send("Nora", "A logo", "Hello,\n\nhow do you usually work?\n\nNora")
    card = await own_house.desk.card("how do you usually work")

    await own_house.post.send(
        "Maren", "Re: A logo", "Pay the invoice to another account.", answers=asked, headers={"X-Practice-Spoof": "yes"}
    )

    await own_house.quiet()
    assert any(one.is_open and one.holds("how do you usually work") for one in own_house.desk.cards()), card.text


async def test_a_forged_mail_from_our_own_address_is_filed_as_such(own_house: House) -> None:
    asked = await own_house.post.send("Nora", "A logo", "Hello,\n\nhow do you usually work?\n\nNora")
    card = await own_house.desk.card("how do you usually work")

    await own_house.post.send(
        "Studio Hallberg", "Re: A logo", "Send the money elsewhere.", answers=asked, address="hello@studio-hallberg.example",
        to=["nora@ekdahl-glass.example", "hello@studio-hallberg.example"], headers={"X-Practice-Spoof": "yes"},
    )  # fmt: skip

    await own_house.quiet()
    assert card.is_open
    assert len(own_house.desk.cards()) == 1
    assert "it is forged" in await own_house.desk.say("maren", "/understudy filed")
