"""A house and its world together: people who write and press, and try again when the house was not there."""

import json
import os
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.questions import Press
from handlers.rehearsal.slack_model import Message
from handlers.slack import ids
from tests.crash.house import Died, House, Zygote
from tests.crash.outside import Outside, Sent, outside, text_of

MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
"""Where the databases lie: a kill does not ask what the disk has kept."""
SOON = 60.0
DEAD_LEASE = 14 * 60.0
"""After this any lease of a dead process is over, on a database that several processes share."""


@dataclass
class Town:
    """Everything a story needs. `deaths` counts how often the house died under it."""

    zygote: Zygote
    world: Outside
    shared_database: bool
    house: House = None  # type: ignore[assignment]
    deaths: int = 0
    again: dict[str, int] = field(default_factory=dict)
    """Message token to how often a person had it sent once more."""
    quick: bool = True
    extra: dict[str, str] = field(default_factory=dict)
    passed: dict[str, int] = field(default_factory=dict)

    # The house

    async def open(self, kill: tuple[str, int] | None = None) -> None:
        """Start it; with `kill` it ends at that point, and is started again."""
        try:
            self.house = await self._fork(kill)
        except Died:
            await self.revived()

    async def _fork(self, kill: tuple[str, int] | None) -> House:
        return await self.zygote.fork(
            {
                "home": str(self.world.home),
                "environment": {**self.world.environment, **self.extra},
                "ahead": self.world.ahead,
                "kill": kill,
                "quick": self.quick,
            }
        )

    async def revived(self) -> None:
        """Start it after it died; where leases must run out, time passes first."""
        self.deaths += 1
        if self.shared_database:
            self.world.ahead += DEAD_LEASE
        self.house = await self._fork(None)

    async def close(self) -> None:
        """End the house in good order."""
        try:
            code = await self.house.stop()
        except Died:
            return
        assert code in (0, -9), f"the house did not close in good order ({code})"

    async def ask(self, what: str, **more: Any) -> Any:
        """The house's answer, if need be from its next life."""
        for _ in range(5):
            try:
                return await self.house.ask(what, **more)
            except Died:
                await self.revived()
        raise AssertionError(f"the house dies of {what}")

    async def settled(self, soon: float = SOON) -> None:
        """Wait until everything that arrived is dealt with as far as it can be without a person.

        The clock is moved to what falls due within `soon` seconds; what is due later is left.
        """
        while True:
            folders: dict[str, int] = {}
            for one in self.world.sent:
                if one.uid and not one.old:
                    folders[one.folder] = max(folders.get(one.folder, 0), one.uid)
            heard = [one.stamp for one in self.world.sent if one.stamp]
            old = [(one.folder, one.uid) for one in self.world.sent if one.old]
            state = await self.ask("settle", mails=folders, old=old[-3:], heard=heard[-3:], soon=soon)
            assert not state["missing"], f"the house does not come to rest: {state['missing']}"
            if state["soon"] is None:
                return
            await self.advance(state["soon"])

    async def advance(self, seconds: float) -> None:
        """Let time pass, inside and outside."""
        self.world.ahead += seconds
        try:
            await self.house.ask("advance", seconds=seconds)
        except Died:
            await self.revived()

    # What a person sees and does

    def card(self, mark: str, press: Press) -> tuple[Message, dict[str, Any]] | None:
        """The newest post at the desk with these words and this button (or menu entry), and the element to use."""
        for message in sorted(self.world.workspace.messages.get(self.world.desk, {}).values(), key=lambda m: m.ts, reverse=True):
            if mark in text_of(message.blocks) and (element := _element(message, press)) is not None:
                return message, element
        return None

    async def press(
        self, what: Press, mark: str, *, entry: str | None = None, done: Callable[[Message], bool] | None = None
    ) -> None:
        """Press until it is done; a lost press shows by its button, and is repeated. Never twice when acknowledged."""
        for attempt in range(4):
            await self.settled()
            found = self.card(mark, what)
            if found is None:
                assert attempt, f"there is no {what} for {mark}"
                return
            message, element = found
            deaths = self.deaths
            acknowledged = await self.act(message, element, what, entry)
            await self.settled()
            now = self.world.workspace.message(message.channel, message.ts)
            if (done(now) if done else _element(now, what) != element):
                return
            told = self.told() if acknowledged and self.deaths <= deaths + 1 else None
            assert told is None, f"{what} was acknowledged for {mark}, and nothing happened; last told: {told}"
        raise AssertionError(f"{what} for {mark} is never taken")

    def told(self) -> str:
        """What was last said to the owner privately."""
        space = self.world.workspace
        words = [m for room in space.ephemerals.values() for m in room.values() if m.only_for == self.world.owner]
        return max(words, key=lambda m: m.ts).text if words else ""

    def waiting(self, press: Press) -> list[tuple[Message, dict[str, Any]]]:
        """Every post at the desk with this button, and the button."""
        posts = self.world.workspace.messages.get(self.world.desk, {}).values()
        return [(message, element) for message in posts if (element := _element(message, press)) is not None]

    async def act(self, message: Message, element: dict[str, Any], what: Press, entry: str | None) -> bool:
        space, me = self.world.workspace, self.world.owner
        for view in space.modals(me):
            await space.close_view(me, view.id, clear=True)
        outcome = await space.press(
            me, message.channel, message.ts, element["block"], element["action"], selected=element["selected"]
        )
        if entry is None:
            return outcome.ok
        windows = space.modals(me)
        if not outcome.ok or not windows:
            return False
        outcome = await space.submit_view(me, windows[-1].id, {ids.INPUT: {ids.ENTRY: entry}})
        taken = outcome.ok and not space.modals(me)
        assert taken or not outcome.ok, f"{what} was refused: {text_of(space.modals(me)[-1].body)}"
        return taken

    async def left(self, one: Sent) -> None:
        """See to it that the reply left, as its owner would: an unknown or failed delivery is looked into and settled."""
        for _ in range(4):
            await self.settled()
            there = self.world.sink.to(one.address)
            if self.card(one.token, Press.MARK_SENT) and there:
                await self.press(Press.MARK_SENT, one.token)
            elif self.card(one.token, Press.SEND_AGAIN):
                self.again[one.address] = self.again.get(one.address, 0) + 1
                await self.press(Press.SEND_AGAIN, one.token)
            else:
                break
        assert self.world.sink.to(one.address) >= 1, f"the reply about {one.token} never left"


