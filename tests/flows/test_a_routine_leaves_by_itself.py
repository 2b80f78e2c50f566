"""Routine: a covered question is answered without anybody, within its limits, and listed with a way back."""

from datetime import timedelta

from tests.flows.house import House


async def test_a_routine_leaves_by_itself_and_is_listed(house: House) -> None:
    asked = await house.post.send("Omar", "Friday", "Hi,\n\nwhen are you open on Friday?\n\nOmar")

    answer = await house.post.answer("Omar", asked)

    assert "Friday until 15:00" in answer.text
    assert answer["Auto-Submitted"] == "auto-replied"
    listed = await house.desk.handled("Havet Swim School", "Re: Friday")
    await listed.until("sent")
    assert listed.holds(answer.text.split("\n\n")[1])
    assert listed.labels == ["Should have asked me"]
    assert not house.desk.cards("when are you open on Friday")


async def test_undo_in_time_holds_a_routine(house: House) -> None:
    asked = await house.post.send("Henrik", "Invoice", "Hello,\n\ncould I have a copy of the invoice?\n\nHenrik")
    listed = await house.desk.handled("Lindqvist Advokatbyrå", "Re: Invoice", "leaves at")

    await listed.press("petra", "Undo")

    await listed.until("undone, it did not leave")
    card = await house.desk.card("copy of the invoice", "Petra Nyström took back")
    assert "Undo" not in listed.labels
    assert not house.post.answers("Henrik", asked)
    await card.press("maren", "No reply")
    await card.until_over()


async def test_a_routine_waits_out_its_undo_window(own_house: House) -> None:
    asked = await own_house.post.send("Ingrid", "A call", "Hi,\n\ncould we find a time for a call next week?\n\nIngrid")
    await own_house.desk.handled("Re: A call", "leaves at")
    await own_house.quiet()
    assert not own_house.post.answers("Ingrid", asked)

    own_house.clock.ahead = timedelta(minutes=6)

    answer = await own_house.post.answer("Ingrid", asked)
    assert "https://book.studio-hallberg.example/maren" in answer.text


async def test_should_have_asked_makes_the_routine_ask_next_time(own_house: House) -> None:
    await own_house.post.send("Omar", "Friday", "Hi,\n\nwhen are you open on Friday?\n\nOmar")
    listed = await (await own_house.desk.handled("Re: Friday")).until("sent")

    await listed.press("maren", "Should have asked me")
    await listed.until("Maren Hallberg: this should have asked me")
    own_house.clock.ahead = timedelta(days=2)
    await own_house.post.send("Omar", "Monday", "Hi,\n\nwhen are you open on Monday?\n\nOmar")

    card = await own_house.desk.card("when are you open on Monday", "Maren Hallberg said that this should have asked")
    assert card.holds("Friday until 15:00")


async def test_a_client_who_writes_again_in_the_window_gets_no_automatic_mail(own_house: House) -> None:
    asked = await own_house.post.send("Ingrid", "A call", "Hi,\n\ncould we find a time for a call next week?\n\nIngrid")
    listed = await own_house.desk.handled("Re: A call", "leaves at")

    await own_house.post.send("Ingrid", "Re: A call", "Wait, I am very disappointed about the bags, call me today!", answers=asked)

    await listed.until("undone, it did not leave")
    await own_house.desk.card("very disappointed about the bags")
    own_house.clock.ahead = timedelta(minutes=10)
    await own_house.quiet()
    assert not own_house.post.answers("Ingrid", asked)
