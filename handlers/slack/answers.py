"""Private answers: every press gets one, seen only by the person who pressed."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import BotError
from bot.questions import Told
from handlers.slack.page_view import told as draw_told
from handlers.slack.web_api import called

log = logging.getLogger(__name__)


class PrivateAnswers:
    """Speaks to one person, beside the acknowledgement and never in its way.

    What was decided is already written down when an answer is sent, so a lost answer loses nothing.
    """

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self._under_way: set[asyncio.Task[None]] = set()

    def tell(self, told: Told, *, to: str, place: str, thread: str = "") -> None:
        """Say it in the channel, only visible to this person; without a channel in a direct message."""
        self.soon(self._tell(told, to=to, place=place, thread=thread))

    def soon(self, work: Coroutine[Any, Any, None]) -> None:
        """Do this small courtesy soon; a failure is logged and forgotten."""
        task = asyncio.create_task(self._guarded(work))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def drain(self) -> None:
        """Wait until everything begun is said."""
        while self._under_way:
            await asyncio.wait(set(self._under_way))

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except BotError as error:
            log.warning("a private answer was not shown: %s", error)

    async def _tell(self, told: Told, *, to: str, place: str, thread: str) -> None:
        drawn = draw_told(told)
        if place:
            try:
                await called(
                    self._client.chat_postEphemeral(
                        channel=place, user=to, text=drawn.text, blocks=drawn.blocks, thread_ts=thread or None
                    ),
                    repeatable=True,
                )
                return
            except BotError as error:
                log.info("no private answer in %s, trying a direct message: %s", place, error)
        await called(
            self._client.chat_postMessage(
                channel=to,
                text=drawn.text,
                blocks=drawn.blocks,
                unfurl_links=False,
                unfurl_media=False,
                link_names=False,
            ),
            repeatable=True,
        )
