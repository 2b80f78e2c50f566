"""The slash command: words in, a private page out."""

import logging
from dataclasses import dataclass
from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck

from bot.errors import Refused
from bot.ports import Door
from bot.questions import Page
from handlers.slack.identity import Ourselves
from handlers.slack.page_view import page
from handlers.slack.payloads import slash

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Commands:
    """Answers `/understudy …`, whatever the manifest calls the command; only the person who asked sees it."""

    door: Door
    ourselves: Ourselves

    async def command(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        said = slash(body)
        us = await self.ourselves.identity()
        try:
            answer = await self.door.command(said.text.strip(), by=said.user_id, team=said.team_id)
        except Refused as error:
            answer = Page("Not possible", (str(error),))
        drawn = page(answer, workspace=us.workspace)
        await ack(text=drawn.text, blocks=drawn.blocks, response_type="ephemeral")
