"""Who we are in Slack: the team, and our own ids, asked once."""

import asyncio
from dataclasses import dataclass

from slack_sdk.web.async_client import AsyncWebClient

from handlers.slack.web_api import called


@dataclass(frozen=True)
class Identity:
    """Our app as `auth.test` names it; `workspace` is "https://name.slack.com/"."""

    team: str
    user: str
    bot: str
    workspace: str = ""

    def wrote(self, message: dict[str, object]) -> bool:
        """Whether a message as Slack gives it is one of our own."""
        return (bool(self.bot) and message.get("bot_id") == self.bot) or (
            bool(self.user) and message.get("user") == self.user
        )


class Ourselves:
    """Asks `auth.test` at the first need and keeps the answer."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self._known: Identity | None = None
        self._asking = asyncio.Lock()

    async def identity(self) -> Identity:
        """Our ids. Transient: Slack cannot be asked now, or the token has to be replaced first."""
        async with self._asking:
            if self._known is None:
                said = await called(self._client.auth_test(), repeatable=True)
                self._known = Identity(
                    team=str(said.get("team_id", "")),
                    user=str(said.get("user_id", "")),
                    bot=str(said.get("bot_id", "")),
                    workspace=str(said.get("url", "")),
                )
            return self._known
