"""The doctor in Slack: token, permissions, the desk, the people, the way in."""

from collections.abc import Awaitable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.errors import BotError
from handlers.doctor.findings import Finding, fail, failed, ok, warn
from handlers.settings import Settings
from handlers.settings_secrets import CURES as WHERE_SECRETS_ARE
from handlers.slack.manifest import SCOPES
from handlers.slack.web_api import called, error_of, open_client

SECONDS = 10.0
MOST_PAGES = 25
UPDATE_APP = (
    "Paste `understudy manifest` into the app's manifest page on api.slack.com, and install the app again."
)


async def token(settings: Settings) -> list[Finding]:
    """Everything the bot token can show; the rest is not looked at when it does not work."""
    assert settings.slack is not None
    secret = settings.secrets.slack_bot_token.get_secret_value()
    async with open_client(secret, api=settings.slack.api, seconds=SECONDS) as client:
        try:
            said = await _answer(client.auth_test())
        except BotError as error:
            return [failed("slack", error, "Check SLACK_BOT_TOKEN, and that this machine reaches Slack.")]
        found = [
            ok("slack", f"{said.get('user')} in the workspace {said.get('team')}"),
            *_clock(said),
            _scopes(said),
        ]
        for look in (
            _desk(client, settings.slack.desk),
            _people(client, settings, said),
        ):
            try:
                found += await look
            except BotError as error:
                found.append(failed("slack", error, UPDATE_APP))
        return found


async def socket(settings: Settings) -> list[Finding]:
    """Whether the app token opens a Socket Mode line; none is opened."""
    assert settings.slack is not None
    secret = settings.secrets.slack_app_token.get_secret_value()
    async with open_client(secret, api=settings.slack.api, seconds=SECONDS) as client:
        try:
            await called(client.apps_connections_open(app_token=secret), repeatable=True)
        except BotError as error:
            if error_of(error):
                return [
                    fail(
                        "socket",
                        f"Slack refuses the app token: {error_of(error)}",
                        WHERE_SECRETS_ARE["slack_app_token"],
                    )
                ]
            return [failed("socket", error, "Check that this machine reaches Slack.")]
    return [ok("socket", "the app token opens a line")]


async def _answer(call: Awaitable[AsyncSlackResponse]) -> AsyncSlackResponse:
    """The whole response, with its headers. BotError."""
    kept: list[AsyncSlackResponse] = []

    async def hold() -> AsyncSlackResponse:
        kept.append(await call)
        return kept[0]

    await called(hold(), repeatable=True)
    return kept[0]


def _header(said: AsyncSlackResponse, name: str) -> str:
    return next((str(value) for key, value in said.headers.items() if key.lower() == name), "")


def _scopes(said: AsyncSlackResponse) -> Finding:
    given = {scope.strip() for scope in _header(said, "x-oauth-scopes").split(",") if scope.strip()}
    if not given:
        return warn("permissions", "Slack did not say which the app has", "Run the doctor again.")
    missing = [scope for scope in SCOPES if scope not in given]
    if missing:
        return fail("permissions", f"the app lacks {', '.join(missing)}", UPDATE_APP)
    return ok("permissions", f"all {len(SCOPES)} that are needed")


def _clock(said: AsyncSlackResponse) -> list[Finding]:
    """Slack's signatures hold five minutes; a clock that is further off refuses everything."""
    try:
        there = parsedate_to_datetime(_header(said, "date"))
    except ValueError:
        return []
    off = abs((datetime.now(UTC) - there.astimezone(UTC)).total_seconds())
    if off < 60:
        return []
    cure = "Set this machine's clock; best let it ask a time server."
    return [
        (fail if off > 240 else warn)("clock", f"this machine's clock is {off:.0f} s away from Slack's", cure)
    ]


async def _desk(client: AsyncWebClient, name: str) -> list[Finding]:
    channel = await _channel(client, name)
    if channel is None:
        cure = f"Create {name}, or mend [slack] desk. If the channel is private: /invite the bot there."
        return [fail("desk", f"the bot sees no channel {name}", cure)]
    shown = f"#{channel.get('name', name)}"
    if not channel.get("is_member"):
        if channel.get("is_private"):
            return [fail("desk", f"the bot is not in {shown}", "In Slack, in that channel: /invite the bot.")]
        return [
            warn(
                "desk",
                f"the bot is not in {shown} yet",
                "Nothing to do: it joins at the first start. Or /invite it there.",
            )
        ]
    return [ok("desk", f"{shown}; the bot is in it")]


async def _channel(client: AsyncWebClient, name: str) -> Any:
    """As the settings name it: by name, or by id. None: not to be seen."""
    wanted, cursor = name.removeprefix("#"), ""
    for _ in range(MOST_PAGES):
        said = await called(
            client.conversations_list(
                types="public_channel,private_channel",
                exclude_archived=True,
                limit=200,
                cursor=cursor or None,
            ),
            repeatable=True,
        )
        for channel in said.get("channels") or []:
            if channel.get("id") == wanted or str(channel.get("name", "")).casefold() == wanted.casefold():
                return channel
        cursor = (said.get("response_metadata") or {}).get("next_cursor") or ""
        if not cursor:
            break
    return None


async def _people(client: AsyncWebClient, settings: Settings, us: AsyncSlackResponse) -> list[Finding]:
    found = []
    for place, person in (("owner", settings.owner), *(("delegate", one) for one in settings.delegates)):
        if not person.slack:
            if place == "owner":
                cure = 'Write [owner] slack = "U…", to press buttons and be mentioned.'
                found.append(warn(place, f"{person.name} has no Slack id", cure))
            continue
        cure = f'Mend `slack` of {person.name}: profile, "…", "Copy member ID".'
        try:
            user = (await called(client.users_info(user=person.slack), repeatable=True)).get("user") or {}
        except BotError as error:
            if error_of(error) not in {"user_not_found", "users_not_found", "user_not_visible"}:
                raise
            found.append(fail(place, f"{person.slack} ({person.name}) is nobody in this workspace", cure))
            continue
        if user.get("deleted") or user.get("is_bot"):
            state = "a bot" if user.get("is_bot") else "deactivated"
            found.append(fail(place, f"{person.slack} ({person.name}) is {state}", cure))
        elif user.get("team_id") not in (None, "", us.get("team_id")):
            cure = "Name somebody of your own workspace; presses from others are refused."
            found.append(fail(place, f"{person.slack} ({person.name}) belongs to another workspace", cure))
        else:
            found.append(ok(place, f"{person.name} is {user.get('real_name') or user.get('name')} in Slack"))
    return found
