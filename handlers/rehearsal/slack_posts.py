"""Everything that changes messages, channels and reactions, and the events that follow from it."""

from __future__ import annotations

import copy
import secrets
import uuid
from pathlib import Path
from typing import Any

from handlers.rehearsal.slack_delivery import Delivery
from handlers.rehearsal.slack_faults import Faults
from handlers.rehearsal.slack_limits import MESSAGE_TEXT, Rates, Timing
from handlers.rehearsal.slack_model import App, Change, Channel, Json, Message, SlackError
from handlers.rehearsal.slack_payloads import bot_json, event_json, message_json
from handlers.rehearsal.slack_state import SLACKBOT, WorkspaceState
from handlers.rehearsal.slack_text import mentions, rich_text, stored_text

_MESSAGE_EVENTS = {
    "channel": "message.channels",
    "group": "message.groups",
    "im": "message.im",
    "mpim": "message.mpim",
}


class Posting(WorkspaceState):
    """Writes of people and apps alike; each tells the change feed and the apps that listen."""

    def __init__(
        self,
        path: Path | str = ":memory:",
        *,
        faults: Faults | None = None,
        rates: Rates | None = None,
        timing: Timing | None = None,
        **more: Any,
    ) -> None:
        super().__init__(path, **more)
        self.faults = faults or Faults()
        self.rates = rates or Rates()
        self.timing = timing or Timing()
        self.delivery = Delivery(self.faults, self.timing, self.clock)

    # Events

    def announce(self, kind: str, event: Json, channel: Channel | None = None, *, also: str = "") -> None:
        """Send an event to every app that subscribed to it and may see it; also: a user who need not be a member."""
        sender = self.people.get(str(event.get("user", "")))
        source = sender.team_id if sender is not None and sender.team_id != self.team.id else ""
        shared = channel is not None and bool(channel.shared_with)
        for app in list(self.apps.values()):
            sees = channel is None or app.bot_user in channel.members or app.bot_user == also
            if app.revoked or not sees or kind not in app.events:
                continue
            payload = event_json(app, self.team, event, now=self.clock(), source_team=source, shared=shared)
            self.delivery.event(app, payload)

    def revoke(self, app: App) -> None:
        """Take an app's tokens away: it hears of it, and every later call is refused."""
        tokens = {"oauth": [], "bot": [app.bot_user]}
        self.announce("tokens_revoked", {"type": "tokens_revoked", "tokens": tokens})
        app.revoked = True
        self.save_app(app)

    def as_json(self, message: Message, *, metadata: bool = False) -> Json:
        """A message as Slack's API writes it."""
        app = self.apps.get(message.app_id)
        bot = bot_json(app, self.team) if app is not None else None
        return message_json(message, self.people.get(message.user), bot=bot, metadata=metadata)

    def _message_event(self, channel: Channel, event: Json) -> None:
        self.announce(_MESSAGE_EVENTS[channel.kind], {**event, "channel_type": channel.kind}, channel)

    # Messages

    def add_message(self, message: Message) -> Message:
        """Store a new message, tell everybody; ephemerals reach only the page."""
        self.save_message(message)
        channel = self.channels[message.channel]
        if message.only_for:
            self.tell(Change("ephemeral", channel.id, message.ts, message.thread_ts or "", message.only_for))
            return message
        if message.is_reply:
            self._count_reply(message)
        self.tell(Change("message", channel.id, message.ts, message.thread_ts or ""))
        event = {**self.as_json(message, metadata=True), "channel": channel.id, "event_ts": message.ts}
        if message.is_reply and (parent := self.messages[channel.id].get(message.thread_ts or "")):
            event["parent_user_id"] = parent.user
        self._message_event(channel, event)
        if not message.subtype and not channel.is_direct:
            self._announce_mentions(channel, message, event)
        return message

    def _announce_mentions(self, channel: Channel, message: Message, event: Json) -> None:
        for user in dict.fromkeys(mentions(message.text)):
            app = self.bot_app(user)
            if (
                app is not None
                and user in channel.members
                and user != message.user
                and "app_mention" in app.events
            ):
                payload = event_json(app, self.team, {**event, "type": "app_mention"}, now=self.clock())
                self.delivery.event(app, payload)

    def _count_reply(self, message: Message) -> None:
        parent = self.messages[message.channel].get(message.thread_ts or "")
        if parent is None:
            return
        replies = [one for one in self.thread(message.channel, parent.ts) if one.is_reply]
        parent.reply_count = len(replies)
        parent.reply_users = list(dict.fromkeys(one.user for one in replies))
        parent.latest_reply = replies[-1].ts if replies else ""
        self.save_message(parent)
        self.tell(Change("message_changed", message.channel, parent.ts))

    def change_message(self, message: Message, editor: str, **parts: Any) -> Message:
        """Change text, blocks … of a stored message, and tell everybody."""
        before = self.as_json(copy.deepcopy(message))
        for name, value in parts.items():
            setattr(message, name, value)
        channel = self.channels[message.channel]
        if message.only_for:
            self.save_message(message)
            self.tell(Change("ephemeral", channel.id, message.ts, message.thread_ts or "", message.only_for))
            return message
        now = self.next_ts()
        message.edited = {"user": editor, "ts": now.split(".")[0] + ".000000"}
        self.save_message(message)
        self.tell(Change("message_changed", channel.id, message.ts, message.thread_ts or ""))
        event: Json = {
            "type": "message",
            "subtype": "message_changed",
            "message": {
                **self.as_json(message, metadata=True),
                "source_team": self.team.id,
                "user_team": self.team.id,
            },
            "previous_message": before,
            "channel": channel.id,
            "hidden": True,
            "ts": now,
            "event_ts": now,
        }
        self._message_event(channel, event)
        return message

    def remove_message(self, message: Message) -> None:
        """Delete a message; a parent with replies leaves a tombstone."""
        channel = self.channels[message.channel]
        before = self.as_json(message)
        thread_ts = message.thread_ts or ""
        if message.reply_count:
            parts = {"subtype": "tombstone", "text": "This message was deleted.", "user": SLACKBOT}
            for name, value in parts.items():
                setattr(message, name, value)
            message.blocks, message.files, message.metadata, message.bot_id = [], [], None, ""
            self.save_message(message)
            self.tell(Change("message_changed", channel.id, message.ts))
        else:
            self.drop_message(message)
            self.tell(Change("message_deleted", channel.id, message.ts, thread_ts, message.only_for))
        if message.only_for:
            return
        if message.is_reply:
            self._count_reply(message)
        now = self.next_ts()
        event: Json = {
            "type": "message",
            "subtype": "message_deleted",
            "previous_message": before,
            "hidden": True,
        }
        self._message_event(
            channel, event | {"channel": channel.id, "deleted_ts": message.ts, "ts": now, "event_ts": now}
        )

    def typed(self, user: str, channel: str, text: str, thread_ts: str | None = None, **more: Any) -> Message:
        """A message in this person's own words; SlackError not_in_channel, is_archived, no_text, msg_too_long."""
        here = self.channel(channel)
        if user not in here.members:
            raise SlackError("not_in_channel")
        if here.archived:
            raise SlackError("is_archived")
        if not text.strip() and not more.get("files"):
            raise SlackError("no_text")
        if len(text) > MESSAGE_TEXT:
            raise SlackError("msg_too_long")
        if thread_ts is not None:
            parent = self.message(here.id, thread_ts)
            thread_ts = parent.thread_ts or parent.ts
        stored = self.stored(text)
        blocks = [rich_text(stored, secrets.token_hex(2))] if stored.strip() else []
        said = Message(here.id, self.next_ts(), user, stored, blocks, thread_ts=thread_ts, **more)
        said.client_msg_id = str(uuid.uuid4())
        here.read[user] = said.ts
        self.save_channel(here)
        return self.add_message(said)

    def retyped(self, message: Message, editor: str, text: str) -> Message:
        """A message edited in its writer's own words; SlackError no_text."""
        if not text.strip():
            raise SlackError("no_text")
        stored = self.stored(text[:MESSAGE_TEXT])
        blocks = [rich_text(stored, secrets.token_hex(2))]
        return self.change_message(message, editor, text=stored, blocks=blocks)

    def stored(self, text: str) -> str:
        """Typed words as Slack stores them, with this workspace's names."""
        return stored_text(text, self._person_named, self.channel_named)

    def _person_named(self, handle: str) -> str | None:
        return next((p.id for p in self.people.values() if p.name.lower() == handle.lower()), None)

    def channel_named(self, name: str) -> str | None:
        rooms = (c for c in self.channels.values() if not c.is_direct)
        return next((c.id for c in rooms if c.name == name.lower()), None)

    def whisper(self, channel: str, user: str, text: str, *, by: App | None = None, **parts: Any) -> Message:
        """An ephemeral message to one person, from an app or from Slackbot."""
        sender = by.bot_user if by is not None else SLACKBOT
        said = Message(channel, self.next_ts(), sender, text, only_for=user, **parts)
        if by is not None:
            said.bot_id, said.app_id = by.bot_id, by.id
        return self.add_message(said)

    # Reactions

    def add_reaction(self, user: str, message: Message, name: str) -> None:
        """SlackError already_reacted."""
        name = name.strip(":")
        if user in message.reactions.get(name, []):
            raise SlackError("already_reacted")
        message.reactions.setdefault(name, []).append(user)
        self._reacted("reaction_added", user, message, name)

    def remove_reaction(self, user: str, message: Message, name: str) -> None:
        """SlackError no_reaction."""
        name = name.strip(":")
        if user not in message.reactions.get(name, []):
            raise SlackError("no_reaction")
        message.reactions[name].remove(user)
        if not message.reactions[name]:
            del message.reactions[name]
        self._reacted("reaction_removed", user, message, name)

    def _reacted(self, kind: str, user: str, message: Message, name: str) -> None:
        self.save_message(message)
        self.tell(Change("reaction", message.channel, message.ts, message.thread_ts or ""))
        item = {"type": "message", "channel": message.channel, "ts": message.ts}
        event = {"type": kind, "user": user, "reaction": name, "item": item, "item_user": message.user}
        self.announce(kind, {**event, "event_ts": self.next_ts()}, self.channels[message.channel])
