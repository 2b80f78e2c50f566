"""The practice Slack workspace: what is in it, what its people do, and the apps that hear of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from handlers.rehearsal.slack_delivery import Delivery
from handlers.rehearsal.slack_faults import Faults
from handlers.rehearsal.slack_limits import Limits
from handlers.rehearsal.slack_model import Json, Message, Outcome, SlackError, View
from handlers.rehearsal.slack_state import WorkspaceState


class Workspace(WorkspaceState):
    """One workspace in one SQLite file.

    Reading (see `WorkspaceState`): team, people, channels, apps, person(), channel(), visible_channels(user),
    history(channel, viewer=…), thread(channel, ts, viewer=…), unread(user, channel), modals(user), home(user),
    commands(), shortcuts(kind), subscribe().

    Acting as a person (below): everything a human does in Slack.  Acts that an app has to answer return an
    `Outcome`; its `words` are what Slack would show when the app did not answer in time.  Refusals of Slack
    itself are raised as `SlackError` with Slack's error code.
    """

    async def post_message(self, user: str, channel: str, text: str, thread_ts: str | None = None) -> Message:
        """Write a message as this person types it: @name, #channel and addresses become links, & < > are escaped."""

    async def edit_message(self, user: str, channel: str, ts: str, text: str) -> Message:
        """Edit one's own message."""

    async def delete_message(self, user: str, channel: str, ts: str) -> None:
        """Delete one's own message (an owner may delete anybody's)."""

    async def press(self, user: str, channel: str, ts: str, block_id: str, action_id: str, *, selected: Any = None) -> Outcome:
        """Use an element of a message: a button (selected=None), or with what was chosen.

        selected: an option's value or list of values, a date, time, user or channel id(s), or text, by the element's
        kind.  `ts` may be that of an ephemeral message.
        """

    async def press_view(self, user: str, view_id: str, block_id: str, action_id: str, *, selected: Any = None) -> Outcome:
        """Use an element inside a modal or on the App Home tab."""

    async def fill(self, user: str, view_id: str, block_id: str, action_id: str, selected: Any) -> None:
        """Fill in an input of a modal; sends block_actions too when the input asks for dispatch_action."""

    async def submit_view(self, user: str, view_id: str, values: dict[str, dict[str, Any]] | None = None) -> Outcome:
        """Press a modal's submit button; values: {block_id: {action_id: selected}} filled in just before.

        The app's answer is carried out: errors stay on the view, update, push, clear, or the modal closes.
        """

    async def close_view(self, user: str, view_id: str, *, clear: bool = False) -> None:
        """Close the top modal (or the whole stack); the app hears of it when it asked notify_on_close."""

    async def suggest(self, user: str, block_id: str, action_id: str, value: str, *, channel: str = "", ts: str = "", view_id: str = "") -> list[Json]:
        """The options (or option groups) an app offers for what was typed into an external select."""

    async def slash(self, user: str, channel: str, text: str) -> Outcome:
        """Send a slash command: text as typed, "/understudy queue". SlackError("invalid_command") if nobody has it."""

    async def shortcut(self, user: str, callback_id: str, *, channel: str = "", ts: str = "") -> Outcome:
        """Use a global shortcut, or with channel and ts a message shortcut."""

    async def react(self, user: str, channel: str, ts: str, name: str) -> None:
        """Add an emoji reaction; `unreact` takes it away."""

    async def unreact(self, user: str, channel: str, ts: str, name: str) -> None:
        """Take one's reaction away."""

    async def open_home(self, user: str, app_id: str = "", tab: str = "home") -> View | None:
        """Open an app's Home (or messages) tab: the app hears app_home_opened; returns the view published so far."""

    async def open_dm(self, *users: str) -> str:
        """The id of the direct conversation between these people; opened when it does not exist."""

    async def create_channel(self, user: str, name: str, *, private: bool = False) -> str:
        """Create a channel with this person in it; returns its id."""

    async def invite(self, user: str, channel: str, *guests: str) -> None:
        """Invite people or bots to a channel; everyone there hears member_joined_channel."""

    async def kick(self, user: str, channel: str, guest: str) -> None:
        """Remove somebody from a channel."""

    async def dismiss(self, user: str, channel: str, ts: str) -> None:
        """Dismiss an ephemeral message."""
