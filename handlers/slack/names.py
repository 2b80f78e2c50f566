"""What the people of a workspace are called, asked of Slack and kept for a while."""

from collections.abc import Iterable
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import BotError
from handlers.slack.web_api import called

_KEPT = 2_000


class Names:
    """User id to name. A name that cannot be asked for now is "": reading a message never waits for it."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self._known: dict[str, str] = {}

    async def of(self, user: str) -> str:
        if user not in self._known:
            try:
                said = await called(self._client.users_info(user=user), repeatable=True)
            except BotError:
                return ""
            if len(self._known) >= _KEPT:
                self._known.clear()
            self._known[user] = name_in(said.get("user") or {})
        return self._known[user]

    async def among(self, users: Iterable[str]) -> dict[str, str]:
        return {user: await self.of(user) for user in sorted(users)[:50]}


def name_in(user: dict[str, Any]) -> str:
    """A person's name as Slack gives it in a user, or in the profile beside a message."""
    profile = user.get("profile") or user
    for field in ("real_name", "display_name", "name"):
        name = profile.get(field) or user.get(field)
        if isinstance(name, str) and name.strip():
            return name.strip()
    return ""
