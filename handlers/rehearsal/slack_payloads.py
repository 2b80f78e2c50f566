"""Slack's JSON: how people, channels, messages, views and events look on the wire."""

from __future__ import annotations

from typing import Any

from handlers.rehearsal.slack_model import App, Channel, Json, Message, Person, Team, View, new_id
from handlers.rehearsal.slack_values import current_values


def user_json(person: Person, team: Team) -> Json:
    """A user object as users.info gives it."""
    outside = person.team_id != team.id
    profile: Json = {
        "real_name": person.real_name,
        "real_name_normalized": person.real_name,
        "display_name": "" if person.is_bot else person.name,
        "display_name_normalized": "" if person.is_bot else person.name,
        "title": person.title,
        "team": person.team_id,
        "status_text": "",
        "status_emoji": "",
        "avatar_hash": "g" + person.id.lower(),
        "image_72": "",
    }
    if person.email and not person.is_bot:
        profile["email"] = person.email
    if person.bot_id:
        profile |= {"bot_id": person.bot_id, "api_app_id": person.app_id, "always_active": True}
    owner = person.role == "owner"
    user: Json = {
        "id": person.id,
        "team_id": person.team_id,
        "name": person.name,
        "deleted": person.deleted,
        "color": "3c989f",
        "real_name": person.real_name,
        "tz": person.tz,
        "tz_label": person.tz,
        "tz_offset": 0,
        "profile": profile,
        "is_admin": owner,
        "is_owner": owner,
        "is_primary_owner": owner,
        "is_restricted": person.is_guest,
        "is_ultra_restricted": False,
        "is_bot": person.is_bot,
        "is_app_user": False,
        "updated": 1_700_000_000,
        "is_email_confirmed": bool(person.email),
        "who_can_share_contact_card": "EVERYONE",
    }
    return user | ({"is_stranger": True} if outside else {})


def channel_json(channel: Channel, viewer: str, names: dict[str, str]) -> Json:
    """A conversation object as this user sees it; names: user id to handle, for direct conversations."""
    base: Json = {
        "id": channel.id,
        "created": channel.created,
        "is_archived": channel.archived,
        "is_im": channel.kind == "im",
        "is_org_shared": False,
        "context_team_id": names.get("", ""),
        "updated": channel.created * 1000,
    }
    if channel.kind == "im":
        others = [member for member in channel.members if member != viewer] or [viewer]
        return base | {"user": others[0], "is_user_deleted": False, "is_open": True, "priority": 0}
    shared = bool(channel.shared_with)
    return base | {
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": channel.kind == "channel",
        "is_group": channel.kind == "group",
        "is_mpim": channel.kind == "mpim",
        "is_private": channel.kind != "channel",
        "is_general": channel.name == "general",
        "is_member": viewer in channel.members,
        "is_shared": shared,
        "is_ext_shared": shared,
        "is_pending_ext_shared": False,
        "pending_shared": [],
        "parent_conversation": None,
        "creator": channel.creator,
        "unlinked": 0,
        "shared_team_ids": [names.get("", ""), *channel.shared_with],
        "topic": {"value": channel.topic, "creator": channel.creator if channel.topic else "", "last_set": 0},
        "purpose": {
            "value": channel.purpose,
            "creator": channel.creator if channel.purpose else "",
            "last_set": 0,
        },
        "previous_names": [],
    }


def bot_json(app: App, team: Team) -> Json:
    return {
        "id": app.bot_id,
        "deleted": app.revoked,
        "name": app.name,
        "updated": 1_700_000_000,
        "app_id": app.id,
        "user_id": app.bot_user,
        "team_id": team.id,
        "icons": {"image_36": "", "image_48": "", "image_72": ""},
    }


