"""App Home: what needs you now and how things stand, for those who may answer; a friendly word for everybody else."""

from dataclasses import dataclass
from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.people import People
from bot.ports import Door
from bot.questions import Page
from handlers.slack import blocks, ids
from handlers.slack.answers import PrivateAnswers
from handlers.slack.blocks import Block, line, rich, t
from handlers.slack.identity import Ourselves
from handlers.slack.page_view import page
from handlers.slack.web_api import called

_STRANGER = "I look after the messages that come in here. Whoever answers them works at the desk; there is nothing to do for you."


@dataclass(frozen=True)
class Home:
    """Publishes the Home tab when somebody opens it."""

    client: AsyncWebClient
    door: Door
    people: People
    ourselves: Ourselves
    answers: PrivateAnswers

    async def opened(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        event = body["event"]
        user = event.get("user")
        if isinstance(user, str) and event.get("tab", "home") == "home":
            self.answers.soon(self._publish(user))
        await ack()

    async def _publish(self, user: str) -> None:
        us = await self.ourselves.identity()
        if self.people.by_slack(user) is None:
            view = stranger_view()
        else:
            queue = await self.door.command("queue", by=user, team=us.team)
            status = await self.door.command("status", by=user, team=us.team)
            view = home_view(queue, status, workspace=us.workspace)
        await called(self.client.views_publish(user_id=user, view=view), repeatable=True)


def home_view(queue: Page, status: Page, *, workspace: str = "") -> Block:
    """What needs you, then how each part is."""
    above = page(queue, workspace=workspace).blocks
    if not queue.rows and not queue.lines:
        above.append(blocks.context("Nothing needs you."))
    below = page(status, workspace=workspace).blocks
    return _home([*above[:48], blocks.divider(), *below[:48]])


def stranger_view() -> Block:
    return _home([rich(line(t("Understudy", "bold"))), blocks.section(_STRANGER)])


def _home(drawn: list[Block]) -> Block:
    return {"type": "home", "callback_id": ids.HOME, "blocks": drawn}
