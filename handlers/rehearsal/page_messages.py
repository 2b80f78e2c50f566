"""A channel's, thread's and sidebar's contents as the page's templates take them."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from markupsafe import Markup

from handlers.rehearsal.blocks_html import attachments, blocks
from handlers.rehearsal.drawing import Drawing
from handlers.rehearsal.emoji import shown
from handlers.rehearsal.mrkdwn_html import Names, mrkdwn, plain, when_shown
from handlers.rehearsal.page_state import Place, bot_of, channel_title
from handlers.rehearsal.slack_model import Json, Message
from handlers.rehearsal.slack_text import unescape
from handlers.rehearsal.workspace import Workspace

_TOGETHER = 300
"""Seconds within which messages of one author share one heading."""
COLOURS = 10
_JOINED = {"channel_join": "joined", "channel_leave": "left", "group_join": "joined", "group_leave": "left"}


@dataclass(frozen=True)
class Reaction:
    name: str
    character: str
    count: int
    mine: bool
    who: str


@dataclass(frozen=True)
class Replier:
    name: str
    initials: str
    colour: int
    is_app: bool


@dataclass(frozen=True)
class Shown:
    """One message, ready to draw."""

    ts: str
    user: str
    author: str
    initials: str
    colour: int
    is_app: bool
    at: datetime
    clock: str
    body: Markup
    compact: bool = False
    quiet: bool = False
    """A line of Slack's own, such as who joined."""
    ephemeral: bool = False
    edited: bool = False
    mine: bool = False
    has_card: bool = False
    day: str = ""
    """The day's name, when this is the first message of a day."""
    first_new: bool = False
    reactions: tuple[Reaction, ...] = ()
    replies: int = 0
    repliers: tuple[Replier, ...] = ()
    last_reply: str = ""
    files: tuple[Json, ...] = ()
    written: str = ""
    """One's own words, for editing them."""


def initials(name: str) -> str:
    """Two letters for an avatar."""
    words = [word for word in name.replace("-", " ").split() if word[0].isalnum()]
    return (
        "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words[:1])).upper() or "?"
    )


def colour_of(name: str) -> int:
    """Which of the avatar colours somebody has; always the same one."""
    return zlib.crc32(name.encode()) % COLOURS


def shown_messages(
    workspace: Workspace, messages: Iterable[Message], names: Names, new_since: str
) -> list[Shown]:
    """Messages in order, grouped by author and day, with the line above the first new one."""
    return list(_shown(workspace, messages, names, new_since))


def _shown(
    workspace: Workspace, messages: Iterable[Message], names: Names, new_since: str
) -> Iterator[Shown]:
    before: Shown | None = None
    today = datetime.now(names.zone)
    new_seen = not new_since
    for message in messages:
        at = datetime.fromtimestamp(float(message.ts), names.zone)
        first_new = not new_seen and float(message.ts) > float(new_since) and message.user != names.viewer
        new_seen = new_seen or first_new
        new_day = before is None or before.at.date() != at.date()
        one = _one(workspace, message, names, at, today)
        together = (
            before is not None
            and not (new_day or first_new or one.quiet or before.quiet or before.ephemeral or one.ephemeral)
            and (before.user, before.author) == (one.user, one.author)
            and (at - before.at).total_seconds() < _TOGETHER
            and not one.has_card
            and before.replies == 0
        )
        before = Shown(
            **{
                **vars(one),
                "compact": together,
                "first_new": first_new,
                "day": _day(at, today.date()) if new_day else "",
            }
        )
        yield before


