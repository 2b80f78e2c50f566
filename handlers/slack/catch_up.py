"""Reads back what was said while nobody listened, from where the last stored message stands."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import BotError, Transient
from bot.ports import Clock
from handlers.slack.arrivals import from_history
from handlers.slack.history import Json, messages
from handlers.slack.identity import Ourselves
from handlers.slack.messages import Messages
from handlers.slack.web_api import called

log = logging.getLogger(__name__)

Since = Callable[[str], Awaitable[str]]
"""The stamp of the newest message stored for a channel; "" when none is."""

_OVERLAP = timedelta(minutes=15)
"""Read again before the mark: an older message may have been refused while a newer one was stored."""
_THREADS = timedelta(days=7)
"""How old a thread may be to be looked into for new replies."""
_TYPES = "public_channel,private_channel,mpim,im"


class CatchUp:
    """One look into every channel where the bot is a member. Harmless to repeat: each message has its key."""

    def __init__(self, client: AsyncWebClient, heard: Messages, since: Since, clock: Clock) -> None:
        self._client = client
        self._heard = heard
        self._since = since
        self._clock = clock
        self._ourselves = Ourselves(client)
        self._began = clock.now()
        """A channel nothing was ever stored for is read from here on: its past is not ours."""

    async def run(self) -> int:
        """How many messages were new. Transient: Slack could not be asked at all."""
        new = 0
        late: list[tuple[Json, Transient]] = []
        for channel in await self._channels():
            try:
                new += await self._read(channel)
            except Transient as error:
                late.append((channel, error))
            except BotError as error:
                log.warning("channel %s cannot be read back: %s", channel["id"], error)
        for channel, busy in late:
            await asyncio.sleep((busy.retry_after or timedelta(seconds=1)).total_seconds())
            new += await self._read(channel)
        return new

    async def _channels(self) -> list[Json]:
        us = await self._ourselves.identity()
        found: list[Json] = []
        cursor = ""
        while True:
            answer = await called(
                self._client.users_conversations(
                    user=us.user, types=_TYPES, exclude_archived=True, limit=200, cursor=cursor or None
                ),
                repeatable=True,
            )
            found += answer.get("channels") or []
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return found

    async def _read(self, channel: Json) -> int:
        place = str(channel["id"])
        mark = await self._mark(place)
        oldest = min(mark, (self._clock.now() - _THREADS).timestamp())
        missed = []
        async for message in messages(self._client, place, oldest=f"{oldest:.6f}"):
            if _newest(message) > mark:
                missed.append(message)
            if float(message.get("latest_reply") or 0) > mark:
                thread = messages(self._client, place, oldest=f"{mark:.6f}", thread=str(message["ts"]))
                missed += [
                    reply
                    async for reply in thread
                    if reply.get("ts") != message["ts"] and _newest(reply) > mark
                ]
        new = 0
        for message in sorted(missed, key=lambda m: str(m["ts"])):
            us = await self._ourselves.identity()
            body = from_history(message, place=place, channel_type=_kind(channel), team=us.team)
            new += await self._heard.arrive(body)
        if new:
            log.info("%d messages were read back from %s", new, place)
        return new

    async def _mark(self, place: str) -> float:
        stored = await self._since(place)
        when = _time(stored) - _OVERLAP if stored else self._began
        return when.timestamp()


def _time(stamp: str) -> datetime:
    return datetime.fromtimestamp(float(stamp), UTC)


def _newest(message: Json) -> float:
    """When it was written, or changed last."""
    edited = message.get("edited") or {}
    return max(float(message["ts"]), float(edited.get("ts") or 0))


def _kind(channel: Json) -> str:
    """The channel's kind, as an event's channel_type names it."""
    for name in ("im", "mpim"):
        if channel.get(f"is_{name}"):
            return name
    return "group" if channel.get("is_private") else "channel"
