"""A message event as the row it becomes: its place, its one key, and its bytes as they came."""

import json
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Arrival:
    """A message to be written down: where, under which key, and exactly as it came."""

    place: str
    stamp: str
    key: str
    raw: bytes
    message: Json
    """The message itself: for an edit the new version, for a deletion what was there."""


_WORDS = (
    "",
    "file_share",
    "thread_broadcast",
    "me_message",
    "bot_message",
    "message_changed",
    "message_deleted",
)
"""Subtypes in which somebody says something; joins, topics and the like are not messages to us."""


def arrival(body: Json, team: str) -> Arrival | None:
    """A message event as a row to be. None: it holds nothing that anybody wrote.

    The key is the same for every delivery of the same version of a message, however often and by whichever way it
    comes: message and app_mention events of one message share it, and so does the message read back from history.
    """
    event = body["event"]
    subtype = event.get("subtype") or ""
    place = event.get("channel")
    if subtype not in _WORDS or not isinstance(place, str) or not place:
        return None
    message = event
    if subtype == "message_changed":
        message = event.get("message")
    elif subtype == "message_deleted":
        message = event.get("previous_message") or {"ts": event.get("deleted_ts")}
    if not isinstance(message, dict) or not isinstance(message.get("ts"), str):
        return None
    edited = message.get("edited")
    if subtype == "message_changed" and not isinstance(edited, dict):
        return None
    version = str(edited.get("ts", "")) if isinstance(edited, dict) else ""
    stamp = message["ts"]
    key = f"slack:{team}:{place}:{stamp}:{version}:{'deleted' if subtype == 'message_deleted' else ''}"
    kept = {name: value for name, value in body.items() if name != "token"}
    return Arrival(place, stamp, key, json.dumps(kept, ensure_ascii=False, sort_keys=True).encode(), message)


def from_history(message: Json, *, place: str, channel_type: str, team: str) -> Json:
    """A message read back from history, in the shape in which its event would have come."""
    event = {"type": "message", **message, "channel": place, "channel_type": channel_type}
    return {"type": "event_callback", "team_id": team, "event": event, "read_back": True}
