"""The first press settles a card; late, repeated and forbidden presses get a plain private answer and change nothing."""

import asyncio

from tests.flows.house import House


async def test_a_second_approver_hears_that_it_is_settled(house: House) -> None:
    asked = await house.post.send("Dieter", "Katalog", "Guten Tag,\n\nwas würde ein Katalog kosten?\n\nDieter Brandt")
    card = await house.desk.card("was würde ein Katalog kosten")
    late = await card.held("No reply")
    await card.fill("maren", "Edit", "Guten Tag, das Angebot folgt. Maren")
    await house.post.answer("Dieter", asked)
    before = len(house.desk.told("jonas"))

    await late("jonas")

    told = await house.desk.hears("jonas", after=before)
    assert "settled already" in told
    assert "Maren Hallberg" in told
    await card.until("Edited and sent by Maren Hallberg")
    assert len(house.post.answers("Dieter", asked)) == 1


async def test_two_presses_at_once_send_one_mail(own_house: House) -> None:
    asked = await own_house.post.send("Nora", "A logo", "Hello,\n\nhow do you usually work?\n\nNora")
    card = await own_house.desk.card("how do you usually work")
    again = await card.held("Send")

    await asyncio.gather(*(again(who) for who in ("maren", "jonas", "petra", "maren")))

    await own_house.post.answer("Nora", asked)
    await own_house.quiet()
    assert len(own_house.post.answers("Nora", asked)) == 1
    refused = own_house.desk.told("maren") + own_house.desk.told("jonas") + own_house.desk.told("petra")
    assert len(refused) == 3


async def test_a_guest_may_not_press(own_house: House) -> None:
    asked = await own_house.post.send("Nora", "A logo", "Hello,\n\nhow do you usually work?\n\nNora")
    card = await own_house.desk.card("how do you usually work")
    own_house.workspace.join(own_house.workspace.channel("desk"), own_house.workspace.person("kajsa").id)

    for label in ("Send", "No reply", "Edit", "Redo", "Later"):
        before = len(own_house.desk.told("kajsa"))
        await card.press("kajsa", label)
        assert "Only the owner and the delegates" in await own_house.desk.hears("kajsa", after=before)

    assert card.is_open
    await own_house.quiet()
    assert not own_house.post.answers("Nora", asked)
    refusals = [row for row in await own_house.audit() if row.act == "refused"]
    assert [row.actor for row in refusals] == [f"slack:{own_house.workspace.person('kajsa').id}"] * len(refusals)
    assert len(refusals) == 5
