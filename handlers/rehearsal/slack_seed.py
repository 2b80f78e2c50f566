"""What a new practice workspace begins with: people, channels and installed apps."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from handlers.rehearsal.slack_model import App, Channel, Json, Person, Team, new_id
from handlers.rehearsal.workspace import Workspace


@dataclass(frozen=True)
class SeedPerson:
    name: str
    """The handle."""
    real_name: str
    role: str = "member"
    """owner, delegate, member, guest, or connect."""
    email: str = ""
    tz: str = "Etc/UTC"
    title: str = ""
    company: str = ""
    """Another workspace, for a Slack Connect person; everybody of one company has the same team id."""


@dataclass(frozen=True)
class SeedChannel:
    name: str
    members: tuple[str, ...]
    """Handles; the bots in it too."""
    private: bool = False
    topic: str = ""


@dataclass(frozen=True)
class Seed:
    """A whole workspace, by names; ids and tokens are made when it is sown."""

    team: str = "Practice"
    people: tuple[SeedPerson, ...] = ()
    channels: tuple[SeedChannel, ...] = ()
    apps: tuple[Json, ...] = ()
    """App manifests, the product's first."""
    script: str = "script"
    """The handle of the foreign client whose token rehearsal.json names; empty: none."""


BOT_SCOPES = (
    "app_mentions:read", "channels:history", "channels:join", "channels:manage", "channels:read", "chat:write",
    "chat:write.public", "commands", "emoji:read", "files:read", "files:write", "groups:history", "groups:read",
    "groups:write", "im:history", "im:read", "im:write", "metadata.message:read", "mpim:history", "mpim:read",
    "mpim:write", "pins:read", "pins:write", "reactions:read", "reactions:write", "team:read", "users:read",
    "users:read.email", "users.profile:read",
)  # fmt: skip
BOT_EVENTS = (
    "app_home_opened", "app_mention", "app_uninstalled", "channel_archive", "channel_rename", "group_archive",
    "member_joined_channel", "member_left_channel", "message.channels", "message.groups", "message.im", "message.mpim",
    "pin_added", "pin_removed", "reaction_added", "reaction_removed", "tokens_revoked",
)  # fmt: skip

PRACTICE_MANIFEST: Json = {
    "display_information": {"name": "Understudy"},
    "features": {
        "bot_user": {"display_name": "understudy"},
        "slash_commands": [{"command": "/understudy", "description": "Ask Understudy", "usage_hint": "help"}],
    },
    "oauth_config": {"scopes": {"bot": list(BOT_SCOPES)}},
    "settings": {"event_subscriptions": {"bot_events": list(BOT_EVENTS)}, "socket_mode_enabled": True},
}
"""An app that may do what a desk bot needs; used where no manifest is given."""

PRACTICE_SEED = Seed(
    people=(
        SeedPerson("olivia", "Olivia Hart", "owner", "olivia@studio.example", "Europe/Berlin", "Owner"),
        SeedPerson("dan", "Dan Reyes", "delegate", "dan@studio.example", "Europe/Berlin", "Studio lead"),
        SeedPerson("carla", "Carla Neumann", "guest", "carla@neumann.example", "Europe/Berlin"),
        SeedPerson(
            "ben", "Ben Okafor", "connect", "ben@okafor.example", "Europe/London", company="Okafor Ltd"
        ),
    ),
    channels=(
        SeedChannel("general", ("olivia", "dan", "understudy", "script")),
        SeedChannel("desk", ("olivia", "dan", "understudy", "script"), topic="What needs a person"),
        SeedChannel("client-neumann", ("olivia", "dan", "carla", "understudy", "script")),
        SeedChannel("client-okafor", ("olivia", "dan", "ben", "understudy", "script")),
    ),
    apps=(PRACTICE_MANIFEST,),
)


def install(workspace: Workspace, manifest: Json, *, practice: bool = False) -> App:
    """Install an app as Slack does from a manifest: a bot user, tokens, scopes, events, commands, shortcuts.

    HTTP delivery when socket_mode_enabled is not true; its request URL is that of the event subscription.
    """
    name = str(manifest["display_information"]["name"])
    features, settings = manifest.get("features") or {}, manifest.get("settings") or {}
    handle = str((features.get("bot_user") or {}).get("display_name") or name)
    subscribed = settings.get("event_subscriptions") or {}
    app_id, bot_id, key = new_id("A"), new_id("B"), secrets.token_hex
    bot = Person(new_id("U"), handle.lower().replace(" ", "_"), name, "bot", workspace.team.id)
    bot.bot_id, bot.app_id = bot_id, app_id
    workspace.save_person(bot)
    return workspace.save_app(
        App(
            id=app_id,
            name=name,
            bot_user=bot.id,
            bot_id=bot_id,
            bot_token=f"xoxb-{secrets.randbelow(10**12)}-{secrets.randbelow(10**12)}-{key(12)}",
            app_token=f"xapp-1-{app_id}-{secrets.randbelow(10**12)}-{key(32)}",
            signing_secret=key(16),
            verification_token=key(12),
            scopes=list(((manifest.get("oauth_config") or {}).get("scopes") or {}).get("bot") or ()),
            events=list(subscribed.get("bot_events") or ()),
            commands=list(features.get("slash_commands") or ()),
            shortcuts=list(features.get("shortcuts") or ()),
            delivery="socket" if settings.get("socket_mode_enabled") else "http",
            request_url=str(subscribed.get("request_url") or ""),
            practice=practice,
        )
    )


def sow(workspace: Workspace, seed: Seed = PRACTICE_SEED) -> None:
    """Fill a new workspace; one that was opened before is left as it is."""
    if not workspace.is_new:
        return
    domain = "".join(letter for letter in seed.team.lower() if letter.isalnum()) or "practice"
    workspace.save_team(Team(workspace.team.id, seed.team, domain))
    companies: dict[str, str] = {}
    for one in seed.people:
        team = companies.setdefault(one.company, new_id("T")) if one.company else workspace.team.id
        person = Person(new_id("U"), one.name, one.real_name, one.role, team, one.email, one.tz, one.title)
        person.token = f"xoxp-{secrets.randbelow(10**12)}-{secrets.token_hex(16)}"
        workspace.save_person(person)
    for manifest in seed.apps:
        install(workspace, manifest)
    if seed.script:
        own = {
            "display_information": {"name": seed.script.title()},
            "features": {"bot_user": {"display_name": seed.script}},
        }
        scopes = {"oauth_config": {"scopes": {"bot": [*BOT_SCOPES, "chat:write.customize"]}}}
        install(workspace, {**own, **scopes, "settings": {"socket_mode_enabled": True}}, practice=True)
    handles = {person.name: person for person in workspace.people.values()}
    for room in seed.channels:
        people = [handles[name] for name in room.members if name in handles]
        outside = sorted({person.team_id for person in people} - {workspace.team.id})
        creator = people[0].id if people else ""
        kind = "group" if room.private else "channel"
        channel = Channel(
            new_id("C"), room.name, kind, [person.id for person in people], creator, int(workspace.clock())
        )
        channel.topic, channel.shared_with = room.topic, outside
        workspace.save_channel(channel)
    for person in list(workspace.people.values()):
        for app in workspace.apps.values():
            if person.role in {"owner", "delegate", "member"}:
                workspace.direct([person.id, app.bot_user])
