"""What Slack hands out for a short while: trigger ids for opening a modal, and response addresses."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from handlers.rehearsal.slack_limits import RESPONSE_URL_SECONDS, RESPONSE_URL_USES, TRIGGER_SECONDS
from handlers.rehearsal.slack_model import SlackError


@dataclass
class _Trigger:
    app_id: str
    user: str
    until: float
    used: bool = False


@dataclass
class ResponseUrl:
    """Where an app may answer an interaction: for whom, where, and on which message."""

    app_id: str
    user: str
    channel: str
    ts: str
    until: float
    uses: int = 0


@dataclass
class Tickets:
    """All of them that are out."""

    clock: Callable[[], float]
    _triggers: dict[str, _Trigger] = field(default_factory=dict)
    _urls: dict[str, ResponseUrl] = field(default_factory=dict)

    def trigger(self, app_id: str, user: str) -> str:
        """A fresh trigger id: one use, three seconds."""
        self._forget()
        ticket = f"{int(self.clock() * 1000)}.{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"
        self._triggers[ticket] = _Trigger(app_id, user, self.clock() + TRIGGER_SECONDS)
        return ticket

    def spend(self, ticket: str, app_id: str) -> str:
        """The user whose trigger this is; SlackError invalid_trigger_id, exchanged_trigger_id, expired_trigger_id."""
        found = self._triggers.get(ticket)
        if found is None or found.app_id != app_id:
            raise SlackError("invalid_trigger_id")
        if found.used:
            raise SlackError("exchanged_trigger_id")
        if self.clock() > found.until:
            raise SlackError("expired_trigger_id")
        found.used = True
        return found.user

    def response_url(self, app_id: str, user: str, channel: str, ts: str) -> str:
        """The secret part of a fresh response address."""
        key = secrets.token_urlsafe(18)
        self._urls[key] = ResponseUrl(app_id, user, channel, ts, self.clock() + RESPONSE_URL_SECONDS)
        return key

    def respond(self, key: str) -> ResponseUrl:
        """Count one use of a response address; SlackError invalid_url, expired_url, used_url."""
        found = self._urls.get(key)
        if found is None:
            raise SlackError("invalid_url")
        if self.clock() > found.until:
            raise SlackError("expired_url")
        if found.uses >= RESPONSE_URL_USES:
            raise SlackError("used_url")
        found.uses += 1
        return found

    def _forget(self) -> None:
        long_ago = self.clock() - 3600
        self._triggers = {key: one for key, one in self._triggers.items() if one.until > long_ago}
        self._urls = {key: one for key, one in self._urls.items() if one.until > long_ago}
