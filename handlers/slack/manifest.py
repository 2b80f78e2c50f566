"""The Slack app's manifest: what Slack's create-from-manifest form takes, with exactly the permissions we use."""

from typing import Any, Literal

SCOPES = (
    "app_mentions:read",
    "channels:history",
    "channels:join",
    "channels:read",
    "chat:write",
    "commands",
    "groups:history",
    "groups:read",
    "im:history",
    "im:read",
    "im:write",
    "metadata.message:read",
    "mpim:history",
    "mpim:read",
    "users:read",
)
EVENTS = (
    "app_home_opened",
    "app_mention",
    "message.channels",
    "message.groups",
    "message.im",
    "message.mpim",
)


def manifest(
    mode: Literal["socket", "http"], *, request_url: str = "", command: str = "/understudy"
) -> dict[str, Any]:
    """The manifest for one way of delivery. ValueError: HTTP mode without an https address, or a command without a slash."""
    http = mode == "http"
    if http and not request_url.startswith("https://"):
        raise ValueError("HTTP mode needs a public https address: [web] public_url")
    if not command.startswith("/"):
        raise ValueError("a command begins with a slash")
    at = {"url": request_url} if http else {}
    hook = {"request_url": request_url} if http else {}
    return {
        "display_information": {
            "name": "Understudy",
            "description": "Sorts what clients write, does the routine, drafts the rest, and asks you.",
            "background_color": "#2c2d30",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": "Understudy", "always_online": True},
            "slash_commands": [
                {
                    "command": command,
                    **at,
                    "description": "Ask your understudy",
                    "usage_hint": "help, queue, digest, status, why CARD",
                    "should_escape": False,
                }
            ],
        },
        "oauth_config": {"scopes": {"bot": list(SCOPES)}},
        "settings": {
            "event_subscriptions": {**hook, "bot_events": list(EVENTS)},
            "interactivity": {"is_enabled": True, **hook},
            "org_deploy_enabled": False,
            "socket_mode_enabled": not http,
            "token_rotation_enabled": False,
        },
    }