def message_json(
    message: Message, author: Person | None, *, bot: Json | None = None, metadata: bool = False
) -> Json:
    """A message as history gives it; metadata: put the app's metadata in, as include_all_metadata asks."""
    said: Json = {"type": "message", "text": message.text, "ts": message.ts}
    if message.subtype:
        said["subtype"] = message.subtype
    if message.user and not message.username:
        said["user"] = message.user
    if author is not None and not message.subtype:
        said["team"] = author.team_id
    if message.client_msg_id:
        said["client_msg_id"] = message.client_msg_id
    if message.bot_id:
        said |= {"bot_id": message.bot_id, "app_id": message.app_id}
        if message.username:
            said |= {"username": message.username, "icons": {"emoji": message.icon} if message.icon else {}}
        elif bot is not None:
            said["bot_profile"] = {name: bot[name] for name in bot if name != "user_id"}
    for name in ("blocks", "attachments", "files", "edited"):
        if held := getattr(message, name):
            said[name] = held
    if message.files:
        said |= {"upload": False, "display_as_bot": False}
    if message.thread_ts:
        said["thread_ts"] = message.thread_ts
    if message.reply_count:
        said |= {
            "thread_ts": message.ts,
            "reply_count": message.reply_count,
            "reply_users_count": len(message.reply_users),
            "latest_reply": message.latest_reply,
            "reply_users": message.reply_users[:5],
            "is_locked": False,
            "subscribed": False,
        }
    if message.reactions:
        said["reactions"] = [
            {"name": name, "users": users, "count": len(users)} for name, users in message.reactions.items()
        ]
    if message.metadata and metadata:
        said["metadata"] = message.metadata
    if message.only_for:
        said["is_ephemeral"] = True
    return said


def view_json(view: View, app: App, team: Team) -> Json:
    """A view as views.* answers it and as interactions carry it."""
    body = view.body
    return {
        "id": view.id,
        "team_id": team.id,
        "type": view.kind,
        "blocks": body["blocks"],
        "private_metadata": body.get("private_metadata") or "",
        "callback_id": body.get("callback_id") or "",
        "state": {"values": current_values(body["blocks"], view.values)},
        "hash": view.hash,
        "title": body.get("title") or {"type": "plain_text", "text": "View Title", "emoji": True},
        "clear_on_close": bool(body.get("clear_on_close")),
        "submit_disabled": bool(body.get("submit_disabled")),
        "notify_on_close": bool(body.get("notify_on_close")),
        "close": body.get("close"),
        "submit": body.get("submit"),
        "previous_view_id": view.previous_id,
        "root_view_id": view.root_id or view.id,
        "app_id": app.id,
        "external_id": body.get("external_id") or "",
        "app_installed_team_id": team.id,
        "bot_id": app.bot_id,
    }


def event_json(
    app: App, team: Team, event: Json, *, now: float, source_team: str = "", shared: bool = False
) -> Json:
    """The envelope of an Events API delivery."""
    return {
        "token": app.verification_token,
        "team_id": source_team or team.id,
        "context_team_id": team.id,
        "context_enterprise_id": None,
        "api_app_id": app.id,
        "event": event,
        "type": "event_callback",
        "event_id": new_id("Ev"),
        "event_time": int(now),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": team.id,
                "user_id": app.bot_user,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": shared,
        "event_context": f"4-{new_id('')}",
    }


def interaction_json(kind: str, app: App, team: Team, person: Person, **more: Any) -> Json:
    """What every interaction payload begins with."""
    home = {
        "id": person.team_id,
        "domain": team.domain if person.team_id == team.id else person.team_id.lower(),
    }
    return {
        "type": kind,
        "team": home,
        "user": {"id": person.id, "username": person.name, "name": person.name, "team_id": person.team_id},
        "api_app_id": app.id,
        "token": app.verification_token,
        "enterprise": None,
        "is_enterprise_install": False,
        **more,
    }


def channel_stub(channel: Channel) -> Json:
    """The channel of an interaction; Slack names direct and private ones only by their kind."""
    names = {"im": "directmessage", "group": "privategroup"}
    return {"id": channel.id, "name": names.get(channel.kind, channel.name)}
