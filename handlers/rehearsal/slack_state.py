"""What is in the practice workspace, and how a page or an API method reads it."""

from __future__ import annotations

from handlers.rehearsal.slack_changes import Subscription
from handlers.rehearsal.slack_model import App, Channel, Json, Message, Person, Team, View


class WorkspaceState:
    """Everything in memory, each change written to the file at once."""

    team: Team
    people: dict[str, Person]
    channels: dict[str, Channel]
    apps: dict[str, App]

    def person(self, who: str) -> Person:
        """A person by id, handle or mail address; SlackError("user_not_found")."""

    def channel(self, which: str) -> Channel:
        """A channel by id or "#name"; SlackError("channel_not_found")."""

    def message(self, channel: str, ts: str) -> Message:
        """One message, ephemerals included; SlackError("message_not_found")."""

    def visible_channels(self, user: str) -> list[Channel]:
        """The channels in this person's sidebar: those they are a member of, direct conversations last."""

    def history(self, channel: str, *, viewer: str = "", limit: int = 200) -> list[Message]:
        """The newest top-level messages, oldest first; with a viewer their ephemerals are among them."""

    def thread(self, channel: str, ts: str, *, viewer: str = "") -> list[Message]:
        """The parent and its replies, oldest first; with a viewer their ephemerals are among them."""

    def unread(self, user: str, channel: str) -> tuple[int, int]:
        """How many top-level messages of others are unread, and how many of them mention this person."""

    def mark(self, user: str, channel: str, ts: str) -> None:
        """This person has read the channel up to and with ts."""

    def modals(self, user: str) -> list[View]:
        """This person's open modals, the visible one last."""

    def home(self, user: str, app_id: str = "") -> View | None:
        """The App Home view published for this person (of the first app, when no app is named)."""

    def commands(self) -> list[Json]:
        """Every installed slash command: command, description, usage_hint, app_id."""

    def shortcuts(self, kind: str) -> list[Json]:
        """Every installed shortcut of a kind (message, global): name, callback_id, app_id."""

    def subscribe(self) -> Subscription:
        """The changes from now on, for a page to redraw."""
