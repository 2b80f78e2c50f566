"""Where somebody is on the practice page: who they act as, what they look at; read from the address line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from handlers.rehearsal.cast import Business
from handlers.rehearsal.mrkdwn_html import Names
from handlers.rehearsal.slack_model import Channel, Person, SlackError
from handlers.rehearsal.workspace import Workspace

ROLES = ("owner", "delegate", "member", "guest", "connect")


@dataclass(frozen=True)
class Place:
    """Everything the page's address says. `app` set: that app's Home instead of a channel."""

    viewer: str
    channel: str = ""
    thread: str = ""
    app: str = ""
    mailbox: str = ""
    folder: str = "INBOX"
    mail: int = 0
    compose: str = ""
    """new, reply, forward, or empty."""
    earlier: int = 0
    """How many pages of older messages have been asked for."""

    def url(self, **changes: object) -> str:
        """The address of this place with something changed."""
        there = replace(self, **changes)  # type: ignore[arg-type]
        given = {
            "as": there.viewer,
            "channel": there.channel,
            "app": there.app,
            "thread": there.thread,
            "mailbox": there.mailbox,
            "folder": "" if there.folder == "INBOX" else there.folder,
            "mail": there.mail or "",
            "compose": there.compose,
            "earlier": there.earlier or "",
        }
        return "/?" + urlencode({name: value for name, value in given.items() if value})

    def link(self, **changes: object) -> str:
        """Only what changes, which the script lays over wherever one is: drawn parts stay the same as one moves."""
        return "?" + urlencode({"as": self.viewer, **{name: value or "" for name, value in changes.items()}})


def actors(workspace: Workspace) -> list[Person]:
    """Everybody one can act as: people, not bots, the owner first."""
    present = [person for person in workspace.people.values() if not person.is_bot and not person.deleted]
    return sorted(
        present, key=lambda p: (ROLES.index(p.role) if p.role in ROLES else len(ROLES), p.real_name)
    )


def read_place(
    query: Mapping[str, str], workspace: Workspace, business: Business, mailboxes: list[str]
) -> Place:
    """The place an address asks for; what does not exist (any more) gives way to what does."""
    everybody = {person.id: person for person in actors(workspace)}
    viewer = query.get("as", "")
    if viewer not in everybody:
        viewer = next(iter(everybody), "")
    app = query.get("app", "") if query.get("app", "") in workspace.apps else ""
    visible = {channel.id: channel for channel in workspace.visible_channels(viewer)} if viewer else {}
    channel = query.get("channel", "")
    if channel not in visible:
        channel = "" if app else _first(list(visible.values()))
    mailbox = query.get("mailbox", "")
    if mailbox not in mailboxes:
        mailbox = _mailbox_of(everybody.get(viewer), business, mailboxes)
    return Place(
        viewer=viewer,
        channel="" if app else channel,
        app=app,
        thread=query.get("thread", "")
        if channel and _has_thread(workspace, channel, query.get("thread", ""))
        else "",
        mailbox=mailbox,
        folder="Sent" if query.get("folder") == "Sent" else "INBOX",
        mail=_number(query.get("mail", "")),
        compose=query.get("compose", "") if query.get("compose") in {"new", "reply", "forward"} else "",
        earlier=_number(query.get("earlier", "")),
    )


def names_for(workspace: Workspace, viewer: str, business: Business) -> Names:
    """What ids are called for this viewer, in their zone."""
    person = workspace.people.get(viewer)
    try:
        zone = ZoneInfo(person.tz) if person and person.tz not in {"", "Etc/UTC"} else business.zone
    except (ZoneInfoNotFoundError, ValueError):
        zone = business.zone
    return Names(
        users={key: one.real_name or one.name for key, one in workspace.people.items()},
        channels={key: one.name for key, one in workspace.channels.items() if not one.is_direct},
        zone=zone,
        viewer=viewer,
    )


def channel_title(workspace: Workspace, channel: Channel, viewer: str) -> str:
    """A channel's name; for a direct conversation, who else is in it."""
    if not channel.is_direct:
        return channel.name
    others = [
        workspace.people[key].real_name
        for key in channel.members
        if key != viewer and key in workspace.people
    ]
    return ", ".join(others) or "yourself"


def bot_of(workspace: Workspace, channel: Channel, viewer: str) -> str:
    """The app one talks to in this direct conversation; empty when it is between people."""
    others = {key for key in channel.members if key != viewer}
    return next(
        (app.id for app in workspace.apps.values() if others == {app.bot_user} and channel.kind == "im"), ""
    )


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _first(channels: list[Channel]) -> str:
    named = [channel for channel in channels if not channel.is_direct] or channels
    return next((channel.id for channel in named if channel.name == "desk"), named[0].id if named else "")


def _mailbox_of(person: Person | None, business: Business, mailboxes: list[str]) -> str:
    if person:
        mine = [one.address for one in business.people if one.slack == person.id] + [person.email]
        for address in mine:
            if address in mailboxes:
                return address
    return mailboxes[0] if mailboxes else ""


def _has_thread(workspace: Workspace, channel: str, ts: str) -> bool:
    if not ts:
        return False
    try:
        workspace.message(channel, ts)
    except SlackError:
        return False
    return True
