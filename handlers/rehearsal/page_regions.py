"""The page's regions, each drawn by itself: sidebar, main, thread, mail, modal."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from handlers.rehearsal.blocks_html import blocks
from handlers.rehearsal.cast import Business
from handlers.rehearsal.drawing import Drawing
from handlers.rehearsal.emoji import EMOJI, QUICK_REACTIONS
from handlers.rehearsal.mail_pane import forward_sheet, new_sheet, reply_sheet
from handlers.rehearsal.mail_server import PracticeMail, PracticePerson, StoredMail
from handlers.rehearsal.mail_shown import ShownMail, shown_mail
from handlers.rehearsal.mrkdwn_html import Names, when_shown, words_of
from handlers.rehearsal.page_messages import colour_of, initials, shown_messages, sidebar_rows
from handlers.rehearsal.page_state import Place, actors, bot_of, channel_title, names_for
from handlers.rehearsal.scenes import SCENES
from handlers.rehearsal.slack_model import View
from handlers.rehearsal.slack_state import SLACKBOT
from handlers.rehearsal.workspace import Workspace

REGIONS = ("sidebar", "main", "thread", "mail", "modal")
_LONGEST_LIST = 200
_MESSAGES = 50
"""How many messages a page of a channel holds: each change draws them anew, so fewer is quicker."""
_ROLES = {
    "business": "The business",
    "owner": "Owner",
    "delegate": "Delegates",
    "client": "Clients",
    "stranger": "Others",
}


@dataclass
class Regions:
    """Draws any region for any place; knows which mails have been opened here."""

    workspace: Workspace
    mail: PracticeMail
    business: Business
    opened: set[tuple[str, int]] = field(default_factory=set)
    played: Counter[str] = field(default_factory=Counter)
    started: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __post_init__(self) -> None:
        self._templates = Environment(
            loader=FileSystemLoader(Path(__file__).parent / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals.update(
            initials=initials,
            colour_of=colour_of,
            scenes=SCENES,
            quick_reactions=[(n, EMOJI[n]) for n in QUICK_REACTIONS],
        )

    def whole(self, place: Place, theme: str) -> str:
        """The full page."""
        people = actors(self.workspace)
        return self._render(
            "page.html",
            place,
            theme=theme,
            actors=people,
            me=self.workspace.people.get(place.viewer),
            regions={name: self.draw(name, place, None) for name in REGIONS},
        )

    def draw(self, region: str, place: Place, new_since: str | None) -> Markup:
        """One region. `new_since`: the ts behind which messages count as new; None asks the workspace."""
        match region:
            case "sidebar":
                everybody = [one for one in actors(self.workspace) if one.id != place.viewer]
                rows = sidebar_rows(self.workspace, place)
                return self._render("sidebar.html", place, rows=rows, everybody=everybody)
            case "main":
                return self._home(place) if place.app else self._channel(place, new_since)
            case "thread":
                return self._thread(place)
            case "mail":
                return self._mail(place)
            case _:
                return self._modal(place)

    def mailbox(self, address: str) -> PracticePerson | None:
        return next((person for person in self.mail.people if person.address == address), None)

    def stored(self, place: Place) -> StoredMail | None:
        """The mail this place has open."""
        mails = self.mail.messages(place.mailbox, place.folder) if place.mailbox else []
        return next((one for one in mails if one.uid == place.mail), None)

    def _render(self, template: str, place: Place, **given: Any) -> Markup:
        drawn = self._templates.get_template(template).render(
            place=place, team=self.workspace.team, business=self.business, **given
        )
        return Markup(drawn)  # noqa: S704  the templates escape

    def _names(self, place: Place) -> Names:
        return names_for(self.workspace, place.viewer, self.business)

    def _channel(self, place: Place, new_since: str | None) -> Markup:
        channel = self.workspace.channels.get(place.channel)
        if channel is None:
            return self._render("nowhere.html", place)
        if new_since is None:
            read = channel.read.get(place.viewer, "")
            new_since = read if self.workspace.unread(place.viewer, channel.id)[0] else ""
        wanted = _MESSAGES * (1 + min(place.earlier, 100))
        history = self.workspace.history(channel.id, viewer=place.viewer, limit=wanted + 1)
        has_more, history = len(history) > wanted, history[-wanted:]
        messages = shown_messages(self.workspace, history, self._names(place), new_since)
        members = [self.workspace.people[key] for key in channel.members if key in self.workspace.people]
        strangers = [
            one
            for one in self.workspace.people.values()
            if one.id not in {*channel.members, SLACKBOT} and not one.deleted
        ]
        return self._render(
            "channel.html",
            place,
            channel=channel,
            title=channel_title(self.workspace, channel, place.viewer),
            app=self.workspace.apps.get(bot_of(self.workspace, channel, place.viewer)),
            messages=messages,
            members=members,
            strangers=strangers,
            new_since=new_since,
            has_more=has_more,
            shortcuts=self.workspace.shortcuts("message"),
            global_shortcuts=self.workspace.shortcuts("global"),
        )

    def _home(self, place: Place) -> Markup:
        app = self.workspace.apps[place.app]
        view = self.workspace.home(place.viewer, place.app)
        talk = next(
            (
                c
                for c in self.workspace.visible_channels(place.viewer)
                if bot_of(self.workspace, c, place.viewer) == app.id
            ),
            None,
        )
        body = self._blocks_of(view, place) if view else Markup()
        return self._render("home.html", place, app=app, view=view, body=body, talk=talk)

    def _thread(self, place: Place) -> Markup:
        if not (place.thread and place.channel):
            return self._render("thread.html", place, messages=None)
        found = self.workspace.thread(place.channel, place.thread, viewer=place.viewer)
        messages = shown_messages(self.workspace, found, self._names(place), "")
        channel = self.workspace.channels[place.channel]
        return self._render(
            "thread.html",
            place,
            messages=messages,
            channel=channel,
            title=channel_title(self.workspace, channel, place.viewer),
            shortcuts=self.workspace.shortcuts("message"),
            global_shortcuts=[],
        )

    def _modal(self, place: Place) -> Markup:
        stack = self.workspace.modals(place.viewer)
        view = stack[-1] if stack else None
        return self._render(
            "modal.html",
            place,
            view=view,
            depth=len(stack),
            app=self.workspace.apps.get(view.app_id) if view else None,
            body=self._blocks_of(view, place) if view else "",
            words={part: words_of(view.body.get(part)) for part in ("title", "submit", "close")}
            if view
            else {},
        )

    def _blocks_of(self, view: View, place: Place) -> Markup:
        return blocks(view.body.get("blocks"), Drawing(self._names(place), view.values, view.errors))

    def _mail(self, place: Place) -> Markup:
        writer = self.mailbox(place.mailbox)
        zone = self._names(place).zone
        today = datetime.now(zone)
        open_mail = sheet = None
        if place.mail and (stored := self.stored(place)):
            self.opened.add((place.mailbox, stored.uid))
            open_mail = shown_mail(stored)
        if place.compose == "new":
            sheet = new_sheet(self.business, writer)
        elif place.compose and open_mail:
            sheet = (
                reply_sheet(open_mail, zone)
                if place.compose == "reply"
                else forward_sheet(open_mail, self.business, zone)
            )
        stored_mails = self.mail.messages(place.mailbox, place.folder) if writer else []
        return self._render(
            "mail.html",
            place,
            writer=writer,
            groups=self._mailboxes(place),
            rows=[shown_mail(one) for one in reversed(stored_mails[-_LONGEST_LIST:])],
            is_new=self._is_new,
            mail=open_mail,
            sheet=sheet,
            when=lambda at: _short_date(at.astimezone(zone), today),
            moment=lambda at: when_shown("{date_long_pretty} at {time}", at.astimezone(zone), today),
        )

    def _mailboxes(self, place: Place) -> list[tuple[str, list[tuple[PracticePerson, int]]]]:
        groups: dict[str, list[tuple[PracticePerson, int]]] = {}
        for person in self.mail.people:
            fresh = sum(self._is_new(person.address, one) for one in self.mail.messages(person.address))
            groups.setdefault(_ROLES.get(person.role, person.role), []).append((person, fresh))
        order = list(_ROLES.values())
        return sorted(
            groups.items(), key=lambda group: order.index(group[0]) if group[0] in order else len(order)
        )

    def _is_new(self, address: str, mail: StoredMail | ShownMail) -> bool:
        """Came while the page was there, and nobody has opened it here."""
        return mail.received_at >= self.started and (address, mail.uid) not in self.opened


def _short_date(at: datetime, today: datetime) -> str:
    return f"{at:%H:%M}" if at.date() == today.date() else f"{at:%b} {at.day}"
