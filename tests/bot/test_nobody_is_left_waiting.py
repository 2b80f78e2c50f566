"""Whatever goes wrong ends where a person sees it: on a card that is there, about the thing as it stands."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update
from sqlmodel import col

from bot.errors import OutcomeUnknown, Permanent, Transient
from bot.inbound import BouncedRecipient, Kind, Person
from bot.ports import HandedOver, Parcel
from bot.questions import Post, Press, Question
from storage.cards import Card, CardAbout, CardState
from storage.inquiries import InquiryState, Track
from storage.jobs import Job, JobState, Step
from storage.outbox import OutboxItem, OutboxState
from tests.bot.small_house import SmallHouse, letter, small_house, sorted_as

ANA = "ana@client.example"


async def answered(house: SmallHouse) -> OutboxItem:
    await house.mail(letter(ANA, "What does a logo cost?", message_id="a1"))
    await house.press(Press.SEND, await house.open_card())
    async with house.store.reading() as tx:
        return await tx.outbox.get(1)


async def bounce(house: SmallHouse, item: OutboxItem, recipient: str = ANA, number: int = 1) -> None:
    report = letter("mailer-daemon@mx.example", "Returned.", message_id=f"dsn{number}", kind=Kind.BOUNCE)
    failed = BouncedRecipient(recipient, "5.1.1", "failed", "no such user")
    await house.mail(replace(report, bounce=(failed,), headers={"failed-message-id": item.message_id.strip("<>")}))


async def delivery_card(house: SmallHouse) -> Card:
    [card] = await house.cards(CardState.OPEN, about=CardAbout.DELIVERY)
    return card


async def outbox(house: SmallHouse) -> OutboxItem:
    async with house.store.reading() as tx:
        return await tx.outbox.get(1)


async def test_a_message_that_comes_back_a_second_time_asks_a_second_time(tmp_path: Path) -> None:
    async with small_house(tmp_path) as house:
        item = await answered(house)
        await bounce(house, item)
        await house.press(Press.SEND_AGAIN, await delivery_card(house))

        await bounce(house, item, number=2)

        assert (await delivery_card(house)).inquiry_id == 1
        assert not await house.broken()


async def test_a_report_that_anybody_can_write_adds_no_recipient(tmp_path: Path) -> None:
    async with small_house(tmp_path) as house:
        item = await answered(house)
        await bounce(house, item, recipient="thief@evil.example")

        await house.press(Press.SEND_AGAIN, await delivery_card(house))

        assert [parcel.recipients for parcel in house.carrier.took] == [(ANA,), (ANA,)]
        assert "thief" not in repr(house.desk.shown)


def unknown(_parcel: Parcel) -> HandedOver:
    raise OutcomeUnknown("no answer came")


@pytest.mark.parametrize("press", [Press.LEAVE, Press.SEND_AGAIN])
async def test_a_press_about_an_old_delivery_leaves_the_clients_next_question_where_it_is(tmp_path: Path, press: Press) -> None:
    async with small_house(tmp_path) as house:
        house.carrier.answer = unknown
        await answered(house)
        house.clock.forward(minutes=1)
        await house.work()
        house.carrier.answer = lambda _parcel: HandedOver("250 taken")
        await house.mail(letter(ANA, "Did you get my mail?", message_id="a2", in_reply_to="a1"), run=False)
        await house.step(Step.INTAKE)

        await house.press(press, await delivery_card(house))

        [card] = await house.cards(CardState.OPEN)
        assert "Did you get my mail?" in house.question(card).asked
        assert (await house.inquiry(1)).state is InquiryState.WAITING
        assert not await house.broken()


async def test_a_servers_yes_is_written_down_even_when_the_job_was_taken_over(tmp_path: Path) -> None:
    """The process slept past its lease between the last byte and the answer; the answer is known all the same."""
    async with small_house(tmp_path) as house:

        async def taken_over() -> None:
            async with house.store.transaction("story.taken_over") as tx:
                await tx.session.exec(
                    update(Job).where(col(Job.step) == Step.SEND).values(attempts=7, leased_until=None)
                )

        house.carrier.after_dot = taken_over
        item = await answered(house)

        assert item.state is OutboxState.SENT
        assert (await house.inquiry(1)).state is InquiryState.ANSWERED
        assert len(house.carrier.took) == 1
        assert not await house.broken()


async def test_cards_wait_for_slack_however_long_it_is_away(tmp_path: Path) -> None:
    async with small_house(tmp_path) as house:
        house.desk.refuse = lambda _post: Transient("Slack refuses: token_revoked", retry_after=timedelta(minutes=30))
        await house.mail(letter(ANA, "What does a logo cost?", message_id="a1"))
        for _ in range(60):
            house.clock.forward(hours=1)
            await house.work()

        house.desk.refuse = lambda _post: None
        house.clock.forward(hours=1)
        await house.work()

        assert house.question(await house.open_card())
        assert not await house.broken()


async def test_a_card_that_somebody_deleted_is_posted_anew_when_it_changes(tmp_path: Path) -> None:
    async with small_house(tmp_path) as house:
        await house.mail(letter(ANA, "What does a logo cost?", message_id="a1"))
        card = await house.open_card()
        house.desk.stands.clear()
        gone: list[Post] = []

        def refuse(post: Post) -> Permanent | None:
            if not gone and isinstance(post, Question):
                gone.append(post)
                return Permanent("Slack refuses: message_not_found")
            return None

        house.desk.refuse = refuse
        await house.press(Press.REDO, card, text="shorter")

        assert gone
        assert f"card:{card.id}" in house.desk.stands.values()
        assert house.question(card).stamp.revision == 2
        assert not await house.broken()


async def test_a_card_that_slack_cannot_show_is_told_of_in_plain_lines(tmp_path: Path) -> None:
    async with small_house(tmp_path) as house:

        def refuse(post: Post) -> Permanent | None:
            plain = isinstance(post, Question) and post.proposal is None
            return None if plain else Permanent("Slack refuses: invalid_blocks")

        house.desk.refuse = refuse

        await house.mail(letter(ANA, "What does a logo cost?", message_id="a1"))

        [trouble] = await house.cards(CardState.OPEN, about=CardAbout.DEAD_JOB)
        assert "card 1" in " ".join(house.question(trouble).notes)
        house.desk.refuse = lambda _post: None
        await house.press(Press.RETRY, trouble)
        assert house.question(await house.open_card())


async def test_a_second_wish_is_not_lost(tmp_path: Path) -> None:
    async with small_house(tmp_path) as house:
        await house.mail(letter(ANA, "What does a logo cost?", message_id="a1"))
        card = await house.open_card()
        await house.press(Press.REDO, card, text="shorter")
        async with house.store.transaction("story.no_new_version") as tx:
            (await tx.cards.get(card.id or 0)).draft_id = 1  # type: ignore[union-attr]

        told = await house.press(Press.REDO, await house.open_card(), text="warmer")

        assert told.done
        assert [ask.instruction for ask in house.writer.asks][1:] == ["shorter", "warmer"]


async def test_later_today_is_a_time_to_come_back(tmp_path: Path) -> None:
    async with small_house(tmp_path) as house:
        await house.mail(letter(ANA, "What does a logo cost?", message_id="a1"))

        for choice in ("1h", "today", "tomorrow", "monday"):
            assert (await house.press(Press.LATER, (await house.cards())[-1], until=choice)).done, choice

        house.clock.forward(hours=30)
        await house.work()
        [card] = await house.cards()
        assert card.state is CardState.SNOOZED, "the last word counts, and that was Monday"


async def test_a_decision_is_handed_only_to_whom_the_owner_trusts_with_it(tmp_path: Path) -> None:
    async with small_house(tmp_path) as house:
        house.writer.triage_as = sorted_as("judgment", topics=["pricing"], decision="A discount?")
        await house.mail(letter(ANA, "Can I have a discount?", message_id="a1"))
        card = await house.open_card()

        assert not (await house.press(Press.HAND_OVER, card, by="UIDA", to="Ida Holm")).done
        assert not (await house.press(Press.HAND_OVER, card, by="UJONAS", to="Ida Holm")).done
        assert (await house.press(Press.HAND_OVER, card, by="UIDA", to="Jonas Lind")).done
        assert (await house.press(Press.HAND_OVER, card, by="UIDA", to="Maren Berg")).done
        assert (await house.press(Press.HAND_OVER, card, by="UOWNER", to="Ida Holm")).done
        assert (await house.press(Press.NO_REPLY, card, by="UIDA")).done


async def test_what_arrived_while_the_digest_was_late_stands_in_the_next(tmp_path: Path) -> None:
    async with small_house(tmp_path) as house:
        async with house.store.transaction("story.digest") as tx:
            await tx.jobs.add(Step.DIGEST, 20261124, due_at=house.clock.now())
        await house.work()
        house.clock.forward(minutes=10)
        await house.mail(letter("news@list.example", "Five papers", message_id="n1", kind=Kind.LIST))
        house.clock.forward(hours=25)  # as after a night in which the clocks were put back, or a late start
        async with house.store.transaction("story.late") as tx:
            await tx.session.exec(update(Job).where(col(Job.state) == JobState.DUE).values(due_at=house.clock.now()))

        await house.work()

        assert "1" in repr([d.arrived for d in house.desk.shown.values() if hasattr(d, "arrived")][-1:])
        assert "n1" not in repr(house.desk.shown)


async def test_a_judgment_on_a_day_off_mentions_nobody_until_the_house_opens(tmp_path: Path) -> None:
    async with small_house(tmp_path) as house:
        house.writer.triage_as = sorted_as("judgment", topics=["pricing"], decision="A discount?")
        house.clock.forward(days=4)  # Saturday
        await house.mail(letter(ANA, "Can I have a discount?", message_id="a1"))
        await house.mail(letter("bo@other.example", "And I?", message_id="b1"))
        first, second = await house.cards(CardState.OPEN)
        assert house.question(first).mention == ""
        await house.press(Press.NO_REPLY, second)
        house.clock.forward(hours=45, minutes=59)  # Monday, a minute before nine in Stockholm
        await house.work()
        assert not house.notes

        house.clock.forward(minutes=1)
        await house.work()

        assert [(note.mention, note.text) for note in house.notes] == [("UJONAS", "Please decide: A discount?")]
        assert not await house.broken()


async def test_an_urgent_judgment_mentions_at_once(tmp_path: Path) -> None:
    async with small_house(tmp_path) as house:
        house.writer.triage_as = sorted_as("judgment", topics=["pricing"], urgency="high")
        house.clock.forward(days=4)
        await house.mail(letter(ANA, "Now!", message_id="a1", cc=(Person("", "bo@other.example"),)))

        assert house.question(await house.open_card()).mention == "UJONAS"
        assert (await house.inquiry(1)).track is Track.JUDGMENT


async def test_a_message_of_which_only_a_part_was_taken_says_so(tmp_path: Path) -> None:
    async with small_house(tmp_path) as house:
        await house.mail(letter(ANA, "What does a logo cost?", message_id="a1"), complete=False)

        shown = house.question(await house.open_card())
        assert shown.who is not None
        assert any("Only the first part" in flag for flag in shown.who.flags)
