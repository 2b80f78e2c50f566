"""What our own people wrote settles a card only when it certainly is theirs and answers what the card asks."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.inbound import Kind, Person
from bot.questions import Press
from prompts.playbooks import read_playbook
from storage.cards import CardState
from storage.inbound_messages import InboundState
from storage.inquiries import InquiryState, Track
from tests.bot.small_house import ROOT, TUESDAY, US, SmallHouse, letter, said, small_house, sorted_as

SAMPLE = read_playbook(ROOT / "prompts" / "sample")
ANA = (Person("Ana", "ana@client.example"),)


async def asked(house: SmallHouse, text: str = "What does a logo cost?", message_id: str = "a1", **more: object) -> None:
    await house.mail(letter("ana@client.example", text, message_id=message_id, **more))


async def test_the_mailboxs_own_automatic_reply_answers_nobody(tmp_path: Path) -> None:
    async with small_house(tmp_path) as house:
        await asked(house)

        await house.mail(
            letter(US, "We are away until Monday.", message_id="o1", in_reply_to="a1", to=ANA, kind=Kind.AUTO_REPLY), ours=True
        )

        assert (await house.inquiry(1)).state is InquiryState.WAITING
        assert (await house.open_card()).inquiry_id == 1
        assert not await house.broken()


async def test_whoever_only_claims_our_address_settles_nothing(tmp_path: Path) -> None:
    async with small_house(tmp_path) as house:
        await asked(house)

        await house.mail(letter(US, "Done.", message_id="o1", in_reply_to="a1", to=ANA, verified=False))

        assert (await house.open_card()).inquiry_id == 1
        async with house.store.reading() as tx:
            [filed] = await tx.inquiries.filed()
        assert "own address" in " ".join(filed.reasons)
        assert not await house.broken()


async def test_a_contact_form_that_sends_as_ourselves_is_an_inquiry(tmp_path: Path) -> None:
    """Many forms on websites send from the business's own address, to itself."""
    async with small_house(tmp_path) as house:
        await house.mail(
            letter(US, "Name: Ana. I need a logo.", message_id="f1", reply_to=ANA, flags=("from_own_address",))
        )

        shown = house.question(await house.open_card())
        assert "I need a logo" in shown.asked
        assert not shown.proposal.to, "nothing may be sent to ourselves"
        assert not (await house.press(Press.SEND, await house.open_card())).done
        assert not await house.broken()


async def test_an_answer_to_the_question_before_leaves_the_newer_question_open(tmp_path: Path) -> None:
    """The client's second mail is pushed at once; the Sent folder is looked at a minute later."""
    async with small_house(tmp_path) as house:
        await asked(house, date=TUESDAY - timedelta(minutes=9))
        await asked(house, "And by when could it be done?", "a2", in_reply_to="a1", date=TUESDAY - timedelta(minutes=1))

        await house.mail(
            letter(US, "About 900.", message_id="o1", in_reply_to="a1", to=ANA, date=TUESDAY - timedelta(minutes=5)), ours=True
        )

        assert "by when" in house.question(await house.open_card()).asked
        assert (await house.inquiry(1)).state is InquiryState.WAITING
        assert any("answered an earlier message" in note.text for note in house.notes)
        assert not await house.broken()


async def test_an_answer_that_cites_the_newest_question_settles_it_whatever_its_date(tmp_path: Path) -> None:
    async with small_house(tmp_path) as house:
        await asked(house, date=TUESDAY)

        await house.mail(
            letter(US, "About 900.", message_id="o1", in_reply_to="a1", to=ANA, date=TUESDAY - timedelta(hours=1)), ours=True
        )

        assert (await house.inquiry(1)).state is InquiryState.ANSWERED
        assert not await house.cards(CardState.OPEN)


async def test_a_routine_that_waits_to_leave_stays_when_the_owner_answers(tmp_path: Path) -> None:
    async with small_house(tmp_path, playbook=SAMPLE) as house:
        await house.client("Ana", "ana@client.example")
        house.writer.triage_as = sorted_as("routine", category="book-a-meeting")
        await asked(house, "When can we meet?")
        assert (await house.inquiry(1)).state is InquiryState.SENDING

        await house.mail(letter(US, "I called you.", message_id="o1", in_reply_to="a1", to=ANA), ours=True)

        house.clock.forward(hours=2)
        await house.work()
        assert not house.carrier.took
        assert (await house.inquiry(1)).state is InquiryState.ANSWERED
        assert not await house.broken()


async def test_the_owner_answers_one_of_two_people_and_the_other_still_waits(tmp_path: Path) -> None:
    async with small_house(tmp_path) as house:
        await asked(house, cc=(Person("", "printer@press.example"),))
        await house.mail(letter("printer@press.example", "Which paper?", message_id="p1", in_reply_to="a1"))

        await house.mail(letter(US, "About 900.", message_id="o1", in_reply_to="a1", to=ANA), ours=True)

        assert "Which paper?" in house.question(await house.open_card()).asked
        assert not await house.broken()


