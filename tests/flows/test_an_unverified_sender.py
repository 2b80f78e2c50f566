"""Who forges a client's address gets nothing of that client's: no routine, no facts, and the card says so."""

from tests.flows.house import House


async def test_a_forged_client_gets_public_words_only(own_house: House) -> None:
    asked = await own_house.post.send(
        "Ingrid", "Where are we?", "Hi,\n\nwhere are we with the bread bags, any update?\n\nIngrid",
        headers={"X-Practice-Spoof": "yes"},
    )  # fmt: skip

    card = await own_house.desk.card("where are we with the bread bags")

    assert card.holds("sender not verified")
    for secret in ("Majorna", "dark green", "second round of changes", "Fjord & Fig", "printed proof"):
        assert not card.holds(secret)
    await own_house.quiet()
    assert not own_house.post.answers("Ingrid", asked)
