"""practice.*: what real Slack does not have; a script acts as a named person.

Only tokens marked for practice may call these.  `as` names the person by id, handle or mail address.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from handlers.rehearsal.slack_methods import Arguments, Caller, method
from handlers.rehearsal.slack_model import Json, Outcome, SlackError
from handlers.rehearsal.slack_payloads import view_json
from handlers.rehearsal.workspace import Workspace


def _who(workspace: Workspace, caller: Caller, arguments: Arguments) -> str:
    if caller.app is None or not caller.app.practice:
        raise SlackError("not_allowed_token_type")
    return workspace.person(arguments.need("as")[0]).id


def _told(outcome: Outcome) -> Json:
    return {"outcome": asdict(outcome)}


def _chosen(arguments: Arguments) -> Any:
    """`selected` may be a word, or a list or object as JSON."""
    given = arguments.given.get("selected")
    return arguments.json("selected") if isinstance(given, str) and given[:1] in "[{" else given


@method("practice.people")
def people(workspace: Workspace, caller: Caller, _arguments: Arguments) -> Json:
    """Everybody, with role and a user token (xoxp-…) to act with over the ordinary methods."""
    if caller.app is None or not caller.app.practice:
        raise SlackError("not_allowed_token_type")
    shown = ("id", "name", "real_name", "role", "email", "team_id", "token")
    return {
        "people": [{name: getattr(person, name) for name in shown} for person in workspace.people.values()]
    }


@method("practice.post")
async def post(workspace: Workspace, caller: Caller, arguments: Arguments) -> Json:
    """as, channel, text, thread_ts: write a message as this person."""
    user, thread = _who(workspace, caller, arguments), arguments.text("thread_ts") or None
    said = await workspace.post_message(user, arguments.text("channel"), arguments.text("text"), thread)
    return {"channel": said.channel, "ts": said.ts, "message": workspace.as_json(said)}


@method("practice.edit")
async def edit(workspace: Workspace, caller: Caller, arguments: Arguments) -> Json:
    """as, channel, ts, text."""
    user = _who(workspace, caller, arguments)
    channel, ts, text = arguments.need("channel", "ts", "text")
    said = await workspace.edit_message(user, channel, ts, text)
    return {"message": workspace.as_json(said)}


@method("practice.delete")
async def delete(workspace: Workspace, caller: Caller, arguments: Arguments) -> Json:
    """as, channel, ts."""
    user = _who(workspace, caller, arguments)
    channel, ts = arguments.need("channel", "ts")
    await workspace.delete_message(user, channel, ts)
    return {}


@method("practice.press")
async def press(workspace: Workspace, caller: Caller, arguments: Arguments) -> Json:
    """as, action_id, then channel and ts, or view_id; block_id may be left out when the action_id is the only one."""
    user = _who(workspace, caller, arguments)
    view_id, selected = arguments.text("view_id"), _chosen(arguments)
    action = arguments.text("action_id")
    if view_id:
        blocks = workspace.view(view_id).body["blocks"]
    else:
        blocks = workspace.message(
            workspace.channel(arguments.text("channel")).id, arguments.text("ts")
        ).blocks
    block = arguments.text("block_id") or _block_of(blocks, action)
    if view_id:
        return _told(await workspace.press_view(user, view_id, block, action, selected=selected))
    channel, ts = arguments.need("channel", "ts")
    return _told(await workspace.press(user, channel, ts, block, action, selected=selected))


def _block_of(blocks: list[Json], action: str) -> str:
    for block in blocks:
        inside = [*(block.get("elements") or []), block.get("accessory") or {}, block.get("element") or {}]
        if any(isinstance(one, dict) and one.get("action_id") == action for one in inside):
            return str(block["block_id"])
    raise SlackError("no_such_element")


@method("practice.slash")
async def slash(workspace: Workspace, caller: Caller, arguments: Arguments) -> Json:
    """as, channel, text: a slash command as typed."""
    user = _who(workspace, caller, arguments)
    return _told(await workspace.slash(user, arguments.text("channel"), arguments.text("text")))


@method("practice.shortcut")
async def shortcut(workspace: Workspace, caller: Caller, arguments: Arguments) -> Json:
    """as, callback_id, and for a message shortcut channel and ts."""
    user = _who(workspace, caller, arguments)
    channel, ts = arguments.text("channel"), arguments.text("ts")
    return _told(await workspace.shortcut(user, arguments.text("callback_id"), channel=channel, ts=ts))


@method("practice.views")
def views(workspace: Workspace, caller: Caller, arguments: Arguments) -> Json:
    """as: this person's open modals (the visible one last), what is wrong on them, and their Home tab."""
    user = _who(workspace, caller, arguments)
    shown = []
    for view in workspace.modals(user):
        body = view_json(view, workspace.apps[view.app_id], workspace.team)
        shown.append({**body, "errors": view.errors, "trouble": view.trouble})
    home = workspace.home(user)
    answer: Json = {"views": shown, "home": None}
    if home is not None:
        answer["home"] = view_json(home, workspace.apps[home.app_id], workspace.team)
    return answer


@method("practice.submit")
async def submit(workspace: Workspace, caller: Caller, arguments: Arguments) -> Json:
    """as, view_id (else the visible one), values {block_id: {action_id: selected}}."""
    user = _who(workspace, caller, arguments)
    return _told(
        await workspace.submit_view(user, _visible(workspace, user, arguments), arguments.json("values"))
    )


@method("practice.close")
async def close(workspace: Workspace, caller: Caller, arguments: Arguments) -> Json:
    """as, view_id (else the visible one)."""
    user = _who(workspace, caller, arguments)
    await workspace.close_view(user, _visible(workspace, user, arguments))
    return {}


def _visible(workspace: Workspace, user: str, arguments: Arguments) -> str:
    open_ones = workspace.modals(user)
    if not arguments.text("view_id") and not open_ones:
        raise SlackError("not_found")
    return arguments.text("view_id") or open_ones[-1].id


@method("practice.home")
async def home(workspace: Workspace, caller: Caller, arguments: Arguments) -> Json:
    """as: open the Home tab of the app (app_id, else the first one)."""
    await workspace.open_home(_who(workspace, caller, arguments), arguments.text("app_id"))
    return {}


@method("practice.react")
async def react(workspace: Workspace, caller: Caller, arguments: Arguments) -> Json:
    """as, channel, ts, name."""
    user = _who(workspace, caller, arguments)
    channel, ts, name = arguments.need("channel", "ts", "name")
    await workspace.react(user, channel, ts, name)
    return {}


@method("practice.whispers")
def whispers(workspace: Workspace, caller: Caller, arguments: Arguments) -> Json:
    """as, channel: the ephemeral messages this person sees there."""
    user = _who(workspace, caller, arguments)
    channel = workspace.channel(arguments.text("channel"))
    said = workspace.ephemerals.get(channel.id, {}).values()
    return {"messages": [workspace.as_json(one) for one in said if one.only_for == user]}
