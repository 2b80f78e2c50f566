"""chat.*: posting, updating, deleting."""

from __future__ import annotations

import json
from typing import Any

from handlers.rehearsal.slack_blocks import accept_blocks
from handlers.rehearsal.slack_limits import ATTACHMENTS, MESSAGE_TEXT, METADATA_BYTES, UPDATE_TEXT
from handlers.rehearsal.slack_methods import Arguments, Caller, joined_channel, method, seen_channel
from handlers.rehearsal.slack_model import Channel, Json, Message, SlackError
from handlers.rehearsal.slack_text import posted_text
from handlers.rehearsal.workspace import Workspace


def _target(workspace: Workspace, caller: Caller, which: str) -> Channel:
    """Where to post: a conversation by id or name, or a person's direct conversation by user id."""
    if which in workspace.people:
        channel, _ = workspace.direct([caller.user, which])
    else:
        channel = seen_channel(workspace, caller, which)
    may_anywhere = channel.kind == "channel" and "chat:write.public" in caller.scopes
    if caller.user not in channel.members and not may_anywhere:
        raise SlackError("not_in_channel")
    if channel.archived:
        raise SlackError("is_archived")
    return channel


def _metadata(arguments: Arguments) -> Json | None:
    given = arguments.json("metadata", "invalid_metadata_format")
    if given is None:
        return None
    if not isinstance(given, dict) or not isinstance(given.get("event_type"), str):
        raise SlackError("invalid_metadata_format")
    if not isinstance(given.get("event_payload", {}), dict):
        raise SlackError("invalid_metadata_format")
    if len(json.dumps(given)) > METADATA_BYTES:
        raise SlackError("metadata_too_large")
    return {"event_type": given["event_type"], "event_payload": given.get("event_payload", {})}


def _blocks(arguments: Arguments) -> list[Json] | None:
    given = arguments.json("blocks", "invalid_blocks_format")
    if given is None:
        return None
    if not isinstance(given, list):
        raise SlackError("invalid_blocks_format")
    return accept_blocks(given)


def _attachments(arguments: Arguments) -> list[Json] | None:
    given = arguments.json("attachments", "invalid_attachments")
    if given is not None and (not isinstance(given, list) or not all(isinstance(one, dict) for one in given)):
        raise SlackError("invalid_attachments")
    if given is not None and len(given) > ATTACHMENTS:
        raise SlackError("too_many_attachments")
    for attachment in given or []:
        if attachment.get("blocks"):
            attachment["blocks"] = accept_blocks(attachment["blocks"])
    return given


def _content(workspace: Workspace, arguments: Arguments) -> dict[str, Any]:
    """What is posted: text, blocks, attachments; SlackError no_text, invalid_blocks, msg_too_long …"""
    blocks, attachments = _blocks(arguments), _attachments(arguments)
    markdown = arguments.text("markdown_text")
    if markdown:
        if blocks or arguments.text("text"):
            raise SlackError("markdown_text_conflict")
        if len(markdown) > 12_000:
            raise SlackError("msg_too_long")
        return {
            "text": markdown,
            "blocks": accept_blocks([{"type": "markdown", "text": markdown}]),
            "attachments": [],
        }
    text = arguments.text("text")[:MESSAGE_TEXT]
    if arguments.flag("link_names") or arguments.text("parse") == "full":
        text = workspace.stored(text)
    elif arguments.text("parse") != "none":
        text = posted_text(text)
    if not text.strip() and not blocks and not attachments:
        raise SlackError("no_text")
    return {"text": text, "blocks": blocks or [], "attachments": attachments or []}


def _parent(workspace: Workspace, channel: Channel, thread_ts: str) -> str | None:
    if not thread_ts:
        return None
    parent = workspace.messages.get(channel.id, {}).get(thread_ts)
    if parent is None:
        raise SlackError("cannot_reply_to_message")
    return parent.thread_ts or parent.ts


def _signed(message: Message, caller: Caller, arguments: Arguments) -> Message:
    """Mark who posted: an app's bot, under another name if it may."""
    if caller.app is None:
        return message
    message.bot_id, message.app_id = caller.app.bot_id, caller.app.id
    name = arguments.text("username")
    if name or arguments.text("icon_emoji"):
        if "chat:write.customize" not in caller.scopes:
            provided = ",".join(caller.scopes)
            raise SlackError("missing_scope", needed="chat:write.customize", provided=provided)
        message.username = name or caller.app.name
        message.icon, message.subtype = arguments.text("icon_emoji"), "bot_message"
    return message


