"""What happens between a person's press and the app's answer."""

from __future__ import annotations

from typing import Any

from handlers.rehearsal.slack_blocks import accept_blocks
from handlers.rehearsal.slack_limits import MESSAGE_TEXT
from handlers.rehearsal.slack_modals import Modals
from handlers.rehearsal.slack_model import App, Change, Channel, Json, Message, Outcome, SlackError, View
from handlers.rehearsal.slack_payloads import channel_stub, interaction_json, view_json
from handlers.rehearsal.slack_values import (
    action_json,
    current_values,
    find_element,
    is_empty,
    missing_words,
    state_value,
)
from handlers.rehearsal.slack_views import accept_view

NO_ANSWER = "The app did not respond. Try again."
NO_ANSWER_MODAL = "We had some trouble connecting. Try again?"
_STATELESS = {"button", "overflow", "workflow_button", "feedback_buttons", "icon_button"}

Values = dict[str, dict[str, Json]]


class Interactions(Modals):
    """Presses, submitted views, commands and shortcuts, as payloads that wait for an answer."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._picked: dict[tuple[str, str, str], Values] = {}
        """What each person has chosen in a message's selects: (user, channel, ts)."""

    async def press_in_message(
        self, user: str, message: Message, block_id: str, action_id: str, selected: Any
    ) -> Outcome:
        app = self.apps.get(message.app_id)
        block, element = find_element(message.blocks, block_id, action_id)
        if app is None or app.revoked:
            return Outcome(ok=False, error="app_not_installed", words="This app is no longer installed.")
        person, channel = self.people[user], self.channels[message.channel]
        picked = self._picked.setdefault((user, channel.id, message.ts), {})
        if element["type"] not in _STATELESS:
            picked.setdefault(block["block_id"], {})[action_id] = state_value(element, selected)
        container: Json = {"type": "message", "message_ts": message.ts, "channel_id": channel.id}
        container["is_ephemeral"] = bool(message.only_for)
        if message.thread_ts:
            container["thread_ts"] = message.thread_ts
        payload = interaction_json(
            "block_actions",
            app,
            self.team,
            person,
            container=container,
            trigger_id=self.tickets.trigger(app.id, user),
            channel=channel_stub(channel),
            state={"values": current_values(message.blocks, picked)},
            response_url=self._response_url("actions", app, user, channel, message.ts),
            actions=[action_json(block["block_id"], element, selected, self.next_ts())],
        )
        if not message.only_for:
            payload["message"] = self.as_json(message, metadata=True)
        about = {"block_id": block_id, "action_id": action_id}
        self.tell(
            Change(
                "press", channel.id, message.ts, message.thread_ts or "", user, {**about, "state": "waiting"}
            )
        )
        outcome = await self.delivery.ask(app, "interactive", payload)
        self.tell(
            Change("press", channel.id, message.ts, message.thread_ts or "", user, {**about, "state": "over"})
        )
        if not outcome.ok:
            said = {**about, "words": NO_ANSWER}
            self.tell(Change("notice", channel.id, message.ts, message.thread_ts or "", user, said))
            return Outcome(ok=False, error=outcome.error, words=NO_ANSWER)
        return outcome

    async def press_in_view(
        self, user: str, view: View, block_id: str, action_id: str, selected: Any
    ) -> Outcome:
        app = self.apps[view.app_id]
        block, element = find_element(view.body["blocks"], block_id, action_id)
        if element["type"] not in _STATELESS:
            view.values.setdefault(block["block_id"], {})[action_id] = state_value(element, selected)
        if block["type"] == "input" and not block.get("dispatch_action"):
            return Outcome(ok=True)
        payload = interaction_json(
            "block_actions",
            app,
            self.team,
            self.people[user],
            container={"type": "view", "view_id": view.id},
            trigger_id=self.tickets.trigger(app.id, user),
            view=view_json(view, app, self.team),
            actions=[action_json(block["block_id"], element, selected, self.next_ts())],
        )
        outcome = await self.delivery.ask(app, "interactive", payload)
        if not outcome.ok:
            self.tell(Change("notice", user=user, body={"view_id": view.id, "words": NO_ANSWER}))
            return Outcome(ok=False, error=outcome.error, words=NO_ANSWER)
        return outcome

    async def submit(self, user: str, view: View) -> Outcome:
        app = self.apps[view.app_id]
        view.errors, view.trouble = self._incomplete(view), ""
        if view.errors:
            self.tell(Change("modal", user=user, body={"view_id": view.id}))
            return Outcome(ok=False, error="incomplete", words="; ".join(view.errors.values()))
        payload = interaction_json(
            "view_submission",
            app,
            self.team,
            self.people[user],
            trigger_id=self.tickets.trigger(app.id, user),
            view=view_json(view, app, self.team),
            response_urls=[],
        )
        outcome = await self.delivery.ask(app, "interactive", payload)
        if not outcome.ok:
            return self._trouble(view, outcome.error)
        return self._carry_out(app, view, outcome.reply)

    def _incomplete(self, view: View) -> dict[str, str]:
        """What Slack's own client refuses before the app hears of a submit."""
        values = current_values(view.body["blocks"], view.values)
        wrong: dict[str, str] = {}
        for block in view.body["blocks"]:
            if block["type"] != "input":
                continue
            element = block["element"]
            value = values.get(block["block_id"], {}).get(element["action_id"], {})
            if is_empty(value):
                words = "" if block.get("optional") else "Please complete this required field."
            else:
                words = missing_words(element, value)
            if words:
                wrong[block["block_id"]] = words
        return wrong

    def _carry_out(self, app: App, view: View, reply: Json) -> Outcome:
        """Do what the app's answer to a submit says."""
        act = reply.get("response_action")
        try:
            if act == "errors":
                view.errors = {
                    str(block): str(words) for block, words in dict(reply.get("errors") or {}).items()
                }
                self.tell(Change("modal", user=view.user, body={"view_id": view.id}))
                return Outcome(ok=False, error="errors", words="; ".join(view.errors.values()), reply=reply)
            if act == "update":
                self.update_modal(app, view, reply.get("view"))
            elif act == "push":
                self.stack_modal(app, view.user, accept_view(reply.get("view")), push=True)
            elif act in (None, "clear"):
                self.drop_modal(view, clear=act == "clear", heard=False)
            else:
                return self._trouble(view, "invalid_response_action")
        except SlackError as refused:
            return self._trouble(view, refused.code)
        return Outcome(ok=True, reply=reply)

    def _trouble(self, view: View, error: str) -> Outcome:
        view.trouble = NO_ANSWER_MODAL
        self.tell(Change("modal", user=view.user, body={"view_id": view.id}))
        return Outcome(ok=False, error=error, words=NO_ANSWER_MODAL)

    def _response_url(self, kind: str, app: App, user: str, channel: Channel, ts: str) -> str:
        return f"{self.address}/hooks/{kind}/{self.team.id}/{self.tickets.response_url(app.id, user, channel.id, ts)}"

    def respond(self, key: str, answer: Json) -> None:
        """What an app posts to a response address; SlackError invalid_url, expired_url, used_url, invalid_blocks …"""
        to = self.tickets.respond(key)
        app = self.apps[to.app_id]
        original = None
        if to.ts and (answer.get("replace_original") or answer.get("delete_original")):
            original = self.message(to.channel, to.ts)
        if original is not None and answer.get("delete_original"):
            self.remove_message(original)
            return
        self.answer_in(app, to.user, self.channels[to.channel], answer, original)

    def answer_in(
        self, app: App, user: str, channel: Channel, answer: Json, original: Message | None = None
    ) -> None:
        """An app's message in answer to a person: ephemeral unless it asks for in_channel."""
        blocks = accept_blocks(answer["blocks"]) if answer.get("blocks") else []
        attachments = answer.get("attachments") or []
        text = str(answer.get("text") or "")[:MESSAGE_TEXT]
        if not text and not blocks and not attachments:
            raise SlackError("no_text")
        if original is not None:
            self.change_message(original, app.bot_user, text=text, blocks=blocks, attachments=attachments)
            return
        thread = answer.get("thread_ts")
        if answer.get("response_type") == "in_channel":
            said = Message(
                channel.id, self.next_ts(), app.bot_user, text, blocks, attachments, thread_ts=thread
            )
            said.bot_id, said.app_id = app.bot_id, app.id
            self.add_message(said)
            return
        self.whisper(channel.id, user, text, by=app, blocks=blocks, attachments=attachments, thread_ts=thread)
