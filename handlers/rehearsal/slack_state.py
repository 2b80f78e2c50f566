"""What is in the practice workspace, and how a page or an API method reads it."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from handlers.rehearsal.slack_changes import ChangeFeed, Subscription
from handlers.rehearsal.slack_model import (
    App,
    Call,
    Change,
    Channel,
    Json,
    Message,
    Person,
    SlackError,
    Team,
    View,
    as_json,
    new_id,
)
from handlers.rehearsal.slack_records import Records

SLACKBOT = "USLACKBOT"
_LEDGER = 20_000


class WorkspaceState:
    """Everything in memory, each change written to the file at once."""

    def __init__(self, path: Path | str = ":memory:", *, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self.records = Records(path)
        self.ledger: deque[Call] = deque(maxlen=_LEDGER)
        """The API calls that were accepted and carried out, in order; a long rehearsal forgets the oldest."""
        self.address = "http://127.0.0.1"
        """Where this workspace is served; the addresses it hands out begin so."""
        self._feed = ChangeFeed()
        self._last_ts = 0
        self.people: dict[str, Person] = {}
        self.channels: dict[str, Channel] = {}
        self.apps: dict[str, App] = {}
        self.messages: dict[str, dict[str, Message]] = {}
        self.ephemerals: dict[str, dict[str, Message]] = {}
        self.homes: dict[tuple[str, str], View] = {}
        self.stacks: dict[str, list[View]] = {}
        self.files: dict[str, Json] = {}
        self.emoji: dict[str, str] = {}
        """Custom emoji: name to address."""
        self._load()

    def _load(self) -> None:
        teams = self.records.all("team")
        self.is_new = not teams
        self.team = Team(**teams[0]) if teams else Team(new_id("T"), "Practice", "practice")
        self.people = {row["id"]: Person(**row) for row in self.records.all("person")}
        self.channels = {row["id"]: Channel(**row) for row in self.records.all("channel")}
        self.apps = {row["id"]: App(**row) for row in self.records.all("app")}
        self.files = {row["id"]: row for row in self.records.all("file")}
        for row in self.records.all("message"):
            self.messages.setdefault(row["channel"], {})[row["ts"]] = Message(**row)
            self._last_ts = max(self._last_ts, _microseconds(row["ts"]))
        for row in self.records.all("home"):
            self.homes[row["user"], row["app_id"]] = View(**row)
        if SLACKBOT not in self.people:
            self.save_person(Person(SLACKBOT, "slackbot", "Slackbot", "bot", self.team.id))

    def next_ts(self) -> str:
        """A timestamp as Slack's: unique, rising, also after a restart."""
        self._last_ts = max(int(self.clock() * 1_000_000), self._last_ts + 100)
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    # Writing one thing down

    def save_team(self, team: Team) -> None:
        self.team = team
        self.records.put("team", team.id, as_json(team))

    def save_person(self, person: Person) -> Person:
        self.people[person.id] = person
        self.records.put("person", person.id, as_json(person))
        self.tell(Change("person", body={"id": person.id}))
        return person

    def save_channel(self, channel: Channel) -> Channel:
        self.channels[channel.id] = channel
        self.records.put("channel", channel.id, as_json(channel))
        return channel

    def save_app(self, app: App) -> App:
        self.apps[app.id] = app
        self.records.put("app", app.id, as_json(app))
        return app

    def save_message(self, message: Message) -> Message:
        if message.only_for:
            self.ephemerals.setdefault(message.channel, {})[message.ts] = message
        else:
            self.messages.setdefault(message.channel, {})[message.ts] = message
            self.records.put("message", f"{message.channel}:{message.ts}", as_json(message))
        return message

    def drop_message(self, message: Message) -> None:
        kept = self.ephemerals if message.only_for else self.messages
        kept.get(message.channel, {}).pop(message.ts, None)
        self.records.drop("message", f"{message.channel}:{message.ts}")

    def save_file(self, file: Json) -> None:
        self.files[file["id"]] = file
        self.records.put("file", file["id"], file)

    def drop_file(self, file_id: str) -> None:
        self.files.pop(file_id, None)
        self.records.drop("file", file_id)

    def tell(self, change: Change) -> None:
        self._feed.tell(change)

    # Reading

    def person(self, who: str) -> Person:
        """A person by id, handle or mail address; SlackError("user_not_found")."""
        found = self.people.get(who)
        if found is not None:
            return found
        wanted = who.removeprefix("@").lower()
        for person in self.people.values():
            if wanted and wanted in {person.name.lower(), person.email.lower()}:
                return person
        raise SlackError("user_not_found")

    def channel(self, which: str) -> Channel:
        """A channel by id or "#name"; SlackError("channel_not_found")."""
        found = self.channels.get(which)
        if found is not None:
            return found
        wanted = which.removeprefix("#").lower()
        for channel in self.channels.values():
            if wanted and channel.name == wanted and not channel.is_direct:
                return channel
        raise SlackError("channel_not_found")

    def message(self, channel: str, ts: str) -> Message:
        """One message, ephemerals included; SlackError("message_not_found")."""
        found = self.messages.get(channel, {}).get(ts) or self.ephemerals.get(channel, {}).get(ts)
        if found is None:
            raise SlackError("message_not_found")
        return found

    def visible_channels(self, user: str) -> list[Channel]:
        """The channels in this person's sidebar: those they are a member of, direct conversations last."""
        mine = [
            channel for channel in self.channels.values() if user in channel.members and not channel.archived
        ]
        return sorted(mine, key=lambda channel: (channel.is_direct, channel.name))

    def history(self, channel: str, *, viewer: str = "", limit: int = 200) -> list[Message]:
        """The newest top-level messages, oldest first; with a viewer their ephemerals are among them."""
        shown = [said for said in self._all(channel, viewer) if not said.is_reply or said.broadcast]
        return shown[-limit:]

    def thread(self, channel: str, ts: str, *, viewer: str = "") -> list[Message]:
        """The parent and its replies, oldest first; with a viewer their ephemerals are among them."""
        return [said for said in self._all(channel, viewer) if ts in (said.ts, said.thread_ts)]

    def _all(self, channel: str, viewer: str) -> list[Message]:
        said = list(self.messages.get(channel, {}).values())
        private = [
            one for one in self.ephemerals.get(channel, {}).values() if viewer and one.only_for == viewer
        ]
        return sorted(said + private, key=lambda one: one.ts) if private else said

    def unread(self, user: str, channel: str) -> tuple[int, int]:
        """How many top-level messages of others are unread, and how many of them mention this person."""
        here = self.channel(channel)
        since = here.read.get(user, "")
        new = [one for one in self.history(here.id, limit=1000) if one.ts > since and one.user != user]
        calls = (f"<@{user}>", "<!here>", "<!channel>", "<!everyone>")
        called = [one for one in new if here.is_direct or any(call in said_in(one) for call in calls)]
        return len(new), len(called)

    def mark(self, user: str, channel: str, ts: str) -> None:
        """Note that somebody has read the channel up to and with ts."""
        here = self.channel(channel)
        here.read[user] = ts
        self.save_channel(here)
        self.tell(Change("read", here.id, ts, user=user))

    def modals(self, user: str) -> list[View]:
        """The open modals of one person, the visible one last."""
        return list(self.stacks.get(user, []))

    def home(self, user: str, app_id: str = "") -> View | None:
        """The App Home view published for this person (of the first app, when no app is named)."""
        if app_id:
            return self.homes.get((user, app_id))
        return next((view for (who, _), view in self.homes.items() if who == user), None)

    def view(self, view_id: str) -> View:
        """An open modal or published home tab by its id; SlackError("not_found")."""
        for stack in self.stacks.values():
            for view in stack:
                if view.id == view_id:
                    return view
        for view in self.homes.values():
            if view.id == view_id:
                return view
        raise SlackError("not_found")

    def commands(self) -> list[Json]:
        """Every installed slash command: command, description, usage_hint, app_id."""
        apps = [app for app in self.apps.values() if not app.revoked]
        return [{**command, "app_id": app.id} for app in apps for command in app.commands]

    def shortcuts(self, kind: str) -> list[Json]:
        """Every installed shortcut of a kind (message, global): name, callback_id, app_id."""
        apps = [app for app in self.apps.values() if not app.revoked]
        return [{**one, "app_id": app.id} for app in apps for one in app.shortcuts if one["type"] == kind]

    def subscribe(self) -> Subscription:
        """The changes from now on, for a page to redraw."""
        return self._feed.subscribe()

    def bot_app(self, user: str) -> App | None:
        """The app whose bot this user is."""
        return next((app for app in self.apps.values() if app.bot_user == user), None)


def said_in(message: Message) -> str:
    """All the mrkdwn of a message, for finding mentions: its text and the text of its blocks."""
    return message.text + " " + _texts(message.blocks)


def _texts(value: object) -> str:
    if isinstance(value, list):
        return " ".join(_texts(entry) for entry in value)
    if isinstance(value, dict):
        if value.get("type") == "mrkdwn":
            return str(value.get("text"))
        if value.get("type") == "user":
            return f"<@{value.get('user_id')}>"
        return " ".join(_texts(entry) for entry in value.values() if isinstance(entry, list | dict))
    return ""


def _microseconds(ts: str) -> int:
    seconds, _, rest = ts.partition(".")
    return int(seconds) * 1_000_000 + int(rest or 0)