async def test_our_own_reply_read_in_the_sent_folder_before_its_outcome_is_written_is_only_an_echo(tmp_path: Path) -> None:
    async with small_house(tmp_path) as house:
        await asked(house)

        async def echo() -> None:
            raw = house.carrier.took[0]
            await house.mail(
                letter(US, "Dear Ana, yes.", message_id=raw.message_id.strip("<>"), in_reply_to="a1", to=ANA, kind=Kind.OWN),
                ours=True, run=False,
            )  # fmt: skip
            async with house.store.reading() as tx:
                for job_id in await tx.jobs.due(now=house.clock.now()):
                    if (job := await tx.jobs.get(job_id)) is not None and job.step == "intake":
                        await house.runner.run(job_id)

        house.carrier.after_dot = echo
        await house.press(Press.SEND, await house.open_card())

        async with house.store.reading() as tx:
            messages = await tx.messages.of_conversation(1)
            assert (await tx.inbound.get(2)).state is InboundState.SAME
        assert len(messages) == 2
        assert (await house.inquiry(1)).outcome == "answered by Maren Berg"


async def test_a_client_who_follows_up_in_our_thread_need_not_mention_us_again(tmp_path: Path) -> None:
    async with small_house(tmp_path) as house:
        await house.slack(said("UANA", "@us what does a logo cost?", channel="CPUB", stamp="1.1", flags=("mentions_us",)))
        await house.press(Press.SEND, await house.open_card())

        await house.slack(said("UANA", "And by when?", channel="CPUB", stamp="2.1", thread="1.1"))

        assert "And by when?" in house.question(await house.open_card()).asked


async def test_what_others_say_in_a_public_channel_is_left_alone(tmp_path: Path) -> None:
    async with small_house(tmp_path) as house:
        await house.slack(said("UANA", "Lunch?", channel="CPUB", stamp="1.1"))

        assert not await house.cards()


@pytest.mark.parametrize("kind", [Kind.SPAM_SUSPECT, Kind.LIST, Kind.AUTO_REPLY])
async def test_a_robots_word_in_a_running_conversation_is_listed_and_can_be_put_back(tmp_path: Path, kind: Kind) -> None:
    async with small_house(tmp_path) as house:
        await asked(house)

        await asked(house, "By Friday, please, or I go elsewhere.", "a2", in_reply_to="a1", kind=kind, why=("X-Spam-Flag: YES",))

        async with house.store.reading() as tx:
            [filed] = await tx.inquiries.filed()
        assert filed.message_id == 2
        assert (await house.open_card()).inquiry_id == 1, "what waits goes on"
        await asked(house, "Hello?", "a3", in_reply_to="a2")
        [card] = await house.cards(CardState.OPEN)
        assert card.inquiry_id == 1, "one card for one conversation, whatever was filed between"
        assert not await house.broken()


async def test_thanks_for_a_routine_are_filed_and_the_next_question_is_new(tmp_path: Path) -> None:
    async with small_house(tmp_path) as house:
        await asked(house)
        await house.press(Press.SEND, await house.open_card())
        house.writer.triage_as = sorted_as("notice")
        await asked(house, "Thank you!", "a2", in_reply_to="a1")
        assert (await house.inquiry(2)).track is Track.NOTICE
        house.writer.triage_as = sorted_as()

        await asked(house, "Another thing: and in red?", "a3", in_reply_to="a2")

        assert (await house.open_card()).inquiry_id == 3


async def test_words_that_the_client_edits_or_deletes_in_slack_are_not_used_any_more(tmp_path: Path) -> None:
    async with small_house(tmp_path) as house:
        await house.client("Ana", channel="CANA", slack="UANA")
        await house.slack(said("UANA", "Hello!", channel="CANA", stamp="1.1"))
        await house.slack(said("UANA", "I pay 900 for a logo, right?", channel="CANA", stamp="1.2"))

        await house.slack(said("UANA", "I pay 800 for a logo, right?", channel="CANA", stamp="1.2", flags=("edited",)))
        shown = house.question(await house.open_card())
        assert "800" in shown.asked
        assert "900" not in shown.asked

        gone = said("UANA", "I pay 800 for a logo, right?", channel="CANA", stamp="1.2", flags=("deleted",))
        await house.slack(replace(gone, kind=Kind.NOTIFICATION, why=("the message was deleted",)))
        shown = house.question(await house.open_card())
        assert "800" not in shown.asked
        assert "Hello!" in shown.asked
        assert any("deleted" in note.text for note in house.notes)
        assert not await house.broken()
