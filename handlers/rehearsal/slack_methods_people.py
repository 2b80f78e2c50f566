"""auth, users, team, bots, emoji, reactions and pins."""

from __future__ import annotations

import re

from handlers.rehearsal.slack_methods import Arguments, Caller, joined_channel, known_user, method, page_of
from handlers.rehearsal.slack_model import Change, Json, Message, SlackError
from handlers.rehearsal.slack_payloads import bot_json, user_json
from handlers.rehearsal.workspace import Workspace


@method("api.test", kinds=("bot", "user", "app", "nobody"))
def api_test(_workspace: Workspace, _caller: Caller, arguments: Arguments) -> Json:
    given = {name: value for name, value in arguments.given.items() if name != "token"}
    if error := arguments.text("error"):
        raise SlackError(error, args=given)
    return {"args": given} if given else {}


@method("auth.test")
def auth_test(workspace: Workspace, caller: Caller, _arguments: Arguments) -> Json:
    person = workspace.people[caller.user]
    answer: Json = {
        "url": f"{workspace.address}/",
        "team": workspace.team.name,
        "user": person.name,
        "team_id": workspace.team.id,
        "user_id": person.id,
    }
    if caller.app is not None:
        answer |= {"bot_id": caller.app.bot_id}
    return answer | {"is_enterprise_install": False}


@method("auth.revoke")
def auth_revoke(workspace: Workspace, caller: Caller, arguments: Arguments) -> Json:
    if arguments.flag("test") or caller.app is None:
        return {"revoked": False}
    workspace.revoke(caller.app)
    return {"revoked": True}


@method("apps.connections.open", kinds=("app",))
def connections_open(workspace: Workspace, caller: Caller, _arguments: Arguments) -> Json:
    if workspace.faults.refuse_connections or caller.app is None:
        raise SlackError("internal_error")
    return {"url": workspace.delivery.sockets.ticket(caller.app.id)}


@method("users.list", "users:read")
def users_list(workspace: Workspace, caller: Caller, arguments: Arguments) -> Json:
    page, cursor = page_of(list(workspace.people.values()), arguments, 1000)
    shown = [_user(workspace, caller, person.id) for person in page]
    return {
        "members": shown,
        "cache_ts": int(workspace.clock()),
        "response_metadata": {"next_cursor": cursor},
    }


@method("users.info", "users:read")
def users_info(workspace: Workspace, caller: Caller, arguments: Arguments) -> Json:
    return {"user": _user(workspace, caller, known_user(workspace, arguments.text("user")).id)}


@method("users.profile.get", "users.profile:read")
def users_profile(workspace: Workspace, caller: Caller, arguments: Arguments) -> Json:
    who = known_user(workspace, arguments.text("user") or caller.user)
    return {"profile": _user(workspace, caller, who.id)["profile"]}


@method("users.lookupByEmail", "users:read.email")
def lookup_by_email(workspace: Workspace, caller: Caller, arguments: Arguments) -> Json:
    wanted = arguments.text("email").lower()
    for person in workspace.people.values():
        if wanted and person.email.lower() == wanted and not person.deleted:
            return {"user": _user(workspace, caller, person.id)}
    raise SlackError("users_not_found")


@method("users.getPresence", "users:read")
def presence(workspace: Workspace, caller: Caller, arguments: Arguments) -> Json:
    who = known_user(workspace, arguments.text("user") or caller.user)
    app = workspace.bot_app(who.id)
    online = app is not None and workspace.delivery.sockets.connections(app.id) > 0
    return {"presence": "active" if online or not who.is_bot else "away"}


def _user(workspace: Workspace, caller: Caller, user: str) -> Json:
    shown = user_json(workspace.people[user], workspace.team)
    if caller.kind == "bot" and "users:read.email" not in caller.scopes:
        shown["profile"].pop("email", None)
    return shown


@method("team.info", "team:read")
def team_info(workspace: Workspace, _caller: Caller, _arguments: Arguments) -> Json:
    team = workspace.team
    about = {"id": team.id, "name": team.name, "domain": team.domain, "email_domain": "", "icon": {}}
    return {"team": {**about, "url": f"{workspace.address}/"}}


