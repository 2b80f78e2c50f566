"""A mail the owner passes on is read as from the client who wrote it, and the answer goes there."""

from tests.flows.house import House

FORWARDED = """Can you take this one? Not before February.

---------- Forwarded message ---------
From: Kajsa Boman <kajsa@boman-ceramics.example>
Date: Mon, 23 Nov 2026 at 09:12
Subject: A sign for the studio door
To: Maren Hallberg <maren@studio-hallberg.example>


Dear Maren,

people keep walking past my door. Could you make a small sign for it?

Hugs
Kajsa
"""


async def test_a_forwarded_mail_is_credited_to_its_writer(house: House) -> None:
    await house.post.send("Maren", "Fwd: A sign for the studio door", FORWARDED)

    card = await house.desk.card("people keep walking past my door", "Kajsa Boman Ceramics")

    assert card.holds("I read this as from Kajsa Boman (forwarded by Maren Hallberg).")
    assert card.holds("kajsa@boman-ceramics.example")
    assert "Wrong person" in card.labels
    await card.fill("maren", "Edit", "Dear Kajsa, gladly, in February. Maren")
    await card.until("it has left")
    [answer] = [one for one in house.post.letters("Kajsa") if "gladly, in February" in one.text]
    assert answer["Subject"] == "Re: A sign for the studio door"
    assert not [one for one in house.post.letters("Maren") if "gladly" in one.text]


async def test_a_wrongly_credited_forward_is_put_right(own_house: House) -> None:
    await own_house.post.send("Maren", "Fwd: A sign for the studio door", FORWARDED)
    card = await own_house.desk.card("people keep walking past my door")

    await card.fill("maren", "Wrong person", "Ingrid Solberg <ingrid@fjordandfig.example>")

    await card.until("corrected who wrote this")
    newer = await own_house.desk.card("people keep walking past my door", "Fjord & Fig Bakery")
    assert newer.holds("ingrid@fjordandfig.example")


async def test_a_forward_by_somebody_else_names_nobody(own_house: House) -> None:
    await own_house.post.send("Tom", "Fwd: A sign for the studio door", FORWARDED)

    card = await own_house.desk.card("Tom Whitby", "A sign for the studio door")

    assert card.holds("tom.whitby@leafandladle.example")
    assert not card.holds("I read this as from Kajsa")
