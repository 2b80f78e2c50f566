"""One client's rows and words are never read for another's draft, whoever joins a conversation and however."""

from dataclasses import replace
from pathlib import Path

from bot.inbound import Person
from bot.questions import Press
from storage.cards import CardState
from tests.bot.small_house import US, letter, said, small_house

SECRET = "pays 900 a month"


async def test_a_copied_person_who_answers_gets_nothing_of_the_clients(tmp_path: Path) -> None:
    """Ana copies her printer in; the printer answers to all while Ana's own question still waits."""
    async with small_house(tmp_path) as house:
        await house.client("Ana", "ana@client.example", fact=SECRET)
        asked = letter(
            "ana@client.example", "What do I owe you? My code is 4711.", message_id="a1",
            cc=(Person("", "printer@press.example"),),
        )  # fmt: skip
        await house.mail(replace(asked, cc=()), run=True)
        await house.mail(replace(asked, message_id="a2", in_reply_to="a1", text="My printer is in copy now."
                                 , cc=(Person("", "printer@press.example"),)))  # fmt: skip

        await house.mail(
            letter("printer@press.example", "Which paper do you want?", message_id="p1", in_reply_to="a2")
        )

        shown = repr(house.writer.asks[-1])
        assert house.writer.asks[-1].sender == "Printer"
        assert SECRET not in shown
        assert "4711" not in shown
        open_cards = await house.cards(CardState.OPEN)
        assert [house.question(card).proposal.to for card in open_cards] == [
            ("Ana <ana@client.example>",), ("Printer <printer@press.example>",)
        ]  # fmt: skip
        assert not await house.broken()


async def test_a_second_person_of_the_same_client_goes_on_with_it(tmp_path: Path) -> None:
    async with small_house(tmp_path) as house:
        await house.client("Ana", "ana@client.example", "bo@client.example", fact=SECRET)
        await house.mail(letter("ana@client.example", "What do I owe you?", message_id="a1"))

        await house.mail(letter("bo@client.example", "I want to know too.", message_id="b1", in_reply_to="a1"))

        assert SECRET in repr(house.writer.asks[-1])
        assert "What do I owe you?" in house.question(await house.open_card()).asked


async def test_whoever_is_named_as_the_right_person_is_not_given_the_other_persons_thread(tmp_path: Path) -> None:
    async with small_house(tmp_path) as house:
        await house.client("Ana", "ana@client.example", fact=SECRET)
        await house.client("Bo", "bo@other.example", fact="likes blue")
        await house.mail(letter("ana@client.example", "My code is 4711.", message_id="a1"))
        await house.press(Press.SEND, await house.open_card())
        await house.mail(letter("ana@client.example", "Bo wants to know the price, tell him.", message_id="a2", in_reply_to="a1"))

        await house.press(Press.WRONG_PERSON, await house.open_card(), text="Bo <bo@other.example>")

        ask = house.writer.asks[-1]
        assert "likes blue" in repr(ask)
        assert "4711" not in repr(ask)
        assert SECRET not in repr(ask)
        assert house.question(await house.open_card()).proposal.to == ("Bo <bo@other.example>",)
        assert not await house.broken()


async def test_who_wrote_in_slack_is_slacks_word_and_not_corrected(tmp_path: Path) -> None:
    async with small_house(tmp_path) as house:
        await house.client("Ana", channel="CANA", slack="UANA")
        await house.client("Bo", "bo@other.example", fact=SECRET)
        await house.slack(said("UANA", "What does a logo cost?", channel="CANA", stamp="1.1"))

        told = await house.press(Press.WRONG_PERSON, await house.open_card(), text="Bo <bo@other.example>")

        assert not told.done
        assert SECRET not in repr(house.writer.asks)
        assert Press.WRONG_PERSON not in house.question(await house.open_card()).presses


async def test_a_reply_into_a_channel_relies_on_that_channels_client_only(tmp_path: Path) -> None:
    async with small_house(tmp_path) as house:
        await house.client("Ana", channel="CANA", slack="UANA", fact="Ana likes blue")
        await house.client("Bo", channel="CBO", slack="UBO", fact=SECRET)

        await house.slack(said("UBO", "What do I owe you?", channel="CANA", stamp="1.1"))
        await house.slack(said("UBO", "And here?", channel="CPUB", stamp="2.1", flags=("mentions_us",)))
        assert SECRET not in repr(house.writer.asks)

        await house.slack(said("UBO", "And here?", channel="DBO", stamp="3.1", kind="im"))
        assert SECRET in repr(house.writer.asks[-1])
        await house.slack(said("UANA", "What do I like?", channel="CANA", stamp="4.1"))
        assert "Ana likes blue" in repr(house.writer.asks[-1])


async def test_history_reaches_only_those_who_saw_it(tmp_path: Path) -> None:
    """A stranger copied in late saw what they were copied in on, and nothing before."""
    async with small_house(tmp_path) as house:
        await house.client("Ana", "ana@client.example")
        await house.mail(letter("ana@client.example", "My code is 4711.", message_id="a1"))
        await house.press(Press.SEND, await house.open_card())
        await house.mail(
            letter(
                "ana@client.example", "Meet Kim, who prints it.", message_id="a2", in_reply_to="a1",
                to=(Person("", US), Person("", "Kim@press.example")),
            )
        )  # fmt: skip
        await house.press(Press.SEND, await house.open_card())

        await house.mail(letter("kim@press.example", "Hello, which paper?", message_id="k1", in_reply_to="a2"))

        history = " ".join(turn.text for turn in house.writer.asks[-1].history)
        assert "Meet Kim" in history
        assert "4711" not in history