@method("chat.postMessage", "chat:write")
def post_message(workspace: Workspace, caller: Caller, arguments: Arguments) -> Json:
    channel = _target(workspace, caller, arguments.text("channel"))
    content, metadata = _content(workspace, arguments), _metadata(arguments)
    thread_ts = _parent(workspace, channel, arguments.text("thread_ts"))
    said = Message(
        channel.id, workspace.next_ts(), caller.user, thread_ts=thread_ts, metadata=metadata, **content
    )
    said.unfurl_links = arguments.maybe_flag("unfurl_links")
    said.unfurl_media = arguments.maybe_flag("unfurl_media")
    said.mrkdwn = arguments.flag("mrkdwn", default=True)
    if thread_ts and arguments.flag("reply_broadcast"):
        said.broadcast, said.subtype = True, "thread_broadcast"
    workspace.add_message(_signed(said, caller, arguments))
    return {"channel": channel.id, "ts": said.ts, "message": workspace.as_json(said, metadata=True)}


@method("chat.postEphemeral", "chat:write")
def post_ephemeral(workspace: Workspace, caller: Caller, arguments: Arguments) -> Json:
    channel = _target(workspace, caller, arguments.text("channel"))
    user = arguments.text("user")
    if user not in workspace.people:
        raise SlackError("user_not_found" if user else "invalid_arguments")
    if user not in channel.members:
        raise SlackError("user_not_in_channel")
    content = _content(workspace, arguments)
    thread_ts = _parent(workspace, channel, arguments.text("thread_ts"))
    said = Message(
        channel.id, workspace.next_ts(), caller.user, thread_ts=thread_ts, only_for=user, **content
    )
    workspace.add_message(_signed(said, caller, arguments))
    return {"message_ts": said.ts}


def _own(workspace: Workspace, caller: Caller, arguments: Arguments, refusal: str) -> Message:
    channel = seen_channel(workspace, caller, arguments.text("channel"))
    message = workspace.messages.get(channel.id, {}).get(arguments.text("ts"))
    if message is None:
        raise SlackError("message_not_found")
    mine = message.app_id == caller.app.id if caller.app is not None else message.user == caller.user
    if not mine:
        raise SlackError(refusal)
    if channel.archived:
        raise SlackError("is_archived")
    return message


@method("chat.update", "chat:write")
def update(workspace: Workspace, caller: Caller, arguments: Arguments) -> Json:
    message = _own(workspace, caller, arguments, "cant_update_message")
    if len(arguments.text("text")) > UPDATE_TEXT:
        raise SlackError("msg_too_long")
    blocks, attachments, metadata = _blocks(arguments), _attachments(arguments), _metadata(arguments)
    text = posted_text(arguments.text("text"))
    parts: dict[str, Any] = {}
    if blocks is not None:
        parts["blocks"] = blocks
    if attachments is not None:
        parts["attachments"] = attachments
    if metadata is not None:
        parts["metadata"] = metadata
    if text.strip() or blocks is not None or attachments is not None:
        parts["text"] = text
    if not (text.strip() or blocks or attachments or metadata):
        raise SlackError("no_text")
    workspace.change_message(message, caller.user, **parts)
    shown = workspace.as_json(message, metadata=True)
    return {"channel": message.channel, "ts": message.ts, "text": message.text, "message": shown}


@method("chat.delete", "chat:write")
def delete(workspace: Workspace, caller: Caller, arguments: Arguments) -> Json:
    message = _own(workspace, caller, arguments, "cant_delete_message")
    workspace.remove_message(message)
    return {"channel": message.channel, "ts": message.ts}


@method("chat.getPermalink")
def get_permalink(workspace: Workspace, caller: Caller, arguments: Arguments) -> Json:
    channel = joined_channel(workspace, caller, arguments.text("channel"))
    message = workspace.messages.get(channel.id, {}).get(arguments.text("message_ts"))
    if message is None:
        raise SlackError("message_not_found")
    link = f"{workspace.address}/archives/{channel.id}/p{message.ts.replace('.', '')}"
    if message.is_reply:
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}
