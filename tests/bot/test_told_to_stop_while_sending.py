"""A house that is told to stop while a mail leaves: before the dot it lets go, after it the outcome is written down first."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from bot.ports import Carrier
from bot.questions import Press
from bot.steps.send import Send
from handlers.jobs.local import LocalBell
from handlers.mail.sender import SmtpCarrier
from storage.channels import Channel
from storage.jobs import Step
from storage.outbox import OutboxItem, OutboxState
from tests.bot.small_house import SmallHouse, letter, small_house
from tests.servers.smtp_sink import ACCEPTS, BEHAVIOURS, At, Behaviour, SmtpSink, Talk

ANA = "ana@client.example"


class ThinkingSink(SmtpSink):
    """Takes its time over the dot, or over MAIL, until it is let go on."""

    def __init__(self, thinks_at: At, then: Behaviour = ACCEPTS) -> None:
        super().__init__(then=then)
        self._at = thinks_at
        self.thinking, self.go_on = asyncio.Event(), asyncio.Event()

    async def _answer(self, talk: Talk, at: At, *more, **named) -> bool:
        if at is self._at:
            self.thinking.set()
            await self.go_on.wait()
        return await super()._answer(talk, at, *more, **named)


@asynccontextmanager
async def sending(house: SmallHouse, sink: SmtpSink, *, grace: float) -> AsyncIterator[LocalBell]:
    """A reply is approved, and the house's own bell rings for it; left at once, whatever is under way."""
    host, port = sink.address
    carriers: dict[Channel, Carrier] = {Channel.EMAIL: SmtpCarrier(f"smtp://{host}:{port}", grace=grace)}
    steps = {**house.runner.steps, Step.SEND: Send(house.store, carriers, house.clock)}
    object.__setattr__(house.runner, "steps", steps)
    await house.mail(letter(ANA, "Could we meet?", message_id="1@client.example"))
    card = await house.open_card()
    bell = LocalBell(house.clock)
    rung: list[int] = []

    async def ring(job_id: int, due_at: datetime) -> None:
        rung.append(job_id)

    house.store.ring = ring
    house.work = nothing  # type: ignore[method-assign]
    assert (await house.press(Press.SEND, card)).done
    async with bell.answering(house.runner.run, patience=0):
        for job_id in rung:
            bell.ring_now(job_id)
        yield bell


async def nothing() -> None:
    return


async def the_item(house: SmallHouse) -> OutboxItem:
    async with house.store.reading() as tx:
        return await tx.outbox.get(1)


async def test_an_answer_that_comes_within_the_grace_is_written_down(tmp_path: Path) -> None:
    async with small_house(tmp_path) as house, ThinkingSink(At.AFTER_DOT) as sink:
        async with sending(house, sink, grace=20):
            await sink.thinking.wait()
            asyncio.get_running_loop().call_later(0.05, sink.go_on.set)

        item = await the_item(house)
        assert item.state is OutboxState.SENT
        assert len(sink.ledger) == 1


async def test_an_answer_that_does_not_come_is_an_unknown_delivery_and_the_house_still_ends(tmp_path: Path) -> None:
    async with small_house(tmp_path) as house, SmtpSink(then=BEHAVIOURS["stalls after the dot"]) as sink:
        async with sending(house, sink, grace=0.05):
            await sink.accepted(1)

        item = await the_item(house)
        assert item.state is OutboxState.UNKNOWN
        async with house.store.reading() as tx:
            assert await tx.cards.about_outbox(1) is not None


async def test_before_the_dot_it_lets_go_and_nothing_was_accepted(tmp_path: Path) -> None:
    async with small_house(tmp_path) as house, ThinkingSink(At.MAIL) as sink:
        async with sending(house, sink, grace=20):
            await sink.thinking.wait()

        item = await the_item(house)
        assert item.state is OutboxState.TALKING
        sink.go_on.set()
        house.clock.forward(minutes=2)
        assert sink.ledger == []