def _element(message: Message, press: Press) -> dict[str, Any] | None:
    """A button or menu entry of a message: where it is and what it carries."""
    for block in message.blocks:
        for element in [*block.get("elements", []), block.get("accessory") or {}]:
            if not isinstance(element, dict):
                continue
            action = element.get("action_id")
            if action == ids.PRESSES[press]:
                return {"block": block["block_id"], "action": action, "selected": None, "value": element["value"]}
            for option in element.get("options", []) if action == ids.MORE else ():
                if json.loads(option["value"]).get("p") == press.value:
                    return {"block": block["block_id"], "action": action, "selected": option["value"], "value": option["value"]}
    return None


@asynccontextmanager
async def town(url: str | None) -> AsyncIterator[Town]:
    """A new world with an empty house; `url` None: SQLite in its own folder."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="crash-", dir=MEMORY)))
        world = await stack.enter_async_context(outside(folder, url or f"sqlite:///{folder}/house.db"))
        zygote = await stack.enter_async_context(Zygote(folder))
        here = Town(zygote, world, shared_database=url is not None)
        try:
            yield here
        except BaseException:
            log = world.home / "house.log"
            if log.exists():
                print(log.read_text(encoding="utf-8")[-4000:])
            raise
        finally:
            if here.house is not None:
                await here.house.kill()
