"""A practice Slack with our app installed from our own manifest, and a small honest door behind it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from slack_bolt.async_app import AsyncApp
from slack_questions import STAMP, question
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import Refused
from bot.people import Approver, People, Role
from bot.questions import Click, FiledLine, Page, Press, Row, Told, Verb, Window
from handlers.rehearsal.slack_seed import PRACTICE_SEED
from handlers.rehearsal.slack_server import PracticeSlack, practice_slack
from handlers.slack.answers import PrivateAnswers
from handlers.slack.catch_up import CatchUp
from handlers.slack.connection import SlackConnection
from handlers.slack.desk import SlackDesk
from handlers.slack.identity import Ourselves
from handlers.slack.listeners import build_app
from handlers.slack.manifest import manifest
from handlers.slack.messages import Messages
from handlers.slack.web_api import open_client


class Clock:
    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass
class OneCardDoor:
    """One open card; the first good press settles it, everything else is refused in words. Remembers what arrived."""

    body: str = "Dear Ana,\n\nThursday at 10 works.\n\nMaren"
    settled_by: str = ""
    sent: str = ""
    asked_for: list[Click] = field(default_factory=list)
    arrived: dict[str, bytes] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    trouble: Exception | None = None
    decided: asyncio.Event = field(default_factory=asyncio.Event)
    heard: asyncio.Event = field(default_factory=asyncio.Event)

    async def arrive(self, *, channel, account, place, key, raw) -> bool:
        if self.trouble:
            raise self.trouble
        new = key not in self.arrived
        self.arrived[key] = raw
        stamp = key.split(":")[3]
        self.places[place] = max(self.places.get(place, ""), stamp)
        self.heard.set()
        return new

    async def window(self, click: Click) -> Window | Told:
        if refused := self._refused(click):
            return refused
        return Window(
            click.press,
            click.stamp,
            "Reply to Ana Pérez",
            body="" if click.press is Press.REDO else self.body,
            to=("Ana Pérez <ana@client.example>",),
            subject="Re: Thursday",
            choices=("Dan Reyes", "Olivia Hart"),
        )

    async def click(self, click: Click) -> Told:
        if self.trouble:
            raise self.trouble
        self.asked_for.append(click)
        if click.press in {Press.ORIGINAL, Press.SHOW_TEXT, Press.SOURCES, Press.OPEN}:
            return Told("From ana@client.example", exact="line <!channel>\n" * 2_000)
        if click.press is Press.SHOULD_HAVE_ASKED:
            return Told("Noted: next time I ask.")
        if click.press is Press.PUT_BACK:
            return Told("It is an inquiry now.")
        if refused := self._refused(click):
            return refused
        self.settled_by, self.sent = click.by, click.text or self.body
        self.decided.set()
        return Told("Sent.")

    async def command(self, words: str, *, by: str, team: str) -> Page:
        if words == "explode":
            raise Refused("Only the owner may do that.")
        row = Row(Verb.REPLY, "Ana <ana@client.example>", "2 h", "Could we move <!here>?", card=41)
        return Page(
            f"You said {words}", ("one & <two>",), (row,), (FiledLine(7, "News", "Sale!", "a newsletter"),)
        )

    def _refused(self, click: Click) -> Told | None:
        if self.settled_by:
            return Told("Already decided.", done=False)
        if click.stamp != STAMP:
            return Told("There is a newer card.", done=False)
        return None


@dataclass
class House:
    slack: PracticeSlack
    client: AsyncWebClient
    door: OneCardDoor
    desk: SlackDesk
    app: AsyncApp
    answers: PrivateAnswers
    heard: Messages

    @property
    def workspace(self):
        return self.slack.workspace

    def catch_up(self) -> CatchUp:
        async def since(place: str) -> str:
            return self.door.places.get(place, "")

        return CatchUp(self.client, self.heard, since, Clock())

    def ephemerals(self, name: str) -> list[str]:
        who = self.workspace.person(name).id
        return [
            m.text for room in self.workspace.ephemerals.values() for m in room.values() if m.only_for == who
        ]

    async def card(self, **changes):
        """Post a card; its place and stamp."""
        return await self.desk.post(question(**changes), key="card-41-1")

    async def press(self, name: str, posted, action_id: str, **more):
        blocks = self.workspace.message(posted.place, posted.stamp).blocks
        block_id = next(b["block_id"] for b in blocks if action_id in _actions_of(b))
        return await self.workspace.press(name, posted.place, posted.stamp, block_id, action_id, **more)


def _actions_of(block) -> list[str]:
    elements = [*block.get("elements", []), block.get("accessory") or {}]
    return [e.get("action_id") for e in elements if isinstance(e, dict)]


@asynccontextmanager
async def slack_house(**options) -> AsyncIterator[House]:
    """Everything but a live connection."""
    seed = replace(PRACTICE_SEED, apps=(manifest("socket"),))
    async with (
        practice_slack(seed=seed, **options) as slack,
        open_client(slack.app.bot_token, api=slack.api) as client,
    ):
        desk = SlackDesk(client, "#desk")
        door, answers = OneCardDoor(), PrivateAnswers(client)
        olivia = slack.workspace.person("olivia").id
        people = People(Approver("Olivia Hart", Role.OWNER, slack=olivia), team=slack.workspace.team.id)
        app = build_app(client, door, people, desk=desk.channel, answers=answers)
        yield House(slack, client, door, desk, app, answers, Messages(door, Ourselves(client), desk.channel))
        await answers.drain()


@asynccontextmanager
async def connected_house(**options) -> AsyncIterator[tuple[House, SlackConnection]]:
    """The same, with Socket Mode up and the past read back once."""
    async with slack_house(**options) as house:
        line = SlackConnection(
            house.app,
            house.client,
            house.slack.app.app_token,
            catch_up=house.catch_up(),
            answers=house.answers,
            ping_interval=1.0,
        )
        await line.start()
        try:
            assert await line.wait_connected(10)
            await until(lambda: line.caught_up > 0)
            yield house, line
        finally:
            await line.stop()


async def until(true, *, seconds: float = 10.0) -> None:
    """Wait until something has come true; fails when it does not."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110  outside things have no event to wait for
            await asyncio.sleep(0.01)


SOON = timedelta(minutes=1)
