"""The desk in Slack: posts what an approver is shown, finds it again by its key, draws it anew in its place."""

from datetime import datetime

from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import Permanent, Transient
from bot.ports import Posted
from bot.questions import Post
from handlers.slack.channels import ChannelByName
from handlers.slack.history import metadata, stamp_of
from handlers.slack.identity import Ourselves
from handlers.slack.views import draw
from handlers.slack.web_api import UNTIL_CURED, called, error_of

_PLACE = frozenset(
    {"not_in_channel", "channel_not_found", "is_archived", "restricted_action", "cant_post_message"}
)
"""Errors of the desk's channel: a person cures them and the same post succeeds, so a card waits instead of dying."""


class SlackDesk:
    """A Desk over Slack's Web API (`bot.ports.Desk`). `client` must have no retry handlers."""

    def __init__(self, client: AsyncWebClient, desk_channel: str) -> None:
        self._client = client
        self._ourselves = Ourselves(client)
        self.channel = ChannelByName(client, desk_channel)

    async def post(self, post: Post, *, key: str, under: Posted | None = None) -> Posted:
        """Show it, at the desk or in the thread of `under`. Transient, OutcomeUnknown, Permanent."""
        us = await self._ourselves.identity()
        place = under.place if under else await self.channel.id()
        drawn = draw(post, workspace=us.workspace)
        answer = await called(
            self._client.chat_postMessage(
                channel=place,
                text=drawn.text,
                blocks=drawn.blocks,
                thread_ts=under.stamp if under else None,
                metadata=metadata(key),
                unfurl_links=False,
                unfurl_media=False,
                link_names=False,
            ),
            repeatable=False,
            curable=_PLACE,
        )
        return Posted(str(answer.get("channel") or place), str(answer["ts"]))

    async def find(self, key: str, *, since: datetime, under: Posted | None = None) -> Posted | None:
        """The message with this key, at the desk or in the thread of `under`. Transient."""
        place = under.place if under else await self.channel.id()
        thread = under.stamp if under else ""
        try:
            stamp = await stamp_of(self._client, self._ourselves, place, key, since=since, thread=thread)
        except Permanent as error:
            if error_of(error) == "thread_not_found":
                return None
            raise Transient(str(error), retry_after=UNTIL_CURED) from error
        return Posted(place, stamp) if stamp else None

    async def update(self, posted: Posted, post: Post) -> None:
        """Draw it anew. Transient; Permanent when the message is gone."""
        us = await self._ourselves.identity()
        drawn = draw(post, workspace=us.workspace)
        await called(
            self._client.chat_update(
                channel=posted.place, ts=posted.stamp, text=drawn.text, blocks=drawn.blocks, link_names=False
            ),
            repeatable=True,
            curable=_PLACE,
        )
