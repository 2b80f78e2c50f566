"""Which secrets a house needs, under which names they are looked for, and where a person finds them."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from handlers.settings_lines import Place
from handlers.settings_values import is_loopback

SECRETS = {
    "imap_password": "UNDERSTUDY_IMAP_PASSWORD",
    "smtp_password": "UNDERSTUDY_SMTP_PASSWORD",
    "slack_bot_token": "SLACK_BOT_TOKEN",
    "slack_app_token": "SLACK_APP_TOKEN",
    "slack_signing_secret": "SLACK_SIGNING_SECRET",
    "openai_api_key": "OPENAI_API_KEY",
    "secret_key": "UNDERSTUDY_SECRET_KEY",
    "oauth_client_secret": "UNDERSTUDY_OAUTH_CLIENT_SECRET",
}

PURPOSES = {
    "imap_password": "the mailbox's password; often an app password made for this purpose",
    "smtp_password": "the password for sending; often the same",
    "slack_bot_token": 'xoxb-…: your app on api.slack.com, "OAuth & Permissions"',
    "slack_app_token": 'xapp-…: your app, "Basic Information", "App-Level Tokens", with connections:write; socket mode',
    "slack_signing_secret": 'your app, "Basic Information"; HTTP mode only',
    "openai_api_key": "your model provider's key; only with a [model] section",
    "secret_key": "any long random text; by it our own mail is known again, and links are signed",
    "oauth_client_secret": "only with [mail] oauth, where the provider gave one with the client id (Google does)",
}
PREFIXES = {"slack_bot_token": "xoxb-", "slack_app_token": "xapp-"}
CURES = {
    "imap_password": "Put the mailbox's password (often an app password) into .env.",
    "smtp_password": "Put the password for sending (often the same as for IMAP) into .env.",
    "slack_bot_token": 'On api.slack.com open your app, "OAuth & Permissions", and copy the bot token (xoxb-…) into .env.',
    "slack_app_token": 'On api.slack.com open your app, "Basic Information", "App-Level Tokens", make one with '
    "connections:write and copy it (xapp-…) into .env.",
    "slack_signing_secret": 'On api.slack.com open your app, "Basic Information", and copy the signing secret into .env.',
    "openai_api_key": "Put the key of your model provider into .env.",
    "secret_key": "Put a long random text into .env; `understudy init` makes one.",
}


def needed_secrets(table: Mapping[str, Any]) -> Iterator[tuple[str, Place, str]]:
    """Which secrets these settings need: name, where the need comes from, and in words."""
    mail, slack, model, web = (table.get(name) for name in ("mail", "slack", "model", "web"))
    if isinstance(mail, dict) and not mail.get("oauth"):
        for key in ("imap", "smtp"):
            if not mail.get(key) or urlsplit(str(mail[key])).username:
                yield f"{key}_password", ("mail", key), f"[mail] {key}"
    if isinstance(slack, dict):
        yield "slack_bot_token", ("slack",), "[slack]"
        if slack.get("mode", "socket") == "http":
            yield "slack_signing_secret", ("slack", "mode"), '[slack] mode = "http"'
        else:
            yield "slack_app_token", ("slack",), '[slack] mode = "socket"'
    if isinstance(model, dict) and not is_loopback(urlsplit(str(model.get("base_url", ""))).hostname or ""):
        yield "openai_api_key", ("model",), "[model]"
    if isinstance(mail, dict) or (isinstance(web, dict) and web.get("public_url")):
        # our own mail is known again by an id that nobody without this key can make
        yield (
            "secret_key",
            ("mail",) if mail else ("web", "public_url"),
            "[mail]" if mail else "[web] public_url",
        )
