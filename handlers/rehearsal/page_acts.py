"""What a person does on the practice page, one function an act; each answers with what the page should say."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.errors import Refused
from handlers.rehearsal.mail_pane import File, Sheet, send, written
from handlers.rehearsal.mrkdwn_html import words_of
from handlers.rehearsal.page_regions import Regions
from handlers.rehearsal.page_state import names_for
from handlers.rehearsal.scenes import play
from handlers.rehearsal.slack_model import Json, Outcome, SlackError, new_id
from handlers.rehearsal.slack_text import escape, rich_text

_SAID = {
    "invalid_command": "{0} is not a valid command. In Slack, a message that begins with “/” is a command.",
    "not_in_channel": "You are not in this channel.",
    "is_archived": "This channel is archived.",
    "name_taken": "There is a channel of that name already.",
    "invalid_name_specials": "A channel's name has small letters, digits, hyphens and underscores only.",
    "msg_too_long": "The message is too long.",
    "no_text": "There is nothing to send.",
}


class Malformed(Exception):
    """The request is not one that our page makes; answered with 400."""


@dataclass(frozen=True)
class Act:
    """One request of the page: who does it, with what."""

    regions: Regions
    viewer: str
    given: Json

    def text(self, name: str) -> str:
        value = self.given.get(name, "")
        if not isinstance(value, str):
            raise Malformed(name)
        return value


async def do(name: str, act: Act) -> Json:
    """Run an act. What Slack or the mail server refuses comes back as words, never as an exception."""
    if name not in _ACTS:
        raise Malformed(name)
    try:
        return await _ACTS[name](act)
    except SlackError as error:
        words = _SAID.get(error.code, "Slack says: {1}.")
        return {
            "ok": False,
            "words": words.format(act.text("text").split(" ")[0], error.code.replace("_", " ")),
        }
    except Refused as error:
        return {"ok": False, "words": str(error)}


async def _say(act: Act) -> Json:
    text, workspace = act.text("text").strip(), act.regions.workspace
    if not text:
        return {"ok": True}
    if text.startswith("/") and not text.startswith("//"):
        if act.text("thread"):
            return {
                "ok": False,
                "words": "Slack takes no slash commands in threads. Use the channel's own message box.",
            }
        return _told(await workspace.slash(act.viewer, act.text("channel"), text))
    await workspace.post_message(act.viewer, act.text("channel"), text, act.text("thread") or None)
    return {"ok": True}


async def _press(act: Act) -> Json:
    selected = _selected(act, act.given.get("selected"), act.text("kind"))
    where, element = act.regions.workspace, (act.text("block_id"), act.text("action_id"))
    if view := act.text("view"):
        return _told(await where.press_view(act.viewer, view, *element, selected=selected))
    return _told(
        await where.press(act.viewer, act.text("channel"), act.text("ts"), *element, selected=selected)
    )


async def _fill(act: Act) -> Json:
    selected = _selected(act, act.given.get("selected"), act.text("kind"))
    element = (act.text("block_id"), act.text("action_id"))
    await act.regions.workspace.fill(act.viewer, act.text("view"), *element, selected)
    return {"ok": True}


async def _submit(act: Act) -> Json:
    values: dict[str, dict[str, Any]] = {}
    fields = act.given.get("fields", [])
    if not isinstance(fields, list):
        raise Malformed("fields")
    for one in fields:
        if not isinstance(one, dict) or not isinstance(one.get("block_id"), str):
            raise Malformed("fields")
        chosen = _selected(act, one.get("selected"), str(one.get("kind")))
        values.setdefault(one["block_id"], {})[str(one.get("action_id"))] = chosen
    workspace, view = act.regions.workspace, act.text("view")
    outcome = await workspace.submit_view(act.viewer, view, values)
    still_open = next((one for one in workspace.modals(act.viewer) if one.id == view), None)
    errors = still_open.errors if still_open else {}
    return {**_told(outcome), "errors": errors}


async def _close(act: Act) -> Json:
    await act.regions.workspace.close_view(act.viewer, act.text("view"), clear=bool(act.given.get("clear")))
    return {"ok": True}


async def _suggest(act: Act) -> Json:
    options = await act.regions.workspace.suggest(
        act.viewer, act.text("block_id"), act.text("action_id"), act.text("value"),
        channel=act.text("channel"), ts=act.text("ts"), view_id=act.text("view"),
    )  # fmt: skip
    flat = [one for option in options for one in option.get("options", [option])]
    return {
        "ok": True,
        "options": [{"words": words_of(one.get("text")), "value": one.get("value")} for one in flat],
    }


async def _react(act: Act) -> Json:
    workspace, name = act.regions.workspace, act.text("name").strip(": ")
    message = workspace.message(act.text("channel"), act.text("ts"))
    change = workspace.unreact if act.viewer in message.reactions.get(name, []) else workspace.react
    await change(act.viewer, message.channel, message.ts, name)
    return {"ok": True}


async def _shortcut(act: Act) -> Json:
    return _told(
        await act.regions.workspace.shortcut(
            act.viewer, act.text("callback_id"), channel=act.text("channel"), ts=act.text("ts")
        )
    )


async def _home(act: Act) -> Json:
    await act.regions.workspace.open_home(act.viewer, act.text("app"), act.text("tab") or "home")
    return {"ok": True}


async def _direct(act: Act) -> Json:
    return {"ok": True, "channel": await act.regions.workspace.open_dm(act.viewer, act.text("user"))}


async def _read(act: Act) -> Json:
    act.regions.workspace.mark(act.viewer, act.text("channel"), act.text("ts"))
    return {"ok": True}


async def _dismiss(act: Act) -> Json:
    await act.regions.workspace.dismiss(act.viewer, act.text("channel"), act.text("ts"))
    return {"ok": True}


async def _edit(act: Act) -> Json:
    await act.regions.workspace.edit_message(
        act.viewer, act.text("channel"), act.text("ts"), act.text("text")
    )
    return {"ok": True}


async def _delete(act: Act) -> Json:
    await act.regions.workspace.delete_message(act.viewer, act.text("channel"), act.text("ts"))
    return {"ok": True}


async def _invite(act: Act) -> Json:
    await act.regions.workspace.invite(act.viewer, act.text("channel"), act.text("user"))
    return {"ok": True}


async def _new_channel(act: Act) -> Json:
    name = act.text("text").strip().lstrip("#").lower().replace(" ", "-")
    private = bool(act.given.get("private"))
    return {
        "ok": True,
        "channel": await act.regions.workspace.create_channel(act.viewer, name, private=private),
    }


async def _mail(act: Act) -> Json:
    regions = act.regions
    writer = regions.mailbox(act.text("mailbox"))
    if writer is None:
        raise Malformed("mailbox")
    sheet = Sheet(*(act.text(name) for name in ("to", "cc", "subject", "text", "in_reply_to", "references")))
    now = datetime.now(names_for(regions.workspace, act.viewer, regions.business).zone)
    message = written(sheet, writer.name, writer.address, now, _files(act.given.get("files", [])))
    await send(message, regions.mail)
    return {"ok": True, "words": f"Sent to {message['To']}"}


async def _scene(act: Act) -> Json:
    regions = act.regions
    told = await play(act.text("name"), regions.workspace, regions.mail, regions.business, regions.played)
    return {"ok": True, "scene": told}


def _files(given: object) -> list[File]:
    if not isinstance(given, list):
        raise Malformed("files")
    try:
        return [
            File(str(one["name"]), str(one["type"]), base64.b64decode(one["content"], validate=True))
            for one in given
        ]
    except (TypeError, KeyError, binascii.Error) as error:
        raise Malformed("files") from error


def _selected(act: Act, chosen: Any, kind: str) -> Any:
    """What a control of the page holds, as the workspace takes it."""
    if kind == "datetimepicker" and isinstance(chosen, str) and chosen:
        zone = names_for(act.regions.workspace, act.viewer, act.regions.business).zone
        try:
            return int(datetime.fromisoformat(chosen).replace(tzinfo=zone).timestamp())
        except ValueError as error:
            raise Malformed("selected") from error
    if kind == "rich_text_input" and isinstance(chosen, str) and chosen:
        return rich_text(escape(chosen), new_id("B"))
    return chosen


def _told(outcome: Outcome) -> Json:
    return {"ok": outcome.ok, "words": outcome.words or ("" if outcome.ok else outcome.error)}


_ACTS: dict[str, Callable[[Act], Awaitable[Json]]] = {
    "say": _say,
    "press": _press,
    "fill": _fill,
    "submit": _submit,
    "close": _close,
    "suggest": _suggest,
    "react": _react,
    "shortcut": _shortcut,
    "home": _home,
    "direct": _direct,
    "read": _read,
    "dismiss": _dismiss,
    "edit": _edit,
    "delete": _delete,
    "invite": _invite,
    "new-channel": _new_channel,
    "mail": _mail,
    "scene": _scene,
}
