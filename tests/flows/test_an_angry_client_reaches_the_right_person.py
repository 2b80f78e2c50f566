"""Judgment: the card mentions one person, says what has to be decided, and nothing leaves by itself."""

from tests.flows.house import House


async def test_an_angry_client_reaches_the_owner(house: House) -> None:
    asked = await house.post.send(
        "Mats",
        "The second time the files are wrong",
        "Maren,\n\nI am very disappointed. The stickers went to print with the old logo and nobody has called me back. "
        "If I don't hear from a person today I will cancel the contract.\n\nMats",
    )

    card = await house.desk.card("The stickers went to print with the old logo")

    assert card.mentions("maren")
    assert not card.mentions("jonas")
    assert not card.mentions("petra")
    assert card.holds("please decide:")
    await house.quiet()
    assert not house.post.answers("Mats", asked)


async def test_a_price_question_reaches_the_delegate_for_prices(own_house: House) -> None:
    await own_house.post.send("Liv", "The quote", "Hi Maren,\n\ncould you give us a discount of 15 percent?\n\nLiv")

    card = await own_house.desk.card("discount of 15 percent")

    assert card.mentions("jonas")
    assert not card.mentions("maren")
