"""Modals in stacks of at most three, and App Home tabs."""

from __future__ import annotations

import secrets
from typing import Any

from handlers.rehearsal.slack_limits import MODAL_STACK
from handlers.rehearsal.slack_model import App, Change, Json, SlackError, View, as_json, new_id
from handlers.rehearsal.slack_payloads import interaction_json, view_json
from handlers.rehearsal.slack_rooms import Rooms
from handlers.rehearsal.slack_tickets import Tickets
from handlers.rehearsal.slack_views import accept_view


class Modals(Rooms):
    """What apps do with views: views.open, push, update, publish."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.tickets = Tickets(self.clock)

    def open_modal(self, app: App, trigger: str, given: Any, *, push: bool = False) -> View:
        """Open a modal for whoever caused the trigger, or push one on their stack.

        SlackError invalid_arguments, expired_trigger_id …, push_limit_reached, not_found (nothing to push on).
        """
        body = accept_view(given)
        user = self.tickets.spend(trigger, app.id)
        self._check_external(app, body)
        if push and not self.stacks.get(user):
            raise SlackError("not_found")
        return self.stack_modal(app, user, body, push=push)

    def stack_modal(self, app: App, user: str, body: Json, *, push: bool) -> View:
        """Put an accepted view on this person's screen; without push it replaces whatever was open."""
        stack = self.stacks.get(user, []) if push else []
        if len(stack) >= MODAL_STACK:
            raise SlackError("push_limit_reached")
        view = View(new_id("V"), user, app.id, "modal", body, self._hash())
        view.root_id = stack[0].id if stack else view.id
        view.previous_id = stack[-1].id if stack else None
        self.stacks[user] = [*stack, view]
        self.tell(Change("modal", user=user, body={"view_id": view.id}))
        return view

    def update_modal(self, app: App, view: View, given: Any, known_hash: str = "") -> View:
        """Replace what a view shows; typed values stay where block_id, action_id and kind stay.

        SlackError hash_conflict when the view changed since the app looked; not_found when it is another app's.
        """
        if view.app_id != app.id:
            raise SlackError("not_found")
        body = accept_view(given, kinds=(view.kind,))
        self._check_external(app, body, but=view)
        if known_hash and known_hash != view.hash:
            raise SlackError("hash_conflict")
        view.body, view.hash, view.errors, view.trouble = body, self._hash(), {}, ""
        self._view_changed(view)
        return view

    def publish_home(self, app: App, user: str, given: Any, known_hash: str = "") -> View:
        """Show a view on the app's Home tab for one person."""
        body = accept_view(given, kinds=("home",))
        person = self.person(user)
        view = self.homes.get((person.id, app.id))
        if view is not None and known_hash and known_hash != view.hash:
            raise SlackError("hash_conflict")
        if view is None:
            view = View(new_id("V"), person.id, app.id, "home", body, self._hash())
            view.root_id = view.id
            self.homes[person.id, app.id] = view
        view.body, view.hash = body, self._hash()
        self._view_changed(view)
        return view

    def find_view(self, app: App, view_id: str, external_id: str) -> View:
        """An app's own open view by one of its ids; SlackError not_found."""
        views = [view for stack in self.stacks.values() for view in stack] + list(self.homes.values())
        for view in views:
            named = (view_id and view.id == view_id) or (
                external_id and view.body.get("external_id") == external_id
            )
            if view.app_id == app.id and named:
                return view
        raise SlackError("not_found")

    def drop_modal(self, view: View, *, clear: bool, heard: bool) -> None:
        """Take a view (clear: the whole stack) off the screen; heard: apps that asked for it hear view_closed."""
        stack = self.stacks.get(view.user, [])
        gone = list(reversed(stack)) if clear else [view]
        self.stacks[view.user] = [] if clear else [one for one in stack if one.id != view.id]
        self.tell(Change("modal", user=view.user, body={"view_id": view.id, "closed": True}))
        for one in gone:
            if heard and one.body.get("notify_on_close"):
                app = self.apps[one.app_id]
                payload = interaction_json("view_closed", app, self.team, self.people[one.user])
                shown = view_json(one, app, self.team)
                self.delivery.tell(app, "interactive", payload | {"view": shown, "is_cleared": clear})

    def _view_changed(self, view: View) -> None:
        if view.kind == "home":
            self.records.put("home", f"{view.user}:{view.app_id}", as_json(view))
        self.tell(Change(view.kind, user=view.user, body={"view_id": view.id}))

    def _check_external(self, app: App, body: Json, but: View | None = None) -> None:
        name = body.get("external_id")
        views = [view for stack in self.stacks.values() for view in stack]
        if name and any(
            v.body.get("external_id") == name and v.app_id == app.id and v is not but for v in views
        ):
            raise SlackError("duplicate_external_id")

    def _hash(self) -> str:
        return f"{int(self.clock())}.{secrets.token_hex(4)}"
