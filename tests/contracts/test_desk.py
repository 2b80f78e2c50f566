"""The desk port: what stories rely on holds for the desk they use and for Slack's, against the practice workspace."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from slack_house import slack_house
from slack_questions import question

from bot.errors import Permanent
from bot.ports import Desk, Posted
from bot.questions import Note
from tests.bot import small_house


@pytest.fixture(params=["in stories", "in Slack"])
async def desk(request: pytest.FixtureRequest) -> AsyncIterator[Desk]:
    if request.param == "in stories":
        yield small_house.Desk()
    else:
        async with slack_house() as house:
            yield house.desk


def a_while_ago() -> datetime:
    return datetime.now(UTC) - timedelta(minutes=5)


class TestDesk:
    async def test_what_was_posted_is_found_by_its_key(self, desk: Desk) -> None:
        posted = await desk.post(question(), key="card:1")

        assert await desk.find("card:1", since=a_while_ago()) == posted

    async def test_what_was_not_posted_is_not_found(self, desk: Desk) -> None:
        await desk.post(question(), key="card:1")

        assert await desk.find("card:11", since=a_while_ago()) is None

    async def test_two_posts_stand_at_two_places(self, desk: Desk) -> None:
        first = await desk.post(question(), key="card:1")
        second = await desk.post(question(), key="card:2")

        assert first.place == second.place
        assert first.stamp != second.stamp

    async def test_a_note_is_found_in_the_thread_it_stands_in(self, desk: Desk) -> None:
        card = await desk.post(question(), key="card:1")
        note = await desk.post(Note("Handed to Jonas."), key="note:1", under=card)

        assert await desk.find("note:1", since=a_while_ago(), under=card) == note

    async def test_drawing_anew_leaves_it_where_it_is_and_may_be_repeated(self, desk: Desk) -> None:
        posted = await desk.post(question(), key="card:1")

        await desk.update(posted, question(title="Another title"))
        await desk.update(posted, question(title="Another title"))

        assert await desk.find("card:1", since=a_while_ago()) == posted

    async def test_what_is_gone_cannot_be_drawn_anew(self, desk: Desk) -> None:
        posted = await desk.post(question(), key="card:1")

        with pytest.raises(Permanent):
            await desk.update(Posted(posted.place, "1.000001"), question())
