"""conversations.* and users.conversations: which rooms there are, who is in them, what was said."""

from __future__ import annotations

import re
from typing import Any

from handlers.rehearsal.slack_methods import (
    Arguments,
    Caller,
    joined_channel,
    known_user,
    method,
    need_scope,
    page_of,
    seen_channel,
)
from handlers.rehearsal.slack_model import Channel, Json, Message, SlackError
from handlers.rehearsal.slack_payloads import channel_json
from handlers.rehearsal.workspace import Workspace

_KINDS = {"public_channel": "channel", "private_channel": "group", "im": "im", "mpim": "mpim"}
_READ = ("channels:read", "groups:read", "im:read", "mpim:read")
_HISTORY = ("channels:history", "groups:history", "im:history", "mpim:history")
_WRITE = ("channels:manage", "channels:write", "groups:write", "channels:write.invites", "channels:join")


def _shown(workspace: Workspace, caller: Caller, channel: Channel) -> Json:
    shown = channel_json(channel, caller.user, {"": workspace.team.id})
    if caller.user in channel.members and not channel.is_direct:
        shown["last_read"] = channel.read.get(caller.user, "0000000000.000000")
    return shown


def _listed(arguments: Arguments, channels: list[Channel]) -> list[Channel]:
    asked = arguments.words("types") or ["public_channel"]
    if any(kind not in _KINDS for kind in asked):
        raise SlackError("invalid_types")
    kinds = {_KINDS[kind] for kind in asked}
    keep_archived = not arguments.flag("exclude_archived")
    return [one for one in channels if one.kind in kinds and (keep_archived or not one.archived)]


@method("conversations.list", *_READ)
def list_channels(workspace: Workspace, caller: Caller, arguments: Arguments) -> Json:
    known = [c for c in workspace.channels.values() if c.kind == "channel" or caller.user in c.members]
    page, cursor = page_of(_listed(arguments, known), arguments, 100)
    shown = [_shown(workspace, caller, channel) for channel in page]
    return {"channels": shown, "response_metadata": {"next_cursor": cursor}}


@method("users.conversations", *_READ)
def list_of_user(workspace: Workspace, caller: Caller, arguments: Arguments) -> Json:
    user = known_user(workspace, arguments.text("user") or caller.user).id
    known = [c for c in workspace.channels.values() if user in c.members]
    known = [c for c in known if c.kind == "channel" or caller.user in c.members]
    page, cursor = page_of(_listed(arguments, known), arguments, 100)
    shown = [_shown(workspace, caller, channel) for channel in page]
    return {"channels": shown, "response_metadata": {"next_cursor": cursor}}


@method("conversations.info", *_READ)
def info(workspace: Workspace, caller: Caller, arguments: Arguments) -> Json:
    channel = seen_channel(workspace, caller, arguments.text("channel"))
    need_scope(caller, channel, "read")
    shown = _shown(workspace, caller, channel)
    if arguments.flag("include_num_members"):
        shown["num_members"] = len(channel.members)
    return {"channel": shown}


@method("conversations.members", *_READ)
def members(workspace: Workspace, caller: Caller, arguments: Arguments) -> Json:
    channel = seen_channel(workspace, caller, arguments.text("channel"))
    need_scope(caller, channel, "read")
    page, cursor = page_of(channel.members, arguments, 100)
    return {"members": page, "response_metadata": {"next_cursor": cursor}}


_TS = re.compile(r"\d{1,12}(\.\d{1,6})?")


def _bound(arguments: Arguments, name: str) -> float | None:
    given = arguments.text(name)
    if not given or given == "now":
        return None
    if not _TS.fullmatch(given):
        raise SlackError(f"invalid_ts_{name}")
    return float(given)


def _within(arguments: Arguments, messages: list[Message]) -> list[Message]:
    oldest, latest, inclusive = (
        _bound(arguments, "oldest"),
        _bound(arguments, "latest"),
        arguments.flag("inclusive"),
    )

    def keeps(message: Message) -> bool:
        at = float(message.ts)
        if oldest and (at < oldest or (at == oldest and not inclusive)):
            return False
        return not (latest is not None and (at > latest or (at == latest and not inclusive)))

    return [message for message in messages if keeps(message)]


@method("conversations.history", *_HISTORY)
def history(workspace: Workspace, caller: Caller, arguments: Arguments) -> Json:
    channel = joined_channel(workspace, caller, arguments.text("channel"))
    need_scope(caller, channel, "history")
    newest_first = list(reversed(_within(arguments, workspace.history(channel.id, limit=1_000_000))))
    page, cursor = page_of(newest_first, arguments, 100, 999)
    metadata = arguments.flag("include_all_metadata")
    answer: Json = {
        "messages": [workspace.as_json(one, metadata=metadata) for one in page],
        "has_more": bool(cursor),
    }
    answer |= {"pin_count": len(channel.pins), "channel_actions_ts": None, "channel_actions_count": 0}
    return answer | ({"response_metadata": {"next_cursor": cursor}} if cursor else {})