@method("bots.info", "users:read")
def bots_info(workspace: Workspace, _caller: Caller, arguments: Arguments) -> Json:
    for app in workspace.apps.values():
        if app.bot_id == arguments.text("bot"):
            return {"bot": bot_json(app, workspace.team)}
    raise SlackError("bot_not_found")


@method("emoji.list", "emoji:read")
def emoji_list(workspace: Workspace, _caller: Caller, _arguments: Arguments) -> Json:
    return {"emoji": dict(workspace.emoji), "cache_ts": str(int(workspace.clock()))}


def _item(workspace: Workspace, caller: Caller, arguments: Arguments) -> Message:
    if not arguments.text("channel") or not arguments.text("timestamp"):
        raise SlackError("no_item_specified")
    channel = joined_channel(workspace, caller, arguments.text("channel"))
    if not re.fullmatch(r"\d+\.\d+", arguments.text("timestamp")):
        raise SlackError("bad_timestamp")
    message = workspace.messages.get(channel.id, {}).get(arguments.text("timestamp"))
    if message is None:
        raise SlackError("message_not_found")
    return message


def _emoji(arguments: Arguments) -> str:
    name = arguments.text("name").strip(":")
    if not re.fullmatch(r"[a-z0-9_+'-]+(::skin-tone-[2-6])?", name):
        raise SlackError("invalid_name")
    return name


@method("reactions.add", "reactions:write")
def react(workspace: Workspace, caller: Caller, arguments: Arguments) -> Json:
    name = _emoji(arguments)
    workspace.add_reaction(caller.user, _item(workspace, caller, arguments), name)
    return {}


@method("reactions.remove", "reactions:write")
def unreact(workspace: Workspace, caller: Caller, arguments: Arguments) -> Json:
    name = _emoji(arguments)
    workspace.remove_reaction(caller.user, _item(workspace, caller, arguments), name)
    return {}


@method("reactions.get", "reactions:read")
def reactions(workspace: Workspace, caller: Caller, arguments: Arguments) -> Json:
    message = _item(workspace, caller, arguments)
    return {"type": "message", "channel": message.channel, "message": workspace.as_json(message)}


@method("pins.add", "pins:write")
def pin(workspace: Workspace, caller: Caller, arguments: Arguments) -> Json:
    message = _item(workspace, caller, arguments)
    channel = workspace.channels[message.channel]
    if message.ts in channel.pins:
        raise SlackError("already_pinned")
    channel.pins.insert(0, message.ts)
    _pinned(workspace, caller, message, "pin_added")
    return {}


@method("pins.remove", "pins:write")
def unpin(workspace: Workspace, caller: Caller, arguments: Arguments) -> Json:
    message = _item(workspace, caller, arguments)
    channel = workspace.channels[message.channel]
    if message.ts not in channel.pins:
        raise SlackError("no_pin")
    channel.pins.remove(message.ts)
    _pinned(workspace, caller, message, "pin_removed")
    return {}


def _pinned(workspace: Workspace, caller: Caller, message: Message, kind: str) -> None:
    channel = workspace.channels[message.channel]
    workspace.save_channel(channel)
    workspace.tell(Change("pin", channel.id, message.ts))
    item = {"type": "message", "channel": channel.id, "message": workspace.as_json(message)}
    event = {"type": kind, "user": caller.user, "channel_id": channel.id, "item": item}
    workspace.announce(kind, {**event, "event_ts": workspace.next_ts()}, channel)


@method("pins.list", "pins:read")
def pins(workspace: Workspace, caller: Caller, arguments: Arguments) -> Json:
    channel = joined_channel(workspace, caller, arguments.text("channel"))
    kept = workspace.messages.get(channel.id, {})
    items = [
        {"type": "message", "channel": channel.id, "created": 0, "message": workspace.as_json(kept[ts])}
        for ts in channel.pins
        if ts in kept
    ]
    return {"items": items}
