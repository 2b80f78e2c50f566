"""What stands at the desk is what the rows say, whatever became of the answer to the post."""

from pathlib import Path

from bot.errors import OutcomeUnknown
from bot.ports import Posted
from bot.questions import CardLook, Post, Press
from tests.bot.small_house import Desk, letter, small_house

ANA = "ana@client.example"


class DeafDesk(Desk):
    """Takes the first post, and its answer is lost."""

    async def post(self, post: Post, *, key: str, under: Posted | None = None) -> Posted:
        posted = await super().post(post, key=key, under=under)
        if len(self.stands) == 1:
            raise OutcomeUnknown("the line broke")
        return posted


async def test_a_card_pressed_before_we_knew_that_it_stands_there_is_drawn_anew(tmp_path: Path) -> None:
    async with small_house(tmp_path) as house:
        house.desk.__class__ = DeafDesk
        await house.mail(letter(ANA, "Could we meet?", message_id="1@client.example"))
        card = await house.open_card()
        assert house.question(card).look is CardLook.OPEN

        assert (await house.press(Press.SEND, card)).done
        house.clock.forward(minutes=1)
        await house.work()

        assert list(house.desk.stands.values()).count(f"card:{card.id}") == 1
        assert house.question(card).look is CardLook.SETTLED
        assert house.question(card).presses == ()