@method("conversations.replies", *_HISTORY)
def replies(workspace: Workspace, caller: Caller, arguments: Arguments) -> Json:
    channel = joined_channel(workspace, caller, arguments.text("channel"))
    need_scope(caller, channel, "history")
    asked = workspace.messages.get(channel.id, {}).get(arguments.text("ts"))
    if asked is None:
        raise SlackError("thread_not_found")
    said = workspace.thread(channel.id, asked.thread_ts or asked.ts)
    parent, rest = said[:1], _within(arguments, said[1:])
    page, cursor = page_of(rest, arguments, 1000, 1000)
    metadata = arguments.flag("include_all_metadata")
    shown: list[Any] = []
    for one in [*parent, *page]:
        shown.append(workspace.as_json(one, metadata=metadata))
        if one.is_reply and parent:
            shown[-1]["parent_user_id"] = parent[0].user
    answer: Json = {"messages": shown, "has_more": bool(cursor)}
    return answer | ({"response_metadata": {"next_cursor": cursor}} if cursor else {})


@method("conversations.open", "im:write", "mpim:write")
def open_direct(workspace: Workspace, caller: Caller, arguments: Arguments) -> Json:
    if which := arguments.text("channel"):
        return {"channel": {"id": seen_channel(workspace, caller, which).id}}
    users = [known_user(workspace, user).id for user in arguments.words("users")]
    if not users:
        raise SlackError("users_list_not_supplied")
    if len(users) > 8:
        raise SlackError("too_many_users")
    channel, existed = workspace.direct([caller.user, *users])
    answer: Json = {"no_op": True, "already_open": True} if existed else {}
    shown = _shown(workspace, caller, channel) if arguments.flag("return_im") else {"id": channel.id}
    return answer | {"channel": shown}


@method("conversations.join", "channels:join")
def join(workspace: Workspace, caller: Caller, arguments: Arguments) -> Json:
    channel = seen_channel(workspace, caller, arguments.text("channel"))
    if channel.kind != "channel":
        raise SlackError("method_not_supported_for_channel_type")
    if channel.archived:
        raise SlackError("is_archived")
    already = caller.user in channel.members
    workspace.join(channel, caller.user)
    shown = {"channel": _shown(workspace, caller, channel)}
    if already:
        return shown | {
            "warning": "already_in_channel",
            "response_metadata": {"warnings": ["already_in_channel"]},
        }
    return shown


@method("conversations.leave", "channels:manage", "channels:write", "groups:write")
def leave(workspace: Workspace, caller: Caller, arguments: Arguments) -> Json:
    channel = seen_channel(workspace, caller, arguments.text("channel"))
    if caller.user not in channel.members:
        return {"not_in_channel": True}
    workspace.leave(channel, caller.user)
    return {}


@method("conversations.create", "channels:manage", "channels:write", "groups:write")
def create(workspace: Workspace, caller: Caller, arguments: Arguments) -> Json:
    name = arguments.text("name")
    channel = workspace.found_channel(caller.user, name, private=arguments.flag("is_private"))
    return {"channel": _shown(workspace, caller, channel)}


@method("conversations.invite", "channels:manage", "channels:write.invites", "channels:write", "groups:write")
def invite(workspace: Workspace, caller: Caller, arguments: Arguments) -> Json:
    channel = joined_channel(workspace, caller, arguments.text("channel"))
    users = [known_user(workspace, user).id for user in arguments.words("users")]
    if not users:
        raise SlackError("no_user")
    if caller.user in users:
        raise SlackError("cant_invite_self")
    if all(user in channel.members for user in users):
        raise SlackError("already_in_channel")
    for user in users:
        workspace.join(channel, user, inviter=caller.user)
    return {"channel": _shown(workspace, caller, channel)}


@method("conversations.kick", "channels:manage", "channels:write", "groups:write")
def kick(workspace: Workspace, caller: Caller, arguments: Arguments) -> Json:
    channel = joined_channel(workspace, caller, arguments.text("channel"))
    user = known_user(workspace, arguments.text("user")).id
    if user == caller.user:
        raise SlackError("cant_kick_self")
    if user not in channel.members:
        raise SlackError("not_in_channel")
    workspace.leave(channel, user)
    return {}


@method("conversations.mark", *_WRITE, "im:write", "mpim:write")
def mark(workspace: Workspace, caller: Caller, arguments: Arguments) -> Json:
    channel = joined_channel(workspace, caller, arguments.text("channel"))
    if not _TS.fullmatch(arguments.text("ts")):
        raise SlackError("invalid_timestamp")
    workspace.mark(caller.user, channel.id, arguments.text("ts"))
    return {}


@method("conversations.archive", "channels:manage", "channels:write", "groups:write")
def archive(workspace: Workspace, caller: Caller, arguments: Arguments) -> Json:
    channel = joined_channel(workspace, caller, arguments.text("channel"))
    if channel.archived:
        raise SlackError("already_archived")
    workspace.archive(channel, caller.user)
    return {}


@method("conversations.setTopic", "channels:manage", "channels:write", "channels:write.topic", "groups:write")
def set_topic(workspace: Workspace, caller: Caller, arguments: Arguments) -> Json:
    channel = joined_channel(workspace, caller, arguments.text("channel"))
    channel.topic = arguments.text("topic")[:250]
    workspace.save_channel(channel)
    return {"channel": _shown(workspace, caller, channel)}
