"""New mail on an open card: a new revision on a new card, and the old one retires and refuses."""

from tests.flows.house import House


async def test_a_client_who_writes_again_renews_the_card(house: House) -> None:
    asked = await house.post.send("Priya", "Class list", "Hi,\n\ncan you still change the class list?\n\nPriya")
    card = await house.desk.card("can you still change the class list")
    stale = await card.held("No reply")

    await house.post.send("Priya", "Re: Class list", "And could the font be larger?\n\nPriya", answers=asked)

    newer = await house.desk.card("can you still change the class list", "And could the font be larger?")
    await card.until("The client wrote again")
    assert not card.is_open
    before = len(house.desk.told("maren"))
    await stale("maren")
    assert "out of date" in await house.desk.hears("maren", after=before)
    await newer.fill("maren", "Edit", "Hi Priya, both are possible. Maren")
    await newer.until("it has left")
    assert [one.text.strip() for one in house.post.letters("Priya")] == ["Hi Priya, both are possible. Maren"]
