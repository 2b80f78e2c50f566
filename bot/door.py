"""The door: what a listener may ask of the head; every press gets an answer, and a refusal changes nothing."""

from dataclasses import dataclass

from bot.context import House
from bot.errors import Refused
from bot.ports import Clock
from bot.questions import Click, Page, Told, Window
from bot.rules.authority import approver_of
from bot.steps.arrive import Arrive
from bot.steps.decide import DECIDES, Decide
from bot.steps.put_back import PutBack
from bot.steps.report import Report
from bot.steps.settle import SETTLES, Settle
from bot.steps.show import SHOWS, Show
from bot.steps.undo import UNDOES, Undo
from storage.channels import Channel
from storage.store import Store


@dataclass(frozen=True)
class Doorway:
    """Fits `bot.ports.Door`."""

    store: Store
    house: House
    clock: Clock
    arrive_step: Arrive
    decide: Decide
    settle: Settle
    undo: Undo
    put_back: PutBack
    show: Show
    report: Report

    async def arrive(self, *, channel: Channel, account: str, place: str, key: str, raw: bytes) -> bool:
        return await self.arrive_step.message(channel=channel, account=account, place=place, key=key, raw=raw)

    async def window(self, click: Click) -> Window | Told:
        try:
            return await self.show.window(click)
        except Refused as error:
            await self._note_refusal(click)
            return Told(str(error), done=False)

    async def click(self, click: Click) -> Told:
        try:
            if click.press in DECIDES:
                return await self.decide(click)
            if click.press in SETTLES:
                return await self.settle(click)
            if click.press in UNDOES:
                return await self.undo(click)
            if click.press in SHOWS:
                return await self.show.exact(click)
            return await self.put_back(click)
        except Refused as error:
            await self._note_refusal(click)
            return Told(str(error), done=False)

    async def command(self, words: str, *, by: str, team: str) -> Page:
        return await self.report(words, by=by, team=team)

    async def _note_refusal(self, click: Click) -> None:
        """A press by somebody without the right is kept, so that the owner can see who tried."""
        if approver_of(click, self.house.people) is not None:
            return
        async with self.store.transaction("door.refused") as tx:
            tx.audit.add(
                at=self.clock.now(), actor=f"slack:{click.by}", act="refused", subject=f"card:{click.stamp.card}",
                press=click.press.value, team=click.team,
            )
