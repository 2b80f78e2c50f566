"""What every Web API method needs: who calls, with which arguments, and the table the methods enter themselves in."""

from __future__ import annotations

import base64
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from handlers.rehearsal.slack_model import App, Channel, Json, Person, SlackError
from handlers.rehearsal.workspace import Workspace


@dataclass(frozen=True)
class Caller:
    """Whose token it is: an app's bot, an app's own connection token, or a person."""

    kind: str
    """bot, app, or user."""
    app: App | None
    user: str
    scopes: tuple[str, ...]


@dataclass(frozen=True)
class Arguments:
    """Arguments of a call, form-encoded (all strings, JSON inside) or JSON (as they are)."""

    given: Json

    def text(self, name: str, default: str = "") -> str:
        value = self.given.get(name)
        return default if value is None else str(value)

    def need(self, *names: str) -> list[str]:
        """These arguments; SlackError invalid_arguments names what is missing."""
        missing = [name for name in names if self.given.get(name) in (None, "")]
        if missing:
            lines = [f"[ERROR] missing required field: {name}" for name in missing]
            raise SlackError("invalid_arguments", response_metadata={"messages": lines})
        return [str(self.given[name]) for name in names]

    def flag(self, name: str, *, default: bool = False) -> bool:
        value = self.given.get(name)
        return default if value is None else str(value).lower() in {"1", "true", "yes"}

    def maybe_flag(self, name: str) -> bool | None:
        return None if self.given.get(name) is None else self.flag(name)

    def number(self, name: str, default: int, *, low: int = 1, high: int = 1000) -> int:
        try:
            value = int(self.given.get(name) or default)
        except (TypeError, ValueError):
            raise SlackError("invalid_limit") from None
        if value < low:
            raise SlackError("invalid_limit")
        return min(value, high)

    def json(self, name: str, error: str = "invalid_json") -> Any:
        """A structured argument, given as such or as a JSON string; None when absent."""
        value = self.given.get(name)
        if isinstance(value, str):
            if not value.strip():
                return None
            try:
                return json.loads(value)
            except ValueError:
                raise SlackError(error) from None
        return value

    def words(self, name: str) -> list[str]:
        """A list, or a string with commas."""
        value = self.given.get(name)
        if isinstance(value, list):
            return [str(entry) for entry in value]
        return [word.strip() for word in str(value or "").split(",") if word.strip()]


Handler = Callable[[Workspace, Caller, Arguments], Json | Awaitable[Json]]


@dataclass(frozen=True)
class Method:
    name: str
    run: Handler
    scopes: tuple[str, ...]
    """Any one of them is enough; none: every token may call."""
    kinds: tuple[str, ...]


METHODS: dict[str, Method] = {}


def method(name: str, *scopes: str, kinds: tuple[str, ...] = ("bot", "user")) -> Callable[[Handler], Handler]:
    """Enter a function into the table of methods."""

    def enter(run: Handler) -> Handler:
        METHODS[name] = Method(name, run, scopes, kinds)
        return run

    return enter


_SCOPE_OF = {"channel": "channels", "group": "groups", "im": "im", "mpim": "mpim"}


def need_scope(caller: Caller, channel: Channel, act: str) -> None:
    """The scope for this kind of conversation, e.g. channels:history; SlackError missing_scope."""
    wanted = f"{_SCOPE_OF[channel.kind]}:{act}"
    if caller.kind == "bot" and wanted not in caller.scopes:
        raise SlackError("missing_scope", needed=wanted, provided=",".join(caller.scopes))


def seen_channel(workspace: Workspace, caller: Caller, which: str) -> Channel:
    """A conversation this caller may know of; SlackError channel_not_found."""
    if not which:
        raise SlackError("channel_not_found")
    channel = workspace.channel(which)
    if channel.kind != "channel" and caller.user not in channel.members:
        raise SlackError("channel_not_found")
    return channel


def joined_channel(workspace: Workspace, caller: Caller, which: str) -> Channel:
    """A conversation this caller is in; SlackError channel_not_found, not_in_channel."""
    channel = seen_channel(workspace, caller, which)
    if caller.user not in channel.members:
        raise SlackError("not_in_channel")
    return channel


def page_of(items: list[Any], arguments: Arguments, default: int, high: int = 1000) -> tuple[list[Any], str]:
    """One page of a list and the cursor of the next; SlackError invalid_cursor."""
    limit = arguments.number("limit", default, low=1, high=high)
    start = read_cursor(arguments.text("cursor"))
    rest = items[start : start + limit]
    more = start + limit < len(items)
    return rest, write_cursor(start + limit) if more else ""


def read_cursor(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        kind, _, place = base64.b64decode(cursor, validate=True).decode().partition(":")
        if kind != "next":
            raise ValueError(cursor)
        return int(place)
    except ValueError:
        raise SlackError("invalid_cursor") from None


def write_cursor(place: int) -> str:
    return base64.b64encode(f"next:{place}".encode()).decode()


def known_user(workspace: Workspace, which: str) -> Person:
    """A person by id alone, as the API wants it; SlackError user_not_found."""
    found = workspace.people.get(which)
    if found is None:
        raise SlackError("user_not_found")
    return found
