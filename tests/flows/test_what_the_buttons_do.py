"""Edit, Redo, Hand over, Later, No reply: each does what it says, and only that."""

from datetime import timedelta

from tests.flows.desk import Post
from tests.flows.house import House


async def asked_card(house: House) -> tuple[str, Post]:
    asked = await house.post.send("Nora", "A logo", "Hello,\n\nhow do you usually work, and how soon?\n\nNora")
    return asked, await house.desk.card("how do you usually work")


async def test_edit_sends_exactly_the_edited_text(own_house: House) -> None:
    asked, card = await asked_card(own_house)
    words = "Dear Nora,\n\n> this is no quote\n.and this no end\n\n  two spaces; ünïcode & <b>no markup</b> *nor* _here_\n\nMaren"

    await card.fill("maren", "Edit", words)

    answer = await own_house.post.answer("Nora", asked)
    assert answer.text.rstrip("\n") == words
    await card.until("Edited and sent by Maren Hallberg", "it has left")


async def test_redo_writes_a_new_revision_in_place(own_house: House) -> None:
    asked, card = await asked_card(own_house)
    first, stale = card.text, await card.held("Send")

    await card.fill("jonas", "Redo", "shorter, please")

    await card.until("Revision 2")
    assert "Revision 1" in first
    assert any("Jonas Lind asked for a new version: shorter, please" in one.text for one in card.replies())
    before = len(own_house.desk.told("maren"))
    await stale("maren")
    assert "The draft has changed" in await own_house.desk.hears("maren", after=before)
    assert not own_house.post.answers("Nora", asked)
    await card.press("maren", "Send")
    await own_house.post.answer("Nora", asked)


async def test_hand_over_mentions_the_delegate_in_the_thread(own_house: House) -> None:
    _, card = await asked_card(own_house)

    await card.fill("maren", "Hand over", "Petra Nyström")

    note = await card.reply("handed this to Petra Nyström")
    assert note.mentions("petra")
    await card.until("held by Petra Nyström")
    assert card.is_open


async def test_later_comes_back(own_house: House) -> None:
    _, card = await asked_card(own_house)

    await card.fill("maren", "Later", "In an hour")
    await card.until("Put off by Maren Hallberg until")
    own_house.clock.ahead = timedelta(minutes=61)

    await card.reply("is open again")
    assert "Send" in card.labels


async def test_no_reply_closes_without_one(own_house: House) -> None:
    asked, card = await asked_card(own_house)

    await card.press("petra", "No reply")

    await card.until("Closed without a reply by Petra Nyström")
    assert not card.is_open
    await own_house.quiet()
    assert not own_house.post.answers("Nora", asked)
