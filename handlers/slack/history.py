"""Reads back what stands in a channel: the messages since a stamp, and the one that carries a key."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from handlers.slack import ids
from handlers.slack.identity import Ourselves
from handlers.slack.web_api import called

Json = dict[str, Any]

_CLOCKS = timedelta(minutes=2)
"""How far Slack's clock and ours may be apart."""


async def messages(
    client: AsyncWebClient, place: str, *, oldest: str, thread: str = ""
) -> AsyncIterator[Json]:
    """Messages of a channel (or replies in a thread) after `oldest`, page by page, newest page first. Transient."""
    cursor = ""
    while True:
        if thread:
            call = client.conversations_replies(
                channel=place,
                ts=thread,
                oldest=oldest,
                limit=200,
                cursor=cursor or None,
                include_all_metadata=True,
            )
        else:
            call = client.conversations_history(
                channel=place, oldest=oldest, limit=200, cursor=cursor or None, include_all_metadata=True
            )
        answer = await called(call, repeatable=True)
        for message in answer.get("messages") or []:
            yield message
        cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
        if not cursor:
            return


async def stamp_of(
    client: AsyncWebClient, ourselves: Ourselves, place: str, key: str, *, since: datetime, thread: str = ""
) -> str:
    """Where our message with this key stands; "" if it is not there. Transient, Permanent (no such channel)."""
    us = await ourselves.identity()
    oldest = f"{(since - _CLOCKS).timestamp():.6f}"
    async for message in messages(client, place, oldest=oldest, thread=thread):
        metadata = message.get("metadata") or {}
        if metadata.get("event_type") != ids.METADATA_EVENT or not us.wrote(message):
            continue
        if (metadata.get("event_payload") or {}).get("key") == key:
            return str(message["ts"])
    return ""


def metadata(key: str) -> Json:
    return {"event_type": ids.METADATA_EVENT, "event_payload": {"key": key}}
