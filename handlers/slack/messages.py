"""Messages from clients: written down as they came, acknowledged after."""

from dataclasses import dataclass
from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck

from bot.errors import BotError
from bot.ports import Door
from handlers.slack.arrivals import Json, arrival
from handlers.slack.channels import ChannelByName
from handlers.slack.identity import Ourselves
from storage.channels import Channel


@dataclass(frozen=True)
class Messages:
    """Writes down what is said where the bot is a member; the desk's own channel and our own words are left out."""

    door: Door
    ourselves: Ourselves
    desk: ChannelByName

    async def heard(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """A message or app_mention event. Raises when it could not be written down: then Slack delivers it again."""
        await self.arrive(body)
        await ack()

    async def arrive(self, body: Json) -> bool:
        """True: it is new and written down. False: it was there already, or is nothing a client wrote."""
        us = await self.ourselves.identity()
        came = arrival(body, us.team)
        if came is None or us.wrote(came.message) or came.place == await self._desk():
            return False
        return await self.door.arrive(
            channel=Channel.SLACK, account=us.team, place=came.place, key=came.key, raw=came.raw
        )

    async def _desk(self) -> str:
        """The desk's channel; "" while there is none that the bot can see, so nothing can have been said there."""
        try:
            return await self.desk.id()
        except BotError:
            return ""
