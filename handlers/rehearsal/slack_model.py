"""What a Slack workspace is made of: team, people, channels, messages, views, apps, changes."""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass, field
from typing import Any

Json = dict[str, Any]

_ALPHABET = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def new_id(prefix: str) -> str:
    """An id as Slack writes them: a letter for the kind, then ten capitals and digits."""
    return prefix + "0" + "".join(secrets.choice(_ALPHABET) for _ in range(9))


@dataclass
class Team:
    id: str
    name: str
    domain: str


@dataclass
class Person:
    """Somebody with a user id: the owner, a delegate, a client, or a bot."""

    id: str
    name: str
    """The handle, as in @ana."""
    real_name: str
    role: str
    """owner, delegate, member, guest (restricted), connect (a client from another workspace), or bot."""
    team_id: str
    email: str = ""
    tz: str = "Etc/UTC"
    title: str = ""
    deleted: bool = False
    bot_id: str = ""
    app_id: str = ""
    token: str = ""
    """A user token (xoxp-…) with which a script acts as this person."""

    @property
    def is_bot(self) -> bool:
        return self.role == "bot"

    @property
    def is_guest(self) -> bool:
        return self.role == "guest"


@dataclass
class Channel:
    id: str
    name: str
    kind: str = "channel"
    """channel (public), group (private), im, or mpim: as in an event's channel_type."""
    members: list[str] = field(default_factory=list)
    creator: str = ""
    created: int = 0
    topic: str = ""
    purpose: str = ""
    archived: bool = False
    shared_with: list[str] = field(default_factory=list)
    """Ids of other teams: a Slack Connect channel when not empty."""
    pins: list[str] = field(default_factory=list)
    read: dict[str, str] = field(default_factory=dict)
    """Up to which ts each person has read."""

    @property
    def is_direct(self) -> bool:
        return self.kind in {"im", "mpim"}


@dataclass
class Message:
    """One message; `slack_payloads.message_json` writes it as the Web API does."""

    channel: str
    ts: str
    user: str
    text: str
    blocks: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    thread_ts: str | None = None
    subtype: str | None = None
    bot_id: str = ""
    app_id: str = ""
    username: str = ""
    icon: str = ""
    edited: Json | None = None
    """{"user", "ts"} of the last edit."""
    reactions: dict[str, list[str]] = field(default_factory=dict)
    """Emoji name to the ids of those who reacted, in order."""
    metadata: Json | None = None
    files: list[Json] = field(default_factory=list)
    reply_users: list[str] = field(default_factory=list)
    reply_count: int = 0
    latest_reply: str = ""
    only_for: str = ""
    """The one person who sees it; an ephemeral message when not empty, never in history."""
    client_msg_id: str = ""
    broadcast: bool = False
    unfurl_links: bool | None = None
    unfurl_media: bool | None = None
    mrkdwn: bool = True

    @property
    def is_reply(self) -> bool:
        return self.thread_ts is not None and self.thread_ts != self.ts


@dataclass
class View:
    """A modal or an App Home tab as somebody sees it."""

    id: str
    user: str
    app_id: str
    kind: str
    """modal or home."""
    body: Json
    """title, blocks, submit, close, private_metadata, callback_id … as the app gave them."""
    hash: str
    root_id: str = ""
    previous_id: str | None = None
    values: dict[str, dict[str, Json]] = field(default_factory=dict)
    """What the person has filled in: block_id, action_id, then Slack's state value."""
    errors: dict[str, str] = field(default_factory=dict)
    """What the app found wrong at the last submit: block_id to words."""
    trouble: str = ""
    """What Slack itself says when the app did not answer."""


@dataclass
class App:
    """An installed app: its tokens, what it may do, what it listens to, where it is reached."""

    id: str
    name: str
    bot_user: str
    bot_id: str
    bot_token: str
    app_token: str
    signing_secret: str
    verification_token: str
    scopes: list[str] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    """Bot events as in a manifest: message.channels, app_mention …"""
    commands: list[Json] = field(default_factory=list)
    """{"command", "description", "usage_hint", "url"?} each."""
    shortcuts: list[Json] = field(default_factory=list)
    """{"name", "type": message|global, "callback_id", "description"} each."""
    delivery: str = "socket"
    """socket, or http."""
    request_url: str = ""
    """Where events, actions and commands go in HTTP mode."""
    practice: bool = False
    """May call the practice-only methods (practice.*)."""
    revoked: bool = False


@dataclass(frozen=True)
class Change:
    """Something to redraw.

    kind: message, message_changed, message_deleted, ephemeral, reaction, channel, person, read, modal, home, pin,
    notice (Slack itself says something to one person, e.g. that the app did not answer), press (a press is on its
    way, or over).  `user` names the only person concerned; empty means everybody in the channel.
    """

    kind: str
    channel: str = ""
    ts: str = ""
    thread_ts: str = ""
    user: str = ""
    body: Json = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """How an act that waits for the app ended: answered in time or not, and what Slack shows the person if not."""

    ok: bool
    error: str = ""
    """operation_timeout, dispatch_failed, http_error …; empty when ok."""
    words: str = ""
    """The words Slack shows to the person."""
    reply: Json = field(default_factory=dict)
    """What the app put into its acknowledgement."""


class SlackError(Exception):
    """A refusal in Slack's words: the `error` code and whatever else the answer carries."""

    def __init__(self, code: str, **more: Any) -> None:
        super().__init__(code)
        self.code = code
        self.more = more


def as_json(thing: Any) -> Json:
    """A dataclass of this module as a plain dict, for storing."""
    return asdict(thing)


@dataclass(frozen=True)
class Call:
    """One Web API call as the workspace carried it out: for tests, the view from outside."""

    method: str
    app_id: str
    arguments: Json
    answer: Json
    at: float


class NotDelivered(Exception):
    """A delivery that was not acknowledged; final: trying again is pointless, or the app asked not to."""

    def __init__(self, reason: str, *, final: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.final = final