def _one(workspace: Workspace, message: Message, names: Names, at: datetime, today: datetime) -> Shown:
    person = workspace.people.get(message.user)
    app = next(
        (app for app in workspace.apps.values() if app.bot_id == message.bot_id and message.bot_id), None
    )
    author = (
        message.username or (person.real_name if person else "") or (app.name if app else "") or message.user
    )
    drawing = Drawing(names)
    if message.blocks:
        body = blocks(message.blocks, drawing)
    else:
        words = mrkdwn(message.text, names) if message.mrkdwn else plain(message.text)
        body = Markup('<div class="text">{}</div>').format(words) if message.text else Markup()
    joined = _JOINED.get(message.subtype or "")
    return Shown(
        ts=message.ts,
        user=message.user,
        author=author,
        initials=initials(author),
        colour=colour_of(author),
        is_app=bool(app or message.bot_id or (person and person.is_bot)),
        at=at,
        clock=f"{at:%H:%M}",
        body=body + attachments(message.attachments, drawing),
        quiet=joined is not None or message.subtype in {"channel_topic", "channel_purpose", "channel_name"},
        ephemeral=bool(message.only_for),
        edited=bool(message.edited) and not message.bot_id,
        mine=message.user == names.viewer,
        has_card=bool(message.blocks) and len(message.blocks) > 1,
        reactions=tuple(
            Reaction(name, shown(name), len(users), names.viewer in users, _who(users, names))
            for name, users in message.reactions.items()
            if users
        ),
        replies=message.reply_count,
        repliers=tuple(_replier(workspace, user) for user in message.reply_users[:5]),
        last_reply=_last_reply(message, names, today),
        files=tuple(message.files),
        written=unescape(message.text) if message.user == names.viewer else "",
    )


def _replier(workspace: Workspace, user: str) -> Replier:
    person = workspace.people.get(user)
    name = person.real_name if person else user
    return Replier(name, initials(name), colour_of(name), bool(person and person.is_bot))


def _last_reply(message: Message, names: Names, today: datetime) -> str:
    if not message.latest_reply:
        return ""
    at = datetime.fromtimestamp(float(message.latest_reply), names.zone)
    return when_shown("{date_short_pretty} at {time}", at, today).lower()


def _day(at: datetime, today: date) -> str:
    near = {0: "Today", 1: "Yesterday"}.get((today - at.date()).days)
    return near or f"{at:%A}, {at:%B} {at.day}" + ("" if at.year == today.year else f", {at.year}")


def _who(users: list[str], names: Names) -> str:
    called = ["you" if user == names.viewer else names.users.get(user, user) for user in users]
    return called[0] if len(called) == 1 else ", ".join(called[:-1]) + " and " + called[-1]


@dataclass(frozen=True)
class Row:
    """One line of the sidebar."""

    title: str
    url: str
    kind: str
    """channel, private, shared, dm or app"""
    key: str
    current: bool
    unread: int = 0
    mentions: int = 0
    initials: str = ""
    colour: int = 0


def sidebar_rows(workspace: Workspace, place: Place) -> dict[str, list[Row]]:
    """The sidebar's sections: channels, direct messages, apps."""
    rows: dict[str, list[Row]] = {"channels": [], "people": [], "apps": []}
    unread_of_app: dict[str, tuple[int, int]] = {}
    talking = workspace.channels.get(place.channel)
    current_app = place.app or (bot_of(workspace, talking, place.viewer) if talking else "")
    for channel in workspace.visible_channels(place.viewer):
        count, mentions = workspace.unread(place.viewer, channel.id)
        if app := bot_of(workspace, channel, place.viewer):
            unread_of_app[app] = (count, mentions)
            continue
        title = channel_title(workspace, channel, place.viewer)
        kind = (
            "dm"
            if channel.is_direct
            else "shared"
            if channel.shared_with
            else "private"
            if channel.kind == "group"
            else "channel"
        )
        rows["people" if channel.is_direct else "channels"].append(
            Row(title, place.link(channel=channel.id, app="", thread="", earlier=0), kind, channel.id, channel.id == place.channel,
                count, count if channel.is_direct else mentions, initials(title), colour_of(title))
        )  # fmt: skip
    for installed in workspace.apps.values():
        if not (installed.revoked or installed.practice):
            count, _ = unread_of_app.get(installed.id, (0, 0))
            rows["apps"].append(
                Row(installed.name, place.link(app=installed.id, channel="", thread="", earlier=0), "app", installed.id, installed.id == current_app,
                    count, count, initials(installed.name), colour_of(installed.name))
            )  # fmt: skip
    return rows
