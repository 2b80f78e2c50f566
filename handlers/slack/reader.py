"""Reads a stored message event: who wrote what, where, as plain text."""

import json
from datetime import UTC, datetime
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import BotError, Quarantined
from bot.inbound import Attachment, Authenticated, Kind, Person, ReadMessage
from handlers.slack.identity import Identity, Ourselves
from handlers.slack.names import Names, name_in
from handlers.slack.unmarked import from_blocks, mentioned, unmarked

Json = dict[str, Any]

_LARGEST = 1_000_000
_SPOKEN = frozenset({"", "file_share", "thread_broadcast", "me_message"})
"""Subtypes in which a person speaks."""


class SlackReader:
    """A Reader (`bot.ports.Reader`) of Slack's message events. Slack itself vouches for who wrote.

    `message_id` is the message's stamp and `in_reply_to` its thread's: both are unique within the channel that
    `headers["slack-channel"]` names.
    """

    def __init__(self, client: AsyncWebClient) -> None:
        self._ourselves = Ourselves(client)
        self._names = Names(client)

    async def read(self, raw: bytes) -> ReadMessage:
        """What stands in the event. Quarantined: it is none, or too large."""
        event, team = _event(raw)
        subtype = _text(event.get("subtype"))
        message = _message(event, subtype)
        us = await self._us()
        kind, why = _kind(message, subtype, us)
        stamp, thread = _text(message.get("ts")), _text(message.get("thread_ts"))
        words = _text(message.get("text")) or from_blocks(message.get("blocks"))
        sender = await self._sender(message)
        return ReadMessage(
            kind=kind,
            why=why,
            message_id=stamp or None,
            in_reply_to=thread if thread and thread != stamp else None,
            sender=sender,
            to=(Person("", _text(event.get("channel"))),),
            date=_date(stamp),
            text=unmarked(words, await self._names.among(mentioned(words))),
            attachments=tuple(_file(file) for file in _list(message.get("files")) if isinstance(file, dict)),
            authenticated=Authenticated.PASS if sender else Authenticated.NONE,
            flags=_flags(event, message, subtype, us),
            headers=_headers(event, message, team),
        )

    async def _us(self) -> Identity | None:
        """Our own ids; None while Slack cannot be asked, then only a bot's mark tells."""
        try:
            return await self._ourselves.identity()
        except BotError:
            return None

    async def _sender(self, message: Json) -> Person | None:
        user = _text(message.get("user"))
        if not user:
            bot = _text(message.get("bot_id"))
            return Person(_text(message.get("username")), bot) if bot else None
        profile = message.get("user_profile")
        name = name_in(profile) if isinstance(profile, dict) else ""
        return Person(name or await self._names.of(user), user)


def _event(raw: bytes) -> tuple[Json, str]:
    if len(raw) > _LARGEST:
        raise Quarantined(f"the event has {len(raw)} bytes")
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise Quarantined("the event is not JSON") from error
    if not isinstance(body, dict):
        raise Quarantined("the event is not a JSON object")
    event = body.get("event", body)
    if not isinstance(event, dict) or not isinstance(event.get("type"), str):
        raise Quarantined("there is no event in it")
    if event["type"] not in {"message", "app_mention"}:
        raise Quarantined(f"a {event['type'][:40]} event is no message")
    return event, _text(body.get("team_id"))


def _message(event: Json, subtype: str) -> Json:
    """The message that an event is about: an edit and a deletion wrap it."""
    inner = {"message_changed": event.get("message"), "message_deleted": event.get("previous_message")}.get(
        subtype, event
    )
    return inner if isinstance(inner, dict) else {"ts": event.get("deleted_ts")}


def _kind(message: Json, subtype: str, us: Identity | None) -> tuple[Kind, tuple[str, ...]]:
    if us and us.wrote(message):
        return Kind.OWN, ("we wrote it ourselves",)
    if subtype == "message_deleted":
        return Kind.NOTIFICATION, ("the message was deleted",)
    if subtype == "message_changed" and not isinstance(message.get("edited"), dict):
        return Kind.NOTIFICATION, ("only its look was changed, not its words",)
    if message.get("bot_id") or message.get("subtype") == "bot_message":
        return Kind.NOTIFICATION, ("written by an app",)
    inner = _text(message.get("subtype"))
    if inner not in _SPOKEN and inner != "message_changed":
        return Kind.NOTIFICATION, (f"Slack's own notice: {inner[:40]}",)
    if not _text(message.get("user")):
        return Kind.NOTIFICATION, ("nobody is named as its author",)
    if message.get("user") == "USLACKBOT":
        return Kind.NOTIFICATION, ("written by Slackbot",)
    return Kind.HUMAN, ()


def _flags(event: Json, message: Json, subtype: str, us: Identity | None) -> tuple[str, ...]:
    # Slack sends a mention twice, as message and as app_mention; whichever comes first is kept, so the words decide.
    named = us is not None and bool(us.user) and f"<@{us.user}" in _text(message.get("text"))
    said = {
        "edited": isinstance(message.get("edited"), dict),
        "deleted": subtype == "message_deleted",
        "mentions_us": named or event["type"] == "app_mention",
        "thread_broadcast": subtype == "thread_broadcast",
        "no_author": not message.get("user") and not message.get("bot_id"),
    }
    return tuple(name for name, is_so in said.items() if is_so)


def _headers(event: Json, message: Json, team: str) -> dict[str, str]:
    home = _text(message.get("user_team")) or _text(message.get("source_team")) or _text(message.get("team"))
    named = {
        "slack-channel": _text(event.get("channel")),
        "slack-channel-type": _text(event.get("channel_type")),
        "slack-team": team or _text(event.get("team")),
        "slack-user-team": home,
        "slack-ts": _text(message.get("ts")),
        "slack-thread": _text(message.get("thread_ts")),
    }
    return {name: value for name, value in named.items() if value}


def _file(file: Json) -> Attachment:
    size = file.get("size")
    return Attachment(
        name=_text(file.get("name")) or _text(file.get("title")),
        type=_text(file.get("mimetype")),
        bytes=size if isinstance(size, int) else 0,
        sha256="",
    )


def _date(stamp: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(float(stamp), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
