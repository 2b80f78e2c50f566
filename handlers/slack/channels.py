"""Finds a channel by its name, once, and joins it where a bot may."""

import asyncio
import re

from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import Permanent, Transient
from handlers.slack.web_api import UNTIL_CURED, called

_ID = re.compile(r"[CGD][A-Z0-9]{7,}\Z")


class ChannelByName:
    """One channel, named "#desk" or by id; asked once and kept."""

    def __init__(self, client: AsyncWebClient, name: str) -> None:
        self._client = client
        self.name = name
        self._id = name if _ID.match(name) else ""
        self._asking = asyncio.Lock()

    @property
    def known(self) -> str:
        """Its id, if it has been asked for already; else ""."""
        return self._id

    async def id(self) -> str:
        """Its id. Transient: Slack cannot be asked, or there is no such channel that the bot can see (yet)."""
        async with self._asking:
            if not self._id:
                self._id = await self._look()
            return self._id

    async def _look(self) -> str:
        wanted = self.name.removeprefix("#").casefold()
        cursor = ""
        while True:
            answer = await called(
                self._client.conversations_list(
                    types="public_channel,private_channel",
                    exclude_archived=True,
                    limit=200,
                    cursor=cursor or None,
                ),
                repeatable=True,
            )
            for channel in answer.get("channels") or []:
                if str(channel.get("name", "")).casefold() == wanted:
                    if not channel.get("is_member", True):
                        await self._join(str(channel["id"]))
                    return str(channel["id"])
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                break
        raise Transient(
            f"no channel #{wanted} that the bot can see: create it, and if it is private /invite the bot",
            retry_after=UNTIL_CURED,
        )

    async def _join(self, channel: str) -> None:
        try:
            await called(self._client.conversations_join(channel=channel), repeatable=True)
        except Permanent as error:
            raise Transient(
                f"the bot is not in #{self.name.removeprefix('#')} and may not join: /invite it there",
                retry_after=UNTIL_CURED,
            ) from error
