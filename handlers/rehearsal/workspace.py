"""The practice Slack workspace: what is in it, what its people do, and the apps that hear of it."""

from __future__ import annotations

from typing import Any

from handlers.rehearsal.slack_interactions import Interactions
from handlers.rehearsal.slack_model import Json, Message, Outcome, SlackError, View
from handlers.rehearsal.slack_payloads import channel_stub, interaction_json, view_json
from handlers.rehearsal.slack_values import state_value


class Workspace(Interactions):
    """One workspace in one SQLite file.

    Reading (see `WorkspaceState`): team, people, channels, apps, person(), channel(), visible_channels(user),
    history(channel, viewer=…), thread(channel, ts, viewer=…), unread(user, channel), mark(user, channel, ts),
    modals(user), home(user), view(id), commands(), shortcuts(kind), subscribe().

    Acting as a person (below): everything a human does in Slack.  People and channels may be named by id or name.
    Acts that an app has to answer return an `Outcome`; its `words` are what Slack would show when the app did not
    answer in time.  Refusals of Slack itself are raised as `SlackError` with Slack's error code.
    """

    async def post_message(self, user: str, channel: str, text: str, thread_ts: str | None = None) -> Message:
        """Write a message as this person types it: @name, #channel and addresses become links, & < > are escaped."""
        return self.typed(self.person(user).id, channel, text, thread_ts)

    async def edit_message(self, user: str, channel: str, ts: str, text: str) -> Message:
        """Edit one's own message; SlackError cant_update_message."""
        who, message = self.person(user).id, self.message(self.channel(channel).id, ts)
        if message.user != who or message.bot_id:
            raise SlackError("cant_update_message")
        return self.retyped(message, who, text)

    async def delete_message(self, user: str, channel: str, ts: str) -> None:
        """Delete one's own message (an owner may delete anybody's); SlackError cant_delete_message."""
        who, message = self.person(user), self.message(self.channel(channel).id, ts)
        if message.user != who.id and who.role != "owner":
            raise SlackError("cant_delete_message")
        self.remove_message(message)

    async def press(
        self, user: str, channel: str, ts: str, block_id: str, action_id: str, *, selected: Any = None
    ) -> Outcome:
        """Use an element of a message: a button (selected=None), or with what was chosen.

        selected: an option's value or list of values, a date, time, user or channel id(s), or text, by the element's
        kind; for feedback buttons "positive" or "negative".  `ts` may be that of an ephemeral message.
        SlackError no_such_element when the message has changed under the finger, not_in_channel for a stranger.
        """
        who, here = self.person(user), self.channel(channel)
        message = self.message(here.id, ts)
        if who.id not in here.members or (message.only_for and message.only_for != who.id):
            raise SlackError("not_in_channel")
        return await self.press_in_message(who.id, message, block_id, action_id, selected)

    async def press_view(
        self, user: str, view_id: str, block_id: str, action_id: str, *, selected: Any = None
    ) -> Outcome:
        """Use an element inside a modal or on the App Home tab."""
        view = self._my_view(user, view_id)
        return await self.press_in_view(view.user, view, block_id, action_id, selected)

    async def fill(self, user: str, view_id: str, block_id: str, action_id: str, selected: Any) -> Outcome:
        """Fill in an input of a modal; the app hears of it only when the block says dispatch_action."""
        return await self.press_view(user, view_id, block_id, action_id, selected=selected)

    async def submit_view(
        self, user: str, view_id: str, values: dict[str, dict[str, Any]] | None = None
    ) -> Outcome:
        """Press a modal's submit button; values: {block_id: {action_id: selected}} filled in just before.

        The app's answer is carried out: errors stay on the view (view.errors), update, push, clear, or it closes.
        An Outcome that is not ok says why: incomplete, errors, operation_timeout, dispatch_failed …
        """
        view = self._my_view(user, view_id)
        for block_id, actions in (values or {}).items():
            for action_id, selected in actions.items():
                self._put(view, block_id, action_id, selected)
        return await self.submit(view.user, view)

    async def close_view(self, user: str, view_id: str, *, clear: bool = False) -> None:
        """Close a modal (or the whole stack); the app hears of it when it asked notify_on_close."""
        view = self._my_view(user, view_id)
        self.drop_modal(view, clear=clear or bool(view.body.get("clear_on_close")), heard=True)

    async def suggest(
        self,
        user: str,
        block_id: str,
        action_id: str,
        value: str,
        *,
        channel: str = "",
        ts: str = "",
        view_id: str = "",
    ) -> list[Json]:
        """The options (or option groups) an app offers for what was typed into an external select."""
        who = self.person(user)
        more: Json = {"action_id": action_id, "block_id": block_id, "value": value}
        if view_id:
            view = self._my_view(user, view_id)
            app = self.apps[view.app_id]
            more |= {
                "container": {"type": "view", "view_id": view_id},
                "view": view_json(view, app, self.team),
            }
        else:
            here = self.channel(channel)
            message = self.message(here.id, ts)
            app = self.apps[message.app_id]
            more |= {
                "container": {
                    "type": "message",
                    "message_ts": ts,
                    "channel_id": here.id,
                    "is_ephemeral": False,
                }
            }
            more |= {"channel": channel_stub(here), "message": self.as_json(message)}
        payload = interaction_json("block_suggestion", app, self.team, who, **more)
        outcome = await self.delivery.ask(app, "interactive", payload)
        return list(outcome.reply.get("options") or outcome.reply.get("option_groups") or [])

    async def slash(self, user: str, channel: str, text: str) -> Outcome:
        """Send a slash command: text as typed, "/understudy queue".

        SlackError invalid_command when no app has it, not_in_channel for a stranger.  What the app answers appears
        in the channel, to this person alone unless the app says in_channel.
        """
        who, here = self.person(user), self.channel(channel)
        if who.id not in here.members:
            raise SlackError("not_in_channel")
        name, _, rest = text.strip().partition(" ")
        command = next((one for one in self.commands() if one["command"] == name), None)
        if command is None:
            raise SlackError("invalid_command")
        app = self.apps[command["app_id"]]
        escaped = self.stored(rest.strip()) if command.get("should_escape") else rest.strip()
        fields: Json = {
            "token": app.verification_token,
            "team_id": who.team_id,
            "team_domain": self.team.domain,
            "channel_id": here.id,
            "channel_name": channel_stub(here)["name"],
            "user_id": who.id,
            "user_name": who.name,
            "command": name,
            "text": escaped,
            "api_app_id": app.id,
            "is_enterprise_install": "false",
            "response_url": self._response_url("commands", app, who.id, here, ""),
            "trigger_id": self.tickets.trigger(app.id, who.id),
        }
        outcome = await self.delivery.ask(app, "slash_commands", fields)
        words = "" if outcome.ok else f"{name} failed because the app did not respond."
        if outcome.ok and outcome.reply:
            try:
                self.answer_in(app, who.id, here, outcome.reply)
            except SlackError as refused:
                words = f"{name} failed with the error “{refused.code}”."
        if words:
            self.whisper(here.id, who.id, words)
            return Outcome(
                ok=False, error=outcome.error or "invalid_response", words=words, reply=outcome.reply
            )
        return outcome

    async def shortcut(self, user: str, callback_id: str, *, channel: str = "", ts: str = "") -> Outcome:
        """Use a global shortcut, or with channel and ts a message shortcut; SlackError no_such_shortcut."""
        who = self.person(user)
        wanted = "message" if ts else "global"
        known = next((one for one in self.shortcuts(wanted) if one["callback_id"] == callback_id), None)
        if known is None:
            raise SlackError("no_such_shortcut")
        app = self.apps[known["app_id"]]
        more: Json = {"callback_id": callback_id, "trigger_id": self.tickets.trigger(app.id, who.id)}
        more["action_ts"] = self.next_ts()
        kind = "shortcut"
        if ts:
            here = self.channel(channel)
            kind = "message_action"
            more |= {
                "channel": channel_stub(here),
                "message_ts": ts,
                "message": self.as_json(self.message(here.id, ts)),
            }
            more["response_url"] = self._response_url("app", app, who.id, here, ts)
        outcome = await self.delivery.ask(
            app, "interactive", interaction_json(kind, app, self.team, who, **more)
        )
        if outcome.ok:
            return outcome
        return Outcome(
            ok=False, error=outcome.error, words=f"{known['name']} failed because the app did not respond."
        )

    async def react(self, user: str, channel: str, ts: str, name: str) -> None:
        """Add an emoji reaction."""
        self.add_reaction(self.person(user).id, self.message(self.channel(channel).id, ts), name)

    async def unreact(self, user: str, channel: str, ts: str, name: str) -> None:
        """Take one's reaction away."""
        self.remove_reaction(self.person(user).id, self.message(self.channel(channel).id, ts), name)

    async def open_home(self, user: str, app_id: str = "", tab: str = "home") -> View | None:
        """Open an app's Home (or messages) tab: the app hears app_home_opened; returns the view published so far."""
        who = self.person(user)
        app = self.apps[app_id] if app_id else next(iter(self.apps.values()))
        channel, _ = self.direct([who.id, app.bot_user])
        event: Json = {"type": "app_home_opened", "user": who.id, "channel": channel.id, "tab": tab}
        view = self.homes.get((who.id, app.id))
        if view is not None and tab == "home":
            event["view"] = view_json(view, app, self.team)
        self.announce("app_home_opened", {**event, "event_ts": self.next_ts()}, channel)
        return view

    async def open_dm(self, *users: str) -> str:
        """The id of the direct conversation between these people; opened when it does not exist."""
        return self.direct([self.person(user).id for user in users])[0].id

    async def create_channel(self, user: str, name: str, *, private: bool = False) -> str:
        """Create a channel with this person in it; returns its id.  SlackError name_taken, invalid_name."""
        who = self.person(user).id
        return self.found_channel(who, name, private=private).id

    async def invite(self, user: str, channel: str, *guests: str) -> None:
        """Invite people or bots to a channel; everyone there hears member_joined_channel."""
        here, who = self.channel(channel), self.person(user).id
        if who not in here.members:
            raise SlackError("not_in_channel")
        for guest in guests:
            self.join(here, self.person(guest).id, inviter=who)

    async def kick(self, user: str, channel: str, guest: str) -> None:
        """Remove somebody from a channel."""
        self.leave(self.channel(channel), self.person(guest).id)

    async def dismiss(self, user: str, channel: str, ts: str) -> None:
        """Dismiss an ephemeral message."""
        message = self.message(self.channel(channel).id, ts)
        if message.only_for != self.person(user).id:
            raise SlackError("cant_delete_message")
        self.remove_message(message)

    async def close(self) -> None:
        """Stop deliveries, end every subscription, close the file."""
        await self.delivery.close()
        self._feed.close()
        self.records.close()

    def _my_view(self, user: str, view_id: str) -> View:
        view = self.view(view_id)
        if view.user != self.person(user).id:
            raise SlackError("not_found")
        return view

    def _put(self, view: View, block_id: str, action_id: str, selected: Any) -> None:
        for block in view.body["blocks"]:
            element = block.get("element") or {}
            if block.get("block_id") == block_id and element.get("action_id") == action_id:
                view.values.setdefault(block_id, {})[action_id] = state_value(element, selected)
                return
        raise SlackError("no_such_element")
